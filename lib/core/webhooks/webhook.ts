/**
 * Webhooks: URLs to which the service posts what happens in some rooms.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * assert.equal(checkWebhookUrl("https://example.com/hook", "public").kind, "good");
 * assert.equal(checkWebhookUrl("http://example.com/hook", "public").kind, "bad");
 * assert.equal(checkWebhookUrl("https://127.0.0.1/hook", "public").kind, "bad");
 * assert.equal(checkWebhookUrl("http://127.0.0.1/hook", "any").kind, "good");
 * ```
 * @module
 */
import * as v from "valibot";
import { parseAddress } from "../http/ip_address.ts";
import { isPublicAddress } from "../http/public_address.ts";
import { parseStoredRoom, type RoomId } from "../names/names.ts";

/** What a webhook can ask for. */
export const WEBHOOK_EVENTS = [
  "said",
  "edited",
  "deleted",
  "reacted",
  "joined",
  "left",
  "room",
  "moderation",
] as const;

/** One of {@linkcode WEBHOOK_EVENTS}. */
export type WebhookEvent = typeof WEBHOOK_EVENTS[number];

/** A webhook, as it is stored. */
export interface Webhook {
  /** Unique in the service. */
  readonly id: string;
  /** Where messages are posted to. */
  readonly url: string;
  /** The rooms that it is about, at least one. */
  readonly rooms: readonly RoomId[];
  /** What it is told of them, at least one. */
  readonly events: readonly WebhookEvent[];
  /** Signs the messages: `whsec_` and base64. */
  readonly secret: string;
  /** When it was added, in milliseconds since 1970. */
  readonly createdAt: number;
  /** Set while nothing is sent: `gone` if the receiver has answered 410. */
  readonly disabled?: "gone" | undefined;
}

/** Maximum number of webhooks of a service. */
export const MAX_WEBHOOKS = 50;
/** Maximum number of rooms of a webhook. */
export const MAX_WEBHOOK_ROOMS = 50;
/** Maximum length of a webhook's URL. */
export const MAX_URL_LENGTH = 2_048;

/** Which addresses a webhook may lead to: `any` also allows plain HTTP. */
export type AllowedTargets = "public" | "any";

/** The result of {@linkcode checkWebhookUrl}. */
export type CheckedUrl =
  | { readonly kind: "good"; readonly url: URL }
  | { readonly kind: "bad"; readonly why: string };

/** Checks a URL, without the addresses that its host name leads to: those can change, so they are checked on each attempt. */
export function checkWebhookUrl(text: string, allowed: AllowedTargets): CheckedUrl {
  if (text.length > MAX_URL_LENGTH) return bad(`has more than ${MAX_URL_LENGTH} characters`);
  if (!URL.canParse(text)) return bad("is no URL");
  const url = new URL(text);
  const isHttps = url.protocol === "https:";
  if (!isHttps && (allowed === "public" || url.protocol !== "http:")) {
    return bad("does not begin with https://");
  }
  if (url.username !== "" || url.password !== "") return bad("has a user or a password in it");
  if (url.hash !== "") return bad("has a fragment");
  const address = hostOf(url);
  const isLiteral = parseAddress(address) !== undefined;
  if (allowed === "public" && isLiteral && !isPublicAddress(address)) {
    return bad("leads to an address that is not public");
  }
  return { kind: "good", url };
}

/** The host of a URL, an IPv6 address without its brackets. */
export function hostOf({ hostname }: Pick<URL, "hostname">): string {
  return hostname.replace(/^\[|\]$/g, "");
}

function bad(why: string): CheckedUrl {
  return { kind: "bad", why };
}

const Stored = v.object({
  id: v.string(),
  url: v.pipe(v.string(), v.check((it) => URL.canParse(it))),
  rooms: v.array(
    v.custom<RoomId>((it) => typeof it === "string" && parseStoredRoom(it) !== undefined),
  ),
  events: v.array(v.picklist(WEBHOOK_EVENTS)),
  secret: v.string(),
  createdAt: v.pipe(v.number(), v.finite()),
  disabled: v.optional(v.literal("gone")),
});

/** A webhook as stored; undefined if the record is damaged. */
export function parseStoredWebhook(stored: unknown): Webhook | undefined {
  const parsed = v.safeParse(Stored, stored);
  return parsed.success ? parsed.output : undefined;
}
