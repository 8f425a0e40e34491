/** What the bench writes: numbers, tables, verdicts, and where they go. */
import assert from "node:assert/strict";
import { formatNumber, formatSpread } from "../../bench/fanout/format.ts";
import { placed } from "../../bench/fanout/placed.ts";
import { report } from "../../bench/fanout/report.ts";
import { type Told, workTables } from "../../bench/fanout/tables.ts";
import { reached, type Target, targetTable, verdict } from "../../bench/fanout/targets.ts";
import { failed, measured, resultsOf } from "./samples.ts";

const WORK: Told = {
  ...{ name: "w", table: "of peers" },
  columns: [{ title: "µs", figure: "x", spread: true }, { title: "ms", figure: "y", per: 1000 }],
};
const titleOf = (peer: string) => peer.toUpperCase();

for (
  const [value, told] of [
    [0, "0"],
    [1.234, "1.23"],
    [12.345, "12.3"],
    [123_456, "123,000"],
    [0.012345, "0.0123"],
    [2, "2"],
    [9.999, "10"],
    [-1.5, "-1.5"],
    [NaN, "–"],
  ] as const
) {
  Deno.test(`formatNumber() tells ${value} as ${told}`, () => {
    assert.equal(formatNumber(value), told);
  });
}

Deno.test("formatSpread() leaves out ends that are the median", () => {
  assert.equal(formatSpread({ median: 2, min: 1, max: 3 }), "2 (1–3)");
  assert.equal(formatSpread({ median: 2, min: 2, max: 2 }), "2");
});

Deno.test("workTables() has a table for each variant and a row for each peer", () => {
  const samples = [
    ...measured("w", "K=1", "a", { x: 1, y: 1000 }, { x: 3, y: 3000 }),
    ...measured("w", "K=1", "b", { x: 5, y: 5000 }),
    ...measured("w", "K=8", "a", { x: 7, y: 7000 }),
  ];
  const told = workTables(WORK, samples, titleOf);
  assert.match(told, /\*\*K=1\*\*[^]*\| A \| 2 \(1–3\) \| 2 \|\n\| B \| 5 \| 5 \|/);
  assert.match(told, /\*\*K=8\*\*[^]*\| A \| 7 \| 7 \|$/);
});

Deno.test("workTables() of variants names the peer where there are several", () => {
  const samples = [...measured("w", "few", "a", { x: 1 }), ...measured("w", "few", "b", { x: 2 })];
  const told = workTables({ ...WORK, table: "of variants" }, samples, titleOf);
  assert.match(told, /\| A: few \| 1 \| – \|\n\| B: few \| 2 \| – \|$/);
});

Deno.test("workTables() says what failed, and nothing of what was not played", () => {
  assert.match(workTables(WORK, [failed("w", "K=1", "a", "no")], titleOf), /\| A \| failed \|/);
  assert.equal(workTables(WORK, [], titleOf), "");
});

Deno.test("report() tells the first line of why a cell failed, without colours", () => {
  const samples = [failed("w", "K=1", "a", "\x1b[31mit\x1b[0m ended\nat x")];
  const text = report(resultsOf(...samples), [], [], titleOf);
  assert.match(text, /- A, w, K=1: `it ended`$/);
});

const source = (peer: string) => ({ work: "w", variant: "v", peer, figure: "x" });
const RATIO: Target = {
  ...{ what: "a : b", bound: { atMost: 1.5 }, unit: " ×" },
  measure: { kind: "ratio", of: source("a"), to: source("b") },
};

for (
  const [b, told] of [[2, "met"], [1, "missed by 100 %"], [undefined, "not measured"]] as const
) {
  Deno.test(`verdict() of 3 to ${b} where 1.5 is the most: ${told}`, () => {
    const samples = [
      ...measured("w", "v", "a", { x: 3 }),
      ...(b === undefined ? [] : measured("w", "v", "b", { x: b })),
    ];
    assert.equal(verdict(RATIO, reached(RATIO.measure, samples)), told);
  });
}

Deno.test("verdict() holds what must be at least so much to that", () => {
  const target: Target = { ...RATIO, bound: { atLeast: 0.9 } };
  assert.equal(verdict(target, { median: 0.9, min: 0, max: 1 }), "met");
  assert.equal(verdict(target, { median: 0.45, min: 0, max: 1 }), "missed by 50 %");
});

Deno.test("reached() tells how much more one is than another, in its unit", () => {
  const samples = [
    ...measured("w", "v", "a", { x: 5000 }),
    ...measured("w", "v", "b", { x: 2000 }),
  ];
  const measure = { kind: "more", of: source("a"), than: source("b"), per: 1000 } as const;
  assert.equal(reached(measure, samples)?.median, 3);
});

Deno.test("targetTable() has limit, figure and verdict", () => {
  const samples = [...measured("w", "v", "a", { x: 3 }), ...measured("w", "v", "b", { x: 2 })];
  assert.match(targetTable([RATIO], samples), /\| a : b \| ≤ 1\.5 × \| 1\.5 × \| met \|$/);
});

Deno.test("placed() changes what is between the markers and nothing else", () => {
  const before = "by hand\n\n<!-- t: made -->\n\nold\n\n<!-- /t -->\n\nby hand too\n";
  const after = placed(before, "t", "new");
  assert.equal(after, before.replace("old", "new"));
  assert.equal(placed(after, "t", "new"), after);
});

Deno.test("placed() throws where the markers are missing", () => {
  assert.throws(() => placed("nothing", "t", "new"), /Cannot find the markers of t/);
});
