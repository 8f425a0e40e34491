/**
 * Redirections by servers of a cluster (Redis Cluster specification, "Redirection and resharding"). While a slot moves key
 * by key, a room can be on two servers: a command that needs all its keys waits until they are on one.
 * @module
 */
import { ErrorReply } from "@redis/client";
import type { RedisHost } from "../../core/redis_url.ts";

/** What to do instead. */
export type Redirect =
  /** The slot is now on another server. */
  | { readonly kind: "moved" }
  /** Only this command is for another server, after ASKING. */
  | { readonly kind: "ask"; readonly to: RedisHost }
  /** The keys are on two servers just now. */
  | { readonly kind: "wait" };

/** The redirection in an error; undefined for other errors. @param asked The server that answered. */
export function redirectOf(error: unknown, asked?: RedisHost): Redirect | undefined {
  if (!(error instanceof ErrorReply)) return undefined;
  const [word, , address = ""] = error.message.split(" ", 3);
  if (word === "MOVED") return { kind: "moved" };
  if (word === "TRYAGAIN") return { kind: "wait" };
  if (word !== "ASK") return undefined;
  const colon = address.lastIndexOf(":");
  const port = Number(address.slice(colon + 1));
  if (colon < 0 || !Number.isSafeInteger(port)) return undefined;
  // A server that does not know its own name leaves the host empty, which means the host that was asked.
  const host = address.slice(0, colon) || asked?.host;
  return host === undefined ? undefined : { kind: "ask", to: { host, port } };
}
