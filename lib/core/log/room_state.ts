/**
 * The state of a room: its settings, members, mutes and bans, as its events have left them. It is stored beside the log as texts
 * by field, and an event changes it in the same step in which it gets its number; so a message that comes after a mute cannot
 * be entered, regardless of its author and its node. Rooms without events have no state.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { stateChanges } from "./state_changes.ts";
 * const state = new RoomState();
 * state.apply(stateChanges({ kind: "room", topic: "Tea" }, { user: "ann_12345", room: "attic" }));
 * assert.equal(state.settings.topic, "Tea");
 * assert.equal(state.settings.readOnly, false);
 * ```
 * @module
 */
import * as v from "valibot";
import { isUserId, type UserId } from "./user_id.ts";
import { isStoredName, type Name } from "../names/names.ts";
import { ROOM_KINDS, type RoomKind, type RoomSettings, type Sanction } from "./room_event.ts";
import {
  type CurrentSanction,
  endOf,
  exemptionField,
  fieldsLike,
  sanctionField,
  SanctionFields,
  type SanctionTarget,
} from "./sanction_fields.ts";
import { type StateChange, userField } from "./state_changes.ts";

/** Maximum number of fields of a room's state: its members, mutes and bans together. */
export const MAX_STATE_FIELDS = 5_000;

/**
 * Number of fields up to which members are added, and slow mode records who has spoken. The rest is left for moderators:
 * otherwise a user who returns as one guest after another would keep them from muting anybody.
 */
export const MAX_UNRESERVED_FIELDS = 4_000;

/** What keeps guests' mutes or bans from counting for their address. */
export type Exemption = Pick<Sanction, "until" | "rank">;

/** The texts of a state by field. */
export type StateFields = ReadonlyMap<string, string>;

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

const MemberDetails = v.object({
  name: v.custom<Name>((it) => typeof it === "string" && isStoredName(it)),
  from: v.optional(v.pipe(v.number(), v.safeInteger())),
});

const SANCTION_FIELD = /^(?:mute|ban):/;

/** A room's state, as far as this worker has followed it. */
export class RoomState {
  readonly #fields: Map<string, string>;
  readonly #sanctions: SanctionFields;
  #hiddenUpTo: number | undefined;

  /** Takes the stored fields; by default there are none. */
  constructor(fields: StateFields = new Map()) {
    this.#fields = new Map(fields);
    this.#sanctions = new SanctionFields(this.#fields);
  }

  /**
   * Applies the changes of an event. What has ended is forgotten where there is too much.
   *
   * @param date When it happened, in milliseconds since 1970.
   */
  apply(changes: readonly StateChange[], date: number = 0): void {
    this.#hiddenUpTo = undefined;
    for (const { field, value } of changes) {
      const fields = fieldsLike(field, () => this.#fields.keys());
      if (fields.length > 1) this.#removeMany(fields);
      else for (const it of fields) this.#set(it, value);
    }
    if (this.#fields.size <= MAX_STATE_FIELDS) return;
    const isEnded = ([field, value]: readonly [string, string]) =>
      SANCTION_FIELD.test(field) && endOf(value) <= date;
    this.#removeMany([...this.#fields].filter(isEnded).map(([field]) => field));
  }

  #removeMany(fields: readonly string[]): void {
    for (const field of fields) this.#fields.delete(field);
    this.#sanctions.onManyChanged(fields);
  }

  #set(field: string, value: string | undefined): void {
    if (value === undefined) this.#fields.delete(field);
    else this.#fields.set(field, value);
    this.#sanctions.onChanged(field);
  }

  /** Returns the text of a field; undefined if it is not set. */
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

  /** Who sees the room; `open` unless the state says otherwise. */
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

  /** A user's mute or ban, unless it has ended. @param date Milliseconds since 1970. */
  sanction(kind: Sanction["kind"], user: UserId, date: number): CurrentSanction | undefined {
    const sanction = this.#sanctions.get(sanctionField(kind, { user }));
    return sanction && sanction.until > date ? sanction : undefined;
  }

  /** All mutes and bans that have not ended. @param date Milliseconds since 1970. */
  sanctions(date: number): readonly CurrentSanction[] {
    return [...this.#sanctions.all()].filter(({ until }) => until > date);
  }

  /**
   * All mutes or bans of an address, also those that have ended: at most one on account of each guest, and one of its own. The one
   * that ends last comes first.
   *
   * @param room Where; undefined for the whole service.
   */
  addressSanctions(
    kind: Sanction["kind"],
    address: UserId,
    room: string | undefined,
  ): readonly CurrentSanction[] {
    return this.#sanctions.ofAddress(kind, address, room);
  }

  /** The mute or ban of an address on account of one guest, also if it has ended. */
  addressSanction(
    kind: Sanction["kind"],
    target: SanctionTarget & { readonly guest: UserId },
  ): CurrentSanction | undefined {
    return this.#sanctions.get(sanctionField(kind, target));
  }

  /**
   * What is imposed on addresses on account of guests and has not ended: how much it is, and which addresses those of one guest are.
   *
   * @param date Milliseconds since 1970.
   */
  addressesOf(
    guest: UserId,
    date: number,
  ): { readonly count: number; readonly own: ReadonlySet<UserId> } {
    let count = 0;
    const own = new Set<UserId>();
    for (const it of this.#sanctions.ofAddresses()) {
      if (it.guest === undefined || it.until <= date) continue;
      count += 1;
      if (it.guest === guest) own.add(it.user);
    }
    return { count, own };
  }

  /** Until when an address is exempt, and by whom. @param date Milliseconds since 1970. */
  exemption(
    kind: Sanction["kind"],
    target: Pick<SanctionTarget, "user" | "room">,
    date: number,
  ): Exemption | undefined {
    const exemption = this.#sanctions.get(exemptionField(kind, target));
    return exemption && exemption.until > date ? exemption : undefined;
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
