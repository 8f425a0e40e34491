/**
 * The measurement itself: it detects only work that grows faster than its input. Time is counted in steps here, so that
 * the result is the same on every machine.
 * @module
 */
import assert from "node:assert/strict";
import { type Stopwatch, superlinear } from "./growth.ts";

const STEPS_PER_MS = 1e6;

for (
  const [what, steps, longest, isFound] of [
    ["constant", () => 1e5, 100_000, false],
    ["linear", (length) => 100 * length, 1_000_000, false],
    ["linear times a logarithm", (length) => 20 * length * Math.log2(length), 300_000, false],
    ["linear from some length on", (length) => length < 9_000 ? 1e5 : 100 * length, 20_000, false],
    ["linear with a costly first read", (length) => 1e7 + 100 * length, 20_000, false],
    ["quadratic", (length) => length ** 2, 3_000, true],
    [
      "quadratic in a part of its input",
      (length) => 500 * length + (length / 4) ** 2,
      60_000,
      true,
    ],
    ["proportional to its length to the power of 1.7", (length) => length ** 1.7, 12_000, true],
    ["cubic", (length) => length ** 3, 2_000, true],
    ["exponential", (length) => 2 ** (length / 4), 10_000, true],
  ] as readonly (readonly [string, (length: number) => number, number, boolean])[]
) {
  Deno.test(`superlinear() finds ${isFound ? "" : "nothing in "}work that is ${what}`, () => {
    let counted = 0;
    const stopwatch: Stopwatch = {
      now: () => counted / STEPS_PER_MS,
      passMs: (length) => length / STEPS_PER_MS,
    };
    let longestMs = 0;
    const work = (length: number) => () => {
      counted += steps(length);
      longestMs = Math.max(longestMs, steps(length) / STEPS_PER_MS);
    };
    const found = superlinear(work, longest, stopwatch);
    assert.equal(found !== undefined, isFound, found);
    assert.ok(longestMs < 1_000, `${longestMs} ms`);
  });
}
