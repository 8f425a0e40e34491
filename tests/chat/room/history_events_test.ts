/** What happens to the events of entries that a room receives again, because the log was read from its beginning. */
import assert from "node:assert/strict";
import type { Entry } from "../../../lib/core/log/entry.ts";
import type { Position } from "../../../lib/core/log/position.ts";
import type { RoomEvent } from "../../../lib/core/log/room_event.ts";
import { user } from "../../contract/fixtures.ts";
import { FakeChat, flushMicrotasks, name, room } from "../../support/fakes.ts";

const lobby = room("lobby");
const [bob, mod] = [user("user_bob"), user("a_mod00000")];
const KICK = { kind: "kick", user: bob, name: name("Bob"), rank: "moderator" } as const;

const at = (epoch: string, seq: number): Position => ({ epoch, seq });

function entryAt(position: Position, event?: RoomEvent): Entry {
  const action = { kind: "said", text: "text", ...(event && { event }) } as const;
  const author = { user: mod, name: name("Mod") };
  return { ...author, room: lobby, id: `e${position.seq}`, action, position, at: 0 };
}

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
