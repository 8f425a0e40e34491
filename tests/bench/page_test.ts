/** The pure parts of the page's bench: adding up a trace, the report, and the options. */
import assert from "node:assert/strict";
import { parseOptions, PARTS } from "../../bench/page/options.ts";
import { report, type Results } from "../../bench/page/report.ts";
import { loadOf, type TraceEvent } from "../../bench/page/trace.ts";

const CATEGORY = "disabled-by-default-devtools.timeline";
const PAGE = { pid: 1, tid: 1 };
const COMPOSITOR = { pid: 1, tid: 2 };

const named = (thread: { pid: number; tid: number }, name: string): TraceEvent => ({
  ...{ ph: "M", name: "thread_name", ts: 0, args: { name } },
  ...thread,
});
const event = (name: string, ts: number, dur = 0, more: Partial<TraceEvent> = {}): TraceEvent => ({
  ...{ ph: "X", cat: CATEGORY, name, ts, dur },
  ...PAGE,
  ...more,
});
const THREADS = [named(PAGE, "CrRendererMain"), named(COMPOSITOR, "Compositor")];

Deno.test("loadOf() counts a layout inside a script as layout and not as script", () => {
  const { mainMs, scriptMs, layoutMs, paintMs } = loadOf([
    ...THREADS,
    event("RunTask", 0, 20_000),
    event("FunctionCall", 1_000, 10_000),
    event("Layout", 2_000, 4_000),
    event("Paint", 12_000, 3_000),
  ]);
  assert.deepEqual({ mainMs, scriptMs, layoutMs, paintMs }, {
    ...{ mainMs: 20, scriptMs: 6, layoutMs: 4, paintMs: 3 },
  });
});

Deno.test("loadOf() counts a script inside a script once", () => {
  const events = [event("EventDispatch", 0, 9_000), event("FunctionCall", 0, 8_000)];
  assert.equal(loadOf([...THREADS, event("RunTask", 0, 9_000), ...events]).scriptMs, 9);
});

Deno.test("loadOf() counts CPU time, and calls a task long by the clock", () => {
  const task = event("RunTask", 0, 60_000, { tdur: 10_000 });
  const { mainMs, longTasks, longestTaskMs } = loadOf([...THREADS, task]);
  assert.deepEqual([mainMs, longTasks, longestTaskMs], [10, 1, 60]);
});

Deno.test("loadOf() counts the frames of the page but not those of the surrounding browser", () => {
  const instant = { ph: "I", ...COMPOSITOR };
  const { framesDrawn, framesDropped } = loadOf([
    ...THREADS,
    ...[named({ pid: 9, tid: 2 }, "Compositor"), event("RunTask", 0, 1)],
    ...[1, 2, 3].map((ts) => event("DrawFrame", ts, 0, instant)),
    event("DroppedFrame", 4, 0, instant),
    event("DrawFrame", 5, 0, { ...instant, pid: 9 }),
  ]);
  assert.deepEqual([framesDrawn, framesDropped], [3, 1]);
});

Deno.test("loadOf() uses the busiest of several pages", () => {
  const other = { pid: 2, tid: 1 };
  const events = [event("RunTask", 0, 1_000), event("RunTask", 0, 7_000, other)];
  assert.equal(loadOf([...THREADS, named(other, "CrRendererMain"), ...events]).mainMs, 7);
});

Deno.test("loadOf() of an empty trace is empty", () => {
  assert.ok(Object.values(loadOf([])).every((value) => value === 0));
});

const NOTHING: Results = {
  ...{ machine: [], weight: [], first: { plain: [], slowed: [], cold: [], line: [] } },
  ...{ scroll: { newest: [], all: [] }, busy: { quiet: [], busy: [] } },
};

Deno.test("report() omits what was not measured", () => {
  assert.equal(report(NOTHING), "");
});

Deno.test("report() adds up the first visit, and keeps repeat visits separate", () => {
  const weight = [
    { path: "/", wireBytes: 73_023, rawBytes: 100_000, isLater: false },
    { path: "/", wireBytes: 400, rawBytes: undefined, isLater: true },
    { path: "/sw.js", wireBytes: 500, rawBytes: undefined, isLater: true },
  ];
  const text = report({ ...NOTHING, weight });
  assert.match(text, /\*\*together\*\* \| \*\*73,023\*\* \| \*\*100,000\*\*/);
  assert.match(text, /At most 72,300 bytes on the wire: missed by 1 %/);
  assert.match(text, /`\/sw\.js` \| 500[^]*1 files of the above, unchanged \| 400/);
});

Deno.test("report() compares the median of the first conversation with its limit", () => {
  const at = (seen: number) => ({
    ...{ answered: 1, loaded: 2, painted: 3, connected: 4, joined: 5, sent: 6 },
    seen,
  });
  const first = {
    slowed: [at(900), at(5_000), at(950)],
    plain: [at(100)],
    cold: [at(2_000)],
    line: [190, 1_000, 190],
  };
  const text = report({ ...NOTHING, first });
  assert.match(text, /\*\*and drawn\*\* \| 950 \(900–5,000\) \| 100 \| 2,000/);
  assert.match(text, /At most 1,000 ms if slowed, in a browser that is open: met/);
});

for (
  const [args, only, rounds, writes] of [
    [[], PARTS, 11, true],
    [["--quick"], PARTS, 1, false],
    [["--only=busy,weight"], ["weight", "busy"], 11, false],
    [["--rounds=3"], PARTS, 3, true],
  ] as const
) {
  Deno.test(`parseOptions() parses "${args.join(" ")}"`, () => {
    assert.deepEqual(parseOptions(args), { only, rounds, writes });
  });
}

for (const arg of ["--only=this", "--rounds=0", "--rounds=x", "--slow", "weight"]) {
  Deno.test(`parseOptions() reports what is wrong with ${arg}`, () => {
    assert.match(String(parseOptions([arg])), /deno task bench:page/);
  });
}
