/**
 * Events change the state of their room in the step that numbers them, and the state decides which drafts are refused.
 * @module
 */
import assert from "node:assert/strict";
import type { Author, Draft, UserId } from "../../../lib/core/log/entry.ts";
import type { RoomId } from "../../../lib/core/names/names.ts";
import {
  eventText,
  FOREVER,
  MAX_SLOW_SECONDS,
  type RoomEvent,
  type Sanction,
} from "../../../lib/core/log/room_event.ts";
import {
  MAX_STATE_FIELDS,
  MAX_UNRESERVED_FIELDS,
  type StateFields,
} from "../../../lib/core/log/room_state.ts";
import { stateChanges } from "../../../lib/core/log/state_changes.ts";
import { fieldsLike } from "../../../lib/core/log/sanction_fields.ts";
import { name, room } from "../../support/fakes.ts";
import {
  ann,
  attic,
  bob,
  draft,
  isRejected,
  lobby,
  mustPublish,
  numbers,
  react,
  say,
  sayAll,
  type Test,
  type TestedBus,
  user,
} from "../fixtures.ts";

const eve: Author = { user: user("user_eve"), name: name("Eve") };
const audit = room("audit");
const HOUR_MS = 3_600_000;
const MAX_SLOW_MS = 1_000 * MAX_SLOW_SECONDS;

/** A message with an event, by Ann as a moderator. */
export function act(event: RoomEvent, other?: Partial<Omit<Draft, "action">>): Draft {
  return draft({ kind: "said", text: eventText(event), event }, { isExempt: true, ...other });
}

/** The fields of a room's state. */
export async function fieldsOf(
  bus: Pick<TestedBus, "state">,
  room: RoomId = lobby,
): Promise<Record<string, string>> {
  return Object.fromEntries((await bus.state(room)).fields);
}

/** A mute of Bob. */
export function mute(until: number): Sanction {
  return { kind: "mute", ...bob, until, rank: "moderator" };
}

const ban: Sanction = { ...mute(FOREVER), kind: "ban", reason: 'a "b"\n\\c\u2028 网友' };
const added: RoomEvent = { kind: "member", ...bob, on: true, from: 3 };

/** Of an address, as the audit room has it; and of one in another room. */
const serviceBan = { ...ban, user: user("ip_0123456789"), guest: bob.user } as const;
const addressBan = { ...serviceBan, room: room("大厅") } as const;

const EVENTS: readonly RoomEvent[] = [
  {
    kind: "room",
    created: true,
    access: "private",
    members: [ann, eve],
    history: "joined",
    title: 'A "title" \\ 网友',
    topic: "Tea\nand cake",
    readOnly: true,
    slowSeconds: 60,
    archived: true,
  },
  { kind: "room", topic: "" },
  mute(1_800_000_000_000),
  mute(FOREVER),
  ban,
  addressBan,
  { ...addressBan, kind: "mute" },
  { ...addressBan, kind: "mute", guest: eve.user },
  { ...addressBan, kind: "mute", user: user("ip_9876543210"), guest: eve.user },
  { ...serviceBan, kind: "mute" },
  { kind: "kick", ...eve, reason: "noise", rank: "owner" },
  added,
  { kind: "member", ...eve, on: true },
  { kind: "lockdown", on: true, reason: "a raid" },
  { kind: "room", readOnly: false, slowSeconds: 0, archived: false, access: "listed" },
  { kind: "unmute", ...bob },
  { kind: "unmute", ...eve },
  { kind: "unban", ...bob },
  // Ends the mutes of both addresses on account of Eve.
  { kind: "unmute", ...eve, room: addressBan.room },
  { ...addressBan, kind: "mute", user: user("ip_9876543210") },
  {
    kind: "unmute",
    user: addressBan.user,
    name: bob.name,
    room: addressBan.room,
    until: FOREVER,
    rank: "owner",
  },
  { ...addressBan, kind: "mute" },
  { kind: "unban", user: addressBan.user, name: bob.name, room: addressBan.room },
  { kind: "unmute", user: addressBan.user, name: bob.name },
  { kind: "member", ...eve, on: false },
  { kind: "lockdown", on: false },
  { kind: "role", ...eve, role: "moderator" },
  { kind: "held", room: room("大厅"), reply: "k3j9f2:127" },
  { kind: "clear", reason: "spring" },
];

