/**
 * Retries while the bus is away. Waiting callers are woken when the bus is back, so that their backoff, which has grown in
 * the meantime, does not delay them further.
 * @module
 */
import { backoffMs } from "../core/backoff.ts";
import { type Bus, BusUnavailable } from "./bus.ts";
import type { Clock } from "./clock.ts";

const RETRY = { firstMs: 100, longestMs: 3_000 } as const;
/** Callers woken together try again spread over this time, not all at once. */
const SPREAD_MS = 250;

/**
 * When to stop trying. An `AbortSignal` says it; so does whoever makes one only where it is needed, since most things are
 * done at once and a signal for each costs more than they do.
 */
export interface Ending {
  /** Whether it is over. */
  readonly aborted: boolean;
  /** The same, to wait with. */
  readonly signal: AbortSignal;
}

/** What retrying needs. */
export interface PatienceContext {
  /** For the waits. */
  readonly clock: Clock;
  /** A number in [0, 1). */
  readonly random: () => number;
  /** Says when the bus is back; undefined to use the backoff only. */
  readonly bus?: Pick<Bus, "whenBack"> | undefined;
}

/** Tries until it is done; undefined where it was over before. Other errors than `BusUnavailable` are passed on. */
export async function patiently<T>(
  deed: () => Promise<T>,
  context: PatienceContext,
  ending: AbortSignal | Ending,
): Promise<T | undefined> {
  for (let attempt = 0; !ending.aborted; attempt++) {
    const back = context.bus?.whenBack?.();
    try {
      return await deed();
    } catch (error) {
      if (!(error instanceof BusUnavailable)) throw error;
    }
    const signal = "signal" in ending ? ending.signal : ending;
    const ms = backoffMs(attempt, RETRY, context.random());
    if (await pause(ms, context.clock, signal, back) === "over") continue;
    // The bus is back, so the next failure begins a new backoff.
    attempt = -1;
    await context.clock.sleep(context.random() * SPREAD_MS, signal);
  }
  return undefined;
}

/** Callers that sleep until the bus is back. One reaction on the promise serves all of them: reactions cannot be removed. */
interface Sleepers {
  readonly wakers: Set<() => void>;
  isBack: boolean;
}

const sleepersOf = new WeakMap<Promise<void>, Sleepers>();

/** Sleeps for a time, or until the bus is back. */
async function pause(
  ms: number,
  clock: Clock,
  signal: AbortSignal,
  back: Promise<void> | undefined,
): Promise<"over" | "back"> {
  if (back === undefined) {
    await clock.sleep(ms, signal);
    return "over";
  }
  const sleepers = sleepersOf.get(back) ?? gather(back);
  // One turn, so that a return during the attempt is known.
  await Promise.resolve();
  if (sleepers.isBack || signal.aborted) return sleepers.isBack ? "back" : "over";
  const alarm = new AbortController();
  const wake = () => alarm.abort();
  sleepers.wakers.add(wake);
  signal.addEventListener("abort", wake);
  await clock.sleep(ms, alarm.signal);
  signal.removeEventListener("abort", wake);
  sleepers.wakers.delete(wake);
  return sleepers.isBack ? "back" : "over";
}

function gather(back: Promise<void>): Sleepers {
  const sleepers: Sleepers = { wakers: new Set(), isBack: false };
  sleepersOf.set(back, sleepers);
  back.then(() => {
    sleepers.isBack = true;
    for (const wake of sleepers.wakers) wake();
  });
  return sleepers;
}
