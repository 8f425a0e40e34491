/**
 * A roster reports exactly what has changed: applying all of its diffs gives the list of members.
 * @module
 */
import assert from "node:assert/strict";
import fc from "fast-check";
import { type Author, isUserId, type UserId } from "../../../lib/core/log/entry.ts";
import type { Person } from "../../../lib/core/presence/lease_table.ts";
import type { Name } from "../../../lib/core/names/names.ts";
import {
  type PresenceDiff,
  type PresenceUpdate,
  Roster,
} from "../../../lib/core/presence/roster.ts";
import { name } from "../../support/fakes.ts";

function user(text: string): UserId {
  if (!isUserId(text)) throw new RangeError(`Not a user: ${text}`);
  return text;
}

const [ann, bob, eve] = (["ann", "bob", "eve"] as const).map((it): Author => ({
  user: user(`user_${it}`),
  name: name(it),
}));
assert.ok(ann && bob && eve);

const here = (author: Author, node = "n1"): PresenceUpdate => ({ kind: "here", ...author, node });
const gone = ({ user }: Author, node = "n1"): PresenceUpdate => ({ kind: "gone", user, node });
const memberOf = (author: Author, ...nodes: string[]): Person => ({ ...author, nodes });

/** A roster that has received these updates and reported all of them. */
function rosterOf(...authors: readonly Author[]): Roster {
  const roster = new Roster();
  for (const author of authors) roster.apply(here(author));
  roster.takeDiff();
  return roster;
}

Deno.test("Roster without members reports nothing", () => {
  const roster = new Roster();
  assert.deepEqual([roster.size, roster.list(), roster.takeDiff()], [0, [], undefined]);
});

Deno.test("Roster reports once who has joined and who has left", () => {
  const roster = rosterOf(bob);
  roster.apply(here(ann));
  roster.apply(gone(bob));
  assert.deepEqual(roster.takeDiff(), { joined: [ann], left: [bob], changed: [] });
  assert.equal(roster.takeDiff(), undefined);
  assert.deepEqual(roster.list(), [ann]);
});

Deno.test("Roster repeats users who are present, once, and those who have joined only as such", () => {
  const roster = rosterOf(ann);
  roster.apply(here(bob));
  for (const { user } of [ann, bob, eve]) roster.repeat(user);
  assert.deepEqual(roster.takeDiff(), { joined: [bob], left: [], changed: [ann] });
  assert.equal(roster.takeDiff(), undefined);
  roster.repeat(ann.user);
  roster.apply(gone(ann));
  assert.deepEqual(roster.takeDiff(), { joined: [], left: [ann], changed: [] });
});

Deno.test("Roster corrects an old name that the room was told, unless the user has it or leaves", () => {
  const roster = rosterOf(ann, bob);
  const old = eve.name;
  roster.onOldNameShown(ann.user, old);
  roster.onOldNameShown(bob.user, old);
  roster.onOldNameShown(bob.user, bob.name);
  roster.onOldNameShown(eve.user, old);
  assert.deepEqual(roster.takeDiff(), { joined: [ann], left: [], changed: [] });
  assert.equal(roster.takeDiff(), undefined);
  roster.apply(gone(ann));
  roster.apply(here(eve));
  for (const { user } of [ann, eve]) roster.onOldNameShown(user, bob.name);
  assert.deepEqual(roster.takeDiff(), { joined: [eve], left: [ann], changed: [] });
});

Deno.test("Roster lists members in the order of joining, all of them or the first few", () => {
  const roster = rosterOf(eve, ann, bob);
  roster.apply(here(eve, "n2"));
  assert.deepEqual(roster.list(), [eve, ann, bob]);
  assert.deepEqual(roster.list(2), [eve, ann]);
  assert.deepEqual(roster.list(0), []);
  assert.equal(roster.size, 3);
});

