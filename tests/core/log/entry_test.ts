/**
 * How edits, deletions and reactions change a message, and how fingerprints distinguish actions.
 * @module
 */
import assert from "node:assert/strict";
import fc from "fast-check";
import {
  type Action,
  amend,
  type Entry,
  fingerprint,
  isUserId,
  MAX_REACTION_KINDS,
  MAX_REACTION_KINDS_PER_USER,
  MAX_REACTIONS,
  type Message,
  messageOf,
  type UserId,
} from "../../../lib/core/log/entry.ts";
import { name, room } from "../../support/fakes.ts";
import { anyPlainText } from "../names/hostile_texts.ts";

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

/** An action of a user. */
const by = <A>(user: UserId, action: A) => ({ user, name: name(`name of ${user}`), action });

/** The message after these actions, each of which must be allowed. */
function after(message: Message, ...actions: readonly (readonly [UserId, Action])[]): Message {
  return actions.reduce((message, [user, action]) => {
    const amended = amend(message, by(user, action), 2_000);
    if (typeof amended === "string") assert.fail(`${action.kind}: ${amended}`);
    return amended;
  }, message);
}

const edit = (text: string): Action => ({ kind: "edited", of, text });
const remove: Action = { kind: "deleted", of };
const put = (emoji: string): Action => ({ kind: "reacted", of, emoji, on: true });
const takeBack = (emoji: string): Action => ({ kind: "reacted", of, emoji, on: false });

for (const text of ["user_ann", "0".repeat(8), "z_9".repeat(13), "a".repeat(40)]) {
  Deno.test(`isUserId() accepts ${text}`, () => assert.ok(isUserId(text)));
}

for (
  const text of ["", "a".repeat(7), "a".repeat(41), "User_ann", "user ann", "user-ann", "usér_ann"]
) {
  Deno.test(`isUserId() rejects "${text}"`, () => assert.ok(!isUserId(text)));
}

const entry: Entry = {
  room: room("lobby"),
  user: ann,
  name: name("Ann"),
  id: "m1",
  action: { kind: "said", text: "hello" },
  position: of,
  at: 1_000,
};

Deno.test("messageOf() returns the message of a said entry", () => {
  assert.deepEqual(messageOf(entry), hello);
});

Deno.test("messageOf() keeps the reply", () => {
  const reply = { epoch: "a", seq: 3 };
  const answer = { ...entry, action: { kind: "said", text: "hello", reply } } as const;
  assert.deepEqual(messageOf(answer), { ...hello, reply });
});

for (
  const action of [edit("x"), remove, put("👍"), { kind: "renamed", from: name("Bob") }] as const
) {
  Deno.test(`messageOf() returns nothing for a ${action.kind} entry`, () => {
    assert.equal(messageOf({ ...entry, action }), undefined);
  });
}

Deno.test("amend() gives an edited message its new text and time, and keeps the rest", () => {
  const reply = { epoch: "a", seq: 3 };
  const reactions = { "👍": [bob] };
  const edited = amend({ ...hello, reply, reactions }, by(ann, edit("bye")), 2_000);
  assert.deepEqual(edited, { ...hello, reply, reactions, text: "bye", edited: 2_000 });
});

Deno.test("amend() removes the text and the reactions of a deleted message, but not its place", () => {
  const deleted = after({ ...hello, reactions: { "👍": [bob] } }, [ann, remove]);
  assert.deepEqual(deleted, { ...hello, text: "", deleted: true });
});

const elsewhere: readonly (readonly [string, Message | undefined])[] = [
  ["that is not in the log", undefined],
  ["of another epoch with the same number", { ...hello, position: { epoch: "b", seq: 7 } }],
  ["that was deleted", { ...hello, text: "", deleted: true }],
];
for (const [which, message] of elsewhere) {
  for (const action of [edit("x"), remove, put("👍"), takeBack("👍")]) {
    Deno.test(`amend() reports gone for a message ${which}, to be ${said(action)}`, () => {
      assert.equal(amend(message, by(ann, action), 2_000), "gone");
    });
  }
}

