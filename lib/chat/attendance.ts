/**
 * Who is in one room through this node, counted by user and not by connection; and who is in it at all. A node claims a
 * place and a name for each of its users and renews its lease; who drops is kept for a while, so that coming back is not
 * seen by anybody.
 * @module
 */
import type { Author, UserId } from "../core/entries.ts";
import { type ClaimResult, GRACE_MS } from "../core/leases.ts";
import type { Name, RoomId } from "../core/names.ts";
import { type Diff, type Movement, Roster } from "../core/roster.ts";
import { type Bus, BusUnavailable, type Register } from "./bus.ts";
import type { Clock } from "./clock.ts";

/** What a node needs to hold its part of a room. */
export interface AttendanceContext {
  /** Where places and names are claimed, and where it is told. */
  readonly bus: Register & Pick<Bus, "signal">;
  /** For the grace. */
  readonly clock: Clock;
  /** This node, unlike any other. */
  readonly node: string;
}

interface Attender {
  name: Name;
  connections: number;
  /** Aborts the wait of one who has dropped. */
  leaving: AbortController | undefined;
}

/** One room's people. */
export class Attendance {
  readonly #room: RoomId;
  readonly #context: AttendanceContext;
  readonly #signal: AbortSignal;
  readonly #here = new Map<UserId, Attender>();
  // Those for whom a claim is under way.
  readonly #entering = new Set<UserId>();
  // Those whose release was not heard: tried again with the lease.
  readonly #unreleased = new Set<UserId>();
  readonly #roster = new Roster();
  #hasWithdrawn = false;
  // What is told while the table is read: the table may be older.
  #meanwhile: Movement[] | undefined;

  /** Nobody yet. @param signal When it aborts, nobody is waited for. */
  constructor(room: RoomId, context: AttendanceContext, signal: AbortSignal) {
    this.#room = room;
    this.#context = context;
    this.#signal = signal;
    // One for all who drop: `AbortSignal.any()` for each would stay with the room's signal for ever (Deno 2.9.6).
    signal.addEventListener("abort", () => {
      for (const { leaving } of this.#here.values()) leaving?.abort();
    });
  }

  /** Whether nobody is here through this node, not even one who has just dropped. */
  get isEmpty(): boolean {
    return this.#here.size === 0 && this.#unreleased.size === 0;
  }

  /** How many people are in the room, through all nodes. */
  get count(): number {
    return this.#roster.size;
  }

  /** Everybody, or the first so many. */
  list(limit?: number): Author[] {
    return this.#roster.list(limit);
  }

  /** Whether somebody in the room is known to have this name. */
  knows(name: Name): boolean {
    return this.#roster.hasName(name);
  }

  /** The name that a user of this node has here. */
  nameOf(user: UserId): Name | undefined {
    return this.#here.get(user)?.name;
  }

  /** One more connection of a user; the name that the user has here, or undefined where another one has it. */
  async enter(author: Author): Promise<Name | undefined> {
    const { user } = author;
    const here = this.#here.get(user);
    if (here) return this.#again(here);
    this.#entering.add(user);
    const claim = await this.#claim(author).finally(() => this.#entering.delete(user));
    if (claim.kind === "taken") return undefined;
    // Another connection of the same user may have been faster.
    const meanwhile = this.#here.get(user);
    if (meanwhile) return this.#again(meanwhile);
    this.#unreleased.delete(user);
    const { name } = claim;
    this.#here.set(user, { name, connections: 1, leaving: undefined });
    this.#tellHere({ user, name }, claim.takenOver);
    return name;
  }

  #claim({ user, name }: Author, rename = false): Promise<ClaimResult> {
    const { bus, node } = this.#context;
    return bus.claim(this.#room, { user, name, node, rename });
  }

  #again(here: Attender): Name {
    here.leaving?.abort();
    here.leaving = undefined;
    here.connections += 1;
    return here.name;
  }

