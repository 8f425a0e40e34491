/**
 * The users in a room as one node sees them: the lease table, read periodically, plus the updates that nodes send each
 * other in between. Updates can be late or lost; the next read of the table corrects that. Users are counted, not
 * connections. A user who leaves and returns between two diffs is in neither.
 * @module
 */
import type { Author, UserId } from "../log/entry.ts";
import type { ShownRole } from "../log/role.ts";
import { type Person, withNode } from "./lease_table.ts";
import { nameKeys } from "../names/name_keys.ts";
import type { Name } from "../names/names.ts";

/** A presence update that one node sends to the others. */
export type PresenceUpdate =
  | ({
    readonly kind: "here";
    readonly node: string;
    /** Only of users of an app. */
    readonly role?: ShownRole | undefined;
    /** True if the user has chosen this name instead of the one wanted before. */
    readonly isChosen?: boolean | undefined;
    /** With a chosen name that is temporary, the name that the user gets when it is free. */
    readonly wanted?: Name | undefined;
  } & Author)
  | { readonly kind: "gone"; readonly node: string; readonly user: UserId };

/** A user in the room. */
export interface PresentAuthor extends Author {
  /** Only of users of an app. */
  readonly role?: ShownRole;
}

/** The changes since the previous diff. */
export interface PresenceDiff {
  /** Users who are present now and were not, or have a new name. */
  readonly joined: readonly PresentAuthor[];
  /** Users who were present and are not now. */
  readonly left: readonly Author[];
  /** Users who were present all the time, and have another role: see {@linkcode Roster.repeat}. */
  readonly changed: readonly PresentAuthor[];
}

interface PresentUser {
  readonly name: Name;
  readonly role: ShownRole | undefined;
  readonly nodes: readonly string[];
}

/** A user who joined, left or was renamed since the last diff. */
interface PendingChange {
  /** The name in the last diff; undefined if the user was not present. */
  reportedName: Name | undefined;
  /** The name under which the user was last present. */
  latestName: Name;
}

/** The users of one room. */
export class Roster {
  readonly #people = new Map<UserId, PresentUser>();
  readonly #nameCounts = new Map<string, number>();
  readonly #pendingChanges = new Map<UserId, PendingChange>();
  readonly #repeated = new Set<UserId>();
  // Receivers of a list since the last diff know of changes that the others do not.
  #wasListed = false;
  readonly #onChanged: () => void;

  /** Starts without users. @param onChanged Called when {@linkcode takeDiff} has something to do. */
  constructor(onChanged: () => void = () => {}) {
    this.#onChanged = onChanged;
  }

  /** The number of users. */
  get size(): number {
    return this.#people.size;
  }

  /** All users, or the first `limit`. The receiver must get all diffs from now on. */
  list(limit = Infinity): PresentAuthor[] {
    this.#wasListed = true;
    this.#onChanged();
    const list: PresentAuthor[] = [];
    for (const [user, person] of this.#people) {
      if (list.length >= limit) break;
      list.push(authorOf(user, person));
    }
    return list;
  }

  /** The name of a user; undefined if not present. */
  nameOf(user: UserId): Name | undefined {
    return this.#people.get(user)?.name;
  }

  /** The role with which a user is present: that of an app user is known nowhere else. */
  roleOf(user: UserId): ShownRole | undefined {
    return this.#people.get(user)?.role;
  }

