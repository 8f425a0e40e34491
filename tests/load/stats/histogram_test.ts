/** What a histogram retains of recorded values, and how it is drawn. */
import assert from "node:assert/strict";
import fc from "fast-check";
import { FineHistogram } from "../../../lib/load/stats/histogram.ts";
import { drawChart, formatDuration } from "../../../lib/load/stats/chart.ts";

function filled(...values: readonly number[]): FineHistogram {
  const histogram = new FineHistogram();
  for (const value of values) histogram.record(value);
  return histogram;
}

const micros = fc.oneof(fc.nat(300), fc.nat(), fc.maxSafeNat().map((it) => it % 2 ** 42));

Deno.test("FineHistogram is 0 in everything when empty", () => {
  const { count, max, mean } = filled();
  assert.deepEqual([count, max, mean], [0, 0, 0]);
  assert.equal(filled().quantile(0.5), 0);
  assert.deepEqual(filled().steps(), []);
});

Deno.test("FineHistogram.quantile() is never below the true value, and at most one part in 64 above it", () => {
  const shares = [0, 0.001, 0.5, 0.9, 0.99, 0.999, 1];
  fc.assert(
    fc.property(fc.array(micros, { minLength: 1, maxLength: 200 }), (values) => {
      const histogram = filled(...values);
      const sorted = values.toSorted((a, b) => a - b);
      for (const share of shares) {
        const exact = sorted[Math.max(1, Math.ceil(share * values.length)) - 1] ?? 0;
        const estimate = histogram.quantile(share);
        assert.ok(
          estimate >= exact && estimate <= exact * (1 + 1 / 64),
          `${share}: ${estimate} for ${exact}`,
        );
      }
      assert.equal(histogram.quantile(1), histogram.max);
    }),
    { numRuns: 300 },
  );
});

Deno.test("FineHistogram knows maximum and mean exactly", () => {
  const histogram = filled(1_000_001, 3_000_003);
  assert.deepEqual([histogram.max, histogram.mean], [3_000_003, 2_000_002]);
});

Deno.test("FineHistogram.merge() equals recording all values in one histogram", () => {
  fc.assert(
    fc.property(fc.array(micros), fc.array(micros), (some, others) => {
      const merged = filled(...some);
      merged.merge(filled(...others));
      const all = filled(...some, ...others);
      assert.deepEqual(merged.steps(), all.steps());
      assert.deepEqual([merged.count, merged.max], [all.count, all.max]);
    }),
  );
});

Deno.test("FineHistogram.steps() are in order, contain everything, and each bounds its values", () => {
  fc.assert(
    fc.property(fc.array(micros), (values) => {
      let before = -1;
      for (const { upTo, count } of filled(...values).steps()) {
        const inStep = values.filter((it) => it > before && it <= upTo).length;
        assert.equal(inStep, count);
        before = upTo;
      }
      assert.ok(values.every((it) => it <= before));
    }),
  );
});

for (
  const [what, value, kept] of [
    ["a negative number", -5, 0],
    ["a value that is not a number", NaN, 0],
    ["a fraction", 7.9, 7],
    ["a value above its range", Infinity, 2 ** 42 - 1],
  ] as const
) {
  Deno.test(`FineHistogram.record() records ${what} as ${kept}`, () => {
    assert.equal(filled(value).max, kept);
    assert.equal(filled(value).quantile(0.5), kept);
  });
}

Deno.test("chart() of no values is empty", () => {
  assert.deepEqual(drawChart([], 10), []);
});

Deno.test("chart() draws the longest bar at full width and every count visibly", () => {
  const rows = drawChart([{ upTo: 90, count: 100_000 }, { upTo: 95, count: 1 }, {
    upTo: 101,
    count: 1,
  }], 8);
  assert.deepEqual(rows, [
    "    100 µs ████████ 100001, 100 %",
    "    150 µs ▏        1, 0.001 %",
  ]);
});

Deno.test("chart() has a row for each interval between the shortest and the longest", () => {
  const labels = drawChart([{ upTo: 1, count: 1 }, { upTo: 12, count: 1 }], 4).map((row) =>
    row.slice(0, 10).trim()
  );
  assert.deepEqual(labels, ["1 µs", "2 µs", "3 µs", "5 µs", "7 µs", "10 µs", "15 µs"]);
});

Deno.test("chart() counts everything once, in rows of equal width", () => {
  fc.assert(
    fc.property(fc.array(micros, { minLength: 1 }), (values) => {
      const rows = drawChart(filled(...values).steps(), 20);
      const counts = rows.map((row) => Number(/ (\d+), [\d.e-]+ %$/.exec(row)?.[1]));
      assert.equal(counts.reduce((sum, it) => sum + it), values.length);
      assert.ok(rows.every((row) => row[31] === " "));
      assert.ok(rows.length < 90);
    }),
  );
});

for (
  const [value, text] of [
    [0, "0 µs"],
    [999, "999 µs"],
    [1000, "1 ms"],
    [1234, "1.23 ms"],
    [123_456, "123 ms"],
    [999_999, "1000 ms"],
    [61_500_000, "61.5 s"],
  ] as const
) {
  Deno.test(`duration() formats ${value} as ${text}`, () =>
    assert.equal(formatDuration(value), text));
}
