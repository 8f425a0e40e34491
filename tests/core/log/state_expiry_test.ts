/** Only fields without any effect end. */
import assert from "node:assert/strict";
import { FOREVER, MAX_SLOW_SECONDS } from "../../../lib/core/log/room_event.ts";
import { endedFields } from "../../../lib/core/log/state_expiry.ts";

const AT = 1_000_000_000;
const OLDEST = AT - 1_000 * MAX_SLOW_SECONDS;
const slow = { slow: "5" };

for (
  const [what, fields, ended] of [
    ["settings, members and the creator", {
      access: "private",
      topic: '"Tea"',
      archived: "1",
      creator: "user_ann",
      "member:user_ann": "{}",
      ...slow,
    }, []],
    ["a mute and a ban that end now", { "mute:user_ann": `${AT} {}`, "ban:user_ann": `${AT} {}` }, [
      "mute:user_ann",
      "ban:user_ann",
    ]],
    ["those that end later", { "mute:user_ann": `${AT + 1} {}`, "ban:x": `${FOREVER} {}` }, []],
    ["damaged ones", { "mute:user_ann": "soon" }, ["mute:user_ann"]],
    ["those of an address in a room", { "ban:ip_1@tea": "1 {}" }, ["ban:ip_1@tea"]],
    ["a last message in slow mode", { ...slow, "sent:user_ann": String(OLDEST + 1) }, []],
    ["one that is older than any interval", { ...slow, "sent:user_ann": String(OLDEST) }, [
      "sent:user_ann",
    ]],
    ["one without slow mode", { "sent:user_ann": String(AT) }, ["sent:user_ann"]],
    ["a damaged one", { ...slow, "sent:user_ann": "today" }, ["sent:user_ann"]],
  ] as const
) {
  Deno.test(`endedFields() of ${what}: ${ended.join(", ") || "none"}`, () => {
    assert.deepEqual(endedFields(new Map(Object.entries(fields)), AT), ended);
  });
}
