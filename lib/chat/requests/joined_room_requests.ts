/**
 * Requests within one room. Each becomes a call to the bus, and the result becomes the response.
 * @module
 */
import { contentOf } from "../../core/log/content.ts";
import { type Action, type Draft, fingerprint, type Message } from "../../core/log/entry.ts";
import type { FaultCode } from "../../core/protocol/faults.ts";
import type { Frame, FrameOf } from "../../core/protocol/frames.ts";
import { readablePage } from "../../core/log/reading/readable_log.ts";
import { formatPosition, isSamePosition, type Position } from "../../core/log/position.ts";
import { reportText } from "../../core/moderation/report.ts";
import { isForModerators, REPORTS_ROOM } from "../../core/rooms/service_rooms.ts";
import {
  faultFrame,
  slowDownFault,
  toWirePage,
  withId,
} from "../../core/protocol/json_protocol.ts";
import type { JoinedRoomRequest, RequestOf } from "../../core/protocol/requests.ts";
import { exceedsBytes } from "../../core/utf8.ts";
import { hasVisible } from "../../core/names/invisible.ts";
import { type Bus, BusUnavailable, type RoomHistory, type WorkerBus } from "../ports/bus.ts";
import type { WordFilter } from "../moderation/word_filter.ts";
import type { Clock } from "../ports/clock.ts";
import { MAX_LISTED } from "../presence/member_list.ts";
import { readAnchoredPage } from "../room/history_pages.ts";
import { acknowledge, ackOrFault } from "./answers.ts";
import { enterAudit } from "../moderation/moderate.ts";
import { holdMessage, tellTurnedDown } from "./held_messages.ts";
import { isClosed } from "../../core/rooms/closed_room.ts";
import type { Membership } from "../room/membership.ts";
import type { EntryRequest, EntryReview } from "../moderation/entry_review.ts";

/** What handling requests needs. */
export interface RequestContext {
  /** Publishes entries and signals, and reads the log. */
  readonly bus: Pick<WorkerBus, "publish" | "signal"> & Pick<Bus, "whenBack"> & RoomHistory;
  /** For the interval of typing signals. */
  readonly clock: Clock;
  /** Returns an id that was never used. */
  readonly newId: () => string;
  /** Maximum size of a text in bytes of UTF-8. */
  readonly maxMessageBytes: number;
  /** Decides which words texts may contain, for all users. */
  readonly words: Pick<WordFilter, "check" | "checkMessage">;
  /** Reviews messages before they are published; undefined if there is none. */
  readonly review?: Pick<EntryReview, "publish"> | undefined;
}

/** What the session knows of its user. */
export interface Requester {
  /** Whether the user may delete the messages of others, and need not follow the room's settings. */
  readonly isModerator: boolean;
  /** Charges the address for something that moderators have to look at. Returns the milliseconds to wait, 0 for none. */
  readonly checkReport: () => number;
  /** Why a request that was allowed, and has waited since, is no longer carried out; undefined if it is still allowed. */
  faultAfterWait(request: JoinedRoomRequest, membership: Membership): FrameOf<"fault"> | undefined;
}

/** A request that reads the log, or whose response may be long. */
export type ReadRequest = RequestOf<"history" | "who" | "report">;

/** Whether it is a {@linkcode ReadRequest}. */
export function isReadRequest(request: JoinedRoomRequest): request is ReadRequest {
  return request.type === "history" || request.type === "who" || request.type === "report";
}

