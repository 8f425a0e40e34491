import assert from "node:assert/strict";
import { describeUsers } from "../../../lib/io/commands/member_commands.ts";

const SEEN = "2026-03-01T12:00:00.000Z";
const ANN = { user: "m_ann00000", name: "Ann", role: "owner", devices: 2, seenAt: SEEN };
const BEA = { user: "m_bea00000", name: "Bea", role: "member", devices: 1, seenAt: SEEN };

for (
  const [what, users, text] of [
    ["nobody", [], "There are no members yet\n"],
    ["devices and the last sign-in", [ANN], `m_ann00000\towner\t2 devices\t${SEEN}\tAnn\n`],
    [
      "a member without devices",
      [{ ...BEA, devices: 0, seenAt: undefined }],
      "m_bea00000\tmember\tno device\t-\tBea\n",
    ],
    [
      "who has invited whom, by name",
      [ANN, { ...BEA, invitedBy: "m_ann00000" }],
      `m_ann00000\towner\t2 devices\t${SEEN}\tAnn\nm_bea00000\tmember\t1 device\t${SEEN}\tBea\tby Ann\n`,
    ],
    [
      "an inviter who is no member, by id",
      [{ ...BEA, invitedBy: "a_app00000" }],
      `m_bea00000\tmember\t1 device\t${SEEN}\tBea\tby a_app00000\n`,
    ],
  ] as const
) {
  Deno.test(`The list of members shows ${what}`, () => {
    assert.equal(describeUsers({ users }), text);
  });
}

Deno.test("The list of members is nothing for another response", () => {
  assert.equal(describeUsers({}), undefined);
});
