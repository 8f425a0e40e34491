/**
 * Posts messages to webhooks: signed, to checked addresses only, each over a new connection, within a time limit. Redirects
 * are answers like others: following one would lead to an address that was not checked.
 * @module
 */
import { ATTEMPT_MS, type WebhookSender } from "../../chat/ports/webhook_sender.ts";
import type { AttemptFailure, AttemptOutcome } from "../../core/webhooks/delivery_rules.ts";
import { checkWebhookUrl, type Webhook } from "../../core/webhooks/webhook.ts";
import type { WebhookMessage } from "../../core/webhooks/webhook_message.ts";
import { post } from "./http_post.ts";
import {
  AttemptFailed,
  connectToTarget,
  disposeQuietly,
  resolveName,
  type TargetOptions,
} from "./target_connection.ts";
import { messageId, signedHeaders } from "./webhook_signature.ts";

/** What tests replace. */
export interface SenderOptions extends Partial<Omit<TargetOptions, "allowed">> {
  /** Which addresses are allowed. */
  readonly allowed: TargetOptions["allowed"];
  /** Instead of {@linkcode ATTEMPT_MS}. */
  readonly attemptMs?: number;
}

/** Sends over HTTP and HTTPS. */
export class HttpWebhookSender implements WebhookSender {
  readonly #target: TargetOptions;
  readonly #attemptMs: number;

  /** Connects to nothing yet. */
  constructor({ attemptMs = ATTEMPT_MS, ...target }: SenderOptions) {
    this.#target = { resolve: resolveName, caCerts: [], ...target };
    this.#attemptMs = attemptMs;
  }

  async send(
    webhook: Pick<Webhook, "id" | "url" | "secret">,
    message: WebhookMessage,
    signal: AbortSignal,
  ): Promise<AttemptOutcome> {
    const attempt = new AbortController();
    const stopped = Promise.withResolvers<AttemptOutcome>();
    const stop = (why: AttemptFailure) => {
      stopped.resolve({ kind: "failed", why });
      attempt.abort();
    };
    const onAbort = () => stop("stopped");
    const timer = setTimeout(() => stop("timeout"), this.#attemptMs);
    signal.addEventListener("abort", onAbort);
    if (signal.aborted) onAbort();
    try {
      // Resolving a name cannot be cancelled.
      const outcome = this.#attempt(webhook, message, attempt.signal).catch(failureOf);
      return await Promise.race([stopped.promise, outcome]);
    } finally {
      clearTimeout(timer);
      signal.removeEventListener("abort", onAbort);
    }
  }

  async #attempt(
    { id, url, secret }: Pick<Webhook, "id" | "url" | "secret">,
    { type, at, data, key }: WebhookMessage,
    signal: AbortSignal,
  ): Promise<AttemptOutcome> {
    const checked = checkWebhookUrl(url, this.#target.allowed);
    // The setting was another one when the webhook was added.
    if (checked.kind === "bad") throw new AttemptFailed("address");
    const connection = await connectToTarget(checked.url, this.#target, signal);
    const close = () => disposeQuietly(connection);
    signal.addEventListener("abort", close);
    try {
      signal.throwIfAborted();
      const body = JSON.stringify({ type, timestamp: new Date(at).toISOString(), data });
      const seconds = Math.floor(Date.now() / 1_000);
      const headers = signedHeaders(secret, { id: messageId(id, key), seconds, body });
      const answer = await post(connection, { url: checked.url, headers, body });
      return { kind: "answered", ...answer };
    } finally {
      signal.removeEventListener("abort", close);
      close();
    }
  }
}

function failureOf(error: unknown): AttemptOutcome {
  return { kind: "failed", why: error instanceof AttemptFailed ? error.why : "protocol" };
}
