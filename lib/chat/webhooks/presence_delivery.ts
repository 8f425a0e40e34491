/**
 * Tells one webhook who joins and leaves one room. That is not in the log, so it is told as well as possible: once, without a
 * position, and not again if it fails. What happens during an attempt is told together afterwards.
 * @module
 */
import type { RoomId } from "../../core/names/names.ts";
import type { Person } from "../../core/presence/lease_table.ts";
import { type PresenceUpdate, Roster } from "../../core/presence/roster.ts";
import type { Webhook } from "../../core/webhooks/webhook.ts";
import { GONE } from "../../core/webhooks/delivery_rules.ts";
import { presenceMessage, type WebhookMessage } from "../../core/webhooks/webhook_message.ts";
import { BusUnavailable } from "../ports/bus.ts";
import { Alarm } from "./alarm.ts";
import type { DeliveryTurns } from "./room_delivery.ts";
import type { DeliveryContext } from "./webhook_context.ts";

/** Updates may be lost, so the table of who is there is read this often. */
const CHECK_MS = 15_000;

/** The presence of one room. */
export class PresenceDelivery {
  readonly #webhook: Webhook;
  readonly #room: RoomId;
  readonly #context: DeliveryContext;
  readonly #turns: Omit<DeliveryTurns, "onMoved">;
  readonly #alarm: Alarm;
  readonly #roster = new Roster();
  #readAt: number | undefined;

  /** Knows of no users before {@linkcode run}. */
  constructor(
    webhook: Webhook,
    room: RoomId,
    turns: Omit<DeliveryTurns, "onMoved">,
    context: DeliveryContext,
  ) {
    this.#webhook = webhook;
    this.#room = room;
    this.#turns = turns;
    this.#context = context;
    this.#alarm = new Alarm(context.clock);
  }

  /** A node has sent an update. */
  onUpdate(update: PresenceUpdate): void {
    if (this.#readAt === undefined) return;
    if (update.kind === "here") this.#rename(update);
    this.#roster.apply(update);
    this.#alarm.ring();
  }

  /** Delivers until the signal aborts. */
  async run(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      this.#alarm.reset();
      await this.#readTable();
      const message = this.#takeMessage();
      if (message) await this.#deliver(message, signal);
      else await this.#alarm.rest(CHECK_MS, signal);
    }
  }

  /** Users who are there when it is read for the first time have not joined. */
  async #readTable(): Promise<void> {
    const { bus, clock } = this.#context;
    const isFirst = this.#readAt === undefined;
    if (!isFirst && clock.now() - (this.#readAt ?? 0) < CHECK_MS) return;
    let people: readonly Person[];
    try {
      people = await bus.people(this.#room);
    } catch (error) {
      if (!(error instanceof BusUnavailable)) throw error;
      return;
    }
    for (const person of people) this.#rename(person);
    this.#roster.reset(people);
    if (isFirst) this.#roster.takeDiff();
    this.#readAt = clock.now();
  }

  #takeMessage(): WebhookMessage | undefined {
    const diff = this.#roster.takeDiff();
    if (diff === undefined) return undefined;
    const { clock, newId } = this.#context;
    const change = {
      room: this.#room,
      count: this.#roster.size,
      diff,
      at: clock.date(),
      id: newId(),
    };
    return presenceMessage(change, this.#webhook.events);
  }

  async #deliver(message: WebhookMessage, signal: AbortSignal): Promise<void> {
    using _turn = await this.#turns.limit.acquire(this);
    if (signal.aborted || !this.#turns.mayStart()) return;
    const { clock, sender, observer } = this.#context;
    const startedAt = clock.now();
    const outcome = await sender.send(this.#webhook, message, signal);
    observer.onAttempt(outcome, (clock.now() - startedAt) / 1_000);
    if (outcome.kind === "answered" && outcome.status === GONE) this.#turns.onGone();
  }

  /** A new name is no joining. */
  #rename({ user, name }: Pick<Person, "user" | "name">): void {
    if (this.#roster.nameOf(user) !== undefined) this.#roster.rename(user, name);
  }
}
