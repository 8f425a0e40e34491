/**
 * Parley's three client protocols. Those of other servers are in `bench/`, with the comparisons.
 * @module
 */
import type { ClientProtocol } from "./plan.ts";

/** As in `core/protocol/json_protocol.ts`, which is not imported because it loads all schemas. */
export const CHAT_SUBPROTOCOL = "chat.v1.json";

/**
 * `chat.v1.json` on `/ws`: sends `hello` and `join`, and is ready when it receives `joined`.
 * @param name Prefix of the members' names, before the index.
 */
export function jsonClientProtocol(room: string, name = "m"): ClientProtocol {
  return {
    subprotocol: CHAT_SUBPROTOCOL,
    openingMessages: (index) => [
      `{"type":"hello","id":"hello","name":"${name}${index}"}\n{"type":"join","id":"join","room":"${room}"}`,
    ],
    isReady: (message) => message.includes('"type":"joined"'),
    // The server sends a ping in a message of its own or with other replies, never with texts.
    reply: (message) => message.includes('{"type":"ping"}') ? '{"type":"pong"}' : undefined,
    encodeSay: (text, id) => `{"type":"say","id":"${id}","room":"${room}","text":"${text}"}`,
  };
}

/**
 * Plain text on Parley's `/ws`; the URL names the room, as `?room=`. A member joins some time after its connection has
 * opened, so it asks who is there, which is answered when it has joined.
 */
export function textChatProtocol(): ClientProtocol {
  return {
    ...textClientProtocol(),
    openingMessages: () => ["/who"],
    isReady: (message) => /^\* \d+ here/.test(message),
    // While joining takes long, questions are refused after a while.
    reply: (message) => message.startsWith("! not sent: not joined yet") ? "/who" : undefined,
  };
}

/** Plain text on any server where a connection is a member from the beginning. */
export function textClientProtocol(): ClientProtocol {
  return { openingMessages: () => [], encodeSay: (text) => text };
}

/** The echo on `/s`, where each connection receives only its own texts. */
export function echoClientProtocol(): ClientProtocol {
  return textClientProtocol();
}