/** Minimum interval between `typing` signals of one membership. */
const TYPING_INTERVAL_MS = 2_000;
const DEFAULT_PAGE_SIZE = 50;
const ONE_ANCHOR = "history takes one of before, after, around and at";
/** Why a report, or a message that would have to wait, is refused. */
export const TOO_MANY_REPORTS = "slow down: too many reports from this address";
/** Handles a request. Resolves to the response; undefined if none is needed. An unavailable bus becomes a fault. */
export async function handleJoinedRoomRequest(
  request: JoinedRoomRequest,
  membership: Membership,
  context: RequestContext,
  requester: Requester,
): Promise<Frame | undefined> {
  try {
    return await respond(request, membership, context, requester);
  } catch (error) {
    if (!(error instanceof BusUnavailable)) throw error;
    // Reads change nothing, and read markers are idempotent, so only entries can have an unknown outcome, reports included.
    const isUnknown = error.mayHaveApplied && isEntryRequest(request);
    const code: FaultCode = isUnknown ? "unknown_outcome" : "unavailable";
    return faultFrame(request.id, code, error.message);
  }
}

/** Faults that are final, and for which the log, which recognizes repetitions, may not have been asked. */
const FINAL_REFUSALS: ReadonlySet<string> = new Set(
  ["not_allowed", "muted", "locked_down", "blocked_words", "rejected"],
);

/**
 * The answer to a request that is refused: the first one, if it repeats an action that has entered the log. The user may have been
 * muted since, for example, and must not be told that the message was not sent.
 */
export async function answerRefused(
  fault: FrameOf<"fault">,
  request: JoinedRoomRequest,
  membership: Membership,
  { bus, words }: Pick<RequestContext, "bus" | "words">,
  isModerator: boolean,
): Promise<Frame | undefined> {
  const { id } = request;
  if (id === undefined || !isEntry(request) || !FINAL_REFUSALS.has(fault.code)) return fault;
  const { roomId: room, user } = membership;
  try {
    const receipt = await bus.receipt(room, user, id);
    if (receipt === undefined) return fault;
    const checked = checkWords(request, membership, words);
    const sent = typeof checked === "object" && checked.kind === "allowed"
      ? checked.request
      : request;
    const draft = draftOf(sent, membership, id, isModerator);
    if (receipt.fingerprint !== fingerprint(draft)) return fault;
    return ackOrFault(id, room, { kind: "entered", ...receipt });
  } catch (error) {
    if (!(error instanceof BusUnavailable)) throw error;
    return faultFrame(id, "unavailable", error.message);
  }
}

async function respond(
  request: JoinedRoomRequest,
  membership: Membership,
  context: RequestContext,
  requester: Requester,
): Promise<Frame | undefined> {
  const { bus } = context;
  const { roomId: room, user } = membership;
  switch (request.type) {
    case "typing":
      return signalTyping(request, membership, context);
    case "read":
      if (await bus.markRead(room, user, request.position)) membership.recordRead(request.position);
      return acknowledge(request.id, { room });
    case "who": {
      // The user may have been removed since, and must then not see who is there now.
      if (isClosed(room)) await membership.room.readTop();
      const { count } = membership.room.presence;
      const sampled = count > MAX_LISTED && { sampled: true };
      return {
        type: "members",
        ...withId(request.id),
        room,
        count,
        members: membership.listPeople(),
        ...sampled,
      };
    }
    case "history":
      return await readHistory(request, membership, bus);
    case "report":
      return await report(request, membership, context);
    default:
      return await publish(request, membership, context, requester);
  }
}

async function readHistory(
  request: RequestOf<"history">,
  membership: Membership,
  bus: RequestContext["bus"],
): Promise<Frame> {
  const { id, before, after, around, at, limit = DEFAULT_PAGE_SIZE } = request;
  const { roomId: room, user } = membership;
  const anchors = [before, after, around, at].filter((it) => it !== undefined);
  if (anchors.length > 1) return faultFrame(id, "bad_frame", ONE_ANCHOR);
  const { state } = membership.room;
  const page = await readAnchoredPage(bus, room, request, limit, state.readableAfter(user));
  // The page may have what came after a ban that the room does not know yet.
  await membership.room.onTop(page.top, false);
  const { newer, reason } = page;
  // The user may have been removed and added again meanwhile.
  const readable = readablePage(page, membership.room.state.readableAfter(user));
  return {
    type: "history",
    ...withId(id),
    room,
    ...toWirePage(readable),
    ...(newer !== undefined && { newer }),
    ...(reason && { reason }),
    position: formatPosition(page.top),
  };
}

