/**
 * The state of a room: its settings, members, mutes and bans, as its events have left them. It is stored beside the log as texts
 * by field, and an event changes it in the same step in which it gets its number; so a message that comes after a mute cannot
 * be entered, regardless of its author and its node. Rooms without events have no state.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * const state = new RoomState();
 * state.apply(stateChanges({ kind: "room", topic: "Tea" }, { user: "ann_12345", room: "attic" }));
 * assert.equal(state.settings.topic, "Tea");
 * assert.equal(state.settings.readOnly, false);
 * ```
 * @module
 */
import * as v from "valibot";
import { isUserId, type UserId } from "./user_id.ts";
import { isClosed } from "../names/closed_kind.ts";
import { isStoredName, type Name } from "../names/names.ts";
import {
  RANKS,
  ROOM_KINDS,
  type RoomCreation,
  type RoomEvent,
  type RoomKind,
  type RoomSettings,
  type Sanction,
  type Target,
} from "./room_event.ts";

/** Maximum number of fields of a room's state: its members, mutes and bans together. */
export const MAX_STATE_FIELDS = 5_000;

/**
 * Number of fields up to which members are added, and slow mode records who has spoken. The rest is left for moderators:
 * otherwise a user who returns as one guest after another would keep them from muting anybody.
 */
export const MAX_UNRESERVED_FIELDS = 4_000;

/** A change of one field of the state. */
export interface StateChange {
  /** The field; without spaces or line breaks. */
  readonly field: string;
  /** The new value, on one line and not empty; undefined to remove the field. */
  readonly value: string | undefined;
}

/** The texts of a state by field. */
export type StateFields = ReadonlyMap<string, string>;

/** The field for a user's mute, ban, membership, or last message in slow mode. */
export function userField(kind: "mute" | "ban" | "member" | "sent", user: string): string {
  return `${kind}:${user}`;
}

/** The fields that decide whether a user may be in a room: reading only these takes as long in every room. */
export function admissionFields(user: UserId): readonly string[] {
  return ["access", userField("member", user), userField("ban", user)];
}

/** Picks the {@linkcode admissionFields} from a state. */
export function admissionState(state: StateFields, user: UserId): StateFields {
  const fields = new Map<string, string>();
  for (const field of admissionFields(user)) {
    const value = state.get(field);
    if (value !== undefined) fields.set(field, value);
  }
  return fields;
}

/** The settings of a room, all of them. */
export type CurrentSettings = {
  readonly [K in keyof RoomSettings]-?: NonNullable<RoomSettings[K]>;
};

/**
 * Whether an id stands for an address. A guest can return as another guest at any time, so a guest's mute or ban is also
 * imposed on the address, as if it were a user.
 */
export function isAddressUser(user: string): boolean {
  return user.startsWith(ADDRESS_PREFIX);
}

/** How ids that stand for addresses begin. No user has such an id. */
export const ADDRESS_PREFIX = "ip_";
/** With what it is found by: its kind, address and room. */
const ADDRESS_FIELD = /^((?:mute|ban):ip_[^/]*)(?:\/(.*))?$/;

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
    case "unmute":
    case "unban":
      return [sanctionChange(event, addressTarget(event))];
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
    case "unmute":
    case "unban":
      return isAddressUser(event.user) ? [sanctionChange(event, addressTarget(event))] : [];
    default:
      return [];
  }
}

/** How a mute or a ban of an address in one room, or on account of one guest, is told apart in the state of `_audit`. */
interface AddressTarget {
  readonly user: UserId;
  readonly room?: string | undefined;
  readonly guest?: UserId | undefined;
}

function addressTarget({ user, room, guest }: AddressTarget): string {
  const place = room === undefined ? user : `${user}@${room}`;
  // Each guest of an address has a mute of it: one that ends leaves those of the others.
  return guest === undefined ? place : `${place}/${guest}`;
}

