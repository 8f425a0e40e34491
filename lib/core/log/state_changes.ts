/**
 * What events change in the state of their room, as texts by field.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * const changes = stateChanges({ kind: "room", topic: "Tea" }, { user: "ann_12345", room: "attic" });
 * assert.deepEqual(changes, [{ field: "topic", value: '"Tea"' }]);
 * ```
 * @module
 */
import { isClosed } from "../names/closed_kind.ts";
import type { RoomCreation, RoomEvent, RoomSettings, Sanction, Target } from "./room_event.ts";
import { accountFields, exemptionField, sanctionField, sanctionValue } from "./sanction_fields.ts";
import { isAddressUser } from "./user_id.ts";

/** A change of one field of the state, or the removal of several. */
export interface StateChange {
  /** The field; without spaces or line breaks. One to remove can be a pattern: see `fieldsLike()` in sanction_fields.ts. */
  readonly field: string;
  /** The new value, on one line and not empty; undefined to remove the field. */
  readonly value: string | undefined;
}

/** The field for a user's mute, ban, membership, or last message in slow mode. */
export function userField(kind: "mute" | "ban" | "member" | "sent", user: string): string {
  return `${kind}:${user}`;
}

/**
 * What an event changes. None if it is about another room, as in `_audit`, unless it is about an address: the room itself must
 * not show that to its people.
 *
 * @param origin Who causes the event, in the log of which room.
 * @param seq The number of its entry; undefined before it has one.
 */
export function stateChanges(
  event: RoomEvent,
  { user: author, room }: { readonly user: string; readonly room: string },
  seq?: number,
): readonly StateChange[] {
  if (event.room !== undefined) return addressChanges(event);
  switch (event.kind) {
    case "room":
      return [...settingsChanges(event, author), ...memberChanges(event.members ?? [])];
    case "mute":
    case "ban":
      return [sanctionChange(event)];
    case "unmute":
    case "unban":
      return endChanges(event);
    case "member":
      return event.on
        ? memberChanges([seq === undefined ? event : { ...event, from: addedAfter(event, seq) }])
        : [{ field: userField("member", event.user), value: undefined }];
    case "lockdown":
      return [{ field: "lockdown", value: flag(event.on) }];
    case "clear":
      return event.archived ? deletionChanges(room) : [];
    case "kick":
    case "role":
    case "held":
    case "delete":
    case "release":
      return [];
  }
}

function addressChanges(event: RoomEvent): readonly StateChange[] {
  switch (event.kind) {
    case "mute":
    case "ban":
      return isAddressUser(event.user) ? [sanctionChange(event)] : [];
    case "unmute":
    case "unban":
      return isAddressUser(event.user) ? endChanges(event) : [endOfAccount(event)];
    default:
      return [];
  }
}

type SanctionEnd = Extract<RoomEvent, { readonly kind: "unmute" | "unban" }>;

function sanctionChange(event: Sanction & Pick<RoomEvent, "room">): StateChange {
  return { field: sanctionField(event.kind, event), value: sanctionValue(event) };
}

function endChanges(event: SanctionEnd): readonly StateChange[] {
  const { until, rank = "moderator", name, user, room } = event;
  const kind = kindEndedBy(event);
  const ended = [endOfAccount(event), {
    field: sanctionField(kind, { user, room }),
    value: undefined,
  }];
  if (until === undefined) return ended;
  const exemption = {
    field: exemptionField(kind, event),
    value: sanctionValue({ until, name, rank }),
  };
  return [...ended, exemption];
}

/** What is imposed on an address on account of guests ends with it, and with what is imposed on its guest. */
function endOfAccount(event: SanctionEnd): StateChange {
  return { field: accountFields(kindEndedBy(event), event), value: undefined };
}

function kindEndedBy({ kind }: SanctionEnd): Sanction["kind"] {
  return kind === "unmute" ? "mute" : "ban";
}

function memberChanges(
  members: readonly (Target & { readonly from?: number | undefined })[],
): readonly StateChange[] {
  return members.map(({ user, name, from }) => ({
    field: userField("member", user),
    value: JSON.stringify({ name, from }),
  }));
}

/** Messages may have been sent since the user who adds a member read the log. */
function addedAfter({ from }: { readonly from?: number | undefined }, seq: number) {
  return from === undefined ? undefined : seq - 1;
}

function settingsChanges(
  event: RoomSettings & RoomCreation,
  author: string,
): readonly StateChange[] {
  const { created, access, title, topic, readOnly, slowSeconds, keepDays, history, archived } =
    event;
  const text = (it: string) => it === "" ? undefined : JSON.stringify(it);
  return [
    ...(created ? [{ field: "creator", value: author }] : []),
    ...(access === undefined ? [] : [{ field: "access", value: access }]),
    ...(title === undefined ? [] : [{ field: "title", value: text(title) }]),
    ...(topic === undefined ? [] : [{ field: "topic", value: text(topic) }]),
    ...(readOnly === undefined ? [] : [{ field: "readOnly", value: flag(readOnly) }]),
    ...(slowSeconds === undefined ? [] : [{ field: "slow", value: amount(slowSeconds) }]),
    ...(keepDays === undefined ? [] : [{ field: "keep", value: amount(keepDays) }]),
    ...(history === undefined
      ? []
      : [{ field: "history", value: history === "joined" ? history : undefined }]),
    ...(archived === undefined ? [] : [{ field: "archived", value: flag(archived) }]),
  ];
}

/**
 * What is left of a deleted room are its mutes and bans, and who is in a private one. Without a creator, only moderators can change
 * its settings, and so bring it back.
 */
function deletionChanges(room: string): readonly StateChange[] {
  const removed = ["creator", "title", "topic", ...(isClosed(room) ? [] : ["access"])];
  return [
    { field: "archived", value: flag(true) },
    ...removed.map((field) => ({ field, value: undefined })),
  ];
}

function amount(value: number): string | undefined {
  return value > 0 ? String(value) : undefined;
}

function flag(on: boolean): string | undefined {
  return on ? "1" : undefined;
}
