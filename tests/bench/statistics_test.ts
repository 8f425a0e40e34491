/** Medians and ratios of the bench. */
import assert from "node:assert/strict";
import { ratios, spread } from "../../bench/fanout/report/statistics.ts";

for (
  const [values, median] of [[[3], 3], [[3, 1, 2], 2], [[4, 1, 3, 2], 2.5], [[10, 9], 9.5]] as const
) {
  Deno.test(`spread() of ${values.join(", ")} has the median ${median} and the ends`, () => {
    const [min, max] = [Math.min(...values), Math.max(...values)];
    assert.deepEqual(spread(values), { median, min, max });
  });
}

Deno.test("spread() of no values is undefined", () => {
  assert.equal(spread([]), undefined);
});

Deno.test("ratios() are computed round by round, when both were measured", () => {
  const over = new Map([[1, 10], [2, 30], [3, 8], [4, 1]]);
  const under = new Map([[1, 5], [2, 10], [3, 8], [4, 0], [5, 9]]);
  assert.deepEqual(ratios(over, under), { median: 2, min: 1, max: 3 });
});
