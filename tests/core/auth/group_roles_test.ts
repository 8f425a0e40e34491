import assert from "node:assert/strict";
import { parseGroupRole, roleOf } from "../../../lib/core/auth/group_roles.ts";

for (
  const [text, parsed] of [
    ["admins=owner", { group: "admins", role: "owner" }],
    [" /chat/admins = moderator ", { group: "/chat/admins", role: "moderator" }],
    ["cn=chat=member", { group: "cn=chat", role: "member" }],
    ["admins", undefined],
    ["=owner", undefined],
    ["admins=king", undefined],
    ["", undefined],
  ] as const
) {
  Deno.test(`parseGroupRole("${text}") is ${JSON.stringify(parsed)}`, () => {
    assert.deepEqual(parseGroupRole(text), parsed);
  });
}

Deno.test("roleOf() is the highest role of all groups, whatever their order", () => {
  const roles = [
    { group: "staff", role: "member" },
    { group: "admins", role: "owner" },
    { group: "helpers", role: "moderator" },
  ] as const;
  assert.equal(roleOf(["staff", "helpers", "admins"], roles), "owner");
  assert.equal(roleOf(["helpers", "staff"], roles), "moderator");
  assert.equal(roleOf(["Admins"], roles), undefined);
  assert.equal(roleOf([], roles), undefined);
});
