/**
 * What operators of the service do about users and rooms, and what they see of it. They are in no room, so everything that a
 * session knows from its room is read from the bus here.
 * @module
 */
import type { FaultCode } from "../../core/protocol/faults.ts";
import type { RequestOf } from "../../core/protocol/requests.ts";
import type { RoomEvent, Target } from "../../core/log/room_event.ts";
import { RoomState } from "../../core/log/room_state.ts";
import { isAddressUser } from "../../core/log/user_id.ts";
import type { CurrentSanction } from "../../core/log/sanction_fields.ts";
import {
  DEFAULT_ROOM,
  type Name,
  parseLegacyRoom,
  parseName,
  parseRoom,
  ROOM_RULE,
  type RoomId,
} from "../../core/names/names.ts";
import { AUDIT_ROOM, SERVICE_AUTHOR } from "../../core/rooms/service_rooms.ts";
import type { PublishResult, WorkerBus } from "../ports/bus.ts";
import type { Clock } from "../ports/clock.ts";
import type { Directory } from "../ports/directory.ts";
import { type EnterContext, enterEvent, moderationEvent } from "./moderate.ts";
import { exemptionFor, inEffect } from "./sanctions.ts";

/** What operators' orders need from the worker that carries them out. */
export interface OperatorModerationContext {
  /** Reads rooms, and publishes events. */
  readonly bus: Pick<WorkerBus, "publish" | "state" | "people">;
  /** Lists the members. They are searched for a name only if no room is given, or if nobody in it has the name. */
  readonly directory: Pick<Directory, "manage">;
  /** Current time, from which the ends of mutes and bans are computed. */
  readonly clock: Pick<Clock, "date">;
  /** Returns an id that was never used. */
  readonly newId: () => string;
}

/** What an operator asks for. */
export type OperatorOrder = Omit<RequestOf<"moderate">, "type" | "id">;

/** Why something cannot be done. */
export interface OrderRefusal {
  /** Discriminates it. */
  readonly kind: "refused";
  /** Whether it is the order that is wrong, or there is no such room or user. */
  readonly problem: "wrong" | "missing" | "ambiguous";
  /** The fault that a session would get; undefined for what only operators can ask for. */
  readonly code?: FaultCode | undefined;
  /** The reason in words, for people. */
  readonly why: string;
}

/** What an order leads to. */
export type OrderResult =
  | OrderRefusal
  | {
    readonly kind: "published";
    readonly event: RoomEvent;
    readonly room: RoomId | undefined;
    readonly result: PublishResult;
  };

/** Who is muted and banned. */
export interface SanctionList {
  /** Discriminates it. */
  readonly kind: "sanctions";
  /** Those that have not ended. */
  readonly sanctions: readonly CurrentSanction[];
  /** Whether the service is closed to guests. */
  readonly isLockedDown: boolean;
}

/** Does something, with the rank of an operator. Rejects with `BusUnavailable`. */
export async function moderateAsOperator(
  order: OperatorOrder,
  context: OperatorModerationContext,
): Promise<OrderResult> {
  const { bus, clock, newId } = context;
  const date = clock.date();
  const found = order.room === undefined ? undefined : await findRoom(order.room, context);
  if (found?.kind === "refused") return found;
  const room = found?.id;
  const service = new RoomState((await bus.state(AUDIT_ROOM)).fields);
  const needsTarget = order.user !== undefined || order.name !== undefined;
  const target = needsTarget
    ? await findTarget(order, { room, sanctions: listed(found, service, date), context })
    : undefined;
  if (target && "kind" in target) return target;
  const event = moderationEvent({ ...order, ...target, type: "moderate" }, {
    ...{ authority: "operator", room, date, isCreator: false },
    nameOf: () => target?.name,
    isCredible: () => true,
  });
  if (event.kind === "refused") {
    const why = event.why ?? "this cannot be done in a room of the service itself";
    return { kind: "refused", problem: "wrong", code: event.code, why };
  }
  const { seconds } = order;
  const origin = { author: SERVICE_AUTHOR, room, id: undefined, seconds };
  const sanctions: EnterContext["sanctions"] = {
    exemptionFor: (kind, target, rank) => exemptionFor({ kind, target, rank }, service, date),
  };
  const result = await enterEvent(event, origin, { bus, newId, sanctions });
  return { kind: "published", event, room, result };
}

