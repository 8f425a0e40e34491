/**
 * Sums up a trace of the browser: what the page's main thread did and for how long, which frames were shown, and what
 * other threads used. Times are CPU times, so other programs do not count, and each is counted where it is spent: a
 * layout that a script forces counts as layout.
 * @module
 */

/** The used part of a trace event; times in microseconds. */
export interface TraceEvent {
  readonly ph: string;
  readonly name: string;
  readonly cat?: string;
  readonly pid: number;
  readonly tid: number;
  readonly ts: number;
  /** Its duration. */
  readonly dur?: number;
  /** The CPU time of its thread meanwhile. */
  readonly tdur?: number;
  readonly args?: { readonly name?: string };
}

/** The sums of a trace. */
export interface Load {
  /** Number of frames that were drawn. */
  readonly framesDrawn: number;
  /** Number of frames that were due but not ready. */
  readonly framesDropped: number;
  /** Number of tasks of the main thread that took more than 50 ms of wall time. */
  readonly longTasks: number;
  readonly longestTaskMs: number;
  /** The main thread in total. */
  readonly mainMs: number;
  /** Of that: scripts, including garbage collection. */
  readonly scriptMs: number;
  /** Of that: styles and layout. */
  readonly layoutMs: number;
  /** Of that: painting, up to the commit. */
  readonly paintMs: number;
  /** The page's compositor thread. */
  readonly compositorMs: number;
  /** The raster threads. */
  readonly rasterMs: number;
  /** The display compositor; a GPU would do most of its work and of the raster's. */
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

/** Sums up a trace of one page. Of several renderers, it uses the one with the busiest main thread. */
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

/** Time by kind; each event excludes nested events that are counted themselves. */
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
