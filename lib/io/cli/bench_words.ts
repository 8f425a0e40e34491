/**
 * What `parley bench` tells people, before, while and after: whole sentences with units, and a chart. Nothing is done here.
 * @module
 */
import type { BenchOptions } from "../../core/bench_options.ts";
import { budgetTable, roomCost } from "../../core/budgets.ts";
import { chart, duration } from "../../core/histogram_chart.ts";
import type { LoadPlan, LoadReport, Phase, Progress, ServerLimits } from "../load/load.ts";

/** How wide the longest bar of the chart is. */
const CHART_WIDTH = 40;

/** What is about to happen. */
export function planLine(options: BenchOptions, pace: BenchOptions["pace"], room: string): string {
  const { url, members, publishers, textBytes, seconds } = options;
  const how = pace.kind === "open"
    ? `${count(pace.perSecond)} texts a second in all`
    : `${count(pace.window)} on the way from each`;
  return `${count(members)} members in ${room} at ${url.host}, ${
    count(publishers)
  } of them speaking: ` +
    `${how}, ${textBytes} bytes each, for ${seconds} s`;
}

/**
 * The pace that the server allows, and what is to be said where that is not the one asked for. In a closed loop nobody knows
 * how fast it will be, so that under a limit it is spoken by the clock.
 */
export function allowedPace(
  options: BenchOptions,
  limits: ServerLimits | undefined,
): { readonly pace: BenchOptions["pace"]; readonly note: string | undefined } {
  const { pace } = options;
  const [most, what] = limits ? tightest(options, limits) : [Infinity, ""];
  if (most === Infinity || (pace.kind === "open" && pace.perSecond <= most)) {
    return { pace, note: undefined };
  }
  const note = `The server allows ${what}, so it is ${most} texts a second in all. ` +
    "For more: MESSAGES_PER_SECOND=0 and BYTES_PER_SECOND=0 there";
  return { pace: { kind: "open", perSecond: most }, note };
}

/** Bytes of a frame besides its text. */
const FRAME_BYTES = 120;

/** The limit that is reached first: texts per second in total, and what is limited, in words. */
function tightest(
  { publishers, members, textBytes }: BenchOptions,
  { messagesPerSecond, bytesPerSecond }: ServerLimits,
): readonly [number, string] {
  const { connection, room } = budgetTable({ messagesPerSecond, bytesPerSecond });
  const cost = roomCost(textBytes, members);
  const from = "from one connection", to = `in a room of ${count(members)}`;
  const limits: [number | undefined, number, string][] = [
    [connection.messages?.perSecond, 1 / publishers, `messages a second ${from}`],
    [connection.bytes?.perSecond, (textBytes + FRAME_BYTES) / publishers, `bytes a second ${from}`],
    [room.messages?.perSecond, cost.messages, `messages a second ${to}`],
    [room.bytes?.perSecond, cost.bytes, `bytes a second ${to}`],
  ];
  const known = limits.flatMap(([rate, each, what]): [number, string][] =>
    rate === undefined ? [] : [[
      Math.max(1, Math.floor(rate / each)),
      `${count(rate)} ${what}`,
    ]]
  );
  return known.reduce((one, other) => other[0] < one[0] ? other : one, [Infinity, ""]);
}

/** One line on how far it is. @param elapsedMs Since this phase began. */
export function progressLine(progress: Progress, options: BenchOptions, elapsedMs: number): string {
  const { phase, ready, said, heard } = progress;
  const WORDS: Readonly<Record<Phase, string>> = {
    connecting: `connecting: ${count(ready)} of ${count(options.members)} are there`,
    connected: "warming up",
    measuring: `measuring: ${Math.round(elapsedMs / 1000)} of ${options.seconds} s`,
    measured: "waiting for what is on its way",
    done: "leaving",
  };
  const how = said > 0 ? `, ${count(said)} texts said, heard ${count(heard)} times` : "";
  return WORDS[phase] + how;
}

