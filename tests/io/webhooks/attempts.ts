/**
 * Attempts to deliver a message.
 * @module
 */
import type { AttemptOutcome } from "../../../lib/core/webhooks/delivery_rules.ts";
import type { WebhookMessage } from "../../../lib/core/webhooks/webhook_message.ts";
import { HttpWebhookSender, type SenderOptions } from "../../../lib/io/webhooks/webhook_sender.ts";

/** The secret of the webhook. */
export const SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
/** What is sent. */
export const MESSAGE: WebhookMessage = {
  type: "lost",
  at: Date.UTC(2026, 0, 1),
  data: { type: "lost", room: "lobby", after: "e:1", until: "e:2", reason: "too_old" },
  key: "k",
};
const NEVER = new AbortController().signal;

/** Makes one attempt. */
export function send(url: string, options: Partial<SenderOptions> = {}): Promise<AttemptOutcome> {
  const sender = new HttpWebhookSender({ allowed: "any", ...options });
  return sender.send({ id: "wh_1", url, secret: SECRET }, MESSAGE, NEVER);
}

/** An outcome without an answer. */
export function fails(why: string): AttemptOutcome {
  return { kind: "failed", why } as AttemptOutcome;
}
