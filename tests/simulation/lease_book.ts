/**
 * One room's leases as a Redis has them that can be put back to what it was: every change is written down, and a promoted
 * replica has done only the first so many of them. It knows, like `io/leases.lua`, which server granted a lease.
 * @module
 */
import type { UserId } from "../../lib/core/entries.ts";
import { type Claim, type ClaimResult, LeaseTable, type Person } from "../../lib/core/leases.ts";

interface Page {
  readonly table: LeaseTable;
  /** Which server granted a node's lease. */
  readonly grantors: Map<string, string>;
}

type Change = (page: Page) => void;

/** Who is in one room. */
export class LeaseBook {
  readonly #page: Page = { table: new LeaseTable(), grantors: new Map() };
  readonly #changes: Change[] = [];

  /** How much has been written. */
  get length(): number {
    return this.#changes.length;
  }

  /** The book as it was when it had this length. */
  upTo(length: number): LeaseBook {
    const book = new LeaseBook();
    for (const change of this.#changes.slice(0, length)) book.#write(change);
    return book;
  }

  claim(claim: Claim, server: string, now: number): ClaimResult {
    let result: ClaimResult = { kind: "taken" };
    this.#write(({ table, grantors }) => {
      const had = table.renew(claim.node, now);
      result = table.claim(claim, now);
      if (!had) grantors.set(claim.node, server);
    });
    return result;
  }

  release(user: UserId, node: string): void {
    this.#write(({ table }) => table.release(user, node));
  }

  withdraw(node: string, now: number): void {
    this.#write(({ table }) => table.withdraw(node, now));
  }

  renew(node: string, server: string, now: number): boolean {
    let holds = false;
    this.#write(({ table, grantors }) => {
      holds = table.renew(node, now) && grantors.get(node) === server;
      grantors.set(node, server);
    });
    return holds;
  }

  people(now: number): readonly Person[] {
    return this.#page.table.people(now);
  }

  #write(change: Change): void {
    this.#changes.push(change);
    change(this.#page);
  }
}
