/**
 * What becomes of a message by edits, deletions and reactions, and by what two deeds are told apart.
 * @module
 */
import assert from "node:assert/strict";
import fc from "fast-check";
import {
  amend,
  type Deed,
  type Entry,
  fingerprint,
  isUserId,
  MAX_REACTION_KINDS,
  MAX_REACTION_KINDS_PER_USER,
  MAX_REACTIONS,
  type Message,
  messageOf,
  type UserId,
} from "../../lib/core/entries.ts";
import { name, room } from "../fakes.ts";
import { anyPlainText } from "./deceits.ts";

function user(text: string): UserId {
  if (!isUserId(text)) throw new RangeError(`Not a user: ${text}`);
  return text;
}

const [ann, bob, eve] = [user("user_ann"), user("user_bob"), user("user_eve")];
const of = { epoch: "a", seq: 7 };
const hello: Message = {
  position: of,
  at: 1_000,
  user: ann,
  name: name("Ann"),
  id: "m1",
  text: "hello",
};

/** The message after these deeds, each of which must be possible. */
function after(message: Message, ...deeds: readonly (readonly [UserId, Deed])[]): Message {
  return deeds.reduce((message, [user, deed]) => {
    const amended = amend(message, { user, deed }, 2_000);
    if (typeof amended === "string") assert.fail(`${deed.kind}: ${amended}`);
    return amended;
  }, message);
}

const edit = (text: string): Deed => ({ kind: "edited", of, text });
const remove: Deed = { kind: "deleted", of };
const put = (emoji: string): Deed => ({ kind: "reacted", of, emoji, on: true });
const takeBack = (emoji: string): Deed => ({ kind: "reacted", of, emoji, on: false });

for (const text of ["user_ann", "0".repeat(8), "z_9".repeat(13), "a".repeat(40)]) {
  Deno.test(`isUserId() takes ${text}`, () => assert.ok(isUserId(text)));
}

for (
  const text of ["", "a".repeat(7), "a".repeat(41), "User_ann", "user ann", "user-ann", "usér_ann"]
) {
  Deno.test(`isUserId() does not take "${text}"`, () => assert.ok(!isUserId(text)));
}

const entry: Entry = {
  room: room("lobby"),
  user: ann,
  name: name("Ann"),
  id: "m1",
  deed: { kind: "said", text: "hello" },
  position: of,
  at: 1_000,
};

Deno.test("messageOf() makes a message of what was said", () => {
  assert.deepEqual(messageOf(entry), hello);
});

Deno.test("messageOf() keeps what is answered", () => {
  const reply = { epoch: "a", seq: 3 };
  const answer = { ...entry, deed: { kind: "said", text: "hello", reply } } as const;
  assert.deepEqual(messageOf(answer), { ...hello, reply });
});

for (
  const deed of [edit("x"), remove, put("👍"), { kind: "renamed", from: name("Bob") }] as const
) {
  Deno.test(`messageOf() makes no message of what is ${deed.kind}`, () => {
    assert.equal(messageOf({ ...entry, deed }), undefined);
  });
}

Deno.test("amend() gives an edited message its new text and the time, and keeps the rest", () => {
  const reply = { epoch: "a", seq: 3 };
  const reactions = { "👍": [bob] };
  const edited = amend({ ...hello, reply, reactions }, { user: ann, deed: edit("bye") }, 2_000);
  assert.deepEqual(edited, { ...hello, reply, reactions, text: "bye", edited: 2_000 });
});

Deno.test("amend() leaves of a deleted message neither text nor reactions, but its place", () => {
  const deleted = after({ ...hello, reactions: { "👍": [bob] } }, [ann, remove]);
  assert.deepEqual(deleted, { ...hello, text: "", deleted: true });
});

const elsewhere: readonly (readonly [string, Message | undefined])[] = [
  ["that the log does not keep", undefined],
  ["of another epoch with the same number", { ...hello, position: { epoch: "b", seq: 7 } }],
  ["that was deleted", { ...hello, text: "", deleted: true }],
];
for (const [which, message] of elsewhere) {
  for (const deed of [edit("x"), remove, put("👍"), takeBack("👍")]) {
    Deno.test(`amend() finds gone a message ${which}, to be ${said(deed)}`, () => {
      assert.equal(amend(message, { user: ann, deed }, 2_000), "gone");
    });
  }
}

/** How a deed is called in the name of a test. */
function said(deed: Deed): string {
  return deed.kind === "reacted" && !deed.on ? "un-reacted" : deed.kind;
}

for (const deed of [edit("x"), remove]) {
  Deno.test(`amend() lets nobody but the author have a message ${deed.kind}`, () => {
    assert.equal(amend(hello, { user: bob, deed }, 2_000), "not_yours");
    after(hello, [ann, deed]);
  });
}

for (const deed of [{ kind: "said", text: "x" }, { kind: "renamed", from: name("Bob") }] as const) {
  Deno.test(`amend() throws TypeError for what is ${deed.kind}`, () => {
    assert.throws(() => amend(hello, { user: ann, deed }, 2_000), {
      name: "TypeError",
      message: `Cannot amend a message: received ${deed.kind}`,
    });
  });
}

