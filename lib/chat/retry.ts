/**
 * Retries while the bus is unavailable. Waiting callers are woken when it is back, so that the backoff grown in the
 * meantime does not delay them further.
 * @module
 */
import { backoffMs, STORE_RETRY } from "../core/backoff.ts";
import { type Bus, BusUnavailable } from "./ports/bus.ts";
import type { Clock } from "./ports/clock.ts";

/** Callers woken together retry spread over this time, not all at once. */
const SPREAD_MS = 250;

/**
 * When to stop retrying: an `AbortSignal`, or an object that creates one only if it is needed. Most operations complete
 * at once, and a signal for each would cost more than they do.
 */
export interface Cancellation {
  /** Whether it is cancelled. */
  readonly aborted: boolean;
  /** The same, for waits. */
  readonly signal: AbortSignal;
}

/** Decides when {@linkcode retryWhileUnavailable} tries again. */
export interface RetryContext {
  /** Waits between the attempts. */
  readonly clock: Clock;
  /** Returns a number in [0, 1). */
  readonly random: () => number;
  /** Reports when the bus is back; undefined to use the backoff only. */
  readonly bus?: Pick<Bus, "whenBack"> | undefined;
}

/**
 * Retries until it succeeds. Resolves to undefined if cancelled first. Errors other than `BusUnavailable` are rethrown.
 */
export async function retryWhileUnavailable<T>(
  fn: () => Promise<T>,
  context: RetryContext,
  cancellation: AbortSignal | Cancellation,
): Promise<T | undefined> {
  for (let attempt = 0; !cancellation.aborted; attempt++) {
    const back = context.bus?.whenBack?.();
    try {
      return await fn();
    } catch (error) {
      if (!(error instanceof BusUnavailable)) throw error;
    }
    const signal = "signal" in cancellation ? cancellation.signal : cancellation;
    const ms = backoffMs(attempt, STORE_RETRY, context.random());
    if (await sleepUntilBack(ms, context.clock, signal, back) === "over") continue;
    // The bus is back, so the next failure starts a new backoff.
    attempt = -1;
    await context.clock.sleep(context.random() * SPREAD_MS, signal);
  }
  return undefined;
}

/**
 * Callers that sleep until the bus is back. They share one reaction on the promise, because reactions cannot be
 * removed.
 */
interface Sleepers {
  readonly wakers: Set<() => void>;
  isBack: boolean;
}

const sleepersOf = new WeakMap<Promise<void>, Sleepers>();

/** Sleeps for a time, or until the bus is back. */
async function sleepUntilBack(
  ms: number,
  clock: Clock,
  signal: AbortSignal,
  back: Promise<void> | undefined,
): Promise<"over" | "back"> {
  if (back === undefined) {
    await clock.sleep(ms, signal);
    return "over";
  }
  const sleepers = sleepersOf.get(back) ?? trackSleepers(back);
  // Wait one turn, so that a return during the attempt is known.
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

function trackSleepers(back: Promise<void>): Sleepers {
  const sleepers: Sleepers = { wakers: new Set(), isBack: false };
  sleepersOf.set(back, sleepers);
  back.then(() => {
    sleepers.isBack = true;
    for (const wake of sleepers.wakers) wake();
  });
  return sleepers;
}
