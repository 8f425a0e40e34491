/** A state says what its events have set, and survives damaged fields. */
import assert from "node:assert/strict";
import fc from "fast-check";
import { FOREVER, type RoomEvent, type RoomSettings } from "../../../lib/core/log/room_event.ts";
import {
  type CurrentSettings,
  MAX_STATE_FIELDS,
  RoomState,
} from "../../../lib/core/log/room_state.ts";
import { stateChanges } from "../../../lib/core/log/state_changes.ts";
import { endOf, fieldsLike } from "../../../lib/core/log/sanction_fields.ts";
import { name, room } from "../../support/fakes.ts";
import { user } from "./list_room_storage.ts";

const ann = { user: user("user_ann"), name: name("Ann") };
const bob = { user: user("user_bob"), name: name("Bob") };
const address = user("ip_0123456789");
const rank = "moderator";

const DEFAULTS: CurrentSettings = {
  access: "open",
  title: "",
  topic: "",
  readOnly: false,
  slowSeconds: 0,
  keepDays: 0,
  history: "all",
  archived: false,
};

function stateAfter(...events: readonly RoomEvent[]): RoomState {
  const state = new RoomState();
  for (const event of events) state.apply(stateChanges(event, { ...ann, room: "lobby" }));
  return state;
}

Deno.test("RoomState has the default of every setting that no event has changed", () => {
  const state = stateAfter();
  assert.deepEqual(state.settings, DEFAULTS);
  assert.deepEqual([state.isEmpty, state.creator, state.isLockedDown, state.access], [
    true,
    undefined,
    false,
    "open",
  ]);
});

const settings: fc.Arbitrary<RoomSettings> = fc.record({
  access: fc.constantFrom("open", "listed", "private", "direct"),
  title: fc.string({ unit: "binary" }),
  topic: fc.string({ unit: "binary" }),
  readOnly: fc.boolean(),
  slowSeconds: fc.nat(21_600),
  archived: fc.boolean(),
}, { requiredKeys: [] });

Deno.test("RoomState has the last value of every setting, and a value of one line for each", () => {
  fc.assert(fc.property(fc.array(settings), (list) => {
    const events = list.map((it) => ({ kind: "room", ...it }) as const);
    assert.deepEqual(stateAfter(...events).settings, Object.assign({ ...DEFAULTS }, ...list));
    for (
      const { field, value } of events.flatMap((it) => stateChanges(it, { ...ann, room: "lobby" }))
    ) {
      assert.match(field, /^\S+$/);
      assert.ok(value === undefined || /^[^\n]+$/.test(value));
    }
  }));
});

Deno.test("RoomState has no field that restores a default, so that a room without settings can expire", () => {
  const set: RoomEvent = {
    kind: "room",
    title: "Tea",
    topic: "Cake",
    readOnly: true,
    slowSeconds: 5,
    archived: true,
  };
  const { access: _, ...defaults } = DEFAULTS;
  const lockdown = (on: boolean) => ({ kind: "lockdown", on }) as const;
  const state = stateAfter(set, lockdown(true), { kind: "room", ...defaults }, lockdown(false));
  assert.ok(state.isEmpty);
});

Deno.test("RoomState knows who created a room, and whether guests are locked out", () => {
  const state = stateAfter({ kind: "room", created: true }, { kind: "lockdown", on: true });
  assert.deepEqual([state.creator, state.isLockedDown], [ann.user, true]);
});

for (const kind of ["mute", "ban"] as const) {
  Deno.test(`RoomState has a ${kind} until it ends or is removed`, () => {
    const sanction = {
      kind,
      ...bob,
      until: 5_000,
      reason: 'a "b"\n',
      rank,
    } as const;
    const state = stateAfter(sanction);
    const current = { ...sanction, room: undefined, guest: undefined };
    assert.deepEqual(state.sanction(kind, bob.user, 4_999), current);
    assert.deepEqual(state.sanctions(4_999), [current]);
    assert.equal(state.sanction(kind, bob.user, 5_000), undefined);
    assert.deepEqual(state.sanctions(5_000), []);
    assert.equal(state.sanction(kind, ann.user, 0), undefined);
    assert.equal(state.sanction(kind === "ban" ? "mute" : "ban", bob.user, 0), undefined);
    const later = stateAfter(sanction, { ...sanction, until: FOREVER, reason: undefined });
    assert.equal(later.sanction(kind, bob.user, 5_000)?.until, FOREVER);
    const removal = ({ mute: "unmute", ban: "unban" } as const)[kind];
    assert.ok(stateAfter(sanction, { kind: removal, ...bob }).isEmpty);
  });
}

