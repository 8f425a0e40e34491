import assert from "node:assert/strict";
import { itemsFor, roomsToOffer } from "../../../../static/page/rooms/palette_items.js";

const ROOMS = ["lobby", "attic", "café-bar", "big-attic", "大厅", "straße"].map((name) => ({
  name,
  isJoined: name !== "big-attic",
}));
const PEOPLE = [
  ["u1", "Zoë Attwater"],
  ["u2", "张伟"],
  ["u3", "lobbyist"],
  ["u4", "𠮷野家"],
].map(([user = "", name = ""]) => ({ user, name, room: "lobby" }));

for (
  const [typed, ...offered] of [
    ["", "room lobby", "room attic", "room café-bar", "room big-attic", "room 大厅", "room straße"],
    ["attic", "room attic", "room big-attic"],
    ["ATT", "room attic", "room big-attic", "person Zoë Attwater", "create ATT"],
    ["#att", "room attic", "room big-attic", "create att"],
    ["@att", "person Zoë Attwater"],
    ["lobby", "room lobby", "person lobbyist"],
    ["LOBBY", "room lobby", "person lobbyist"],
    ["lob", "room lobby", "person lobbyist", "create lob"],
    ["cafe", "room café-bar", "create cafe"],
    ["bar", "room café-bar", "create bar"],
    ["atc", "room attic", "room big-attic", "create atc"],
    ["大", "room 大厅", "create 大"],
    ["伟", "person 张伟", "create 伟"],
    // Outside the basic plane, and not adjacent.
    ["𠮷家", "person 𠮷野家", "create 𠮷家"],
    ["ｌｏｂ", "room lobby", "person lobbyist", "create ｌｏｂ"],
    ["zoe", "person Zoë Attwater", "create zoe"],
    ["Straße", "room straße"],
    ["r-o", "create r-o"],
    ["  attci ", "create attci"],
    ["zoe at", "person Zoë Attwater"],
    ["no such/room"],
    ["x".repeat(65)],
  ] as const
) {
  Deno.test(`itemsFor() offers ${offered.join(", ") || "nothing"} for ${JSON.stringify(typed)}`, () => {
    const items = itemsFor(typed, ROOMS, PEOPLE);
    assert.deepEqual(items.map(({ kind, name }) => `${kind} ${name}`), offered);
  });
}

Deno.test("itemsFor() offers to create a room last, after at most 50 others", () => {
  const rooms = Array.from({ length: 300 }, (_, n) => ({ name: `room-${n}`, isJoined: true }));
  const items = itemsFor("room", rooms, []);
  assert.deepEqual([items.length, items.at(-1)?.kind], [51, "create"]);
});

Deno.test("itemsFor() finds a room by its title too", () => {
  const rooms = [{ name: "den", title: "The Kitchen", isJoined: true }, ...ROOMS];
  const [first] = itemsFor("kitch", rooms, PEOPLE);
  assert.deepEqual(first, { kind: "room", ...rooms[0] });
  assert.equal(itemsFor("den", rooms, PEOPLE)[0]?.name, "den");
});

Deno.test("Listed rooms follow the known ones, which get their topics", () => {
  const summary = { kind: "listed", position: "e:1" } as const;
  const other = { user: "m_bob00000", name: "Bob" };
  const rooms = roomsToOffer([{ name: "den", isJoined: true }], [
    { ...summary, room: "_direct.q3vz6u2t", kind: "direct", with: other },
    { ...summary, room: "attic", title: "The attic", topic: "Boxes" },
    { ...summary, room: "den", topic: "Foxes" },
  ]);
  assert.deepEqual(rooms, [
    { name: "den", topic: "Foxes", isJoined: true },
    { name: "_direct.q3vz6u2t", title: "Bob", isJoined: false },
    { name: "attic", title: "The attic", topic: "Boxes", isJoined: false },
  ]);
  const found = (typed: string) => itemsFor(typed, rooms, []).map(({ name }) => name);
  assert.deepEqual(found("#fox"), ["den", "fox"]);
  assert.deepEqual(found("#bob"), ["_direct.q3vz6u2t", "bob"]);
});

Deno.test("No private or direct room is found by its id, or offered to be created", () => {
  const rooms = [{ name: "_private.k5xw3jq2", title: "Plans", isJoined: true }];
  assert.deepEqual(itemsFor("_private.k5xw3jq2", rooms, []), []);
  assert.deepEqual(itemsFor("_direct.a", [], []), []);
  assert.deepEqual(itemsFor("", rooms, []).map(({ kind }) => kind), ["room"]);
});
