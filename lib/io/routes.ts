/**
 * Which path leads where. Trailing slashes on the socket paths work, since proxies make them, and an upgrade on `/` is
 * the echo, since that is where the echo server of the write-ups stands behind nginx and httpd.
 * @module
 */
import { type Context, Hono } from "hono";
import { getPath } from "hono/utils/url";
import type { Census } from "../chat/heartbeat.ts";
import type { Wish } from "../chat/text_conversation.ts";
import { EXPOSITION_TYPE } from "../core/exposition.ts";
import { asksForUpgrade, chooseSubprotocol, refuse, refuseBadHost } from "../core/handshake.ts";
import { SUBPROTOCOL } from "../core/protocol.ts";
import { jsonAnswer, refusalAnswer, textAnswer } from "./answers.ts";
import type { Door } from "./door.ts";
import { type Page, servePage } from "./pages.ts";
import type { Readiness } from "./readiness.ts";
import type { Entrance } from "./socket.ts";

/** What stands behind the paths. */
export interface Places {
  /** Where sockets come in. */
  readonly door: Door;
  /** What `/s` begins. */
  readonly echo: (prefix: string) => Entrance;
  /** What `/ws` begins, in plain text. */
  readonly text: (wish: Wish) => Entrance;
  /** What `/ws` begins, in the subprotocol. */
  readonly json: Entrance;
  /** By their paths. */
  readonly pages: ReadonlyMap<string, Page>;
  /** What `/healthz` counts. */
  readonly census: () => Promise<Census>;
  /** What `/readyz` tells. */
  readonly readiness: () => Promise<Readiness>;
  /** What `/metrics` tells. */
  readonly metrics: () => Promise<string>;
}

/** A request, and the address that it comes from. */
export type Answerer = (request: Request, remote: string) => Response | Promise<Response>;

type Bindings = { Bindings: { readonly remote: string } };

/** Longest URL that is looked at, in characters. The longest of the service's own are those of `/ws`, below 500. */
const MAX_URL_LENGTH = 8_192;
const LONG_URL = refuse(414, `The URL has more than ${MAX_URL_LENGTH} characters`);
/** Number of characters of a path that are repeated to who asks for it. */
const MAX_REPEATED = 200;

/** The paths of the service. */
export function routes(places: Places): Answerer {
  const app = new Hono<Bindings>();
  const sockets = socketAnswerers(places);
  const { toEcho } = sockets;
  app.all("/", (c, next) => asksForUpgrade(c.req.raw) ? toEcho(c.req.raw, c.env.remote) : next());
  app.all("/healthz", reading(async () => sayHealth(await places.census())));
  app.all("/readyz", reading(async () => sayReadiness(await places.readiness())));
  app.all("/metrics", reading(async () => sayMetrics(await places.metrics())));
  for (const path of MOVED) app.all(path, reading((c) => c.redirect("echo.html", 301)));
  for (const [path, page] of places.pages) {
    app.all(path, reading((c) => servePage(page, c.req.raw.headers)));
  }
  // To the listener, which says it in the log.
  app.onError((error) => {
    throw error;
  });
  app.notFound((c) =>
    refusalAnswer(refuse(404, `Nothing is at ${c.req.path.slice(0, MAX_REPEATED)}`))
  );
  return (request, remote) => {
    if (request.url.length > MAX_URL_LENGTH) return refusalAnswer(LONG_URL);
    // First of all, since a Host such as `a/b` has already changed the path by which the request would be led.
    const badHost = refuseBadHost(request);
    if (badHost) return refusalAnswer(badHost);
    // Not through the router: a storm of connections is when it counts what each costs.
    const enter = sockets.byPath.get(getPath(request));
    return enter ? enter(request, remote) : app.fetch(request, { remote });
  };
}

function socketAnswerers(
  { door, echo, text, json }: Places,
): { readonly toEcho: Answerer; readonly byPath: ReadonlyMap<string, Answerer> } {
  const toEcho: Answerer = (request, remote) =>
    door.enter(request, remote, echo(queryOf(request.url).get("prefix") ?? ""));
  const toChat: Answerer = (request, remote) => {
    const isJson = chooseSubprotocol(request, [SUBPROTOCOL]) !== undefined;
    return door.enter(request, remote, isJson ? json : text(wishOf(request.url)));
  };
  const byPath = new Map([["/s", toEcho], ["/s/", toEcho], ["/ws", toChat], ["/ws/", toChat]]);
  return { toEcho, byPath };
}

function wishOf(url: string): Wish {
  const query = queryOf(url);
  const asked = (field: string) => query.get(field) ?? undefined;
  return {
    name: asked("name"),
    room: asked("room"),
    since: asked("since"),
    history: asked("history"),
    notices: asked("notices"),
  };
}

// Not by Hono's `getQueryParam()`, which looks for a `=` to the end of the URL from each `&` anew (4.13.19).
function queryOf(url: string): URLSearchParams {
  const start = url.indexOf("?");
  return new URLSearchParams(start < 0 ? "" : url.slice(start));
}

/** Where the echo page stood in the write-ups. */
const MOVED = ["/websocket.html", "/websockets.html"];

type Serve = (c: Context<Bindings>) => Response | Promise<Response>;

/** Serves what is only read, and refuses every other method. */
function reading(serve: Serve): Serve {
  return (c) => {
    if (c.req.method === "GET" || c.req.method === "HEAD") return serve(c);
    const why = `Method is ${c.req.method.slice(0, MAX_REPEATED)}: ${c.req.path} is only read`;
    return refusalAnswer(refuse(405, why, { allow: "GET, HEAD" }));
  };
}

function sayHealth(connections: Census): Response {
  return jsonAnswer({ status: "ok", connections });
}

function sayMetrics(text: string): Response {
  return textAnswer(text, 200, { "content-type": EXPOSITION_TYPE, "cache-control": "no-store" });
}

function sayReadiness(readiness: Readiness): Response {
  if (readiness.ready) return jsonAnswer({ status: "ready" });
  return jsonAnswer({ status: "not ready", reason: readiness.why }, 503);
}
