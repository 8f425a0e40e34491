/**
 * Which path leads where. Trailing slashes on the socket paths work, since proxies make them, and an upgrade on `/` is
 * the echo, since that is where the echo server of the write-ups stands behind nginx and httpd.
 * @module
 */
import { type Context, Hono } from "hono";
import { getPath } from "hono/utils/url";
import type { Wish } from "../chat/text_conversation.ts";
import type { Clock } from "../chat/clock.ts";
import type { AddressBuckets } from "../core/address_buckets.ts";
import { admissionKey, EXEMPT } from "../core/admissions.ts";
import { type Cidr, type Source, sourceOf } from "../core/addresses.ts";
import {
  asksForUpgrade,
  authorityAsked,
  chooseSubprotocol,
  refuse,
  refuseBadHost,
} from "../core/handshake.ts";
import type { HostCheck } from "../core/hosts.ts";
import { SUBPROTOCOL } from "../core/protocol.ts";
import { refusalAnswer } from "./answers.ts";
import type { Door } from "./door.ts";
import {
  detailedAnswers,
  type HealthSources,
  isAuthorized,
  publicAnswers,
} from "./health_answers.ts";
import { type Page, servePage } from "./pages.ts";
import { queryOf, wishOf } from "./query.ts";
import type { Entrance } from "./socket.ts";

/** What stands behind the paths. */
export interface Places {
  /** Where sockets come in. */
  readonly door: Door;
  /** What `/s` begins; null where it is off. */
  readonly echo: ((prefix: string) => Entrance) | null;
  /** What `/ws` begins, in plain text. */
  readonly text: (wish: Wish) => Entrance;
  /** What `/ws` begins, in the subprotocol. */
  readonly json: Entrance;
  /** By their paths. */
  readonly pages: ReadonlyMap<string, Page>;
  /** What `/healthz`, `/readyz` and `/metrics` report. */
  readonly health: HealthSources;
  /** The token that opens their details here; null for none. */
  readonly adminToken: string | null;
  /** Checks the host of each request. */
  readonly hosts: HostCheck;
  /** Limits the requests of each address; undefined for no limit. */
  readonly requests: AddressBuckets | undefined;
  /** For that limit. */
  readonly clock: Pick<Clock, "now">;
  /** Whose forwarded headers are believed. */
  readonly trustProxy: readonly Cidr[];
}

/** A request, and the address that it comes from. */
export type Answerer = (request: Request, remote: string) => Response | Promise<Response>;

type Bindings = { Bindings: Source };
type Enter = (request: Request, source: Source) => Response | Promise<Response>;

/** Longest URL that is accepted, in characters. The service's own URLs have fewer than 500. */
const MAX_URL_LENGTH = 8_192;
const LONG_URL = refuse(414, `The URL has more than ${MAX_URL_LENGTH} characters`);
/** Number of characters of a path that an answer repeats. */
const MAX_REPEATED = 200;

/** The paths of the service. */
export function routes(places: Places): Answerer {
  const app = new Hono<Bindings>();
  const sockets = socketAnswerers(places);
  const { toEcho } = sockets;
  const nothing = ({ req }: Context<Bindings>) =>
    refusalAnswer(refuse(404, `Nothing is at ${req.path.slice(0, MAX_REPEATED)}`));
  app.all("/", (c, next) => {
    if (!asksForUpgrade(c.req.raw)) return next();
    return toEcho ? toEcho(c.req.raw, c.env) : nothing(c);
  });
  const known = detailedAnswers(places.health);
  for (const [path, answer] of publicAnswers(places.health, places.adminToken !== null)) {
    app.all(
      path,
      reading((c) => {
        const mayKnow = isAuthorized(c.req.raw.headers, places.adminToken);
        return (mayKnow ? known.get(path) ?? answer : answer)();
      }),
    );
  }
  const isShown = (path: string) => toEcho !== undefined || !ECHO_PAGE.test(path);
  for (const path of MOVED.filter(isShown)) {
    app.all(path, reading((c) => c.redirect("echo.html", 301)));
  }
  for (const [path, page] of [...places.pages].filter(([path]) => isShown(path))) {
    app.all(path, reading((c) => servePage(page, c.req.raw.headers)));
  }
  // To the listener, which says it in the log.
  app.onError((error) => {
    throw error;
  });
  app.notFound(nothing);
  return (request, remote) => {
    if (request.url.length > MAX_URL_LENGTH) return refusalAnswer(LONG_URL);
    // First of all, since a Host such as `a/b` has already changed the path by which the request would be led.
    const badHost = refuseBadHost(request);
    if (badHost) return refusalAnswer(badHost);
    const source = sourceOf(remote, request.headers.get("x-forwarded-for"), places.trustProxy);
    if (isTooOften(source.address, places)) return refusalAnswer(TOO_OFTEN);
    const notServed = places.hosts.refusal(authorityAsked(request, source.viaTrustedProxy));
    if (notServed) return refusalAnswer(notServed);
    // Not through the router: a storm of connections is when it counts what each costs.
    const enter = sockets.byPath.get(getPath(request));
    return enter ? enter(request, source) : app.fetch(request, source);
  };
}

const TOO_OFTEN = refuse(
  429,
  "Too many requests from this address (10 × HANDSHAKES_PER_SECOND)",
  { "retry-after": "1" },
);

function isTooOften(address: string, { requests, clock }: Places): boolean {
  const key = admissionKey(address);
  return requests !== undefined && key !== EXEMPT && requests.take(key, clock.now()) > 0;
}

function socketAnswerers(
  { door, echo, text, json }: Places,
): { readonly toEcho: Enter | undefined; readonly byPath: ReadonlyMap<string, Enter> } {
  const toEcho: Enter | undefined = echo === null
    ? undefined
    : (request, source) =>
      door.enter(request, source, echo(queryOf(request.url).get("prefix") ?? ""));
  const toChat: Enter = (request, source) => {
    const isJson = chooseSubprotocol(request, [SUBPROTOCOL]) !== undefined;
    return door.enter(request, source, isJson ? json : text(wishOf(request.url)));
  };
  const byPath = new Map([["/ws", toChat], ["/ws/", toChat]]);
  if (toEcho) byPath.set("/s", toEcho).set("/s/", toEcho);
  return { toEcho, byPath };
}

/** Where the echo page stood in the write-ups. */
const MOVED = ["/websocket.html", "/websockets.html"];
/** Paths that exist only for the echo. */
const ECHO_PAGE = /^\/(?:echo|websockets?)\.(?:html|js)$/;

type Serve = (c: Context<Bindings>) => Response | Promise<Response>;

/** Serves what is only read, and refuses every other method. */
function reading(serve: Serve): Serve {
  return (c) => {
    if (c.req.method === "GET" || c.req.method === "HEAD") return serve(c);
    const why = `Method is ${c.req.method.slice(0, MAX_REPEATED)}: ${c.req.path} is only read`;
    return refusalAnswer(refuse(405, why, { allow: "GET, HEAD" }));
  };
}
