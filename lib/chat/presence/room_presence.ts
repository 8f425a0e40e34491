/**
 * The people of one room: those in it through this node, counted by user and not by connection, and the roster of all
 * nodes. A node claims a name for each of its users and renews its lease. A user who disconnects is kept for a grace
 * period, so that a quick reconnect goes unnoticed.
 * @module
 */
import type { Author, UserId } from "../../core/log/entry.ts";
import type { ShownRole } from "../../core/log/role.ts";
import { GRACE_MS } from "../../core/presence/lease_table.ts";
import { isTemporaryName, type Name, type RoomId } from "../../core/names/names.ts";
import { type PresenceDiff, type PresenceUpdate, Roster } from "../../core/presence/roster.ts";
import { type Bus, BusUnavailable } from "../ports/bus.ts";
import type { Clock } from "../ports/clock.ts";
import type { ListedPerson } from "../members/known_moderators.ts";
import type { KnownNames } from "../members/known_names.ts";
import { type LeasedUser, RoomLeases, type RoomLeasesContext } from "./room_leases.ts";
import { TemporaryNames } from "./temporary_names.ts";

/** What a room's presence needs from its node. */
export interface RoomPresenceContext extends RoomLeasesContext {
  /** Claims names and sends presence signals. */
  readonly bus: RoomLeasesContext["bus"] & Pick<Bus, "signal">;
  /** For the grace period. */
  readonly clock: Clock;
  /** The names of members. */
  readonly names: Pick<KnownNames, "isReserved" | "areOwned" | "moderators">;
}

interface LocalUser extends LeasedUser {
  name: Name;
  role: ShownRole | undefined;
  connections: number;
  /** Aborts the grace period of a disconnected user. */
  gracePeriod: AbortController | undefined;
}

/** Changes among the people of a room, with their roles. */
export interface ListedDiff extends PresenceDiff {
  /** People who have come. */
  readonly joined: readonly ListedPerson[];
  /** People who are still here, and have another role. */
  readonly changed: readonly ListedPerson[];
}

/** The people of one room. */
export class RoomPresence {
  /** The names that users of this node want. */
  readonly temporaryNames: TemporaryNames;
  readonly #room: RoomId;
  readonly #context: RoomPresenceContext;
  readonly #signal: AbortSignal;
  readonly #localUsers = new Map<UserId, LocalUser>();
  // Names that users may have been assigned: the reply was lost.
  readonly #unconfirmedNames = new Map<UserId, Name>();
  readonly #roster: Roster;
  readonly #leases: RoomLeases;

