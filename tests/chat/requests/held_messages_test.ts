/** Messages that wait for a moderator: who sees them, and what releases them. */
import assert from "node:assert/strict";
import { TextHandler } from "../../../lib/chat/handlers/text_handler.ts";
import { FOREVER, type RoomEvent } from "../../../lib/core/log/room_event.ts";
import { AUDIT_ROOM, REPORTS_ROOM, SERVICE_AUTHOR } from "../../../lib/core/rooms/service_rooms.ts";
import {
  FakeAuthenticator,
  FakeChat,
  FakeSocket,
  flushMicrotasks,
  name,
  room,
} from "../../support/fakes.ts";
import { wordFilter } from "../../support/word_lists.ts";
import { user } from "../../contract/fixtures.ts";
import { Client, type Frame, outcome } from "../../support/chat/den.ts";

/** A moderator who is in `_reports`, and two guests in `den`. */
class Scene implements Disposable {
  readonly authenticator = new FakeAuthenticator();
  readonly chat = new FakeChat("at once", {
    authenticator: this.authenticator,
    words: wordFilter("bad", "hold: deal", "mask: darn"),
  });
  readonly moderator = new Client(this.chat);
  readonly guest = new Client(this.chat, { address: "192.0.2.1" });
  readonly other = new Client(this.chat);

  async start(): Promise<void> {
    this.chat.followSanctions(() => {});
    this.authenticator.users.set("token", {
      user: user("a_ann00000"),
      name: name("Ann"),
      role: "moderator",
      rights: null,
      issuedAt: this.chat.clock.date(),
      tokenId: undefined,
      expiresAt: Infinity,
    });
    const join = { type: "join", room: "den" };
    await this.moderator.ask({ type: "hello", token: "token" }, join, {
      type: "join",
      room: REPORTS_ROOM,
    });
    await this.guest.ask({ type: "hello", name: "Guy" }, join);
    await this.other.ask({ type: "hello", name: "Oda" }, join);
    await this.moderator.ask();
  }

  /** The guest sends a message; the moderator's frame about it. */
  async hold(text: string, more: Frame = {}): Promise<Frame> {
    const id = `s${Math.random()}`;
    assert.equal(await this.say(this.guest, text, { id, ...more }), "held");
    const frames = await this.moderator.ask();
    return frames.find((it) => it.type === "said" && it.id === id) ?? assert.fail("not held");
  }

  async say(client: Client, text: string, more: Frame = {}): Promise<string> {
    const id = String(more.id ?? `s${Math.random()}`);
    return outcome(await client.ask({ type: "say", room: "den", text, ...more, id }), id);
  }

  async release(of: unknown, client: Client = this.moderator): Promise<string> {
    const id = `r${Math.random()}`;
    return outcome(await client.ask({ type: "release", id, of }), id);
  }

  /** The texts that the other guest has received since the last call. */
  async heard(): Promise<readonly unknown[]> {
    const frames = await this.other.ask();
    return frames.filter(({ type }) => type === "said").map((it) => [it.name, it.text, it.reply]);
  }

  [Symbol.dispose](): void {
    this.chat[Symbol.dispose]();
  }
}

Deno.test("A message that waits reaches moderators only, under its author, masked, with its room", async () => {
  using scene = new Scene();
  await scene.start();
  const { room, name, text, event } = await scene.hold("a darn good deal");
  assert.deepEqual([room, name, text], [REPORTS_ROOM, "Guy", "a **** good deal"]);
  assert.deepEqual(event, { kind: "held", room: "den" });
  assert.deepEqual(await scene.heard(), []);
});

Deno.test("A message that is released is in its room once, and no longer waits", async () => {
  using scene = new Scene();
  await scene.start();
  const [said] = (await scene.other.ask({ type: "say", id: "o", room: "den", text: "hi" }))
    .filter(({ type }) => type === "said");
  const { position: of } = await scene.hold("a deal", { reply: said?.position });
  await scene.heard();
  assert.deepEqual(await Promise.all([scene.release(of), scene.release(of)]), ["done", "done"]);
  assert.deepEqual(await scene.heard(), [["Guy", "a deal", said?.position]]);
  assert.equal(await scene.release(of), "gone");
  const frames = await scene.moderator.ask({ type: "history", id: "h", room: REPORTS_ROOM });
  const { messages } = frames.find(({ type }) => type === "history") ?? {};
  const [held] = Array.isArray(messages) ? messages : [];
  assert.deepEqual([held.text, held.deleted, held.deletedBy.name, held.deletedBy.reason], [
    "",
    true,
    "Ann",
    "released",
  ]);
});

Deno.test("A release that is repeated is answered as the first time, and another one finds no message", async () => {
  using scene = new Scene();
  await scene.start();
  const { position: of } = await scene.hold("a deal");
  const release = async (id: string) =>
    (await scene.moderator.ask({ type: "release", id, of }))
      .find((it) => it.id === id && it.type !== "deleted");
  const first = await release("r1");
  assert.ok(first?.type === "ack" && first.room === "den" && first.at !== undefined);
  assert.deepEqual(await release("r1"), first);
  assert.equal((await release("r2"))?.code, "gone");
  const { position: other } = await scene.hold("another deal");
  // An id that was used in _reports for something else: the message no longer waits all the same.
  const reused = await scene.moderator.ask({ type: "release", id: "r1", of: other });
  assert.ok(reused.some((it) => it.type === "ack" && it.id === "r1"));
  assert.equal(await scene.release(other), "gone");
});

