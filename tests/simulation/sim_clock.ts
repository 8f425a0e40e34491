/**
 * Time in a simulation: it jumps from one event to the next. Between two jumps everything runs that waits for nothing but
 * its turn, however long the chain of promises is: the event loop goes round once, which costs 2 µs.
 * @module
 */
import { setImmediate } from "node:timers";
import type { Clock } from "../../lib/chat/clock.ts";
import type { Dice } from "./dice.ts";

const MIDNIGHT = Date.UTC(2026, 0, 1);

/** Lets everything run that waits for nothing but its turn. */
function settle(): Promise<void> {
  return new Promise((resolve) => void setImmediate(() => resolve()));
}

/** A clock that turns by itself, as fast as it can. */
export class SimClock implements Clock {
  readonly #dice: Dice;
  // What is to be done at which time, and those times as a heap.
  readonly #deeds = new Map<number, (() => void)[]>();
  readonly #times: number[] = [];
  #now = 0;
  /** For so long in all nothing happened. */
  leaptMs = 0;

  constructor(dice: Dice) {
    this.#dice = dice;
  }

  now(): number {
    return this.#now;
  }

  date(): number {
    return MIDNIGHT + this.#now + this.leaptMs;
  }

  sleep(ms: number, signal: AbortSignal): Promise<void> {
    if (signal.aborted) return Promise.resolve();
    return new Promise((resolve) => {
      const wake = () => {
        signal.removeEventListener("abort", wake);
        resolve();
      };
      signal.addEventListener("abort", wake);
      this.after(ms, wake);
    });
  }

  /** Does something later. */
  after(ms: number, deed: () => void): void {
    const time = this.#now + Math.max(1, Math.ceil(ms));
    const deeds = this.#deeds.get(time);
    if (deeds) return void deeds.push(deed);
    this.#deeds.set(time, [deed]);
    push(this.#times, time);
  }

  /** So long nothing happens, and nobody who sleeps wakes: only the calendar shows it. */
  leap(ms: number): void {
    this.leaptMs += ms;
  }

  /** Turns for so long. */
  async run(ms: number): Promise<void> {
    const end = this.#now + ms;
    for (let time = this.#times[0]; time !== undefined && time <= end; time = this.#times[0]) {
      pop(this.#times);
      this.#now = time;
      const deeds = this.#deeds.get(time) ?? [];
      this.#deeds.delete(time);
      for (const [index, deed] of deeds.entries()) {
        deed();
        // Some replies come in one packet, and nothing runs between them.
        const isLast = index === deeds.length - 1;
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
