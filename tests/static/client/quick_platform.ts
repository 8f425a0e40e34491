/**
 * A platform for the client library with real WebSockets and short waits. What is left to chance comes from a seed.
 * @module
 */
import type { Platform } from "../../../static/client/connection/platform.js";
import { Dice } from "../../simulation/world/dice.ts";

// Longer timers are not waits but deadlines for an answer, which a loaded machine must meet too.
const DEADLINES_MS = 20_000;

/** Makes waits a thousand times shorter. Disposing of it waits until all its sockets are closed. */
export class QuickPlatform implements Platform, AsyncDisposable {
  readonly #dice: Dice;
  readonly #open = new Set<Promise<void>>();
  readonly #resumeListeners = new Set<() => void>();

  constructor(seed: number) {
    this.#dice = new Dice(seed);
  }

  open(url: string, protocol: string): WebSocket {
    const socket = new WebSocket(url, protocol);
    const { promise, resolve } = Promise.withResolvers<void>();
    socket.addEventListener("close", () => {
      this.#open.delete(promise);
      resolve();
    });
    this.#open.add(promise);
    return socket;
  }

  now(): number {
    return Date.now();
  }

  random(): number {
    return this.#dice.next();
  }

  after(fn: () => void, ms: number, isDeadline = false): () => void {
    const timer = setTimeout(fn, isDeadline ? DEADLINES_MS : ms < DEADLINES_MS ? ms / 1_000 : ms);
    return () => clearTimeout(timer);
  }

  onLifecycle(onResume: () => void): () => void {
    this.#resumeListeners.add(onResume);
    return () => this.#resumeListeners.delete(onResume);
  }

  /** Notifies the library that the network is back. */
  resume(): void {
    for (const wake of this.#resumeListeners) wake();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all(this.#open);
  }
}

/** Resolves with the current value, or the first later one, that `isWanted` accepts. */
export function waitForValue<T>(
  value: { subscribe(listener: (value: T) => void): () => void },
  isWanted: (value: T) => boolean,
): Promise<T> {
  return new Promise((resolve) => {
    let isDone = false;
    const stop = value.subscribe((it) => {
      if (isDone || !isWanted(it)) return;
      isDone = true;
      resolve(it);
      // Not at once: the listener is first called before `subscribe()` has returned.
      queueMicrotask(() => stop());
    });
  });
}
