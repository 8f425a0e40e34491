/**
 * The mutes and bans in the fields of a room's state. Each field is parsed once, and those of an address are found without looking
 * at the others: in a raid, every guest of an address can be muted, and all of them ask at once.
 * @module
 */
import * as v from "valibot";
import { isStoredName, type Name } from "../names/names.ts";
import { RANKS, type Sanction } from "./room_event.ts";
import { isAddressUser, isUserId, type UserId } from "./user_id.ts";

/** A mute or a ban as a state has it. */
export interface CurrentSanction extends Sanction {
  /** Only of an address in one room: that room. */
  readonly room: string | undefined;
  /**
   * Only of an address: a moderator of this rank has ended what it had on account of its guests. Whoever was muted or banned
   * before, by no higher rank, does not count for it again.
   */
  readonly isExempt?: true | undefined;
}

/** Whose mute or ban a field is: a user's, or that of an address in one room, or on account of one guest. */
export interface SanctionTarget {
  /** The user, or the id that stands for an address. */
  readonly user: UserId;
  /** Only of an address in one room, in the state of `_audit`: that room. */
  readonly room?: string | undefined;
  /** Only of an address: the guest. */
  readonly guest?: UserId | undefined;
}

/** The field of a mute or a ban. */
export function sanctionField(
  kind: Sanction["kind"],
  { user, room, guest }: { readonly [K in keyof SanctionTarget]: string | undefined },
): string {
  const place = room === undefined ? user : `${user}@${room}`;
  // Each guest of an address has a mute of it: one that ends leaves those of the others.
  return `${kind}:${guest === undefined ? place : `${place}/${guest}`}`;
}

/**
 * The fields that end together with a mute or a ban, as a pattern: those of an address on account of its guests, or those of a
 * guest's addresses.
 */
export function accountFields(
  kind: Sanction["kind"],
  { user, room }: Pick<SanctionTarget, "user" | "room">,
): string {
  return isAddressUser(user)
    ? sanctionField(kind, { user, room, guest: "*" })
    : sanctionField(kind, { user: "*", room, guest: user });
}

/**
 * The fields that a pattern stands for, where `*` is any text without `@` and `/`; without `*`, it is the name of one field.
 *
 * @param names Those of all fields.
 */
export function fieldsLike(pattern: string, names: () => Iterable<string>): readonly string[] {
  const [start = "", end] = pattern.split("*", 2);
  if (end === undefined) return [pattern];
  return [...names()].filter((name) =>
    name.startsWith(start) && name.endsWith(end) && name.length >= start.length + end.length &&
    !/[@/]/.test(name.slice(start.length, name.length - end.length))
  );
}

/** The field that says that an address is exempt. */
export function exemptionField(
  kind: Sanction["kind"],
  { user, room }: Pick<SanctionTarget, "user" | "room">,
): string {
  return sanctionField(kind, { user, room, guest: EXEMPT });
}

/** The value of a field. */
export function sanctionValue(
  { until, name, reason, rank }: Omit<Sanction, "kind" | "user">,
): string {
  return `${until} ${JSON.stringify({ name, reason, rank })}`;
}

/** When a mute or a ban ends, from the text of its field; 0 if there is none. */
export function endOf(sanction: string | undefined): number {
  const [, until] = /^(\d{1,15}) /.exec(sanction ?? "") ?? [];
  return Number(until ?? 0);
}

/** Stands in a field where that of a guest has the guest's id. No id is so short. */
const EXEMPT = "exempt";
const FIELD = /^(mute|ban):([^@/]*)(?:@([^/]*))?(?:\/(.*))?$/;

const SanctionDetails = v.object({
  name: v.custom<Name>((it) => typeof it === "string" && isStoredName(it)),
  reason: v.optional(v.string()),
  rank: v.picklist(RANKS),
});

