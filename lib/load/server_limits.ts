/**
 * Reads the rate limits of a Parley server from its hello, so that a load can stay within them.
 * @module
 */
import { withTimeout } from "../io/timeout.ts";
import { CHAT_SUBPROTOCOL } from "./protocols.ts";
import { LoadConnection } from "./ws/connection.ts";
import { ConnectFailed, HandshakeTarget } from "./ws/handshake.ts";

/** The limits that a load can run into. */
export interface ServerLimits {
  /** Maximum number of requests per second from one connection; 0 for no limit. */
  readonly messagesPerSecond: number;
  /** Maximum number of UTF-8 bytes per second from one connection; 0 for no limit. */
  readonly bytesPerSecond: number;
  /** Maximum number of rooms for one connection; unlimited for older servers, which do not say. */
  readonly maxRooms: number;
  /** Maximum length of a text, in UTF-8. */
  readonly maxTextBytes: number;
}

const ANSWER_MS = 10_000;
const decoder = new TextDecoder();

/**
 * Connects and sends `hello`. Undefined if the reply has no limits; rejects with ConnectFailed if the connection fails.
 */
export async function fetchServerLimits(url: string): Promise<ServerLimits | undefined> {
  const opened = await (await HandshakeTarget.prepare(url, CHAT_SUBPROTOCOL)).open();
  const { promise, resolve, reject } = Promise.withResolvers<string>();
  const connection = new LoadConnection(opened, {
    onMessage: (bytes, from, to) => resolve(decoder.decode(bytes.subarray(from, to))),
    onEnded: (code) => reject(new ConnectFailed(`The server closed the connection with ${code}`)),
  });
  const run = connection.run(opened.leftover);
  connection.send('{"type":"hello","id":"limits"}');
  try {
    return parseServerLimits(
      await withTimeout(ANSWER_MS, "The server did not answer hello", promise),
    );
  } finally {
    connection.abort();
    await run;
  }
}

function parseServerLimits(message: string): ServerLimits | undefined {
  const numberOf = (name: string) => {
    const digits = new RegExp(`"${name}":(\\d{1,15})\\b`).exec(message)?.[1];
    return digits === undefined ? undefined : Number(digits);
  };
  const messagesPerSecond = numberOf("messagesPerSecond");
  const maxTextBytes = numberOf("maxTextBytes");
  // Older servers report no byte limit, and have none.
  const bytesPerSecond = numberOf("bytesPerSecond") ?? 0;
  return messagesPerSecond === undefined || maxTextBytes === undefined ? undefined : {
    messagesPerSecond,
    bytesPerSecond,
    maxTextBytes,
    maxRooms: numberOf("maxRooms") ?? Infinity,
  };
}
