/**
 * Whether work grows linearly with the length of its input, or faster. Times are compared with each other, never with a limit,
 * and measure the CPU time of this process, since a busy machine makes it wait. For each length, the shortest of several times
 * counts.
 * @module
 */
import process from "node:process";

/** The work to measure: reads an input of about this length. */
export type Work = (length: number) => () => void;

/** The clock. */
export interface Stopwatch {
  /** In milliseconds, on any scale. */
  readonly now: () => number;
  /** The time to look at each unit of a text once. */
  readonly passMs: (length: number) => number;
}

/** Each length is twice the one before: linear work takes twice as long, and quadratic work four times. */
const SHARES = [8, 4, 2, 1];
/** Work grows too fast if each step takes longer by the first factor, and all of them together by the second. */
const STEEP = 2.4;
const STEEP_IN_ALL = 28;
/** Work that takes 8 times as long in total is linear and needs no second look. */
const CLEARLY_LINEAR = 12;
const ROUNDS = 8;
/**
 * Work that takes at most this many passes over its text is linear, whatever the factors: below that, they reflect memory
 * and short cuts. Quadratic work takes thousands of passes at the lengths that matter.
 */
const PASSES = 50;
/** Shorter work is repeated, so that the clock can measure it: reading the clock takes 1.5 µs. */
const LEAST_MS = 0.2;
/** Longer work is checked before a larger length is tried. */
const SUSPECT_MS = 40;
/** Up to this length, lengths grow by a tenth, and then they double. */
const SLOWLY = 512;

/**
 * Describes how the work grows faster than its input; undefined if it does not.
 *
 * @param longest The greatest length; lengths start small, so that exponential work is found before it runs forever.
 */
export function superlinear(
  work: Work,
  longest: number,
  stopwatch: Stopwatch = REAL,
): string | undefined {
  let before = 16;
  for (const length of lengthsTo(longest)) {
    if (once(work(length), stopwatch) > SUSPECT_MS) {
      const judge = confirmed(length > SLOWLY ? polynomial : exponential);
      const found = judge(work, length, before, stopwatch);
      if (found) return found;
    }
    before = length;
  }
  return confirmed(polynomial)(work, longest, before, stopwatch);
}

type Judge = (
  work: Work,
  length: number,
  before: number,
  stopwatch: Stopwatch,
) => string | undefined;

/** Work that grows too fast does so each time it is measured; on a busy machine, other work can look so once. */
function confirmed(judge: Judge): Judge {
  return (...measured) => judge(...measured) && judge(...measured);
}

/** A step of exponential work is a tenth longer and takes several times as long. */
const exponential: Judge = (work, length, before, stopwatch) => {
  const least = (length: number) => Math.min(...[1, 2, 3].map(() => once(work(length), stopwatch)));
  const factor = least(length) / least(before);
  return factor > 3
    ? `${length} units take ${factor.toFixed(1)} times as long as ${before}`
    : undefined;
};

const polynomial: Judge = (work, longest, _, stopwatch) => {
  const lengths = SHARES.map((share) => Math.ceil(longest / share));
  const runs = lengths.map(work);
  const least = runs.map(() => Infinity);
  const enoughMs = PASSES * stopwatch.passMs(longest);
  let factors: number[] = [];
  for (let round = 0; round < ROUNDS; round++) {
    runs.forEach((run, at) => least[at] = Math.min(least[at] ?? Infinity, mean(run, stopwatch)));
    if ((least.at(-1) ?? 0) <= enoughMs) return undefined;
    factors = least.slice(1).map((ms, at) => ms / (least[at] ?? ms));
    if (product(factors) <= CLEARLY_LINEAR) return undefined;
  }
  // A single step may be steep, when a text is too long for a short cut or for a small heap.
  if (product(factors) <= STEEP_IN_ALL || factors.some((it) => it <= STEEP)) return undefined;
  const written = factors.map((factor) => factor.toFixed(1)).join(", ");
  return `each of ${lengths.join(", ")} units takes ${written} times as long as the one before`;
};

const passes = new Map<number, number>();

const REAL: Stopwatch = {
  now() {
    const { user, system } = process.cpuUsage();
    return (user + system) / 1_000;
  },
  passMs(length) {
    const known = passes.get(length);
    if (known !== undefined) return known;
    const text = "x".repeat(length);
    let sum = 0;
    const look = () => {
      for (let at = 0; at < length; at++) sum = Math.imul(sum ^ text.charCodeAt(at), 31);
    };
    look();
    const ms = Math.min(...[1, 2, 3].map(() => mean(look, REAL)));
    passes.set(length, ms);
    return ms;
  },
};

function once(run: () => void, { now }: Stopwatch): number {
  const from = now();
  run();
  return now() - from;
}

function mean(run: () => void, { now }: Stopwatch): number {
  const from = now();
  for (let times = 1;; times++) {
    run();
    const passed = now() - from;
    if (passed >= LEAST_MS) return passed / times;
  }
}

/** Slowly at first, when each step of exponential work takes several times as long as the one before. */
function* lengthsTo(longest: number): Generator<number> {
  for (
    let length = 16;
    length < longest;
    length = Math.ceil(length * (length < SLOWLY ? 1.1 : 2))
  ) {
    yield length;
  }
  yield longest;
}

function product(factors: readonly number[]): number {
  return factors.reduce((all, factor) => all * factor, 1);
}
