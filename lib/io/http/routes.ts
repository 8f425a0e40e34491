/**
 * Maps paths to their targets. Socket paths accept a trailing slash, because proxies add one. An upgrade on `/` reaches
 * the echo, because the write-ups put the echo server there behind nginx and httpd.
 * @module
 */
import { type Context, Hono } from "hono";
import { getPath } from "hono/utils/url";
import type { HandshakeInfo } from "../../chat/sign_in/sign_in_context.ts";
import type { TextOptions } from "../../chat/handlers/text_handler.ts";
import type { Clock } from "../../chat/ports/clock.ts";
import type { AddressBuckets } from "../../core/limits/address_buckets.ts";
import { admissionKey, EXEMPT_KEY } from "../../core/limits/connection_limits.ts";
import { type Cidr, type RequestSource, requestSource } from "../../core/http/ip_address.ts";
import {
  checkHost,
  chooseSubprotocol,
  isHandshakeQuery,
  isUpgradeRequest,
  refuse,
  requestedAuthority,
} from "../../core/http/handshake.ts";
import type { EngineName } from "../../core/config/settings_table.ts";
import type { AllowedHosts } from "../../core/http/allowed_hosts.ts";
import { bearerToken } from "../../core/auth/bearer_token.ts";
import { guestLanguage } from "../../core/names/names.ts";
import { JSON_SUBPROTOCOL } from "../../core/protocol/json_protocol.ts";
import {
  refusalFor,
  type RefusalReason,
  refusalReasonResponse,
  refusalResponse,
} from "./responses.ts";
import type { Upgrader } from "./upgrade.ts";
import {
  detailedHealthHandlers,
  type HealthSources,
  isAuthorized,
  publicHealthHandlers,
} from "./health_responses.ts";
import { serveFile, type StaticFile } from "../web/pages.ts";
import { queryOf, textOptionsOf } from "./query.ts";
import type { SignInHandler } from "./sign_in_handler.ts";
import type { Endpoint } from "./connection.ts";
import type { RequestHandler } from "./engine.ts";
import type { StatedUser } from "./stated_user.ts";

/** The targets of the paths. */
export interface RouteTargets {
  /** Upgrades requests on the socket paths. */
  readonly upgrader: Upgrader;
  /** The echo at `/s`; null if it is off. */
  readonly echo: ((prefix: string) => Endpoint) | null;
  /** The chat at `/ws` as plain text. */
  readonly text: (options: TextOptions, hints: HandshakeHints) => Endpoint;
  /** The chat at `/ws` in the JSON subprotocol. */
  readonly json: (hints: HandshakeHints) => Endpoint;
  /**
   * The HTTP API: the handler of a path; undefined if nothing is there.
   *
   * @param refusal Why the handler refuses every request.
   */
  readonly api: (path: string, refusal?: RefusalReason) => PathHandler | undefined;
  /** The user whom a trusted proxy or a cookie states. */
  readonly statedUser: (request: Request, source: RequestSource) => StatedUser;
  /** Files of the page, by path. */
  readonly pages: ReadonlyMap<string, StaticFile>;
  /** Sources of `/healthz`, `/readyz` and `/metrics`. */
  readonly health: HealthSources;
  /** The engine that serves. */
  readonly engine: EngineName;
  /** The token that gives access to their details on this listener; null for none. */
  readonly adminToken: string | null;
  /** Checks the host of each request. */
  readonly hosts: AllowedHosts;
  /** Limits the requests of each address; undefined for no limit. */
  readonly requests: AddressBuckets | undefined;
  /** Current time. */
  readonly clock: Pick<Clock, "now" | "date">;
  /** Proxies whose forwarded headers are trusted. */
  readonly trustProxy: readonly Cidr[];
  /** Signs users of the page in; undefined if no provider does. */
  readonly signIn: SignInHandler | undefined;
}

/** What a handshake says about the user. */
export type HandshakeHints = Pick<HandshakeInfo, "language" | "token" | "ticket" | "user">;

/** Responds to the requests of one path, whatever their method. */
export type PathHandler = (request: Request, source: RequestSource) => Response | Promise<Response>;

/** Where the chat page leads users who sign in, relative to the page. */
export const SIGN_IN_PATH = "auth/login";

type Bindings = { Bindings: RequestSource };

/** Maximum length of a URL, in characters. The service's own URLs have fewer than 500. */
const MAX_URL_LENGTH = 8_192;
const LONG_URL = refuse(414, `The URL has more than ${MAX_URL_LENGTH} characters`);
/** Maximum number of characters of a path or method that a response repeats. */
const MAX_REPEATED = 200;

