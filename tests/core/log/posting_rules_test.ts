/** What a room's state refuses, to the millisecond; the contract of all stores has the same rules without the times. */
import assert from "node:assert/strict";
import type { Action } from "../../../lib/core/log/entry.ts";
import { stateRefusal } from "../../../lib/core/log/posting_rules.ts";
import { FOREVER } from "../../../lib/core/log/room_event.ts";
import { name, room } from "../../support/fakes.ts";
import { user } from "./list_room_storage.ts";

const AT = 1_000_000;
const of = { epoch: "a", seq: 1 };
const ACTIONS: Readonly<Record<Action["kind"], Action>> = {
  said: { kind: "said", text: "" },
  edited: { kind: "edited", of, text: "" },
  reacted: { kind: "reacted", of, emoji: "👍", on: true },
  deleted: { kind: "deleted", of },
  renamed: { kind: "renamed", from: name("Rob") },
};
const ALL = ["said", "edited", "reacted"] as const;
const readOnly = { why: "read_only" };
const notAllowed = { why: "not_allowed" };

type Fields = Readonly<Record<string, string>>;
type Refusal = { readonly why: string; readonly afterMs?: number };

function refusal(fields: Fields, kind: Action["kind"], isExempt?: true, id = "lobby"): unknown {
  const draft = { room: room(id), user: user("user_bob"), action: ACTIONS[kind], isExempt };
  return stateRefusal(draft, (field) => fields[field], AT);
}

const CASES: readonly (readonly [string, Fields, readonly Action["kind"][], Refusal?])[] = [
  ["an empty state", {}, []],
  ["a listed room", { access: "listed" }, []],
  ["a private room", { access: "private" }, ALL, notAllowed],
  ["a direct room", { access: "direct" }, ALL, notAllowed],
  ["a private room with the user", { "access": "private", "member:user_bob": "{}" }, []],
  [
    "a private room with another user",
    { "access": "private", "member:user_bo": "{}" },
    ALL,
    notAllowed,
  ],
  ["an unknown kind of room", { access: "closed" }, []],
  ["a ban", { "ban:user_bob": `${AT + 1} {}` }, ALL, notAllowed],
  ["a ban that ends now", { "ban:user_bob": `${AT} {}` }, []],
  ["a mute", { "mute:user_bob": `${AT + 5} {}` }, ALL, { why: "muted", afterMs: 5 }],
  ["a mute without an end", { "mute:user_bob": `${FOREVER} {}` }, ALL, {
    why: "muted",
    afterMs: FOREVER - AT,
  }],
  ["a mute that ends now", { "mute:user_bob": `${AT} {}` }, []],
  ["a damaged mute", { "mute:user_bob": "soon" }, []],
  ["an archived room", { archived: "1" }, ALL, readOnly],
  ["a read-only room", { readOnly: "1" }, ["said", "edited"], readOnly],
  ["a read-only room that another user has created", { readOnly: "1", creator: "user_eve" }, [
    "said",
    "edited",
  ], readOnly],
  ["a read-only room that the user has created", { readOnly: "1", creator: "user_bob" }, []],
  [
    "an archived room that the user has created",
    { archived: "1", creator: "user_bob" },
    ALL,
    readOnly,
  ],
  ["slow mode without a message", { slow: "5" }, []],
  ["a message without slow mode", { "sent:user_bob": String(AT) }, []],
  ["slow mode", { "slow": "5", "sent:user_bob": String(AT - 4_999) }, ["said"], {
    why: "slow_mode",
    afterMs: 1,
  }],
  ["an interval that ends now", { "slow": "5", "sent:user_bob": String(AT - 5_000) }, []],
  ["a message after the clock went back", { "slow": "5", "sent:user_bob": String(AT + 1) }, []],
  ["a damaged interval", { "slow": "often", "sent:user_bob": String(AT) }, []],
  ["a damaged time", { "slow": "5", "sent:user_bob": "today" }, []],
];

for (const [what, fields, kinds, expected] of CASES) {
  Deno.test(`stateRefusal() of ${what} refuses ${kinds.join(", ") || "nothing"}`, () => {
    for (const { kind } of Object.values(ACTIONS)) {
      assert.deepEqual(refusal(fields, kind), kinds.includes(kind) ? expected : undefined, kind);
      assert.equal(refusal(fields, kind, true), undefined);
    }
  });
}

for (const id of [`_private.${"a".repeat(26)}`, `_direct.${"a".repeat(26)}`]) {
  Deno.test(`stateRefusal() of ${id} without a state refuses everybody`, () => {
    for (const kind of ALL) {
      assert.deepEqual(refusal({}, kind, undefined, id), notAllowed, kind);
      assert.deepEqual(refusal({}, kind, true, id), notAllowed, `${kind} by a moderator`);
    }
  });
}