function sanctionChange(event: RoomEvent, target: string): StateChange {
  if (event.kind === "mute" || event.kind === "ban") {
    const { kind, name, until, reason, rank, guest } = event;
    const value = `${until} ${JSON.stringify({ name, reason, rank, guest })}`;
    return { field: userField(kind, target), value };
  }
  return { field: userField(event.kind === "unmute" ? "mute" : "ban", target), value: undefined };
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

/** When a mute or a ban ends, from the text of its field; 0 if there is none. */
export function endOf(sanction: string | undefined): number {
  const [, until] = /^(\d{1,15}) /.exec(sanction ?? "") ?? [];
  return Number(until ?? 0);
}

const SanctionDetails = v.object({
  name: v.custom<Name>((it) => typeof it === "string" && isStoredName(it)),
  reason: v.optional(v.string()),
  rank: v.picklist(RANKS),
  guest: v.optional(v.custom<UserId>((it) => typeof it === "string" && isUserId(it))),
});
const MemberDetails = v.object({
  ...v.pick(SanctionDetails, ["name"]).entries,
  from: v.optional(v.pipe(v.number(), v.safeInteger())),
});

/** A mute or a ban as a state has it. */
export interface CurrentSanction extends Sanction {
  /** Only of an address in one room: that room. */
  readonly room: string | undefined;
}

/** A room's state, as far as this worker has followed it. */
export class RoomState {
  readonly #fields: Map<string, string>;
  #hiddenUpTo: number | undefined;
  /** The fields of each address. */
  #addresses: ReadonlyMap<string, readonly string[]> | undefined;

  /** Takes the stored fields; by default there are none. */
  constructor(fields: StateFields = new Map()) {
    this.#fields = new Map(fields);
  }

  /** Applies the changes of an event. */
  apply(changes: readonly StateChange[]): void {
    this.#hiddenUpTo = undefined;
    for (const { field, value } of changes) {
      if (ADDRESS_FIELD.test(field)) this.#addresses = undefined;
      if (value === undefined) this.#fields.delete(field);
      else this.#fields.set(field, value);
    }
  }

  /** The text of a field. */
  field(name: string): string | undefined {
    return this.#fields.get(name);
  }

  /** The room's settings; what was never set has its default. */
  get settings(): CurrentSettings {
    return {
      access: this.access,
      title: parseText(this.#fields.get("title")),
      topic: parseText(this.#fields.get("topic")),
      readOnly: this.#fields.has("readOnly"),
      slowSeconds: Number(this.#fields.get("slow") ?? 0) || 0,
      keepDays: Number(this.#fields.get("keep") ?? 0) || 0,
      history: this.#fields.has("history") ? "joined" : "all",
      archived: this.#fields.has("archived"),
    };
  }

  /** Who sees the room. */
  get access(): RoomKind {
    const stored = this.#fields.get("access");
    return ROOM_KINDS.find((it) => it === stored) ?? "open";
  }

  /** Who created the room; undefined if it was created by joining. */
  get creator(): UserId | undefined {
    const stored = this.#fields.get("creator") ?? "";
    return isUserId(stored) ? stored : undefined;
  }

  /** Whether guests are locked out; only the state of `_audit` says that. */
  get isLockedDown(): boolean {
    return this.#fields.has("lockdown");
  }

  /** Whether no event has set anything. */
  get isEmpty(): boolean {
    return this.#fields.size === 0;
  }

  /**
   * A mute or a ban, unless it has ended.
   *
   * @param date Milliseconds since 1970.
   */
  sanction(kind: Sanction["kind"], user: UserId, date: number): CurrentSanction | undefined {
    return this.#sanctionOf(kind, user, date);
  }

  /**
   * All mutes or bans of an address that have not ended: at most one on account of each guest, and one of its own.
   *
   * @param room Where; undefined for the whole service.
   * @param date Milliseconds since 1970.
   */
  addressSanctions(
    kind: Sanction["kind"],
    address: UserId,
    room: string | undefined,
    date: number,
  ): readonly CurrentSanction[] {
    const key = userField(kind, addressTarget({ user: address, room }));
    const fields = (this.#addresses ??= this.#findAddresses()).get(key) ?? [];
    return fields.flatMap((it) => this.#sanctionOf(kind, it.slice(kind.length + 1), date) ?? []);
  }

  #findAddresses(): ReadonlyMap<string, readonly string[]> {
    const fields = this.#fields.keys().filter((it) => ADDRESS_FIELD.test(it));
    return Map.groupBy(fields, (it) => it.replace(ADDRESS_FIELD, "$1"));
  }

  #sanctionOf(
    kind: Sanction["kind"],
    target: string,
    date: number,
  ): CurrentSanction | undefined {
    const stored = this.#fields.get(userField(kind, target));
    return stored === undefined ? undefined : parseSanction(kind, target, stored, date);
  }

  /** All mutes and bans that have not ended. @param date Milliseconds since 1970. */
  sanctions(date: number): readonly CurrentSanction[] {
    const found: CurrentSanction[] = [];
    for (const [field, stored] of this.#fields) {
      const [, kind, target = ""] = /^(mute|ban):(.*)$/.exec(field) ?? [];
      if (kind !== "mute" && kind !== "ban") continue;
      const sanction = parseSanction(kind, target, stored, date);
      if (sanction) found.push(sanction);
    }
    return found;
  }

  /** The number of mutes and bans of addresses: all of them, and those on account of one guest. */
  countAddresses(guest: UserId): { readonly all: number; readonly ofGuest: number } {
    let all = 0, ofGuest = 0;
    for (const field of this.#fields.keys()) {
      const [found, , owner] = ADDRESS_FIELD.exec(field) ?? [];
      if (found === undefined) continue;
      all += 1;
      if (owner === guest) ofGuest += 1;
    }
    return { all, ofGuest };
  }

  /** Whether the user may be in the room at all: all users in open and listed rooms, in others only members. */
  admits(user: UserId): boolean {
    const { access } = this;
    return access === "open" || access === "listed" || this.hasMember(user);
  }

  /** Whether the user is a member of a private or direct room. */
  hasMember(user: UserId): boolean {
    return this.#fields.has(userField("member", user));
  }

  /** The highest number that some member cannot read; 0 if all can read everything. */
  get hiddenUpTo(): number {
    return this.#hiddenUpTo ??= this.#fields.has("history")
      ? Math.max(0, ...this.members.keys().map((user) => this.readableAfter(user)))
      : 0;
  }

  /** The number of the entry after which a member can read; 0 for everything. */
  readableAfter(user: UserId): number {
    if (!this.#fields.has("history")) return 0;
    const stored = parseJson(this.#fields.get(userField("member", user)) ?? "");
    const details = v.safeParse(MemberDetails, stored);
    return details.success ? details.output.from ?? 0 : Infinity;
  }

  /** The members of a private or direct room, by id. */
  get members(): ReadonlyMap<UserId, Name> {
    const members = new Map<UserId, Name>();
    for (const [field, stored] of this.#fields) {
      const user = field.startsWith("member:") ? field.slice("member:".length) : "";
      const details = isUserId(user) ? v.safeParse(MemberDetails, parseJson(stored)) : undefined;
      if (isUserId(user) && details?.success) members.set(user, details.output.name);
    }
    return members;
  }
}

function parseSanction(
  kind: Sanction["kind"],
  target: string,
  stored: string,
  date: number,
): CurrentSanction | undefined {
  const until = endOf(stored);
  const [place = ""] = target.split("/");
  const [user = "", room] = place.split("@");
  if (until <= date || !isUserId(user)) return undefined;
  const details = v.safeParse(SanctionDetails, parseJson(stored.slice(stored.indexOf(" ") + 1)));
  return details.success ? { kind, user, room, until, ...details.output } : undefined;
}

function parseText(stored: string | undefined): string {
  const text = stored === undefined ? "" : parseJson(stored);
  return typeof text === "string" ? text : "";
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
