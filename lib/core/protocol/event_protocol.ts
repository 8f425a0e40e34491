/**
 * Frames as server-sent events (HTML Standard, section 9.2). An event has the type of its frame, the frame as JSON, and as its id
 * what the client has then: a browser sends it back as `Last-Event-ID` when it reconnects. Only entries of the log and their
 * losses are events; a stream of one room has positions as ids, a stream of several lists them.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * const text = eventEncoder.encode({
 *   type: "lost", room: "den", after: "e:1", until: "e:4", reason: "too_old",
 * });
 * assert.ok(text?.startsWith("id: e:4\nevent: lost\ndata: {"));
 * assert.deepEqual([...parseStreamId("den=e:4,caf%C3%A9=e:7") ?? []].length, 2);
 * assert.equal(streamId(new Map([["den", "e:4"]])), "den=e:4");
 * ```
 * @module
 */
import type { FrameEncoder } from "./encoder.ts";
import type { Frame } from "./frames.ts";

/** The type of the body. */
export const EVENT_STREAM_TYPE = "text/event-stream";

/** A comment, which keeps proxies and clients from giving the stream up. */
export const KEEP_ALIVE = ":\n\n";

/** For streams of one room. */
export const eventEncoder: FrameEncoder = {
  encode: (frame) => encodeWith(frame, (_room, position) => position),
  // A blank line between two events does nothing.
  canBatch: true,
};

/** For streams of several rooms: the stream replaces the id of each event by a list; see {@linkcode streamId}. */
export const roomsEventEncoder: FrameEncoder = {
  encode: (frame) => encodeWith(frame, streamIdPart),
  canBatch: false,
};

/** An event that is no entry. @param id What the client has then; undefined if that does not change. */
export function serverSentEvent(type: string, data: unknown, id?: string): string {
  const idLine = id === undefined ? "" : `id: ${id}\n`;
  return `${idLine}event: ${type}\ndata: ${JSON.stringify(data)}\n\n`;
}

/** Sets what the client has, without an event. */
export function idText(id: string): string {
  return `id: ${id}\n\n`;
}

/** Sets the time after which a client reconnects, in milliseconds. */
export function retryText(ms: number): string {
  return `retry: ${Math.round(ms)}\n\n`;
}

/**
 * The same, spread at random, up to three times as long: the clients of a service that comes back do not all reconnect at once.
 *
 * @param random A number in [0, 1).
 */
export function spreadRetryText(ms: number, random: number): string {
  return retryText(ms * (1 + 2 * random));
}

/** The id of a stream of several rooms. @param positions By room. */
export function streamId(positions: ReadonlyMap<string, string>): string {
  return [...positions].map(([room, position]) => streamIdPart(room, position)).join(",");
}

/** The positions in an id of {@linkcode streamId}, by room; undefined if it is none. */
export function parseStreamId(id: string): ReadonlyMap<string, string> | undefined {
  const positions = new Map<string, string>();
  for (const part of id.split(",")) {
    const [room, position, ...rest] = part.split("=");
    const name = room === undefined ? undefined : decoded(room);
    if (!name || !position || rest.length > 0) return undefined;
    positions.set(name, position);
  }
  return positions;
}

/** The room and the position that the first line of an event of {@linkcode roomsEventEncoder} states, and what follows it. */
export function splitRoomsEvent(
  text: string,
): { readonly room: string; readonly position: string; readonly rest: string } | undefined {
  const end = text.indexOf("\n");
  const equals = text.indexOf("=");
  if (!text.startsWith(ID_LINE) || equals < 0 || equals > end) return undefined;
  const room = decoded(text.slice(ID_LINE.length, equals));
  if (!room) return undefined;
  return { room, position: text.slice(equals + 1, end), rest: text.slice(end + 1) };
}

const ID_LINE = "id: ";

function encodeWith(
  frame: Frame,
  idOf: (room: string, position: string) => string,
): string | undefined {
  switch (frame.type) {
    case "said":
    case "edited":
    case "deleted":
    case "reacted":
    case "renamed":
    case "hidden":
      return serverSentEvent(frame.type, frame, idOf(frame.room, frame.position));
    case "lost":
      return serverSentEvent(frame.type, frame, idOf(frame.room, frame.until));
    default:
      return undefined;
  }
}

// Headers carry ASCII. Rooms have neither commas nor equals signs.
function streamIdPart(room: string, position: string): string {
  return `${encodeURIComponent(room)}=${position}`;
}

function decoded(text: string): string | undefined {
  try {
    return decodeURIComponent(text);
  } catch {
    return undefined;
  }
}
