/**
 * How long the state of a room is kept: without end, except for what no longer has an effect.
 * @module
 */
import assert from "node:assert/strict";
import type { Retention } from "../../../lib/core/log/retention.ts";
import { FOREVER } from "../../../lib/core/log/room_event.ts";
import { FakeClock } from "../../support/fakes.ts";
import { ann, attic, bob, lobby, mustPublish, say } from "../fixtures.ts";
import type { OpenStore } from "./room_existence.ts";
import { act, fieldsOf, mute } from "./room_state.ts";

const AGE_MS = 1_800_000;
const DAY_MS = 86_400_000;
const RETENTION: Retention = { messages: 100, entries: 100, ageMs: AGE_MS };
const FOR_EVER: Retention = { ...RETENTION, ageMs: Infinity };

/** @param open Opens an empty bus. */
export function stateRetentionContract(
  bus: string,
  open: (retention: Retention, clock: FakeClock) => Promise<OpenStore>,
): void {
  Deno.test(`${bus}: a room with a state is kept when all its messages have expired`, async () => {
    const clock = new FakeClock();
    await using store = await open(RETENTION, clock);
    await mustPublish(store.bus, act({ kind: "room", topic: "Tea" }));
    const { position } = await mustPublish(store.bus, act(mute(FOREVER)));
    const { fields } = await store.bus.state(lobby);
    for (const _ of [1, 2]) {
      await clock.advance(3 * AGE_MS);
      await store.sweep();
      assert.deepEqual((await store.bus.page(lobby, undefined, 9)).messages, []);
      assert.deepEqual(await store.bus.state(lobby), { top: position, fields });
    }
    assert.equal((await store.bus.publish(say("hello", bob))).kind, "rejected");
    await mustPublish(store.bus, act({ kind: "unmute", ...bob }));
    await mustPublish(store.bus, act({ kind: "room", topic: "" }));
    await clock.advance(3 * AGE_MS);
    await store.sweep();
    assert.equal((await store.bus.page(lobby, undefined, 0)).top.seq, 0);
  });

  Deno.test(`${bus}: a room of which only mutes and bans were left that have ended is deleted with them`, async () => {
    const clock = new FakeClock();
    await using store = await open(RETENTION, clock);
    const { at } = await mustPublish(store.bus, say("hello", { room: attic }));
    await mustPublish(store.bus, act(mute(at), { room: attic }));
    await mustPublish(store.bus, act({ ...mute(at), kind: "ban" }, { room: attic }));
    await clock.advance(3 * AGE_MS);
    await store.sweep();
    assert.equal((await store.bus.state(attic)).top.seq, 0);
    assert.deepEqual(await fieldsOf(store.bus, attic), {});
  });

  Deno.test(`${bus}: a sweep removes mutes and bans that have ended, and what slow mode no longer counts`, async () => {
    await using store = await open(FOR_EVER, new FakeClock());
    const { at } = await mustPublish(store.bus, act({ kind: "room", slowSeconds: 60 }));
    await mustPublish(store.bus, say("hello"));
    await mustPublish(store.bus, act({ ...mute(at), ...ann }));
    await mustPublish(store.bus, act(mute(at + DAY_MS)));
    await mustPublish(store.bus, act({ ...mute(at), kind: "ban" }));
    const names = async () => Object.keys(await fieldsOf(store.bus)).toSorted();
    await store.sweep();
    const kept = [`mute:${bob.user}`, `sent:${ann.user}`, "slow"];
    assert.deepEqual(await names(), kept);
    await mustPublish(store.bus, act({ kind: "room", slowSeconds: 0 }));
    await store.sweep();
    assert.deepEqual(await names(), [`mute:${bob.user}`]);
  });

  Deno.test(`${bus}: a room can keep its messages for less time than the service, not for more`, async () => {
    for (
      const [ageMs, keepDays, keptMs] of [[FOR_EVER.ageMs, 2, 2 * DAY_MS], [DAY_MS, 2, DAY_MS]]
    ) {
      const clock = new FakeClock();
      await using store = await open({ ...RETENTION, ageMs: ageMs ?? 0 }, clock);
      const texts = async () =>
        (await store.bus.page(lobby, undefined, 9)).messages.map(({ text }) => text);
      await mustPublish(store.bus, say("old"));
      await mustPublish(store.bus, act({ kind: "room", keepDays }));
      const { length } = await texts();
      await clock.advance((keptMs ?? 0) - 1_000);
      await mustPublish(store.bus, say("new"));
      assert.equal((await texts()).length, length + 1);
      await clock.advance(2_000);
      assert.deepEqual(await texts(), ["new"]);
      const { read, unread } = await store.bus.readState(lobby, bob.user, 0);
      assert.deepEqual([read, unread], [undefined, 1]);
      const since = { ...(await store.bus.state(lobby)).top, seq: 0 };
      const { entries, lossReason } = await store.bus.replay(lobby, since, 9);
      assert.deepEqual([entries.length, lossReason], [1, "too_old"]);
      await store.sweep();
      await mustPublish(store.bus, act({ kind: "room", keepDays: 0 }));
      assert.equal((await texts()).length, 2);
    }
  });
}
