/**
 * The webhooks of a process: who delivers, and who answers operators.
 * @module
 */
import { addWebhookGauges, webhookMetrics } from "../../chat/metrics.ts";
import type { WebhookAdmin } from "../../chat/ports/webhook_admin.ts";
import { WebhookDispatcher } from "../../chat/webhooks/webhook_dispatcher.ts";
import { WebhookRegistry } from "../../chat/webhooks/webhook_registry.ts";
import type { Config } from "../../core/config/config.ts";
import { newId } from "../auth/signed_tokens.ts";
import { loggedWebhooks, recordingObserver } from "../webhooks/webhook_log.ts";
import { HttpWebhookSender } from "../webhooks/webhook_sender.ts";
import { newWebhookSecret } from "../webhooks/webhook_signature.ts";
import type { Backend, BackendContext } from "./backend.ts";

/** The webhooks of a process. */
export interface Webhooks {
  /** Delivers while it runs. */
  readonly dispatcher: WebhookDispatcher;
  /** Answers operators. */
  readonly admin: WebhookAdmin;
}

/** Prepares the webhooks; nothing is delivered before the dispatcher runs. */
export function createWebhooks(
  { bus, directory: store }: Pick<Backend, "bus" | "directory">,
  { redisUrl, webhookAllowPrivate }: Pick<Config, "redisUrl" | "webhookAllowPrivate">,
  { clock, metrics }: BackendContext,
): Webhooks {
  const dispatcher = new WebhookDispatcher({
    ...{ bus, store, clock, newId },
    sender: new HttpWebhookSender({ allowed: webhookAllowPrivate ? "any" : "public" }),
    random: Math.random,
    observer: recordingObserver(webhookMetrics(metrics)),
    isShared: redisUrl !== null,
  });
  addWebhookGauges(metrics, dispatcher);
  const registry = new WebhookRegistry({
    ...{ store, log: bus, clock, newId },
    newSecret: newWebhookSecret,
    onChanged: () => dispatcher.onChanged(),
  });
  return { dispatcher, admin: loggedWebhooks(registry) };
}
