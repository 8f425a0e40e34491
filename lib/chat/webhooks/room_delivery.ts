/**
 * Delivers the entries of one room to one webhook, one after the other. A message that fails is tried again until it is
 * delivered or given up, and the later ones of the room wait. Nothing is kept in memory meanwhile but the cursor: entries are
 * read from the log again, so that their texts are current.
 * @module
 */
import { backoffMs, STORE_RETRY } from "../../core/backoff.ts";
import { isSamePosition, type Position } from "../../core/log/position.ts";
import type { LossReason } from "../../core/log/epochs.ts";
import { readAfter, type Replay } from "../../core/log/reading/log_reading.ts";
import type { RoomId } from "../../core/names/names.ts";
import { type AttemptOutcome, decide } from "../../core/webhooks/delivery_rules.ts";
import { type RoomCursor, withDeadLetter } from "../../core/webhooks/delivery_state.ts";
import type { Webhook } from "../../core/webhooks/webhook.ts";
import {
  entryMessage,
  lostMessage,
  type WebhookMessage,
} from "../../core/webhooks/webhook_message.ts";
import type { ConcurrencyLimit } from "../concurrency_limit.ts";
import { BusUnavailable } from "../ports/bus.ts";
import { Alarm } from "./alarm.ts";
import type { DeliveryContext } from "./webhook_context.ts";

/** What the deliveries of one webhook share. */
export interface DeliveryTurns {
  /** Limits the attempts at one time, in all rooms of the webhook. */
  readonly limit: ConcurrencyLimit;
  /** Whether the webhook is certainly this node's, so that an attempt may start. */
  readonly mayStart: () => boolean;
  /** Called after each change of a cursor. */
  readonly onMoved: () => void;
  /** Called whenever the receiver answers 410. */
  readonly onGone: () => void;
}

/** Maximum number of entries that are read at one time. */
const READ_ENTRIES = 16;
/** Entries that were read this long ago are read again, since they may have been edited or deleted. */
const FRESH_MS = 1_000;
/** Announcements may be lost, so the log is read this often without one. */
const CHECK_MS = 15_000;
/** Waiting for a lease, or for the end after 410. */
const HELD_UP_MS = 1_000;

/** How to continue: at once, or after a pause, which ends early when there are new entries unless it is for a retry. */
type Next =
  | { readonly kind: "continue" }
  | { readonly kind: "rest"; readonly ms: number }
  | { readonly kind: "retry"; readonly ms: number };

/** A part of the log: a message about it or nothing, and its last position. */
interface Step {
  readonly message: WebhookMessage | undefined;
  readonly position: Position;
  /** The position after which to read on. */
  readonly after: Position;
}

/** Delivers what happens in one room, one message at a time. */
export class RoomDelivery {
  readonly #webhook: Webhook;
  readonly #room: RoomId;
  readonly #context: DeliveryContext;
  readonly #turns: DeliveryTurns;
  readonly #alarm: Alarm;
  #cursor: RoomCursor;
  /** The cursor when a loss was last found. */
  #lostAfter: Position | undefined;
  #failedReads = 0;

  /** Starts at a cursor with {@linkcode run}. */
  constructor(
    webhook: Webhook,
    { room, cursor }: { readonly room: RoomId; readonly cursor: RoomCursor },
    turns: DeliveryTurns,
    context: DeliveryContext,
  ) {
    this.#webhook = webhook;
    this.#room = room;
    this.#cursor = cursor;
    this.#turns = turns;
    this.#context = context;
    this.#alarm = new Alarm(context.clock);
  }

  /** How far the room was delivered. Each change is a new object. */
  get cursor(): RoomCursor {
    return this.#cursor;
  }

  /** Continues at once if it rests, since the room has new entries. Does not shorten the wait for a retry. */
  wake(): void {
    this.#alarm.ring();
  }