/** What is refused of: a message, an edit, a reaction, a new name, and a deletion of an own message. */
const REFUSED:
  readonly (readonly [string, readonly RoomEvent[], readonly (string | undefined)[]])[] = [
    ["open", [{ kind: "room", topic: "Tea" }], []],
    ["listed", [{ kind: "room", access: "listed" }], []],
    ["private", [{ kind: "room", access: "private" }], [
      "not_allowed",
      "not_allowed",
      "not_allowed",
    ]],
    ["private, with the user as one of the first members", [
      { kind: "room", access: "private", members: [eve, bob] },
    ], []],
    ["private, with others as the first members", [
      { kind: "room", access: "private", members: [eve] },
    ], ["not_allowed", "not_allowed", "not_allowed"]],
    ["direct", [{ kind: "room", access: "direct" }], ["not_allowed", "not_allowed", "not_allowed"]],
    ["private, with the user as a member", [{ kind: "room", access: "private" }, added], []],
    ["closed to the banned user", [ban], ["not_allowed", "not_allowed", "not_allowed"]],
    ["closed to a user whose ban has ended", [{ ...ban, until: 1 }], []],
    ["one in which the user is muted", [mute(FOREVER)], ["muted", "muted", "muted"]],
    ["one in which the user's mute has ended", [mute(1)], []],
    ["one in which another user is muted", [{ ...mute(FOREVER), ...eve }], []],
    ["archived", [{ kind: "room", archived: true }], ["read_only", "read_only", "read_only"]],
    ["read-only", [{ kind: "room", readOnly: true }], ["read_only", "read_only"]],
    ["read-only, in which the user is muted", [{ kind: "room", readOnly: true }, mute(FOREVER)], [
      "muted",
      "muted",
      "muted",
    ]],
    ["private, in which the user is muted and no member", [
      { kind: "room", access: "private" },
      mute(FOREVER),
    ], ["not_allowed", "not_allowed", "not_allowed"]],
  ];

export function roomStatePromises(test: Test): void {
  eventPromises(test);
  admissionPromises(test);
  refusalPromises(test);
  slowModePromises(test);
  limitPromises(test);
}