  /**
   * Starts without people.
   *
   * @param signal When it aborts, grace periods end.
   * @param onChanged Called when {@linkcode hasChanged} becomes true, and perhaps more often.
   */
  constructor(
    room: RoomId,
    context: RoomPresenceContext,
    signal: AbortSignal,
    onChanged: () => void = () => {},
  ) {
    this.#room = room;
    this.temporaryNames = new TemporaryNames(onChanged);
    this.#roster = new Roster(onChanged);
    this.#context = context;
    this.#signal = signal;
    this.#leases = new RoomLeases(room, context, {
      localUsers: this.#localUsers,
      roster: this.#roster,
      setLocalName: (user, name) => this.#setLocalName(user, name),
      withLocalName: (update) => this.#withLocalName(update),
      signalHere: (author, takenOver) => this.signalHere(author, takenOver),
      signalGone: (user) => this.#signalUpdate({ kind: "gone", user, node: context.node }),
    });
    // One listener for all users: `AbortSignal.any()` for each would stay registered on the room's signal forever (Deno
    // 2.9.6).
    signal.addEventListener("abort", () => {
      for (const { gracePeriod } of this.#localUsers.values()) gracePeriod?.abort();
    });
  }

  /** Whether no user is here through this node, not even in a grace period. */
  get isEmpty(): boolean {
    return this.#localUsers.size === 0 && !this.#leases.isAnyUnreleased;
  }

  /** Number of people in the room, through all nodes. */
  get count(): number {
    return this.#roster.size;
  }

  /** The people in the room. @param limit Maximum number to return. */
  list(limit?: number): ListedPerson[] {
    return this.#context.names.moderators.withRoles(this.#roster.list(limit));
  }

  /** Whether a person in the room is known to have this name. */
  hasName(name: Name): boolean {
    return this.#roster.hasName(name);
  }

  /** Whether no other user is known to be in the room under a name, or to own it. */
  isFree({ user, name }: Author): boolean {
    return !this.hasName(name) && !this.#isReserved(user, name);
  }

  /** The name of a user of this node. */
  nameOf(user: UserId): Name | undefined {
    return this.#localUsers.get(user)?.name;
  }

  /** The name of a user who is here through any node. */
  seenNameOf(user: UserId): Name | undefined {
    return this.nameOf(user) ?? this.#roster.nameOf(user);
  }

  /** The role with which a user is here through any node. */
  seenRoleOf(user: UserId): ShownRole | undefined {
    return this.#roster.roleOf(user);
  }

  /** Whether a user of this node has a name that belongs to a member by now. */
  get hasReservedNames(): boolean {
    return this.#context.names.areOwned &&
      this.#localUsers.entries().some(([user, { name }]) => this.#isReserved(user, name));
  }

  #isReserved(user: UserId, name: Name): boolean {
    return this.#context.names.isReserved({ user, name });
  }

  /** Whether a user is known to be in the room through another node too. */
  isElsewhere(user: UserId): boolean {
    return this.#roster.isElsewhere(user, this.#context.node);
  }

  /**
   * Adds a connection of a user. Resolves to the user's name here; undefined if another user has it.
   *
   * @param role Only of a user of an app.
   */
  async join(author: Author, role?: ShownRole): Promise<Name | undefined> {
    const { user } = author;
    if (this.#localUsers.has(user)) return this.#addConnection(user, role);
    const claim = await this.#leases.claimFirst(author, role);
    if (claim.kind === "taken") return undefined;
    // Another connection of the same user may have been faster.
    if (this.#localUsers.has(user)) return this.#addConnection(user, role);
    this.#leases.keep(user);
    const { name } = claim;
    this.#localUsers.set(user, { name, role, connections: 1, gracePeriod: undefined });
    this.signalHere({ user, name }, claim.takenOver);
    return name;
  }

  #addConnection(user: UserId, role: ShownRole | undefined): Name | undefined {
    const localUser = this.#localUsers.get(user);
    if (localUser === undefined) return undefined;
    localUser.gracePeriod?.abort();
    localUser.gracePeriod = undefined;
    localUser.connections += 1;
    void this.setRole(user, role);
    return localUser.name;
  }

  /** A user of an app, if here through this node, has this role by now. If the store is away, a later refresh tells it. */
  async setRole(user: UserId, role: ShownRole | undefined): Promise<void> {
    const localUser = this.#localUsers.get(user);
    if (localUser === undefined || localUser.role === role) return;
    localUser.role = role;
    const { name } = localUser;
    this.signalHere({ user, name });
    try {
      await this.#leases.claim({ user, name });
    } catch (error) {
      if (!(error instanceof BusUnavailable)) throw error;
    }
  }

  /**
   * Removes a connection of a user. @param comesBack Whether the user is likely to come back, and gets a grace period.
   */
  async leave(user: UserId, comesBack: boolean): Promise<void> {
    const localUser = this.#localUsers.get(user);
    if (localUser === undefined) return;
    localUser.connections -= 1;
    if (localUser.connections > 0) return;
    if (comesBack) {
      const gracePeriod = localUser.gracePeriod = new AbortController();
      if (!this.#signal.aborted) await this.#context.clock.sleep(GRACE_MS, gracePeriod.signal);
      // If the node itself stops, it withdraws, and users who reconnect elsewhere in time never left.
      if (gracePeriod.signal.aborted || this.#signal.aborted) return;
    }
    this.#localUsers.delete(user);
    this.temporaryNames.forget(user);
    this.#unconfirmedNames.delete(user);
    await this.#leases.release(user);
  }

  /** Users whose wanted names seem to be free. @param isRefresh Whether to try even if nothing has changed. */
  takeRestorableNames(isRefresh: boolean): readonly Author[] {
    if (isRefresh) this.temporaryNames.onPeopleChanged();
    return this.temporaryNames.takeCandidates().filter(({ user, name }) => {
      if ((this.#localUsers.get(user)?.connections ?? 0) === 0 || this.#roster.hasName(name)) {
        return false;
      }
      // Of several nodes, one tries at once. The others follow if it has not succeeded by the refresh.
      return isRefresh || this.#roster.isFirst(user, this.#context.node);
    });
  }

  /**
   * Gives a user a name that the user has chosen. Resolves to whether no other user has it. The caller must publish a
   * `renamed` entry.
   *
   * @param wanted The name that the user gets when it is free, if the chosen one is temporary.
   */
  async rename(author: Author, wanted?: Name): Promise<boolean> {
    using _suspended = this.temporaryNames.suspend(author.user);
    const claim = await this.#leases.claim(author, true);
    if (claim.kind === "taken") return false;
    this.#choose(author, wanted);
    const here = this.#applyName(author);
    // The name alone does not show it: a user can choose `Ann (2)` too.
    if (this.isElsewhere(author.user)) {
      this.#context.bus.signal(this.#room, { ...here, isChosen: true, ...(wanted && { wanted }) });
    }
    return true;
  }

  /**
   * Gives a user a name that the user did not ask for just now.
   *
   * @param keepsOther Whether a name that the user already has in the table stays.
   * @returns `renamed`: the caller must publish a `renamed` entry; `unchanged`: another node has renamed the user, and
   *   publishes it.
   */
  async assignName(
    author: Author,
    keepsOther: boolean,
  ): Promise<"taken" | "renamed" | "unchanged"> {
    const { user } = author;
    const claim = await this.#leases.claim(author, !keepsOther).catch((error) => {
      const isLost = error instanceof BusUnavailable && error.mayHaveApplied;
      if (isLost && this.#localUsers.has(user)) this.#unconfirmedNames.set(user, author.name);
      throw error;
    });
    if (claim.kind === "taken") return "taken";
    const isUnconfirmed = this.#unconfirmedNames.get(user) === claim.name;
    this.#unconfirmedNames.delete(user);
    this.#applyName({ user, name: claim.name });
    return claim.isNew || isUnconfirmed ? "renamed" : "unchanged";
  }

  #choose({ user, name }: Author, wanted: Name | undefined): void {
    this.temporaryNames.choose(user, name);
    // Only a user of this node has a preference here; it is forgotten when the user leaves.
    if (wanted && this.#localUsers.has(user)) this.temporaryNames.prefer(user, wanted, name);
  }

  /** Sets a claimed name here, in case the entry never arrives. */
  #applyName({ user, name }: Author) {
    this.#setLocalName(user, name);
    const here = this.#hereOf({ user, name });
    this.#applyUpdate(here);
    return here;
  }

  #hereOf({ user, name }: Author) {
    const { node } = this.#context;
    const { role } = this.#localUsers.get(user) ?? {};
    return { kind: "here", user, name, ...(role && { role }), node } as const;
  }

  /** Announces that a user is here under a name, and no longer on the nodes that have withdrawn. */
  signalHere(author: Author, takenOver: readonly string[] = []): void {
    this.#signalUpdate(this.#hereOf(author));
    for (const node of takenOver) this.#signalUpdate({ kind: "gone", user: author.user, node });
  }

  /** Applies a `renamed` entry of the room. */
  onRenamed(user: UserId, name: Name): void {
    const preferred = this.temporaryNames.preferredName(user);
    if (preferred && !isTemporaryName(name, preferred)) this.temporaryNames.choose(user, name);
    this.#unconfirmedNames.delete(user);
    this.#setLocalName(user, name);
    this.#leases.onRosterChanged();
    this.#roster.rename(user, name);
    this.temporaryNames.onPeopleChanged();
  }

  /** The people in the room have received a `renamed` entry again, which is older than the user's name. */
  onOldNameShown(user: UserId, oldName: Name): void {
    this.#roster.onOldNameShown(user, oldName);
  }

  /** Applies an update of another node. Ignores this node's own, which were applied when sent and may be outdated. */
  apply(update: PresenceUpdate): void {
    if (update.node === this.#context.node) return;
    if (update.kind === "here" && update.isChosen) this.#choose(update, update.wanted);
    this.#applyUpdate(this.#withLocalName(update));
    this.temporaryNames.onPeopleChanged();
    this.#leases.onUpdate(update);
  }

  /** Users of this node have the same name in the list and on messages. A `renamed` entry changes both. */
  #withLocalName(update: PresenceUpdate): PresenceUpdate {
    const localUser = this.#localUsers.get(update.user);
    return localUser && update.kind === "here" ? { ...update, name: localUser.name } : update;
  }

  /**
   * The version of the table for which {@linkcode refresh} would do nothing but renew the lease; undefined if it may have
   * something to repair.
   */
  get settledVersion(): string | undefined {
    const isSettled = this.#localUsers.size > 0 && !this.temporaryNames.isAnyWanted &&
      !this.hasReservedNames;
    return isSettled ? this.#leases.settledVersion : undefined;
  }

  /**
   * Renews the node's lease, reads the table, and repairs differences between the two: a reply may have been lost, and
   * a Redis that came back empty has lost everything. Resolves to the users whose names were taken meanwhile, or belong to
   * a member by now; they need other names.
   *
   * @param isAfterNameChange Whether it is called because members own other names than before, which all nodes hear at
   *   once: of several, one then gives a user another name. The others follow if it has not succeeded by their next refresh.
   */
  refresh(isAfterNameChange: boolean = false): Promise<readonly Author[]> {
    return this.#leases.refresh(isAfterNameChange);
  }

  /**
   * Called when this node stops: releases its users who are on another node too, and holds the others for the grace
   * period.
   */
  withdraw(): Promise<void> {
    return this.#leases.withdraw();
  }

  /** Members have other roles: those who are here are reported again. */
  onRolesChanged(users: Iterable<UserId>): void {
    for (const user of users) this.#roster.repeat(user);
  }

  /** Whether {@linkcode takeDiff} or {@linkcode takeRestorableNames} has something to do. */
  get hasChanged(): boolean {
    return this.#roster.hasChanged || this.temporaryNames.hasChanged;
  }

  /** The people who have joined and left since the last call, or have another role. */
  takeDiff(): ListedDiff | undefined {
    const diff = this.#roster.takeDiff();
    if (diff === undefined) return undefined;
    const { moderators } = this.#context.names;
    const withRoles = (people: readonly ListedPerson[]) => moderators.withRoles([...people]);
    return { ...diff, joined: withRoles(diff.joined), changed: withRoles(diff.changed) };
  }

  #applyUpdate(update: PresenceUpdate): void {
    this.#leases.onRosterChanged();
    this.#roster.apply(update);
  }

  #setLocalName(user: UserId, name: Name): void {
    const localUser = this.#localUsers.get(user);
    if (localUser) localUser.name = name;
    this.temporaryNames.setCurrent(user, name);
  }

  #signalUpdate(update: PresenceUpdate): void {
    this.#applyUpdate(update);
    this.temporaryNames.onPeopleChanged();
    this.#context.bus.signal(this.#room, update);
  }
}
