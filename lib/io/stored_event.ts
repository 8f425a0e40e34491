/**
 * Schema of the events of rooms in stored messages. It checks types, not the limits for new events: those may become stricter, and
 * stored messages must stay readable.
 * @module
 */
import * as v from "valibot";
import { ROLES } from "../core/log/role.ts";
import { HISTORY_ACCESS, RANKS, ROOM_KINDS, type RoomEvent } from "../core/log/room_event.ts";
import { at, name, room, seq, user, type ValueSchema } from "./stored_values.ts";

const common = { room: v.optional(room) };
const reason = v.optional(v.string());
const target = { user, name, ...common };

/** Schema of a room's event. Drops fields that it does not know. */
export const roomEvent: ValueSchema<RoomEvent> = v.variant("kind", [
  v.object({
    kind: v.literal("room"),
    created: v.optional(v.literal(true)),
    members: v.optional(v.array(v.object({ user, name }))),
    access: v.optional(v.picklist(ROOM_KINDS)),
    title: v.optional(v.string()),
    topic: v.optional(v.string()),
    readOnly: v.optional(v.boolean()),
    slowSeconds: v.optional(at),
    keepDays: v.optional(at),
    history: v.optional(v.picklist(HISTORY_ACCESS)),
    archived: v.optional(v.boolean()),
    ...common,
  }),
  v.object({
    kind: v.picklist(["mute", "ban"]),
    until: at,
    reason,
    rank: v.picklist(RANKS),
    guest: v.optional(user),
    ...target,
  }),
  v.object({
    kind: v.picklist(["unmute", "unban"]),
    until: v.optional(at),
    rank: v.optional(v.picklist(RANKS)),
    ...target,
  }),
  v.object({ kind: v.literal("kick"), reason, rank: v.picklist(RANKS), ...target }),
  v.object({ kind: v.literal("member"), on: v.boolean(), from: v.optional(seq), ...target }),
  v.object({
    kind: v.literal("clear"),
    archived: v.optional(v.literal(true)),
    reason,
    ...common,
  }),
  v.object({ kind: v.literal("lockdown"), on: v.boolean(), reason, ...common }),
  v.object({ kind: v.literal("held"), reply: v.optional(v.string()), ...common }),
  v.object({ kind: v.literal("delete"), of: v.string(), reason, ...target }),
  v.object({ kind: v.literal("release"), of: v.string(), ...target }),
  v.object({ kind: v.literal("role"), role: v.picklist(ROLES), ...target }),
]);