function eventPromises(test: Test): void {
  test("changes the state of a room by every event, in the step that numbers it", async (bus) => {
    const expected = new Map<string, string>();
    assert.deepEqual((await bus.state(lobby)).fields, expected);
    for (const event of EVENTS) {
      const { position } = await mustPublish(bus, act(event));
      for (const { field, value } of stateChanges(event, { ...ann, room: lobby }, position.seq)) {
        for (const it of fieldsLike(field, () => expected.keys())) {
          if (value === undefined) expected.delete(it);
          else expected.set(it, value);
        }
      }
      const { top, fields } = await bus.state(lobby);
      assert.deepEqual(top, position);
      assert.deepEqual(Object.fromEntries(fields), Object.fromEntries(expected), event.kind);
    }
    const { name, reason, rank } = ban;
    const ofAddress = `${FOREVER} ${JSON.stringify({ name, reason, rank })}`;
    assert.deepEqual(await fieldsOf(bus), {
      creator: ann.user,
      access: "listed",
      title: '"A \\"title\\" \\\\ 网友"',
      history: "joined",
      [`member:${ann.user}`]: '{"name":"Ann"}',
      // The number of the entry before its event, whatever was read before that was sent.
      [`member:${bob.user}`]: `{"name":"Bob","from":${EVENTS.indexOf(added)}}`,
      "mute:ip_0123456789@大厅/user_bob": ofAddress,
      "mute:ip_9876543210@大厅/user_bob": ofAddress,
      "mute:ip_0123456789@大厅/exempt": `${FOREVER} {"name":"Bob","rank":"owner"}`,
    });
    assert.deepEqual(await fieldsOf(bus, attic), {});
  });

  test("announces, replays and pages every event with its message", async (bus, reader) => {
    await bus.subscribe(lobby);
    const drafts = EVENTS.slice(0, -1).map((event) => act(event));
    const receipts = await Promise.all(drafts.map((it) => mustPublish(bus, it)));
    const entries = drafts.map(({ isExempt: _, ...it }, index) => ({ ...it, ...receipts[index] }));
    assert.deepEqual(await reader.entries(drafts.length), entries);
    const { top, messages } = await bus.page(lobby, undefined, 100);
    const events = drafts.map(({ action }) => action.kind === "said" && action.event);
    assert.deepEqual(messages.map(({ event }) => event), events);
    assert.deepEqual(await bus.replay(lobby, { ...top, seq: 0 }, 100), { top, entries });
  });

  test("lets nobody edit or delete a message with an event, and everybody react to it", async (bus) => {
    const { position: of } = await mustPublish(bus, act({ kind: "room", topic: "Tea" }));
    const changes = [
      draft({ kind: "edited", of, text: "!" }),
      draft({ kind: "deleted", of }),
      draft({ kind: "deleted", of, asModerator: true }, bob),
    ];
    for (const it of changes) await isRejected(bus, { ...it, isExempt: true }, "not_yours");
    await mustPublish(bus, react(of, "👍", true, bob));
  });

  test("lets moderators delete a message that waits for them, and nobody edit it", async (bus) => {
    const held = { kind: "held", room: attic } as const;
    const { position: of } = await mustPublish(bus, act(held));
    await isRejected(bus, draft({ kind: "edited", of, text: "!" }), "not_yours");
    await isRejected(bus, draft({ kind: "deleted", of }, bob), "not_yours");
    await mustPublish(bus, draft({ kind: "deleted", of, asModerator: true }, bob));
    const { messages: [message] } = await bus.page(lobby, undefined, 1);
    assert.deepEqual([message?.text, message?.deleted, message?.event], ["", true, held]);
  });

  test("lets users edit messages that only look as if they had an event", async (bus) => {
    const id = '","event":{"kind":"clear"},"';
    const { position: of } = await mustPublish(bus, say(id, { id, name: name('"event":{') }));
    await mustPublish(bus, draft({ kind: "edited", of, text: id }));
    await mustPublish(bus, draft({ kind: "deleted", of }));
  });

  test("leaves mutes and bans of a room that is deleted, and makes it read-only", async (bus) => {
    const about = { title: "Tea", topic: "Black", access: "listed" } as const;
    await mustPublish(bus, act({ kind: "room", created: true, ...about }));
    await sayAll(bus, ["1", "2"]);
    await mustPublish(bus, act(mute(FOREVER)));
    const before = await fieldsOf(bus);
    await mustPublish(bus, act({ kind: "clear", archived: true }));
    const { messages } = await bus.page(lobby, undefined, 10);
    assert.deepEqual(messages.map(({ text }) => text), ["deleted the room"]);
    const { creator, access, title, topic, ...kept } = before;
    assert.ok(creator && access && title && topic);
    assert.deepEqual(await fieldsOf(bus), { ...kept, archived: "1" });
    const result = await bus.publish(say("3"));
    assert.equal(result.kind === "rejected" && result.why, "read_only");
  });

  test("leaves a private room that is deleted to its members", async (bus) => {
    const den = room(`_private.${"a".repeat(26)}`);
    const creation = { kind: "room", created: true, access: "private", members: [ann] } as const;
    await mustPublish(bus, act({ ...creation, title: "Tea" }, { room: den }));
    await mustPublish(bus, act({ kind: "clear", archived: true }, { room: den }));
    const member = { [`member:${ann.user}`]: '{"name":"Ann"}' };
    assert.deepEqual(await fieldsOf(bus, den), { access: "private", ...member, archived: "1" });
    await isRejected(bus, act(creation, { room: den }), "room_exists");
  });

  test("clears what was sent before, and nothing after", async (bus) => {
    const [first] = await sayAll(bus, ["one", "two"]);
    const clear = act({ kind: "clear" });
    const [{ position }] = await Promise.all([
      mustPublish(bus, clear),
      mustPublish(bus, say("three")),
    ]);
    const { messages, more } = await bus.page(lobby, undefined, 10);
    const text = eventText({ kind: "clear" });
    assert.deepEqual([messages.map((it) => it.text), more], [[text, "three"], false]);
    const { entries } = await bus.replay(lobby, { ...position, seq: 0 }, 10);
    const gone = { kind: "said", text: "", deleted: true };
    const { action } = clear;
    assert.deepEqual(entries.map((it) => it.action), [
      gone,
      gone,
      action,
      { kind: "said", text: "three" },
    ]);
    assert.equal((await bus.readState(lobby, bob.user, 0)).unread, 2);
    assert.ok(first);
    await isRejected(bus, draft({ kind: "edited", of: first, text: "!" }), "gone");
  });

  test(
    "keeps as many messages as configured after a clear among many others",
    async (bus) => {
      const texts = ["one", "two", "three"];
      await Promise.all([
        sayAll(bus, texts),
        mustPublish(bus, act({ kind: "clear" })),
        sayAll(bus, texts),
      ]);
      const { messages } = await bus.page(lobby, undefined, 10);
      const cleared = eventText({ kind: "clear" });
      assert.deepEqual(messages.map(({ text }) => text), [cleared, ...texts]);
    },
    { messages: 4, entries: 10, ageMs: Infinity },
  );

  test("changes no room by an event about another room", async (bus) => {
    await mustPublish(bus, say("hello", { room: audit }));
    for (const event of [ban, mute(FOREVER), { kind: "clear" }] satisfies RoomEvent[]) {
      await mustPublish(bus, act({ ...event, room: lobby }, { room: audit }));
    }
    assert.equal((await bus.page(audit, undefined, 10)).messages.length, 4);
    for (const it of [audit, lobby]) assert.deepEqual(await fieldsOf(bus, it), {});
  });

  test("rejects an id that its user has used for another event", async (bus) => {
    const first = act({ kind: "room", topic: "Tea" });
    const receipt = await mustPublish(bus, first);
    const text = "text" in first.action ? first.action.text : "";
    const event = { kind: "room", topic: "Cake" } as const;
    await isRejected(bus, { ...first, action: { kind: "said", text, event } }, "id_reused");
    assert.deepEqual(await mustPublish(bus, first), receipt);
    assert.deepEqual(await fieldsOf(bus), { topic: '"Tea"' });
  });
}

