/**
 * Renders the results as Markdown tables. What was not measured is omitted.
 * @module
 */
import { formatNumber, formatSpread, markdownTable } from "../fanout/report/format.ts";
import type { Machine } from "../fanout/samples.ts";
import { spread } from "../fanout/report/statistics.ts";
import type { BusyRun } from "./busy.ts";
import type { Moments } from "./first.ts";
import type { Scrolled } from "./scroll.ts";
import type { TracedRun } from "./watch.ts";
import type { Loaded } from "./weight.ts";

/** The results. */
export interface Results {
  readonly machine: Machine;
  readonly weight: readonly Loaded[];
  readonly first: Readonly<Record<"slowed" | "plain" | "cold", readonly Moments[]>> & {
    /** Until the first paint of a page of one line, slowed down, in the same rounds. */
    readonly line: readonly number[];
  };
  readonly scroll: { readonly newest: readonly Scrolled[]; readonly all: readonly Scrolled[] };
  readonly busy: { readonly quiet: readonly BusyRun[]; readonly busy: readonly BusyRun[] };
}

const MAX_WIRE_BYTES = 72_300;
const MAX_FIRST_MS = 1_000;

/** The report, with headings from the third level. */
export function report({ machine, weight, first, scroll, busy }: Results): string {
  return [
    chapter("The machine", machine.length > 0 && markdownTable(["", ""], machine)),
    chapter("What a first visit loads", weight.length > 0 && weightTable(weight)),
    chapter("The first conversation", first.slowed.length > 0 && firstTable(first)),
    chapter("Scrolling", scroll.all.length > 0 && scrollTable(scroll)),
    chapter("A busy room", busy.busy.length > 0 && busyTable(busy)),
  ].filter((it) => it !== "").join("\n\n");
}

function chapter(title: string, text: string | false): string {
  return text === false ? "" : `### ${title}\n\n${text}`;
}

function weightTable(weight: readonly Loaded[]): string {
  const now = weight.filter(({ isLater }) => !isLater);
  const later = weight.filter(({ isLater }) => isLater);
  const wire = sum(now.map(({ wireBytes }) => wireBytes));
  const raw = sum(now.map(({ rawBytes = 0 }) => rawBytes));
  const row = ({ path, wireBytes, rawBytes }: Loaded) => [
    `\`${path}\``,
    whole(wireBytes),
    rawBytes === undefined ? "" : whole(rawBytes),
  ];
  const fresh = later.filter(({ path }, i) =>
    [...now, ...later.slice(0, i)].every((it) => it.path !== path)
  );
  const again = later.filter((it) => !fresh.includes(it));
  const result = verdict(wire, MAX_WIRE_BYTES);
  return [
    markdownTable(["", "bytes on the wire", "bytes unpacked"], [
      ...now.map(row),
      ["**together**", `**${whole(wire)}**`, `**${whole(raw)}**`],
    ]),
    `At most ${whole(MAX_WIRE_BYTES)} bytes on the wire: ${result}.`,
    markdownTable(["afterwards, on demand and for the service worker", "bytes on the wire"], [
      ...fresh.map((it) => row(it).slice(0, 2)),
      [
        `${again.length} files of the above, unchanged`,
        whole(sum(again.map((it) => it.wireBytes))),
      ],
    ]),
  ].join("\n\n");
}

const PARTS: readonly (readonly [string, (it: Moments) => number])[] = [
  ["the page has arrived", ({ answered }) => answered],
  ["first paint", ({ painted }) => painted],
  ["scripts have run", ({ loaded }) => loaded],
  ["connected", ({ connected }) => connected],
  ["in the room, and its messages drawn", ({ joined }) => joined],
  ["typed, sent and acknowledged", ({ sent }) => sent],
  ["**and drawn**", ({ seen }) => seen],
];

