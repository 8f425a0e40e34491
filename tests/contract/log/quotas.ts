/**
 * What is refused when the store is full, or has reached the room limit.
 * @module
 */
import assert from "node:assert/strict";
import type { Draft } from "../../../lib/core/log/entry.ts";
import type { Position } from "../../../lib/core/log/position.ts";
import { FOREVER } from "../../../lib/core/log/room_event.ts";
import { room } from "../../support/fakes.ts";
import {
  ann,
  draft,
  isRejected,
  lobby,
  mustPublish,
  react,
  say,
  type Test,
  type TestedBus,
} from "../fixtures.ts";
import { act, mute } from "../state/room_state.ts";

const RETENTION = { messages: 1_000, entries: 1_000, ageMs: Infinity };
/** Long enough to fill a store soon, short enough to show that it is filled completely. */
const TEXT = "x".repeat(20_000);

/** Sends messages until the store is full. Returns those that it took. */
async function fill(bus: TestedBus): Promise<readonly Position[]> {
  const said: Position[] = [];
  while (said.length < 200) {
    const published = await bus.publish(say(TEXT));
    if (published.kind === "rejected") {
      assert.equal(published.why, "store_full");
      return said;
    }
    said.push(published.position);
  }
  return assert.fail("it takes everything");
}

/** Redis estimates what it needs and measures it from time to time, so a store that was full may take a little more. */
async function isRefusedWhenFull(bus: TestedBus, make: () => Draft): Promise<void> {
  for (let attempt = 0; attempt < 20; attempt++) {
    const published = await bus.publish(make());
    if (published.kind === "rejected") return assert.equal(published.why, "store_full");
    await fill(bus);
  }
  assert.fail("it is never refused");
}

export function quotaPromises(test: Test): void {
  test(
    "refuses messages when it is full, and everything except deletions",
    async (bus) => {
      const first = say(TEXT);
      const receipt = await mustPublish(bus, first);
      const said = await fill(bus);
      assert.ok(said.length > 10, `full after ${said.length}`);
      const [of] = said;
      assert.ok(of);
      await isRefusedWhenFull(bus, () => draft({ kind: "edited", of, text: "x" }));
      await isRefusedWhenFull(bus, () => react(of, "👍"));
      await isRefusedWhenFull(bus, () => say("x", { room: room("another") }));
      // Earlier messages are still known, and can be read and deleted.
      assert.deepEqual(await mustPublish(bus, first), receipt);
      assert.equal((await bus.page(lobby, undefined, 1)).messages.length, 1);
      await mustPublish(bus, draft({ kind: "deleted", of }));
      // Whoever fills the store is not safe from moderators; and clearing a room makes space.
      await isRefusedWhenFull(bus, () => act({ kind: "room", topic: "x" }));
      await mustPublish(bus, act(mute(FOREVER), { room: room("_audit") }));
      await mustPublish(bus, act({ kind: "clear" }));
    },
    RETENTION,
    { bytes: 2_000_000, rooms: Infinity },
  );

  test(
    "creates rooms up to the limit, and lets all of them be used",
    async (bus) => {
      const rooms = ["one", "two", "three"].map(room);
      for (const it of rooms) await mustPublish(bus, say("first", { room: it }));
      const more = room("one-too-many");
      await isRejected(bus, say("x", { room: more }), "rooms_full");
      await isRejected(bus, act({ kind: "room", topic: "x" }, { room: more }), "rooms_full");
      await mustPublish(bus, act(mute(FOREVER), { room: room("_audit") }));
      for (const it of rooms) await mustPublish(bus, say("second", { room: it }));
      // It can still be joined, as a room without messages.
      const { top } = await bus.page(more, undefined, 0);
      assert.equal(top.seq, 0);
      assert.deepEqual(await bus.replay(more, top, 10), { top, entries: [] });
    },
    RETENTION,
    { bytes: Infinity, rooms: 3 },
  );

  test(
    "counts no rooms that were only visited, and stores no read markers there",
    async (bus) => {
      for (let k = 0; k < 20; k++) {
        const visited = room(`visited-${k}`);
        const { top } = await bus.page(visited, undefined, 10);
        await bus.markRead(visited, ann.user, top);
        assert.equal((await bus.readState(visited, ann.user, 0)).read, undefined);
      }
      await mustPublish(bus, say("first"));
      await isRejected(bus, say("x", { room: room("visited-1") }), "rooms_full");
    },
    RETENTION,
    { bytes: Infinity, rooms: 1 },
  );
}
