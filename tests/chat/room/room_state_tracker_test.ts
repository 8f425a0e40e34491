/** The state of a room on one worker: followed through gaps, losses, failures of the store and joins. */
import assert from "node:assert/strict";
import type { Entry } from "../../../lib/core/log/entry.ts";
import { FOREVER, type RoomEvent } from "../../../lib/core/log/room_event.ts";
import { userField } from "../../../lib/core/log/state_changes.ts";
import type { Position } from "../../../lib/core/log/position.ts";
import type { Room } from "../../../lib/chat/room/room.ts";
import { user } from "../../contract/fixtures.ts";
import { textEncoder } from "../../../lib/core/protocol/text_protocol.ts";
import { FakeChat, fakeSubscriber, flushMicrotasks, name, room } from "../../support/fakes.ts";

const lobby = room("lobby");
const [bob, mod] = [user("user_bob"), user("a_mod00000")];
const MUTE = {
  kind: "mute",
  user: bob,
  name: name("Bob"),
  until: FOREVER,
  rank: "moderator",
} as const;
const KEPT_TEXT = `${FOREVER} {"name":"Bob","rank":"moderator"}`;

/** A room that is kept open, and what its follower is told. */
async function follow(chat: FakeChat) {
  const told: (RoomEvent["kind"] | undefined)[] = [];
  const followed: Room = chat.hub.follow(lobby, (event) => told.push(event?.kind));
  await flushMicrotasks();
  const isMuted = () => followed.state.sanction("mute", bob, 0) !== undefined;
  return { room: followed, told, isMuted };
}

let drafts = 0;

async function publish(chat: FakeChat, event?: RoomEvent): Promise<Position> {
  const action = { kind: "said", text: "text", ...(event && { event }) } as const;
  const author = { user: mod, name: name("Mod") };
  const draft = { ...author, room: lobby, id: `d${++drafts}`, action, isExempt: true } as const;
  const result = await chat.bus.publish(draft);
  await flushMicrotasks();
  return result.kind === "entered" ? result.position : assert.fail(result.why);
}

function entryAt(position: Position, event?: RoomEvent): Entry {
  const action = { kind: "said", text: "text", ...(event && { event }) } as const;
  return {
    user: mod,
    name: name("Mod"),
    room: lobby,
    id: `e${position.seq}`,
    action,
    position,
    at: 0,
  };
}

/** The log has become another one: a promoted replica's. */
function replaceLog(
  chat: FakeChat,
  top: Position,
  state: ReadonlyMap<string, string>,
  lossReason?: "rewound",
): void {
  chat.bus.replay = () => Promise.resolve({ top, entries: [], ...(lossReason && { lossReason }) });
  chat.bus.state = () => Promise.resolve({ top, fields: state });
}

Deno.test("Room applies announced events, and tells its followers", async () => {
  using chat = new FakeChat();
  const { told, isMuted } = await follow(chat);
  assert.deepEqual([told, isMuted()], [[undefined], false]);
  await publish(chat);
  await publish(chat, MUTE);
  assert.deepEqual([told, isMuted()], [[undefined, "mute"], true]);
});

Deno.test("Room applies events that it finds in a gap", async () => {
  using chat = new FakeChat();
  const { told, isMuted } = await follow(chat);
  chat.dropsAnnouncements = true;
  await publish(chat, MUTE);
  await publish(chat, { kind: "room", readOnly: true });
  assert.equal(isMuted(), false);
  chat.dropsAnnouncements = false;
  await publish(chat);
  assert.deepEqual([told, isMuted()], [[undefined, "mute", "room"], true]);
});

Deno.test("Room reads its state before the follower is told anything, and once", async () => {
  using chat = new FakeChat();
  await publish(chat, MUTE);
  let reads = 0;
  const { state } = chat.bus;
  chat.bus.state = (id) => (reads += 1, state.call(chat.bus, id));
  const { isMuted, told } = await follow(chat);
  await publish(chat, { kind: "unmute", user: bob, name: name("Bob") });
  assert.deepEqual([reads, told, isMuted()], [1, [undefined, "unmute"], false]);
});

Deno.test("Room reads its state again when the log has lost entries that it has delivered", async () => {
  using chat = new FakeChat();
  const { room, told, isMuted } = await follow(chat);
  const { epoch } = await publish(chat, MUTE);
  replaceLog(chat, { epoch, seq: 0 }, new Map(), "rewound");
  await room.onTop({ epoch, seq: 0 }, true);
  assert.deepEqual([told.at(-1), isMuted()], [undefined, false]);
});

