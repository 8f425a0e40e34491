/**
 * What the deliveries to webhooks need.
 * @module
 */
import type { Position } from "../../core/log/position.ts";
import type { LossReason } from "../../core/log/epochs.ts";
import type { RoomId } from "../../core/names/names.ts";
import type { AttemptOutcome } from "../../core/webhooks/delivery_rules.ts";
import type { Webhook } from "../../core/webhooks/webhook.ts";
import type { Bus, PresenceRegistry, RoomHistory } from "../ports/bus.ts";
import type { Clock } from "../ports/clock.ts";
import type { DirectoryStore } from "../ports/directory_store.ts";
import type { WebhookSender } from "../ports/webhook_sender.ts";

/** What deliveries use of the bus. */
export type DeliveryBus =
  & Pick<Bus, "subscribe" | "unsubscribe">
  & Pick<RoomHistory, "replay" | "page">
  & Pick<PresenceRegistry, "people">;

/** Is told what becomes of the messages, for records and metrics. */
export interface WebhookObserver {
  /** An attempt is over. */
  onAttempt(outcome: AttemptOutcome, seconds: number): void;
  /** The first attempt to deliver a message has failed; those of the room wait behind it. */
  onFailing(webhook: Webhook, room: RoomId, outcome: AttemptOutcome): void;
  /** A message that had failed was delivered. */
  onRecovered(webhook: Webhook, room: RoomId): void;
  /** A message was given up. */
  onDead(webhook: Webhook, room: RoomId, position: Position): void;
  /** The log no longer has what a webhook was to be told. */
  onLost(webhook: Webhook, room: RoomId, reason: LossReason): void;
  /** The receiver has answered 410, and gets nothing more. */
  onDisabled(webhook: Webhook): void;
  /** The record of a webhook, or of its deliveries, cannot be read. Called once for each. */
  onDamaged(id: string): void;
}

/** What all deliveries of a process share. */
export interface DeliveryContext {
  /** Reads logs and presence, and subscribes to the rooms of owned webhooks. */
  readonly bus: DeliveryBus;
  /** Posts messages. */
  readonly sender: WebhookSender;
  /** Measures time and waits. */
  readonly clock: Clock;
  /** Returns a number in [0, 1). */
  readonly random: () => number;
  /** Draws a unique id. */
  readonly newId: () => string;
  /** Is told what happens. */
  readonly observer: WebhookObserver;
}

/** What the dispatcher needs in addition, to own webhooks. */
export interface DispatcherContext extends DeliveryContext {
  /** Where the webhooks are. */
  readonly store: Pick<DirectoryStore, "list" | "commit">;
  /** Whether other processes use the same store, so that a webhook needs a lease. */
  readonly isShared: boolean;
}
