/**
 * `GET /api/v1/rooms/{room}/events` and `GET /api/v1/events?rooms=a,b`: what happens in rooms, as server-sent events.
 * @module
 */
import { EventStream, type StreamedRoom } from "../../../chat/calls/event_stream.ts";
import type { SessionContext } from "../../../chat/session/session.ts";
import { API_PREFIX } from "../../../core/api/operations.ts";
import { PathTable } from "../../../core/api/path_match.ts";
import type { RequestSource } from "../../../core/http/ip_address.ts";
import type { OriginPolicy } from "../../../core/http/handshake.ts";
import { parsePosition } from "../../../core/log/position.ts";
import { parseRoom } from "../../../core/names/names.ts";
import {
  EVENT_STREAM_TYPE,
  parseStreamId,
  spreadRetryText,
} from "../../../core/protocol/event_protocol.ts";
import type { ConnectionContext } from "../../http/connection.ts";
import { EventConnection } from "../../http/event_connection.ts";
import { queryOf } from "../../http/query.ts";
import {
  type Problem,
  problemResponse,
  refusalProblem,
  type RefusalReason,
  textResponse,
} from "../../http/responses.ts";
import type { PathHandler } from "../../http/routes.ts";
import type { Upgrader } from "../../http/upgrade.ts";
import { faultProblem } from "../calls/answers.ts";
import { type CallerContext, callerOf } from "../calls/credentials.ts";
import { forAllowedOrigins } from "../../http/origin_check.ts";

/** What streams need. */
export interface EventsContext extends Pick<CallerContext, "statedUser"> {
  /** Shared by the sessions that listen to rooms. */
  readonly sessions: SessionContext;
  /** Shared by the connections that carry the streams. */
  readonly connections: ConnectionContext;
  /** Admits connections within the limits on their number. */
  readonly upgrader: Pick<Upgrader, "admit">;
  /** Origins of the pages that may listen. */
  readonly origins: OriginPolicy;
  /** The rate of one connection; 0 for no limit. */
  readonly messagesPerSecond: number;
}

const PATHS = new PathTable([
  { method: "GET", path: "/rooms/{room}/events" },
  { method: "GET", path: "/events" },
]);

const STREAM_HEADERS = {
  "content-type": EVENT_STREAM_TYPE,
  "cache-control": "no-store",
  // For nginx: pass each event on at once.
  "x-accel-buffering": "no",
};

/** Minimum time after which a browser tries again while there can be no stream, in milliseconds, before it is spread. */
const LATER_MS = 5_000;

/**
 * Returns the handler of a path; undefined if there is no stream at it.
 *
 * @param refusal Why the handler refuses every request. Also then, the stream of a page that may listen has to be readable.
 */
export function eventPaths(
  context: EventsContext,
): (path: string, refusal: RefusalReason | undefined) => PathHandler | undefined {
  return (path, refusal) => {
    if (!path.startsWith(`${API_PREFIX}/`)) return undefined;
    const match = PATHS.find(path.slice(API_PREFIX.length));
    return match && forAllowedOrigins(context.origins, "GET", async (request, source) => {
      const answer = refusal
        ? refusalProblem(refusal)
        : await openStream(request, source, match.parameters.room, context);
      return answer instanceof Response ? answer : noStreamResponse(request, answer, context);
    });
  };
}

/**
 * The answer if there can be no stream. Browsers never try again after any status but 200, so a client of streams that is to
 * come back is told when by a stream that ends.
 */
function noStreamResponse(
  { headers }: Request,
  problem: Problem,
  { sessions: { random } }: EventsContext,
): Response {
  const isTemporary = problem.status === 429 || problem.status === 503;
  const acceptsEvents = headers.get("accept")?.includes(EVENT_STREAM_TYPE) ?? false;
  if (!isTemporary || !acceptsEvents) return problemResponse(problem);
  const waitMs = 1_000 * Number(problem.headers?.["retry-after"] ?? 0);
  const text = spreadRetryText(Math.max(LATER_MS, waitMs), random());
  return textResponse(text, 200, { ...problem.headers, ...STREAM_HEADERS });
}

async function openStream(
  request: Request,
  source: RequestSource,
  room: string | undefined,
  context: EventsContext,
): Promise<Response | Problem> {
  if (request.method !== "GET") {
    const headers = { allow: "GET, OPTIONS" };
    return { status: 405, detail: "Events are read with GET", headers };
  }
  const rooms = readRooms(request, room);
  if ("status" in rooms) return rooms;
  const { sessions: { sessionTokens }, statedUser, upgrader, messagesPerSecond } = context;
  const query = queryOf(request.url);
  const caller = callerOf(request, source, { query, seed: undefined }, {
    sessionTokens,
    statedUser,
  });
  if ("status" in caller) return caller;
  const admitted = await upgrader.admit(source.address);
  if ("refusal" in admitted) return refusalProblem(admitted);
  const { slot, countedAddress } = admitted;
  const streamRequest = { ...caller, rooms, listsRooms: room === undefined };
  let stream: EventStream | undefined;
  const connection = new EventConnection(
    {
      openHandler: (socket) => stream = new EventStream(socket, context.sessions, streamRequest),
      maxMessageBytes: 0,
    },
    context.connections,
    slot,
    countedAddress,
  );
  const fault = await stream?.started;
  if (fault === undefined) return connection.respond(STREAM_HEADERS);
  connection.onLost();
  return faultProblem(fault, messagesPerSecond);
}

/** The rooms of a stream, each with the position after which it goes on. */
function readRooms(
  { url, headers }: Request,
  room: string | undefined,
): readonly StreamedRoom[] | Problem {
  const query = queryOf(url);
  const after = headers.get("last-event-id") ?? query.get("after");
  if (room !== undefined) {
    const since = after === null ? undefined : parsePosition(after);
    return after !== null && since === undefined ? NO_POSITION : [{ room, since }];
  }
  const names = (query.get("rooms") ?? "").split(",").filter((it) => it !== "");
  if (names.length === 0) return NO_ROOMS;
  const known = after === null ? new Map<string, string>() : parseStreamId(after);
  if (known === undefined) return NO_POSITION;
  // The client may spell a room in another way than its events do. Of two rooms that differ only in capitals, one is older
  // than the rule that names are in lower case.
  const positions = new Map([...known].map(([name, text]) => [normalRoom(name), text]));
  const rooms = [...new Set(names)].map((name) => ({
    room: name,
    since: parsePosition(known.get(name) ?? positions.get(normalRoom(name)) ?? ""),
  }));
  const isRead = [...known.values()].every((text) => parsePosition(text) !== undefined);
  return isRead ? rooms : NO_POSITION;
}

function normalRoom(room: string): string {
  return parseRoom(room) ?? room;
}

const NO_ROOMS: Problem = {
  status: 400,
  code: "bad_frame",
  detail: '"rooms" names rooms, separated by commas',
};
const NO_POSITION: Problem = {
  status: 400,
  code: "bad_frame",
  detail: 'Last-Event-ID, or "after", is not the id of an event of this stream',
};
