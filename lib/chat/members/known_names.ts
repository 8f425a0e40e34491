/**
 * What one worker knows of the members: their names, which only their owners may use, and who is a moderator. The name under
 * which operators act is reserved in the same way.
 * @module
 */
import type { Author, UserId } from "../../core/log/entry.ts";
import { userKind } from "../../core/auth/user_kind.ts";
import { nameKeys, resembledKeys } from "../../core/names/name_keys.ts";
import { SERVICE_NAME_KEYS } from "../../core/rooms/service_rooms.ts";
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
   * Whether a name, or one that looks like it, belongs to a member other than this user, or to the service. For guests, `Ann (2)`
   * is like `Ann`; others may have a number, since the server gives it to them.
   */
  isReserved(author: Author): boolean {
    const { user, name } = author;
    switch (userKind(user)) {
      case "guest":
        return this.isLookalike(author);
      case "app":
        return this.#isOthers(user, nameKeys(name));
      case "member":
        // No member can take the service's name. A member who had it before keeps it, also before the names are known here.
        return this.#owners.size > 0 && nameKeys(name).some((key) => this.#isMembers(key, user));
    }
  }

  /** Whether members own any names. If not, no user who is in a room can have a reserved name: joining checks the service's. */
  get areOwned(): boolean {
    return this.#owners.size > 0;
  }

  /**
   * Whether a user who chooses a name could be taken for a member or an operator: the name is like theirs, perhaps with a number.
   */
  isLookalike({ user, name }: Author): boolean {
    return this.#isOthers(user, resembledKeys(name));
  }

  /**
   * Whether a name that a request gives for another user is safe to show: for a member only their own name, for others any that does
   * not look like the name of a member or of the service.
   */
  isCredible(author: Author): boolean {
    const { user, name } = author;
    if (userKind(user) !== "member") return !this.isLookalike(author);
    return nameKeys(name).every((key) => this.#owners.get(key) === user);
  }

  /** Whether a name is like the service's, as far as only members may have it. */
  isServices({ user, name }: Author): boolean {
    return userKind(user) !== "member" && nameKeys(name).some((key) => SERVICE_NAME_KEYS.has(key));
  }

  #isOthers(user: UserId, keys: readonly string[]): boolean {
    return keys.some((key) =>
      this.#isMembers(key, user) || (SERVICE_NAME_KEYS.has(key) && this.#owners.get(key) !== user)
    );
  }

  #isMembers(key: string, other: UserId): boolean {
    const owner = this.#owners.get(key);
    return owner !== undefined && owner !== other;
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
