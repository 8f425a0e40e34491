/**
 * Redirects by the servers of a cluster (Redis Cluster specification, "Redirection and resharding"). A slot moves key by
 * key, so a room can be on two servers for a while: a command that needs all its keys must wait until they are on one.
 * @module
 */
import { ErrorReply } from "@redis/client";
import type { RedisHost } from "../../../core/config/redis_url.ts";

/** What to do with a redirected command. */
export type Redirect =
  /** The slot is now on another server. */
  | { readonly kind: "moved" }
  /** Send only this command to another server, after ASKING. */
  | { readonly kind: "ask"; readonly to: RedisHost }
  /** The keys are on two servers at the moment: retry. */
  | { readonly kind: "wait" };

/** Parses the redirect in an error; undefined for other errors. @param answeredBy The server that replied. */
export function redirectOf(error: unknown, answeredBy?: RedisHost): Redirect | undefined {
  if (!(error instanceof ErrorReply)) return undefined;
  const [word, , address = ""] = error.message.split(" ", 3);
  if (word === "MOVED") return { kind: "moved" };
  if (word === "TRYAGAIN") return { kind: "wait" };
  if (word !== "ASK") return undefined;
  const colon = address.lastIndexOf(":");
  const port = Number(address.slice(colon + 1));
  if (colon < 0 || !Number.isSafeInteger(port)) return undefined;
  // A server that does not know its own name leaves the host empty: it means the host that replied.
  const host = address.slice(0, colon) || answeredBy?.host;
  return host === undefined ? undefined : { kind: "ask", to: { host, port } };
}
