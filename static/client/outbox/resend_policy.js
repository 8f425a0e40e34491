// @ts-check
/**
 * Decides whether to resend an action whose outcome is unknown, so that no message is sent twice and none is dropped. Pure:
 * callers pass the evidence. Both times are those of docs/reference/protocol.md, "Saying something exactly once", with a margin.
 * @module
 */

// The server recognizes a repeated action for at least 10 minutes; one minute of that allows for network delay and clock drift.
const DEDUPLICATION_MS = 9 * 60_000;
// After this time, a request on an abandoned connection was either carried out or never will be.
const IN_FLIGHT_MS = 60_000;
/** @type {ResendDecision} */
const ASK_USER = { kind: "askUser", reason: "answer_lost" };

/**
 * Why the user must decide: the answer was lost; the message was written for another service that used this URL before; or another
 * user of the app may have written it.
 * @typedef {"answer_lost" | "other_service" | "unknown_author"} UnsureReason
 */

/**
 * What is known about an action.
 * @typedef {object} Evidence
 * @property {string} user The user who would send it now.
 * @property {boolean} isWatched All entries of the room since the first sending were received, and the action was not among them.
 * @property {boolean} isSearched The history was searched for it without result.
 * @property {string | null} service The id of the connected service; null if it has none.
 */

/**
 * Send it (`isFresh`: as if for the first time, since it was certainly not carried out), wait until a time, search the history,
 * ask the user, or fail because the message it refers to belongs to another service.
 * @typedef {{ readonly kind: "send", readonly isFresh: boolean } | { readonly kind: "wait", readonly until: number }
 *   | { readonly kind: "searchHistory" } | { readonly kind: "askUser", readonly reason: UnsureReason } | { readonly kind: "gone" }} ResendDecision
 */

/**
 * Decides what to do with one unsettled action.
 * @param {import("../client_storage.js").ActionRecord} record
 * @param {Evidence} evidence
 * @param {number} now Milliseconds since 1970.
 * @returns {ResendDecision}
 */
export function decideResend(record, { user, isWatched, isSearched, service }, now) {
  const { sentAt, triedAt, sentAs, deed } = record;
  if (service !== null && record.service !== null && record.service !== service) {
    return deed.type === "say" ? { kind: "askUser", reason: "other_service" } : { kind: "gone" };
  }
  if (sentAt === null) return { kind: "send", isFresh: true };
  const age = now - sentAt;
  // The server deduplicates: it applies an action once, as long as it recognizes the sender.
  if (sentAs === user && age >= 0 && age < DEDUPLICATION_MS) {
    return { kind: "send", isFresh: false };
  }
  // Deleting or reacting twice has the same effect as once.
  if (deed.type === "delete" || deed.type === "react") return { kind: "send", isFresh: true };
  if (!isWatched) return deed.type === "say" && !isSearched ? { kind: "searchHistory" } : ASK_USER;
  // After the clock was set back, the age is unknown.
  if (age < 0) return ASK_USER;
  const lastSentAt = Math.max(sentAt, triedAt ?? sentAt);
  if (now < lastSentAt + IN_FLIGHT_MS) return { kind: "wait", until: lastSentAt + IN_FLIGHT_MS };
  return { kind: "send", isFresh: true };
}
