// @ts-check
/**
 * What to do with a deed that was perhaps done: the rule by which nothing is said twice and nothing is left unsaid. Pure: what
 * is known is handed in. The two times are those of docs/protocol.md, "Saying something exactly once", with a margin.
 * @module
 */

// The server knows a repetition for at least 10 minutes after it was done; a minute of that is for the way and for clocks.
const KNOWN_MS = 9 * 60_000;
// After so long, a request on a connection that was given up has been done or never will be.
const IN_FLIGHT_MS = 60_000;
/** @type {Decision} */
const ASK = { kind: "ask", reason: "answer_lost" };

/**
 * Why a person has to decide: the answer was lost, or the message was written for another service, which used this URL before.
 * @typedef {"answer_lost" | "other_service"} Doubt
 */

/**
 * What is known of a deed.
 * @typedef {object} Evidence
 * @property {string} user As whom it would be sent now.
 * @property {boolean} isWatched Everything that happened in the room since it was first sent was told, and the deed was not in it.
 * @property {boolean} isSearched The history was searched for it, and was of no help.
 * @property {string | null} service The id of the connected service; null if it has none.
 */

/**
 * Send it (`isFresh`: as if for the first time, since it was surely not done), wait until a time, look into the history, ask the
 * person, or fail because the message it refers to belongs to another service.
 * @typedef {{ readonly kind: "send", readonly isFresh: boolean } | { readonly kind: "wait", readonly until: number }
 *   | { readonly kind: "look" } | { readonly kind: "ask", readonly reason: Doubt } | { readonly kind: "gone" }} Decision
 */

/**
 * Decides about one deed that is not settled.
 * @param {import("./shelf.js").DeedRecord} record
 * @param {Evidence} evidence
 * @param {number} now Milliseconds since 1970.
 * @returns {Decision}
 */
export function decide(record, { user, isWatched, isSearched, service }, now) {
  const { sentAt, triedAt, sentAs, deed } = record;
  if (service !== null && record.service !== null && record.service !== service) {
    return deed.type === "say" ? { kind: "ask", reason: "other_service" } : { kind: "gone" };
  }
  if (sentAt === null) return { kind: "send", isFresh: true };
  const age = now - sentAt;
  // The server itself can tell: it does a deed once, as long as it knows who sends it again.
  if (sentAs === user && age >= 0 && age < KNOWN_MS) return { kind: "send", isFresh: false };
  // To delete or to react twice is the same as once.
  if (deed.type === "delete" || deed.type === "react") return { kind: "send", isFresh: true };
  if (!isWatched) return deed.type === "say" && !isSearched ? { kind: "look" } : ASK;
  // A clock that was put back says nothing about how long ago it was.
  if (age < 0) return ASK;
  const tried = Math.max(sentAt, triedAt ?? sentAt);
  if (now < tried + IN_FLIGHT_MS) return { kind: "wait", until: tried + IN_FLIGHT_MS };
  return { kind: "send", isFresh: true };
}
