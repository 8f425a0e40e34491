/** The bench's output: numbers, tables, verdicts, and where they are inserted. */
import assert from "node:assert/strict";
import { formatNumber, formatSpread } from "../../bench/fanout/report/format.ts";
import { withSection } from "../../bench/fanout/report/document_section.ts";
import { report } from "../../bench/fanout/report/report.ts";
import { type TableSpec, workTables } from "../../bench/fanout/report/tables.ts";
import { reached, type Target, targetTable, verdict } from "../../bench/fanout/report/targets.ts";
import { failed, measured, resultsOf } from "./samples.ts";

const WORK: TableSpec = {
  ...{ name: "w", table: "of peers" },
  columns: [{ title: "µs", figure: "x", spread: true }, { title: "ms", figure: "y", per: 1000 }],
};
const titleOf = (peer: string) => peer.toUpperCase();

for (
  const [value, expected] of [
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
  Deno.test(`formatNumber() formats ${value} as ${expected}`, () => {
    assert.equal(formatNumber(value), expected);
  });
}

Deno.test("formatSpread() omits ends that equal the median", () => {
  assert.equal(formatSpread({ median: 2, min: 1, max: 3 }), "2 (1–3)");
  assert.equal(formatSpread({ median: 2, min: 2, max: 2 }), "2");
});

Deno.test("workTables() has a table for each variant and a row for each peer", () => {
  const samples = [
    ...measured("w", "K=1", "a", { x: 1, y: 1000 }, { x: 3, y: 3000 }),
    ...measured("w", "K=1", "b", { x: 5, y: 5000 }),
    ...measured("w", "K=8", "a", { x: 7, y: 7000 }),
  ];
  const tables = workTables(WORK, samples, titleOf);
  assert.match(tables, /\*\*K=1\*\*[^]*\| A \| 2 \(1–3\) \| 2 \|\n\| B \| 5 \| 5 \|/);
  assert.match(tables, /\*\*K=8\*\*[^]*\| A \| 7 \| 7 \|$/);
});

Deno.test("workTables() of variants names the peer when there are several", () => {
  const samples = [...measured("w", "few", "a", { x: 1 }), ...measured("w", "few", "b", { x: 2 })];
  const tables = workTables({ ...WORK, table: "of variants" }, samples, titleOf);
  assert.match(tables, /\| A: few \| 1 \| – \|\n\| B: few \| 2 \| – \|$/);
});

Deno.test("workTables() reports what failed, and omits what was not run", () => {
  assert.match(workTables(WORK, [failed("w", "K=1", "a", "no")], titleOf), /\| A \| failed \|/);
  assert.equal(workTables(WORK, [], titleOf), "");
});

Deno.test("report() shows the first line of a cell's failure, without colors", () => {
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
  const [b, expected] of [[2, "met"], [1, "missed by 100 %"], [undefined, "not measured"]] as const
) {
  Deno.test(`verdict() of 3 to ${b} with a maximum of 1.5: ${expected}`, () => {
    const samples = [
      ...measured("w", "v", "a", { x: 3 }),
      ...(b === undefined ? [] : measured("w", "v", "b", { x: b })),
    ];
    assert.equal(verdict(RATIO, reached(RATIO.measure, samples)), expected);
  });
}

Deno.test("verdict() checks a minimum", () => {
  const target: Target = { ...RATIO, bound: { atLeast: 0.9 } };
  assert.equal(verdict(target, { median: 0.9, min: 0, max: 1 }), "met");
  assert.equal(verdict(target, { median: 0.45, min: 0, max: 1 }), "missed by 50 %");
});

Deno.test("reached() reports how much larger one value is than another, in its unit", () => {
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

Deno.test("placed() changes only what is between the markers", () => {
  const before = "by hand\n\n<!-- t: made -->\n\nold\n\n<!-- /t -->\n\nby hand too\n";
  const after = withSection(before, "t", "new");
  assert.equal(after, before.replace("old", "new"));
  assert.equal(withSection(after, "t", "new"), after);
});

Deno.test("placed() throws without the markers", () => {
  assert.throws(() => withSection("nothing", "t", "new"), /Cannot find the markers of t/);
});