/** Publishes a report, on behalf of a user who cannot read the room that it goes to. */
async function report(
  { id, of, reason }: RequestOf<"report">,
  { roomId: room, user, name }: Membership,
  { bus, newId, maxMessageBytes }: RequestContext,
): Promise<Frame | undefined> {
  const { messages: [message] } = await bus.page(room, of.seq + 1, 1);
  const isThere = message && !message.deleted && isSamePosition(message.position, of);
  if (!isThere) return faultFrame(id, "gone");
  const why = reason?.trim() || undefined;
  const whole = reportText(room, message, why);
  const isTooLong = exceedsBytes(whole, maxMessageBytes);
  const text = isTooLong ? reportText(room, { ...message, text: "" }, why) : whole;
  if (exceedsBytes(text, maxMessageBytes)) return faultFrame(id, "too_long");
  const action = { kind: "said", text } as const;
  const draft = { room: REPORTS_ROOM, user, name, id: id ?? newId(), action };
  const result = await bus.publish(draft);
  // Where it is in that room concerns only moderators.
  return result.kind === "entered" ? acknowledge(id, { room }) : ackOrFault(id, room, result);
}

function isEntryRequest(request: JoinedRoomRequest): boolean {
  return request.type === "report" || isEntry(request);
}

function isEntry(request: JoinedRoomRequest): request is EntryRequest {
  const { type } = request;
  return type === "say" || type === "edit" || type === "delete" || type === "react";
}

/** Not `async`: without a review, a message waits for nothing but the bus. */
function publish(
  request: EntryRequest,
  membership: Membership,
  context: RequestContext,
  requester: Requester,
): Promise<Frame | undefined> | FrameOf<"fault"> {
  const { newId, maxMessageBytes, words, review } = context;
  const { isModerator, checkReport } = requester;
  const { id } = request;
  if (request.type === "say" || request.type === "edit") {
    if (exceedsBytes(request.text, maxMessageBytes)) {
      return faultFrame(id, "too_long", `the text has more than ${maxMessageBytes} bytes`);
    }
    if (!hasVisible(request.text)) return faultFrame(id, "empty");
  }
  const checked = checkWords(request, membership, words);
  if (checked === "refused") return faultFrame(id, "blocked_words");
  if (checked.kind === "held") {
    const waitMs = checkReport();
    if (waitMs > 0) return slowDownFault(id, waitMs, undefined, TOO_MANY_REPORTS);
    return holdMessage(checked.request, membership, isModerator, context);
  }
  const draft = draftOf(checked.request, membership, id ?? newId(), isModerator);
  if (review === undefined) return enter(draft, id, membership, context);
  return review.publish({ request: checked.request, draft }, async (reviewed) => {
    const fault = requester.faultAfterWait(reviewed, membership);
    const action = actionOf(reviewed, isModerator);
    return fault ?? await enter({ ...draft, action }, id, membership, context);
  });
}

function draftOf(
  request: EntryRequest,
  { roomId: room, user, name }: Membership,
  id: string,
  isModerator: boolean,
): Draft {
  const action = actionOf(request, isModerator);
  return { room, user, name, id, action, ...(isModerator && { isExempt: true }) };
}

async function enter(
  draft: Draft,
  id: string | undefined,
  membership: Membership,
  { bus }: Pick<RequestContext, "bus">,
): Promise<Frame | undefined> {
  const { action, room } = draft;
  const others = action.kind === "deleted" && action.asModerator
    ? await messageOfOthers(action.of, membership, bus)
    : undefined;
  const result = await bus.publish(draft, membership.room.chargedPeople());
  if (result.kind === "entered") {
    membership.room.expectEntry(result.position);
    if (others && action.kind === "deleted") {
      await reportDeletion(others, action.reason, membership, bus);
    }
  }
  return ackOrFault(id, room, result);
}

