/**
 * How Parley is spoken to, in each of its three conversations. Other servers' ways stand with those who compare them.
 * @module
 */
import type { Dialogue } from "./plan.ts";

/** As in `core/protocol.ts`, which brings all schemas along. */
export const SUBPROTOCOL = "chat.v1.json";

/**
 * `chat.v1.json` on `/ws`: says hello, joins the room, and hears it from `joined` on.
 * @param name Begins the members' names; the number comes after it.
 */
export function chatDialogue(room: string, name = "m"): Dialogue {
  return {
    subprotocol: SUBPROTOCOL,
    opening: (index) => [
      `{"type":"hello","id":"hello","name":"${name}${index}"}\n{"type":"join","id":"join","room":"${room}"}`,
    ],
    isReady: (message) => message.includes('"type":"joined"'),
    // The server puts a ping into a message of its own, or beside other answers; never beside what was said.
    answer: (message) => message.includes('{"type":"ping"}') ? '{"type":"pong"}' : undefined,
    say: (text, id) => `{"type":"say","id":"${id}","room":"${room}","text":"${text}"}`,
  };
}

/** Plain text on `/ws`; the room stands in the address, as `?room=`. */
export function textDialogue(): Dialogue {
  return { opening: () => [], say: (text) => text };
}

/** The echo on `/s`, where everybody hears only what it says itself. */
export function echoDialogue(): Dialogue {
  return textDialogue();
}