Deno.test("Room reads its state again when the log has lost entries that only the state has reflected", async () => {
  using chat = new FakeChat();
  const { room, isMuted } = await follow(chat);
  const last = await publish(chat);
  const beyond = { epoch: last.epoch, seq: last.seq + 5 };
  room.rules.learn({ top: beyond, fields: new Map([[userField("mute", bob), KEPT_TEXT]]) });
  assert.equal(isMuted(), true);
  replaceLog(chat, last, new Map());
  await room.onTop(last, true);
  assert.equal(isMuted(), false);
});

Deno.test("Room reads its state again when a new epoch continues after the last delivered entry", async () => {
  using chat = new FakeChat();
  const { room, isMuted } = await follow(chat);
  const last = await publish(chat);
  const lost = { epoch: last.epoch, seq: last.seq + 1 };
  room.rules.learn({ top: lost, fields: new Map([[userField("mute", bob), KEPT_TEXT]]) });
  const next = { epoch: "promoted", seq: last.seq + 1 };
  replaceLog(chat, next, new Map());
  chat.bus.replay = () => Promise.resolve({ top: next, entries: [entryAt(next)] });
  room.onEntry(entryAt(next));
  await flushMicrotasks();
  assert.equal(isMuted(), false);
});

Deno.test("A member whom the room excludes only by an entry that the log has lost may join", async () => {
  using chat = new FakeChat();
  const { isMuted } = await follow(chat);
  const { epoch } = await publish(chat, MUTE);
  const kept = { epoch, seq: 0 };
  replaceLog(chat, kept, new Map(), "rewound");
  chat.bus.page = () => Promise.resolve({ top: kept, messages: [], more: false });
  const results: string[] = [];
  const member = fakeSubscriber(bob, textEncoder, {
    onJoined: () => void results.push("joined"),
    onRefused: (why) => void results.push(why),
  });
  chat.hub.join(lobby, member, {
    ...{ user: bob, name: name("Bob"), pickName: undefined, since: undefined, limit: 0 },
    memberAt: kept,
    isAdmitted: () => !isMuted(),
  });
  await flushMicrotasks();
  assert.deepEqual(results, ["joined"]);
});

Deno.test("Room applies each event once: one that the state reflects changes nothing", async () => {
  using chat = new FakeChat();
  const { room, isMuted } = await follow(chat);
  const { epoch } = await publish(chat);
  room.rules.learn({ top: { epoch, seq: 9 }, fields: new Map() });
  room.rules.apply(entryAt({ epoch, seq: 8 }, MUTE));
  assert.equal(isMuted(), false);
  room.rules.apply(entryAt({ epoch, seq: 10 }, MUTE));
  assert.equal(isMuted(), true);
});

Deno.test("Room that is closed while its state is read tells nobody, and reads no more", async () => {
  using chat = new FakeChat();
  const read = Promise.withResolvers<void>();
  let reads = 0;
  const { state } = chat.bus;
  chat.bus.state = async (id) => {
    reads += 1;
    await read.promise;
    return await state.call(chat.bus, id);
  };
  const { room, told } = await follow(chat);
  room.close();
  read.resolve();
  await flushMicrotasks();
  await chat.clock.advance(60_000);
  assert.deepEqual([reads, chat.bus.unsubscribed], [1, [lobby]]);
  assert.deepEqual(told, []);
});

Deno.test("Room reads its state as soon as the store is back", async () => {
  using chat = new FakeChat();
  await publish(chat, MUTE);
  chat.bus.availability = "away";
  const { room, isMuted } = await follow(chat);
  assert.deepEqual([room.isOpen, isMuted()], [false, false]);
  chat.bus.availability = "well";
  await chat.clock.advance(1_000);
  assert.deepEqual([room.isOpen, isMuted()], [true, true]);
});

Deno.test("A follower that has ended is told nothing, and keeps no room open", async () => {
  using chat = new FakeChat();
  const { room, told } = await follow(chat);
  assert.equal(room.isEmpty, false);
  const more: unknown[] = [];
  const other = room.follow((event) => more.push(event?.kind));
  await publish(chat, MUTE);
  other[Symbol.dispose]();
  await publish(chat, { kind: "unmute", user: bob, name: name("Bob") });
  assert.deepEqual([more, told], [["mute"], [undefined, "mute", "unmute"]]);
});
