/**
 * What operators do about webhooks. Implemented in `chat/webhooks/webhook_registry.ts`; workers reach it in the main thread.
 * @module
 */
import type { Position } from "../../core/log/position.ts";
import type { RoomId } from "../../core/names/names.ts";
import type { RoomCursor } from "../../core/webhooks/delivery_state.ts";
import type { Webhook } from "../../core/webhooks/webhook.ts";

/** Where deliveries start again. */
export interface RedeliveryStart {
  /** A room of the webhook; others are refused with `conflict`. */
  readonly room: RoomId;
  /** The first position to deliver. */
  readonly from: Position;
}

/** What an operator asks for. */
export type WebhookCommand =
  | { readonly kind: "list" }
  /** Adds a webhook, which is told what happens from now on. */
  | ({ readonly kind: "add" } & Pick<Webhook, "url" | "rooms" | "events">)
  /** Removes a webhook with everything that was to be delivered to it. */
  | { readonly kind: "remove"; readonly id: string }
  /** Delivers again to a webhook whose receiver has answered 410, from where it stopped. */
  | { readonly kind: "enable"; readonly id: string }
  /**
   * Delivers again from a position of one room. Without one, from the first message that was given up, in each room that has
   * one, and at once where a message waits to be tried again.
   */
  | {
    readonly kind: "redeliver";
    readonly id: string;
    readonly start?: RedeliveryStart | undefined;
  };

/** A webhook and how far it was told about its rooms. */
export interface WebhookReport {
  /** The webhook as it is stored, including its secret. */
  readonly webhook: Webhook;
  /** How far each room was delivered; empty if the record of the deliveries is missing or damaged. */
  readonly rooms: ReadonlyMap<RoomId, RoomCursor>;
}

/** The answer to a {@linkcode WebhookCommand}. */
export type WebhookAnswer =
  | {
    readonly kind: "listed";
    /** The oldest webhook first. */
    readonly reports: readonly WebhookReport[];
  }
  | {
    readonly kind: "done";
    /** After the change; before it if it was removed. */
    readonly webhook: Webhook;
  }
  | {
    readonly kind: "refused";
    /** There is no webhook of this id, what was asked for cannot be done, or there are too many. */
    readonly problem: "missing" | "conflict" | "full";
    /** Why, for people. */
    readonly why: string;
  };

/** Carries out what operators ask for. */
export interface WebhookAdmin {
  /** Answers a command. Rejects with `BusUnavailable`. */
  manageWebhooks(command: WebhookCommand): Promise<WebhookAnswer>;
}