/** The name of an action in a test title. */
function said(action: Action): string {
  return action.kind === "reacted" && !action.on ? "un-reacted" : action.kind;
}

for (const action of [edit("x"), remove]) {
  Deno.test(`amend() lets only the author have a message ${action.kind}`, () => {
    assert.equal(amend(hello, by(bob, action), 2_000), "not_yours");
    after(hello, [ann, action]);
  });
}

Deno.test("amend() says who has deleted the message of another user, and why", () => {
  const asModerator = { ...remove, asModerator: true } as const;
  const deletedBy = { user: bob, name: name("name of user_bob") };
  const gone = { ...hello, text: "", deleted: true };
  const reactions = { "👍": [bob] };
  assert.deepEqual(after({ ...hello, reactions }, [bob, asModerator]), { ...gone, deletedBy });
  const reason = "spam";
  assert.deepEqual(after(hello, [bob, { ...asModerator, reason }]), {
    ...gone,
    deletedBy: { ...deletedBy, reason },
  });
  assert.deepEqual(after(hello, [ann, { ...asModerator, reason }]), gone, "it is her own");
  assert.equal(amend(hello, by(bob, { ...remove, reason }), 2_000), "not_yours");
});

Deno.test("fingerprint() distinguishes deletions by their reason, and not by who may delete", () => {
  const of = (action: Action) => fingerprint({ name: hello.name, action });
  assert.equal(of(remove), of({ ...remove, asModerator: true }));
  assert.notEqual(of(remove), of({ ...remove, reason: "spam" }));
});

for (
  const action of [{ kind: "said", text: "x" }, { kind: "renamed", from: name("Bob") }] as const
) {
  Deno.test(`amend() throws TypeError for a ${action.kind} action`, () => {
    assert.throws(() => amend(hello, by(ann, action), 2_000), {
      name: "TypeError",
      message: `Cannot amend a message: received ${action.kind}`,
    });
  });
}

Deno.test("amend() lets every user react, and keeps each emoji's users in order", () => {
  const message = after(hello, [bob, put("👍")], [ann, put("👍")], [ann, put("🎉")]);
  assert.deepEqual(message.reactions, { "👍": [bob, ann], "🎉": [ann] });
});

Deno.test("amend() counts a repeated reaction once", () => {
  const message = after(hello, [bob, put("👍")], [bob, put("👍")]);
  assert.deepEqual(message.reactions, { "👍": [bob] });
});

Deno.test("amend() removes only the user's own reaction", () => {
  const message = after(hello, [bob, put("👍")], [eve, put("👍")], [bob, takeBack("👍")]);
  assert.deepEqual(message.reactions, { "👍": [eve] });
});

Deno.test("amend() leaves nothing of reactions that were all removed", () => {
  assert.deepEqual(after(hello, [bob, put("👍")], [bob, takeBack("👍")]), hello);
});

Deno.test("amend() ignores the removal of a reaction that does not exist", () => {
  assert.deepEqual(after(hello, [bob, takeBack("👍")]), hello);
});

// Texts with a special meaning when a record is read or written carelessly.
for (const emoji of ["__proto__", "constructor", "toString", "hasOwnProperty", "length", "1"]) {
  Deno.test(`amend() treats ${emoji} like any other emoji`, () => {
    const reacted = after(hello, [bob, put(emoji)], [eve, put(emoji)]);
    const stored = JSON.parse(JSON.stringify(reacted));
    assert.deepEqual(Object.entries(stored.reactions), [[emoji, [bob, eve]]]);
    assert.deepEqual(after(stored, [bob, takeBack(emoji)], [eve, takeBack(emoji)]), hello);
  });
}

/** A message with this many reactions. */
function messageWithReactions(count: number): Message {
  const users = Array.from({ length: count }, (_, k) => user(`user_${String(k).padStart(4, "0")}`));
  const half = count >> 1;
  return { ...hello, reactions: { "👍": users.slice(0, half), "🎉": users.slice(half) } };
}

