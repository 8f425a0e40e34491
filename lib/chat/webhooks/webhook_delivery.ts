/**
 * Delivers to one webhook: its rooms do not wait for each other, but share a number of attempts at one time.
 * @module
 */
import type { RoomId } from "../../core/names/names.ts";
import type { PresenceUpdate } from "../../core/presence/roster.ts";
import type { RoomCursor } from "../../core/webhooks/delivery_state.ts";
import type { Webhook } from "../../core/webhooks/webhook.ts";
import { ConcurrencyLimit } from "../concurrency_limit.ts";
import { PresenceDelivery } from "./presence_delivery.ts";
import { RoomDelivery } from "./room_delivery.ts";
import type { DeliveryContext } from "./webhook_context.ts";

/** Maximum number of attempts for one webhook at one time. */
const MAX_ATTEMPTS = 4;

/** What the owner of the delivery decides. */
export interface DeliveryControl {
  /** Whether an attempt may start. */
  readonly mayStart: () => boolean;
  /** Called whenever the receiver answers 410. */
  readonly onGone: () => void;
}

/** Delivers what happens in the rooms of one webhook, independently of each other. */
export class WebhookDelivery {
  /** The webhook, as it was when they started. */
  readonly webhook: Webhook;
  readonly #rooms = new Map<RoomId, RoomDelivery>();
  readonly #presence = new Map<RoomId, PresenceDelivery>();
  #hasMoved = false;

  /** Starts at these cursors with {@linkcode run}. */
  constructor(
    webhook: Webhook,
    cursors: ReadonlyMap<RoomId, RoomCursor>,
    control: DeliveryControl,
    context: DeliveryContext,
  ) {
    this.webhook = webhook;
    const limit = new ConcurrencyLimit(MAX_ATTEMPTS);
    const onMoved = () => void (this.#hasMoved = true);
    const turns = { ...control, limit, onMoved };
    for (const [room, cursor] of cursors) {
      this.#rooms.set(room, new RoomDelivery(webhook, { room, cursor }, turns, context));
    }
    if (!webhook.events.includes("joined") && !webhook.events.includes("left")) return;
    for (const room of cursors.keys()) {
      this.#presence.set(room, new PresenceDelivery(webhook, room, turns, context));
    }
  }

  /** Whether a cursor has changed since the last {@linkcode takeCursors}. */
  get hasMoved(): boolean {
    return this.#hasMoved;
  }

  /** Number of rooms in which a message waits to be tried again. */
  get failingRooms(): number {
    return this.#rooms.values().filter(({ cursor }) => cursor.failing !== undefined).toArray()
      .length;
  }

  /** Returns the current cursors, and resets {@linkcode hasMoved}. */
  takeCursors(): ReadonlyMap<RoomId, RoomCursor> {
    this.#hasMoved = false;
    return new Map(this.#rooms.entries().map(([room, { cursor }]) => [room, cursor]));
  }

  /** Tells the delivery of a room that there are new entries; ignores rooms that are not the webhook's. */
  wake(room: RoomId): void {
    this.#rooms.get(room)?.wake();
  }

  /** A user may have joined or left a room. */
  onPresence(room: RoomId, update: PresenceUpdate): void {
    this.#presence.get(room)?.onUpdate(update);
  }

  /** Delivers until the signal aborts. */
  async run(signal: AbortSignal): Promise<void> {
    const all = [...this.#rooms.values(), ...this.#presence.values()];
    await Promise.all(all.map((it) => it.run(signal)));
  }
}
