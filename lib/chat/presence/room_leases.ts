/**
 * The leases of one node in the lease table of one room: claimed for its users, renewed, and given back. A reply may have
 * been lost, and a Redis that came back empty has lost everything, so a renewal reads the table and repairs differences.
 * @module
 */
import type { Author, UserId } from "../../core/log/entry.ts";
import type { ShownRole } from "../../core/log/role.ts";
import type { Name, RoomId } from "../../core/names/names.ts";
import type { Claim, ClaimResult, Person } from "../../core/presence/lease_table.ts";
import type { PresenceUpdate, Roster } from "../../core/presence/roster.ts";
import type { KnownNames } from "../members/known_names.ts";
import { BusUnavailable, type PresenceRegistry } from "../ports/bus.ts";

/** What the leases of a room need from its node. */
export interface RoomLeasesContext {
  /** The lease tables. */
  readonly bus: PresenceRegistry;
  /** Unique id of this node. */
  readonly node: string;
  /** The names of members, which others cannot claim. */
  readonly names: Pick<KnownNames, "isReserved" | "areOwned">;
}

/** A user of this node, as the table has to have it. */
export interface LeasedUser {
  /** The name in the room. */
  readonly name: Name;
  /** Only of users of an app. */
  readonly role: ShownRole | undefined;
}

/** The people of the room, as its leases see and correct them. */
export interface LeasedPeople {
  /** Those who are here through this node. Each has a lease, unless the table is wrong. */
  readonly localUsers: ReadonlyMap<UserId, LeasedUser>;
  /** Those of all nodes. */
  readonly roster: Roster;
  /** Sets the name that a user has in the table. */
  setLocalName(user: UserId, name: Name): void;
  /** An update, with the name that a user of this node has by now. */
  withLocalName(update: PresenceUpdate): PresenceUpdate;
  /** Announces that a user is here, and no longer on the nodes that have withdrawn. */
  signalHere(author: Author, takenOver?: readonly string[]): void;
  /** Announces that a user is no longer here. */
  signalGone(user: UserId): void;
}

/** The leases of one node in one room. */
export class RoomLeases {
  readonly #room: RoomId;
  readonly #context: RoomLeasesContext;
  readonly #people: LeasedPeople;
  // Users with a claim under way.
  readonly #claiming = new Set<UserId>();
  // Users whose release was not confirmed. Retried with the lease.
  readonly #unreleased = new Set<UserId>();
  #hasWithdrawn = false;
  // Updates received while the table is read. The table may be older.
  #updatesWhileReading: PresenceUpdate[] | undefined;
  // The version of the table that the roster matches; undefined if they may differ.
  #tableVersion: string | undefined;

  /** Starts without leases. */
  constructor(room: RoomId, context: RoomLeasesContext, people: LeasedPeople) {
    this.#room = room;
    this.#context = context;
    this.#people = people;
  }

  /** Whether a user has left whose lease may still be in the table. */
  get isAnyUnreleased(): boolean {
    return this.#unreleased.size > 0;
  }

  /** The version of the table if the roster matches it and no claim or release is under way; undefined otherwise. */
  get settledVersion(): string | undefined {
    const isSettled = this.#unreleased.size + this.#claiming.size === 0 && !this.#hasWithdrawn;
    return isSettled ? this.#tableVersion : undefined;
  }

  /** Claims the name of a user who comes. Call {@linkcode keep} if the user stays. */
  claimFirst(author: Author, role: ShownRole | undefined): Promise<ClaimResult> {
    const { user } = author;
    this.#claiming.add(user);
    return this.#claim(author, { role, rename: false }).finally(() => this.#claiming.delete(user));
  }

  /** Claims a name. @param rename Whether it replaces another one that the user has in the table. */
  claim(author: Author, rename = false): Promise<ClaimResult> {
    const { role } = this.#people.localUsers.get(author.user) ?? {};
    return this.#claim(author, { role, rename });
  }