  /** Delivers until the signal aborts. */
  async run(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      const next = await this.#advance(signal);
      if (next.kind === "retry") await this.#context.clock.sleep(next.ms, signal);
      if (next.kind === "rest") await this.#alarm.rest(next.ms, signal);
    }
  }

  /** Delivers what one read returns. */
  async #advance(signal: AbortSignal): Promise<Next> {
    // Not while waiting for a retry: those of other rooms must not wait for it.
    using _turn = await this.#turns.limit.acquire(this.#room);
    if (signal.aborted) return { kind: "continue" };
    this.#alarm.reset();
    const replay = await this.#read();
    if (replay === undefined) {
      const ms = backoffMs(this.#failedReads++, STORE_RETRY, this.#context.random());
      return { kind: "retry", ms };
    }
    this.#failedReads = 0;
    const readAt = this.#context.clock.now();
    for (const step of this.#steps(replay)) {
      const isStale = this.#context.clock.now() - readAt > FRESH_MS;
      if (isStale || signal.aborted) return { kind: "continue" };
      const next = await this.#take(step, signal);
      if (next !== undefined) return next;
    }
    const isAtTop = isSamePosition(this.#cursor.after, replay.top);
    return isAtTop ? { kind: "rest", ms: CHECK_MS } : { kind: "continue" };
  }

  async #read(): Promise<Replay | undefined> {
    try {
      return await this.#context.bus.replay(this.#room, this.#cursor.after, READ_ENTRIES);
    } catch (error) {
      if (!(error instanceof BusUnavailable)) throw error;
      return undefined;
    }
  }

  *#steps(replay: Replay): Generator<Step> {
    const { top, entries, lossReason: reason } = replay;
    const { after } = this.#cursor;
    const [first] = entries;
    const step = (message: WebhookMessage | undefined, position: Position): Step => ({
      ...{ message, position },
      after: readAfter(replay, position),
    });
    if (reason) {
      const until = first ? { ...first.position, seq: first.position.seq - 1 } : top;
      const range = { room: this.#room, after, until, reason };
      this.#reportLoss(after, reason);
      yield step(lostMessage(range, this.#context.clock.date()), until);
    }
    for (const entry of entries) {
      yield step(entryMessage(entry, this.#webhook.events), entry.position);
    }
    // A new epoch can begin without an entry. What cannot be read is passed over, as in rooms.
    if (first === undefined && !isSamePosition(this.#cursor.after, top)) {
      yield step(undefined, top);
    }
  }

  /** Moves past a step, after one attempt to deliver its message. Returns how to continue; undefined with the next step. */
  async #take(
    { message, position, after }: Step,
    signal: AbortSignal,
  ): Promise<Next | undefined> {
    if (message === undefined) return this.#move({ ...this.#cursor, after });
    const { clock, sender, observer, random } = this.#context;
    if (!this.#turns.mayStart()) return { kind: "retry", ms: HELD_UP_MS };
    const startedAt = clock.now();
    const outcome = await sender.send(this.#webhook, message, signal);
    if (outcome.kind === "failed" && outcome.why === "stopped") return { kind: "continue" };
    observer.onAttempt(outcome, (clock.now() - startedAt) / 1_000);
    const { failing } = this.#cursor;
    const decision = decide(outcome, failing, { date: clock.date(), random: random() });
    switch (decision.kind) {
      case "delivered":
        if (failing) observer.onRecovered(this.#webhook, this.#room);
        return this.#move({ ...this.#cursor, after, failing: undefined });
      case "dead":
        observer.onDead(this.#webhook, this.#room, position);
        return this.#move(withDeadLetter(this.#cursor, after));
      case "gone":
        this.#turns.onGone();
        return { kind: "retry", ms: HELD_UP_MS };
      case "retry":
        this.#reportFirst(outcome);
        this.#move({ ...this.#cursor, failing: decision.failing });
        return { kind: "retry", ms: decision.afterMs };
    }
  }

  /** Once, although a message about it may be tried many times. */
  #reportLoss(after: Position, reason: LossReason): void {
    if (isSamePosition(this.#lostAfter, after)) return;
    this.#lostAfter = after;
    this.#context.observer.onLost(this.#webhook, this.#room, reason);
  }

  #reportFirst(outcome: AttemptOutcome): void {
    if (this.#cursor.failing) return;
    this.#context.observer.onFailing(this.#webhook, this.#room, outcome);
  }

  #move(cursor: RoomCursor): undefined {
    this.#cursor = cursor;
    this.#turns.onMoved();
  }
}
