/**
 * That a roster tells what has changed and nothing else: whoever puts together all that it told knows who is here.
 * @module
 */
import assert from "node:assert/strict";
import fc from "fast-check";
import { type Author, isUserId, type UserId } from "../../lib/core/entries.ts";
import type { Person } from "../../lib/core/leases.ts";
import type { Name } from "../../lib/core/names.ts";
import { type Diff, type Movement, Roster } from "../../lib/core/roster.ts";
import { name } from "../fakes.ts";

function user(text: string): UserId {
  if (!isUserId(text)) throw new RangeError(`Not a user: ${text}`);
  return text;
}

const [ann, bob, eve] = (["ann", "bob", "eve"] as const).map((it): Author => ({
  user: user(`user_${it}`),
  name: name(it),
}));
assert.ok(ann && bob && eve);

const here = (author: Author, node = "n1"): Movement => ({ kind: "here", ...author, node });
const gone = ({ user }: Author, node = "n1"): Movement => ({ kind: "gone", user, node });
const person = (author: Author, ...nodes: string[]): Person => ({ ...author, nodes });

/** A roster to which this has been told, and which has told all of it. */
function rosterOf(...authors: readonly Author[]): Roster {
  const roster = new Roster();
  for (const author of authors) roster.apply(here(author));
  roster.takeDiff();
  return roster;
}

Deno.test("Roster of nobody tells nothing", () => {
  const roster = new Roster();
  assert.deepEqual([roster.size, roster.list(), roster.takeDiff()], [0, [], undefined]);
});

Deno.test("Roster tells once who has come and who has gone", () => {
  const roster = rosterOf(bob);
  roster.apply(here(ann));
  roster.apply(gone(bob));
  assert.deepEqual(roster.takeDiff(), { joined: [ann], left: [bob] });
  assert.equal(roster.takeDiff(), undefined);
  assert.deepEqual(roster.list(), [ann]);
});

Deno.test("Roster lists in the order of coming, all or the first so many", () => {
  const roster = rosterOf(eve, ann, bob);
  roster.apply(here(eve, "n2"));
  assert.deepEqual(roster.list(), [eve, ann, bob]);
  assert.deepEqual(roster.list(2), [eve, ann]);
  assert.deepEqual(roster.list(0), []);
  assert.equal(roster.size, 3);
});

Deno.test("Roster knows under which name somebody is here, and which names are borne", () => {
  const roster = rosterOf(ann);
  assert.deepEqual([roster.nameOf(ann.user), roster.nameOf(bob.user)], [ann.name, undefined]);
  assert.deepEqual([roster.hasName(ann.name), roster.hasName(bob.name)], [true, false]);
  roster.apply(gone(ann));
  assert.deepEqual([roster.nameOf(ann.user), roster.hasName(ann.name)], [undefined, false]);
});

Deno.test("Roster knows that a name is borne as long as one of two bears it", () => {
  const twin = { ...bob, name: ann.name };
  const roster = rosterOf(ann, twin);
  roster.apply(gone(ann));
  assert.ok(roster.hasName(ann.name));
  roster.apply(gone(twin));
  assert.ok(!roster.hasName(ann.name));
});

Deno.test("Roster says nothing of who goes and comes back between two tellings", () => {
  const roster = rosterOf(ann);
  roster.apply(gone(ann));
  roster.apply(here(ann, "n2"));
  assert.equal(roster.takeDiff(), undefined);
});

Deno.test("Roster says nothing of who comes and goes between two tellings", () => {
  const roster = rosterOf(ann);
  roster.apply(here(bob));
  roster.apply(gone(bob));
  assert.equal(roster.takeDiff(), undefined);
});

Deno.test("Roster counts who is there through two nodes once, and until the last of them lets go", () => {
  const roster = rosterOf(ann);
  roster.apply(here(ann, "n2"));
  assert.deepEqual([roster.size, roster.takeDiff()], [1, undefined]);
  roster.apply(gone(ann, "n1"));
  assert.deepEqual([roster.size, roster.takeDiff()], [1, undefined]);
  roster.apply(gone(ann, "n2"));
  assert.deepEqual(roster.takeDiff(), { joined: [], left: [ann] });
});

