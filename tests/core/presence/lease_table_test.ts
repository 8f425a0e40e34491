/**
 * A name in a room belongs to one user on all nodes, and a node whose lease has expired has no users.
 * @module
 */
import assert from "node:assert/strict";
import fc from "fast-check";
import { isUserId, type UserId } from "../../../lib/core/log/entry.ts";
import {
  type Claim,
  type ClaimResult,
  GRACE_MS,
  LEASE_MS,
  LeaseTable,
  type Person,
} from "../../../lib/core/presence/lease_table.ts";
import { nameKeys } from "../../../lib/core/names/name_keys.ts";
import type { Name } from "../../../lib/core/names/names.ts";
import { isSameName, name } from "../../support/fakes.ts";

function user(text: string): UserId {
  if (!isUserId(text)) throw new RangeError(`Not a user: ${text}`);
  return text;
}

const [ann, bob] = [user("user_ann"), user("user_bob")];
const TAKEN: ClaimResult = { kind: "taken" };
const granted = (text: string, isNew = true): ClaimResult => ({
  kind: "granted",
  name: name(text),
  isNew,
});

/** A table, with short forms of its calls. */
class Table extends LeaseTable {
  claimName(user: UserId, wanted: string, node: string, now: number, rename = false): ClaimResult {
    return this.claim({ user, name: name(wanted), node, rename }, now);
  }

  names(now: number): string[] {
    return this.people(now).map(({ name }) => name);
  }
}

Deno.test("LeaseTable grants a name to the first user who claims it", () => {
  const table = new Table();
  assert.deepEqual(table.claimName(ann, "Ann", "n1", 0), granted("Ann"));
  assert.deepEqual(table.claimName(bob, "ＡＮＮ", "n2", 0), TAKEN);
  assert.deepEqual(table.claimName(bob, "Bob", "n2", 0), granted("Bob"));
  assert.deepEqual(table.people(0), [
    { user: ann, name: "Ann", nodes: ["n1"] },
    { user: bob, name: "Bob", nodes: ["n2"] },
  ]);
});

Deno.test("LeaseTable gives a user on a second node the name that the user already has", () => {
  const table = new Table();
  table.claimName(ann, "Ann", "n1", 0);
  assert.deepEqual(table.claimName(ann, "Anna", "n2", 0), granted("Ann", false));
  assert.deepEqual(table.people(0), [{ user: ann, name: "Ann", nodes: ["n1", "n2"] }]);
  assert.deepEqual(table.claimName(bob, "Anna", "n1", 0), granted("Anna"));
});

Deno.test("LeaseTable counts a node once, however often it claims", () => {
  const table = new Table();
  for (let k = 0; k < 3; k++) table.claimName(ann, "Ann", "n1", 0);
  table.release(ann, "n1");
  assert.deepEqual(table.people(0), []);
});

Deno.test("LeaseTable renames a user on all nodes, and frees the old name", () => {
  const table = new Table();
  table.claimName(ann, "Ann", "n1", 0);
  table.claimName(ann, "Ann", "n2", 0);
  assert.deepEqual(table.claimName(ann, "Anna", "n2", 0, true), granted("Anna"));
  assert.deepEqual(table.people(0), [{ user: ann, name: "Anna", nodes: ["n1", "n2"] }]);
  assert.deepEqual(table.claimName(bob, "ann", "n1", 0), granted("ann"));
});

Deno.test("LeaseTable lets a user change only the case of a name", () => {
  const table = new Table();
  table.claimName(ann, "Ann", "n1", 0);
  assert.deepEqual(table.claimName(ann, "ANN", "n1", 0, true), granted("ANN"));
  assert.deepEqual(table.claimName(bob, "Ann", "n1", 0), TAKEN);
});

Deno.test("LeaseTable leaves a user the old name when the new one is taken", () => {
  const table = new Table();
  table.claimName(ann, "Ann", "n1", 0);
  table.claimName(bob, "Bob", "n1", 0);
  assert.deepEqual(table.claimName(ann, "bob", "n1", 0, true), TAKEN);
  assert.deepEqual(table.names(0), ["Ann", "Bob"]);
  assert.deepEqual(table.claimName(ann, "x", "n1", 0), granted("Ann", false));
});