/** The message that is to be deleted, if it is another user's. */
async function messageOfOthers(
  of: Position,
  { roomId: room, user }: Membership,
  bus: RequestContext["bus"],
): Promise<Message | undefined> {
  const { messages: [message] } = await bus.page(room, of.seq + 1, 1);
  const isThere = message && isSamePosition(message.position, of);
  return isThere && message.user !== user ? message : undefined;
}

/** Others are told of what a moderator has deleted: those who read what moderators do, and the author of a held message. */
async function reportDeletion(
  message: Message,
  reason: string | undefined,
  { roomId: room, user, name }: Membership,
  bus: RequestContext["bus"],
): Promise<void> {
  tellTurnedDown(message, reason, bus);
  const { position, user: author, name: authorName } = message;
  const about = { user: author, name: authorName, of: formatPosition(position) };
  const event = { kind: "delete", room, ...about, ...(reason && { reason }) } as const;
  await enterAudit(event, { user, name }, position, bus);
}

/** A request with its text masked if necessary; a message may have to wait for a moderator. */
type CheckedRequest =
  | { readonly kind: "allowed"; readonly request: EntryRequest }
  | { readonly kind: "held"; readonly request: RequestOf<"say"> };

function checkWords(
  request: EntryRequest,
  { roomId: room, room: { state } }: Membership,
  words: RequestContext["words"],
): CheckedRequest | "refused" {
  if (request.type === "react") return { kind: "allowed", request };
  if (request.type === "say") {
    const verdict = words.checkMessage(request.text);
    if (verdict.kind === "refused") return "refused";
    if (verdict.kind === "allowed") return { kind: "allowed", request };
    const sent = { ...request, text: verdict.text };
    if (verdict.kind === "masked" || isForModerators(room)) {
      return { kind: "allowed", request: sent };
    }
    // Moderators do not see private messages unless they are reported.
    const isForMembers = state.access === "private" || state.access === "direct";
    return isForMembers ? "refused" : { kind: "held", request: sent };
  }
  const text = request.type === "delete" ? request.reason : request.text;
  const verdict = words.check(text ?? "");
  if (verdict.kind === "refused") return "refused";
  if (verdict.kind === "allowed") return { kind: "allowed", request };
  const masked = request.type === "delete"
    ? { ...request, reason: verdict.text }
    : { ...request, text: verdict.text };
  return { kind: "allowed", request: masked };
}

function actionOf(request: EntryRequest, isModerator: boolean): Action {
  switch (request.type) {
    case "say":
      return {
        kind: "said",
        ...contentOf(request),
        ...(request.reply && { reply: request.reply }),
      };
    case "edit":
      return { kind: "edited", of: request.of, text: request.text };
    case "delete": {
      const reason = request.reason?.trim();
      return {
        kind: "deleted",
        ...(reason && { reason }),
        ...(isModerator && { asModerator: true }),
        of: request.of,
      };
    }
    case "react":
      return { kind: "reacted", of: request.of, emoji: request.emoji, on: request.on ?? true };
  }
}

function signalTyping(
  { id, on = true }: RequestOf<"typing">,
  membership: Membership,
  { bus, clock }: RequestContext,
): Frame | undefined {
  const now = clock.now();
  const isNews = on
    ? now - membership.typedAt >= TYPING_INTERVAL_MS
    : membership.typedAt > -Infinity;
  if (isNews) {
    membership.typedAt = on ? now : -Infinity;
    bus.signal(
      membership.roomId,
      { kind: "typing", user: membership.user, name: membership.name, on },
      membership.room.chargedPeople(),
    );
  }
  return acknowledge(id);
}
