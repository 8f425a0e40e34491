/**
 * The texts that `parley bench` prints before, during and after a run, as pure functions.
 * @module
 */
import type { BenchOptions } from "./options.ts";
import { budgetTable, roomCost } from "../../core/limits/budgets.ts";
import { drawChart, formatDuration } from "../stats/chart.ts";
import type { LoadPlan, LoadProgress, LoadReport, Phase, ServerLimits } from "../mod.ts";

/** The limits that decide how fast publishers may send. */
export type RateLimits = Pick<ServerLimits, "messagesPerSecond" | "bytesPerSecond">;

/** Width of the longest bar of the chart, in characters. */
const CHART_WIDTH = 40;

/** Describes the run before it starts. */
export function planLine(options: BenchOptions, pace: BenchOptions["pace"], room: string): string {
  const { url, members, publishers, textBytes, seconds, rooms } = options;
  const how = pace.kind === "open"
    ? `${count(pace.perSecond)} texts a second in all`
    : `${count(pace.window)} on the way from each`;
  const where = rooms === 1
    ? room
    : `${count(rooms)} rooms of ${count(peopleOf(options))} (${room}-0 and so on)`;
  return `${count(members)} members in ${where} at ${url.host}, ${
    count(publishers)
  } of them speaking: ` +
    `${how}, ${textBytes} bytes each, for ${seconds} s`;
}

/**
 * The pace that the server allows, and a note if it differs from the requested one. The rate of a closed loop cannot be
 * known in advance, so a rate limit turns it into an open loop.
 */
