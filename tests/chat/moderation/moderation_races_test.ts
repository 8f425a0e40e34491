/** Mutes, bans and kicks that meet a join, a request or a node that does not know everything yet. */
import assert from "node:assert/strict";
import type { RoomId } from "../../../lib/core/names/names.ts";
import { AUDIT_ROOM } from "../../../lib/core/rooms/service_rooms.ts";
import { BANNED } from "../../../lib/core/protocol/close_codes.ts";
import { enterEvent } from "../../../lib/chat/moderation/moderate.ts";
import type { Draft } from "../../../lib/core/log/entry.ts";
import { FOREVER, type RoomEvent } from "../../../lib/core/log/room_event.ts";
import { RoomState, stateChanges } from "../../../lib/core/log/room_state.ts";
import { user } from "../../contract/fixtures.ts";
import type { FakeChat } from "../../support/fakes.ts";
import { flushMicrotasks, name, room } from "../../support/fakes.ts";
import { Client, Den, type Frame, outcome } from "../../support/chat/den.ts";

const ADDRESS = "192.0.2.1";
/** What stands for {@linkcode ADDRESS}. */
const ADDRESS_USER = "ip_c0000201";
const OTHER_ADDRESS = "192.0.2.2";
const JOIN = { type: "join", id: "join", room: "den" };

/** A moderator and guests of one service. */
class Scene implements Disposable {
  readonly den = new Den({ role: "moderator", rights: null });
  readonly moderator = new Client(this.den.chat);
  readonly #clients: Client[] = [this.moderator];
  #requests = 0;

  get chat(): FakeChat {
    return this.den.chat;
  }

  async start(): Promise<void> {
    await this.moderator.ask({ type: "hello", token: "token" }, JOIN);
  }