  /** One connection fewer. @param comesBack Whether the user is likely to come back, and waited for. */
  async leave(user: UserId, comesBack: boolean): Promise<void> {
    const here = this.#here.get(user);
    if (here === undefined) return;
    here.connections -= 1;
    if (here.connections > 0) return;
    if (comesBack) {
      const leaving = here.leaving = new AbortController();
      if (!this.#signal.aborted) await this.#context.clock.sleep(GRACE_MS, leaving.signal);
      // If the node itself stops, it withdraws, and users who come back elsewhere in time were never away.
      if (leaving.signal.aborted || this.#signal.aborted) return;
    }
    this.#here.delete(user);
    this.#unreleased.add(user);
    await this.#release(user);
  }

  /** Gives a user another name, if nobody else has it. It is for the caller to tell the room, by an entry. */
  async rename({ user, name }: Author): Promise<boolean> {
    const claim = await this.#claim({ user, name }, true);
    if (claim.kind === "taken") return false;
    const here = this.#here.get(user);
    if (here) here.name = name;
    // Should the entry never come, it is told like this.
    this.#roster.apply({ kind: "here", user, name, node: this.#context.node });
    return true;
  }

  /** Takes in that a user has another name, and that the room has been told. */
  renamed(user: UserId, name: Name): void {
    const here = this.#here.get(user);
    if (here) here.name = name;
    this.#roster.rename(user, name);
  }

  /** Takes in what another node tells; what this one told it knows already, and may have changed since. */
  apply(movement: Movement): void {
    if (movement.node === this.#context.node) return;
    this.#roster.apply(this.#underOwnName(movement));
    this.#meanwhile?.push(movement);
  }

  /** A user of this node has one name here, in the list and on messages. The entry of a renaming changes both. */
  #underOwnName(movement: Movement): Movement {
    const here = this.#here.get(movement.user);
    return here && movement.kind === "here" ? { ...movement, name: here.name } : movement;
  }

  /**
   * Renews the node's lease, reads the table, and puts right where the table and this node differ: a reply may have been
   * lost, and a Redis that came back empty has lost it all. Resolves to those whose names another one has taken meanwhile;
   * they need other names.
   */
  async refresh(): Promise<readonly Author[]> {
    // It would claim users again who have come back elsewhere.
    if (this.#hasWithdrawn) return [];
    const { bus, node } = this.#context;
    if (this.#here.size > 0) await bus.renew(this.#room, node);
    const mine = await this.#readTable();
    for (const user of mine) {
      if (!this.#here.has(user) && !this.#entering.has(user)) this.#unreleased.add(user);
    }
    for (const user of this.#unreleased) await this.#release(user);
    return await this.#claimAgain((user) => !mine.has(user));
  }

  /** This node stops: it releases users who are on another node too, and holds the others for the grace period. */
  async withdraw(): Promise<void> {
    if (this.#hasWithdrawn) return;
    this.#hasWithdrawn = true;
    const { bus, node } = this.#context;
    for (const user of this.#here.keys()) {
      if (this.#roster.isElsewhere(user, node)) this.#tell({ kind: "gone", user, node });
    }
    try {
      await bus.withdraw(this.#room, node);
    } catch (error) {
      // Then the lease expires.
      if (!(error instanceof BusUnavailable)) throw error;
    }
  }

  /** Who has come and gone since the last call. */
  takeDiff(): Diff | undefined {
    return this.#roster.takeDiff();
  }

  /** Takes the table for what is so, but for what has changed while it was read; who is there through this node. */
  async #readTable(): Promise<ReadonlySet<UserId>> {
    const { bus, node } = this.#context;
    const meanwhile: Movement[] = this.#meanwhile = [];
    const names = new Map([...this.#here].map(([user, { name }]) => [user, name]));
    const table = await bus.people(this.#room).finally(() => this.#meanwhile = undefined);
    this.#roster.reset(table);
    for (const movement of meanwhile) this.#roster.apply(this.#underOwnName(movement));
    const mine = table.filter(({ nodes }) => nodes.includes(node));
    for (const { user, name } of mine) {
      const here = this.#here.get(user);
      if (here && here.name === names.get(user)) here.name = name;
    }
    for (const [user, { name }] of this.#here) {
      this.#roster.apply({ kind: "here", user, name, node });
    }
    return new Set(mine.map(({ user }) => user));
  }

  async #claimAgain(isMissing: (user: UserId) => boolean): Promise<readonly Author[]> {
    const homeless: Author[] = [];
    for (const [user, here] of this.#here) {
      if (!isMissing(user)) continue;
      const { name } = here;
      const claim = await this.#claim({ user, name });
      if (claim.kind === "taken") homeless.push({ user, name });
      else {
        here.name = claim.name;
        this.#tellHere({ user, name: here.name }, claim.takenOver);
      }
    }
    return homeless;
  }

  async #release(user: UserId): Promise<void> {
    const { bus, node } = this.#context;
    // Behind that claim, it would take away what is claimed.
    if (this.#entering.has(user)) return;
    try {
      await bus.release(this.#room, user, node);
    } catch (error) {
      if (error instanceof BusUnavailable) return;
      throw error;
    }
    // The user may have come back while it was asked.
    if (!this.#unreleased.delete(user)) return;
    this.#tell({ kind: "gone", user, node });
  }

  /** Announces that a user is here, and no longer on the nodes that have withdrawn. */
  #tellHere(author: Author, takenOver: readonly string[] = []): void {
    this.#tell({ kind: "here", ...author, node: this.#context.node });
    for (const node of takenOver) this.#tell({ kind: "gone", user: author.user, node });
  }

  #tell(movement: Movement): void {
    this.#roster.apply(movement);
    this.#context.bus.signal(this.#room, movement);
  }
}
