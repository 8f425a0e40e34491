/**
 * Parley's three client protocols. Those of other servers are in `bench/`, with the comparisons.
 * @module
 */
import type { ClientProtocol } from "./plan.ts";

/** As in `core/protocol/json_protocol.ts`, which is not imported because it loads all schemas. */
export const CHAT_SUBPROTOCOL = "chat.v1.json";

/**
 * `chat.v1.json` on `/ws`: sends `hello` and `join`, and is ready when it receives `joined`.
 *
 * @param name Prefix of the members' names, before the index.
 */
export function jsonClientProtocol(room: string, name = "m"): ClientProtocol {
  return jsonProtocolIn(() => [room], name);
}

/**
 * The same in many rooms, `each` for every member. The rooms of a group, by {@linkcode LoadPlan.groups}, have all of its members.
 *
 * @param room Prefix of the rooms' names.
 */
export function jsonRoomsProtocol(room: string, groups: number, each: number): ClientProtocol {
  const roomsOf = (index: number) =>
    Array.from({ length: each }, (_, nth) => `${room}-${index % groups * each + nth}`);
  return { ...jsonProtocolIn(roomsOf, "m"), rooms: each };
}

/** What a connection has learned from the server. */
interface JsonMember {
  joined: number;
  /** Its newest session token. */
  resume: string | undefined;
  afterMs: number;
}

function jsonProtocolIn(
  roomsOf: (index: number) => readonly string[],
  name: string,
): ClientProtocol {
  const members = new Map<number, JsonMember>();
  const memberAt = (index: number): JsonMember => {
    const member = members.get(index) ?? { joined: 0, resume: undefined, afterMs: 0 };
    members.set(index, member);
    return member;
  };
  return {
    subprotocol: CHAT_SUBPROTOCOL,
    openingMessages: (index) => {
      const member = memberAt(index);
      Object.assign(member, { joined: 0, afterMs: 0 });
      const who = member.resume === undefined
        ? `"name":"${name}${index}"`
        : `"resume":"${member.resume}"`;
      const joins = roomsOf(index).map((room) => `{"type":"join","id":"join","room":"${room}"}`);
      return [[`{"type":"hello","id":"hello",${who}}`, ...joins].join("\n")];
    },
    isReady: (message, index) => {
      const member = memberAt(index);
      member.joined += message.split('{"type":"joined"').length - 1;
      return member.joined >= roomsOf(index).length;
    },
    reply: (message, index) => {
      const member = memberAt(index);
      if (message.includes('{"type":"hello"')) {
        member.resume = /"resume":"([^"]+)"/.exec(message)?.[1];
      }
      const afterMs = /\{"type":"retry","afterMs":(\d{1,9})\b/.exec(message)?.[1];
      if (afterMs !== undefined) member.afterMs = Number(afterMs);
      // The server sends a ping in a message of its own or with other replies, never with texts.
      return message.includes('{"type":"ping"}') ? '{"type":"pong"}' : undefined;
    },
    encodeSay: (text, id, publisher, seq) => {
      const rooms = roomsOf(publisher);
      return `{"type":"say","id":"${id}","room":"${rooms[seq % rooms.length]}","text":"${text}"}`;
    },
    afterMs: (index) => memberAt(index).afterMs,
  };
}

/**
 * Plain text on Parley's `/ws`; the URL names the room, as `?room=`. A member joins some time after its connection has
 * opened, so it asks who is there, which is answered when it has joined. A question is refused if that takes long, and asked again
 * when the server says that the member has joined: members that asked at once would keep a busy server from joining them.
 */
export function textChatProtocol(): ClientProtocol {
  return {
    ...textClientProtocol(),
    openingMessages: () => ["/who"],
    isReady: (message) => /^\* \d+ here/.test(message),
    reply: (message) => message.startsWith("* joined ") ? "/who" : undefined,
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