Deno.test("amend() allows MAX_REACTIONS across all emoji, and no more", () => {
  const full = after(messageWithReactions(MAX_REACTIONS - 1), [bob, put("👀")]);
  for (const emoji of ["👍", "👀", "🔥"]) {
    assert.equal(amend(full, by(eve, put(emoji)), 2_000), "too_many_reactions");
  }
  after(full, [bob, put("👀")], [bob, takeBack("👀")], [eve, put("🔥")]);
});

Deno.test("amend() lets a message with too many reactions still be edited and deleted", () => {
  after(messageWithReactions(MAX_REACTIONS), [ann, edit("x")], [ann, remove]);
});

Deno.test("amend() never changes its argument", () => {
  const before = { ...hello, reactions: { "👍": [bob] } };
  const kept = structuredClone(before);
  for (const action of [edit("x"), remove, put("👍"), put("🎉"), takeBack("👍")]) {
    amend(before, by(ann, action), 2_000);
    assert.deepEqual(before, kept);
  }
});

Deno.test("amend() keeps the same reactions as a set of pairs", () => {
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

/** Few values of each, so that two generated actions are often nearly the same. */
const anyPosition = fc.record({ epoch: fc.constantFrom("a", "b"), seq: fc.nat(2) });
const anyWords = fc.oneof(fc.constantFrom("", "a", '"', "a:1", "null", "said"), anyPlainText);
const anyAttached = {
  mentions: fc.constantFrom([user("user_bob")], [user("user_eve")]),
  metadata: fc.oneof(anyWords.map((a) => ({ a })), fc.constant({ a: [null] })),
};
const anyDraft = fc.record({
  name: fc.constantFrom(name("Ann"), name("Bob")),
  action: fc.oneof<fc.Arbitrary<Action>[]>(
    fc.record({ kind: fc.constant("said"), text: anyWords }),
    fc.record({ kind: fc.constant("said"), text: anyWords, reply: anyPosition }),
    fc.record({ kind: fc.constant("said"), text: anyWords, ...anyAttached }),
    fc.record({ kind: fc.constant("edited"), of: anyPosition, text: anyWords }),
    fc.record({ kind: fc.constant("deleted"), of: anyPosition }),
    fc.record({ kind: fc.constant("reacted"), of: anyPosition, emoji: anyWords, on: fc.boolean() }),
    fc.record({ kind: fc.constant("renamed"), from: fc.constantFrom(name("Eve"), name("Joe")) }),
  ),
});

Deno.test("fingerprint() is the same for the same action, in any order of its fields", () => {
  fc.assert(fc.property(anyDraft, ({ action, name }) => {
    const turned = Object.fromEntries(Object.entries(action).toReversed());
    const same = { name, action: structuredClone(Object.assign(turned, action)) };
    assert.equal(fingerprint(same), fingerprint({ action, name }));
  }));
});

Deno.test("fingerprint() differs for any two actions", () => {
  type Actions = Parameters<typeof fingerprint>[0];
  const written = ({ action, name }: Actions) =>
    JSON.stringify(action.kind === "renamed" ? [action, name] : [action]);
  fc.assert(
    fc.property(anyDraft, anyDraft, (one, other) => {
      const isSame = written(one) === written(other);
      assert.equal(fingerprint(one) === fingerprint(other), isSame);
    }),
    { numRuns: 2_000 },
  );
});

const there = { epoch: "a", seq: 8 };
const alike: readonly (readonly [string, Action, Action])[] = [
  ["the message that is answered", { kind: "said", text: "x" }, {
    kind: "said",
    text: "x",
    reply: of,
  }],
  ["the users mentioned", { kind: "said", text: "x" }, {
    kind: "said",
    text: "x",
    mentions: [bob],
  }],
  ["empty metadata", { kind: "said", text: "x" }, { kind: "said", text: "x", metadata: {} }],
  ["metadata that looks like mentions", { kind: "said", text: "x", mentions: [bob] }, {
    kind: "said",
    text: "x",
    metadata: { 0: bob },
  }],
  ["the message that is edited", edit("x"), { kind: "edited", of: there, text: "x" }],
  ["the new text", edit("x"), edit("y")],
  ["the message that is deleted", remove, { kind: "deleted", of: there }],
  ["the epoch", remove, { kind: "deleted", of: { ...of, epoch: "b" } }],
  ["whether a reaction is added or removed", put("👍"), takeBack("👍")],
  ["the emoji", put("👍"), put("👎")],
  ["the old name", { kind: "renamed", from: name("Bob") }, { kind: "renamed", from: name("Eve") }],
];
for (const [what, one, other] of alike) {
  Deno.test(`fingerprint() distinguishes two actions by ${what}`, () => {
    const marks = [one, other].map((action) => fingerprint({ action, name: name("Ann") }));
    assert.notEqual(marks[0], marks[1]);
  });
}

for (
  const [action, expected] of [
    [{ kind: "said", text: "hello" }, "1x3yyvt.1avg29j"],
    [{ kind: "said", text: "hello", reply: { epoch: "a", seq: 7 } }, "psfl35.1bh38w2"],
  ] as const
) {
  Deno.test(`fingerprint() of ${JSON.stringify(action)} is that of earlier versions`, () => {
    assert.equal(fingerprint({ action, name: name("Ann") }), expected);
  });
}

Deno.test("amend() keeps mentions and metadata, except when it deletes the message", () => {
  const content = { mentions: [bob], metadata: { a: 1 } };
  const message = { ...hello, ...content };
  const { text, mentions, metadata } = after(message, [ann, edit("x")], [bob, put("👍")]);
  assert.deepEqual({ text, mentions, metadata }, { text: "x", ...content });
  assert.deepEqual(after(message, [ann, remove]), after(hello, [ann, remove]));
});

Deno.test("fingerprint() distinguishes two renames by the new name", () => {
  const action: Action = { kind: "renamed", from: name("Bob") };
  const marks = ["Ann", "Eve"].map((it) => fingerprint({ action, name: name(it) }));
  assert.notEqual(marks[0], marks[1]);
});

Deno.test("fingerprint() distinguishes many texts that differ by little", () => {
  const marks = new Set<string>();
  const fingerprintOf = (text: string) =>
    fingerprint({ name: name("Ann"), action: { kind: "said", text } });
  // With half as many bits, about ten of them would collide.
  for (let k = 0; k < 300_000; k++) marks.add(fingerprintOf(`message ${k}`));
  for (let k = 0; k < 20_000; k++) marks.add(fingerprintOf(String.fromCharCode(0x1000 + k)));
  assert.equal(marks.size, 320_000);
});

Deno.test("fingerprint() of a said action does not depend on the name, which may change before a retry", () => {
  const action: Action = { kind: "said", text: "hello" };
  assert.equal(
    fingerprint({ name: name("Ann"), action }),
    fingerprint({ name: name("Anna"), action }),
  );
});

Deno.test(`amend() lets one user add ${MAX_REACTION_KINDS_PER_USER} kinds of reaction, and leaves room for others`, () => {
  const kinds = Array.from({ length: MAX_REACTION_KINDS_PER_USER }, (_, k) => put(`emoji${k}`));
  const message = after(hello, ...kinds.map((action) => [ann, action] as const));
  const one = by(ann, put("one more"));
  assert.equal(amend(message, one, 2_000), "too_many_reactions");
  after(message, [ann, put("emoji1")], [bob, put("one more")], [ann, takeBack("emoji1")]);
  after(message, [ann, takeBack("emoji1")], [ann, put("one more")]);
});

Deno.test(`amend() lets a message have ${MAX_REACTION_KINDS} kinds of reaction, and all of them can be removed`, () => {
  const guest = (k: number) => user(`user_${String(k).padStart(4, "0")}`);
  const kinds = Array.from({ length: MAX_REACTION_KINDS }, (_, k) => put(`emoji${k}`));
  const message = after(hello, ...kinds.map((action, k) => [guest(k), action] as const));
  assert.equal(
    amend(message, by(ann, put("one more")), 2_000),
    "too_many_reactions",
  );
  after(message, [ann, put("emoji1")]);
  // Messages from before the limit may have more.
  const reactions = { ...message.reactions, more: [ann, bob], "even more": [ann] };
  after({ ...message, reactions }, [ann, takeBack("more")]);
});