Deno.test("Roster knows each member's name, and which names are in use", () => {
  const roster = rosterOf(ann);
  assert.deepEqual([roster.nameOf(ann.user), roster.nameOf(bob.user)], [ann.name, undefined]);
  assert.deepEqual([roster.hasName(ann.name), roster.hasName(bob.name)], [true, false]);
  roster.apply(gone(ann));
  assert.deepEqual([roster.nameOf(ann.user), roster.hasName(ann.name)], [undefined, false]);
});

Deno.test("Roster keeps a name in use as long as one of two members has it", () => {
  const twin = { ...bob, name: ann.name };
  const roster = rosterOf(ann, twin);
  roster.apply(gone(ann));
  assert.ok(roster.hasName(ann.name));
  roster.apply(gone(twin));
  assert.ok(!roster.hasName(ann.name));
});

Deno.test("Roster does not report a member who leaves and returns between two diffs", () => {
  const roster = rosterOf(ann);
  roster.apply(gone(ann));
  roster.apply(here(ann, "n2"));
  assert.equal(roster.takeDiff(), undefined);
});

Deno.test("Roster does not report a user who joins and leaves between two diffs", () => {
  const roster = rosterOf(ann);
  roster.apply(here(bob));
  roster.apply(gone(bob));
  assert.equal(roster.takeDiff(), undefined);
});

Deno.test("Roster counts a member on two nodes once, until the last node removes the member", () => {
  const roster = rosterOf(ann);
  roster.apply(here(ann, "n2"));
  assert.deepEqual([roster.size, roster.takeDiff()], [1, undefined]);
  roster.apply(gone(ann, "n1"));
  assert.deepEqual([roster.size, roster.takeDiff()], [1, undefined]);
  roster.apply(gone(ann, "n2"));
  assert.deepEqual(roster.takeDiff(), { joined: [], left: [ann], changed: [] });
});

Deno.test("Roster ignores a second departure, and one through another node", () => {
  const roster = rosterOf(ann);
  roster.apply(gone(ann, "n2"));
  roster.apply(gone(bob));
  assert.deepEqual([roster.list(), roster.takeDiff()], [[ann], undefined]);
});

Deno.test("Roster reports what the table shows and no update announced", () => {
  const roster = rosterOf(ann, bob);
  roster.reset([memberOf(bob, "n1"), memberOf(eve, "n2")]);
  assert.deepEqual(roster.list(), [bob, eve]);
  assert.deepEqual(roster.takeDiff(), { joined: [eve], left: [ann], changed: [] });
});

Deno.test("Roster reports nothing for a table without news", () => {
  const roster = rosterOf(ann, bob);
  roster.reset([memberOf(bob, "n1"), memberOf(ann, "n1")]);
  assert.equal(roster.takeDiff(), undefined);
});

Deno.test("Roster reports after reading the table what had changed before and was not reported", () => {
  const roster = rosterOf(ann);
  roster.apply(here(bob));
  roster.apply(gone(ann));
  roster.reset([memberOf(bob, "n1")]);
  assert.deepEqual(roster.takeDiff(), { joined: [bob], left: [ann], changed: [] });
});

Deno.test("Roster takes its nodes from the table too", () => {
  const roster = rosterOf(ann);
  roster.reset([memberOf(ann, "n2", "n3")]);
  for (const node of ["n1", "n2"]) roster.apply(gone(ann, node));
  assert.equal(roster.size, 1);
  roster.apply(gone(ann, "n3"));
  assert.equal(roster.size, 0);
});

Deno.test("Roster never changes the table that it receives", () => {
  const table = [memberOf(ann, "n1")];
  const roster = new Roster();
  roster.reset(table);
  roster.apply(here(ann, "n2"));
  roster.apply(gone(ann, "n1"));
  assert.deepEqual(table, [memberOf(ann, "n1")]);
});

Deno.test("Roster does not report a rename, which is an entry of the log", () => {
  const roster = rosterOf(ann);
  roster.rename(ann.user, name("Anna"));
  roster.rename(bob.user, name("Bobby"));
  assert.deepEqual([roster.list(), roster.takeDiff()], [[{ ...ann, name: "Anna" }], undefined]);
  assert.deepEqual([roster.hasName(ann.name), roster.hasName(name("Anna"))], [false, true]);
});

