/**
 * The leases of one room in a Redis that can be rolled back: every change is recorded, and a promoted replica has
 * applied only the first changes. Like `io/leases.lua`, it records which server granted a lease.
 * @module
 */
import type { UserId } from "../../../lib/core/log/entry.ts";
import {
  type Claim,
  type ClaimResult,
  LeaseTable,
  type Person,
} from "../../../lib/core/presence/lease_table.ts";

interface LeaseState {
  readonly table: LeaseTable;
  /** The server that granted each node's lease. */
  readonly grantors: Map<string, string>;
}

type Change = (page: LeaseState) => void;

/** The members of one room. */
export class LeaseHistory {
  readonly #state: LeaseState = { table: new LeaseTable(), grantors: new Map() };
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

  claim(claim: Claim, server: string, now: number): ClaimResult {
    let result: ClaimResult = { kind: "taken" };
    this.#apply(({ table, grantors }) => {
      const had = table.renew(claim.node, now);
      result = table.claim(claim, now);
      if (!had) grantors.set(claim.node, server);
    });
    return result;
  }

  release(user: UserId, node: string): void {
    this.#apply(({ table }) => table.release(user, node));
  }

  withdraw(node: string, now: number): void {
    this.#apply(({ table }) => table.withdraw(node, now));
  }

  renew(node: string, server: string, now: number): boolean {
    let holds = false;
    this.#apply(({ table, grantors }) => {
      holds = table.renew(node, now) && grantors.get(node) === server;
      grantors.set(node, server);
    });
    return holds;
  }

  people(now: number): readonly Person[] {
    return this.#state.table.people(now);
  }

  #apply(change: Change): void {
    this.#changes.push(change);
    change(this.#state);
  }
}
