/** What to do with an action that was perhaps stored: every case in which nothing may be duplicated and nothing lost. */
import assert from "node:assert/strict";
import { decideResend } from "../../../../static/client/outbox/resend_policy.js";

const NOW = Date.UTC(2026, 0, 1);
const SECOND = 1_000;
const MINUTE = 60 * SECOND;
const SAY = { type: "say", text: "hello" } as const;
const EDIT = { type: "edit", of: "e:1", text: "hello" } as const;
const DELETE = { type: "delete", of: "e:1" } as const;
const REACT = { type: "react", of: "e:1", emoji: "👍", on: true } as const;

const FRESH = { kind: "send", isFresh: true };
const AGAIN = { kind: "send", isFresh: false };
const SEARCH_HISTORY = { kind: "searchHistory" };
const ASK_USER = { kind: "askUser", reason: "answer_lost" };
const wait = (ms: number) => ({ kind: "wait", until: NOW + ms });

const NOTHING = { isWatched: false, isSearched: false };
const WATCHED = { isWatched: true, isSearched: false };
const IN_VAIN = { isWatched: false, isSearched: true };
const SEARCHED = { isWatched: true, isSearched: true };

// [case, action, time since it was sent, whether by the same user, evidence, decision]
const CASES = [
  ["a say that was never sent", SAY, null, true, NOTHING, FRESH],
  ["an edit that was never sent", EDIT, null, false, NOTHING, FRESH],
  ["a say sent just now", SAY, 0, true, NOTHING, AGAIN],
  ["an edit that the server still knows", EDIT, 9 * MINUTE - 1, true, NOTHING, AGAIN],
  ["a react that the server still knows", REACT, MINUTE, true, WATCHED, AGAIN],
  ["a delete that the server still knows", DELETE, MINUTE, true, WATCHED, AGAIN],
  ["a say that the server has forgotten", SAY, 9 * MINUTE, true, NOTHING, SEARCH_HISTORY],
  ["an edit that the server has forgotten", EDIT, 9 * MINUTE, true, NOTHING, ASK_USER],
  ["a react that the server has forgotten", REACT, 9 * MINUTE, true, NOTHING, FRESH],
  ["a delete that the server has forgotten", DELETE, 9 * MINUTE, true, NOTHING, FRESH],
  ["a say with a complete replay", SAY, 60 * MINUTE, true, WATCHED, FRESH],
  ["an edit with a complete replay", EDIT, 60 * MINUTE, true, WATCHED, FRESH],
  ["a say that was searched for in vain", SAY, 60 * MINUTE, true, IN_VAIN, ASK_USER],
  ["a say that was searched for in the whole history", SAY, 60 * MINUTE, true, SEARCHED, FRESH],
  ["another's say", SAY, MINUTE, false, NOTHING, SEARCH_HISTORY],
  ["another's edit", EDIT, MINUTE, false, NOTHING, ASK_USER],
  ["another's react", REACT, 0, false, NOTHING, FRESH],
  ["another's delete", DELETE, 0, false, NOTHING, FRESH],
  [
    "another user's say that may still be in flight",
    SAY,
    20 * SECOND,
    false,
    WATCHED,
    wait(40 * SECOND),
  ],
  ["another user's edit that may still be in flight", EDIT, 0, false, WATCHED, wait(MINUTE)],
  ["another user's say with a complete replay", SAY, MINUTE, false, WATCHED, FRESH],
  ["a say sent in the future, by this clock", SAY, -1, true, WATCHED, ASK_USER],
  ["a say sent in the future without evidence", SAY, -1, true, NOTHING, SEARCH_HISTORY],
  ["a say sent in the future and searched for", SAY, -MINUTE, true, IN_VAIN, ASK_USER],
  ["an edit sent in the future", EDIT, -1, true, NOTHING, ASK_USER],
  ["a react sent in the future", REACT, -1, true, NOTHING, FRESH],
] as const;

for (const [what, action, agoMs, isSame, evidence, decision] of CASES) {
  Deno.test(`decideResend() for ${what}: ${"isFresh" in decision && decision.isFresh ? "send it as new" : decision.kind}`, () => {
    const sentAt = agoMs === null ? null : NOW - agoMs;
    const record = {
      ...{
        id: "m-1",
        room: "lobby",
        deed: action,
        at: NOW,
        sequence: 1,
        service: "s1",
        author: null,
        after: null,
      },
      ...{ sentAt, triedAt: sentAt, sentAs: sentAt === null ? null : isSame ? "u1" : "u0" },
      ...{ receipt: null, fault: null },
    };
    assert.deepEqual(
      decideResend(record, { user: "u1", service: "s1", ...evidence }, NOW),
      decision,
    );
  });
}

Deno.test("decideResend() waits a minute from the last attempt, not the first", () => {
  const record = {
    ...{
      id: "m-1",
      room: "lobby",
      deed: SAY,
      at: NOW,
      sequence: 1,
      service: "s1",
      author: null,
      after: null,
    },
    ...{ sentAt: NOW - 5 * MINUTE, triedAt: NOW - 20 * SECOND, sentAs: "u0" },
    ...{ receipt: null, fault: null },
  };
  const decision = decideResend(record, { user: "u1", service: "s1", ...WATCHED }, NOW);
  assert.deepEqual(decision, wait(40 * SECOND));
});

const FOREIGN = { kind: "askUser", reason: "other_service" } as const;

// [service that it was sent for, current service, action, decision]
for (
  const [was, is, action, decision] of [
    ["s1", "s1", SAY, FRESH],
    ["s1", "s2", SAY, FOREIGN],
    [null, "s2", SAY, FRESH],
    ["s1", null, SAY, FRESH],
    ["s1", "s2", EDIT, { kind: "gone" }],
    ["s1", "s2", REACT, { kind: "gone" }],
    ["s1", "s2", DELETE, { kind: "gone" }],
  ] as const
) {
  Deno.test(`decideResend() for a ${action.type} for service ${was} is ${decision.kind} at service ${is}`, () => {
    for (const sentAt of [null, NOW - MINUTE, NOW - 60 * MINUTE]) {
      const record = {
        ...{
          id: "m-1",
          room: "lobby",
          deed: action,
          at: NOW,
          sequence: 1,
          service: was,
          author: null,
          after: null,
        },
        ...{
          sentAt,
          triedAt: sentAt,
          sentAs: sentAt === null ? null : "u1",
          receipt: null,
          fault: null,
        },
      };
      const { kind } = decideResend(record, { user: "u1", service: is, ...WATCHED }, NOW);
      if (was === "s1" && is === "s2") assert.equal(kind, decision.kind);
      else assert.equal(kind, "send");
    }
  });
}
