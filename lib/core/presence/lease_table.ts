/**
 * The members of a room and their names, shared by all nodes. Each node renews a lease; when it expires, users who are
 * connected through that node only are removed. A user can be connected through several nodes but has one name per
 * room. A node that stops withdraws: it keeps only users who are on no other node, for {@linkcode GRACE_MS}. So a user
 * who has moved to another node and leaves there is removed at once.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import type { UserId } from "../log/entry.ts";
 * import { parseName } from "../names/names.ts";
 * const table = new LeaseTable();
 * const [ann, bob] = ["user_ann", "user_bob"] as UserId[];
 * const name = parseName("Ann");
 * if (!name || !ann || !bob) throw new Error("unreachable");
 * assert.deepEqual(table.claim({ user: ann, name, node: "n1", rename: false }, 0), {
 *   kind: "granted",
 *   name,
 *   isNew: true,
 * });
 * assert.deepEqual(table.claim({ user: bob, name, node: "n2", rename: false }, 0), { kind: "taken" });
 * assert.equal(table.people(LEASE_MS).length, 0);
 * ```
 * @module
 */
import type { UserId } from "../log/entry.ts";
import type { ShownRole } from "../log/role.ts";
import { nameKeys } from "../names/name_keys.ts";
import type { Name } from "../names/names.ts";

/** A lease expires after this time without renewal. Nodes renew it every 10 s. */
export const LEASE_MS = 45_000;
/** A user who reconnects within this time, through any node, counts as present throughout. */
export const GRACE_MS = 10_000;

/** A user in a room. */
export interface Person {
  /** The user's id. */
  readonly user: UserId;
  /** The user's only name in the room. */
  readonly name: Name;
  /** Only of users of an app: the role by the token that the latest claim was made with. The roles of members are elsewhere. */
  readonly role?: ShownRole | undefined;
  /** The nodes that the user is connected through. Never mutated, since the array may be shared. */
  readonly nodes: readonly string[];
}

/** A node's request to add a user to a room. */
export interface Claim {
  /** The user's id. */
  readonly user: UserId;
  /** The requested name. */
  readonly name: Name;
  /** See {@linkcode Person.role}. */
  readonly role?: ShownRole | undefined;
  /** The node that the user is connected through. */
  readonly node: string;
  /** Whether a user who is in the room under another name gets this one. If false, the user keeps the other name. */
  readonly rename: boolean;
}

/** The user's name in the room, or `taken` if another user has the requested name. */
export type ClaimResult =
  | {
    readonly kind: "granted";
    readonly name: Name;
    /** False if the user had this name in the room before the claim. */
    readonly isNew: boolean;
    /** The withdrawn nodes that kept the user until now; undefined if there are none. */
    readonly takenOver?: readonly string[];
  }
  | { readonly kind: "taken" };

/** A copy of the nodes with one added, or the same array if it has the node. */
export function withNode(nodes: readonly string[] = [], node: string): readonly string[] {
  return nodes.includes(node) ? nodes : [...nodes, node];
}

/** The leases of one room. Times are milliseconds on any scale that does not decrease. */
export class LeaseTable {
  readonly #people = new Map<UserId, Person>();
  readonly #ownerByName = new Map<string, UserId>();
  readonly #expiresAt = new Map<string, number>();
  readonly #withdrawn = new Set<string>();
  #version: number;

  /** Starts without users. @param version The first {@linkcode version}. */
  constructor(version: number = 0) {
    this.#version = version;
  }

  /** A number that grows whenever {@linkcode people} may change. Expired leases count once they have been noticed. */
  get version(): number {
    return this.#version;
  }

  /** Adds a user under a name that no other user has, and renews the node's lease. */
  claim({ user, name, role, node, rename }: Claim, now: number): ClaimResult {
    this.#expire(now);
    const person = this.#people.get(user);
    const wanted = person && !rename ? person.name : name;
    const keys = nameKeys(wanted);
    if (keys.some((key) => (this.#ownerByName.get(key) ?? user) !== user)) return { kind: "taken" };
    if (person) this.#releaseName(person.name);
    for (const key of keys) this.#ownerByName.set(key, user);
    const before = person?.nodes ?? [];
    const takenOver = before.filter((other) => other !== node && this.#withdrawn.has(other));
    const nodes = withNode(before.filter((other) => !takenOver.includes(other)), node);
    this.#people.set(user, { user, name: wanted, ...(role && { role }), nodes });
    this.#version += 1;
    if (!this.#withdrawn.has(node)) this.#expiresAt.set(node, now + LEASE_MS);
    const isNew = wanted !== person?.name;
    return { kind: "granted", name: wanted, isNew, ...(takenOver.length > 0 && { takenOver }) };
  }

  /** Removes a user from one node, and from the room if it was the last one. */
  release(user: UserId, node: string): void {
    const person = this.#people.get(user);
    if (person === undefined) return;
    const nodes = person.nodes.filter((other) => other !== node);
    if (nodes.length === person.nodes.length) return;
    this.#version += 1;
    if (nodes.length === 0) this.#remove(user, person.name);
    else this.#people.set(user, { ...person, nodes });
  }

  /** A node stops: releases users who are on another node too, and keeps the others up to {@linkcode GRACE_MS}. */
  withdraw(node: string, now: number): void {
    this.#expire(now);
    const expiresAt = this.#expiresAt.get(node);
    if (expiresAt === undefined || this.#withdrawn.has(node)) return;
    this.#expiresAt.set(node, Math.min(expiresAt, now + GRACE_MS));
    this.#withdrawn.add(node);
    for (const { user, nodes } of [...this.#people.values()]) {
      if (nodes.length > 1) this.release(user, node);
    }
  }

  /** Renews a node's lease, if it has one. Returns whether it has. */
  renew(node: string, now: number): boolean {
    this.#expire(now);
    if (!this.#expiresAt.has(node) || this.#withdrawn.has(node)) return false;
    this.#expiresAt.set(node, now + LEASE_MS);
    return true;
  }

  /** Number of users of the room. */
  count(now: number): number {
    this.#expire(now);
    return this.#people.size;
  }

  /** All users of the room, in the order in which they joined. */
  people(now: number): readonly Person[] {
    this.#expire(now);
    return [...this.#people.values()];
  }

  #expire(now: number): void {
    for (const [node, expiresAt] of this.#expiresAt) {
      if (expiresAt > now) continue;
      this.#expiresAt.delete(node);
      this.#withdrawn.delete(node);
      for (const user of [...this.#people.keys()]) this.release(user, node);
    }
  }

  #remove(user: UserId, name: Name): void {
    this.#people.delete(user);
    this.#releaseName(name);
  }

  #releaseName(name: Name): void {
    for (const key of nameKeys(name)) this.#ownerByName.delete(key);
  }
}
