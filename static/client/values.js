// @ts-check
/**
 * What the client library tells its caller, in two small shapes: a feed of things that happen, and a value that changes.
 * Both are listened to with a function or with `for await`. A listener that throws does not keep the others from hearing:
 * its error is reported as uncaught, as a DOM event's would be.
 * @module
 */

/**
 * Does something; an error is reported as uncaught, and what comes next does not suffer from it.
 * @param {() => void} deed
 */
export function attempt(deed) {
  try {
    deed();
  } catch (error) {
    queueMicrotask(() => {
      throw error;
    });
  }
}

/**
 * Things that happen, each told once to whoever listens at that time.
 * @template T
 */
export class Feed {
  /** @type {Set<(item: T) => void>} */
  #listeners = new Set();
  /** @type {Set<() => void>} */
  #enders = new Set();
  #hasEnded = false;

  /**
   * Listens until the answer is called.
   * @param {(item: T) => void} listener
   * @returns {() => void} Ends the listening.
   */
  subscribe(listener) {
    // Two who pass the same function are two listeners.
    let hasStopped = false;
    const own = (/** @type {T} */ item) => hasStopped || listener(item);
    this.#listeners.add(own);
    return () => {
      // In the midst of a telling, too.
      hasStopped = true;
      this.#listeners.delete(own);
    };
  }

  /**
   * Tells all who listen now.
   * @internal
   * @param {T} item
   * @param {() => boolean} [isStale] Ends the telling, where a listener has caused something newer to be told.
   */
  tell(item, isStale = () => false) {
    for (const listener of [...this.#listeners]) {
      if (isStale()) return;
      attempt(() => listener(item));
    }
  }

  /** Ends every `for await` over it. @internal */
  end() {
    this.#hasEnded = true;
    for (const end of this.#enders) end();
    this.#enders.clear();
    this.#listeners.clear();
  }

  /**
   * Gives what happens from now on; nothing is dropped while the loop is busy. It ends when the feed does.
   * @returns {AsyncIterableIterator<T>}
   */
  [Symbol.asyncIterator]() {
    /** @type {T[]} */
    let heard = [];
    /** Those heard before, the next one last: to take the first of a long list would move all the others. @type {T[]} */
    let due = [];
    let isOver = this.#hasEnded;
    /** Of those who have asked and were given nothing yet. @type {(() => void)[]} */
    const wakes = [];
    const wake = () => wakes.splice(0).forEach((it) => it());
    const end = () => {
      isOver = true;
      wake();
    };
    const stop = this.subscribe((item) => {
      heard.push(item);
      wake();
    });
    const leave = () => {
      stop();
      this.#enders.delete(end);
      end();
    };
    if (isOver) stop();
    else this.#enders.add(end);
    return {
      async next() {
        while (due.length + heard.length === 0 && !isOver) {
          await new Promise((resolve) => wakes.push(() => resolve(undefined)));
        }
        if (due.length === 0) [due, heard] = [heard.reverse(), []];
        return due.length > 0
          ? { done: false, value: /** @type {T} */ (due.pop()) }
          : { done: true, value: undefined };
      },
      return() {
        due = heard = [];
        leave();
        return Promise.resolve({ done: true, value: undefined });
      },
      [Symbol.asyncIterator]() {
        return this;
      },
    };
  }
}

/**
 * A value that changes. Whoever subscribes is told the present one at once.
 * @template T
 * @extends {Feed<T>}
 */
export class Value extends Feed {
  /** @type {T} */
  #value;

  /** @internal @param {T} value */
  constructor(value) {
    super();
    this.#value = value;
  }

  /** What it is now. */
  get value() {
    return this.#value;
  }

  /**
   * @override
   * @param {(value: T) => void} listener
   * @returns {() => void}
   */
  subscribe(listener) {
    const stop = super.subscribe(listener);
    listener(this.#value);
    return stop;
  }

  /**
   * Changes it; the same value again is told to nobody.
   * @internal
   * @param {T} value
   */
  set(value) {
    if (Object.is(value, this.#value)) return;
    this.#value = value;
    this.tell(value, () => !Object.is(value, this.#value));
  }
}
