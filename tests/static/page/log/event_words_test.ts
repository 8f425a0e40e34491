import assert from "node:assert/strict";
import { EVENT_KINDS } from "../../../../lib/core/log/room_event.ts";
import type { EventOfRoom } from "../../../../static/client/frames.js";
import { eventParts } from "../../../../static/page/log/rows/event_words.js";
import { roomsEn } from "../../../../static/page/i18n/rooms_en.js";

const NOON = new Date(2026, 2, 15, 12).getTime();
const HOUR = 3_600_000;
/** Who does everything here. */
const ANN = { user: "u1", name: "Ann" };
const BOB = { user: "u2", name: "Bob" };
const partsOf = (event: EventOfRoom) =>
  eventParts(event, { user: "u1", at: NOON, locale: "en-GB" });

for (
  const [event, parts] of [
    [{ kind: "mute", ...BOB }, [["mute", { name: "Bob" }]]],
    [{ kind: "mute", ...BOB, until: NOON + HOUR }, [["muteUntil", { name: "Bob", time: "13:00" }]]],
    [{ kind: "ban", ...BOB, until: NOON + 36 * HOUR }, [
      ["banUntil", { name: "Bob", time: "17 Mar 2026, 00:00" }],
    ]],
    [{ kind: "kick", ...BOB }, [["kick", { name: "Bob" }]]],
    [{ kind: "member", ...BOB, on: true }, [["added", { name: "Bob" }]]],
    [{ kind: "member", ...BOB, on: false }, [["removed", { name: "Bob" }]]],
    // Only direct rooms let somebody come back.
    [{ kind: "member", ...ANN, on: true }, [["returned"]]],
    [{ kind: "member", ...ANN, on: false }, [["left"]]],
    [{ kind: "lockdown", on: true }, [["lockdown"]]],
    [{ kind: "lockdown", on: false }, [["unlock"]]],
    [{ kind: "room", created: true, access: "open" }, [["created"]]],
    [{ kind: "room", created: true, access: "private" }, [["created"]]],
    [{ kind: "room", history: "joined" }, [["historyJoined"]]],
    [{ kind: "room", history: "all" }, [["historyAll"]]],
    [{ kind: "room", created: true, access: "direct" }, [["opened"]]],
    [{ kind: "room", created: true, access: "listed" }, [["created"], ["listed"]]],
    [{ kind: "room", access: "listed" }, [["listed"]]],
    [{ kind: "room", access: "open" }, [["open"]]],
    [{ kind: "room", title: "Tea", topic: "" }, [["title", { title: "Tea" }], ["noTopic"]]],
    [{ kind: "room", title: "", topic: "Tea" }, [["noTitle"], ["topic", { topic: "Tea" }]]],
    [{ kind: "room", readOnly: true, archived: false }, [["readOnly"], ["unarchived"]]],
    [{ kind: "room", readOnly: false, archived: true }, [["writable"], ["archived"]]],
    [{ kind: "room", slowSeconds: 60 }, [["slow", { time: "1 minute" }]]],
    [{ kind: "room", slowSeconds: 90 }, [["slow", { time: "90 seconds" }]]],
    [{ kind: "room", slowSeconds: 0 }, [["fast"]]],
    [{ kind: "room", keepDays: 7 }, [["keep", { time: "7 days" }]]],
    [{ kind: "room", keepDays: 0 }, [["keepAll"]]],
    [{ kind: "room" }, []],
  ] as const
) {
  Deno.test(`eventParts() of ${JSON.stringify(event)}`, () => {
    assert.deepEqual(partsOf(event), parts);
  });
}

Deno.test("There are words for every kind of event", () => {
  const known = new Set(Object.keys(roomsEn));
  for (const kind of EVENT_KINDS) {
    if (kind === "room") continue;
    for (const user of ["u1", "u2"]) {
      for (const on of [true, false]) {
        const parts = partsOf({ kind, ...BOB, user, on });
        for (const [key] of parts) assert.ok(known.has(`event_${key}`), kind);
      }
    }
  }
});