Deno.test("LeaseTable frees the name when the last node has released its user", () => {
  const table = new Table();
  table.claimName(ann, "Ann", "n1", 0);
  table.claimName(ann, "Ann", "n2", 0);
  table.release(ann, "n1");
  assert.deepEqual(table.claimName(bob, "Ann", "n1", 0), TAKEN);
  table.release(ann, "n2");
  assert.deepEqual(table.claimName(bob, "Ann", "n1", 0), granted("Ann"));
});

Deno.test("LeaseTable ignores the release of an absent user, or through another node", () => {
  const table = new Table();
  table.claimName(ann, "Ann", "n1", 0);
  table.release(ann, "n2");
  table.release(bob, "n1");
  assert.deepEqual(table.names(0), ["Ann"]);
});

Deno.test("LeaseTable drops the users of a node that has not renewed for LEASE_MS, and not earlier", () => {
  const table = new Table();
  table.claimName(ann, "Ann", "n1", 0);
  table.claimName(bob, "Bob", "n2", 0);
  table.renew("n2", 1);
  assert.deepEqual(table.names(LEASE_MS - 1), ["Ann", "Bob"]);
  assert.deepEqual(table.claimName(bob, "Ann", "n2", LEASE_MS - 1, true), TAKEN);
  assert.deepEqual(table.names(LEASE_MS), ["Bob"]);
  assert.deepEqual(table.claimName(bob, "Ann", "n2", LEASE_MS, true), granted("Ann"));
});

Deno.test("LeaseTable keeps a user who is on another node when one node has gone", () => {
  const table = new Table();
  table.claimName(ann, "Ann", "n1", 0);
  table.claimName(ann, "Ann", "n2", LEASE_MS - 1);
  assert.deepEqual(table.people(LEASE_MS), [{ user: ann, name: "Ann", nodes: ["n2"] }]);
});

Deno.test("LeaseTable renews a node's lease for all its users with each claim", () => {
  const table = new Table();
  table.claimName(ann, "Ann", "n1", 0);
  table.claimName(bob, "Bob", "n1", LEASE_MS - 1);
  assert.deepEqual(table.names(2 * LEASE_MS - 2), ["Ann", "Bob"]);
  assert.deepEqual(table.names(2 * LEASE_MS - 1), []);
});

Deno.test("LeaseTable does not renew a lease that has expired or never existed", () => {
  const table = new Table();
  assert.equal(table.renew("n1", 0), false);
  table.claimName(ann, "Ann", "n1", 0);
  assert.equal(table.renew("n1", LEASE_MS - 1), true);
  assert.equal(table.renew("n1", 2 * LEASE_MS - 1), false);
  assert.deepEqual(table.names(2 * LEASE_MS - 1), []);
});

/** The same rules over plain lists, evaluated anew each time. */
class Model {
  #memberships: { readonly user: UserId; readonly node: string }[] = [];
  #names: { readonly user: UserId; readonly name: Name }[] = [];
  #leases: { readonly node: string; readonly until: number }[] = [];

  #sweep(now: number): void {
    this.#leases = this.#leases.filter(({ until }) => now < until);
    this.#memberships = this.#memberships.filter((place) =>
      this.#leases.some(({ node }) => node === place.node)
    );
    this.#names = this.#names.filter(({ user }) =>
      this.#memberships.some((it) => it.user === user)
    );
  }

  #lease(node: string, until: number): void {
    this.#leases = [...this.#leases.filter((lease) => lease.node !== node), { node, until }];
  }

  claim({ user, name, node, rename }: Claim, now: number): ClaimResult {
    this.#sweep(now);
    const index = this.#names.findIndex((it) => it.user === user);
    const wanted = rename ? name : this.#names[index]?.name ?? name;
    if (this.#names.some((it) => it.user !== user && isSameName(it.name, wanted))) return TAKEN;
    const isNew = this.#names[index]?.name !== wanted;
    if (index < 0) this.#names.push({ user, name: wanted });
    else this.#names[index] = { user, name: wanted };
    this.#memberships = this.#memberships.filter((it) => it.user !== user || it.node !== node);
    this.#memberships.push({ user, node });
    this.#lease(node, now + LEASE_MS);
    return { kind: "granted", name: wanted, isNew };
  }

  release(user: UserId, node: string, now: number): void {
    this.#memberships = this.#memberships.filter((it) => it.user !== user || it.node !== node);
    this.#sweep(now);
  }

  renew(node: string, now: number): boolean {
    this.#sweep(now);
    const isThere = this.#leases.some((lease) => lease.node === node);
    if (isThere) this.#lease(node, now + LEASE_MS);
    return isThere;
  }

  people(now: number): Person[] {
    this.#sweep(now);
    return this.#names.map(({ user, name }) => ({
      user,
      name,
      nodes: this.#memberships.filter((it) => it.user === user).map(({ node }) => node).toSorted(),
    }));
  }
}

