/**
 * Reads and changes the records of members, names and invites: checks what it reads, and repeats a change whose records were
 * changed by another caller meanwhile.
 * @module
 */
import { parseStoredInvite, type StoredInvite } from "../../core/auth/invite.ts";
import { type Member, parseMember } from "../../core/auth/member.ts";
import type { UserId } from "../../core/log/entry.ts";
import type { Name } from "../../core/names/names.ts";
import { nameKeys, resembledKeys } from "../../core/names/name_keys.ts";
import { SERVICE_AUTHOR, SERVICE_NAME_KEYS } from "../../core/rooms/service_rooms.ts";
import { BusUnavailable } from "../ports/bus.ts";
import type { DirectoryStore, RecordChange, RecordKey } from "../ports/directory_store.ts";

/** A record as it was read, with its text for the comparison when it is changed. */
export interface Read<T> {
  /** Identifies the record, also if it does not exist. */
  readonly key: RecordKey;
  /** Its text; undefined if it does not exist. */
  readonly text: string | undefined;
  /** What the text says; undefined if there is none, or if it is damaged. */
  readonly value?: T | undefined;
}

/** The names that a member is to own. */
export interface NameClaim {
  /** A name that the member gets; no other member may own it. */
  readonly wanted?: Name | undefined;
  /** Names that the member keeps. */
  readonly kept?: readonly Name[];
  /** Names that the member gives up, unless they are like one of the others. */
  readonly released?: readonly Name[];
}

/** What an attempt to change something leads to. */
export interface Attempt<T> {
  /** The changes; none if there is nothing to change. */
  readonly changes: readonly RecordChange[];
  /** The result, if the changes can be made. */
  readonly result: T;
}

const MAX_ATTEMPTS = 50;

/** Reads and changes records in a directory store. All methods reject with `BusUnavailable`. */
export class MemberRecords {
  readonly #store: DirectoryStore;

  /** Reads nothing yet. */
  constructor(store: DirectoryStore) {
    this.#store = store;
  }

  /** Reads a member. */
  async member(user: UserId): Promise<Read<Member>> {
    return await this.#read({ kind: "member", id: user }, parseMember);
  }

  /** Reads an invite. @param id The hash of its secret. */
  async invite(id: string): Promise<Read<StoredInvite>> {
    return await this.#read({ kind: "invite", id }, parseStoredInvite);
  }

  /** Returns all members, except those whose records are damaged. */
  async members(): Promise<readonly Member[]> {
    return (await this.memberReads()).flatMap(({ value }) => value ?? []);
  }

  /** Returns the records of all members, from which changes can be made. Damaged ones have no `value`. */
  memberReads(): Promise<readonly Read<Member>[]> {
    return this.#list("member", parseMember);
  }

  /** Returns the records of all invites, including those that can no longer be used. Damaged ones have no `value`. */
  invites(): Promise<readonly Read<StoredInvite>[]> {
    return this.#list("invite", parseStoredInvite);
  }

  /** The changes by which a member gets a name and gives up others; undefined if another member or the service owns it. */
  async claimName(
    user: UserId,
    { wanted, kept = [], released = [] }: NameClaim,
  ): Promise<readonly RecordChange[] | undefined> {
    const wantedKeys = wanted === undefined ? [] : nameKeys(wanted);
    // Names that look like another member's, or like a temporary one, are not free either.
    const asked = wanted === undefined ? [] : resembledKeys(wanted);
    const own = new Set([...wantedKeys, ...kept.flatMap(nameKeys)]);
    const other = new Set(released.flatMap(nameKeys));
    const ids = new Set([...own, ...asked, ...other]);
    const keys = [...ids].map((id) => ({ kind: "name", id }) as const);
    const owners = await this.#store.read(keys);
    const ownerOf = (index: number) => {
      const isServices = SERVICE_NAME_KEYS.has(keys[index]?.id ?? "");
      return owners[index] ?? (isServices ? SERVICE_AUTHOR.user : undefined);
    };
    const isOthers = (index: number) => (ownerOf(index) ?? user) !== user;
    if (keys.some(({ id }, index) => asked.includes(id) && isOthers(index))) return undefined;
    return keys.flatMap((key, index) => {
      const isLeftAlone = isOthers(index) || (!own.has(key.id) && !other.has(key.id));
      const [from, to] = [owners[index], own.has(key.id) ? user : undefined];
      return isLeftAlone || from === to ? [] : [{ ...key, from, to }];
    });
  }

  /**
   * Makes changes, and repeats them until no other change interferes.
   *
   * @param attempt Reads what they depend on; called again if that has changed.
   */
  async change<T>(attempt: () => Promise<Attempt<T>>): Promise<T> {
    for (let left = MAX_ATTEMPTS; left > 0; left--) {
      const { changes, result } = await attempt();
      if (changes.length === 0 || await this.#store.commit(changes)) return result;
    }
    throw new BusUnavailable("too many changes at the same time, try again", {
      mayHaveApplied: false,
    });
  }

  async #read<T>(
    key: RecordKey,
    parse: (stored: unknown) => T | undefined,
  ): Promise<Read<T>> {
    const [text] = await this.#store.read([key]);
    return { key, text, value: valueOf(text, parse) };
  }

  async #list<T>(
    kind: RecordKey["kind"],
    parse: (stored: unknown) => T | undefined,
  ): Promise<readonly Read<T>[]> {
    const records = await this.#store.list(kind);
    return [...records].map(([id, text]) => ({
      key: { kind, id },
      text,
      value: valueOf(text, parse),
    }));
  }
}

/** The change of a record to a value. @param value Undefined to remove it. */
export function changeTo<T>({ key, text }: Read<T>, value: T | undefined): RecordChange {
  return { ...key, from: text, to: value === undefined ? undefined : JSON.stringify(value) };
}

function valueOf<T>(
  text: string | undefined,
  parse: (stored: unknown) => T | undefined,
): T | undefined {
  if (text === undefined) return undefined;
  try {
    return parse(JSON.parse(text));
  } catch {
    return undefined;
  }
}
