/**
 * Adds up a trace of the browser: what the page's main thread did and for how long, which frames were shown, and what other
 * threads took. Time is that on a processor, so that other programs do not count, and it is counted where it is spent: a
 * layout that a script asks for is layout and not script.
 * @module
 */

/** One event of a trace, as far as it is read here; times in microseconds. */
export interface TraceEvent {
  readonly ph: string;
  readonly name: string;
  readonly cat?: string;
  readonly pid: number;
  readonly tid: number;
  readonly ts: number;
  /** How long it took. */
  readonly dur?: number;
  /** How long its thread was on a processor meanwhile. */
  readonly tdur?: number;
  readonly args?: { readonly name?: string };
}

/** What was done in the time of a trace. */
export interface Load {
  /** Frames that were drawn. */
  readonly framesDrawn: number;
  /** Frames in which something was to be drawn and nothing was ready. */
  readonly framesDropped: number;
  /** Tasks of the main thread that took more than 50 ms by the clock on the wall. */
  readonly longTasks: number;
  readonly longestTaskMs: number;
  /** The main thread, altogether. */
  readonly mainMs: number;
  /** Of that: scripts, with the collecting of garbage. */
  readonly scriptMs: number;
  /** Of that: styles and layout. */
  readonly layoutMs: number;
  /** Of that: what is to be painted where, up to handing it over. */
  readonly paintMs: number;
  /** The page's compositor thread. */
  readonly compositorMs: number;
  /** The threads that turn what is painted into pixels. */
  readonly rasterMs: number;
  /** The thread that puts the screen together; a graphics card would do most of it, and of the raster. */
  readonly displayMs: number;
}

type Kind = "scriptMs" | "layoutMs" | "paintMs";

const KINDS: Readonly<Record<Kind, RegExp>> = {
  scriptMs:
    /^(EvaluateScript|v8\.|V8\.|FunctionCall|FunctionCallback|TimerFire|FireAnimationFrame|RunMicrotasks|EventDispatch|MinorGC|MajorGC|BlinkGC|CppGC|WebSocket|HandlePostMessage|FireIdleCallback|XHR)/,
  layoutMs:
    /^(UpdateLayoutTree|Layout|InvalidateLayout|ScrollLayer|HitTest|IntersectionObserver|UpdateLayer$|UpdateLayerTree|ResizeObserver|RecalculateStyles)/,
  paintMs: /^(Paint|PrePaint|Layerize|Commit|CompositeLayers)/,
};
const LONG_MS = 50;

/** Adds up a trace of one page. Of several renderers that with the busiest main thread is taken. */
export function loadOf(events: readonly TraceEvent[]): Load {
  const threads = threadsOf(events);
  const main = busiest(threads.filter(({ name }) => name === "CrRendererMain"));
  const own = threads.filter(({ pid }) => pid === main?.pid);
  const tasks = (main?.events ?? []).filter(({ name }) => name === "RunTask")
    .map(({ dur = 0 }) => dur / 1000);
  const compositor = own.find(({ name }) => name === "Compositor");
  const count = (wanted: string) =>
    (compositor?.events ?? []).filter(({ name }) => name === wanted).length;
  const took = (these: readonly Thread[]) => sum(these.map(({ busyMs }) => busyMs));
  return {
    framesDrawn: count("DrawFrame"),
    framesDropped: count("DroppedFrame"),
    longTasks: tasks.filter((ms) => ms > LONG_MS).length,
    longestTaskMs: tasks.reduce((most, ms) => Math.max(most, ms), 0),
    mainMs: main?.busyMs ?? 0,
    ...kindsOf(main?.events ?? []),
    compositorMs: compositor?.busyMs ?? 0,
    rasterMs: sum(
      own.flatMap((it) => it.events).filter(({ name }) => name === "RasterTask").map(msOf),
    ),
    displayMs: took(threads.filter(({ name }) => name === "VizCompositorThread")),
  };
}

interface Thread {
  readonly name: string;
  readonly pid: number;
  readonly busyMs: number;
  readonly events: readonly TraceEvent[];
}

function threadsOf(events: readonly TraceEvent[]): readonly Thread[] {
  const key = ({ pid, tid }: TraceEvent) => `${pid}/${tid}`;
  const names = new Map(
    events.filter(({ ph, name }) => ph === "M" && name === "thread_name")
      .map((it) => [key(it), it.args?.name ?? ""]),
  );
  const timed = events.filter(({ cat, ph }) => ph !== "M" && cat?.includes("devtools.timeline"));
  return [...Map.groupBy(timed, key)].map(([thread, own]) => ({
    name: names.get(thread) ?? "",
    pid: own[0]?.pid ?? 0,
    busyMs: sum(own.filter(({ name }) => name === "RunTask").map(msOf)),
    events: own,
  }));
}

function busiest(threads: readonly Thread[]): Thread | undefined {
  return [...threads].sort((one, other) => other.busyMs - one.busyMs)[0];
}

/** Time by kind, each event without those inside it that are counted themselves. */
function kindsOf(events: readonly TraceEvent[]): Readonly<Record<Kind, number>> {
  const ms: Record<Kind, number> = { scriptMs: 0, layoutMs: 0, paintMs: 0 };
  const open: { readonly end: number; readonly kind: Kind }[] = [];
  const inOrder = [...events].sort((one, other) =>
    one.ts - other.ts || (other.dur ?? 0) - (one.dur ?? 0)
  );
  for (const event of inOrder) {
    const kind = kindOf(event);
    if (!kind) continue;
    while ((open.at(-1)?.end ?? Infinity) <= event.ts) open.pop();
    const around = open.at(-1);
    ms[kind] += msOf(event);
    if (around) ms[around.kind] -= msOf(event);
    open.push({ end: event.ts + (event.dur ?? 0), kind });
  }
  return ms;
}

function kindOf({ ph, name }: TraceEvent): Kind | undefined {
  if (ph !== "X") return undefined;
  const kinds: readonly Kind[] = ["scriptMs", "layoutMs", "paintMs"];
  return kinds.find((kind) => KINDS[kind].test(name));
}

function msOf({ dur = 0, tdur = dur }: TraceEvent): number {
  return tdur / 1000;
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}
