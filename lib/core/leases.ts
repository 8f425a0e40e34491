/**
 * Who is in a room and under which name, as all nodes agree on it. A node holds its part of the room by a lease that it
 * renews; when it does not, all whom it alone had are gone. One user may be there through several nodes, and has one
 * name in the room. A node that stops withdraws: it then holds only users who are on no other node, for {@linkcode GRACE_MS}.
 * So a user who has moved to another node and leaves that one is gone at once.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import type { UserId } from "./entries.ts";
 * import { parseName } from "./names.ts";
 * const table = new LeaseTable();
 * const [ann, bob] = ["user_ann", "user_bob"] as UserId[];
 * const name = parseName("Ann");
 * if (!name || !ann || !bob) throw new Error("unreachable");
 * assert.deepEqual(table.claim({ user: ann, name, node: "n1", rename: false }, 0), { kind: "granted", name });
 * assert.deepEqual(table.claim({ user: bob, name, node: "n2", rename: false }, 0), { kind: "taken" });
 * assert.equal(table.people(LEASE_MS).length, 0);
 * ```
 * @module
 */
import type { UserId } from "./entries.ts";
import { nameKeys } from "./name_keys.ts";
import type { Name } from "./names.ts";

/** A node that does not renew for so long has gone. It renews at a third of it. */
export const LEASE_MS = 45_000;
/** A user who disconnects and comes back within this time, on any node, has never been away. */
export const GRACE_MS = 10_000;

/** Somebody in a room. */
export interface Person {
  /** Who. */
  readonly user: UserId;
  /** The one name that this user has in the room. */
  readonly name: Name;
  /** Through which nodes; never changed, since it may be shared. */
  readonly nodes: readonly string[];
}

/** What a node asks for in somebody's name. */
export interface Claim {
  /** Who. */
  readonly user: UserId;
  /** The name that is asked for. */
  readonly name: Name;
  /** Through which node. */
  readonly node: string;
  /** Whether a user who has another name in the room already gets this one; otherwise it keeps what it has. */
  readonly rename: boolean;
}

/** The name that the user has in the room now; or another one has the name that was asked for. */
export type ClaimResult =
  | {
    readonly kind: "granted";
    readonly name: Name;
    /** The withdrawn nodes that held the user until now; undefined if there are none. */
    readonly takenOver?: readonly string[];
  }
  | { readonly kind: "taken" };

/** One node more, in an array of its own. */
export function withNode(nodes: readonly string[] = [], node: string): readonly string[] {
  return nodes.includes(node) ? nodes : [...nodes, node];
}

/** The leases of one room. Times are in milliseconds, on any scale that does not go back. */
export class LeaseTable {
  readonly #people = new Map<UserId, Person>();
  readonly #bearers = new Map<string, UserId>();
  readonly #until = new Map<string, number>();
  readonly #withdrawn = new Set<string>();

  /** Puts somebody into the room under a name that nobody else has, and renews the node's lease. */
  claim({ user, name, node, rename }: Claim, now: number): ClaimResult {
    this.#expire(now);
    const person = this.#people.get(user);
    const wanted = person && !rename ? person.name : name;
    const keys = nameKeys(wanted);
    if (keys.some((key) => (this.#bearers.get(key) ?? user) !== user)) return { kind: "taken" };
    if (person) this.#free(person.name);
    for (const key of keys) this.#bearers.set(key, user);
    const before = person?.nodes ?? [];
    const takenOver = before.filter((other) => other !== node && this.#withdrawn.has(other));
    const nodes = withNode(before.filter((other) => !takenOver.includes(other)), node);
    this.#people.set(user, { user, name: wanted, nodes });
    if (!this.#withdrawn.has(node)) this.#until.set(node, now + LEASE_MS);
    return { kind: "granted", name: wanted, ...(takenOver.length > 0 && { takenOver }) };
  }

  /** Takes somebody out of the room, as far as this node is concerned. */
  release(user: UserId, node: string): void {
    const person = this.#people.get(user);
    if (person === undefined) return;
    const nodes = person.nodes.filter((other) => other !== node);
    if (nodes.length === 0) this.#remove(user, person.name);
    else this.#people.set(user, { ...person, nodes });
  }

  /** A node stops: it releases users who are on another node too, and holds the others for a while. */
  withdraw(node: string, now: number): void {
    this.#expire(now);
    const until = this.#until.get(node);
    if (until === undefined || this.#withdrawn.has(node)) return;
    this.#until.set(node, Math.min(until, now + GRACE_MS));
    this.#withdrawn.add(node);
    for (const { user, nodes } of [...this.#people.values()]) {
      if (nodes.length > 1) this.release(user, node);
    }
  }

  /** Renews a node's lease; false where it has none, so that it must claim all its people again. */
  renew(node: string, now: number): boolean {
    this.#expire(now);
    if (!this.#until.has(node) || this.#withdrawn.has(node)) return false;
    this.#until.set(node, now + LEASE_MS);
    return true;
  }

  /** Whether nobody is in the room. */
  isEmpty(now: number): boolean {
    this.#expire(now);
    return this.#people.size === 0;
  }

  /** Everybody in the room, in the order of coming. */
  people(now: number): readonly Person[] {
    this.#expire(now);
    return [...this.#people.values()];
  }

  #expire(now: number): void {
    for (const [node, until] of this.#until) {
      if (until > now) continue;
      this.#until.delete(node);
      this.#withdrawn.delete(node);
      for (const user of [...this.#people.keys()]) this.release(user, node);
    }
  }

  #remove(user: UserId, name: Name): void {
    this.#people.delete(user);
    this.#free(name);
  }

  #free(name: Name): void {
    for (const key of nameKeys(name)) this.#bearers.delete(key);
  }
}