Deno.test("RoomState has the members of a room, and admits only them if it is private or direct", () => {
  const added = { kind: "member", ...bob, on: true } as const;
  assert.deepEqual(stateAfter(added).members, new Map([[bob.user, bob.name]]));
  assert.ok(stateAfter(added, { ...added, on: false }).isEmpty);
  for (const access of ["open", "listed", "private", "direct"] as const) {
    const state = stateAfter(added, { kind: "room", access });
    const isClosed = access === "private" || access === "direct";
    assert.deepEqual([state.admits(ann.user), state.admits(bob.user)], [!isClosed, true], access);
  }
});

Deno.test("stateChanges() has none for an event about another room, except for an address", () => {
  const mute = { kind: "mute", ...bob, until: FOREVER, rank, room: room("tea") } as const;
  const others: readonly RoomEvent[] = [
    mute,
    { kind: "kick", ...bob, rank, room: room("tea") },
    { kind: "room", topic: "Tea", room: room("tea") },
    { kind: "member", ...bob, on: true, room: room("tea") },
  ];
  for (const event of others) assert.deepEqual(stateChanges(event, { ...ann, room: "lobby" }), []);
});

Deno.test("RoomState has a mute of an address for each of its guests, in a room and in the service apart", () => {
  const mute = { kind: "mute", name: bob.name, user: address, until: FOREVER, rank } as const;
  const ofBob = { ...mute, guest: bob.user, room: room("tea") };
  const ofCem = { ...mute, until: 5, guest: user("g_cem00000"), room: room("tea") };
  const own = { ...mute, until: 7 };
  const state = new RoomState();
  const apply = (event: RoomEvent) => state.apply(stateChanges(event, { ...ann, room: "_audit" }));
  const found = (where: string | undefined) =>
    state.addressSanctions("mute", address, where).map(({ until }) => until);
  assert.deepEqual(found("tea"), []);
  for (const event of [ofCem, ofBob, own]) apply(event);
  assert.deepEqual(found("tea"), [FOREVER, 5]);
  assert.deepEqual(found(undefined), [7]);
  assert.deepEqual(state.addressSanctions("ban", address, "tea"), []);
  assert.deepEqual(state.addressSanction("mute", ofBob), ofBob);
  assert.deepEqual(state.addressesOf(bob.user, 4), { count: 2, own: new Set([address]) });
  assert.deepEqual(state.addressesOf(ofCem.guest, 6), { count: 1, own: new Set() });
  apply({ ...own, until: 9 });
  assert.deepEqual(found(undefined), [9]);
});

Deno.test("RoomState ends the mutes of addresses together with that of their guest, where it was imposed", () => {
  const state = new RoomState();
  const apply = (event: RoomEvent) => state.apply(stateChanges(event, { ...ann, room: "_audit" }));
  const other = user("ip_c0000202");
  const places = [undefined, room("tea")];
  for (const where of places) {
    for (const shared of [address, other]) {
      for (const guest of [bob.user, ann.user]) {
        apply({
          kind: "mute",
          name: bob.name,
          user: shared,
          until: FOREVER,
          rank,
          guest,
          room: where,
        });
      }
    }
  }
  const left = () => state.sanctions(0).map(({ user, guest, room }) => [user, guest, room]);
  const all = left();
  apply({ kind: "unban", ...bob, room: room("tea") });
  apply({ kind: "unmute", ...bob, room: room("other") });
  assert.deepEqual(left(), all);
  apply({ kind: "unmute", ...bob, room: room("tea") });
  assert.deepEqual(left(), all.filter(([, guest, it]) => guest === ann.user || it === undefined));
  apply({ kind: "unmute", ...bob });
  assert.deepEqual(left(), all.filter(([, guest]) => guest === ann.user));
});

