/**
 * Which server a connection has reached, and whether that server takes writes. Promoted replicas and demoted masters keep
 * their connections and do not notify clients, so each connection has to ask. A virtual address or a managed name can also
 * lead to another server while the old one still answers.
 * @module
 */
import { ErrorReply } from "@redis/client";
import type { Alarm } from "./alarm.ts";
import { askOnce } from "./ask.ts";
import type { Login } from "./client.ts";

/** What a server reports about itself. */
export interface ServerIdentity {
  /** Changes at each start; empty if the server does not report it. */
  readonly runId: string;
  /** Why it takes no writes; undefined if it does. */
  readonly refusal: string | undefined;
}

/** The server is a replica, is still loading, or is no longer the one that the address leads to. */
export class NotMaster extends Error {
  /** For logs; tell it by `instanceof`. */
  override readonly name = "NotMaster";
}

/** Sends a command and resolves with the answer. */
export type Send = (command: readonly string[]) => Promise<unknown>;

/** A demoted server is left within this time, one that the address no longer leads to within twice this time. */
const WATCH_MS = 2_000;
const IDENTITY = ["INFO", "server", "replication", "persistence"] as const;
/** First words of the errors of a server that is not a master, or not yet. */
const DEMOTED = new Set(["READONLY", "MASTERDOWN", "LOADING", "UNBLOCKED"]);

/** Whether a server has answered that it does not take writes. */
export function isDemoted(error: unknown): boolean {
  return error instanceof ErrorReply && DEMOTED.has(error.message.split(" ", 1)[0] ?? "");
}

/** The server's identity; undefined if it does not answer, because of an ACL or a long-running script. */
export async function identify(send: Send): Promise<ServerIdentity | undefined> {
  try {
    return readIdentity(String(await send(IDENTITY)));
  } catch (error) {
    if (isDemoted(error)) throw new NotMaster(`the server takes no writes: ${String(error)}`);
    if (error instanceof ErrorReply) return undefined;
    throw error;
  }
}

/** The identity in an answer to INFO. */
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

/** Throws {@linkcode NotMaster} if the server takes no writes. @param at For the message. */
export function assertMaster(identity: ServerIdentity | undefined, at: string): void {
  if (identity?.refusal === undefined) return;
  throw new NotMaster(`the server at ${at} takes no writes: ${identity.refusal}`);
}

/** A connection whose server is watched. */
export interface WatchedServer {
  /** Sends commands over the connection. */
  readonly send: Send;
  /** The identity when the connection was opened. */
  readonly identity: ServerIdentity | undefined;
  /** The address. */
  readonly at: string;
  /** Used to check, over a new connection, which server answers at the address now; undefined to skip that. */
  readonly login: Login | undefined;
  /** Rings to check sooner than usual. */
  readonly alarm: Alarm;
}

/** Rejects when the server no longer takes writes or the address leads to another master; pending until then. */
export async function watchServer(server: WatchedServer, signal: AbortSignal): Promise<never> {
  for (let look = 1; !signal.aborted; look++) {
    await server.alarm.wait(WATCH_MS, signal);
    if (signal.aborted) break;
    assertMaster(await identifyIfAnswered(server.send), server.at);
    if (look % 2 === 0) await assertSame(server);
  }
  return new Promise(() => {});
}

/** Ignores other errors: a lost connection reports that itself, and a full queue is not a lost connection. */
async function identifyIfAnswered(send: Send): Promise<ServerIdentity | undefined> {
  try {
    return await identify(send);
  } catch (error) {
    if (error instanceof NotMaster) throw error;
    return undefined;
  }
}

async function assertSame({ login, identity, at }: WatchedServer): Promise<void> {
  if (login === undefined || !identity?.runId) return;
  // If no server answers there, or only a replica, the present server is the best choice.
  const other = await identify((command) => askOnce(login, [command])).catch(() => undefined);
  if (!other?.runId || other.refusal !== undefined || other.runId === identity.runId) return;
  throw new NotMaster(`the address ${at} leads to another server`);
}
