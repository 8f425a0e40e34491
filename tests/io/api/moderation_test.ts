/** What `/api/v1/moderation` and `/api/v1/sanctions` accept, and what it means for sessions. */
import assert from "node:assert/strict";
import type { OperatorModerationContext } from "../../../lib/chat/moderation/operator_moderation.ts";
import { BusUnavailable } from "../../../lib/chat/ports/bus.ts";
import { moderationHandler, sanctionsHandler } from "../../../lib/io/api/moderation.ts";
import { isUserId } from "../../../lib/core/log/user_id.ts";
import { AUDIT_ROOM } from "../../../lib/core/rooms/service_rooms.ts";
import { BANNED } from "../../../lib/core/protocol/close_codes.ts";
import { flushMicrotasks } from "../../support/fakes.ts";
import { Client, Den, type Frame, outcome } from "../../support/chat/den.ts";
import { askAsOperator } from "./operator_api.ts";

/** An operator, an owner of the service, and a guest with an address; both are in the room `den`. */
class Scene implements Disposable {
  readonly den = new Den({ role: "owner", rights: null });
  readonly owner = new Client(this.den.chat);
  readonly guest = new Client(this.den.chat, { address: "192.0.2.1" });
  readonly #context;
  guestId = "";

  /** @param more What the handlers have instead of the worker's own. */
  constructor(more: Partial<OperatorModerationContext> = {}) {
    this.#context = { ...this.den.chat.context, bus: this.den.chat.bus, ...more };
  }

  async start(): Promise<void> {
    const { chat } = this.den;
    chat.followSanctions((event) => {
      for (const { handler } of [this.owner, this.guest]) handler.signIn?.recheckUser?.(event);
    });
    const join = { type: "join", room: "den" };
    await this.owner.ask({ type: "hello", token: "token" }, join);
    await this.owner.ask({ type: "say", room: "den", text: "hi" });
    const [hello] = await this.guest.ask({ type: "hello", name: "Guy" }, join);
    this.guestId = String(Object(hello?.you).user);
  }

