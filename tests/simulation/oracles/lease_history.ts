/**
 * The leases of one room in a Redis that can be rolled back: every change is recorded, and a promoted replica has
 * applied only the first changes.
 * @module
 */
import type { UserId } from "../../../lib/core/log/entry.ts";
import {
  type Claim,
  type ClaimResult,
  LeaseTable,
  type Person,
} from "../../../lib/core/presence/lease_table.ts";

type Change = (table: LeaseTable) => void;

/** The members of one room. */
export class LeaseHistory {
  readonly #table = new LeaseTable();
  readonly #changes: Change[] = [];

  /** Number of recorded changes. */
  get length(): number {
    return this.#changes.length;
  }

  /** The history as it was at this length. */
  upTo(length: number): LeaseHistory {
    const history = new LeaseHistory();
    for (const change of this.#changes.slice(0, length)) history.#apply(change);
    return history;
  }

  claim(claim: Claim, now: number): ClaimResult {
    let result: ClaimResult = { kind: "taken" };
    this.#apply((table) => result = table.claim(claim, now));
    return result;
  }

  release(user: UserId, node: string): void {
    this.#apply((table) => table.release(user, node));
  }

  withdraw(node: string, now: number): void {
    this.#apply((table) => table.withdraw(node, now));
  }

  renew(node: string, now: number): void {
    this.#apply((table) => table.renew(node, now));
  }

  people(now: number): readonly Person[] {
    return this.#table.people(now);
  }

  #apply(change: Change): void {
    this.#changes.push(change);
    change(this.#table);
  }
}
