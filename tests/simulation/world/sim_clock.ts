/**
 * Time in a simulation jumps from one event to the next. Between two jumps all promises that can settle do, however
 * long the chain is. The event loop does not turn: nothing in a simulation waits for anything outside it.
 * @module
 */
import { nextTick } from "node:process";
import type { Clock } from "../../../lib/chat/ports/clock.ts";
import type { Dice } from "./dice.ts";

const MIDNIGHT = Date.UTC(2026, 0, 1);

/** Waits until no promise can settle any more. Called in a microtask: a tick then runs when their queue is empty. */
function settle(): Promise<void> {
  return new Promise((resolve) => nextTick(resolve));
}

/** A clock that advances by itself, as fast as possible. */
export class SimClock implements Clock {
  readonly #dice: Dice;
  // The tasks by time, and those times as a heap.
  readonly #tasks = new Map<number, (() => void)[]>();
  readonly #times: number[] = [];
  /** The sleeps that a signal ends: one listener for all of them, since most end by themselves. */
  readonly #sleepers = new WeakMap<AbortSignal, Set<() => void>>();
  #now = 0;
  /** Total of the skipped time. */
  skippedMs = 0;

  constructor(dice: Dice) {
    this.#dice = dice;
  }

  now(): number {
    return this.#now;
  }

  date(): number {
    return MIDNIGHT + this.#now + this.skippedMs;
  }

  sleep(ms: number, signal: AbortSignal): Promise<void> {
    if (signal.aborted) return Promise.resolve();
    const sleepers = this.#sleepersOf(signal);
    return new Promise((resolve) => {
      const wake = () => {
        sleepers.delete(wake);
        resolve();
      };
      sleepers.add(wake);
      this.after(ms, wake);
    });
  }

  #sleepersOf(signal: AbortSignal): Set<() => void> {
    const known = this.#sleepers.get(signal);
    if (known) return known;
    const sleepers = new Set<() => void>();
    this.#sleepers.set(signal, sleepers);
    signal.addEventListener("abort", () => {
      for (const wake of sleepers) wake();
    });
    return sleepers;
  }

  /** Runs a task later. */
  after(ms: number, fn: () => void): void {
    const time = this.#now + Math.max(1, Math.ceil(ms));
    const tasks = this.#tasks.get(time);
    if (tasks) return void tasks.push(fn);
    this.#tasks.set(time, [fn]);
    push(this.#times, time);
  }

  /** Skips a time in which nothing happens: no sleep ends, only the date changes. */
  skip(ms: number): void {
    this.skippedMs += ms;
  }

  /** Runs for this long. */
  async run(ms: number): Promise<void> {
    await null;
    const end = this.#now + ms;
    for (let time = this.#times[0]; time !== undefined && time <= end; time = this.#times[0]) {
      pop(this.#times);
      this.#now = time;
      const tasks = this.#tasks.get(time) ?? [];
      this.#tasks.delete(time);
      for (const [index, task] of tasks.entries()) {
        task();
        // Some replies arrive in one packet, with no turn of the loop in between.
        const isLast = index === tasks.length - 1;
        if (isLast || this.#dice.chance(0.5)) await settle();
      }
    }
    this.#now = end;
  }
}

function push(heap: number[], time: number): void {
  let index = heap.push(time) - 1;
  while (index > 0) {
    const parent = (index - 1) >> 1;
    if ((heap[parent] ?? 0) <= time) break;
    heap[index] = heap[parent] ?? 0;
    index = parent;
  }
  heap[index] = time;
}

function pop(heap: number[]): void {
  const last = heap.pop();
  if (last === undefined || heap.length === 0) return;
  let index = 0;
  for (;;) {
    const [left, right] = [heap[2 * index + 1] ?? Infinity, heap[2 * index + 2] ?? Infinity];
    const least = Math.min(left, right);
    if (least >= last) break;
    heap[index] = least;
    index = 2 * index + (left <= right ? 1 : 2);
  }
  heap[index] = last;
}