const anyUser = fc.constantFrom(...["user_ann", "user_bob", "user_eve", "__proto__"].map(user));
const anyNode = fc.constantFrom("n1", "n2", "n3", "constructor");
const anyNameOfFew = fc.constantFrom(
  ...["Ann", "ANN", "Ａnn", "Bob", "bob", "Zoë", "zoË"].map(name),
);
const anyStep = fc.record({
  after: fc.oneof(fc.constant(0), fc.nat(1_000), fc.nat(30_000), fc.constant(LEASE_MS)),
  action: fc.oneof(
    {
      weight: 5,
      arbitrary: fc.record({
        kind: fc.constant("claim" as const),
        user: anyUser,
        name: anyNameOfFew,
        node: anyNode,
        rename: fc.boolean(),
      }),
    },
    fc.record({ kind: fc.constant("release" as const), user: anyUser, node: anyNode }),
    fc.record({ kind: fc.constant("renew" as const), node: anyNode }),
  ),
});

Deno.test("LeaseTable answers like the rules written as lists, and no two of its users share a name", () => {
  fc.assert(
    fc.property(fc.array(anyStep, { maxLength: 60, size: "max" }), (steps) => {
      const table = new LeaseTable(), model = new Model();
      let now = 0;
      for (const { after, action } of steps) {
        now += after;
        if (action.kind === "claim") {
          assert.deepEqual(table.claim(action, now), model.claim(action, now));
        } else if (action.kind === "renew") {
          assert.equal(table.renew(action.node, now), model.renew(action.node, now));
        } else {
          table.release(action.user, action.node);
          model.release(action.user, action.node, now);
        }
        const people = table.people(now);
        const sorted = people.map((it) => ({ ...it, nodes: it.nodes.toSorted() }));
        assert.deepEqual(sorted, model.people(now));
        const keys = people.flatMap(({ name }) => nameKeys(name));
        assert.equal(new Set(keys).size, keys.length);
        assert.equal(new Set(people.map(({ user }) => user)).size, people.length);
        assert.ok(people.every(({ nodes }) => nodes.length > 0));
      }
    }),
    { numRuns: 1_000 },
  );
});

Deno.test("LeaseTable keeps the users of a withdrawing node for the grace period, and no longer", () => {
  const table = new Table();
  table.claimName(ann, "Ann", "n1", 0);
  table.claimName(bob, "Bob", "n2", 0);
  table.withdraw("n1", 5_000);
  // Nothing that the node does extends it.
  table.renew("n1", 6_000);
  table.withdraw("n1", 7_000);
  table.claimName(ann, "Ann", "n1", 8_000);
  assert.deepEqual(table.names(5_000 + GRACE_MS - 1), ["Ann", "Bob"]);
  assert.deepEqual(table.names(5_000 + GRACE_MS), ["Bob"]);
  assert.deepEqual(table.claimName(bob, "Ann", "n2", 20_000, true), granted("Ann"));
});

Deno.test("LeaseTable extends no lease that ends before the grace period", () => {
  const table = new Table();
  table.claimName(ann, "Ann", "n1", 0);
  table.withdraw("n1", LEASE_MS - 1_000);
  assert.deepEqual(table.names(LEASE_MS), []);
});
