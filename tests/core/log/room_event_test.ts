/** Every event says in words what it does, for clients that do not know events. */
import assert from "node:assert/strict";
import {
  EVENT_KINDS,
  type EventContext,
  eventText,
  FOREVER,
  type RoomEvent,
} from "../../../lib/core/log/room_event.ts";
import { name, room } from "../../support/fakes.ts";
import { user } from "./list_room_storage.ts";

const bob = { user: user("user_bob"), name: name("Bob") };
const until = 1_000_000;
const rank = "moderator";

const TEXTS: readonly (readonly [RoomEvent, string, EventContext?])[] = [
  [{ kind: "room" }, "changed nothing"],
  [{ kind: "room", created: true, access: "listed" }, "created the listed room"],
  [{ kind: "room", title: "Tea", topic: "Cake" }, "set the title: Tea; set the topic: Cake"],
  [{ kind: "room", title: "", topic: "" }, "removed the title; removed the topic"],
  [
    { kind: "room", readOnly: true, slowSeconds: 30 },
    "made the room read-only; turned on slow mode: one message every 30 s",
  ],
  [
    { kind: "room", readOnly: false, slowSeconds: 0 },
    "let everyone send again; turned off slow mode",
  ],
  [{ kind: "room", archived: true }, "archived the room"],
  [{ kind: "room", archived: false }, "unarchived the room"],
  [{ kind: "room", keepDays: 1 }, "set how long messages are kept: 1 day"],
  [{ kind: "room", keepDays: 30 }, "set how long messages are kept: 30 days"],
  [{ kind: "room", keepDays: 0 }, "set how long messages are kept: as in other rooms"],
  [{ kind: "mute", ...bob, until, rank }, "muted Bob for 1 day", { seconds: 86_400 }],
  [{ kind: "mute", ...bob, until, rank }, "muted Bob for 25 hours", { seconds: 90_000 }],
  [{ kind: "mute", ...bob, until, rank }, "muted Bob for 1 minute", { seconds: 60 }],
  [{ kind: "mute", ...bob, until, rank }, "muted Bob for 61 seconds", { seconds: 61 }],
  [{ kind: "mute", ...bob, until: FOREVER, rank, reason: "noise" }, "muted Bob: noise"],
  [{ kind: "ban", ...bob, until, rank, reason: "" }, "banned Bob for 10 days", {
    seconds: 864_000,
  }],
  [{ kind: "unmute", ...bob }, "unmuted Bob"],
  [{ kind: "unban", ...bob }, "unbanned Bob"],
  [{ kind: "kick", ...bob, rank }, "removed Bob"],
  [{ kind: "kick", ...bob, name: name("Ann, Bob"), rank }, 'removed "Ann, Bob"'],
  [{ kind: "kick", ...bob, rank, reason: "noise", room: room("tea") }, "removed Bob: noise (#tea)"],
  [{ kind: "member", ...bob, on: true }, "added Bob"],
  [{ kind: "member", ...bob, on: false }, "removed Bob from the members"],
  [{ kind: "member", ...bob, on: true }, "came back", { author: bob.user }],
  [{ kind: "member", ...bob, on: false }, "left for good", { author: bob.user }],
  [{ kind: "clear", reason: "spam" }, "removed all earlier messages: spam"],
  [{ kind: "clear" }, "removed all earlier messages"],
  [{ kind: "clear", archived: true, reason: "moved" }, "deleted the room: moved"],
  [{ kind: "lockdown", on: true }, "locked the service to guests"],
  [{ kind: "lockdown", on: true, reason: "a raid" }, "locked the service to guests: a raid"],
  [{ kind: "lockdown", on: false }, "opened the service to guests"],
  [{ kind: "role", ...bob, role: "owner" }, "made Bob an owner"],
  [{ kind: "role", ...bob, role: "member" }, "made Bob a member"],
  [{ kind: "delete", ...bob, of: "e:1", reason: "spam" }, "deleted a message of Bob: spam"],
  [{ kind: "release", ...bob, of: "e:1" }, "released a message of Bob"],
  [{ kind: "held", room: room("tea") }, "wrote a message that is waiting for a moderator (#tea)"],
];

for (const [event, text, context] of TEXTS) {
  Deno.test(`eventText() says "${text}"`, () => assert.equal(eventText(event, context), text));
}

Deno.test("EVENT_KINDS has every kind of event once", () => {
  assert.deepEqual(new Set(TEXTS.map(([{ kind }]) => kind)), new Set(EVENT_KINDS));
  assert.equal(new Set(EVENT_KINDS).size, EVENT_KINDS.length);
});
