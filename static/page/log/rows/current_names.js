// @ts-check
/**
 * The current names and roles of a room's users, as far as known: names from the member list, from renames, and from the latest
 * messages; roles from the member list. A message keeps the name under which it was sent.
 * @module
 */

import { kindOf } from "../../../client/user_kind.js";
import { markOf } from "../../base/marks.js";

/** @typedef {import("../../../client/timeline/timeline.js").Timeline} Timeline */
/** @typedef {import("../types.js").Person} Person */
/** @typedef {import("../types.js").Room} Room */

/** The names of one room at a time. */
export class CurrentNames {
  #onChange;
  /** @type {Map<string, string>} */
  #names = new Map();
  /** @type {Map<string, string>} */
  #roles = new Map();
  /** The app users who are or were there. @type {Set<string>} */
  #apps = new Set();
  /** The kinds of users who are or were there: marks stay when the last of a kind leaves. @type {Set<string>} */
  #kinds = new Set();
  /** @type {(() => void)[]} */
  #stops = [];

  /** @param {() => void} onChange Called when a user's known name has changed. */
  constructor(onChange) {
    this.#onChange = onChange;
  }

  /**
   * Follows a room.
   * @param {Pick<Room, "members">} room
   * @param {Timeline} timeline
   */
  show(room, timeline) {
    this.clear();
    this.#learn(timeline.messages);
    this.#stops = [
      timeline.changes.subscribe((change) => {
        if (change.type === "added") this.#learn([change.message]);
        else if (change.type === "replaced") this.#learn(timeline.messages);
        else if (change.type === "prepended") this.#learnOlder(timeline, change.count);
        // The member list is more recent.
        if (change.type === "replaced") this.#learn(room.members.value.members);
      }),
      room.members.subscribe(({ members }) => {
        this.#learn(members);
        this.#learnRoles(members);
      }),
    ];
  }

  /** Forgets the room. */
  clear() {
    for (const stop of this.#stops) stop();
    this.#stops = [];
    this.#names.clear();
    this.#roles.clear();
    this.#apps.clear();
    this.#kinds.clear();
  }

  /** The mark beside the name of a user, as a key; undefined for none. @param {string} user */
  markOf(user) {
    return markOf({ user, kind: kindOf(user), role: this.#roles.get(user) }, this.#kinds);
  }

  /**
   * Whether a user has one name at a time. A hook, which is never in the room, has the name that each of its messages states.
   * @param {string} user
   */
  hasOneName(user) {
    return kindOf(user) !== "app" || this.#apps.has(user);
  }

  /** The last known name of a user, if any. @param {string} user */
  of(user) {
    return this.#names.get(user);
  }

  /** @param {readonly Person[]} people If a user occurs twice, the later name counts. */
  #learn(people) {
    let isNew = false;
    for (const { user, name } of people) {
      const before = this.#names.get(user);
      isNew ||= before !== undefined && before !== name;
      this.#names.set(user, name);
    }
    if (isNew) this.#onChange();
  }

  /** @param {readonly Person[]} members */
  #learnRoles(members) {
    const { size } = this.#kinds, known = this.#apps.size;
    for (const { user } of members) {
      const kind = kindOf(user);
      this.#kinds.add(kind);
      if (kind === "app") this.#apps.add(user);
    }
    let isNew = this.#kinds.size > size || this.#apps.size > known;
    for (const { user, role } of members) {
      isNew ||= this.#roles.get(user) !== role;
      if (role) this.#roles.set(user, role);
      else this.#roles.delete(user);
    }
    if (isNew) this.#onChange();
  }

  /** @param {Timeline} timeline @param {number} count */
  #learnOlder({ messages }, count) {
    for (let i = count - 1; i >= 0; i--) {
      const { user = "", name = "" } = messages[i] ?? {};
      if (!this.#names.has(user)) this.#names.set(user, name);
    }
  }
}
