/**
 * The HTTP API of one worker: which handler is at which path.
 * @module
 */
import type { SessionContext } from "../../chat/session/session.ts";
import type { Tickets } from "../../chat/ports/tickets.ts";
import type { OriginPolicy } from "../../core/http/handshake.ts";
import type { ConnectionContext } from "../http/connection.ts";
import { problemResponse, refusalProblem } from "../http/responses.ts";
import type { PathHandler, RouteTargets } from "../http/routes.ts";
import { CallApi } from "./calls/call_handler.ts";
import { eventPaths } from "./events/events_handler.ts";
import { hookPaths } from "./hooks.ts";
import { isOperatorRequest, type OperatorHandler } from "./operator.ts";
import type { OperatorServices } from "./operator_paths.ts";
import { ticketHandler } from "./tickets.ts";

/** What the handlers of the API need from their worker. */
export interface ApiContext extends Pick<RouteTargets, "upgrader" | "statedUser" | "adminToken"> {
  /** For the sessions of callers and listeners. */
  readonly sessions: SessionContext;
  /** For the connections of listeners. */
  readonly connections: ConnectionContext;
  /** Finds the keys of hooks. */
  readonly apiKeys: OperatorServices["apiKeys"];
  /** Issues and takes tickets. */
  readonly tickets: Tickets;
  /** Origins of the pages that may use the API. */
  readonly origins: OriginPolicy;
  /** Maximum length of a body, in bytes. */
  readonly maxBodyBytes: number;
  /** The rate of one connection; 0 for no limit. */
  readonly messagesPerSecond: number;
}

/**
 * The handler of a path; undefined if nothing is there. See {@linkcode RouteTargets}.
 *
 * @param operators Those for operators, by path.
 */
export function apiPaths(
  context: ApiContext,
  operators: ReadonlyMap<string, OperatorHandler>,
): RouteTargets["api"] {
  const { sessions, tickets, origins, adminToken } = context;
  const issue = ticketHandler({ ...sessions, tickets, origins });
  const exact = new Map<string, PathHandler>([["/api/v1/tickets", issue], ...operators]);
  const calls = new CallApi(context);
  const events = eventPaths(context);
  const hooks = hookPaths(context);
  const find = (path: string): PathHandler | undefined => {
    const own = exact.get(path), call = calls.find(path);
    if (own && call) return forEither(own, call, adminToken);
    return own ?? call ?? hooks(path);
  };
  return (path, refusal) => {
    const stream = events(path, refusal);
    if (stream) return stream;
    const handler = find(path);
    return handler && refusal ? () => problemResponse(refusalProblem(refusal)) : handler;
  };
}

/** At a path that operators and users share, a caller without an operator's credentials is a user. */
function forEither(
  operators: PathHandler,
  users: PathHandler,
  adminToken: string | null,
): PathHandler {
  return (request, source) =>
    isOperatorRequest(request, adminToken) ? operators(request, source) : users(request, source);
}
