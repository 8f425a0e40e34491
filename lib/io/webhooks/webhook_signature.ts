/**
 * Signs messages as Standard Webhooks 1.0.0 (https://www.standardwebhooks.com) says: HMAC-SHA256 over the id, the time and the
 * body, separated by full stops.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * const headers = signedHeaders("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", {
 *   id: "msg_p5jXN8AQM9LWM0D4loKWxJek",
 *   seconds: 1_614_265_330,
 *   body: '{"test": 2432232314}',
 * });
 * assert.equal(headers["webhook-signature"], "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=");
 * ```
 * @module
 */
import { Buffer } from "node:buffer";
import { createHash, createHmac, randomBytes } from "node:crypto";

/** What is signed. */
export interface SignedMessage {
  /** The same for every attempt. */
  readonly id: string;
  /** When the attempt is made, in seconds since 1970. */
  readonly seconds: number;
  /** The body of the request, exactly as it is sent. */
  readonly body: string;
}

const SECRET_PREFIX = "whsec_";
/** The specification asks for 24 to 64 bytes. */
const SECRET_BYTES = 32;
const ID_PREFIX = "msg_";
/** 162 bits of a hash. */
const ID_LENGTH = 27;

/** Draws the secret of a new webhook. */
export function newWebhookSecret(): string {
  return `${SECRET_PREFIX}${randomBytes(SECRET_BYTES).toString("base64")}`;
}

/** The id of a message. It follows from what the message is about, so no attempt has another one. */
export function messageId(webhook: string, key: string): string {
  const hash = createHash("sha256").update(JSON.stringify([webhook, key])).digest("base64url");
  return `${ID_PREFIX}${hash.slice(0, ID_LENGTH)}`;
}

/** The headers that identify and sign a message. @param secret From {@linkcode newWebhookSecret}. */
export function signedHeaders(
  secret: string,
  { id, seconds, body }: SignedMessage,
): Readonly<Record<"webhook-id" | "webhook-timestamp" | "webhook-signature", string>> {
  const key = Buffer.from(secret.slice(SECRET_PREFIX.length), "base64");
  const mac = createHmac("sha256", key).update(`${id}.${seconds}.${body}`).digest("base64");
  return {
    "webhook-id": id,
    "webhook-timestamp": String(seconds),
    "webhook-signature": `v1,${mac}`,
  };
}
