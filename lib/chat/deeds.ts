/**
 * What is done in one room on request: each request becomes a call to the bus, and what the bus answers becomes the answer.
 * @module
 */
import type { Deed, UserId } from "../core/entries.ts";
import type { FaultCode } from "../core/faults.ts";
import type { Frame } from "../core/frames.ts";
import { formatPosition } from "../core/positions.ts";
import { fault, slowDown, wirePage, withId } from "../core/protocol.ts";
import type { Request, RequestOf } from "../core/requests.ts";
import { exceedsBytes } from "../core/utf8.ts";
import { hasVisible } from "../core/visible.ts";
import {
  type Archive,
  type Bus,
  BusUnavailable,
  type Published,
  type ServingBus,
  type SlowedDown,
} from "./bus.ts";
import type { Clock } from "./clock.ts";
import { MAX_LISTED } from "./people.ts";
import type { Place } from "./place.ts";

/** What is needed to do it. */
export interface DeedContext {
  /** Where it is done. */
  readonly bus: Pick<ServingBus, "publish" | "signal"> & Pick<Bus, "whenBack"> & Archive;
  /** For what is told at most so often. */
  readonly clock: Clock;
  /** An id that was never used. */
  readonly drawId: () => string;
  /** How long a text may be, in bytes of UTF-8. */
  readonly maxMessageBytes: number;
}

/** A request that is about a room that one has joined. */
export type RoomRequest = Exclude<
  Request,
  RequestOf<"hello" | "join" | "leave" | "name" | "ping" | "pong">
>;

/** A request whose answer may be long. */
export type ReadRequest = RequestOf<"history" | "who">;

/** Whether it is a {@linkcode ReadRequest}. */
export function isReading(request: RoomRequest): request is ReadRequest {
  return request.type === "history" || request.type === "who";
}

/** Somebody writes: told at most so often. */
const TYPING_EVERY_MS = 2_000;
const DEFAULT_PAGE = 50;
/** Messages for the cases in which the connection itself is not too fast. */
const SLOW_DOWN: Readonly<Record<SlowedDown["limit"], string>> = {
  user: "slow down: too much is sent over all your connections",
  room: "slow down: the room receives more than it can deliver",
};

/** Does it; resolves to the answer, or to nothing where none is needed. Never rejects because the bus is away. */
export async function carryOut(
  request: RoomRequest,
  place: Place,
  user: UserId,
  context: DeedContext,
): Promise<Frame | undefined> {
  try {
    return await answer(request, place, user, context);
  } catch (error) {
    if (!(error instanceof BusUnavailable)) throw error;
    // Reading changes nothing, and a mark may be set twice: of these there is nothing not to know.
    const isUnknown = error.perhapsSent && isEntered(request);
    const code: FaultCode = isUnknown ? "unknown_outcome" : "unavailable";
    return fault(request.id, code, error.message);
  }
}

async function answer(
  request: RoomRequest,
  place: Place,
  user: UserId,
  context: DeedContext,
): Promise<Frame | undefined> {
  const { bus } = context;
  const room = place.id;
  switch (request.type) {
    case "typing":
      return tellTyping(request, place, user, context);
    case "read":
      await bus.markRead(room, user, request.position);
      return acknowledge(request.id, { room });
    case "who": {
      const { count } = place.room.attendance;
      const sampled = count > MAX_LISTED && { sampled: true };
      return {
        type: "members",
        ...withId(request.id),
        room,
        count,
        members: place.list(),
        ...sampled,
      };
    }
    case "history": {
      const { before, limit = DEFAULT_PAGE } = request;
      const page = await bus.page(room, before?.seq, limit);
      const position = formatPosition(page.top);
      return { type: "history", ...withId(request.id), room, ...wirePage(page), position };
    }
    default:
      return await enter(request, place, user, context);
  }
}

type EntryRequest = RequestOf<"say" | "edit" | "delete" | "react">;

function isEntered({ type }: RoomRequest): boolean {
  return type === "say" || type === "edit" || type === "delete" || type === "react";
}

async function enter(
  request: EntryRequest,
  place: Place,
  user: UserId,
  { bus, drawId, maxMessageBytes }: DeedContext,
): Promise<Frame | undefined> {
  const { id } = request;
  const { id: room, name } = place;
  if (request.type === "say" || request.type === "edit") {
    if (exceedsBytes(request.text, maxMessageBytes)) {
      return fault(id, "too_long", `the text has more than ${maxMessageBytes} bytes`);
    }
    if (!hasVisible(request.text)) return fault(id, "empty");
  }
  const deed = deedOf(request);
  const draft = { room, user, name, id: id ?? drawId(), deed };
  const published = await bus.publish(draft, place.room.load());
  if (published.kind === "entered") place.room.promise(published.position);
  return report(id, room, published);
}

/** The answer to what became of a draft. */
function report(id: string | undefined, room: string, published: Published): Frame | undefined {
  if (published.kind === "entered") {
    const { position, at } = published;
    return acknowledge(id, { room, position: formatPosition(position), at });
  }
  if (published.why !== "slow_down") return fault(id, published.why);
  return slowDown(id, published.afterMs, SLOW_DOWN[published.limit]);
}

/** An acknowledgement, where somebody waits for one. */
export function acknowledge(
  id: string | undefined,
  what: { readonly room?: string; readonly position?: string; readonly at?: number } = {},
): Frame | undefined {
  return id === undefined ? undefined : { type: "ack", id, ...what };
}

function deedOf(request: EntryRequest): Deed {
  switch (request.type) {
    case "say":
      return { kind: "said", text: request.text, ...(request.reply && { reply: request.reply }) };
    case "edit":
      return { kind: "edited", of: request.of, text: request.text };
    case "delete":
      return { kind: "deleted", of: request.of };
    case "react":
      return { kind: "reacted", of: request.of, emoji: request.emoji, on: request.on ?? true };
  }
}

function tellTyping(
  { id, on = true }: RequestOf<"typing">,
  place: Place,
  user: UserId,
  { bus, clock }: DeedContext,
): Frame | undefined {
  const now = clock.now();
  const isNews = on ? now - place.typedAt >= TYPING_EVERY_MS : place.typedAt > -Infinity;
  if (isNews) {
    place.typedAt = on ? now : -Infinity;
    bus.signal(place.id, { kind: "typing", user, name: place.name, on }, place.room.load());
  }
  return acknowledge(id);
}
