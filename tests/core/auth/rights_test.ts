import assert from "node:assert/strict";
import { isAllowed, type RoomGrant } from "../../../lib/core/auth/rights.ts";

const TEAM: RoomGrant = { match: "team-*", allow: ["read", "send"] };
const NEWS: RoomGrant = { match: "news", allow: ["read"] };

for (
  const [rights, action, room, expected] of [
    [null, "send", "anywhere", true],
    [[], "read", "lobby", false],
    [[TEAM], "read", "team-red", true],
    [[TEAM], "read", "team-", true],
    [[TEAM], "react", "team-red", false],
    [[TEAM], "read", "team", false],
    [[TEAM], "read", "my-team-red", false],
    [[NEWS], "read", "news", true],
    [[NEWS], "read", "news2", false],
    [[TEAM, NEWS], "send", "news", false],
    [[NEWS, { match: "*", allow: ["send"] }], "send", "news", true],
    [[{ match: "*", allow: [] }], "read", "news", false],
    // Rooms from before their names became lower case.
    [[TEAM], "read", "Team-Red", true],
  ] as const
) {
  const shown = rights?.map(({ match, allow }) => `${match} ${allow.join("+")}`).join(", ");
  Deno.test(`isAllowed(${shown ?? "all"}, ${action}, ${room}) is ${expected}`, () => {
    assert.equal(isAllowed(rights, action, room), expected);
  });
}