  /** Tells the sessions of changes, as workers do. */
  follow(): void {
    this.chat.followSanctions((event) => {
      for (const { handler } of this.#clients) handler.signIn?.recheckUser?.(event);
    });
  }

  /** A guest who has not joined yet. */
  async guest(address: string = ADDRESS, hello: Frame = { name: `G${this.#clients.length}` }) {
    const client = new Client(this.chat, { address });
    this.#clients.push(client);
    const [frame] = await client.ask({ type: "hello", ...hello });
    const you = Object(frame).you ?? {};
    return { client, id: String(you.user), resume: Object(frame).resume };
  }

  async act(action: string, user: string | undefined, more: Frame = { room: "den" }) {
    const id = `m${++this.#requests}`;
    const frames = await this.moderator.ask({ type: "moderate", id, action, user, ...more });
    return outcome(frames, String(more.id ?? id));
  }

  /** The authors of the messages in a room. */
  async authors(room = "den"): Promise<readonly string[]> {
    const frames = await this.moderator.ask({ type: "history", id: "h", room });
    return Object(frames.find(({ type }) => type === "history")).messages
      .filter(({ event }: Frame) => event === undefined).map(({ user }: Frame) => user);
  }

  [Symbol.dispose](): void {
    this.den[Symbol.dispose]();
  }
}

/** Holds up a method of the bus until it is let. @param isHeld Which calls are held up. */
function hold(
  { bus }: FakeChat,
  method: "readState" | "state" | "page",
  isHeld: (room: RoomId) => boolean = () => true,
): () => void {
  const gate = Promise.withResolvers<void>();
  const original: (room: RoomId, ...rest: never[]) => Promise<unknown> = bus[method].bind(bus);
  Object.assign(bus, {
    [method]: async (room: RoomId, ...rest: never[]) => {
      if (isHeld(room)) await gate.promise;
      return await original(room, ...rest);
    },
  });
  return gate.resolve;
}

const BANS = [
  ["from the room", (scene: Scene, id: string) => scene.act("ban", id)],
  ["from the service", (scene: Scene, id: string) => scene.act("ban", id, {})],
  ["by the address of another guest, from the room", banNeighbour],
  ["by the address of another guest, from the service", (scene: Scene) => banNeighbour(scene, {})],
] as const;

/** Bans another guest of the same address, who is connected. */
async function banNeighbour(scene: Scene, where?: string | Frame): Promise<void> {
  const neighbour = await scene.guest();
  await neighbour.client.ask(JOIN);
  await scene.act("ban", neighbour.id, typeof where === "object" ? where : { room: "den" });
  await flushMicrotasks();
}

for (const [what, ban] of BANS) {
  Deno.test(`A guest who is banned ${what} while joining is not let in, and sends nothing`, async () => {
    using scene = new Scene();
    await scene.start();
    scene.follow();
    const { client, id } = await scene.guest();
    const read = hold(scene.chat, "readState");
    await client.ask(JOIN, { type: "say", id: "say", room: "den", text: "too late" });
    await ban(scene, id);
    read();
    await flushMicrotasks();
    const frames = await client.ask();
    const received = [...client.socket.sent.map(String), ...frames.map((it) => JSON.stringify(it))];
    assert.ok(!received.some((it) => it.includes('"type":"joined"')), received.join("\n"));
    assert.ok(!(await scene.authors()).includes(id));
  });

  Deno.test(`A guest who is banned ${what} has left, and cannot come back`, async () => {
    using scene = new Scene();
    await scene.start();
    scene.follow();
    const { client, id } = await scene.guest();
    await client.ask(JOIN);
    await ban(scene, id);
    const frames = await client.ask();
    const left = frames.find(({ type }) => type === "left");
    const isClosed = client.socket.closeStatuses[0]?.code === BANNED.code;
    assert.ok(left?.reason === "banned" || isClosed, JSON.stringify(frames));
    const stranger = await scene.guest();
    const again = await stranger.client.ask(JOIN);
    const isRefused = stranger.client.socket.closeStatuses[0]?.code === BANNED.code ||
      outcome(again, "join") === "banned";
    assert.ok(isRefused);
    const elsewhere = await scene.guest(OTHER_ADDRESS);
    assert.equal(outcome(await elsewhere.client.ask(JOIN), "join"), "done");
  });
}

for (const [where, room] of [["a room", { room: "den" }], ["the service", {}]] as const) {
  Deno.test(`A ban from ${where} that ends before a node knows of it leaves nothing on the address`, async () => {
    using scene = new Scene();
    await scene.start();
    scene.follow();
    const { client, id } = await scene.guest();
    await client.ask(JOIN);
    scene.chat.dropsAnnouncements = true;
    await scene.act("ban", id, room);
    await scene.act("unban", id, room);
    scene.chat.dropsAnnouncements = false;
    // Both are found in a gap.
    await scene.moderator.ask({ type: "say", room: "den", text: "hello" });
    await scene.act("unban", "u_nobody", room);
    await flushMicrotasks();
    const stranger = await scene.guest();
    assert.equal(outcome(await stranger.client.ask(JOIN), "join"), "done");
    assert.equal(stranger.client.socket.closeStatuses.length, 0);
    // Banned again, the guest is out with everybody from there.
    await scene.act("ban", id, room);
    const left = (await stranger.client.ask()).find(({ type }) => type === "left");
    const isClosed = stranger.client.socket.closeStatuses[0]?.code === BANNED.code;
    assert.ok(left?.reason === "banned" || isClosed);
  });
}

Deno.test("Nobody joins a room before the bans of the service are known", async () => {
  using scene = new Scene();
  await scene.start();
  const { id, resume } = await scene.guest();
  await scene.act("ban", id, {});
  const read = hold(scene.chat, "state", (room) => room === AUDIT_ROOM);
  scene.follow();
  const { client } = await scene.guest(ADDRESS, { resume });
  const honest = await scene.guest(OTHER_ADDRESS);
  assert.deepEqual(await client.ask(JOIN), []);
  assert.deepEqual(await honest.client.ask(JOIN), []);
  read();
  await flushMicrotasks();
  assert.equal((await honest.client.ask()).at(0)?.type, "joined");
  assert.ok(!client.socket.sent.some((it) => String(it).includes('"type":"joined"')));
  assert.equal(client.socket.closeStatuses[0]?.code, BANNED.code);
});

Deno.test("Nobody creates rooms or moderates before the bans of the service are known", async () => {
  using scene = new Scene();
  await scene.start();
  const { id, resume } = await scene.guest();
  await scene.act("ban", id, {});
  const read = hold(scene.chat, "state", (room) => room === AUDIT_ROOM);
  scene.follow();
  const { client } = await scene.guest(ADDRESS, { resume });
  for (
    const request of [
      { type: "create", id: "1", kind: "listed", room: "spam", title: "BUY" },
      { type: "room", id: "1", room: "den", topic: "BUY" },
      { type: "release", id: "1", of: "epoch1:1" },
    ]
  ) assert.equal(outcome(await client.ask(request), "1"), "unavailable", request.type);
  assert.equal(await scene.act("mute", id), "unavailable");
  read();
  await flushMicrotasks();
  assert.equal(client.socket.closeStatuses[0]?.code, BANNED.code);
  assert.equal(await scene.act("mute", id), "done");
});

Deno.test("No guest joins a room before it is known whether the service is locked down", async () => {
  using scene = new Scene();
  await scene.start();
  await scene.act("lockdown", undefined, {});
  const read = hold(scene.chat, "state", (room) => room === AUDIT_ROOM);
  scene.follow();
  const { client } = await scene.guest();
  assert.deepEqual(await client.ask(JOIN), []);
  read();
  await flushMicrotasks();
  assert.equal(outcome(await client.ask(), "join"), "locked_down");
});

Deno.test("Messages that were requested before a ban are not sent after it", async () => {
  using scene = new Scene();
  await scene.start();
  scene.follow();
  const { client, id } = await scene.guest();
  await client.ask(JOIN);
  const read = hold(scene.chat, "page");
  await client.ask({ type: "history", id: "history", room: "den" });
  await scene.act("ban", id);
  read();
  await flushMicrotasks();
  const frames = await client.ask();
  assert.deepEqual(frames.map(({ type }) => type), ["left", "fault"]);
  assert.equal(outcome(frames, "history"), "not_allowed");
});

Deno.test("Messages are not read by a user whose ban the node has not been told of", async () => {
  using scene = new Scene();
  await scene.start();
  scene.follow();
  const { client, id } = await scene.guest();
  await client.ask(JOIN);
  scene.chat.dropsAnnouncements = true;
  await scene.act("ban", id);
  await scene.moderator.ask({ type: "say", room: "den", text: "in private" });
  const frames = await client.ask({ type: "history", id: "history", room: "den" });
  assert.equal(outcome(frames, "history"), "not_allowed");
});

Deno.test("A user who joins again after a kick is let in, though the node learns of the kick only then", async () => {
  using scene = new Scene();
  await scene.start();
  scene.follow();
  const { client, id, resume } = await scene.guest();
  await client.ask(JOIN);
  scene.chat.dropsAnnouncements = true;
  await scene.act("kick", id);
  const again = await scene.guest(ADDRESS, { resume });
  const frames = await again.client.ask(JOIN);
  assert.equal(outcome(frames, "join"), "done");
  const left = (await client.ask()).find(({ type }) => type === "left");
  assert.equal(left?.reason, "kicked");
});

for (const [where, room] of [["a room", { room: "den" }], ["the service", {}]] as const) {
  Deno.test(`A mute in ${where} that is asked for again is recognized, though it would end later`, async () => {
    using scene = new Scene();
    await scene.start();
    scene.follow();
    const { id } = await scene.guest();
    const request = { id: "same", seconds: 60, reason: "noise", ...room };
    assert.equal(await scene.act("mute", id, request), "done");
    await scene.chat.clock.advance(5_000);
    assert.equal(await scene.act("mute", id, request), "done");
    assert.equal(await scene.act("ban", id, request), "id_reused");
  });
}

Deno.test("A kick that is asked for again is recognized, though the user's name is not known any more", async () => {
  using scene = new Scene();
  await scene.start();
  const { client, id } = await scene.guest();
  await client.ask(JOIN);
  assert.equal(await scene.act("kick", id, { id: "same", room: "den" }), "done");
  assert.equal(await scene.act("kick", id, { id: "same", room: "den" }), "done");
});

Deno.test("A guest is told when the address is muted in a room, on account of another guest, and when that ends", async () => {
  using scene = new Scene();
  await scene.start();
  scene.follow();
  const [one, other] = [await scene.guest(), await scene.guest()];
  for (const { client } of [one, other]) await client.ask(JOIN);
  await scene.act("mute", one.id, { room: "den", seconds: 60 });
  const muted = (await other.client.ask()).findLast(({ type }) => type === "rules");
  assert.equal(typeof Object(muted?.muted).until, "number");
  await scene.act("unmute", one.id);
  const open = (await other.client.ask()).findLast(({ type }) => type === "rules");
  assert.deepEqual([open?.room, open?.muted], ["den", undefined]);
});

for (const [where, room] of [["a room", { room: "den" }], ["the service", {}]] as const) {
  Deno.test(`A guest who is muted in ${where}, and says nothing, cannot speak as another guest of the same address`, async () => {
    using scene = new Scene();
    await scene.start();
    scene.follow();
    const { client, id } = await scene.guest();
    await client.ask(JOIN);
    await scene.act("mute", id, room);
    const stranger = await scene.guest();
    await stranger.client.ask(JOIN);
    const say = { type: "say", id: "say", room: "den", text: "it was not me" };
    assert.equal(outcome(await stranger.client.ask(say), "say"), "muted");
  });
}

for (const [where, room] of [["a room", { room: "den" }], ["the service", {}]] as const) {
  Deno.test(`An address is muted in ${where} for as long as one of its guests is, whoever was muted or unmuted in between`, async () => {
    using scene = new Scene();
    await scene.start();
    scene.follow();
    const [one, other] = [await scene.guest(), await scene.guest()];
    for (const { client } of [one, other]) await client.ask(JOIN);
    const act = async (...given: Parameters<typeof scene.act>) => {
      assert.equal(await scene.act(...given), "done");
      await flushMicrotasks();
    };
    await act("mute", one.id, { ...room, seconds: 20 });
    await act("mute", other.id, { ...room, seconds: 60 });
    await act("mute", one.id, { ...room, seconds: 30 });
    await act("unmute", other.id, room);
    const stranger = await scene.guest();
    await stranger.client.ask(JOIN);
    const say = async (id: string) =>
      outcome(
        await stranger.client.ask({ type: "say", id, room: "den", text: "it was not me" }),
        id,
      );
    assert.equal(await say("1"), "muted");
    await act("unmute", one.id, room);
    assert.equal(await say("2"), "done");
  });
}

Deno.test("A moderator ends the mute of an address, and its guests stay muted", async () => {
  using scene = new Scene();
  await scene.start();
  scene.follow();
  const [one, other] = [await scene.guest(), await scene.guest()];
  const say = async (client: Client, id: string) =>
    outcome(await client.ask({ type: "say", id, room: "den", text: "hello" }), id);
  for (const { client, id } of [one, other]) {
    await client.ask(JOIN);
    await scene.act("mute", id);
  }
  await scene.act("unmute", ADDRESS_USER);
  const stranger = await scene.guest();
  await stranger.client.ask(JOIN);
  assert.equal(await say(one.client, "1"), "muted");
  assert.equal(await say(stranger.client, "1"), "done");
  const entries = (await scene.chat.bus.page(AUDIT_ROOM, undefined, 99)).messages;
  assert.deepEqual(entries.slice(-3).map(({ text }) => text?.replace(/ of .* \(/, " of … (")), [
    "unmuted the address of … (#den)",
    "unmuted the address of … (#den)",
    "unmuted the address of … (#den)",
  ]);

  // It counts again with the next mute of a guest.
  await scene.act("unmute", one.id);
  assert.equal(await say(one.client, "2"), "done");
  await scene.act("mute", one.id);
  await flushMicrotasks();
  assert.equal(await say(stranger.client, "2"), "muted");
});

Deno.test("A mute that is shortened is shortened for the address, too", async () => {
  using scene = new Scene();
  await scene.start();
  scene.follow();
  const { client, id } = await scene.guest();
  await client.ask(JOIN);
  await scene.act("mute", id);
  await scene.act("mute", id, { room: "den", seconds: 5 });
  await flushMicrotasks();
  const { sanctions, clock } = scene.chat.context;
  assert.deepEqual(sanctions.all().map(({ until }) => until <= clock.date() + 5_000), [true]);
});

Deno.test("The mute of an address in a store of an earlier build ends with that of its guest", async () => {
  const guy = { user: user("u_guy00000"), name: name("Guy") };
  const details = { name: guy.name, rank: "moderator", guest: guy.user };
  const stored = `${FOREVER} ${JSON.stringify(details)}`;
  const state = new RoomState(new Map([[`mute:${ADDRESS_USER}@den`, stored]]));
  const context = {
    bus: {
      publish({ room, action: { event } }: Draft & { readonly action: { event?: RoomEvent } }) {
        if (event) state.apply(stateChanges(event, { user: guy.user, room }));
        const position = { epoch: "e", seq: 1 };
        return Promise.resolve({ kind: "entered", position, at: 0 } as const);
      },
    },
    newId: () => "id",
    sanctions: { all: () => state.sanctions(0) },
  };
  const author = { user: user("m_mod00000"), name: name("Mod") };
  const origin = { author, room: room("den"), id: undefined, seconds: undefined };
  await enterEvent({ kind: "unmute", ...guy }, origin, context);
  assert.ok(state.isEmpty);
});
