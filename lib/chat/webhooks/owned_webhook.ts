/**
 * A webhook that this process delivers to, and its record in the store.
 * @module
 */
import type { RoomId } from "../../core/names/names.ts";
import type { RoomCursor } from "../../core/webhooks/delivery_state.ts";
import { HOLD_MS, RENEW_MS } from "../../core/webhooks/lease_watch.ts";
import type { Webhook } from "../../core/webhooks/webhook.ts";
import type { RecordChange } from "../ports/directory_store.ts";
import type { DispatcherContext } from "./webhook_context.ts";
import { WebhookDelivery } from "./webhook_delivery.ts";
import { stateChange } from "./webhook_records.ts";

/** What the process has stored to become the owner. */
export interface Claimed {
  /** The webhook that `record` describes. */
  readonly webhook: Webhook;
  /** Text of the webhook's record when it was claimed. */
  readonly record: string;
  /** Text of the record of its deliveries, as this process has stored it. */
  readonly stored: string;
  /** The number of renewals that `stored` states. */
  readonly beat: number;
  /** Where the deliveries start. */
  readonly rooms: ReadonlyMap<RoomId, RoomCursor>;
  /** When that began to be stored, by the clock of the process. */
  readonly claimedAt: number;
}

/** Delivers from its creation until it is stopped. */
export class OwnedWebhook {
  /** The record of the webhook, as it was when the deliveries started. */
  readonly record: string;
  /** Delivers to the webhook, from the creation of this object to {@linkcode stop}. */
  readonly delivery: WebhookDelivery;
  readonly #context: DispatcherContext;
  readonly #life = new AbortController();
  readonly #ended: Promise<void>;
  #stored: string;
  /** What may have been stored instead: the store did not answer. */
  #uncertain: string | undefined;
  #beat: number;
  #renewedAt: number;
  #isUnsaved = false;
  #isGone = false;

  /** Starts to deliver. @param onGone Called once, when the receiver has answered 410. */
  constructor(
    { webhook, record, stored, beat, rooms, claimedAt }: Claimed,
    context: DispatcherContext,
    onGone: () => void,
  ) {
    this.record = record;
    this.#stored = stored;
    this.#beat = beat;
    this.#renewedAt = claimedAt;
    this.#context = context;
    const control = {
      mayStart: () => !this.#isGone && this.#isHeld(),
      onGone: () => {
        if (!this.#isGone) onGone();
        this.#isGone = true;
      },
    };
    this.delivery = new WebhookDelivery(webhook, rooms, control, context);
    this.#ended = this.delivery.run(this.#life.signal);
  }

  /** Rejects if the deliveries fail, which is a bug. */
  get ended(): Promise<void> {
    return this.#ended;
  }

  /** Whether the receiver has answered 410. */
  get isGone(): boolean {
    return this.#isGone;
  }

  /** Whether the record has to be stored: a cursor has changed, or the lease has to be renewed. */
  get isDue(): boolean {
    const { isShared, clock } = this.#context;
    const hasChanged = this.delivery.hasMoved || this.#isUnsaved;
    return hasChanged || (isShared && clock.now() - this.#renewedAt >= RENEW_MS);
  }

  /** Whether a record is what this process has stored last, or may have. @param text As it was just read. */
  recognize(text: string | undefined): boolean {
    if (text !== undefined && text === this.#uncertain) this.#stored = text;
    this.#uncertain = undefined;
    return text === this.#stored;
  }

  /**
   * Stores the cursors. Resolves to false if another node has changed the record. Rejects with `BusUnavailable`; then
   * {@linkcode recognize} finds out what is stored.
   *
   * @param owner The node of this process; null to let others have the webhook.
   * @param more Further changes that are made in the same step.
   */
  async store(owner: string | null, more: readonly RecordChange[] = []): Promise<boolean> {
    const startedAt = this.#context.clock.now();
    const { id } = this.delivery.webhook;
    const state = { owner, beat: ++this.#beat, rooms: this.delivery.takeCursors() };
    const change = stateChange(id, this.#stored, state);
    this.#uncertain = change.to;
    this.#isUnsaved = true;
    if (!(await this.#context.store.commit([change, ...more]))) return false;
    this.#stored = change.to ?? "";
    this.#uncertain = undefined;
    this.#isUnsaved = false;
    this.#renewedAt = startedAt;
    return true;
  }

  /** Ends the deliveries, with what they are doing. */
  async stop(): Promise<void> {
    this.#life.abort();
    await this.#ended;
  }

  #isHeld(): boolean {
    const { isShared, clock } = this.#context;
    return !isShared || clock.now() - this.#renewedAt < HOLD_MS;
  }
}
