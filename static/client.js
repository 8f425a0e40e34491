// @ts-check
/**
 * A client for Parley that cannot lose a message, for browsers, Deno, Node 22 and Bun. It needs this file and the folder
 * `client/` beside it, and nothing else. What is said is kept until the room's log has it; what is told comes in order and
 * once, over as many connections as it takes. The protocol is docs/protocol.md.
 *
 * ```js
 * import { connect } from "./client.js";
 *
 * using chat = connect("ws://127.0.0.1:8080/ws", { name: "Ann" });
 * const lobby = chat.join("lobby");
 * await lobby.say("hello").sent;
 * ```
 * @module
 */

import { Chat } from "./client/chat.js";

export { Chat };
export { Delivery } from "./client/delivery.js";
export { ChatError, ClosedError, DisconnectedError, RefusedError } from "./client/errors.js";
export { Room } from "./client/room.js";
export { Timeline } from "./client/timeline.js";
export { Feed, Value } from "./client/values.js";

/**
 * Begins a conversation. It connects in the background, and comes back by itself until it is closed.
 * @param {string | URL} url Of the chat, such as `wss://chat.example/ws`; `http:` and `https:` are understood as well.
 * @param {import("./client/chat.js").ChatOptions} [options]
 * @returns {Chat}
 */
export function connect(url, options = {}) {
  const address = new URL(url);
  address.protocol = address.protocol.replace(/^http/, "ws");
  if (!/^wss?:$/.test(address.protocol)) {
    throw new TypeError(`Cannot connect: the address must begin with ws: or wss: received ${url}`);
  }
  address.hash = "";
  return new Chat(address.href, options);
}
