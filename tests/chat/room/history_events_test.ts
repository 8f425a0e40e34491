/** What happens to the events of entries that a room receives again, because the log was read from its beginning. */
import assert from "node:assert/strict";
import type { Entry } from "../../../lib/core/log/entry.ts";
import type { Position } from "../../../lib/core/log/position.ts";
import type { RoomEvent } from "../../../lib/core/log/room_event.ts";
import { user } from "../../contract/fixtures.ts";
import { JsonHandler } from "../../../lib/chat/handlers/json_handler.ts";
import { FakeChat, FakeSocket, flushMicrotasks, name, room } from "../../support/fakes.ts";

const lobby = room("lobby");
const [bob, mod] = [user("user_bob"), user("a_mod00000")];
const KICK = { kind: "kick", user: bob, name: name("Bob"), rank: "moderator" } as const;

const at = (epoch: string, seq: number): Position => ({ epoch, seq });

function entryAt(position: Position, event?: RoomEvent): Entry {
  const action = { kind: "said", text: "text", ...(event && { event }) } as const;
  const author = { user: mod, name: name("Mod") };
  return { ...author, room: lobby, id: `e${position.seq}`, action, position, at: 0 };
}

Deno.test("An event takes effect although its epoch began while a room was read from its beginning", async () => {
  using chat = new FakeChat();
  const { bus, hub, clock } = chat;
  bus.state = () => Promise.resolve({ top: at("c", 6), fields: new Map() });
  const told: (string | undefined)[] = [];
  const followed = hub.follow(lobby, (event) => told.push(event?.kind));
  await flushMicrotasks();
  told.length = 0;
  const top = at("d", 6);
  const entriesOf = (...seqs: readonly number[]) => seqs.map((seq) => entryAt(at("a", seq)));
  bus.replay = (_, { epoch }) =>
    Promise.resolve(
      epoch === "c"
        ? { top, entries: entriesOf(1, 2, 3), lossReason: "unknown_epoch" }
        : { top: at("e", 7), entries: [...entriesOf(4, 5, 6), entryAt(at("e", 7), KICK)] },
    );
  void followed.onTop(top, true);
  await clock.advance(10);
  assert.deepEqual(followed.last, at("e", 7));
  assert.equal(told.at(-1), "kick");
});

Deno.test("People whose old names a room shows again are reported under their current names", async () => {
  using chat = new FakeChat();
  const { bus, hub, clock } = chat;
  const socket = new FakeSocket();
  const handler = new JsonHandler(socket, chat.context);
  handler.onMessage(`{"type":"hello","name":"Bob"}\n{"type":"join","room":"lobby"}`);
  await clock.advance(500);
  const watched = hub.follow(lobby, () => {});
  const [bob] = watched.presence.list();
  assert.ok(bob);
  const received = () =>
    socket.sent.flatMap((text) => String(text).split("\n")).map((it) => JSON.parse(it));
  const { length } = received();
  const top = at("d", 2);
  const action = { kind: "renamed", from: name("Ann") } as const;
  const old = { ...entryAt(at("a", 1)), user: bob.user, name: name("Rob"), action };
  bus.state = () => Promise.resolve({ top, fields: new Map() });
  bus.replay = () =>
    Promise.resolve({ top, entries: [old, entryAt(top)], lossReason: "unknown_epoch" });
  await watched.onTop(top, true);
  await clock.advance(500);
  const frames = received().slice(length);
  assert.deepEqual(frames.map(({ type }) => type), ["lost", "renamed", "said", "presence"]);
  assert.deepEqual(frames.at(-1).joined, [bob]);
});

Deno.test("A room that is read from its beginning repeats no event of an earlier epoch, and misses none of the new one", async () => {
  using chat = new FakeChat();
  const { bus, hub } = chat;
  bus.state = () => Promise.resolve({ top: at("c", 6), fields: new Map() });
  const told: (string | undefined)[] = [];
  const followed = hub.follow(lobby, (event) => told.push(event?.kind));
  await flushMicrotasks();
  told.length = 0;
  // The replica that has taken over never had the epoch c. Bob was removed in b, and has come back since.
  const top = at("d", 6);
  const clear = entryAt(top, { kind: "clear" });
  const entries = [entryAt(at("a", 1)), ...[2, 3, 4].map((seq) => entryAt(at("b", seq)))];
  bus.state = () => Promise.resolve({ top, fields: new Map() });
  bus.replay = () =>
    Promise.resolve({
      top,
      entries: [...entries, entryAt(at("b", 5), KICK), clear],
      lossReason: "unknown_epoch",
    });
  await followed.onTop(top, true);
  await flushMicrotasks();
  assert.deepEqual(followed.last, top);
  // The room's rules were read again, and the messages were removed after that.
  assert.deepEqual(told, [undefined, "clear"]);
});
