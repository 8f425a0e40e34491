import assert from "node:assert/strict";
import { readModerateFlags } from "../../../lib/core/command_line/moderate_flags.ts";

const BOB = { "--user": "bob_12345" };

for (
  const [action, given, body] of [
    ["ban", BOB, { user: "bob_12345" }],
    ["mute", { ...BOB, "--minutes": "10" }, { user: "bob_12345", seconds: 600 }],
    ["mute", { ...BOB, "--hours": "2" }, { user: "bob_12345", seconds: 7_200 }],
    ["ban", { ...BOB, "--days": "3650" }, { user: "bob_12345", seconds: 315_360_000 }],
    ["kick", { "--name": "Bob", "--room": "den" }, { name: "Bob", room: "den" }],
    ["clear", { "--room": "den", "--reason": "spam" }, { room: "den", reason: "spam" }],
    ["lockdown", {}, {}],
  ] as const
) {
  Deno.test(`moderate ${action} ${JSON.stringify(given)} asks for ${JSON.stringify(body)}`, () => {
    assert.deepEqual(readModerateFlags(action, new Map(Object.entries(given))), {
      ask: { kind: "act", body: { action, ...body } },
      problems: [],
    });
  });
}

for (
  const [action, given, problem] of [
    [undefined, {}, /^moderate needs one of mute, .*, unlock, list$/],
    ["silence", BOB, /^moderate needs one of mute/],
    ["ban", { "--user": "Bob" }, /^--user needs the id of a user, which users and audit list$/],
    ["ban", { "--name": "*" }, /^--name needs a name$/],
    ["kick", { ...BOB, "--room": "a b" }, /^--room needs a room: a room has/],
    ["mute", { ...BOB, "--days": "3651" }, /^a mute or a ban lasts from a minute to ten years$/],
    ["mute", { ...BOB, "--minutes": "0" }, /^a mute or a ban lasts from a minute/],
    ["mute", { ...BOB, "--minutes": "5", "--days": "1" }, /^moderate needs only one of --minutes/],
    ["unmute", { ...BOB, "--minutes": "5" }, /^--minutes goes only with mute and ban$/],
    ["unban", { ...BOB, "--hours": "5" }, /^--hours goes only with mute and ban$/],
    ["lockdown", { "--days": "5" }, /^--days goes only with mute and ban$/],
    ["ban", { ...BOB, "--reason": "x".repeat(201) }, /^--reason has more than 200 characters$/],
    ["mute", {}, /^mute needs --user or --name$/],
    ["kick", BOB, /^kick needs --room$/],
    ["clear", {}, /^clear needs --room$/],
    ["list", BOB, /^list goes with no flag of moderate but --room$/],
  ] as const
) {
  Deno.test(`moderate refuses ${action} ${JSON.stringify(given).slice(0, 60)}`, () => {
    const { problems } = readModerateFlags(action, new Map(Object.entries(given)));
    assert.equal(problems.length, 1);
    assert.match(problems[0] ?? "", problem);
  });
}
