/** Which messages entries lead to. */
import assert from "node:assert/strict";
import type { Action, Entry } from "../../../lib/core/log/entry.ts";
import type { RoomEvent } from "../../../lib/core/log/room_event.ts";
import { WEBHOOK_EVENTS, type WebhookEvent } from "../../../lib/core/webhooks/webhook.ts";
import {
  entryMessage,
  lostMessage,
  MAX_LISTED_PEOPLE,
  presenceMessage,
} from "../../../lib/core/webhooks/webhook_message.ts";
import { user } from "../../contract/fixtures.ts";
import { name, room } from "../../support/fakes.ts";

const LOBBY = room("lobby");
const BOB = { user: user("bob_12345"), name: name("Bob") };
const OF = { epoch: "e", seq: 1 };

function entry(action: Action): Entry {
  return { room: LOBBY, position: { epoch: "e", seq: 2 }, at: 5, ...BOB, id: "i", action };
}

function event(event: RoomEvent): Action {
  return { kind: "said", text: "did something", event };
}

const CASES: readonly (readonly [WebhookEvent, string, Action])[] = [
  ["said", "message.said", { kind: "said", text: "hello" }],
  ["edited", "message.edited", { kind: "edited", of: OF, text: "bye" }],
  ["deleted", "message.deleted", { kind: "deleted", of: OF }],
  ["reacted", "message.reacted", { kind: "reacted", of: OF, emoji: "+1", on: true }],
  ["joined", "member.joined", event({ kind: "member", on: true, ...BOB })],
  ["left", "member.left", event({ kind: "member", on: false, ...BOB })],
  ["room", "room.changed", event({ kind: "room", topic: "tea" })],
  ["moderation", "moderation.ban", event({ kind: "ban", ...BOB, until: 9, rank: "owner" })],
  ["moderation", "moderation.kick", event({ kind: "kick", ...BOB, rank: "owner" })],
  ["moderation", "moderation.lockdown", event({ kind: "lockdown", on: true })],
];

for (const [wanted, type, action] of CASES) {
  Deno.test(`entryMessage() makes ${type} of an entry for webhooks with ${wanted} only`, () => {
    const message = entryMessage(entry(action), [wanted]);
    assert.equal(message?.type, type);
    assert.equal(message?.at, 5);
    assert.equal("position" in message.data && message.data.position, "e:2");
    const others = WEBHOOK_EVENTS.filter((it) => it !== wanted);
    assert.equal(entryMessage(entry(action), others), undefined);
  });
}

Deno.test("entryMessage() makes nothing of a change of name", () => {
  assert.equal(
    entryMessage(entry({ kind: "renamed", from: name("Rob") }), WEBHOOK_EVENTS),
    undefined,
  );
});

Deno.test("Messages about different entries, ranges and rooms have different keys", () => {
  const said = entry({ kind: "said", text: "hello" });
  const range = { room: LOBBY, after: OF, until: OF, reason: "too_old" } as const;
  const keys = [
    entryMessage(said, ["said"]),
    entryMessage({ ...said, room: room("attic") }, ["said"]),
    entryMessage({ ...said, position: OF }, ["said"]),
    lostMessage(range, 1),
    lostMessage({ ...range, until: { epoch: "f", seq: 1 } }, 1),
  ].map((it) => it?.key);
  assert.equal(new Set(keys).size, keys.length);
  assert.equal(lostMessage(range, 1).key, lostMessage(range, 2).key);
});

Deno.test("presenceMessage() has only the lists that were asked for, and nobody twice", () => {
  const diff = { joined: [BOB], left: [{ ...BOB, user: user("ann_12345") }] };
  const change = { room: LOBBY, count: 3, diff, at: 1, id: "p" };
  const { data } = presenceMessage(change, ["joined"]) ?? assert.fail();
  assert.deepEqual(data, { type: "presence", room: "lobby", count: 3, joined: [BOB], left: [] });
  assert.equal(
    presenceMessage({ ...change, diff: { joined: [], left: [BOB] } }, ["joined"]),
    undefined,
  );
  assert.equal(presenceMessage(change, ["said"]), undefined);
});

Deno.test("presenceMessage() lists a limited number of people, and says so", () => {
  const joined = Array.from({ length: MAX_LISTED_PEOPLE + 1 }, () => BOB);
  const change = { room: LOBBY, count: 500, diff: { joined, left: [] }, at: 1, id: "p" };
  const { data } = presenceMessage(change, ["joined", "left"]) ?? assert.fail();
  assert.ok(data.type === "presence" && data.sampled);
  assert.equal(data.joined.length, MAX_LISTED_PEOPLE);
});