/** A fact: what it is called, and what it is. */
type Row = readonly [string, string];

/** What came of it, with the chart. @param plan What of it is told too. @param busy Which share of one core the load has used. */
export function summary(
  report: LoadReport,
  plan: Pick<LoadPlan, "unhurried">,
  busy: number,
): string {
  const rows = [...countRows(report), ...timeRows(report, plan), ...peopleRows(report)];
  const table = rows.map(([name, what]) => `  ${name.padEnd(13)}${what}`);
  const steps = report.histogram.map(({ upToMicros, count }) => ({ upTo: upToMicros, count }));
  const drawn = ["", "  from being said to being heard, up to", ...chart(steps, CHART_WIDTH)];
  return [...table, ...(steps.length > 0 ? drawn : []), ...doubts(report, busy), ""].join("\n");
}

function countRows(report: LoadReport): Row[] {
  const { said, seconds, deliveries, deliveriesPerSecond, lost, expected } = report;
  return [
    ["measured", `${seconds.toFixed(1)} s`],
    ["said", `${count(said)} texts, ${rate(said / seconds)}`],
    ["heard", `${count(deliveries)} times, ${rate(deliveriesPerSecond)}`],
    ["lost", lost === 0 ? "nothing" : `${count(lost)} of ${count(expected)}`],
    ["doubled", report.doubled === 0 ? "nothing" : count(report.doubled)],
    ["order", report.outOfOrder === 0 ? "kept" : `${count(report.outOfOrder)} came too late`],
  ];
}

function timeRows(
  { latencyMicros: latency, connectMs }: LoadReport,
  { unhurried }: Pick<LoadPlan, "unhurried">,
): Row[] {
  const shares = [["90", latency.p90], ["99", latency.p99], ["99.9", latency.p999]] as const;
  const within = shares.map(([share, micros]) => `${share} % ${duration(micros)}`).join(", ");
  const [half, all, longest] = [connectMs.p50, connectMs.total, connectMs.max].map((ms) =>
    duration(ms * 1000)
  );
  const rows: Row[] = [
    [
      "latency",
      `half within ${duration(latency.p50)}, ${within}, the longest ${duration(latency.max)}`,
    ],
    ["connecting", `${all} for all; half of the handshakes within ${half}, the longest ${longest}`],
  ];
  if (unhurried === undefined) return rows;
  const who = `those who speak and ${count(unhurried.prompt)} others`;
  const rest = `the rest, who count too, look every ${unhurried.restMs} ms`;
  return [...rows, ["measured by", `${who}; ${rest}`]];
}

function peopleRows({ disconnected, slow }: LoadReport): Row[] {
  const codes = Object.entries(disconnected.codes).map(([code, times]) =>
    `${count(times)} with ${code}`
  );
  const closed: Row = [
    "closed",
    disconnected.count === 0
      ? "by the server: none"
      : `by the server: ${count(disconnected.count)} (${codes.join(", ")})`,
  ];
  if (slow === 0) return [closed];
  return [closed, ["slow", `${count(slow)} members read nothing and are not counted`]];
}

/** Why the figures may say more about the load than about the server. */
function doubts({ behindMs }: LoadReport, busy: number): string[] {
  const isBehind = behindMs > 100
    ? `The load fell behind its own clock by up to ${duration(behindMs * 1000)}.`
    : "";
  const isBusy = busy > 0.9
    ? `The load itself used ${Math.round(busy * 100)} % of a core: it may be what was measured.`
    : "";
  const doubts = [isBehind, isBusy].filter(Boolean);
  return doubts.length === 0 ? [] : ["", ...doubts];
}

function rate(perSecond: number): string {
  return Number.isFinite(perSecond) ? `${count(perSecond)} a second` : "in no time";
}

/** With commas, and without a fraction where it is large. */
function count(value: number): string {
  return value.toLocaleString("en-US", { maximumFractionDigits: value < 100 ? 1 : 0 });
}