/** Creates the handler for all paths of the main listener. */
export function createRoutes(targets: RouteTargets): RequestHandler {
  const app = new Hono<Bindings>();
  const upgrades = upgradeHandlers(targets);
  const { toEcho } = upgrades;
  const notFoundResponse = ({ req }: Context<Bindings>) => {
    return refusalFor(req.url, refuse(404, `Nothing is at ${req.path.slice(0, MAX_REPEATED)}`));
  };
  app.all("/", (c, next) => {
    if (!isUpgradeRequest(c.req.raw)) return next();
    return toEcho ? toEcho(c.req.raw, c.env) : notFoundResponse(c);
  });
  const detailed = detailedHealthHandlers(targets.health, targets.engine);
  for (const [path, handler] of publicHealthHandlers(targets.health, targets.adminToken !== null)) {
    app.all(
      path,
      readOnly((c) => {
        const isAllowed = isAuthorized(c.req.raw.headers, targets.adminToken);
        return (isAllowed ? detailed.get(path) ?? handler : handler)();
      }),
    );
  }
  const isServed = (path: string) => toEcho !== undefined || !ECHO_PATHS.test(path);
  for (const path of MOVED.filter(isServed)) {
    app.all(path, readOnly((c) => c.redirect("echo.html", 301)));
  }
  for (const [path, page] of [...targets.pages].filter(([path]) => isServed(path))) {
    app.all(path, readOnly((c) => serveFile(page, c.req.raw.headers)));
  }
  if (targets.signIn) addSignInPaths(app, targets.signIn);
  // Pass errors on to the listener, which logs them.
  app.onError((error) => {
    throw error;
  });
  app.notFound(notFoundResponse);
  return (request, remote) => {
    if (request.url.length > MAX_URL_LENGTH) return refusalFor(request.url, LONG_URL);
    // Check first: a Host such as `a/b` has already changed the path that would be routed.
    const badHost = checkHost(request);
    if (badHost) return refusalFor(request.url, badHost, "host_refused");
    const source = requestSource(
      remote,
      request.headers.get("x-forwarded-for"),
      targets.trustProxy,
    );
    // Bypass the router: during a connection storm, the cost of each upgrade matters.
    const path = getPath(request);
    const upgrade = upgrades.byPath.get(path);
    const wantsReason = upgrade !== undefined && isHandshakeQuery(request);
    const reason = commonRefusal(request, source, targets);
    if (reason && wantsReason) return refusalReasonResponse(reason);
    const api = targets.api(path, reason);
    if (reason && !api) return refusalFor(request.url, reason.refusal, reason.code);
    if (wantsReason) {
      return targets.upgrader.explainRefusal(request, source).then(refusalReasonResponse);
    }
    return (upgrade ?? api)?.(request, source) ?? app.fetch(request, source);
  };
}

function addSignInPaths(app: Hono<Bindings>, signIn: SignInHandler): void {
  app.all(`/${SIGN_IN_PATH}`, getOnly((c) => signIn.logIn(c.req.raw)));
  app.all("/auth/callback", getOnly((c) => signIn.finish(c.req.raw)));
  app.all("/auth/logout", (c) => signIn.logOut(c.req.raw, c.env));
}

const TOO_MANY_REQUESTS: RefusalReason = {
  code: "too_many_connections",
  refusal: refuse(429, "Too many requests from this address (10 × HANDSHAKES_PER_SECOND)", {
    "retry-after": "1",
  }),
};

/** The reason to refuse a request on any path; undefined if there is none. */
function commonRefusal(
  request: Request,
  source: RequestSource,
  targets: RouteTargets,
): RefusalReason | undefined {
  if (isRateLimited(source.address, targets)) return TOO_MANY_REQUESTS;
  const refusal = targets.hosts.check(requestedAuthority(request, source.viaTrustedProxy));
  return refusal && { code: "host_refused", refusal };
}

function isRateLimited(address: string, { requests, clock }: RouteTargets): boolean {
  const key = admissionKey(address);
  return requests !== undefined && key !== EXEMPT_KEY && requests.take(key, clock.now()) > 0;
}

function upgradeHandlers(
  { upgrader, echo, text, json, statedUser }: RouteTargets,
): {
  readonly toEcho: PathHandler | undefined;
  readonly byPath: ReadonlyMap<string, PathHandler>;
} {
  const toEcho: PathHandler | undefined = echo === null
    ? undefined
    : (request, source) =>
      upgrader.upgrade(request, source, echo(queryOf(request.url).get("prefix") ?? ""));
  const toChat: PathHandler = (request, source) => {
    const user = statedUser(request, source);
    if (user !== undefined && "kind" in user) return refusalResponse(user);
    const isJson = chooseSubprotocol(request, [JSON_SUBPROTOCOL]) !== undefined;
    const hints = {
      user,
      language: guestLanguage(request.headers.get("accept-language")),
      token: bearerToken(request.headers.get("authorization")),
      ticket: queryOf(request.url).get("ticket") ?? undefined,
    };
    return upgrader.upgrade(
      request,
      source,
      isJson ? json(hints) : text(textOptionsOf(request.url), hints),
    );
  };
  const byPath = new Map([["/ws", toChat], ["/ws/", toChat]]);
  if (toEcho) byPath.set("/s", toEcho).set("/s/", toEcho);
  return { toEcho, byPath };
}

/** Paths of the echo page in the write-ups. */
const MOVED = ["/websocket.html", "/websockets.html"];
/** Paths that exist only for the echo. */
const ECHO_PATHS = /^\/(?:echo|websockets?)\.(?:html|js)$/;

type RouteHandler = (c: Context<Bindings>) => Response | Promise<Response>;

/** Serves GET, and refuses every other method with 405: a HEAD would use up what a GET needs. */
function getOnly(serve: RouteHandler): RouteHandler {
  return (c) => {
    if (c.req.method === "GET") return serve(c);
    return refusalResponse(refuse(405, `${c.req.path} takes a GET`, { allow: "GET" }));
  };
}

/** Serves GET and HEAD, and refuses every other method with 405. */
function readOnly(serve: RouteHandler): RouteHandler {
  return (c) => {
    if (c.req.method === "GET" || c.req.method === "HEAD") return serve(c);
    const why = `Method is ${c.req.method.slice(0, MAX_REPEATED)}: ${c.req.path} is read-only`;
    return refusalResponse(refuse(405, why, { allow: "GET, HEAD" }));
  };
}
