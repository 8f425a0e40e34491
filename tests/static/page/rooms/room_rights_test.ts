import assert from "node:assert/strict";
import { RefusedError } from "../../../../static/client.js";
import type { RoomState } from "../../../../static/client/events.js";
import type { Mute, RoomRight } from "../../../../static/client/frames.js";
import { mayIn, type RuledRoom, silenceOf } from "../../../../static/page/rooms/room_rights.js";
import { Value } from "../../../../static/client/observable.js";
import { DEFAULT_SETTINGS } from "../../../../static/client/room/room_rules.js";

const JOINED: RoomState = { kind: "joined" };
const refused = (code: string): RoomState => ({
  kind: "refused",
  error: new RefusedError({ type: "fault", code, message: code }),
});

function room(
  { state = JOINED, may = ["send"], muted = null, isLockedDown = false, ...settings }: {
    readonly state?: RoomState;
    readonly may?: readonly RoomRight[] | null;
    readonly muted?: Mute | null;
    readonly isLockedDown?: boolean;
    readonly readOnly?: boolean;
    readonly archived?: boolean;
  },
): RuledRoom {
  return {
    state: new Value(state),
    may: new Value(may),
    muted: new Value<Mute | null>(muted),
    isLockedDown: new Value(isLockedDown),
    settings: new Value({ ...DEFAULT_SETTINGS, ...settings }),
  };
}

const CREATOR = ["send", "configure"] as const;
const MODERATOR = ["send", "moderate"] as const;
const MUTE = { reason: "noise" };

for (
  const [who, rules, silence] of [
    ["Nobody knows a reason", {}, null],
    ["Before the room has answered, nobody knows a reason", { may: null }, null],
    ["Who has no right to send", { may: ["react"] }, { kind: "noRight" }],
    ["A muted user", { muted: MUTE, readOnly: true }, { kind: "muted", mute: MUTE }],
    ["A muted moderator", { may: MODERATOR, muted: MUTE }, { kind: "muted", mute: MUTE }],
    ["A guest in lockdown", { isLockedDown: true, muted: MUTE }, { kind: "lockedDown" }],
    ["Anybody in a read-only room", { readOnly: true }, { kind: "readOnly" }],
    ["Anybody in an archived room", { readOnly: true, archived: true }, { kind: "archived" }],
    ["The creator of a read-only room", { may: CREATOR, readOnly: true }, null],
    ["The creator of an archived room", { may: CREATOR, archived: true }, { kind: "archived" }],
    ["A moderator", { may: MODERATOR, readOnly: true, archived: true }, null],
    ["Who was kicked", { state: refused("kicked"), muted: MUTE }, { kind: "out" }],
    ["Who was banned", { state: refused("banned") }, { kind: "out" }],
    ["Whose name is taken", { state: refused("name_taken") }, null],
  ] as const
) {
  Deno.test(`silenceOf(): ${who}: ${silence?.kind ?? "may send"}`, () => {
    assert.deepEqual(silenceOf(room(rules)), silence);
  });
}

Deno.test("mayIn() is false without a room, and before the room has answered", () => {
  assert.equal(mayIn(null, "moderate"), false);
  assert.equal(mayIn(room({ may: null }), "send"), false);
  assert.equal(mayIn(room({ may: MODERATOR }), "moderate"), true);
});
