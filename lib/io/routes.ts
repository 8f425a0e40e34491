/**
 * Which path leads where. Trailing slashes on the socket paths work, since proxies make them, and an upgrade on `/` is
 * the echo, since that is where the echo server of the write-ups stands behind nginx and httpd.
 * @module
 */
import { type Context, Hono } from "hono";
import type { Census } from "../chat/heartbeat.ts";
import type { Wish } from "../chat/text_conversation.ts";
import { asksForUpgrade, chooseSubprotocol, refuse, refuseBadHost } from "../core/handshake.ts";
import { SUBPROTOCOL } from "../core/protocol.ts";
import { jsonAnswer, refusalAnswer } from "./answers.ts";
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
  readonly census: () => Census;
  /** What `/readyz` tells. */
  readonly readiness: () => Promise<Readiness>;
}

/** A request, and the address that it comes from. */
export type Answerer = (request: Request, remote: string) => Response | Promise<Response>;

type Bindings = { Bindings: { readonly remote: string } };

/** The paths of the service. */
export function routes(places: Places): Answerer {
  const app = new Hono<Bindings>();
  const echo = (c: Context<Bindings>) =>
    places.door.enter(c.req.raw, c.env.remote, places.echo(c.req.query("prefix") ?? ""));
  const chat = (c: Context<Bindings>) => {
    const isJson = chooseSubprotocol(c.req.raw, [SUBPROTOCOL]) !== undefined;
    const entrance = isJson ? places.json : places.text(wishOf(c));
    return places.door.enter(c.req.raw, c.env.remote, entrance);
  };
  for (const path of ["/s", "/s/"]) app.all(path, echo);
  for (const path of ["/ws", "/ws/"]) app.all(path, chat);
  app.all("/", (c, next) => asksForUpgrade(c.req.raw) ? echo(c) : next());
  app.all("/healthz", reading(() => jsonAnswer({ status: "ok", connections: places.census() })));
  app.all("/readyz", reading(async () => sayReadiness(await places.readiness())));
  for (const path of MOVED) app.all(path, reading((c) => c.redirect("echo.html", 301)));
  for (const [path, page] of places.pages) {
    const tag = (c: Context<Bindings>) => c.req.header("if-none-match") ?? null;
    app.all(path, reading((c) => servePage(page, tag(c))));
  }
  // To the listener, which says it in the log.
  app.onError((error) => {
    throw error;
  });
  app.notFound((c) => refusalAnswer(refuse(404, `Nothing is at ${c.req.path}`)));
  return (request, remote) => {
    // First of all, since a Host such as `a/b` has already changed the path by which the request would be led.
    const badHost = refuseBadHost(request);
    return badHost ? refusalAnswer(badHost) : app.fetch(request, { remote });
  };
}

function wishOf(c: Context<Bindings>): Wish {
  const [name, room, since, history, notices] = ["name", "room", "since", "history", "notices"]
    .map((field) => c.req.query(field));
  return { name, room, since, history, notices };
}

/** Where the echo page stood in the write-ups. */
const MOVED = ["/websocket.html", "/websockets.html"];

type Serve = (c: Context<Bindings>) => Response | Promise<Response>;

/** Serves what is only read, and refuses every other method. */
function reading(serve: Serve): Serve {
  return (c) => {
    if (c.req.method === "GET" || c.req.method === "HEAD") return serve(c);
    const why = `Method is ${c.req.method}: ${c.req.path} is only read`;
    return refusalAnswer(refuse(405, why, { allow: "GET, HEAD" }));
  };
}

function sayReadiness(readiness: Readiness): Response {
  if (readiness.ready) return jsonAnswer({ status: "ready" });
  return jsonAnswer({ status: "not ready", reason: readiness.why }, 503);
}
