/**
 * The names that users of one room want, if their clients have accepted a temporary one. Do not poll the store for
 * them: only a change among the room's people can free a name.
 * @module
 */
import type { Author, UserId } from "../../core/log/entry.ts";
import { isTemporaryName, type Name } from "../../core/names/names.ts";

interface NamePreference {
  preferred: Name;
  current: Name;
  /** Number of requested renames under way. */
  suspensions: number;
}

const NO_AUTHORS: readonly Author[] = [];

/** The wanted and current names of users. */
export class TemporaryNames {
  readonly #preferences = new Map<UserId, NamePreference>();
  // Users whose current name is temporary: usually none.
  readonly #temporarilyNamed = new Set<UserId>();
  #hasChanged = false;
  readonly #onChanged: () => void;

  /** Starts without users. @param onChanged Called when a name may have become free, or be wanted. */
  constructor(onChanged: () => void = () => {}) {
    this.#onChanged = onChanged;
  }

  /** Whether names may have become free since {@linkcode takeCandidates}. */
  get hasChanged(): boolean {
    return this.#hasChanged;
  }

  /** Whether a user here has a temporary name, and so wants another one. */
  get isAnyWanted(): boolean {
    return this.#temporarilyNamed.size > 0;
  }

  /**
   * The user wants this name as soon as it is free. Ignored if the current name is neither that nor a temporary one for
   * it.
   */
  prefer(user: UserId, preferred: Name, current: Name | undefined): void {
    if (current === undefined) return;
    if (current !== preferred && !isTemporaryName(current, preferred)) return;
    const preference = this.#preferences.get(user);
    // Keep the object: a suspension may refer to it.
    if (preference) preference.preferred = preferred;
    else this.#preferences.set(user, { preferred, current, suspensions: 0 });
    this.setCurrent(user, current);
    this.onPeopleChanged();
  }

  /** The name that a user has or wants; undefined if the client did not accept a temporary one. */
  preferredName(user: UserId): Name | undefined {
    return this.#preferences.get(user)?.preferred;
  }

  /** The name that a user with a temporary one wants; undefined for others. */
  wantedName(user: UserId): Name | undefined {
    return this.#temporarilyNamed.has(user) ? this.preferredName(user) : undefined;
  }

  /** Whether a user still wants a name, and has not requested another one. */
  isWanted({ user, name }: Author): boolean {
    const preference = this.#preferences.get(user);
    return preference?.preferred === name && preference.suspensions === 0;
  }

  /** Records the user's current name. */
  setCurrent(user: UserId, name: Name): void {
    const preference = this.#preferences.get(user);
    if (preference === undefined) return;
    preference.current = name;
    if (preference.preferred === name) this.#temporarilyNamed.delete(user);
    else this.#temporarilyNamed.add(user);
  }

  /** The user has chosen another name and wants no other. */
  choose(user: UserId, name: Name): void {
    const preference = this.#preferences.get(user);
    if (preference) preference.preferred = name;
    this.setCurrent(user, name);
  }

  /** Does not restore a user's name while a requested rename is under way, until the result is disposed. */
  suspend(user: UserId): Disposable {
    const preference = this.#preferences.get(user);
    if (preference) preference.suspensions += 1;
    return {
      [Symbol.dispose]: () => {
        if (preference) preference.suspensions -= 1;
        this.onPeopleChanged();
      },
    };
  }

  /** Forgets a user who has left. */
  forget(user: UserId): void {
    this.#preferences.delete(user);
    this.#temporarilyNamed.delete(user);
  }

  /** Call when the people of the room have changed: a name may be free. */
  onPeopleChanged(): void {
    this.#hasChanged = true;
    this.#onChanged();
  }

  /** Users with temporary names, each with the wanted name. Empty if nothing has changed since the last call. */
  takeCandidates(): readonly Author[] {
    if (!this.#hasChanged) return NO_AUTHORS;
    this.#hasChanged = false;
    return [...this.#temporarilyNamed].flatMap((user) => {
      const name = this.preferredName(user);
      return name !== undefined && this.isWanted({ user, name }) ? [{ user, name }] : [];
    });
  }
}
