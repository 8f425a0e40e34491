/**
 * The orders for the load process, as JSON. They contain protocols by name, because functions cannot be sent.
 * @module
 */
import {
  type ClientProtocol,
  jsonClientProtocol,
  jsonRoomsProtocol,
  type LoadPlan,
  type Pace,
  textChatProtocol,
  textClientProtocol,
} from "../../../lib/load/mod.ts";

export type { ClientProtocol, LoadPlan, Pace };

/** The client's protocol: plain text of any server or of ours, Socket.IO, or our JSON, in one room or in some of many. */
export type WireProtocol =
  | { readonly kind: "text" }
  | { readonly kind: "text chat" }
  | { readonly kind: "socket.io" }
  | { readonly kind: "json"; readonly room: string; readonly name?: string }
  | { readonly kind: "rooms"; readonly groups: number; readonly each: number }
  | { readonly kind: "elsewhere"; readonly rooms: number; readonly each: number };

/** One order. */
export type LoadOrder =
  | {
    readonly kind: "load";
    readonly tongue: WireProtocol;
    readonly plan: Omit<LoadPlan, "protocol">;
  }
  | {
    readonly kind: "idle";
    readonly tongue: WireProtocol;
    readonly url: string;
    readonly count: number;
    readonly connectsAtOnce: number;
  }
  | {
    readonly kind: "storm";
    readonly url: string;
    readonly count: number;
    readonly connectsAtOnce: number;
  };

/** The protocol of that name. */
export function clientProtocolOf(wire: WireProtocol): ClientProtocol {
  switch (wire.kind) {
    case "text":
      return textClientProtocol();
    case "text chat":
      return textChatProtocol();
    case "json":
      return jsonClientProtocol(wire.room, wire.name);
    case "rooms":
      return jsonRoomsProtocol("room", wire.groups, wire.each);
    case "socket.io":
      return socketIo();
    case "elsewhere":
      return elsewhere(wire.rooms, wire.each);
  }
}

/** Engine.IO 4 with Socket.IO 5 on top: leading digits give the type of a message. */
function socketIo(): ClientProtocol {
  return {
    openingMessages: () => ["40"],
    isReady: (message) => message.startsWith("40"),
    reply: (message) => message === "2" ? "3" : undefined,
    encodeSay: (text) => `42["chat","${text}"]`,
  };
}

/** Connection number i is in `each` of `rooms` rooms, evenly, and is ready when it has joined the last of them. */
function elsewhere(rooms: number, each: number): ClientProtocol {
  const joins = (index: number) =>
    Array.from({ length: each }, (_, nth) => {
      const room = `elsewhere-${(index * each + nth) % rooms}`;
      return `{"type":"join","id":"${nth + 1}","room":"${room}"}`;
    });
  return {
    ...jsonClientProtocol("elsewhere"),
    openingMessages: (
      index,
    ) => [[`{"type":"hello","id":"hello","name":"e${index}"}`, ...joins(index)].join("\n")],
    isReady: (message) => message.includes(`"type":"joined","id":"${each}"`),
  };
}
