/**
 * Which users are in which rooms, and under which names.
 * @module
 */
import assert from "node:assert/strict";
import type { Author } from "../../../lib/core/log/entry.ts";
import type { Claim, ClaimResult } from "../../../lib/core/presence/lease_table.ts";
import type { RoomId } from "../../../lib/core/names/names.ts";
import { name, room } from "../../support/fakes.ts";
import { ann, attic, bob, lobby, numbers, type Test, type TestedBus } from "../fixtures.ts";

const TAKEN: ClaimResult = { kind: "taken" };
const granted = (text: string, isNew = true): ClaimResult => ({
  kind: "granted",
  name: name(text),
  isNew,
});
const claim = (by: Author, text: string, other: Partial<Claim> = {}): Claim => ({
  user: by.user,
  name: name(text),
  node: "node-1",
  rename: false,
  ...other,
});

/** The members of the lobby by name, with their nodes, in no particular order. */
async function present(bus: TestedBus): Promise<Record<string, readonly string[]>> {
  const people = await bus.people(lobby);
  return Object.fromEntries(people.map((it) => [it.name, it.nodes.toSorted()]));
}

export function presencePromises(test: Test): void {
  test("grants a name, and shows its user", async (bus) => {
    assert.deepEqual(await bus.people(lobby), []);
    assert.deepEqual(await bus.claim(lobby, claim(ann, "Ann")), granted("Ann"));
    assert.deepEqual(await bus.people(lobby), [{ ...ann, nodes: ["node-1"] }]);
    assert.deepEqual(await bus.people(attic), []);
  });

  test("shows the role of a user's latest claim", async (bus) => {
    const shown = async () => (await bus.people(lobby)).map(({ role }) => role);
    await bus.claim(lobby, claim(ann, "Ann", { role: "moderator" }));
    assert.deepEqual(await bus.people(lobby), [{ ...ann, role: "moderator", nodes: ["node-1"] }]);
    const { version } = await bus.refresh(lobby, undefined);
    assert.deepEqual(
      await bus.claim(lobby, claim(ann, "Ann", { role: "owner", node: "node-2" })),
      granted("Ann", false),
    );
    assert.deepEqual(await shown(), ["owner"]);
    assert.notEqual((await bus.refresh(lobby, undefined)).version, version);
    await bus.release(lobby, ann.user, "node-2");
    assert.deepEqual(await shown(), ["owner"]);
    assert.deepEqual(await bus.claim(lobby, claim(ann, "Anna", { rename: true })), granted("Anna"));
    assert.deepEqual(await shown(), [undefined]);
  });

  test("does not grant a name that another user has, in any case or width", async (bus) => {
    await bus.claim(lobby, claim(ann, "Ann"));
    for (const text of ["Ann", "ann", "ANN", "Ａｎｎ"]) {
      assert.deepEqual(await bus.claim(lobby, claim(bob, text, { node: "node-2" })), TAKEN);
    }
    assert.deepEqual(await present(bus), { Ann: ["node-1"] });
    assert.deepEqual(await bus.claim(attic, claim(bob, "Ann")), granted("Ann"));
  });

  test("does not grant a name that looks like another user's, until that one is freed", async (bus) => {
    for (const [one, other] of [["Alice", "AIice"], ["A1ice", "Аlice"], ["user10", "userlO"]]) {
      for (const [first, second] of [[one, other], [other, one]]) {
        await bus.claim(lobby, claim(ann, first ?? ""));
        assert.deepEqual(await bus.claim(lobby, claim(bob, second ?? "")), TAKEN);
        const renamed = claim(ann, second ?? "", { rename: true });
        assert.deepEqual(await bus.claim(lobby, renamed), granted(second ?? ""));
        assert.deepEqual(await bus.claim(lobby, claim(bob, first ?? "")), TAKEN);
        await bus.release(lobby, ann.user, "node-1");
        assert.deepEqual(await bus.claim(lobby, claim(bob, first ?? "")), granted(first ?? ""));
        await bus.release(lobby, bob.user, "node-1");
      }
    }
  });

  test("grants a name to one of two users who claim it at once", async (bus) => {
    const claims = [claim(ann, "Eve"), claim(bob, "eve", { node: "node-2" })];
    const results = await Promise.all(claims.map((it) => bus.claim(lobby, it)));
    assert.deepEqual(results.map(({ kind }) => kind).sort(), ["granted", "taken"]);
  });

  test("leaves a user the current name, except on a rename", async (bus) => {
    await bus.claim(lobby, claim(ann, "Ann"));
    await bus.claim(lobby, claim(bob, "Bob"));
    for (const text of ["Anna", "Bob"]) {
      assert.deepEqual(await bus.claim(lobby, claim(ann, text)), granted("Ann", false));
    }
    assert.deepEqual(await present(bus), { Ann: ["node-1"], Bob: ["node-1"] });
  });

  test("renames to a free name, and frees the old one", async (bus) => {
    await bus.claim(lobby, claim(ann, "Ann"));
    assert.deepEqual(await bus.claim(lobby, claim(ann, "Eve", { rename: true })), granted("Eve"));
    assert.deepEqual(await bus.claim(lobby, claim(bob, "Ann")), granted("Ann"));
    assert.deepEqual(await bus.claim(lobby, claim(ann, "Ann", { rename: true })), TAKEN);
    assert.deepEqual(await bus.claim(lobby, claim(ann, "EVE", { rename: true })), granted("EVE"));
    assert.deepEqual(await present(bus), { EVE: ["node-1"], Ann: ["node-1"] });
  });

  test("shows a user on two nodes once, until both release the user", async (bus) => {
    await bus.claim(lobby, claim(ann, "Ann"));
    await bus.claim(lobby, claim(ann, "Other", { node: "node-2" }));
    assert.deepEqual(await present(bus), { Ann: ["node-1", "node-2"] });
    await bus.release(lobby, ann.user, "node-1");
    assert.deepEqual(await present(bus), { Ann: ["node-2"] });
    assert.deepEqual(await bus.claim(lobby, claim(bob, "Ann")), TAKEN);
    await bus.release(lobby, ann.user, "node-2");
    assert.deepEqual(await present(bus), {});
    assert.deepEqual(await bus.claim(lobby, claim(bob, "Ann")), granted("Ann"));
  });

  test("releases only the given user", async (bus) => {
    await bus.release(lobby, ann.user, "node-1");
    await bus.claim(lobby, claim(ann, "Ann"));
    await bus.claim(lobby, claim(bob, "Bob"));
    await bus.release(lobby, ann.user, "node-2");
    await bus.release(attic, ann.user, "node-1");
    await bus.release(lobby, bob.user, "node-1");
    assert.deepEqual(await present(bus), { Ann: ["node-1"] });
  });

  test("renews leases, and returns the rooms whose people have changed", async (bus) => {
    const changes = [
      () => bus.claim(lobby, claim(ann, "Ann")),
      () => bus.claim(lobby, claim(bob, "Bob", { node: "node-2" })),
      () => bus.claim(lobby, claim(bob, "Eve", { node: "node-2", rename: true })),
      () => bus.claim(lobby, claim(ann, "Ann", { node: "node-2" })),
      () => bus.withdraw(lobby, "node-1"),
      () => bus.release(lobby, bob.user, "node-2"),
      () => bus.release(lobby, ann.user, "node-2"),
      () => bus.claim(lobby, claim(ann, "Ann", { node: "node-2" })),
    ];
    const refresh = (room: RoomId) => bus.refresh(room, "node-1");
    const other = { room: attic, version: (await refresh(attic)).version };
    for (const change of changes) {
      const known = { room: lobby, version: (await refresh(lobby)).version };
      assert.deepEqual(await bus.renew("node-1", [known, other]), []);
      await change();
      assert.deepEqual(await bus.renew("node-1", [other, known]), [lobby]);
      assert.deepEqual((await refresh(lobby)).people, await bus.people(lobby));
    }
  });

  test("renews the leases of hundreds of rooms, and returns those that have changed", async (bus) => {
    const rooms = numbers(1, 250).map((n) => room(`room${n}`));
    const claims = rooms.map((it) => bus.claim(it, claim(ann, "Ann")));
    await Promise.all(claims);
    const known = await Promise.all(rooms.map(async (it) => {
      return { room: it, version: (await bus.refresh(it, "node-1")).version };
    }));
    assert.deepEqual(await bus.renew("node-1", known), []);
    const changed = [0, 99, 100, 249].map((index) => rooms[index] ?? lobby);
    for (const it of changed) await bus.claim(it, claim(bob, "Bob", { node: "node-2" }));
    assert.deepEqual((await bus.renew("node-1", known)).toSorted(), changed.toSorted());
    assert.deepEqual(await bus.renew("node-1", []), []);
  });

  test("counts the people of hundreds of rooms, each user once", async (bus) => {
    const rooms = numbers(1, 150).map((n) => room(`room${n}`));
    assert.deepEqual(await bus.countPeople([]), new Map());
    const expected = new Map(rooms.map((it) => [it, 0]));
    for (const index of [0, 99, 100]) {
      const it = rooms[index] ?? lobby;
      for (const node of ["node-1", "node-2"]) await bus.claim(it, claim(ann, "Ann", { node }));
      await bus.claim(it, claim(bob, "Bob", { node: "node-2" }));
      expected.set(it, 2);
    }
    assert.deepEqual(await bus.countPeople(rooms), expected);
    for (const node of ["node-1", "node-2"]) await bus.release(room("room1"), ann.user, node);
    assert.deepEqual((await bus.countPeople([room("room1")])).get(room("room1")), 1);
  });

  test("gives a node without a lease none, and keeps rooms apart", async (bus) => {
    await bus.claim(lobby, claim(ann, "Ann"));
    const { people, version } = await bus.refresh(lobby, "node-2");
    assert.deepEqual(people, [{ ...ann, nodes: ["node-1"] }]);
    assert.deepEqual(await bus.renew("node-2", [{ room: lobby, version }]), []);
    assert.deepEqual(await bus.renew("node-1", [{ room: attic, version }]), [attic]);
    assert.deepEqual((await bus.refresh(attic, "node-1")).people, []);
  });

  test("shows a user of a node that has withdrawn, until the user returns", async (bus) => {
    await bus.claim(lobby, claim(ann, "Ann"));
    await bus.claim(lobby, claim(bob, "Bob"));
    await bus.withdraw(lobby, "node-1");
    assert.deepEqual(await present(bus), { Ann: ["node-1"], Bob: ["node-1"] });
    assert.deepEqual(await bus.claim(lobby, claim(bob, "Ann", { node: "node-2" })), {
      ...granted("Bob", false),
      takenOver: ["node-1"],
    });
    assert.deepEqual(await present(bus), { Ann: ["node-1"], Bob: ["node-2"] });
    await bus.release(lobby, bob.user, "node-2");
    assert.deepEqual(await present(bus), { Ann: ["node-1"] });
  });

  test("shows a user only on the other node when one of two withdraws", async (bus) => {
    await bus.claim(lobby, claim(ann, "Ann"));
    await bus.claim(lobby, claim(ann, "Ann", { node: "node-2" }));
    await bus.withdraw(lobby, "node-1");
    assert.deepEqual(await present(bus), { Ann: ["node-2"] });
    await bus.release(lobby, ann.user, "node-2");
    assert.deepEqual(await present(bus), {});
  });

  test("does not renew the lease of a node that has withdrawn, and withdraws no other node", async (bus) => {
    await bus.claim(lobby, claim(ann, "Ann"));
    await bus.claim(lobby, claim(bob, "Bob", { node: "node-2" }));
    await bus.withdraw(lobby, "node-1");
    await bus.withdraw(lobby, "node-3");
    await bus.withdraw(attic, "node-2");
    for (const node of ["node-1", "node-2"]) await bus.refresh(lobby, node);
    const again = await bus.claim(lobby, claim(bob, "Bob", { node: "node-3" }));
    assert.deepEqual(again, granted("Bob", false));
    assert.deepEqual(await present(bus), { Ann: ["node-1"], Bob: ["node-2", "node-3"] });
  });

  test("keeps names that look like something else apart", async (bus) => {
    for (const [index, text] of ["__proto__", "null", '"', "网友12", "1"].entries()) {
      const by = index % 2 ? ann : bob;
      assert.deepEqual(
        await bus.claim(lobby, claim(by, text, { rename: true })),
        granted(text),
      );
      assert.ok((await bus.people(lobby)).some((it) => it.user === by.user && it.name === text));
    }
  });
}