/** Who is muted and banned in the whole service, or in one room. Rejects with `BusUnavailable`. */
export async function listSanctions(
  wanted: string | undefined,
  context: OperatorModerationContext,
): Promise<SanctionList | OrderRefusal> {
  const date = context.clock.date();
  const found = wanted === undefined ? undefined : await findRoom(wanted, context);
  if (found?.kind === "refused") return found;
  const audit = new RoomState((await context.bus.state(AUDIT_ROOM)).fields);
  const sanctions = listed(found, audit, date);
  return { kind: "sanctions", sanctions, isLockedDown: audit.isLockedDown };
}

interface FoundRoom {
  readonly kind: "room";
  readonly id: RoomId;
  readonly state: RoomState;
}

/** Of a room those in its state, and those of addresses there, which only `_audit` has. */
function listed(
  room: FoundRoom | undefined,
  service: RoomState,
  date: number,
): readonly CurrentSanction[] {
  const ofPlace = service.sanctions(date).filter((it) => it.room === room?.id)
    .flatMap((it) => inEffect(it, room?.state ?? service, date) ?? []);
  return room === undefined ? ofPlace : [...room.state.sanctions(date), ...ofPlace];
}

/** A room that exists: nothing that an operator misspells becomes a room. */
async function findRoom(
  wanted: string,
  { bus }: OperatorModerationContext,
): Promise<FoundRoom | OrderRefusal> {
  const parsed = parseRoom(wanted);
  if (parsed === undefined) {
    return { kind: "refused", problem: "wrong", code: "bad_room", why: ROOM_RULE };
  }
  for (const id of [parseLegacyRoom(wanted) ?? [], parsed].flat()) {
    const { fields, top } = await bus.state(id);
    const exists = top.seq > 0 || fields.size > 0 || id === DEFAULT_ROOM;
    if (exists) return { kind: "room", id, state: new RoomState(fields) };
  }
  return { kind: "refused", problem: "missing", why: `there is no room ${parsed}` };
}

/** Where a user is looked for. */
interface Search {
  readonly room: RoomId | undefined;
  readonly sanctions: readonly CurrentSanction[];
  readonly context: OperatorModerationContext;
}

/** The user whom an order is about: the one with its id, or the only one with its name. An id needs no known name. */
async function findTarget(
  { user, name, action }: OperatorOrder,
  search: Search,
): Promise<{ readonly user: string; readonly name?: Name | undefined } | OrderRefusal> {
  const wanted = name === undefined ? undefined : parseName(name);
  if (user !== undefined) {
    const known = wanted ?? (await usersNearby(search)).find((it) => it.user === user)?.name;
    return { user, name: known };
  }
  const ids = wanted === undefined ? [] : await idsOf(wanted, action, search);
  const [id, ...others] = ids;
  if (id === undefined) {
    return { kind: "refused", problem: "missing", why: notFound(name, action, search.room) };
  }
  if (others.length === 0) return { user: id, name: wanted };
  const why = `several are called ${name}: give one of these ids as user: ${ids.join(", ")}`;
  return { kind: "refused", problem: "ambiguous", why };
}

/** The ids of the users with a name: in the room of the order and among its mutes and bans, or else among the members. */
async function idsOf(
  name: Name,
  action: OperatorOrder["action"],
  search: Search,
): Promise<readonly string[]> {
  const { room, context } = search;
  if (room === undefined) return idsWithName(name, await usersNearby(search));
  // A kick concerns only users who are in the room.
  if (action === "kick") return idsWithName(name, await context.bus.people(room));
  const ids = idsWithName(name, await usersNearby(search));
  return ids.length > 0 ? ids : idsWithName(name, await membersOf(context));
}

/** The users of the room, or without one the members of the service, and the muted and banned. */
async function usersNearby({ room, sanctions, context }: Search): Promise<readonly Target[]> {
  const users = room === undefined ? await membersOf(context) : await context.bus.people(room);
  return [...users, ...sanctions];
}

async function membersOf({ directory }: OperatorModerationContext): Promise<readonly Target[]> {
  const answer = await directory.manage({ kind: "operator" }, { kind: "list members" });
  return answer.kind === "members" ? answer.members : [];
}

/** Leaves out addresses: a mute or ban of one has the name of its guest, and ends with the guest's own. */
function idsWithName(name: Name, users: readonly Target[]): readonly string[] {
  const called = users.filter((it) => it.name === name && !isAddressUser(it.user));
  return [...new Set(called.map((it) => it.user))];
}

function notFound(
  name: string | undefined,
  action: OperatorOrder["action"],
  room: RoomId | undefined,
): string {
  if (room === undefined) {
    return `nobody called ${name} is a member, muted or banned: give a room, or the id as user`;
  }
  if (action === "kick") return `nobody called ${name} is in the room`;
  return `nobody called ${name} is in the room, a member, muted or banned: give the id as user`;
}