function admissionPromises(test: Test): void {
  test("returns of a state what decides whether a user may be in the room, and no more", async (bus) => {
    const events: readonly RoomEvent[] = [
      { kind: "room", created: true, access: "private", members: [ann, eve], title: "Plans" },
      { kind: "member", ...bob, on: true },
      ban,
      mute(FOREVER),
    ];
    for (const event of events) await mustPublish(bus, act(event));
    const { fields, top } = await bus.state(lobby);
    const expected = ["access", `ban:${bob.user}`, `member:${bob.user}`];
    const found = await bus.admission(lobby, bob.user);
    assert.deepEqual(new Map([...found.fields].toSorted()), pick(fields, expected));
    assert.deepEqual(found.top, top);
    const { fields: ofStranger } = await bus.admission(lobby, user("user_cat"));
    assert.deepEqual(ofStranger, pick(fields, ["access"]));
  });

  test("returns nothing of a room that does not exist, and of one without a state", async (bus) => {
    assert.deepEqual((await bus.admission(attic, bob.user)).fields, new Map());
    const { position } = await mustPublish(bus, say("hi"));
    assert.deepEqual(await bus.admission(lobby, bob.user), { top: position, fields: new Map() });
  });
}

function pick(fields: StateFields, names: readonly string[]): StateFields {
  return new Map(names.map((it) => [it, fields.get(it) ?? assert.fail(it)]));
}

