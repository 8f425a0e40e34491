/**
 * Identifies the server of a connection, and checks whether it accepts writes. Promoted replicas and demoted masters keep
 * their connections and do not notify clients, so each connection must poll. A virtual IP or a managed DNS name can also
 * lead to another server while the old one still answers.
 * @module
 */
import { ErrorReply } from "@redis/client";
import type { PollTimer } from "./poll_timer.ts";
import { sendOnce } from "./one_shot.ts";
import type { ConnectOptions } from "./node_redis_client.ts";

/** What a server reports about itself. */
export interface ServerIdentity {
  /** Changes at each server start; empty if the server does not report it. */
  readonly runId: string;
  /** Why the server accepts no writes; undefined if it does. */
  readonly refusal: string | undefined;
}

/** Thrown if the server is a replica, is still loading, or is no longer the one at the address. */
export class NotMaster extends Error {
  /** For log records; check with `instanceof`. */
  override readonly name = "NotMaster";
}

/** Sends a command and resolves to the reply. */
export type SendCommand = (command: readonly string[]) => Promise<unknown>;

/** Interval of checks for a demotion; every second check also verifies the address. */
const CHECK_MS = 2_000;
const IDENTITY = ["INFO", "server", "replication", "persistence"] as const;
/** First words of errors from a server that is not, or not yet, a master. */
const DEMOTED = new Set(["READONLY", "MASTERDOWN", "LOADING", "UNBLOCKED"]);

/** Whether the error is a reply from a server that accepts no writes. */
export function isDemoted(error: unknown): boolean {
  return error instanceof ErrorReply && DEMOTED.has(error.message.split(" ", 1)[0] ?? "");
}

/** The server's identity; undefined if INFO is refused, by an ACL or a long-running script. */
export async function identify(send: SendCommand): Promise<ServerIdentity | undefined> {
  try {
    return readIdentity(String(await send(IDENTITY)));
  } catch (error) {
    if (isDemoted(error)) throw new NotMaster(`the server takes no writes: ${String(error)}`);
    if (error instanceof ErrorReply) return undefined;
    throw error;
  }
}

/** Parses the identity from a reply to INFO. */
export function readIdentity(info: string): ServerIdentity {
  const fields = new Map(
    info.split("\r\n").map((line): [string, string] => {
      const colon = line.indexOf(":");
      return [line.slice(0, colon), line.slice(colon + 1)];
    }),
  );
  const runId = fields.get("run_id") ?? "";
  const role = fields.get("role") ?? "master";
  if (role !== "master") return { runId, refusal: "it is a replica" };
  if (fields.get("loading") === "1") return { runId, refusal: "it is loading its data" };
  return { runId, refusal: undefined };
}

/** Throws {@linkcode NotMaster} if the server accepts no writes. @param address Used in the message. */
export function assertMaster(identity: ServerIdentity | undefined, address: string): void {
  if (identity?.refusal === undefined) return;
  throw new NotMaster(`the server at ${address} takes no writes: ${identity.refusal}`);
}

/** A connection whose server is checked at intervals. */
export interface WatchedServer {
  /** Sends commands over the connection. */
  readonly send: SendCommand;
  /** The identity when the connection was opened. */
  readonly identity: ServerIdentity | undefined;
  /** The address, for messages. */
  readonly address: string;
  /** Used to check, over a new connection, which server is at the address now; undefined to skip that check. */
  readonly connectOptions: ConnectOptions | undefined;
  /** Wakes the check early. */
  readonly timer: PollTimer;
}

/** Rejects when the server no longer accepts writes or the address leads to another master; pending until then. */
export async function watchServer(server: WatchedServer, signal: AbortSignal): Promise<never> {
  for (let round = 1; !signal.aborted; round++) {
    await server.timer.wait(CHECK_MS, signal);
    if (signal.aborted) break;
    assertMaster(await identifyIfAnswered(server.send), server.address);
    if (round % 2 === 0) await assertSame(server);
  }
  return new Promise(() => {});
}

/** Ignores errors other than {@linkcode NotMaster}: a lost connection reports itself, and a full queue is not a loss. */
async function identifyIfAnswered(send: SendCommand): Promise<ServerIdentity | undefined> {
  try {
    return await identify(send);
  } catch (error) {
    if (error instanceof NotMaster) throw error;
    return undefined;
  }
}

async function assertSame({ connectOptions, identity, address }: WatchedServer): Promise<void> {
  if (connectOptions === undefined || !identity?.runId) return;
  // If no server or only a replica answers there, keep the current server.
  const other = await identify((command) => sendOnce(connectOptions, [command])).catch(() =>
    undefined
  );
  if (!other?.runId || other.refusal !== undefined || other.runId === identity.runId) return;
  throw new NotMaster(`the address ${address} leads to another server`);
}
