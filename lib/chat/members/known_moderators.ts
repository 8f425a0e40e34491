/**
 * Which members are owners and moderators, as one worker knows it. It is for display only: what a member may do is decided
 * when the member signs in. No member's role changes, and nobody stops being a member, so the list only grows.
 * @module
 */
import type { Role } from "../../core/auth/member.ts";
import type { Author, UserId } from "../../core/log/entry.ts";
import type { Directory } from "../ports/directory.ts";
import { type RetryContext, retryWhileUnavailable } from "../retry.ts";
import { whenAborted } from "../when_aborted.ts";

/** A role that lists of people name. */
export type ShownRole = Exclude<Role, "member">;

/** A person in a list, with the role if it is to be shown. */
export interface ListedPerson extends Author {
  /** Only for members who are owners or moderators. */
  readonly role?: ShownRole;
}

/** The owners and moderators among the members. */
export class KnownModerators {
  readonly #roles = new Map<UserId, ShownRole>();
  #changed = Promise.withResolvers<void>();

  /** Whether there are none, as far as this worker knows. */
  get isEmpty(): boolean {
    return this.#roles.size === 0;
  }

  /** Adds a member, unless the role is not shown. */
  add(user: UserId, role: Role): void {
    if (role !== "member") this.#roles.set(user, role);
  }

  /** People with their roles. */
  withRoles(people: ListedPerson[]): ListedPerson[] {
    if (this.isEmpty) return people;
    return people.map((it) => {
      const role = this.#roles.get(it.user);
      return role === undefined ? it : { ...it, role };
    });
  }

  /** There are new members. */
  onNewMembers(): void {
    this.#changed.resolve();
  }

  /** Reads the list again whenever there are new members, until the signal aborts. */
  async follow(
    source: Pick<Directory, "manage">,
    retry: RetryContext,
    signal: AbortSignal,
  ): Promise<void> {
    while (!signal.aborted) {
      await Promise.race([this.#changed.promise, whenAborted(signal)]);
      this.#changed = Promise.withResolvers();
      await retryWhileUnavailable(() => this.#read(source), retry, signal);
    }
  }

  async #read(source: Pick<Directory, "manage">): Promise<true> {
    const answer = await source.manage({ kind: "operator" }, { kind: "list members" });
    if (answer.kind === "members") {
      for (const { user, role } of answer.members) this.add(user, role);
    }
    return true;
  }
}
