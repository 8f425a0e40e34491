/**
 * `/api/v1/audit`: what moderators and operators have done. For operators; moderators read the room `_audit`.
 * @module
 */
import type { RoomHistory } from "../../chat/ports/bus.ts";
import { readAnchoredPage } from "../../chat/room/history_pages.ts";
import { DEFAULT_AUDIT_ENTRIES, MAX_AUDIT_ENTRIES } from "../../core/command_line/audit_flags.ts";
import { numberOf } from "../../core/command_line/flag_values.ts";
import type { Message } from "../../core/log/entry.ts";
import {
  formatPosition,
  parsePosition,
  type Position,
  POSITION_RULE,
} from "../../core/log/position.ts";
import { FOREVER, type RoomEvent } from "../../core/log/room_event.ts";
import { AUDIT_ROOM } from "../../core/rooms/service_rooms.ts";
import { queryOf } from "../http/query.ts";
import { jsonResponse, problemResponse } from "../http/responses.ts";
import { type OperatorHandler, RequestProblem } from "./operator.ts";

/** Path at which operators read what moderators have done. */
export const AUDIT_PATH = "/api/v1/audit";

/** Creates the handler of the path, for operators only: see `forOperators`. */
export function auditHandler(
  bus: Pick<RoomHistory, "page" | "pageAfter" | "replay">,
): OperatorHandler {
  return async ({ method, url }) => {
    if (method !== "GET") {
      const detail = "What was done is read with GET";
      return problemResponse({ status: 405, detail, headers: { allow: "GET, HEAD" } });
    }
    const { before, limit } = readQuery(url);
    const { messages, more, reason } = await readAnchoredPage(
      bus,
      AUDIT_ROOM,
      { before },
      limit,
      0,
    );
    return jsonResponse({ entries: messages.map(describe), more, ...(reason && { reason }) });
  };
}

function readQuery(
  url: string,
): { readonly before: Position | undefined; readonly limit: number } {
  const query = queryOf(url);
  const limit = numberOf(query.get("limit") ?? undefined, MAX_AUDIT_ENTRIES);
  const before = parsePosition(query.get("before") ?? "");
  if (limit === "bad") throw bad(`limit: Expected a number from 1 to ${MAX_AUDIT_ENTRIES}`);
  if (query.has("before") && before === undefined) throw bad(`before: ${POSITION_RULE}`);
  return { before, limit: limit ?? DEFAULT_AUDIT_ENTRIES };
}

function bad(detail: string): RequestProblem {
  return new RequestProblem({ status: 400, code: "bad_frame", detail });
}

function describe(message: Message): Readonly<Record<string, unknown>> {
  const { position, at, user, name, event } = message;
  return {
    position: formatPosition(position),
    at: new Date(at).toISOString(),
    by: { user, name },
    what: wordsOf(message),
    ...(event && { event: describeEvent(event) }),
  };
}

/** What was done, in words: the text of the event without its reason and its room, which are fields of the event. */
function wordsOf({ text, event }: Message): string {
  if (event === undefined) return text;
  const reason = "reason" in event && event.reason ? `: ${event.reason}` : "";
  const end = event.room === undefined ? reason : `${reason} (#${event.room})`;
  return text.endsWith(end) ? text.slice(0, text.length - end.length) : text;
}

/** The event, with its end as the API spells times. */
function describeEvent(event: RoomEvent): Readonly<Record<string, unknown>> {
  if (!("until" in event)) return { ...event };
  const { until, ...rest } = event;
  return until === undefined || until === FOREVER
    ? rest
    : { ...rest, until: new Date(until).toISOString() };
}
