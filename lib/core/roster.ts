/**
 * Who is in a room, as one node sees it: the table of leases, read now and then, and what the nodes tell each other in
 * between. Both may be late and a note may be lost; the next reading puts it right. Counted is by user, and whoever goes
 * and comes back between two tellings has never been away.
 * @module
 */
import type { Author, UserId } from "./entries.ts";
import { type Person, withNode } from "./leases.ts";
import { nameKeys } from "./name_keys.ts";
import type { Name } from "./names.ts";

/** What one node tells the others. */
export type Movement =
  | ({ readonly kind: "here"; readonly node: string } & Author)
  | { readonly kind: "gone"; readonly node: string; readonly user: UserId };

/** What has changed between two tellings. */
export interface Diff {
  /** Who is here and was not. */
  readonly joined: readonly Author[];
  /** Who was here and is not. */
  readonly left: readonly Author[];
}

interface Present {
  readonly name: Name;
  readonly nodes: readonly string[];
}

/** Who has moved since the last telling. */
interface Move {
  /** Under which name it was last told, if at all. */
  told: Name | undefined;
  /** Under which name it was last here. */
  last: Name;
}

/** The people of one room. */
export class Roster {
  readonly #people = new Map<UserId, Present>();
  readonly #bearers = new Map<string, number>();
  readonly #moves = new Map<UserId, Move>();
  // Whoever was given the list since the last telling knows of moves that the others do not.
  #wasListed = false;

  /** How many there are. */
  get size(): number {
    return this.#people.size;
  }

  /** Everybody, or the first so many; for somebody who will hear all that is told from now on. */
  list(limit = Infinity): Author[] {
    this.#wasListed = true;
    const list: Author[] = [];
    for (const [user, { name }] of this.#people) {
      if (list.length >= limit) break;
      list.push({ user, name });
    }
    return list;
  }

  /** Under which name somebody is here. */
  nameOf(user: UserId): Name | undefined {
    return this.#people.get(user)?.name;
  }

  /** Whether somebody is here under this name, or one that is taken for the same. */
  hasName(name: Name): boolean {
    return nameKeys(name).some((key) => this.#bearers.has(key));
  }

  /** Whether a user is here through another node than this one. */
  isElsewhere(user: UserId, node: string): boolean {
    return this.#people.get(user)?.nodes.some((other) => other !== node) ?? false;
  }

  /** Takes the table of leases for what is so. */
  reset(table: readonly Person[]): void {
    const listed = new Set(table.map(({ user }) => user));
    for (const user of [...this.#people.keys()]) if (!listed.has(user)) this.#remove(user);
    for (const { user, name, nodes } of table) {
      this.#put(user, { name, nodes });
    }
    // In the table's order, which is that of coming.
    for (const { user } of table) {
      const person = this.#people.get(user);
      this.#people.delete(user);
      if (person) this.#people.set(user, person);
    }
  }

  /** Takes in what a node tells. */
  apply(movement: Movement): void {
    const { user, node } = movement;
    const person = this.#people.get(user);
    if (movement.kind === "here") {
      return this.#put(user, { name: movement.name, nodes: withNode(person?.nodes, node) });
    }
    if (!person?.nodes.includes(node)) return;
    const nodes = person.nodes.filter((other) => other !== node);
    if (nodes.length === 0) this.#remove(user);
    else this.#people.set(user, { ...person, nodes });
  }

  /** Gives somebody another name, who is told of as such by other means. */
  rename(user: UserId, name: Name): void {
    const person = this.#people.get(user);
    if (person) this.#replace(user, { ...person, name });
    const move = this.#moves.get(user);
    if (move?.told !== undefined) move.told = name;
    if (move) move.last = name;
  }

  /** What has changed since the last call, and perhaps something that some know already; undefined where nothing has. */
  takeDiff(): Diff | undefined {
    if (this.#moves.size === 0) {
      this.#wasListed = false;
      return undefined;
    }
    const joined: Author[] = [], left: Author[] = [];
    for (const [user, { told, last }] of this.#moves) {
      const name = this.nameOf(user);
      if (name !== undefined && (name !== told || this.#wasListed)) joined.push({ user, name });
      const isKnown = told !== undefined || this.#wasListed;
      if (name === undefined && isKnown) left.push({ user, name: told ?? last });
    }
    this.#moves.clear();
    this.#wasListed = false;
    return joined.length + left.length > 0 ? { joined, left } : undefined;
  }

  #put(user: UserId, person: Present): void {
    const told = this.nameOf(user);
    this.#replace(user, person);
    if (told === person.name) return;
    const move = this.#moves.get(user);
    if (move) move.last = person.name;
    else this.#moves.set(user, { told, last: person.name });
  }

  #remove(user: UserId): void {
    const last = this.nameOf(user);
    if (last === undefined) return;
    this.#people.delete(user);
    this.#countName(last, -1);
    if (!this.#moves.has(user)) this.#moves.set(user, { told: last, last });
  }

  #replace(user: UserId, person: Present): void {
    const before = this.nameOf(user);
    if (before !== undefined) this.#countName(before, -1);
    this.#people.set(user, person);
    this.#countName(person.name, 1);
  }

  #countName(name: Name, change: 1 | -1): void {
    for (const key of nameKeys(name)) {
      const count = (this.#bearers.get(key) ?? 0) + change;
      if (count > 0) this.#bearers.set(key, count);
      else this.#bearers.delete(key);
    }
  }
}