Deno.test("Roster takes no harm from who goes twice, or through a node where it never was", () => {
  const roster = rosterOf(ann);
  roster.apply(gone(ann, "n2"));
  roster.apply(gone(bob));
  assert.deepEqual([roster.list(), roster.takeDiff()], [[ann], undefined]);
});

Deno.test("Roster tells what a reading of the table has that no note told", () => {
  const roster = rosterOf(ann, bob);
  roster.reset([person(bob, "n1"), person(eve, "n2")]);
  assert.deepEqual(roster.list(), [bob, eve]);
  assert.deepEqual(roster.takeDiff(), { joined: [eve], left: [ann] });
});

Deno.test("Roster tells nothing at a reading that brings nothing new", () => {
  const roster = rosterOf(ann, bob);
  roster.reset([person(bob, "n1"), person(ann, "n1")]);
  assert.equal(roster.takeDiff(), undefined);
});

Deno.test("Roster tells after a reading what had come before it and was not told yet", () => {
  const roster = rosterOf(ann);
  roster.apply(here(bob));
  roster.apply(gone(ann));
  roster.reset([person(bob, "n1")]);
  assert.deepEqual(roster.takeDiff(), { joined: [bob], left: [ann] });
});

Deno.test("Roster takes its nodes from the table too", () => {
  const roster = rosterOf(ann);
  roster.reset([person(ann, "n2", "n3")]);
  for (const node of ["n1", "n2"]) roster.apply(gone(ann, node));
  assert.equal(roster.size, 1);
  roster.apply(gone(ann, "n3"));
  assert.equal(roster.size, 0);
});

Deno.test("Roster never changes the table that it was given", () => {
  const table = [person(ann, "n1")];
  const roster = new Roster();
  roster.reset(table);
  roster.apply(here(ann, "n2"));
  roster.apply(gone(ann, "n1"));
  assert.deepEqual(table, [person(ann, "n1")]);
});

Deno.test("Roster tells nothing of a renaming, which is told otherwise", () => {
  const roster = rosterOf(ann);
  roster.rename(ann.user, name("Anna"));
  roster.rename(bob.user, name("Bobby"));
  assert.deepEqual([roster.list(), roster.takeDiff()], [[{ ...ann, name: "Anna" }], undefined]);
  assert.deepEqual([roster.hasName(ann.name), roster.hasName(name("Anna"))], [false, true]);
});

Deno.test("Roster tells of who came and was renamed before it was told under the new name", () => {
  const roster = new Roster();
  roster.apply(here(ann));
  roster.rename(ann.user, name("Anna"));
  assert.deepEqual(roster.takeDiff(), { joined: [{ ...ann, name: "Anna" }], left: [] });
});

Deno.test("Roster tells of who was renamed and left under the name known by then", () => {
  const roster = rosterOf(ann);
  roster.rename(ann.user, name("Anna"));
  roster.apply(gone(ann));
  assert.deepEqual(roster.takeDiff(), { joined: [], left: [{ ...ann, name: "Anna" }] });
});

Deno.test("Roster tells of who went and came back under another name", () => {
  const roster = rosterOf(ann);
  roster.apply(gone(ann));
  const anna = { ...ann, name: name("Anna") };
  roster.apply(here(anna));
  assert.deepEqual(roster.takeDiff()?.joined, [anna]);
});

type Step =
  | { readonly kind: "apply"; readonly movement: Movement }
  | { readonly kind: "reset"; readonly table: readonly Person[] }
  | { readonly kind: "rename"; readonly author: Author }
  | { readonly kind: "tell" };

const people = [ann, bob, eve];
const anyAuthor = fc.constantFrom(...people);
const anyNode = fc.constantFrom("n1", "n2");
const anyNodes = fc.constantFrom(["n1"], ["n2"], ["n1", "n2"]);
const anyTable = fc.subarray(people).chain((some) =>
  fc.tuple(...some.map((author) => anyNodes.map((nodes) => person(author, ...nodes))))
);
const anyMovement = fc.tuple(fc.constantFrom(here, gone), anyAuthor, anyNode)
  .map(([kind, author, node]) => kind(author, node));
