/**
 * Which server a connection has reached, and whether that server takes writes. A promoted replica keeps its connections,
 * and a demoted master keeps them too: neither tells its clients, so a connection has to ask. A server behind a virtual
 * address or a managed name may also stop being the one that the address leads to while it still answers.
 * @module
 */
import { ErrorReply } from "@redis/client";
import type { Alarm } from "./alarm.ts";
import { askOnce } from "./ask.ts";
import type { Login } from "./client.ts";

/** What a server says of itself. */
export interface ServerIdentity {
  /** Another one after each start; empty where the server does not tell. */
  readonly runId: string;
  /** Why it takes no writes; undefined where it takes them. */
  readonly refusal: string | undefined;
}

/** The server is a replica, is still loading, or is not the one that the address leads to. */
export class NotMaster extends Error {
  /** For logs; tell it by `instanceof`. */
  override readonly name = "NotMaster";
}

/** Sends a command and resolves with the answer. */
export type Send = (command: readonly string[]) => Promise<unknown>;

/** A demoted server is left within so long, one that the address no longer leads to within twice that. */
const WATCH_MS = 2_000;
const IDENTITY = ["INFO", "server", "replication", "persistence"] as const;
/** The first word of errors by which a server says that it is no master, or not yet. */
const DEMOTED = new Set(["READONLY", "MASTERDOWN", "LOADING", "UNBLOCKED"]);

/** Whether a server has answered that it does not take writes. */
export function isDemoted(error: unknown): boolean {
  return error instanceof ErrorReply && DEMOTED.has(error.message.split(" ", 1)[0] ?? "");
}

/** What the server says of itself; undefined where it does not answer that: an ACL forbids it, or a script runs for long. */
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

/** Throws {@linkcode NotMaster} where the server takes no writes. @param at For the message. */
export function assertMaster(identity: ServerIdentity | undefined, at: string): void {
  if (identity?.refusal === undefined) return;
  throw new NotMaster(`the server at ${at} takes no writes: ${identity.refusal}`);
}

/** A connection whose server is watched. */
export interface WatchedServer {
  /** Asks over the connection. */
  readonly send: Send;
  /** As it was when the connection was opened. */
  readonly identity: ServerIdentity | undefined;
  /** Where the connection leads. */
  readonly at: string;
  /** Also asks over a new connection who answers at the address by now; undefined where something else knows it. */
  readonly login: Login | undefined;
  /** Rings when it is to be asked sooner than usual. */
  readonly alarm: Alarm;
}

/** Rejects when the server takes no writes any more or the address leads to another master; until then it is pending. */
export async function watchServer(server: WatchedServer, signal: AbortSignal): Promise<never> {
  for (let look = 1; !signal.aborted; look++) {
    await server.alarm.wait(WATCH_MS, signal);
    if (signal.aborted) break;
    assertMaster(await identifyIfAnswered(server.send), server.at);
    if (look % 2 === 0) await assertSame(server);
  }
  return new Promise(() => {});
}

/** A connection that is lost says so itself, and one whose queue is full is not lost. */
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
  // While nobody answers there, the server that is known is the best that there is. A replica that answers is no place
  // to go to either.
  const other = await identify((command) => askOnce(login, [command])).catch(() => undefined);
  if (!other?.runId || other.refusal !== undefined || other.runId === identity.runId) return;
  throw new NotMaster(`the address ${at} leads to another server`);
}
