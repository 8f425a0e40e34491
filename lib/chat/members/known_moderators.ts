/**
 * The roles of members, as one worker knows them: lists of people name them, and open sessions take over a role that has
 * changed. Members stay members, so none is ever removed.
 * @module
 */
import type { Role, ShownRole } from "../../core/auth/member.ts";
import type { Author, UserId } from "../../core/log/entry.ts";
import type { Directory } from "../ports/directory.ts";
import { type RetryContext, retryWhileUnavailable } from "../retry.ts";
import { whenAborted } from "../when_aborted.ts";

/** A person in a list, with the role if it is to be shown. */
export interface ListedPerson extends Author {
  /** Only of owners and moderators. */
  readonly role?: ShownRole | undefined;
}

/** The roles of members, and who of them are owners and moderators. */
export class KnownModerators {
  readonly #roles = new Map<UserId, Role>();
  readonly #shown = new Map<UserId, ShownRole>();
  /** Those whose roles have changed since they were last reported. */
  readonly #unreported = new Set<UserId>();
  #version = 0;
  #changed = Promise.withResolvers<void>();

  /** Whether there are no owners and moderators, as far as this worker knows. */
  get isEmpty(): boolean {
    return this.#shown.size === 0;
  }

  /** Number of times that the list was read. */
  get version(): number {
    return this.#version;
  }

  /** The current role of a member; undefined if this worker does not know the member. */
  roleOf(user: UserId): Role | undefined {
    return this.#roles.get(user);
  }

  /**
   * Adds a member who has signed in. Returns the member's current role: the list may have been read since.
   *
   * @param version The version before the directory was asked for the role.
   */
  learn(user: UserId, role: Role, version: number): Role {
    const known = version === this.#version ? undefined : this.#roles.get(user);
    this.#set(user, known ?? role);
    return known ?? role;
  }

  #set(user: UserId, role: Role): void {
    // Lists of people show no role before it is known.
    const before = this.#roles.get(user) ?? "member";
    if (before !== role) this.#unreported.add(user);
    this.#roles.set(user, role);
    if (role === "member") this.#shown.delete(user);
    else this.#shown.set(user, role);
  }

  /** People with their roles. Those of members replace what the list says. */
  withRoles(people: ListedPerson[]): ListedPerson[] {
    if (this.isEmpty) return people;
    return people.map((it) => {
      const role = this.#shown.get(it.user);
      return role === undefined ? it : { ...it, role };
    });
  }

  /** There are new members, or members have other roles. */
  onChanged(): void {
    this.#changed.resolve();
  }

  /**
   * Reads the list again after each {@linkcode onChanged}, until the signal aborts.
   *
   * @param onNewRoles Called with the members who have other roles than before, if there are any.
   */
  async follow(
    source: Pick<Directory, "manage">,
    onNewRoles: (users: readonly UserId[]) => void,
    retry: RetryContext,
    signal: AbortSignal,
  ): Promise<void> {
    while (!signal.aborted) {
      await Promise.race([this.#changed.promise, whenAborted(signal)]);
      this.#changed = Promise.withResolvers();
      await retryWhileUnavailable(() => this.#read(source), retry, signal);
      const users = [...this.#unreported];
      if (users.length === 0 || signal.aborted) continue;
      this.#unreported.clear();
      onNewRoles(users);
    }
  }

  async #read(source: Pick<Directory, "manage">): Promise<void> {
    const answer = await source.manage({ kind: "operator" }, { kind: "list members" });
    const members = answer.kind === "members" ? answer.members : [];
    this.#version += 1;
    for (const { user, role } of members) this.#set(user, role);
  }
}
