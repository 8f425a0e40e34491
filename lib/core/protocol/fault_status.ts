/**
 * The HTTP status of each fault, for the HTTP API (RFC 9110 §15, RFC 6585 §4, RFC 4918 §11).
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * assert.equal(FAULT_STATUS.slow_down, 429);
 * ```
 * @module
 */
import type { FaultCode } from "./faults.ts";

/** The status with which the HTTP API answers a fault. */
export const FAULT_STATUS: Readonly<Record<FaultCode, number>> = {
  bad_frame: 400,
  unknown_type: 400,
  hello_first: 400,
  bad_room: 400,
  bad_name: 400,
  name_taken: 409,
  token_required: 401,
  bad_token: 401,
  token_expired: 401,
  bad_invite: 403,
  too_many_invites: 409,
  not_allowed: 403,
  banned: 403,
  muted: 403,
  read_only: 403,
  locked_down: 403,
  in_room: 409,
  not_in_room: 403,
  too_many_rooms: 409,
  too_long: 413,
  empty: 422,
  blocked_words: 422,
  rejected: 422,
  // Accepted, but the message may never be shown to other users.
  held: 202,
  gone: 410,
  not_yours: 403,
  id_reused: 409,
  too_many_reactions: 409,
  store_full: 507,
  room_exists: 409,
  room_full: 409,
  rooms_full: 507,
  turned_down: 403,
  slow_down: 429,
  unavailable: 503,
  unknown_outcome: 503,
};
