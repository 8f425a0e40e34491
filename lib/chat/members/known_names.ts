/**
 * What one worker knows of the members: their names, which only their owners may use, and who is a moderator.
 * @module
 */
import type { Author, UserId } from "../../core/log/entry.ts";
import { userKind } from "../../core/auth/user_kind.ts";
import { nameKeys, stemKeys } from "../../core/names/name_keys.ts";
import { type FeedUpdate, followFeed } from "../feed.ts";
import type { Directory, OwnedName } from "../ports/directory.ts";
import { KnownModerators } from "./known_moderators.ts";

/** Follows the names of the process. */
export class KnownNames {
  /** The owners and moderators. */
  readonly moderators: KnownModerators = new KnownModerators();
  readonly #owners = new Map<string, UserId>();
  readonly #members = new Set<UserId>();

  /**
   * Whether a name, or one that looks like it, belongs to a member other than this user. For guests, `Ann (2)` is like `Ann`;
   * others may have a number, since the server gives it to them.
   */
  isReserved(author: Author): boolean {
    if (this.#owners.size === 0) return false;
    if (userKind(author.user) === "guest") return this.isLookalike(author);
    return this.#isOthers(author.user, nameKeys(author.name));
  }

  /** Whether a user who chooses a name could be taken for a member: the name is like a member's, perhaps with a number. */
  isLookalike({ user, name }: Author): boolean {
    if (this.#owners.size === 0) return false;
    return this.#isOthers(user, [...nameKeys(name), ...stemKeys(name)]);
  }

  #isOthers(user: UserId, keys: readonly string[]): boolean {
    return keys.some((key) => {
      const owner = this.#owners.get(key);
      return owner !== undefined && owner !== user;
    });
  }

  /** Adds an update. Returns whether anything may have changed. */
  learn({ isWhole, added }: FeedUpdate<OwnedName>): boolean {
    const hasForgotten = isWhole && this.#owners.size > 0;
    if (isWhole) this.#owners.clear();
    for (const { key, owner } of added) {
      if (owner === null) this.#owners.delete(key);
      else this.#owners.set(key, owner);
    }
    this.#countMembers(added);
    return hasForgotten || added.length > 0;
  }

  /** Most changes are of names, which tell nothing of roles. */
  #countMembers(added: readonly OwnedName[]): void {
    const count = this.#members.size;
    for (const { owner } of added) if (owner !== null) this.#members.add(owner);
    if (this.#members.size > count) this.moderators.onChanged();
  }

  /** Members may have other roles. */
  onRolesChanged(): void {
    if (this.#members.size > 0) this.moderators.onChanged();
  }

  /** Follows a source until the signal aborts. @param onChange Called after each change. */
  follow(
    source: Pick<Directory, "namesAfter">,
    onChange: () => void,
    signal: AbortSignal,
  ): Promise<void> {
    const onUpdate = (update: FeedUpdate<OwnedName>) => {
      if (this.learn(update) && !signal.aborted) onChange();
    };
    return followFeed((version) => source.namesAfter(version), onUpdate, signal);
  }
}
