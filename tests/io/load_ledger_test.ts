/** What the books say of texts that come, do not come, come twice or too late. */
import assert from "node:assert/strict";
import fc from "fast-check";
import { Ledger } from "../../lib/io/load/ledger.ts";

function counts({ said, expected, deliveries, doubled, outOfOrder }: Ledger) {
  return { said, expected, deliveries, doubled, outOfOrder };
}

Deno.test("Ledger counts only what was said while it was measured, whenever it is heard", () => {
  const ledger = new Ledger(2, 1, 2, "all");
  const before = ledger.say(0);
  ledger.begin();
  const during = [ledger.say(0), ledger.say(0)];
  ledger.hear(0, 0, before);
  ledger.end();
  const after = ledger.say(0);
  for (const member of [0, 1]) {
    for (const seq of [before, ...during, after]) ledger.hear(member, 0, seq);
  }
  assert.deepEqual(counts(ledger), {
    said: 2,
    expected: 4,
    deliveries: 4,
    doubled: 0,
    outOfOrder: 0,
  });
});

Deno.test("Ledger counts loss, doubles and order as they are, in any order of any hearing", () => {
  const hearing = fc.array(fc.nat(19), { maxLength: 60 });
  fc.assert(
    fc.property(hearing, (heard) => {
      const ledger = new Ledger(1, 1, 1, "all");
      ledger.begin();
      for (let i = 0; i < 20; i++) ledger.say(0);
      ledger.end();
      const seen = new Set<number>();
      let highest = -1;
      let late = 0;
      for (const seq of heard) {
        const isNew = !seen.has(seq);
        assert.equal(ledger.hear(0, 0, seq), isNew);
        if (isNew && seq < highest) late++;
        highest = Math.max(highest, seq);
        seen.add(seq);
      }
      assert.deepEqual(counts(ledger), {
        said: 20,
        expected: 20,
        deliveries: seen.size,
        doubled: heard.length - seen.size,
        outOfOrder: late,
      });
    }),
    { numRuns: 500 },
  );
});

Deno.test("Ledger keeps members and publishers apart", () => {
  const ledger = new Ledger(2, 2, 2, "all");
  ledger.begin();
  for (const publisher of [0, 1]) ledger.hear(0, publisher, ledger.say(publisher));
  ledger.hear(1, 1, 0);
  assert.equal(ledger.expected - ledger.deliveries, 1);
});

Deno.test("Ledger expects an echo to be heard by its speaker only, and takes any other for a double", () => {
  const ledger = new Ledger(3, 3, 3, "self");
  ledger.begin();
  for (const publisher of [0, 1, 2]) ledger.hear(publisher, publisher, ledger.say(publisher));
  assert.equal(ledger.hear(0, 1, 0), false);
  assert.deepEqual(counts(ledger), {
    said: 3,
    expected: 3,
    deliveries: 3,
    doubled: 1,
    outOfOrder: 0,
  });
});

Deno.test("Ledger takes a text of a publisher who does not exist for a double", () => {
  const ledger = new Ledger(1, 1, 1, "all");
  assert.equal(ledger.hear(0, 7, 0), false);
  assert.equal(ledger.doubled, 1);
});
