// @ts-check
/**
 * Who is muted and banned, and whether guests are locked out, as the events of `_audit` say.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * const mute = { kind: "mute", user: "u_guy", name: "Guy", room: "den", until: 5_000 };
 * assert.equal(sanctionsOf([mute], 4_000).length, 1);
 * assert.equal(sanctionsOf([mute], 5_000).length, 0);
 * assert.equal(sanctionsOf([mute, { kind: "unmute", user: "u_guy", room: "den" }], 0).length, 0);
 * assert.equal(isLocked([{ kind: "lockdown", on: true }, mute], false), true);
 * ```
 * @module
 */

/** The fields of an event that count here. @typedef {{ readonly kind: string, readonly user?: string, readonly name?: string, readonly room?: string, readonly until?: number, readonly reason?: string, readonly on?: boolean }} AuditEvent */
/**
 * A mute or a ban. `room`: undefined for the whole service. `until`: undefined for good.
 * @typedef {{ readonly kind: "mute" | "ban", readonly user: string, readonly name: string, readonly room: string | undefined, readonly until: number | undefined }} Sanction
 */

const ENDS = /** @type {const} */ ({ unmute: "mute", unban: "ban" });

/**
 * The mutes and bans that have not ended, oldest first. Those of addresses end with those of their guests.
 * @param {readonly AuditEvent[]} events Oldest first.
 * @param {number} now
 * @returns {readonly Sanction[]}
 */
export function sanctionsOf(events, now) {
  /** @type {Map<string, Sanction>} */
  const found = new Map();
  for (const { kind, user = "", name = user, room, until } of events) {
    if (user.startsWith("ip_")) continue;
    if (kind === "mute" || kind === "ban") {
      const key = `${kind} ${user} ${room}`;
      found.delete(key);
      found.set(key, { kind, user, name, room, until });
    } else if (kind === "unmute" || kind === "unban") {
      found.delete(`${ENDS[kind]} ${user} ${room}`);
    }
  }
  return [...found.values()].filter(({ until }) => until === undefined || until > now);
}

/**
 * Whether guests are locked out.
 * @param {readonly AuditEvent[]} events Oldest first.
 * @param {boolean} before Whether they were before all of these.
 */
export function isLocked(events, before) {
  return events.findLast(({ kind }) => kind === "lockdown")?.on ?? before;
}
