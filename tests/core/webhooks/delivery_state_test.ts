/** The record of a webhook's deliveries, and the watch over the records of others. */
import assert from "node:assert/strict";
import {
  type DeliveryState,
  formatDeliveryState,
  parseDeliveryState,
  redeliveryCursor,
  type RoomCursor,
  withDeadLetter,
} from "../../../lib/core/webhooks/delivery_state.ts";
import {
  HOLD_MS,
  LeaseWatch,
  RENEW_MS,
  WEBHOOK_LEASE_MS,
} from "../../../lib/core/webhooks/lease_watch.ts";
import { room } from "../../support/fakes.ts";

const at = (seq: number) => ({ epoch: "e", seq });

Deno.test("A state survives being stored, with failures and what was given up", () => {
  const state: DeliveryState = {
    owner: null,
    beat: 7,
    rooms: new Map<ReturnType<typeof room>, RoomCursor>([
      [room("lobby"), { after: at(0) }],
      [room("茶"), {
        after: at(9),
        failing: { since: 5, attempts: 2 },
        dead: { count: 3, after: at(4) },
      }],
    ]),
  };
  assert.deepEqual(parseDeliveryState(JSON.parse(formatDeliveryState(state))), state);
});

Deno.test("A damaged state is none", () => {
  const good = { owner: "n", beat: 1, rooms: [{ room: "lobby", after: "e:1" }] };
  assert.ok(parseDeliveryState(good));
  for (
    const damaged of [
      { ...good, owner: 1 },
      { ...good, beat: -1 },
      { ...good, rooms: [{ room: "lobby", after: "nowhere" }] },
      { ...good, rooms: [{ room: "not a room", after: "e:1" }] },
      [],
    ]
  ) {
    assert.equal(parseDeliveryState(damaged), undefined);
  }
});

Deno.test("Delivering again without a position starts with the first message that was given up", () => {
  let cursor: RoomCursor = { after: at(4) };
  assert.equal(redeliveryCursor(cursor, undefined), undefined);
  cursor = withDeadLetter(cursor, at(5));
  cursor = withDeadLetter({ ...cursor, after: at(7) }, at(8));
  assert.deepEqual(cursor, { after: at(8), dead: { count: 2, after: at(4) } });
  assert.deepEqual(redeliveryCursor(cursor, undefined), { after: at(4) });
});

Deno.test("Delivering again from a position includes that position", () => {
  assert.deepEqual(redeliveryCursor({ after: at(8) }, at(3)), { after: at(2) });
  assert.deepEqual(redeliveryCursor({ after: at(8) }, at(0)), { after: at(0) });
});

Deno.test("A record counts as abandoned only if this node has seen it unchanged for the whole lease", () => {
  const watch = new LeaseWatch();
  assert.equal(watch.isExpired("w", "1", 0), false);
  assert.equal(watch.isExpired("w", "1", WEBHOOK_LEASE_MS - 1), false);
  assert.equal(
    watch.isExpired("v", "1", WEBHOOK_LEASE_MS),
    false,
    "another record was not seen before",
  );
  assert.equal(watch.isExpired("w", "1", WEBHOOK_LEASE_MS), true);
  assert.equal(watch.isExpired("w", "2", WEBHOOK_LEASE_MS + 1), false);
  watch.retain(new Set(["v"]));
  assert.equal(watch.isExpired("w", "2", 9 * WEBHOOK_LEASE_MS), false, "a forgotten record is new");
});

Deno.test("What an owner has started is over before another node can take over", () => {
  const attemptMs = 10_000;
  assert.ok(HOLD_MS + attemptMs < WEBHOOK_LEASE_MS);
  assert.ok(2 * RENEW_MS < HOLD_MS, "one renewal can fail");
});