Deno.test("amend() lets everybody react, and remembers each emoji's people in the order of coming", () => {
  const message = after(hello, [bob, put("👍")], [ann, put("👍")], [ann, put("🎉")]);
  assert.deepEqual(message.reactions, { "👍": [bob, ann], "🎉": [ann] });
});

Deno.test("amend() counts a reaction once, however often it is put", () => {
  const message = after(hello, [bob, put("👍")], [bob, put("👍")]);
  assert.deepEqual(message.reactions, { "👍": [bob] });
});

Deno.test("amend() takes back one's own reaction and nobody else's", () => {
  const message = after(hello, [bob, put("👍")], [eve, put("👍")], [bob, takeBack("👍")]);
  assert.deepEqual(message.reactions, { "👍": [eve] });
});

Deno.test("amend() leaves nothing of reactions that were all taken back", () => {
  assert.deepEqual(after(hello, [bob, put("👍")], [bob, takeBack("👍")]), hello);
});

Deno.test("amend() takes no harm from taking back what was never put", () => {
  assert.deepEqual(after(hello, [bob, takeBack("👍")]), hello);
});

// Texts that mean something else where a record is read or written without care.
for (const emoji of ["__proto__", "constructor", "toString", "hasOwnProperty", "length", "1"]) {
  Deno.test(`amend() takes ${emoji} for an emoji like any other`, () => {
    const reacted = after(hello, [bob, put(emoji)], [eve, put(emoji)]);
    const stored = JSON.parse(JSON.stringify(reacted));
    assert.deepEqual(Object.entries(stored.reactions), [[emoji, [bob, eve]]]);
    assert.deepEqual(after(stored, [bob, takeBack(emoji)], [eve, takeBack(emoji)]), hello);
  });
}

/** A message with so many reactions. */
function crowded(count: number): Message {
  const users = Array.from({ length: count }, (_, k) => user(`user_${String(k).padStart(4, "0")}`));
  const half = count >> 1;
  return { ...hello, reactions: { "👍": users.slice(0, half), "🎉": users.slice(half) } };
}

Deno.test("amend() takes MAX_REACTIONS, all emoji together, and no more", () => {
  const full = after(crowded(MAX_REACTIONS - 1), [bob, put("👀")]);
  for (const emoji of ["👍", "👀", "🔥"]) {
    assert.equal(amend(full, { user: eve, deed: put(emoji) }, 2_000), "too_many_reactions");
  }
  after(full, [bob, put("👀")], [bob, takeBack("👀")], [eve, put("🔥")]);
});

Deno.test("amend() still lets a message with too many reactions be edited and deleted", () => {
  after(crowded(MAX_REACTIONS), [ann, edit("x")], [ann, remove]);
});

Deno.test("amend() never changes the message that it was given", () => {
  const before = { ...hello, reactions: { "👍": [bob] } };
  const kept = structuredClone(before);
  for (const deed of [edit("x"), remove, put("👍"), put("🎉"), takeBack("👍")]) {
    amend(before, { user: ann, deed }, 2_000);
    assert.deepEqual(before, kept);
  }
});

Deno.test("amend() keeps of all reactions what a set of pairs would keep", () => {
  const reaction = fc.record({
    who: fc.constantFrom(ann, bob, eve),
    emoji: fc.constantFrom("👍", "🎉", "1", "01"),
    on: fc.boolean(),
  });
  fc.assert(
    fc.property(fc.array(reaction, { maxLength: 40, size: "max" }), (reactions) => {
      const pairs = new Set<string>();
      let message = hello;
      for (const { who, emoji, on } of reactions) {
        message = after(message, [who, { kind: "reacted", of, emoji, on }]);
        if (on) pairs.add(`${emoji} ${who}`);
        else pairs.delete(`${emoji} ${who}`);
      }
      const kept = Object.entries(message.reactions ?? {}).flatMap(([emoji, users]) => {
        assert.notEqual(users.length, 0);
        return users.map((who) => `${emoji} ${who}`);
      });
      assert.deepEqual(kept.toSorted(), [...pairs].toSorted());
    }),
    { numRuns: 300 },
  );
});

/** Few of each, so that two deeds drawn are often nearly the same. */
const anyPlace = fc.record({ epoch: fc.constantFrom("a", "b"), seq: fc.nat(2) });
const anyWords = fc.oneof(fc.constantFrom("", "a", '"', "a:1", "null", "said"), anyPlainText);
const anyDraft = fc.record({
  name: fc.constantFrom(name("Ann"), name("Bob")),
  deed: fc.oneof<fc.Arbitrary<Deed>[]>(
    fc.record({ kind: fc.constant("said"), text: anyWords }),
    fc.record({ kind: fc.constant("said"), text: anyWords, reply: anyPlace }),
    fc.record({ kind: fc.constant("edited"), of: anyPlace, text: anyWords }),
    fc.record({ kind: fc.constant("deleted"), of: anyPlace }),
    fc.record({ kind: fc.constant("reacted"), of: anyPlace, emoji: anyWords, on: fc.boolean() }),
    fc.record({ kind: fc.constant("renamed"), from: fc.constantFrom(name("Eve"), name("Joe")) }),
  ),
});