function refusalPromises(test: Test): void {
  /** The outcomes of a message, an edit, a reaction, a new name, and a deletion by Bob. */
  async function outcomes(bus: TestedBus, events: readonly RoomEvent[], isExempt?: true) {
    const { position: of } = await mustPublish(bus, say("before", bob));
    for (const event of events) await mustPublish(bus, act(event));
    const drafts = [
      say("after", bob),
      draft({ kind: "edited", of, text: "edited" }, bob),
      react(of, "👍", true, bob),
      draft({ kind: "renamed", from: name("Rob") }, bob),
      draft({ kind: "deleted", of }, bob),
    ];
    const found: (string | undefined)[] = [];
    for (const it of drafts) {
      const result = await bus.publish({ ...it, isExempt });
      found.push(result.kind === "entered" ? undefined : result.why);
    }
    return found;
  }

  for (const [what, events, refused] of REFUSED) {
    test(`refuses ${refused.length} of 5 kinds of drafts if a room is ${what}`, async (bus) => {
      const expected = [...refused, ...Array(5 - refused.length).fill(undefined)];
      assert.deepEqual(await outcomes(bus, events), expected);
    });
  }

  test("lets the creator of a read-only room send, but nobody who is muted", async (bus) => {
    await mustPublish(bus, act({ kind: "room", created: true, readOnly: true }));
    const { position: of } = await mustPublish(bus, say("mine"));
    await mustPublish(bus, draft({ kind: "edited", of, text: "edited" }));
    await mustPublish(bus, act({ ...mute(FOREVER), ...ann }));
    const muted = await bus.publish(say("muted"));
    assert.equal(muted.kind === "rejected" && muted.why, "muted");
    await mustPublish(bus, act({ kind: "unmute", ...ann }));
    await mustPublish(bus, act({ kind: "room", archived: true }));
    await isRejected(bus, say("archived"), "read_only");
  });

  test("refuses nothing of an exempt author", async (bus) => {
    const events = REFUSED.flatMap(([, events]) => events);
    const slow = { kind: "room", slowSeconds: MAX_SLOW_SECONDS } as const;
    assert.deepEqual(await outcomes(bus, [...events, slow], true), Array(5).fill(undefined));
  });

  test("reports when a mute ends, and takes messages once it was removed", async (bus) => {
    const { at } = await mustPublish(bus, say("one"));
    await mustPublish(bus, act(mute(at + HOUR_MS)));
    const it = say("two", bob);
    const refused = await bus.publish(it);
    assert.ok(refused.kind === "rejected" && refused.why === "muted", JSON.stringify(refused));
    const { afterMs = 0 } = refused;
    assert.ok(afterMs > 0 && afterMs <= HOUR_MS, String(afterMs));
    assert.equal((await bus.state(lobby)).top.seq, 2);
    await mustPublish(bus, act({ kind: "unmute", ...bob }));
    assert.equal((await mustPublish(bus, it)).position.seq, 4);
  });

  test("refuses drafts in the order of their numbers", async (bus) => {
    const results = await Promise.all([
      bus.publish(say("before", bob)),
      bus.publish(act(mute(FOREVER))),
      bus.publish(say("after", bob)),
      bus.publish(act({ kind: "unmute", ...bob })),
      bus.publish(say("again", bob)),
    ]);
    assert.deepEqual(results.map((it) => it.kind === "entered" ? it.position.seq : it.why), [
      1,
      2,
      "muted",
      3,
      4,
    ]);
  });

  test("answers a draft repeated by a muted user with the first receipt", async (bus) => {
    const it = say("hello", bob);
    const receipt = await mustPublish(bus, it);
    await mustPublish(bus, act(mute(FOREVER)));
    assert.deepEqual(await mustPublish(bus, it), receipt);
  });
}

function slowModePromises(test: Test): void {
  const slow = act({ kind: "room", slowSeconds: MAX_SLOW_SECONDS });
  const sent = async (bus: TestedBus): Promise<readonly UserId[]> => {
    const fields = Object.keys(await fieldsOf(bus)).filter((it) => it.startsWith("sent:"));
    return fields.map((it) => user(it.slice("sent:".length))).toSorted();
  };

  test("takes one message of each user per interval in slow mode", async (bus) => {
    await mustPublish(bus, say("not counted", bob));
    await mustPublish(bus, slow);
    const { position: of } = await mustPublish(bus, say("one", bob));
    await mustPublish(bus, say("one", eve));
    const refused = await bus.publish(say("two", bob));
    assert.ok(refused.kind === "rejected" && refused.why === "slow_mode", JSON.stringify(refused));
    const { afterMs = 0 } = refused;
    assert.ok(afterMs > 0 && afterMs <= MAX_SLOW_MS, String(afterMs));
    await mustPublish(bus, draft({ kind: "edited", of, text: "two" }, bob));
    await mustPublish(bus, react(of, "👍", true, bob));
    assert.deepEqual(await sent(bus), [bob.user, eve.user]);
    await mustPublish(bus, { ...act({ kind: "room", slowSeconds: 0 }), id: "off" });
    await mustPublish(bus, say("two", bob));
  });

  test("counts messages of exempt authors in slow mode, and no events", async (bus) => {
    await mustPublish(bus, slow);
    await mustPublish(bus, act({ kind: "kick", ...eve, rank: "owner" }));
    assert.deepEqual(await sent(bus), []);
    await mustPublish(bus, say("one", { isExempt: true }));
    assert.deepEqual(await sent(bus), [ann.user]);
    await mustPublish(bus, say("two", { isExempt: true }));
    const refused = await bus.publish(say("three"));
    assert.equal(refused.kind === "rejected" && refused.why, "slow_mode");
  });
}