/** The mutes and bans in some fields, which its owner changes. */
export class SanctionFields {
  readonly #fields: ReadonlyMap<string, string>;
  readonly #parsed = new Map<string, CurrentSanction | undefined>();
  /** Those of each address, the one that ends last first, by the field of the address itself. */
  #addresses: Map<string, readonly CurrentSanction[]> | undefined;

  /** Reads the fields when it is asked. */
  constructor(fields: ReadonlyMap<string, string>) {
    this.#fields = fields;
  }

  /** Many fields have another value, or none. */
  onManyChanged(fields: readonly string[]): void {
    for (const field of fields) this.#parsed.delete(field);
    this.#addresses = undefined;
  }

  /** A field has another value, or none. */
  onChanged(field: string): void {
    const before = this.#parsed.get(field);
    this.#parsed.delete(field);
    const key = addressField(field);
    if (key === undefined || this.#addresses === undefined) return;
    const others = (this.#addresses.get(key) ?? []).filter((it) => it !== before);
    const sanction = this.get(field);
    if (sanction) this.#addresses.set(key, sorted([...others, sanction]));
    else if (others.length > 0) this.#addresses.set(key, others);
    else this.#addresses.delete(key);
  }

  /** The mute or ban in a field, also if it has ended. */
  get(field: string): CurrentSanction | undefined {
    if (this.#parsed.has(field)) return this.#parsed.get(field);
    const stored = this.#fields.get(field);
    if (stored === undefined) return undefined;
    const sanction = parseSanction(field, stored);
    this.#parsed.set(field, sanction);
    return sanction;
  }

  /** All mutes and bans, also those that have ended. */
  *all(): Iterable<CurrentSanction> {
    for (const field of this.#fields.keys()) {
      const sanction = FIELD.test(field) ? this.get(field) : undefined;
      if (sanction) yield sanction;
    }
  }

  /**
   * All mutes or bans of an address, also those that have ended; the one that ends last comes first.
   *
   * @param room Where; undefined for the whole service.
   */
  ofAddress(
    kind: Sanction["kind"],
    address: UserId,
    room: string | undefined,
  ): readonly CurrentSanction[] {
    const addresses = this.#addresses ??= this.#findAddresses();
    return addresses.get(sanctionField(kind, { user: address, room })) ?? [];
  }

  /** Those of all addresses, also those that have ended. */
  *ofAddresses(): Iterable<CurrentSanction> {
    for (const its of (this.#addresses ??= this.#findAddresses()).values()) yield* its;
  }

  #findAddresses(): Map<string, readonly CurrentSanction[]> {
    const found = Map.groupBy(
      [...this.all()].filter(({ user }) => isAddressUser(user)),
      ({ kind, user, room }) => sanctionField(kind, { user, room }),
    );
    return new Map([...found].map(([key, its]) => [key, sorted(its)]));
  }
}

/** The field of an address without its guest; undefined if the field is not that of an address. */
function addressField(field: string): string | undefined {
  const [, kind, user = ""] = FIELD.exec(field) ?? [];
  if (kind === undefined || !isAddressUser(user)) return undefined;
  return field.split("/", 1)[0];
}

function sorted(sanctions: readonly CurrentSanction[]): readonly CurrentSanction[] {
  return sanctions.toSorted((one, other) => other.until - one.until);
}

function parseSanction(field: string, stored: string): CurrentSanction | undefined {
  const [, kind, user = "", room, account] = FIELD.exec(field) ?? [];
  if (kind !== "mute" && kind !== "ban" || !isUserId(user)) return undefined;
  const isExempt = account === EXEMPT && { isExempt: true as const };
  const guest = isExempt ? undefined : account;
  if (guest !== undefined && !isUserId(guest)) return undefined;
  const details = v.safeParse(SanctionDetails, parseJson(stored.slice(stored.indexOf(" ") + 1)));
  if (!details.success) return undefined;
  return { kind, user, room, guest, until: endOf(stored), ...details.output, ...isExempt };
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
