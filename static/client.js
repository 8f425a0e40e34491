// @ts-check
/**
 * A client for Parley that loses no messages, for browsers, Deno, Node and Bun. It needs this file, the folder `client/`
 * beside it and, on Node 20, the package `ws`. Messages are kept and resent until they are in the room's log; events arrive in
 * order and exactly once, even across reconnects. The protocol is docs/reference/protocol.md.
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

import { appUserOf } from "./client/app/app_user.js";
import { Chat } from "./client/chat.js";
import { platformWith } from "./client/connection/platform.js";
import { invitedUserOf } from "./client/member/invited_user.js";

export { Chat };
export { Delivery } from "./client/outbox/delivery.js";
export { ChatError, ClosedError, DisconnectedError, RefusedError } from "./client/errors.js";
export { Room } from "./client/room/room.js";
export { Timeline } from "./client/timeline/timeline.js";
export { Feed, Value } from "./client/observable.js";
export { kindOf } from "./client/user_kind.js";

const NO_WEBSOCKET =
  "Cannot connect: this runtime has no WebSocket (Node has one since version 22). Install the package ws and pass its class as the option WebSocket";

/**
 * Opens a chat. It connects in the background and reconnects by itself until it is closed.
 * @param {string | URL} url The service's URL, such as `wss://chat.example/ws`; `http:` and `https:` are accepted as well.
 * @param {import("./client/chat.js").ChatOptions} [options]
 * @returns {Chat} Throws a TypeError if the URL is invalid, and an Error if there is no WebSocket.
 */
export function connect(url, options = {}) {
  const address = new URL(url);
  address.protocol = address.protocol.replace(/^http/, "ws");
  if (!/^wss?:$/.test(address.protocol)) {
    throw new TypeError(`Cannot connect: the URL must begin with ws: or wss: received ${url}`);
  }
  const { WebSocket, platform = WebSocket && platformWith(WebSocket) } = options;
  if (platform === undefined && globalThis.WebSocket === undefined) throw new Error(NO_WEBSOCKET);
  address.hash = "";
  return new Chat(
    address.href,
    { ...options, platform },
    appUserOf(options) ?? invitedUserOf(options),
  );
}
