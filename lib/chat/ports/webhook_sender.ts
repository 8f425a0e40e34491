/**
 * How messages reach webhooks. Implemented in `io/webhooks/webhook_sender.ts`.
 * @module
 */
import type { AttemptOutcome } from "../../core/webhooks/delivery_rules.ts";
import type { Webhook } from "../../core/webhooks/webhook.ts";
import type { WebhookMessage } from "../../core/webhooks/webhook_message.ts";

/** Makes single attempts. */
export interface WebhookSender {
  /**
   * Posts a message once, signed. Resolves within {@linkcode ATTEMPT_MS}, and soon after the signal aborts; never rejects.
   * Every attempt of one message has the same id.
   */
  send(
    webhook: Pick<Webhook, "id" | "url" | "secret">,
    message: WebhookMessage,
    signal: AbortSignal,
  ): Promise<AttemptOutcome>;
}

/** The time limit of an attempt, from resolving the name to the status of the answer. */
export const ATTEMPT_MS = 10_000;
