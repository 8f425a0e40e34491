/**
 * What waits to be entered into the logs of a store that is somewhere else. For each room there is one batch under way
 * and the next one gathers meanwhile: so the order holds whatever becomes of a reply, and under load many drafts share
 * one round trip. A newcomer might send the next batch before the first is answered, and a retry would then come after
 * what was said later.
 * @module
 */
import { backoffMs } from "../core/backoff.ts";
import type { Draft } from "../core/entries.ts";
import type { RoomId } from "../core/names.ts";
import { BusUnavailable } from "./bus.ts";
import type { Clock } from "./clock.ts";

/** Enters drafts of one room, in their order and all together; an answer for each. Rejects with `BusUnavailable`. */
export type Enter<T> = (room: RoomId, drafts: readonly Draft[]) => Promise<readonly T[]>;

/** A lost reply is asked for again for so long. */
const RETRIED_MS = 10_000;
const RETRY = { firstMs: 50, longestMs: 1_000 } as const;
const MAX_BATCH = 256;
/** So many may wait in one room. */
const MAX_WAITING = 10_000;

interface Letter<T> {
  readonly draft: Draft;
  readonly answer: PromiseWithResolvers<T>;
}

/** Sends drafts, one batch of a room at a time. */
export class Outbox<T> {
  readonly #enter: Enter<T>;
  readonly #clock: Clock;
  readonly #signal: AbortSignal;
  readonly #waiting = new Map<RoomId, Letter<T>[]>();

  /** An outbox that is empty. @param signal When it aborts, nothing is tried again. */
  constructor(enter: Enter<T>, clock: Clock, signal: AbortSignal) {
    this.#enter = enter;
    this.#clock = clock;
    this.#signal = signal;
  }

  /** Sends a draft in its turn; what it resolves to is the store's answer. Rejects with `BusUnavailable`. */
  send(draft: Draft): Promise<T> {
    const letter = { draft, answer: Promise.withResolvers<T>() };
    const waiting = this.#waiting.get(draft.room);
    if (waiting === undefined) {
      this.#waiting.set(draft.room, [letter]);
      this.#empty(draft.room);
    } else if (waiting.length < MAX_WAITING) waiting.push(letter);
    else {
      const error = new BusUnavailable("too much is waiting, try again", { perhapsSent: false });
      letter.answer.reject(error);
    }
    return letter.answer.promise;
  }

  async #empty(room: RoomId): Promise<void> {
    const waiting = this.#waiting.get(room) ?? [];
    // What else is said in this turn goes along.
    await Promise.resolve();
    while (waiting.length > 0) await this.#deliver(room, waiting.splice(0, MAX_BATCH));
    this.#waiting.delete(room);
  }

  async #deliver(room: RoomId, letters: readonly Letter<T>[]): Promise<void> {
    try {
      const answers = await this.#enterSurely(room, letters.map(({ draft }) => draft));
      for (const [index, { answer }] of letters.entries()) {
        const own = answers[index];
        if (own === undefined) throw new RangeError(`Cannot deliver: ${answers.length} answers`);
        answer.resolve(own);
      }
    } catch (error) {
      for (const { answer } of letters) answer.reject(error);
    }
  }

  /** Asks again where a reply was lost: the store knows a repetition by its ids. */
  async #enterSurely(room: RoomId, drafts: readonly Draft[]): Promise<readonly T[]> {
    const giveUpAt = this.#clock.now() + RETRIED_MS;
    let lost: BusUnavailable | undefined;
    for (let attempt = 0;; attempt++) {
      try {
        return await this.#enter(room, drafts);
      } catch (error) {
        if (!(error instanceof BusUnavailable)) throw error;
        if (error.perhapsSent) lost ??= error;
        if (lost === undefined) throw error;
        if (this.#clock.now() >= giveUpAt || this.#signal.aborted) throw lost;
      }
      await this.#clock.sleep(backoffMs(attempt, RETRY, 0.5), this.#signal);
      if (this.#signal.aborted) throw lost;
    }
  }
}
