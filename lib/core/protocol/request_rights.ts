/**
 * What a user must be allowed to do for each request in a room.
 * @module
 */
import type { RoomAction } from "../auth/rights.ts";
import type { RequestType } from "./requests.ts";

/** The action that each request in a room needs. */
export const REQUIRED_ACTION = {
  join: "read",
  who: "read",
  history: "read",
  read: "read",
  report: "read",
  say: "send",
  edit: "send",
  delete: "send",
  typing: "send",
  react: "react",
  create: "send",
  member: "invite",
  members: "read",
  room: "moderate",
  moderate: "moderate",
} as const satisfies Partial<Record<RequestType, RoomAction>>;
