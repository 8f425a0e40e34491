// @ts-check
/**
 * The rules of one room as they concern the user: its settings, what the user may do, a mute, slow mode and lockdown. `joined`
 * states them, and what happens later changes them. They are for display: only the server enforces them.
 * @module
 */

import { Value } from "../observable.js";

/** @typedef {import("../frames.js").EventOfRoom} EventOfRoom */
/** @typedef {import("../frames.js").Mute} Mute */
/** @typedef {import("../frames.js").RoomRight} RoomRight */
/** @typedef {import("../frames.js").RoomSettings} RoomSettings */

/** The settings of a room in which none was changed. @type {RoomSettings} */
export const DEFAULT_SETTINGS = Object.freeze({
  access: "open",
  title: "",
  topic: "",
  readOnly: false,
  slowSeconds: 0,
  keepDays: 0,
  history: "all",
  archived: false,
});

const SETTINGS = /** @type {(keyof RoomSettings)[]} */ (
  [...Object.keys(DEFAULT_SETTINGS), "createdBy"]
);
/** @type {readonly string[]} */
const RANKS = ["operator", "owner", "moderator"];
// A longer timer fires at once.
const MAX_TIMER_MS = 2 ** 31 - 1;

/** The rules of one room. */
export class RoomRules {
  settings = new Value(DEFAULT_SETTINGS);
  /** @type {Value<readonly RoomRight[] | null>} */
  may = new Value(/** @type {readonly RoomRight[] | null} */ (null));
  muted = new Value(/** @type {Mute | null} */ (null));
  isLockedDown = new Value(false);
  slowUntil = new Value(0);
  #platform;
  #me;
  #stopTimer = () => {};

  /**
   * @param {import("../connection/platform.js").Platform} platform
   * @param {() => { user: string, role?: string }} me The user.
   */
  constructor(platform, me) {
    this.#platform = platform;
    this.#me = me;
  }

  /** @param {import("../frames.js").Joined} frame */
  onJoined(frame) {
    const { createdBy } = frame.settings ?? {};
    const known = this.settings.value;
    const isLost = known.createdBy !== undefined && createdBy === undefined;
    const before = isLost ? withoutCreator(known) : known;
    this.settings.set(withChanges(before, { ...DEFAULT_SETTINGS, ...frame.settings }));
    this.onRules(frame);
  }

  /** @param {Partial<Pick<import("../frames.js").Rules, "may" | "muted" | "lockedDown">>} frame */
  onRules({ may, muted, lockedDown = false }) {
    // The same list is not a change.
    if (String(may) !== String(this.may.value)) this.may.set(may ?? null);
    this.isLockedDown.set(lockedDown);
    this.#setMute(muted ?? null, (muted?.until ?? Infinity) - this.#platform.now());
  }

  /**
   * A message has arrived that is newer than `joined`.
   * @param {{ user: string, at: number, event?: EventOfRoom }} message
   */
  onMessage({ user, at, event }) {
    if (event !== undefined) return this.#onEvent(event, at, user);
    const { slowSeconds } = this.settings.value;
    if (user === this.#me().user && slowSeconds > 0 && !this.#isModerator) {
      this.slowUntil.set(this.#platform.now() + slowSeconds * 1_000);
    }
  }

  /**
   * A message of the user was refused.
   * @param {import("../frames.js").Fault} fault
   * @returns {boolean} Whether it waits only because of slow mode.
   */
  onFault({ code, afterMs = Infinity, until, reason, scope }) {
    if (code === "locked_down") this.isLockedDown.set(true);
    if (code === "muted") {
      this.#setMute({ ...(until && { until }), ...(reason && { reason }) }, afterMs);
    }
    const isSlowMode = code === "slow_down" && scope === undefined &&
      this.settings.value.slowSeconds > 0;
    if (isSlowMode) this.slowUntil.set(this.#platform.now() + afterMs);
    return isSlowMode;
  }

  /** Ends all observables. */
  end() {
    this.#stopTimer();
    const { settings, may, muted, isLockedDown, slowUntil } = this;
    for (const value of [settings, may, muted, isLockedDown, slowUntil]) value.end();
  }

  get #isModerator() {
    return this.may.value?.includes("moderate") ?? false;
  }

  /** @param {EventOfRoom} event @param {number} at When it happened, by the server's clock. @param {string} author */
  #onEvent(event, at, author) {
    // In _audit, what happened elsewhere.
    if (event.room !== undefined) return;
    const before = this.settings.value;
    if (event.kind === "clear" && event.archived) {
      const access = before.access === "listed" ? "open" : before.access;
      const changes = { access, title: "", topic: "", archived: true };
      this.settings.set(withChanges(withoutCreator(before), changes));
      // The creator of the room cannot bring it back.
      if (!this.#isModerator) {
        this.may.set(this.may.value?.filter((it) => it !== "configure") ?? null);
      }
    } else if (event.kind === "room") {
      const changes = event.created ? { ...event, createdBy: author } : event;
      this.settings.set(withChanges(before, changes));
      // An interval that has begun ends with slow mode.
      if (this.settings.value.slowSeconds === 0) this.slowUntil.set(0);
    } else if (event.user === this.#me().user) {
      // By the server's clock alone, since the user's may be wrong.
      if (event.kind === "mute" && this.#isSubject(event)) {
        this.#setMute(muteOf(event), (event.until ?? Infinity) - at);
      } else if (event.kind === "unmute") this.#setMute(null, 0);
    }
  }

  /** Whether the user ranks lower than the author of an event. @param {EventOfRoom} event */
  #isSubject({ rank = "moderator" }) {
    const own = this.#me().role === "owner" ? "owner" : "moderator";
    return !this.#isModerator || RANKS.indexOf(rank) < RANKS.indexOf(own);
  }

  /** @param {Mute | null} mute @param {number} ms How long it lasts. */
  #setMute(mute, ms) {
    this.#stopTimer();
    const isOver = mute === null || ms <= 0;
    const before = this.muted.value;
    const isSame = !isOver && before?.until === mute.until && before?.reason === mute.reason &&
      before !== null;
    if (!isSame) this.muted.set(isOver ? null : mute);
    if (!isOver && ms < Infinity) this.#endMuteIn(ms);
  }

  /** @param {number} ms */
  #endMuteIn(ms) {
    const part = Math.min(ms, MAX_TIMER_MS);
    this.#stopTimer = this.#platform.after(
      () => ms > part ? this.#endMuteIn(ms - part) : this.muted.set(null),
      part,
    );
  }
}

/** @param {EventOfRoom} event @returns {Mute} */
function muteOf({ until, reason }) {
  return { ...(until !== undefined && { until }), ...(reason && { reason }) };
}

/**
 * The settings after a change; the same object if nothing changes.
 * @param {RoomSettings} before
 * @param {Partial<RoomSettings>} changes
 * @returns {RoomSettings}
 */
function withChanges(before, changes) {
  const changed = SETTINGS.filter((it) => changes[it] !== undefined && changes[it] !== before[it]);
  if (changed.length === 0) return before;
  return Object.freeze({
    ...before,
    ...Object.fromEntries(changed.map((it) => [it, changes[it]])),
  });
}

/** @param {RoomSettings} settings @returns {RoomSettings} */
function withoutCreator({ createdBy: _, ...rest }) {
  return Object.freeze(rest);
}
