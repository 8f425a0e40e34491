/**
 * Where a server of a cluster sends a command that it does not answer itself (Redis Cluster specification, "Redirection and
 * resharding"). While a slot moves key by key, a room may be on two servers: what needs all its keys waits until they are
 * on one.
 * @module
 */
import { ErrorReply } from "@redis/client";
import type { RedisHost } from "../../core/redis_url.ts";

/** What to do instead. */
export type Redirect =
  /** The slot is on another server for good. */
  | { readonly kind: "moved" }
  /** This command alone is for another server, which must be told ASKING before. */
  | { readonly kind: "ask"; readonly to: RedisHost }
  /** The keys are on two servers just now. */
  | { readonly kind: "wait" };

/** What an error says of where to go; undefined where it is about something else. @param asked Who has said it. */
export function redirectOf(error: unknown, asked?: RedisHost): Redirect | undefined {
  if (!(error instanceof ErrorReply)) return undefined;
  const [word, , address = ""] = error.message.split(" ", 3);
  if (word === "MOVED") return { kind: "moved" };
  if (word === "TRYAGAIN") return { kind: "wait" };
  if (word !== "ASK") return undefined;
  const colon = address.lastIndexOf(":");
  const port = Number(address.slice(colon + 1));
  if (colon < 0 || !Number.isSafeInteger(port)) return undefined;
  // A server that does not know its own name means the one that was asked.
  const host = address.slice(0, colon) || asked?.host;
  return host === undefined ? undefined : { kind: "ask", to: { host, port } };
}