Deno.test("Roster reports a member who was renamed before the first report under the new name", () => {
  const roster = new Roster();
  roster.apply(here(ann));
  roster.rename(ann.user, name("Anna"));
  assert.deepEqual(roster.takeDiff(), {
    joined: [{ ...ann, name: "Anna" }],
    left: [],
    changed: [],
  });
});

Deno.test("Roster reports a member who was renamed and left under the name known by then", () => {
  const roster = rosterOf(ann);
  roster.rename(ann.user, name("Anna"));
  roster.apply(gone(ann));
  assert.deepEqual(roster.takeDiff(), {
    joined: [],
    left: [{ ...ann, name: "Anna" }],
    changed: [],
  });
});

Deno.test("Roster reports a member who left and returned under another name", () => {
  const roster = rosterOf(ann);
  roster.apply(gone(ann));
  const anna = { ...ann, name: name("Anna") };
  roster.apply(here(anna));
  assert.deepEqual(roster.takeDiff()?.joined, [anna]);
});

type Step =
  | { readonly kind: "apply"; readonly movement: PresenceUpdate }
  | { readonly kind: "reset"; readonly table: readonly Person[] }
  | { readonly kind: "rename"; readonly author: Author }
  | { readonly kind: "diff" };

const people = [ann, bob, eve];
const anyAuthor = fc.constantFrom(...people);
const anyNode = fc.constantFrom("n1", "n2");
const anyNodes = fc.constantFrom(["n1"], ["n2"], ["n1", "n2"]);
const anyTable = fc.subarray(people).chain((some) =>
  fc.tuple(...some.map((author) => anyNodes.map((nodes) => memberOf(author, ...nodes))))
);
const anyUpdate = fc.tuple(fc.constantFrom(here, gone), anyAuthor, anyNode)
  .map(([kind, author, node]) => kind(author, node));
const step = <K extends string, V>(kind: K, value: V) => ({ kind, ...value });
const anySteps = (...more: fc.Arbitrary<Step>[]) => {
  const some: fc.Arbitrary<Step> = fc.oneof(
    { weight: 6, arbitrary: anyUpdate.map((movement) => step("apply", { movement })) },
    { weight: 1, arbitrary: anyTable.map((table) => step("reset", { table })) },
    { weight: 2, arbitrary: fc.constant({ kind: "diff" as const }) },
    ...more.map((arbitrary) => ({ weight: 1, arbitrary })),
  );
  return fc.array(some, { maxLength: 50, size: "max" });
};

function applyStep(roster: Roster, step: Step): PresenceDiff | undefined {
  if (step.kind === "apply") roster.apply(step.movement);
  else if (step.kind === "reset") roster.reset(step.table);
  else if (step.kind === "rename") roster.rename(step.author.user, step.author.name);
  else return roster.takeDiff();
  return undefined;
}

/** What a client knows that receives all diffs. */
class DiffReader {
  readonly known: Map<UserId, Name>;

  constructor(list: readonly Author[] = []) {
    this.known = new Map(list.map(({ user, name }) => [user, name]));
  }

  /** Checks a diff: no duplicates, no user who stays, and nothing already reported, unless the list was sent meanwhile. */
  read({ joined, left }: PresenceDiff, wasListed: boolean): void {
    assert.ok(joined.length + left.length > 0, "nothing was told");
    for (const { user, name } of left) {
      if (!wasListed) assert.equal(this.known.get(user), name);
      this.known.delete(user);
    }
    for (const { user, name } of joined) {
      if (!wasListed) assert.notEqual(this.known.get(user), name);
      this.known.set(user, name);
    }
  }

  /** A rename is an entry of the log. */
  readRenamed({ user, name }: Author): void {
    if (this.known.has(user)) this.known.set(user, name);
  }
}

