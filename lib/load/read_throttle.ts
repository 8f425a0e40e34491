/**
 * Delays the reads of members whose latency is not measured. Each read costs this process some 8 µs. If a thousand
 * members read every text at once, they take most of a core, and the run measures the load generator. One timer wakes
 * the members in parts, so that they do not all read at once.
 * @module
 */

/** Number of parts in which members are woken. */
const PARTS = 10;

/** Makes members wait between reads. After disposal, waits resolve at once. */
export class ReadThrottle implements Disposable {
  readonly #parts = Array.from({ length: PARTS }, () => Promise.withResolvers<void>());
  readonly #timer: ReturnType<typeof setInterval>;
  #next = 0;
  #isOver = false;

  /** Starts the timer. @param restMs Maximum duration of a wait. */
  constructor(restMs: number) {
    this.#timer = setInterval(() => this.#wake(this.#next++ % PARTS), restMs / PARTS);
  }

  /** Resolves when this member should read again. */
  wait(index: number): Promise<void> {
    return this.#isOver
      ? Promise.resolve()
      : this.#parts[index % PARTS]?.promise ?? Promise.resolve();
  }

  /** Stops the timer and wakes all members. */
  [Symbol.dispose](): void {
    clearInterval(this.#timer);
    this.#isOver = true;
    for (let part = 0; part < PARTS; part++) this.#wake(part);
  }

  #wake(part: number): void {
    const woken = this.#parts[part];
    this.#parts[part] = Promise.withResolvers();
    woken?.resolve();
  }
}
