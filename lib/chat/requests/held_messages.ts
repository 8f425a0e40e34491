/**
 * Messages with words that a moderator has to look at first: they wait in `_reports`, under the names of their authors, until
 * a moderator releases or deletes them.
 * @module
 */
import { type Authority, isAllowed } from "../../core/auth/rights.ts";
import { contentOf } from "../../core/log/content.ts";
import {
  type Action,
  type Author,
  type Draft,
  fingerprint,
  type Message,
} from "../../core/log/entry.ts";
import {
  formatPosition,
  isSamePosition,
  parsePosition,
  type Position,
} from "../../core/log/position.ts";
import { stateRefusal } from "../../core/log/posting_rules.ts";
import { RoomState } from "../../core/log/room_state.ts";
import type { RoomId } from "../../core/names/names.ts";
import type { Frame } from "../../core/protocol/frames.ts";
import { faultFrame } from "../../core/protocol/json_protocol.ts";
import type { RequestOf } from "../../core/protocol/requests.ts";
import { AUDIT_ROOM, REPORTS_ROOM } from "../../core/rooms/service_rooms.ts";
import { enterAudit } from "../moderation/moderate.ts";
import type { RuledRoom } from "../moderation/sanctions.ts";
import { BusUnavailable, type RoomHistory, type WorkerBus } from "../ports/bus.ts";
import type { Clock } from "../ports/clock.ts";
import type { Membership } from "../room/membership.ts";
import { ackOrFault } from "./answers.ts";

/** What holding a message needs. */
export interface HoldContext {
  /** Publishes the message. */
  readonly bus: Pick<WorkerBus, "publish">;
  /** For the rules of the room. */
  readonly clock: Pick<Clock, "date">;
  /** Returns an id that was never used. */
  readonly newId: () => string;
}

/**
 * Lets a message wait for a moderator; resolves with the fault that tells its author. Rejects with `BusUnavailable`.
 *
 * @param isExempt Whether the rules of the room do not apply to the author.
 */
export async function holdMessage(
  { id, reply, ...content }: RequestOf<"say">,
  { roomId: room, user, name, room: { state } }: Membership,
  isExempt: boolean,
  { bus, clock, newId }: HoldContext,
): Promise<Frame | undefined> {
  const event = {
    kind: "held",
    room,
    ...(reply && { reply: formatPosition(reply) }),
  } as const;
  const action = { kind: "said", ...contentOf(content), event } as const;
  const refusal = isExempt
    ? undefined
    : stateRefusal({ room, user, action }, (field) => state.field(field), clock.date());
  if (refusal) return ackOrFault(id, room, { kind: "rejected", ...refusal });
  const draft = {
    room: REPORTS_ROOM,
    user,
    name,
    id: id ?? newId(),
    action,
    isExempt: true,
  } as const;
  const result = await bus.publish(draft);
  return result.kind === "entered" ? faultFrame(id, "held") : ackOrFault(id, room, result);
}

/** Tells the author of a message that waited in `_reports` that a moderator has deleted it; others do not wait. */
export function tellTurnedDown(
  { user, id, event }: Message,
  reason: string | undefined,
  bus: Pick<WorkerBus, "signal">,
): void {
  if (event?.kind !== "held") return;
  bus.signal(AUDIT_ROOM, { kind: "turned down", user, id, ...(reason && { reason }) });
}

/** What releasing a message needs. */
export interface ReleaseContext {
  /** Reads the message and the rules of its room, and publishes it. */
  readonly bus: Pick<WorkerBus, "publish" | "state"> & Pick<RoomHistory, "page" | "receipt">;
  /** Returns an id that was never used. */
  readonly newId: () => string;
}

/** Who releases a message. */
export interface Releaser {
  /** For the deletion in `_reports`. */
  readonly author: Author;
  /** Decides whether the user may. */
  readonly authority: Authority;
  /** Whether the rules of a room let the user in. */
  readonly isAdmitted: (room: RuledRoom) => boolean;
}