function firstTable({ slowed, plain, cold, line }: Results["first"]): string {
  const rows = PARTS.map(([title, of]) => [
    title,
    ...[slowed, plain, cold].map((it) => formatMedian(it.map(of))),
  ]);
  const shares = slowed.flatMap(({ seen }, at) => line[at] ? [seen / line[at]] : []);
  const median = spread(slowed.map(({ seen }) => seen))?.median ?? NaN;
  return [
    markdownTable([
      "ms after the request for the page",
      "CPU slowed four times",
      "as it is",
      "slowed, and the browser just started",
    ], rows),
    `At most ${whole(MAX_FIRST_MS)} ms if slowed, in a browser that is open: ${
      verdict(median, MAX_FIRST_MS)
    }.`,
    `A page of one line has its first paint after ${
      formatMedian(line)
    } ms, slowed; the conversation takes ${formatMedian(shares)} times as long.`,
  ].join("\n\n");
}

type Column<T> = readonly [string, (it: T) => number];

const SCROLLED: readonly Column<Scrolled>[] = [
  ["messages passed", ({ messages }) => messages],
  ["frames drawn per second", ({ framesDrawn, seconds }) => framesDrawn / seconds],
  [
    "frames dropped, %",
    ({ framesDropped, framesDrawn }) => 100 * framesDropped / (framesDropped + framesDrawn),
  ],
  ["tasks over 50 ms", ({ longTasks }) => longTasks],
  ["longest task, ms", ({ longestTaskMs }) => longestTaskMs],
  ["main thread, ms per frame", ({ mainMs, framesDrawn }) => mainMs / framesDrawn],
  ...perMessage<Scrolled>(({ messages }) => messages),
  ["DOM nodes afterwards", ({ held }) => held.nodes],
  ["JS heap afterwards, MB", ({ held }) => held.heapBytes / 1_000_000],
];

function perMessage<T extends TracedRun>(count: (it: T) => number): readonly Column<T>[] {
  const parts: readonly Column<TracedRun>[] = [
    ["main thread", ({ mainMs }) => mainMs],
    ["of that script", ({ scriptMs }) => scriptMs],
    ["of that styles and layout", ({ layoutMs }) => layoutMs],
    ["of that paint", ({ paintMs }) => paintMs],
    ["compositor thread", ({ compositorMs }) => compositorMs],
    ["raster threads (software)", ({ rasterMs }) => rasterMs],
    ["display thread (software)", ({ displayMs }) => displayMs],
  ];
  return parts.map(([title, of]) => [`${title}, ms per message`, (it: T) => of(it) / count(it)]);
}

function scrollTable({ newest, all }: Results["scroll"]): string {
  const rows = SCROLLED.map(([title, of]) => {
    const [near, far] = [newest.map(of), all.map(of)];
    const shares = far.flatMap((value, at) => near[at] ? [value / near[at]] : []);
    return [title, formatMedian(near), formatMedian(far), formatMedian(shares)];
  });
  return markdownTable(["", "the newest only", "all", "ratio"], rows);
}

function busyTable({ quiet, busy }: Results["busy"]): string {
  const each: readonly Column<BusyRun>[] = [
    ["main thread, % of the time", ({ mainMs, seconds }) => mainMs / seconds / 10],
    ["frames drawn per second", ({ framesDrawn, seconds }) => framesDrawn / seconds],
    ["tasks over 50 ms", ({ longTasks }) => longTasks],
    ...perMessage<BusyRun>(({ messages }) => messages),
  ];
  const rows = each.map((
    [title, of],
  ) => [title, formatMedian(quiet.map(of)), formatMedian(busy.map(of))]);
  return markdownTable(["", "silence", "50 messages a second"], rows);
}

function formatMedian(values: readonly number[]): string {
  const found = spread(values.filter(Number.isFinite));
  return found ? formatSpread(found) : "–";
}

function verdict(value: number, limit: number): string {
  if (value <= limit) return "met";
  return `missed by ${formatNumber(100 * (value / limit - 1))} %`;
}

function whole(value: number): string {
  return Math.round(value).toLocaleString("en-US");
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}