  async #claim(
    { user, name }: Author,
    { role, rename }: Pick<Claim, "rename"> & { readonly role: ShownRole | undefined },
  ): Promise<ClaimResult> {
    const { bus, node, names } = this.#context;
    if (names.isReserved({ user, name })) return { kind: "taken" };
    return await bus.claim(this.#room, { user, name, ...(role && { role }), node, rename });
  }

  /** The user has come back before the earlier lease was given back. */
  keep(user: UserId): void {
    this.#unreleased.delete(user);
  }

  /** Gives back the lease of a user who has left. If the store is away, a later {@linkcode refresh} does. */
  release(user: UserId): Promise<void> {
    this.#unreleased.add(user);
    return this.#release(user);
  }

  async #release(user: UserId): Promise<void> {
    const { bus, node } = this.#context;
    // The release would arrive after that claim and undo it.
    if (this.#claiming.has(user)) return;
    try {
      await bus.release(this.#room, user, node);
    } catch (error) {
      if (error instanceof BusUnavailable) return;
      throw error;
    }
    // The user may have come back meanwhile.
    if (this.#unreleased.delete(user)) this.#people.signalGone(user);
  }

  /** The roster has changed. */
  onRosterChanged(): void {
    this.#tableVersion = undefined;
  }

  /** Another node has sent an update, which the roster has. */
  onUpdate(update: PresenceUpdate): void {
    this.#updatesWhileReading?.push(update);
  }

  /**
   * Renews the leases, reads the table, and repairs differences between the two. Resolves to the users whose names were
   * taken meanwhile, or belong to a member by now; they need other names.
   *
   * @param isAfterNameChange See {@linkcode RoomPresence.refresh}.
   */
  async refresh(isAfterNameChange: boolean): Promise<readonly Author[]> {
    // It would reclaim users who have reconnected elsewhere.
    if (this.#hasWithdrawn) return [];
    const { node, names } = this.#context;
    const { localUsers, roster } = this.#people;
    const mine = await this.#readTable();
    for (const user of mine.keys()) {
      if (!localUsers.has(user) && !this.#claiming.has(user)) this.#unreleased.add(user);
    }
    for (const user of this.#unreleased) await this.#release(user);
    const mustGiveUp = (it: Author) =>
      names.isReserved(it) && (!isAfterNameChange || roster.isFirst(it.user, node));
    const users = [...localUsers].map(([user, { name }]) => ({ user, name }));
    const displaced = names.areOwned ? users.filter(mustGiveUp) : [];
    const isRight = (it: Author) => {
      const person = mine.get(it.user);
      return person?.role === currentRole(person, localUsers.get(it.user)?.role);
    };
    const missing = users.filter((it) =>
      !(mine.has(it.user) && isRight(it)) && !displaced.includes(it)
    );
    return [...displaced, ...await this.#reclaim(missing)];
  }

  /**
   * This node stops: gives back the leases of users who are on another node too, and holds the others for the grace
   * period.
   */
  async withdraw(): Promise<void> {
    if (this.#hasWithdrawn) return;
    this.#hasWithdrawn = true;
    const { bus, node } = this.#context;
    const { localUsers, roster } = this.#people;
    for (const user of localUsers.keys()) {
      if (roster.isElsewhere(user, node)) this.#people.signalGone(user);
    }
    try {
      await bus.withdraw(this.#room, node);
    } catch (error) {
      // The lease expires instead.
      if (!(error instanceof BusUnavailable)) throw error;
    }
  }

  /**
   * Resets the roster to the table, plus the updates received while it was read. Resolves to the table's users of this
   * node.
   */
  async #readTable(): Promise<ReadonlyMap<UserId, Person>> {
    const { bus, node } = this.#context;
    const { localUsers, roster } = this.#people;
    const updates: PresenceUpdate[] = this.#updatesWhileReading = [];
    const names = new Map([...localUsers].map(([user, { name }]) => [user, name]));
    const { people, version } = await bus.refresh(this.#room, names.size > 0 ? node : undefined)
      .finally(() => this.#updatesWhileReading = undefined);
    roster.reset(people);
    for (const update of updates) roster.apply(this.#people.withLocalName(update));
    const mine = new Map<UserId, Person>();
    for (const person of people) if (person.nodes.includes(node)) mine.set(person.user, person);
    for (const { user, name } of mine.values()) {
      if (localUsers.get(user)?.name === names.get(user)) this.#people.setLocalName(user, name);
    }
    for (const [user, { name, role }] of localUsers) {
      const shown = currentRole(mine.get(user), role);
      roster.apply({ kind: "here", user, name, ...(shown && { role: shown }), node });
    }
    const isEqual = updates.length + this.#claiming.size === 0 && mine.size === localUsers.size &&
      localUsers.entries().every(([user, { name, role }]) => {
        const person = mine.get(user);
        return person?.name === name && person.role === currentRole(person, role);
      });
    this.#tableVersion = isEqual ? version : undefined;
    return mine;
  }

  /** Claims the names of users again. Resolves to those whose names were taken meanwhile. */
  async #reclaim(missing: readonly Author[]): Promise<readonly Author[]> {
    const { localUsers } = this.#people;
    const displaced: Author[] = [];
    for (const { user } of missing) {
      const name = localUsers.get(user)?.name;
      if (name === undefined) continue;
      const claim = await this.claim({ user, name });
      if (claim.kind === "taken") displaced.push({ user, name });
      else {
        this.#people.setLocalName(user, claim.name);
        const here = { user, name: localUsers.get(user)?.name ?? claim.name };
        this.#people.signalHere(here, claim.takenOver);
      }
    }
    return displaced;
  }
}

/**
 * The role that the table should have of a user of this node. Where the user is connected through others too, perhaps with another
 * token, the latest claim counts: nodes would correct each other without end.
 */
function currentRole(
  person: Person | undefined,
  own: ShownRole | undefined,
): ShownRole | undefined {
  return person && person.nodes.length > 1 ? person.role : own;
}