  async act(body: unknown) {
    const answer = await askAsOperator(moderationHandler(this.#context), body);
    await flushMicrotasks();
    return answer;
  }

  async sanctions(search = "") {
    return (await askAsOperator(sanctionsHandler(this.#context), undefined, search)).body;
  }

  async join(client: Client): Promise<string> {
    return outcome(await client.ask({ type: "join", id: "j", room: "den" }), "j");
  }

  async say(client: Client): Promise<string> {
    const id = `s${Math.random()}`;
    return outcome(await client.ask({ type: "say", id, room: "den", text: "hello" }), id);
  }

  [Symbol.dispose](): void {
    this.den[Symbol.dispose]();
  }
}

Deno.test("An operator mutes an owner, until it ends or is ended", async () => {
  using scene = new Scene();
  await scene.start();
  const muted = { action: "mute", user: "a_ann00000", room: "den", seconds: 60, reason: "noise" };
  const { status, body } = await scene.act(muted);
  assert.equal(status, 200, JSON.stringify(body));
  assert.deepEqual([body.what, body.user, body.room], [
    "muted Ann for 1 minute: noise",
    "a_ann00000",
    "den",
  ]);
  assert.equal(await scene.say(scene.owner), "muted");
  const [sanction, ...others] = (await scene.sanctions("?room=Den")).sanctions;
  assert.deepEqual(others, []);
  const { until, ...rest } = sanction;
  assert.equal(Date.parse(until), scene.den.chat.clock.date() + 60_000);
  const said = { kind: "mute", user: "a_ann00000", name: "Ann", reason: "noise" };
  assert.deepEqual(rest, { ...said, rank: "operator" });
  assert.deepEqual((await scene.sanctions()).sanctions, []);
  await scene.act({ action: "unmute", name: "Ann", room: "den" });
  assert.equal(await scene.say(scene.owner), "done");
  assert.deepEqual((await scene.sanctions("?room=den")).sanctions, []);
});

Deno.test("An operator bans a guest by name from the service, with the address, and lets both back in", async () => {
  using scene = new Scene();
  await scene.start();
  assert.equal((await scene.act({ action: "ban", name: "Guy" })).status, 404);
  assert.equal((await scene.act({ action: "ban", user: scene.guestId, name: "Guy" })).status, 200);
  assert.equal(scene.guest.socket.closeStatuses[0]?.code, BANNED.code);
  const { sanctions } = await scene.sanctions();
  assert.deepEqual(sanctions.map((it: Frame) => [it.kind, it.user, it.until, it.guest]), [
    ["ban", scene.guestId, undefined, undefined],
    ["ban", "ip_c0000201", undefined, scene.guestId],
  ]);
  // Owners cannot end what an operator has imposed.
  const unban = { type: "moderate", id: "u", action: "unban", user: scene.guestId };
  assert.equal(outcome(await scene.owner.ask(unban), "u"), "not_allowed");
  // Both have the name of the guest.
  assert.equal((await scene.act({ action: "unban", name: "Guy" })).status, 200);
  assert.deepEqual((await scene.sanctions()).sanctions, []);
  const again = new Client(scene.den.chat, { address: "192.0.2.1" });
  await again.ask({ type: "hello", name: "Gus" });
  assert.equal(await scene.join(again), "done");
});

Deno.test("An operator removes somebody from a room, clears it, and locks guests out", async () => {
  using scene = new Scene();
  await scene.start();
  await scene.act({ action: "kick", name: "Guy", room: "den", reason: "bye" });
  assert.equal(await scene.say(scene.guest), "not_in_room");
  assert.equal(await scene.join(scene.guest), "done");
  await scene.act({ action: "clear", room: "den" });
  const frames = await scene.owner.ask({ type: "history", id: "1", room: "den" });
  const { messages } = frames.find(({ type }) => type === "history") ?? {};
  assert.ok(Array.isArray(messages) && messages.every((it: Frame) => it.text !== "hi"));
  await scene.act({ action: "lockdown" });
  assert.equal((await scene.sanctions()).lockdown, true);
  assert.equal(await scene.say(scene.guest), "locked_down");
  await scene.act({ action: "unlock" });
  assert.equal(await scene.say(scene.guest), "done");
});

Deno.test("What operators do is in _audit, by the service", async () => {
  using scene = new Scene();
  await scene.start();
  await scene.act({ action: "mute", name: "Guy", room: "den" });
  await scene.owner.ask({ type: "join", room: AUDIT_ROOM });
  const frames = await scene.owner.ask({ type: "history", id: "1", room: AUDIT_ROOM });
  const { messages } = frames.find(({ type }) => type === "history") ?? {};
  const [first] = Array.isArray(messages) ? messages : [];
  assert.deepEqual([first?.name, first?.text], ["Parley", "muted the address of Guy (#den)"]);
});

for (
  const [what, body, status, detail] of [
    ["no action", {}, 400, /^The body must be JSON with "action"/],
    ["a misspelled field", { action: "mute", user: "bob_12345", second: 1 }, 400, /^second: there/],
    ["a mute of nobody", { action: "mute" }, 400, /^user: a user id has/],
    ["a kick without a room", { action: "kick", user: "bob_12345" }, 400, /^kick needs a room$/],
    ["a lockdown of a room", { action: "lockdown", room: "den" }, 400, /^lockdown concerns/],
    ["a room that does not exist", { action: "clear", room: "dne" }, 404, /^there is no room dne$/],
    ["no room", { action: "clear", room: "a b" }, 400, /^a room has/],
    ["a room of the service", { action: "clear", room: "_audit" }, 400, /^this cannot be done/],
    ["an unknown name", { action: "ban", name: "Zoe" }, 404, /^nobody called Zoe is a member/],
  ] as const
) {
  Deno.test(`POST refuses ${what} with ${status}`, async () => {
    using scene = new Scene();
    await scene.start();
    // So that the room exists.
    await scene.act({ action: "lockdown" });
    const answer = await scene.act(body);
    assert.equal(answer.status, status, JSON.stringify(answer.body));
    assert.match(answer.body.detail, detail);
    assert.equal(answer.body.title !== "Error", true);
  });
}

Deno.test("A name that several users have is refused, with their ids", async () => {
  using scene = new Scene();
  await scene.start();
  for (const user of ["bob_12345", "bob_67890"]) {
    await scene.act({ action: "ban", user, name: "Bob" });
  }
  const { status, body } = await scene.act({ action: "unban", name: "Bob" });
  assert.equal(status, 409);
  const ids = body.detail.split(/[ ,]+/).filter(isUserId);
  assert.deepEqual(ids.slice(-2), ["bob_12345", "bob_67890"]);
});

/** A directory with these members, and nothing else. */
function directoryOf(...members: readonly { readonly user: string; readonly name: string }[]) {
  const listed = members.map((it) => ({ ...it, role: "member", devices: [] }));
  return { manage: () => Promise.resolve({ kind: "members", members: listed }) } as never;
}

Deno.test("A name is looked for in the room first, and then among the members", async () => {
  const directory = directoryOf({ user: "m_guy00000", name: "Guy" }, {
    user: "m_zoe00000",
    name: "Zoe",
  });
  using scene = new Scene({ directory });
  await scene.start();
  const mute = (name: string) => scene.act({ action: "mute", room: "den", name });
  assert.equal((await mute("Guy")).status, 200);
  assert.equal(await scene.say(scene.guest), "muted");
  assert.equal((await mute("Zoe")).status, 200);
  const { sanctions } = await scene.sanctions("?room=den");
  const muted = sanctions.map(({ user }: { readonly user: string }) => user);
  assert.ok(muted.includes("m_zoe00000") && !muted.includes("m_guy00000"), muted.join());
});

Deno.test("Nobody is removed from a room in which nobody has that name", async () => {
  using scene = new Scene({ directory: directoryOf({ user: "m_zoe00000", name: "Zoe" }) });
  await scene.start();
  // A mute does not put a user into the room.
  await scene.act({ action: "mute", room: "den", name: "Zoe" });
  const { status, body } = await scene.act({ action: "kick", room: "den", name: "Zoe" });
  assert.equal(status, 404);
  assert.match(body.detail, /^nobody called Zoe is in the room$/);
});

Deno.test("Users in a room, and users with an id and a name, need no member list", async () => {
  const away = new BusUnavailable("it is away", { mayHaveApplied: false });
  using scene = new Scene({ directory: { manage: () => Promise.reject(away) } });
  await scene.start();
  const mute = { action: "mute", room: "den" };
  assert.equal((await scene.act({ ...mute, name: "Guy" })).status, 200);
  assert.equal((await scene.act({ ...mute, user: scene.guestId })).status, 200);
  assert.equal((await scene.act({ action: "ban", user: "m_zoe00000", name: "Zoe" })).status, 200);
});
