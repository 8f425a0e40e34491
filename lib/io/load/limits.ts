/**
 * What a Parley allows one connection, as it says itself in its hello: a load that is to be carried keeps to it.
 * @module
 */
import { within } from "../within.ts";
import { SUBPROTOCOL } from "./dialogues.ts";
import { Link } from "./link.ts";
import { ConnectFailed, Target } from "./target.ts";

/** The limits that a load can run into. */
export interface ServerLimits {
  /** Requests of one connection; 0 for no limit. */
  readonly messagesPerSecond: number;
  /** Of one connection, in UTF-8; 0 for no limit. */
  readonly bytesPerSecond: number;
  /** In UTF-8. */
  readonly maxTextBytes: number;
}

const ANSWER_MS = 10_000;
const decoder = new TextDecoder();

/** Connects and says hello. Undefined where the server tells no limits; rejects with ConnectFailed where it does not answer. */
export async function askLimits(url: string): Promise<ServerLimits | undefined> {
  const opened = await (await Target.at(url, SUBPROTOCOL)).open();
  const { promise, resolve, reject } = Promise.withResolvers<string>();
  const link = new Link(opened, {
    message: (bytes, from, to) => resolve(decoder.decode(bytes.subarray(from, to))),
    ended: (code) => reject(new ConnectFailed(`The server closed the connection with ${code}`)),
  });
  const run = link.run(opened.rest);
  link.send('{"type":"hello","id":"limits"}');
  try {
    return limitsIn(await within(ANSWER_MS, "The server did not answer hello", promise));
  } finally {
    link.cut();
    await run;
  }
}

function limitsIn(message: string): ServerLimits | undefined {
  const numberOf = (name: string) => {
    const digits = new RegExp(`"${name}":(\\d{1,15})\\b`).exec(message)?.[1];
    return digits === undefined ? undefined : Number(digits);
  };
  const messagesPerSecond = numberOf("messagesPerSecond");
  const maxTextBytes = numberOf("maxTextBytes");
  // An older server tells none, and has none.
  const bytesPerSecond = numberOf("bytesPerSecond") ?? 0;
  return messagesPerSecond === undefined || maxTextBytes === undefined
    ? undefined
    : { messagesPerSecond, bytesPerSecond, maxTextBytes };
}