Deno.test("A message that waits keeps its mentions and metadata, and has them when it is released", async () => {
  using scene = new Scene();
  await scene.start();
  const content = { mentions: ["user_bob"], metadata: { deal: { id: 7 } } };
  const held = await scene.hold("a deal", content);
  assert.deepEqual([held.mentions, held.metadata], [content.mentions, content.metadata]);
  await scene.other.ask();
  assert.equal(await scene.release(held.position), "done");
  const [said] = (await scene.other.ask()).filter(({ type }) => type === "said");
  assert.deepEqual([said?.mentions, said?.metadata], [content.mentions, content.metadata]);
});

Deno.test("A release whose reply was lost can be repeated", async () => {
  using scene = new Scene();
  await scene.start();
  const { position: of } = await scene.hold("a deal");
  scene.chat.bus.availability = "forgetful";
  assert.equal(await scene.release(of), "unknown_outcome");
  scene.chat.bus.availability = "well";
  assert.equal(await scene.release(of), "done");
  assert.deepEqual(await scene.heard(), [["Guy", "a deal", undefined]]);
});

Deno.test("A message that a moderator deletes cannot be released, and neither can a report", async () => {
  using scene = new Scene();
  await scene.start();
  const { position: of } = await scene.hold("a deal");
  const deleted = await scene.moderator.ask({ type: "delete", id: "d", room: REPORTS_ROOM, of });
  assert.equal(outcome(deleted, "d"), "done");
  assert.equal(await scene.release(of), "gone");
  const [said] = (await scene.other.ask({ type: "say", id: "o", room: "den", text: "hi" }))
    .filter(({ type }) => type === "said");
  await scene.guest.ask({ type: "report", room: "den", of: said?.position });
  const [report] = (await scene.moderator.ask()).filter(({ room }) => room === REPORTS_ROOM);
  assert.equal(await scene.release(report?.position), "gone");
  assert.equal(await scene.release("nowhere:5"), "gone");
});

Deno.test("The author is told when a message is turned down, with the reason, and nobody else is", async () => {
  using scene = new Scene();
  await scene.start();
  for (const reason of [undefined, "no ads"]) {
    const { position: of, id } = await scene.hold("a deal");
    await scene.heard();
    const request = { type: "delete", id: `d${id}`, room: REPORTS_ROOM, of, reason };
    assert.equal(outcome(await scene.moderator.ask(request), request.id), "done");
    const fault = { type: "fault", id, code: "turned_down", retry: false };
    const why = reason ? `: ${reason}` : "";
    const message = `a moderator has turned your message down${why}`;
    assert.deepEqual(await scene.guest.ask(), [{ ...fault, message, ...(reason && { reason }) }]);
    assert.deepEqual(await scene.other.ask(), []);
    assert.equal(outcome(await scene.moderator.ask({ ...request, id: "e" }), "e"), "gone");
    assert.deepEqual(await scene.guest.ask(), []);
  }
});

Deno.test("The author of a message that is released is not told that it was turned down", async () => {
  using scene = new Scene();
  await scene.start();
  const { position: of } = await scene.hold("a deal");
  await scene.release(of);
  assert.deepEqual((await scene.guest.ask()).filter(({ type }) => type === "fault"), []);
});

Deno.test("Only moderators release messages", async () => {
  using scene = new Scene();
  await scene.start();
  const { position: of } = await scene.hold("a deal");
  assert.equal(await scene.release(of, scene.guest), "not_allowed");
  // A token that lets a user moderate the reports, but not the room.
  scene.authenticator.users.set("reports", {
    user: user("a_ben00000"),
    name: name("Ben"),
    role: undefined,
    rights: [{ match: REPORTS_ROOM, allow: ["read", "moderate"] }],
    issuedAt: scene.chat.clock.date(),
    tokenId: undefined,
    expiresAt: Infinity,
  });
  const ben = new Client(scene.chat);
  await ben.ask({ type: "hello", token: "reports" });
  assert.equal(await scene.release(of, ben), "not_allowed");
  assert.deepEqual(await scene.heard(), []);
});

Deno.test("A moderator who is banned from the room releases nothing into it", async () => {
  using scene = new Scene();
  await scene.start();
  const { position: of } = await scene.hold("a deal");
  const event = {
    kind: "ban",
    user: user("a_ann00000"),
    name: name("Ann"),
    until: FOREVER,
    rank: "owner",
  } as const;
  const ban = { ...SERVICE_AUTHOR, room: room("den"), id: "ban", isExempt: true } as const;
  await scene.chat.bus.publish({ ...ban, action: { kind: "said", text: "", event } });
  assert.equal(await scene.release(of), "not_allowed");
  const unban = { ...event, kind: "unban" } as const;
  const action = { kind: "said", text: "", event: unban } as const;
  await scene.chat.bus.publish({ ...ban, id: "unban", action });
  assert.equal(await scene.release(of), "done");
});

