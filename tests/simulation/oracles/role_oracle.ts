/**
 * The roles that members have really had, and when all nodes were told: what a node may still believe follows from the two.
 * @module
 */
import type { Role } from "../../../lib/core/auth/member.ts";

/** The roles of members, as they are stored and announced. */
export class RoleOracle {
  readonly #date: () => number;
  readonly #stored = new Map<string, { readonly from: number; readonly role: Role }[]>();
  readonly #announcedAt = new Map<string, number[]>();

  /** @param date Milliseconds since 1970. */
  constructor(date: () => number) {
    this.#date = date;
  }

  /** A member is stored. */
  onStored(user: string, role: Role): void {
    const roles = this.#stored.get(user) ?? [];
    if (roles.at(-1)?.role !== role) roles.push({ from: this.#date(), role });
    this.#stored.set(user, roles);
  }

  /** The event that announces a member's role is in `_audit`. */
  onAnnounced(user: string): void {
    const dates = this.#announcedAt.get(user) ?? [];
    this.#announcedAt.set(user, [...dates, this.#date()]);
  }

  /**
   * The roles of a member that a node may have acted on since it knew what was announced; none for who is no member.
   *
   * @param known Whether an announcement was known everywhere by then.
   */
  possible(user: string, known: (announcedAt: number) => boolean): readonly Role[] {
    const since = this.#announcedAt.get(user)?.findLast(known) ?? -Infinity;
    const roles = this.#stored.get(user) ?? [];
    const current = roles.findLastIndex(({ from }) => from <= since);
    return roles.slice(Math.max(0, current)).map(({ role }) => role);
  }
}