/** Carries out `release`: sends a message that waits, and removes it from `_reports`. */
export async function releaseMessage(
  request: RequestOf<"release">,
  { author, authority, isAdmitted }: Releaser,
  context: ReleaseContext,
): Promise<Frame | undefined> {
  const { id, of } = request;
  const { bus } = context;
  const may = (room: RoomId) => isAllowed(authority, "moderate", room);
  if (!may(REPORTS_ROOM)) return faultFrame(id, "not_allowed");
  try {
    const message = await findHeld(of, bus);
    if (message === undefined) return faultFrame(id, "gone");
    if (message.deleted) {
      return await repeatedAnswer(request, author, message, context) ?? faultFrame(id, "gone");
    }
    const draft = heldDraft(message);
    const { room } = draft;
    if (!may(room)) return faultFrame(id, "not_allowed");
    const state = new RoomState((await bus.state(room)).fields);
    // Users who are banned from a room cannot moderate there.
    if (!isAdmitted({ id: room, state })) return faultFrame(id, "not_allowed");
    const result = await bus.publish(draft);
    if (result.kind !== "entered") return ackOrFault(id, room, result);
    // Not before: if only the first succeeds, the request can be repeated, and is recognized by the id of the draft.
    await removeReleased(request, author, context);
    const { user, name } = message;
    const position = formatPosition(result.position);
    await enterAudit({ kind: "release", room, user, name, of: position }, author, of, bus);
    return ackOrFault(id, room, result);
  } catch (error) {
    if (!(error instanceof BusUnavailable)) throw error;
    return faultFrame(id, error.mayHaveApplied ? "unknown_outcome" : "unavailable", error.message);
  }
}

/** Removes a message from `_reports` that has been sent. The id of the request shows later that it was this one. */
async function removeReleased(
  { id, of }: RequestOf<"release">,
  author: Author,
  { bus, newId }: ReleaseContext,
): Promise<void> {
  const draft = { ...author, room: REPORTS_ROOM, action: removalOf(of), isExempt: true } as const;
  const result = await bus.publish({ ...draft, id: id ?? newId() });
  const isReused = result.kind === "rejected" && result.why === "id_reused";
  if (isReused) await bus.publish({ ...draft, id: newId() });
}

function removalOf(of: Position): Action {
  return { kind: "deleted", of, reason: "released", asModerator: true };
}

/** The answer to a request that has released a message before; undefined if another one has, or if it was deleted. */
async function repeatedAnswer(
  { id, of }: RequestOf<"release">,
  { user, name }: Author,
  message: HeldMessage,
  { bus }: ReleaseContext,
): Promise<Frame | undefined> {
  const removed = id === undefined ? undefined : await bus.receipt(REPORTS_ROOM, user, id);
  if (removed?.fingerprint !== fingerprint({ action: removalOf(of), name })) return undefined;
  const { forRoom, user: author } = message;
  const sent = await bus.receipt(forRoom, author, heldId(of));
  return sent && ackOrFault(id, forRoom, { kind: "entered", ...sent });
}

/** A message that waits or has waited, and for which room it is. */
interface HeldMessage extends Message {
  readonly forRoom: RoomId;
  readonly replyTo: Position | undefined;
}

/** The message at a position that waits, or has waited if it is deleted; undefined if there is none. */
async function findHeld(
  of: Position,
  bus: Pick<RoomHistory, "page">,
): Promise<HeldMessage | undefined> {
  const { messages: [message] } = await bus.page(REPORTS_ROOM, of.seq + 1, 1);
  if (message === undefined || !isSamePosition(message.position, of)) return undefined;
  const { event } = message;
  if (event?.kind !== "held" || event.room === undefined) return undefined;
  return { ...message, forRoom: event.room, replyTo: parsePosition(event.reply ?? "") };
}

/** The message as it is to be sent. */
function heldDraft(
  { position, user, name, forRoom, replyTo: reply, ...content }: HeldMessage,
): Draft {
  const action = { kind: "said", ...contentOf(content), ...(reply && { reply }) } as const;
  return { user, name, room: forRoom, id: heldId(position), action, isExempt: true };
}

/** The same for all moderators who release the message, so that it is entered once. */
function heldId(position: Position): string {
  return `held:${formatPosition(position)}`;
}
