// @ts-check
/**
 * The two shapes in which the client library reports changes: a feed of events, and a value that changes.
 * Subscribe with a function or with `for await`. A listener that throws does not affect the others:
 * its error is reported as uncaught, like that of a DOM event listener.
 * @module
 */

/**
 * Calls the function; an error is reported as uncaught and does not interrupt the caller.
 * @param {() => void} fn
 */
export function runListener(fn) {
  try {
    fn();
  } catch (error) {
    queueMicrotask(() => {
      throw error;
    });
  }
}

/**
 * A stream of events. Each event is delivered once to every listener subscribed at that time.
 * @template T
 */
export class Feed {
  /** @type {Set<(item: T) => void>} */
  #listeners = new Set();
  /** @type {Set<() => void>} */
  #endCallbacks = new Set();
  #hasEnded = false;

  /**
   * Subscribes until the returned function is called.
   * @param {(item: T) => void} listener
   * @returns {() => void} Unsubscribes.
   */
  subscribe(listener) {
    // The same function may subscribe twice; each counts as a listener of its own.
    let hasStopped = false;
    const own = (/** @type {T} */ item) => hasStopped || listener(item);
    this.#listeners.add(own);
    return () => {
      // Even while an event is being delivered.
      hasStopped = true;
      this.#listeners.delete(own);
    };
  }

  /**
   * Delivers an event to all current listeners.
   * @internal
   * @param {T} item
   * @param {() => boolean} [isStale] Stops the delivery once a listener has caused a newer event.
   */
  emit(item, isStale = () => false) {
    for (const listener of [...this.#listeners]) {
      if (isStale()) return;
      runListener(() => listener(item));
    }
  }

  /** Ends every `for await` loop over this feed. @internal */
  end() {
    this.#hasEnded = true;
    for (const end of this.#endCallbacks) end();
    this.#endCallbacks.clear();
    this.#listeners.clear();
  }

  /**
   * Yields events from now on; none are dropped while the loop is busy. It ends when the feed does.
   * @returns {AsyncIterableIterator<T>}
   */
  [Symbol.asyncIterator]() {
    /** @type {T[]} */
    let received = [];
    /** Received earlier, the next event last: removing the first item of a long list would move all others. @type {T[]} */
    let due = [];
    let isOver = this.#hasEnded;
    /** Pending `next()` calls. @type {(() => void)[]} */
    const waiters = [];
    const wake = () => waiters.splice(0).forEach((it) => it());
    const end = () => {
      isOver = true;
      wake();
    };
    const stop = this.subscribe((item) => {
      received.push(item);
      wake();
    });
    const finish = () => {
      stop();
      this.#endCallbacks.delete(end);
      end();
    };
    if (isOver) stop();
    else this.#endCallbacks.add(end);
    return {
      async next() {
        while (due.length + received.length === 0 && !isOver) {
          await new Promise((resolve) => waiters.push(() => resolve(undefined)));
        }
        if (due.length === 0) [due, received] = [received.reverse(), []];
        return due.length > 0
          ? { done: false, value: /** @type {T} */ (due.pop()) }
          : { done: true, value: undefined };
      },
      return() {
        due = received = [];
        finish();
        return Promise.resolve({ done: true, value: undefined });
      },
      [Symbol.asyncIterator]() {
        return this;
      },
    };
  }
}

/**
 * A value that changes. A new subscriber receives the current value at once.
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

  /** The current value. */
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
   * Changes the value. Listeners are not notified if it is the same.
   * @internal
   * @param {T} value
   */
  set(value) {
    if (Object.is(value, this.#value)) return;
    this.#value = value;
    this.emit(value, () => !Object.is(value, this.#value));
  }
}