  /** Whether a user is present under this name or one that counts as the same. */
  hasName(name: Name): boolean {
    return nameKeys(name).some((key) => this.#nameCounts.has(key));
  }

  /** Whether a user is present through a node other than this one. */
  isElsewhere(user: UserId, node: string): boolean {
    return this.#people.get(user)?.nodes.some((other) => other !== node) ?? false;
  }

  /** Whether this node has the lowest id of the nodes that a user is present through, so that only one of them acts. */
  isFirst(user: UserId, node: string): boolean {
    return this.#people.get(user)?.nodes.every((other) => other >= node) ?? false;
  }

  /** Whether {@linkcode takeDiff} has something to do. */
  get hasChanged(): boolean {
    return this.#wasListed || this.#pendingChanges.size + this.#repeated.size > 0;
  }

  /** Replaces everything by the lease table. */
  reset(table: readonly Person[]): void {
    if (this.#isSame(table)) return;
    const listed = new Set(table.map(({ user }) => user));
    for (const user of [...this.#people.keys()]) if (!listed.has(user)) this.#remove(user);
    for (const { user, name, role, nodes } of table) {
      this.#upsert(user, { name, role, nodes });
    }
    // Restore the table's order, in which users joined.
    for (const { user } of table) {
      const person = this.#people.get(user);
      this.#people.delete(user);
      if (person) this.#people.set(user, person);
    }
  }

  /** Whether the table says nothing new, as in most rooms most of the time. */
  #isSame(table: readonly Person[]): boolean {
    if (table.length !== this.#people.size) return false;
    const known = this.#people.entries();
    return table.every(({ user, name, role, nodes }) => {
      const [knownUser, person] = known.next().value ?? [];
      return user === knownUser && name === person?.name && role === person.role &&
        nodes.length === person.nodes.length &&
        nodes.every((node, index) => node === person.nodes[index]);
    });
  }

  /** Applies an update of another node or of this one. */
  apply(update: PresenceUpdate): void {
    const { user, node } = update;
    const person = this.#people.get(user);
    if (update.kind === "here") {
      const { name, role } = update;
      return this.#upsert(user, { name, role, nodes: withNode(person?.nodes, node) });
    }
    if (!person?.nodes.includes(node)) return;
    const nodes = person.nodes.filter((other) => other !== node);
    if (nodes.length === 0) this.#remove(user);
    else this.#people.set(user, { ...person, nodes });
  }

  /** Renames a user without a diff: members learn of it from the `renamed` entry. */
  rename(user: UserId, name: Name): void {
    const person = this.#people.get(user);
    if (person) this.#replace(user, { ...person, name });
    const change = this.#pendingChanges.get(user);
    if (change?.reportedName !== undefined) change.reportedName = name;
    if (change) change.latestName = name;
  }

  /** Receivers were told an earlier name of a user, by an old entry. If the user has another one, the next diff corrects it. */
  onOldNameShown(user: UserId, oldName: Name): void {
    const name = this.nameOf(user);
    if (name === undefined) return;
    const change = this.#pendingChanges.get(user);
    if (change === undefined) this.#setPending(user, { reportedName: oldName, latestName: name });
    else if (change.reportedName !== undefined) change.reportedName = oldName;
  }

  /** Reports a user in the next diff, of whom something has changed that the roster does not know. Ignored if not present. */
  repeat(user: UserId): void {
    if (!this.#people.has(user)) return;
    this.#repeated.add(user);
    this.#onChanged();
  }

  /** The changes since the last call, and possibly some that a receiver knows already; undefined if there are none. */
  takeDiff(): PresenceDiff | undefined {
    if (this.#pendingChanges.size + this.#repeated.size === 0) {
      this.#wasListed = false;
      return undefined;
    }
    const joined: PresentAuthor[] = [], left: Author[] = [];
    for (const [user, { reportedName, latestName }] of this.#pendingChanges) {
      const person = this.#people.get(user);
      if (person !== undefined && (person.name !== reportedName || this.#wasListed)) {
        joined.push(authorOf(user, person));
      }
      const isKnown = reportedName !== undefined || this.#wasListed;
      if (person === undefined && isKnown) left.push({ user, name: reportedName ?? latestName });
    }
    const changed = this.#takeRepeated(joined);
    this.#pendingChanges.clear();
    this.#wasListed = false;
    return joined.length + left.length + changed.length > 0 ? { joined, left, changed } : undefined;
  }

  /** @param joined Those who are reported anyway. */
  #takeRepeated(joined: readonly Author[]): readonly PresentAuthor[] {
    if (this.#repeated.size === 0) return [];
    for (const { user } of joined) this.#repeated.delete(user);
    const changed = [...this.#repeated].flatMap((user) => {
      const person = this.#people.get(user);
      return person === undefined ? [] : [authorOf(user, person)];
    });
    this.#repeated.clear();
    return changed;
  }

  #upsert(user: UserId, person: PresentUser): void {
    const before = this.#people.get(user);
    const reportedName = before?.name;
    if (reportedName === person.name) {
      this.#people.set(user, person);
      if (before?.role !== person.role) this.repeat(user);
      return;
    }
    this.#replace(user, person);
    const change = this.#pendingChanges.get(user);
    if (change) change.latestName = person.name;
    else this.#setPending(user, { reportedName, latestName: person.name });
  }

  #remove(user: UserId): void {
    const latestName = this.nameOf(user);
    if (latestName === undefined) return;
    this.#people.delete(user);
    this.#countName(latestName, -1);
    if (!this.#pendingChanges.has(user)) {
      this.#setPending(user, { reportedName: latestName, latestName });
    }
  }

  #setPending(user: UserId, change: PendingChange): void {
    this.#pendingChanges.set(user, change);
    this.#onChanged();
  }

  #replace(user: UserId, person: PresentUser): void {
    const before = this.nameOf(user);
    if (before !== undefined) this.#countName(before, -1);
    this.#people.set(user, person);
    this.#countName(person.name, 1);
  }

  #countName(name: Name, change: 1 | -1): void {
    for (const key of nameKeys(name)) {
      const count = (this.#nameCounts.get(key) ?? 0) + change;
      if (count > 0) this.#nameCounts.set(key, count);
      else this.#nameCounts.delete(key);
    }
  }
}

function authorOf(user: UserId, { name, role }: PresentUser): PresentAuthor {
  return role === undefined ? { user, name } : { user, name, role };
}