Deno.test("RoomState ends all mutes of an address at once, and remembers that until its guests' mutes have ended", () => {
  const state = new RoomState();
  const apply = (event: RoomEvent) => state.apply(stateChanges(event, { ...ann, room: "_audit" }));
  const mute = { kind: "mute", name: bob.name, user: address, until: FOREVER, rank } as const;
  for (let index = 0; index < 100; index++) apply({ ...mute, guest: user(`g_${index}_guest`) });
  apply({ kind: "unmute", user: address, name: bob.name, until: 9, rank: "owner" });
  const [exemption, ...others] = state.addressSanctions("mute", address, undefined);
  assert.deepEqual([exemption?.isExempt, exemption?.until, others], [true, 9, []]);
  // Its own mute is another field.
  apply({ ...mute, until: 7 });
  assert.equal(state.exemption("mute", { user: address }, 8)?.rank, "owner");
  assert.equal(state.exemption("mute", { user: address }, 9), undefined);
  assert.equal(state.addressSanctions("mute", address, undefined).length, 2);
  apply({ kind: "unmute", user: address, name: bob.name });
  assert.ok(state.isEmpty);
});

Deno.test("fieldsLike() finds the fields that a pattern stands for, and no others", () => {
  const names = ["mute:ip_1/g", "mute:ip_1@tea/g", "mute:ip_1", "mute:ip_2/g", "mute:/g", "mute:g"];
  const found = (pattern: string) => fieldsLike(pattern, () => names);
  assert.deepEqual(found("mute:*/g"), ["mute:ip_1/g", "mute:ip_2/g", "mute:/g"]);
  assert.deepEqual(found("mute:ip_1/*"), ["mute:ip_1/g"]);
  assert.deepEqual(found("mute:*@tea/g"), ["mute:ip_1@tea/g"]);
  assert.deepEqual(found("mute:g*g"), []);
  assert.deepEqual(found("topic"), ["topic"]);
});

Deno.test("RoomState forgets mutes that have ended where there are too many", () => {
  const state = new RoomState();
  for (let index = 0; index <= MAX_STATE_FIELDS; index++) {
    const until = index < 2 ? FOREVER : index;
    const event = { kind: "mute", ...bob, user: user(`u_${index}00000`), until, rank } as const;
    state.apply(stateChanges(event, { ...ann, room: "_audit" }), 100);
  }
  assert.equal(state.sanctions(0).length, 2 + MAX_STATE_FIELDS - 100);
});

Deno.test("RoomState treats a damaged field as missing", () => {
  const state = new RoomState(
    new Map([
      ["access", "closed"],
      ["title", "{"],
      ["topic", "7"],
      ["slow", "often"],
      ["creator", "?"],
      ["mute:user_bob", "soon {}"],
      ["ban:user_bob", "99999 {}"],
      ["ban:?", '99999 {"name":"Bob","rank":"owner"}'],
      ["member:user_bob", '{"name":"* server"}'],
      ["member:?", '{"name":"Bob"}'],
      ["another:user_bob", "1"],
    ]),
  );
  assert.deepEqual(state.settings, DEFAULTS);
  assert.deepEqual([state.creator, state.sanctions(0), state.members.size], [undefined, [], 0]);
});

for (
  const [text, end] of [
    [undefined, 0],
    ["", 0],
    ["5000 {}", 5_000],
    [`${FOREVER} {}`, FOREVER],
    ["5000", 0],
    [" 5000 {}", 0],
    ["-5 {}", 0],
    ["1e9 {}", 0],
    ["1234567890123456 {}", 0],
  ] as const
) {
  Deno.test(`endOf() returns ${end} for ${JSON.stringify(text)}`, () => {
    assert.equal(endOf(text), end);
  });
}