Deno.test("fingerprint() is the same for the same deed, in whatever order its fields stand", () => {
  fc.assert(fc.property(anyDraft, ({ deed, name }) => {
    const turned = Object.fromEntries(Object.entries(deed).toReversed());
    const same = { name, deed: structuredClone(Object.assign(turned, deed)) };
    assert.equal(fingerprint(same), fingerprint({ deed, name }));
  }));
});

Deno.test("fingerprint() tells any two deeds apart", () => {
  type Deeds = Parameters<typeof fingerprint>[0];
  const written = ({ deed, name }: Deeds) =>
    JSON.stringify(deed.kind === "renamed" ? [deed, name] : [deed]);
  fc.assert(
    fc.property(anyDraft, anyDraft, (one, other) => {
      const isSame = written(one) === written(other);
      assert.equal(fingerprint(one) === fingerprint(other), isSame);
    }),
    { numRuns: 2_000 },
  );
});

const there = { epoch: "a", seq: 8 };
const alike: readonly (readonly [string, Deed, Deed])[] = [
  ["what is answered", { kind: "said", text: "x" }, { kind: "said", text: "x", reply: of }],
  ["which message is edited", edit("x"), { kind: "edited", of: there, text: "x" }],
  ["to what a message is edited", edit("x"), edit("y")],
  ["which message is deleted", remove, { kind: "deleted", of: there }],
  ["in which epoch", remove, { kind: "deleted", of: { ...of, epoch: "b" } }],
  ["whether a reaction is put or taken back", put("👍"), takeBack("👍")],
  ["the emoji", put("👍"), put("👎")],
  ["the old name", { kind: "renamed", from: name("Bob") }, { kind: "renamed", from: name("Eve") }],
];
for (const [what, one, other] of alike) {
  Deno.test(`fingerprint() tells two deeds apart by ${what}`, () => {
    const marks = [one, other].map((deed) => fingerprint({ deed, name: name("Ann") }));
    assert.notEqual(marks[0], marks[1]);
  });
}

Deno.test("fingerprint() tells two renamings apart by the new name", () => {
  const deed: Deed = { kind: "renamed", from: name("Bob") };
  const marks = ["Ann", "Eve"].map((it) => fingerprint({ deed, name: name(it) }));
  assert.notEqual(marks[0], marks[1]);
});

Deno.test("fingerprint() tells many texts apart that differ by little", () => {
  const marks = new Set<string>();
  const fingerprintOf = (text: string) =>
    fingerprint({ name: name("Ann"), deed: { kind: "said", text } });
  // By half as many bits, about ten of so many would be taken for each other.
  for (let k = 0; k < 300_000; k++) marks.add(fingerprintOf(`message ${k}`));
  for (let k = 0; k < 20_000; k++) marks.add(fingerprintOf(String.fromCharCode(0x1000 + k)));
  assert.equal(marks.size, 320_000);
});

Deno.test("fingerprint() of what is said does not depend on the name, which may change before a retry", () => {
  const deed: Deed = { kind: "said", text: "hello" };
  assert.equal(
    fingerprint({ name: name("Ann"), deed }),
    fingerprint({ name: name("Anna"), deed }),
  );
});

Deno.test(`amend() lets one user put ${MAX_REACTION_KINDS_PER_USER} kinds of reaction, and leaves room for others`, () => {
  const kinds = Array.from({ length: MAX_REACTION_KINDS_PER_USER }, (_, k) => put(`emoji${k}`));
  const message = after(hello, ...kinds.map((deed) => [ann, deed] as const));
  const one = { user: ann, deed: put("one more") };
  assert.equal(amend(message, one, 2_000), "too_many_reactions");
  after(message, [ann, put("emoji1")], [bob, put("one more")], [ann, takeBack("emoji1")]);
  after(message, [ann, takeBack("emoji1")], [ann, put("one more")]);
});

Deno.test(`amend() lets a message have ${MAX_REACTION_KINDS} kinds of reaction, and all of them go`, () => {
  const by = (k: number) => user(`user_${String(k).padStart(4, "0")}`);
  const kinds = Array.from({ length: MAX_REACTION_KINDS }, (_, k) => put(`emoji${k}`));
  const message = after(hello, ...kinds.map((deed, k) => [by(k), deed] as const));
  assert.equal(
    amend(message, { user: ann, deed: put("one more") }, 2_000),
    "too_many_reactions",
  );
  after(message, [ann, put("emoji1")]);
  // There may be more from before there was a limit.
  const reactions = { ...message.reactions, more: [ann, bob], "even more": [ann] };
  after({ ...message, reactions }, [ann, takeBack("more")]);
});
