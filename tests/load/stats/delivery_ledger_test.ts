/** How the ledger counts texts that arrive, are lost, arrive twice or arrive late. */
import assert from "node:assert/strict";
import fc from "fast-check";
import { DeliveryLedger } from "../../../lib/load/stats/delivery_ledger.ts";

function counts({ said, expected, deliveries, doubled, outOfOrder }: DeliveryLedger) {
  return { said, expected, deliveries, doubled, outOfOrder };
}

Deno.test("Ledger counts only texts sent during the measurement, whenever they arrive", () => {
  const ledger = new DeliveryLedger(2, 1, 2, 1);
  const before = ledger.nextSeq(0);
  ledger.begin();
  const during = [ledger.nextSeq(0), ledger.nextSeq(0)];
  ledger.recordDelivery(0, 0, before);
  ledger.end();
  const after = ledger.nextSeq(0);
  for (const member of [0, 1]) {
    for (const seq of [before, ...during, after]) ledger.recordDelivery(member, 0, seq);
  }
  assert.deepEqual(counts(ledger), {
    said: 2,
    expected: 4,
    deliveries: 4,
    doubled: 0,
    outOfOrder: 0,
  });
});

Deno.test("Ledger counts losses, duplicates and reorderings exactly, for any order of arrival", () => {
  const arrivals = fc.array(fc.nat(19), { maxLength: 60 });
  fc.assert(
    fc.property(arrivals, (received) => {
      const ledger = new DeliveryLedger(1, 1, 1, 1);
      ledger.begin();
      for (let i = 0; i < 20; i++) ledger.nextSeq(0);
      ledger.end();
      const seen = new Set<number>();
      let highest = -1;
      let late = 0;
      for (const seq of received) {
        const isNew = !seen.has(seq);
        assert.equal(ledger.recordDelivery(0, 0, seq), isNew);
        if (isNew && seq < highest) late++;
        highest = Math.max(highest, seq);
        seen.add(seq);
      }
      assert.deepEqual(counts(ledger), {
        said: 20,
        expected: 20,
        deliveries: seen.size,
        doubled: received.length - seen.size,
        outOfOrder: late,
      });
    }),
    { numRuns: 500 },
  );
});

Deno.test("Ledger keeps members and publishers apart", () => {
  const ledger = new DeliveryLedger(2, 2, 2, 1);
  ledger.begin();
  for (const publisher of [0, 1]) ledger.recordDelivery(0, publisher, ledger.nextSeq(publisher));
  ledger.recordDelivery(1, 1, 0);
  assert.equal(ledger.expected - ledger.deliveries, 1);
});

Deno.test("Ledger expects an echo only at its sender, and counts any other as a duplicate", () => {
  const ledger = new DeliveryLedger(3, 3, 3, 3);
  ledger.begin();
  for (const publisher of [0, 1, 2]) {
    ledger.recordDelivery(publisher, publisher, ledger.nextSeq(publisher));
  }
  assert.equal(ledger.recordDelivery(0, 1, 0), false);
  assert.deepEqual(counts(ledger), {
    said: 3,
    expected: 3,
    deliveries: 3,
    doubled: 1,
    outOfOrder: 0,
  });
});

Deno.test("Ledger counts a text of an unknown publisher as a duplicate", () => {
  const ledger = new DeliveryLedger(1, 1, 1, 1);
  assert.equal(ledger.recordDelivery(0, 7, 0), false);
  assert.equal(ledger.doubled, 1);
});
