/**
 * When members who are in no hurry look again. Each read costs this process some 8 µs, so that a thousand members who read
 * every text at once take most of a core, and what is measured is how fast they are read. One timer wakes a part of them at
 * a time, so that they do not all come at once.
 * @module
 */

/** They are woken in so many parts. */
const PARTS = 10;

/** The rests of many. After disposal there are none any more. */
export class Rests implements Disposable {
  readonly #parts = Array.from({ length: PARTS }, () => Promise.withResolvers<void>());
  readonly #timer: ReturnType<typeof setInterval>;
  #next = 0;
  #isOver = false;

  /** Begins. @param restMs How long a rest is at most. */
  constructor(restMs: number) {
    this.#timer = setInterval(() => this.#wake(this.#next++ % PARTS), restMs / PARTS);
  }

  /** Resolves when this one is to look again. */
  rest(index: number): Promise<void> {
    return this.#isOver
      ? Promise.resolve()
      : this.#parts[index % PARTS]?.promise ?? Promise.resolve();
  }

  /** Wakes all. */
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
