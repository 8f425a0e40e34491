import assert from "node:assert/strict";
import { readInviteFlags } from "../../../lib/core/command_line/invite_flags.ts";

for (
  const [given, body] of [
    [{}, {}],
    [{ "--role": "owner" }, { role: "owner" }],
    [{ "--rooms": "team, news" }, { rooms: ["team", "news"] }],
    [{ "--uses": "1000", "--days": "365" }, { uses: 1_000, seconds: 31_536_000 }],
    [{ "--device": "m_ann00000" }, { member: "m_ann00000" }],
    [{ "--revoke": "abc" }, { revoke: "abc" }],
    [{ "--list": "" }, undefined],
  ] as const
) {
  Deno.test(`invite ${JSON.stringify(given)} asks for ${JSON.stringify(body)}`, () => {
    assert.deepEqual(readInviteFlags(new Map(Object.entries(given))), { body, problems: [] });
  });
}

for (
  const [given, problem] of [
    [{ "--role": "king" }, "--role needs one of owner, moderator, member"],
    [{ "--uses": "0" }, "--uses needs a number from 1 to 1000"],
    [{ "--uses": "1001" }, "--uses needs a number from 1 to 1000"],
    [{ "--uses": "1e2" }, "--uses needs a number from 1 to 1000"],
    [{ "--days": "366" }, "--days needs a number from 1 to 365"],
    [{ "--device": "abc" }, "--device needs the id of a member, which users lists"],
    [{ "--device": "Ann" }, "--device needs the id of a member, which users lists"],
    [{ "--list": "", "--uses": "1" }, "--list goes with no other flag of invite"],
    [{ "--device": "m_ann00000", "--role": "owner" }, "--device goes with no other flag of invite"],
    [{ "--revoke": "a", "--days": "1" }, "--revoke goes with no other flag of invite"],
  ] as const
) {
  Deno.test(`invite refuses ${JSON.stringify(given)}`, () => {
    assert.deepEqual(readInviteFlags(new Map(Object.entries(given))).problems, [problem]);
  });
}