Deno.test("Edits, reasons and topics cannot wait: they are refused", async () => {
  using scene = new Scene();
  await scene.start();
  const [said] = (await scene.guest.ask({ type: "say", id: "o", room: "den", text: "hi" }))
    .filter(({ type }) => type === "said");
  const of = said?.position;
  const edit = { type: "edit", id: "e", room: "den", of, text: "a deal" };
  assert.equal(outcome(await scene.guest.ask(edit), "e"), "blocked_words");
  const remove = { type: "delete", id: "d", room: "den", of, reason: "a deal" };
  assert.equal(outcome(await scene.guest.ask(remove), "d"), "blocked_words");
  const topic = { type: "room", id: "t", room: "den", topic: "a deal" };
  assert.equal(outcome(await scene.moderator.ask(topic), "t"), "blocked_words");
});

Deno.test("A message waits only if its author may send in the room", async () => {
  using scene = new Scene();
  await scene.start();
  await scene.moderator.ask({ type: "room", room: "den", readOnly: true });
  assert.equal(await scene.say(scene.guest, "a deal"), "read_only");
  assert.equal(await scene.say(scene.moderator, "a deal"), "held");
  assert.equal(await scene.say(scene.moderator, "a deal", { room: REPORTS_ROOM }), "done");
});

Deno.test("What is said in a private room does not wait: moderators must not see it", async () => {
  using scene = new Scene();
  await scene.start();
  const { bus } = scene.chat;
  const [hello] = await scene.guest.ask({ type: "who", id: "w", room: "den" });
  const people = Object(hello).members as readonly { user: string; name: string }[];
  const guy = people.find((it) => it.name === "Guy")?.user ?? "";
  const target = { user: user(guy), name: name("Guy") };
  const events: readonly RoomEvent[] = [
    { kind: "member", on: true, ...target },
    { kind: "room", access: "private" },
  ];
  for (const [index, event] of events.entries()) {
    const action = { kind: "said", text: "", event } as const;
    const draft = { ...SERVICE_AUTHOR, room: room("den"), id: `e${index}`, action } as const;
    await bus.publish({ ...draft, isExempt: true });
  }
  await scene.guest.ask();
  assert.equal(await scene.say(scene.guest, "hello"), "done");
  assert.equal(await scene.say(scene.guest, "a deal"), "blocked_words");
  const reports = bus.published.filter((it) => it.room === REPORTS_ROOM);
  assert.deepEqual(reports, []);
});

Deno.test("One address has one message waiting every five seconds after the first twenty", async () => {
  using scene = new Scene();
  await scene.start();
  const outcomes = [];
  for (let count = 0; count < 21; count++) {
    outcomes.push(await scene.say(scene.guest, "a deal"));
    await scene.chat.clock.advance(100);
  }
  assert.deepEqual(new Set(outcomes.slice(0, 20)), new Set(["held"]));
  assert.equal(outcomes.at(-1), "slow_down");
});

Deno.test("Plain text tells the author, and moderators in which room the message waits", async () => {
  using scene = new Scene();
  await scene.start();
  const enter = async (room: string, token?: string) => {
    const socket = new FakeSocket();
    const rest = { name: undefined, since: undefined, history: undefined, notices: undefined };
    const handler = new TextHandler(socket, scene.chat.context, { ...rest, room }, { token });
    await flushMicrotasks();
    return { socket, handler };
  };
  const guest = await enter("den");
  const moderator = await enter(REPORTS_ROOM, "token");
  guest.handler.onMessage("a deal");
  await flushMicrotasks();
  assert.deepEqual(guest.socket.sent, ["! a moderator will look at your message first"]);
  const held = (await scene.moderator.ask()).find(({ type }) => type === "said");
  const of = held?.position;
  await scene.moderator.ask({ type: "delete", id: "d", room: REPORTS_ROOM, of });
  assert.equal(guest.socket.sent[1], "! a moderator has turned your message down");
  assert.match(
    String(moderator.socket.sent[0]),
    /^\* waiting for a moderator, from .* in den: a deal$/,
  );
});

Deno.test("_audit has what a moderator has decided about messages that waited", async () => {
  using scene = new Scene();
  await scene.start();
  const [good, bad] = [await scene.hold("a good deal"), await scene.hold("another deal")];
  const { moderator, chat } = scene;
  await moderator.ask({ type: "release", id: "1", of: good.position });
  await moderator.ask({ type: "release", id: "1", of: good.position });
  const erase = { type: "delete", id: "2", room: REPORTS_ROOM, reason: "ads" };
  await moderator.ask({ ...erase, of: bad.position });
  const { messages } = await chat.bus.page(AUDIT_ROOM, undefined, 50);
  assert.deepEqual(messages.map(({ name, text }) => `${name} ${text}`), [
    "Ann released a message of Guy (#den)",
    "Ann deleted a message of Guy: ads (#_reports)",
  ]);
});