const step = <K extends string, V>(kind: K, value: V) => ({ kind, ...value });
const anySteps = (...more: fc.Arbitrary<Step>[]) => {
  const some: fc.Arbitrary<Step> = fc.oneof(
    { weight: 6, arbitrary: anyMovement.map((movement) => step("apply", { movement })) },
    { weight: 1, arbitrary: anyTable.map((table) => step("reset", { table })) },
    { weight: 2, arbitrary: fc.constant({ kind: "tell" as const }) },
    ...more.map((arbitrary) => ({ weight: 1, arbitrary })),
  );
  return fc.array(some, { maxLength: 50, size: "max" });
};

function take(roster: Roster, step: Step): Diff | undefined {
  if (step.kind === "apply") roster.apply(step.movement);
  else if (step.kind === "reset") roster.reset(step.table);
  else if (step.kind === "rename") roster.rename(step.author.user, step.author.name);
  else return roster.takeDiff();
  return undefined;
}

/** What somebody knows who hears everything that is told. */
class Hearer {
  readonly known: Map<UserId, Name>;

  constructor(list: readonly Author[] = []) {
    this.known = new Map(list.map(({ user, name }) => [user, name]));
  }

  /** A diff has no news twice, none that is not new unless somebody was given the list, and nobody who stays. */
  hear({ joined, left }: Diff, wasListed: boolean): void {
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

  /** A renaming is an entry of the log. */
  hearRenamed({ user, name }: Author): void {
    if (this.known.has(user)) this.known.set(user, name);
  }
}

function provesTelling(anySteps: fc.Arbitrary<Step[]>, listedEach: number): void {
  fc.assert(
    fc.property(anySteps, (steps) => {
      const roster = new Roster();
      const hearers = [new Hearer()];
      let wasListed = false;
      for (const [index, step] of [...steps, { kind: "tell" } as const].entries()) {
        const diff = take(roster, step);
        for (const hearer of hearers) {
          if (diff) hearer.hear(diff, wasListed);
          if (step.kind === "rename") hearer.hearRenamed(step.author);
        }
        if (step.kind === "tell") {
          for (const { known } of hearers) {
            for (const { user } of people) assert.equal(known.get(user), roster.nameOf(user));
            assert.equal(known.size, roster.size);
          }
          wasListed = false;
        }
        if (index % listedEach !== listedEach - 1) continue;
        hearers.push(new Hearer(roster.list()));
        wasListed = true;
      }
    }),
    { numRuns: 1_000 },
  );
}

Deno.test("Roster's tellings are right for one who comes in between and is given the list", () => {
  provesTelling(anySteps(), 3);
});

Deno.test("Roster's tellings put together are its list, and none of them is idle", () => {
  provesTelling(anySteps(), Infinity);
});

Deno.test("Roster's tellings put together are its list, whoever changes the name meanwhile", () => {
  const anyNewName = fc.constantFrom(...["Ann", "Bobby", "ann"].map(name));
  const anyRenamed = fc.tuple(anyAuthor, anyNewName).map(([author, name]) => ({ ...author, name }));
  provesTelling(
    anySteps(
      anyRenamed.map((author) => step("rename", { author })),
      anyRenamed.map((author) => step("apply", { movement: here(author) })),
    ),
    Infinity,
  );
});

Deno.test("Roster has who is here by all movements, through whichever nodes", () => {
  fc.assert(fc.property(fc.array(anyMovement, { maxLength: 40, size: "max" }), (movements) => {
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

Deno.test("Roster is put right by a reading of the table, whatever it had missed", () => {
  fc.assert(fc.property(anySteps(), anyTable, (steps, table) => {
    const roster = new Roster();
    for (const step of steps) take(roster, step);
    roster.reset(table);
    assert.deepEqual(roster.list(), table.map(({ user, name }) => ({ user, name })));
    for (const { user, nodes } of table) {
      for (const node of nodes) roster.apply({ kind: "gone", user, node });
    }
    assert.equal(roster.size, 0);
    for (const { name } of people) assert.ok(!roster.hasName(name));
  }));
});