function assertDiffsAddUp(anySteps: fc.Arbitrary<Step[]>, listedEach: number): void {
  fc.assert(
    fc.property(anySteps, (steps) => {
      const roster = new Roster();
      const readers = [new DiffReader()];
      let wasListed = false;
      for (const [index, step] of [...steps, { kind: "diff" } as const].entries()) {
        const diff = applyStep(roster, step);
        for (const reader of readers) {
          if (diff) reader.read(diff, wasListed);
          if (step.kind === "rename") reader.readRenamed(step.author);
        }
        if (step.kind === "diff") {
          for (const { known } of readers) {
            for (const { user } of people) assert.equal(known.get(user), roster.nameOf(user));
            assert.equal(known.size, roster.size);
          }
          wasListed = false;
        }
        if (index % listedEach !== listedEach - 1) continue;
        readers.push(new DiffReader(roster.list()));
        wasListed = true;
      }
    }),
    { numRuns: 1_000 },
  );
}

Deno.test("Roster sends correct diffs to a client that receives the list in between", () => {
  assertDiffsAddUp(anySteps(), 3);
});

Deno.test("Roster sends diffs that add up to its list, none of them empty", () => {
  assertDiffsAddUp(anySteps(), Infinity);
});

Deno.test("Roster sends diffs that add up to its list, across any renames", () => {
  const anyNewName = fc.constantFrom(...["Ann", "Bobby", "ann"].map(name));
  const anyRenamed = fc.tuple(anyAuthor, anyNewName).map(([author, name]) => ({ ...author, name }));
  assertDiffsAddUp(
    anySteps(
      anyRenamed.map((author) => step("rename", { author })),
      anyRenamed.map((author) => step("apply", { movement: here(author) })),
    ),
    Infinity,
  );
});

Deno.test("Roster has the members that all updates give, through any nodes", () => {
  fc.assert(fc.property(fc.array(anyUpdate, { maxLength: 40, size: "max" }), (movements) => {
    const roster = new Roster();
    const places = new Set<string>();
    for (const movement of movements) {
      roster.apply(movement);
      const place = `${movement.user} ${movement.node}`;
      if (movement.kind === "here") places.add(place);
      else places.delete(place);
    }
    const users = new Set([...places].map((place) => place.split(" ")[0]));
    assert.deepEqual(new Set(roster.list().map(({ user }) => user)), users);
    assert.equal(roster.size, users.size);
  }));
});

Deno.test("Roster is corrected by reading the table, whatever it had missed", () => {
  fc.assert(fc.property(anySteps(), anyTable, (steps, table) => {
    const roster = new Roster();
    for (const step of steps) applyStep(roster, step);
    roster.reset(table);
    assert.deepEqual(roster.list(), table.map(({ user, name }) => ({ user, name })));
    for (const { user, nodes } of table) {
      for (const node of nodes) roster.apply({ kind: "gone", user, node });
    }
    assert.equal(roster.size, 0);
    for (const { name } of people) assert.ok(!roster.hasName(name));
  }));
});

Deno.test("Roster reports a user who has another role, by an update or by the table", () => {
  const roster = rosterOf(ann, bob);
  roster.apply({ kind: "here", ...ann, node: "n1", role: "moderator" });
  assert.deepEqual(roster.takeDiff(), {
    joined: [],
    left: [],
    changed: [{ ...ann, role: "moderator" }],
  });
  assert.deepEqual(roster.list(), [{ ...ann, role: "moderator" }, bob]);
  roster.takeDiff();
  const table = [memberOf(ann, "n1"), { ...memberOf(bob, "n1"), role: "owner" } as const];
  roster.reset(table);
  assert.deepEqual(roster.takeDiff()?.changed, [ann, { ...bob, role: "owner" }]);
  roster.reset(table);
  assert.equal(roster.takeDiff(), undefined);
  roster.apply({ kind: "here", ...eve, node: "n1", role: "owner" });
  assert.deepEqual(roster.takeDiff()?.joined, [{ ...eve, role: "owner" }]);
});