export function allowedPace(
  options: BenchOptions,
  limits: RateLimits | undefined,
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

/** Number of members in one room. */
function peopleOf({ members, rooms, roomsEach }: BenchOptions): number {
  return members * roomsEach / rooms;
}

/** Why the server does not allow that many rooms per member; undefined if it does. */
export function roomProblem({ roomsEach }: BenchOptions, limits: ServerLimits): string | undefined {
  if (roomsEach > limits.maxRooms) {
    return `--rooms-each is ${roomsEach}: allowed: at most ${limits.maxRooms}, the server's MAX_ROOMS`;
  }
  const { burst = Infinity } = budgetTable(limits).connection.messages ?? {};
  // The hello and the joins are sent at once.
  if (roomsEach < burst) return undefined;
  return `--rooms-each is ${roomsEach}: allowed: at most ${
    burst - 1
  }, which the server accepts at once; for more, set MESSAGES_PER_SECOND=0 there`;
}

/** Size of a frame without its text, in bytes. */
const FRAME_BYTES = 120;

/** The limit that is reached first: texts per second in total, and what is limited, in words. */
function tightest(
  options: BenchOptions,
  { messagesPerSecond, bytesPerSecond }: RateLimits,
): readonly [number, string] {
  const { publishers, textBytes, rooms, roomsEach } = options;
  const { connection, room } = budgetTable({ messagesPerSecond, bytesPerSecond });
  const people = peopleOf(options);
  const cost = roomCost(textBytes, people);
  /** The rooms that the publishers speak in, in turn. */
  const spoken = Math.min(publishers, rooms / roomsEach) * roomsEach;
  const from = "from one connection", to = `in a room of ${count(people)}`;
  const limits: [number | undefined, number, string][] = [
    [connection.messages?.perSecond, 1 / publishers, `messages a second ${from}`],
    [connection.bytes?.perSecond, (textBytes + FRAME_BYTES) / publishers, `bytes a second ${from}`],
    [room.messages?.perSecond, cost.messages / spoken, `messages a second ${to}`],
    [room.bytes?.perSecond, cost.bytes / spoken, `bytes a second ${to}`],
  ];
  const known = limits.flatMap(([rate, each, what]): [number, string][] =>
    rate === undefined ? [] : [[
      Math.max(1, Math.floor(rate / each)),
      `${count(rate)} ${what}`,
    ]]
  );
  return known.reduce((one, other) => other[0] < one[0] ? other : one, [Infinity, ""]);
}

/** The progress as one line. @param elapsedMs Time since this phase began. */
export function progressLine(
  progress: LoadProgress,
  options: BenchOptions,
  elapsedMs: number,
): string {
  const { phase, ready, said, received } = progress;
  const WORDS: Readonly<Record<Phase, string>> = {
    connecting: `connecting: ${count(ready)} of ${count(options.members)} are ready`,
    connected: "warming up",
    measuring: `measuring: ${Math.round(elapsedMs / 1000)} of ${options.seconds} s`,
    measured: "waiting for texts in flight",
    returning: `coming back: ${count(ready)} of ${count(options.members)} are ready`,
    done: "leaving",
  };
  const how = said > 0 ? `, ${count(said)} texts said, received ${count(received)} times` : "";
  return WORDS[phase] + how;
}

/** A label and its value. */
type Row = readonly [string, string];

/** The result, with the chart. @param busy Share of one core that the load generator used. */
export function summary(
  report: LoadReport,
  plan: Pick<LoadPlan, "unhurried">,
  busy: number,
): string {
  const rows = [
    ...countRows(report),
    ...timeRows(report, plan),
    ...peopleRows(report),
    ...returnRows(report),
  ];
  const table = rows.map(([name, what]) => `  ${name.padEnd(13)}${what}`);
  const steps = report.histogram.map(({ upToMicros, count }) => ({ upTo: upToMicros, count }));
  const drawn = ["", "  from sending to receiving, up to", ...drawChart(steps, CHART_WIDTH)];
  return [...table, ...(steps.length > 0 ? drawn : []), ...warnings(report, busy), ""].join("\n");
}

function countRows(report: LoadReport): Row[] {
  const { said, seconds, deliveries, deliveriesPerSecond, lost, expected } = report;
  return [
    ["measured", `${seconds.toFixed(1)} s`],
    ["said", `${count(said)} texts, ${rate(said / seconds)}`],
    ["received", `${count(deliveries)} times, ${rate(deliveriesPerSecond)}`],
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
  const within = shares.map(([share, micros]) => `${share} % ${formatDuration(micros)}`).join(", ");
  const [half, all, longest] = [connectMs.p50, connectMs.total, connectMs.max].map((ms) =>
    formatDuration(ms * 1000)
  );
  const rows: Row[] = [
    [
      "latency",
      `half within ${formatDuration(latency.p50)}, ${within}, the longest ${
        formatDuration(latency.max)
      }`,
    ],
    ["connecting", `${all} for all; half of the handshakes within ${half}, the longest ${longest}`],
  ];
  if (unhurried === undefined) return rows;
  const who = `the publishers and ${count(unhurried.prompt)} other members`;
  const rest = `the others also count, but read only every ${unhurried.restMs} ms`;
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

function returnRows({ returned, members }: LoadReport): Row[] {
  if (returned === undefined) return [];
  const { missing, seconds, backMs, failures } = returned;
  const back = members - missing;
  if (back === 0) return [["back", "none"]];
  const [half, most] = [backMs.p50, backMs.p99].map((ms) => formatDuration(ms * 1_000));
  const failed = failures === 0 ? "" : `; ${count(failures)} attempts failed and were repeated`;
  const who = missing === 0 ? "all" : `${count(back)} of ${count(members)}`;
  const times = `half of them within ${half}, 99 % within ${most}`;
  const within = `${formatDuration(seconds * 1e6)}, ${rate(back / seconds)}`;
  return [["back", `${who} within ${within}; ${times}${failed}`]];
}

/** Reasons why the figures may describe the load generator instead of the server. */
function warnings({ behindMs }: LoadReport, busy: number): string[] {
  const isBehind = behindMs > 100
    ? `The load fell behind its own clock by up to ${formatDuration(behindMs * 1000)}.`
    : "";
  const isBusy = busy > 0.9
    ? `The load itself used ${Math.round(busy * 100)} % of a core: it may be what was measured.`
    : "";
  const found = [isBehind, isBusy].filter(Boolean);
  return found.length === 0 ? [] : ["", ...found];
}

function rate(perSecond: number): string {
  return Number.isFinite(perSecond) ? `${count(perSecond)} a second` : "in no time";
}

/** Formats a number with commas, and without a fraction from 100 on. */
function count(value: number): string {
  return value.toLocaleString("en-US", { maximumFractionDigits: value < 100 ? 1 : 0 });
}