function limitPromises(test: Test): void {
  test("creates only a room that has no entries", async (bus) => {
    const create = act({ kind: "room", created: true, access: "listed" });
    await mustPublish(bus, create);
    assert.deepEqual(await fieldsOf(bus), { creator: ann.user, access: "listed" });
    await mustPublish(bus, create);
    await isRejected(bus, { ...create, ...bob }, "room_exists");
    await mustPublish(bus, say("hello", { room: attic }));
    await isRejected(bus, { ...create, room: attic }, "room_exists");
    assert.deepEqual(await fieldsOf(bus, attic), {});
  });

  test("takes nothing into a private room whose state is lost, but its creation", async (bus) => {
    const den = room(`_private.${"a".repeat(26)}`);
    const { position } = await mustPublish(
      bus,
      draft({ kind: "renamed", from: name("Rob") }, { ...bob, room: den }),
    );
    await isRejected(bus, say("hi", { room: den }), "not_allowed");
    // Of a moderator, whose worker does not know yet that the state is lost.
    await isRejected(bus, act(ban, { room: den }), "not_allowed");
    await isRejected(
      bus,
      act({ kind: "member", ...bob, on: true }, { room: den, isExempt: undefined }),
      "not_allowed",
    );
    assert.deepEqual(await fieldsOf(bus, den), {});
    const creation: RoomEvent = { kind: "room", created: true, access: "private", members: [ann] };
    const created = await mustPublish(bus, act(creation, { room: den, isExempt: undefined }));
    assert.equal(created.position.seq, position.seq + 1);
    await mustPublish(bus, say("hi", { room: den }));
    await isRejected(bus, say("hi", { ...bob, room: den }), "not_allowed");
    await isRejected(bus, act(creation, { room: den }), "room_exists");
  });

  test("leaves fields of the state for moderators, and can remove some when it is full", async (bus) => {
    await mustPublish(bus, act({ kind: "room", slowSeconds: 1 }));
    // The others are slow mode, the setting and the mute below.
    const users = numbers(1, MAX_STATE_FIELDS - 3).map((n) => user(`user_${n}_x`));
    const members = users.slice(0, MAX_UNRESERVED_FIELDS - 1);
    const muted = users.slice(MAX_UNRESERVED_FIELDS - 1);
    const add = (member: UserId) => act({ kind: "member", user: member, name: bob.name, on: true });
    await publishAll(bus, members.map(add));
    await isRejected(bus, add(user("user_late_x")), "room_full");
    // Slow mode does not record that Ann has spoken.
    await mustPublish(bus, say("hello"));
    assert.equal((await bus.state(lobby)).fields.size, MAX_UNRESERVED_FIELDS);
    await mustPublish(bus, act({ kind: "room", readOnly: true }));
    await publishAll(bus, muted.map((it) => act({ ...mute(FOREVER), user: it })));
    await mustPublish(bus, act(mute(FOREVER)));
    await isRejected(bus, act(ban), "room_full");
    // These replace fields.
    await mustPublish(bus, act(mute(1_800_000_000_000)));
    await mustPublish(bus, add(users[0] ?? assert.fail()));
    await mustPublish(bus, act({ kind: "kick", ...bob, rank: "owner" }));
    assert.equal((await bus.state(lobby)).fields.size, MAX_STATE_FIELDS);
    const removed = user("user_7_x");
    const results = await Promise.all([
      bus.publish(act({ kind: "member", user: removed, name: bob.name, on: false })),
      bus.publish(act(ban)),
      bus.publish(act({ ...ban, ...ann })),
    ]);
    assert.deepEqual(results.map((it) => it.kind === "entered" ? it.kind : it.why), [
      "entered",
      "entered",
      "room_full",
    ]);
    assert.equal((await bus.state(lobby)).fields.size, MAX_STATE_FIELDS);
    // An address gets one field instead of those on account of its guests.
    const address = { user: addressBan.user, name: bob.name };
    const gone = users.slice(7, 9);
    for (const it of gone) {
      await mustPublish(bus, act({ kind: "member", user: it, name: bob.name, on: false }));
      await mustPublish(bus, act({ ...mute(FOREVER), ...address, guest: it }));
    }
    await mustPublish(bus, act({ kind: "unmute", ...address, until: FOREVER }));
    assert.equal((await bus.state(lobby)).fields.size, MAX_STATE_FIELDS - 1);
  });
}

/** Publishes many drafts: no more at a time than can wait for a worker's calls. */
async function publishAll(
  bus: TestedBus,
  drafts: readonly Draft[],
): Promise<void> {
  for (let from = 0; from < drafts.length; from += 1_000) {
    await Promise.all(drafts.slice(from, from + 1_000).map((it) => mustPublish(bus, it)));
  }
}
