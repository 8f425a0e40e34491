/** The table of roles and actions, cell by cell, and the grants of tokens. */
import assert from "node:assert/strict";
import { ROLES } from "../../../lib/core/auth/member.ts";
import { USER_KINDS } from "../../../lib/core/auth/user_kind.ts";
import {
  isAllowed,
  mayCreateRoom,
  mayInvite,
  type Permission,
  PERMISSIONS,
  ROLES_OR_GUEST,
  ROOM_ACTIONS,
  ROOM_CREATORS,
  type RoomGrant,
} from "../../../lib/core/auth/rights.ts";

const TEAM: RoomGrant = { match: "team-*", allow: ["read", "send"] };
const NEWS: RoomGrant = { match: "news", allow: ["read"] };

/** Who may do what, as a matrix: owner, moderator, member, guest. */
const TABLE: Readonly<Record<Permission, string>> = {
  "read": "yes yes yes yes",
  "send": "yes yes yes yes",
  "react": "yes yes yes yes",
  "moderate": "yes yes no no",
  "invite": "yes yes yes no",
  "invite people": "yes yes no no",
  "list invites": "yes yes no no",
  "revoke invite": "yes yes no no",
  "list members": "yes yes no no",
  "change role": "yes no no no",
  "create private room": "yes yes yes no",
  "message directly": "yes yes yes no",
  "remove from room": "yes yes no no",
  "list room": "yes yes yes no",
  "first owner": "no no no no",
  "add device": "yes yes yes no",
  "list devices": "yes yes yes no",
  "remove device": "yes yes yes no",
};

for (const action of Object.keys(PERMISSIONS) as Permission[]) {
  Deno.test(`isAllowed() lets owners, moderators, members and guests ${action}: ${TABLE[action]}`, () => {
    const cells = ROLES_OR_GUEST.map((user) => {
      const role = user === "guest" ? undefined : user;
      return isAllowed({ role, rights: null }, action, "lobby") ? "yes" : "no";
    });
    assert.equal(cells.join(" "), TABLE[action]);
  });
}

for (
  const [rights, action, room, expected] of [
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
    [[{ match: "den", allow: ["moderate"] }], "moderate", "den", true],
    [[{ match: "den", allow: ["moderate"] }], "moderate", "attic", false],
    // Rooms from before their names became lower case.
    [[TEAM], "read", "Team-Red", true],
  ] as const
) {
  const shown = rights.map(({ match, allow }) => `${match} ${allow.join("+")}`).join(", ");
  Deno.test(`isAllowed(${shown}, ${action}, ${room}) is ${expected}`, () => {
    assert.equal(isAllowed({ role: undefined, rights }, action, room), expected);
  });
}

Deno.test("A token that grants rights in rooms takes all others, whatever role it states", () => {
  const all = { match: "*", allow: ROOM_ACTIONS } as const;
  for (const action of Object.keys(PERMISSIONS) as Permission[]) {
    const isGranted = ROOM_ACTIONS.some((it) => it === action);
    assert.equal(isAllowed({ role: "owner", rights: [all] }, action, "den"), isGranted, action);
    assert.equal(isAllowed({ role: "owner", rights: [all] }, action), false, action);
  }
});

Deno.test("mayInvite() lets owners and moderators invite to roles that are not above their own", () => {
  const allowed = ROLES.flatMap((own) =>
    ROLES.filter((invited) => mayInvite(own, invited)).map((invited) => `${own} > ${invited}`)
  );
  assert.deepEqual(allowed, [
    "owner > owner",
    "owner > moderator",
    "owner > member",
    "moderator > moderator",
    "moderator > member",
  ]);
});

/** Who may create a room, as a matrix: owner, moderator, member; then app users and guests, neither with a role. */
const CREATION = {
  anyone: "yes yes yes yes yes",
  members: "yes yes yes yes no",
  moderators: "yes yes no no no",
} as const;

for (const creators of ROOM_CREATORS) {
  Deno.test(`mayCreateRoom() with ROOM_CREATION=${creators} lets nobody create a room of dots`, () => {
    for (const room of [".", "..", "..."]) {
      const grants = [{ match: "*", allow: ["read", "send", "moderate"] }] as const;
      assert.equal(
        mayCreateRoom({ role: undefined, rights: grants }, "app", creators, room),
        false,
      );
      assert.equal(mayCreateRoom({ role: "owner", rights: null }, "member", creators, room), false);
    }
  });

  Deno.test(`mayCreateRoom() with ROOM_CREATION=${creators}: ${CREATION[creators]}`, () => {
    const members = ROLES.map((role) => ({ role, kind: "member" }) as const);
    const others = (["app", "guest"] as const).map((kind) => ({ role: undefined, kind }));
    const cells = [...members, ...others].map(({ role, kind }) =>
      mayCreateRoom({ role, rights: null }, kind, creators, "den") ? "yes" : "no"
    );
    assert.equal(cells.join(" "), CREATION[creators]);
  });

  Deno.test(`mayCreateRoom() with ROOM_CREATION=${creators} gives app users with a role what members have`, () => {
    for (const role of ROLES) {
      const [app, member] = (["app", "member"] as const).map((kind) =>
        mayCreateRoom({ role, rights: null }, kind, creators, "den")
      );
      assert.equal(app, member, role);
    }
  });
}

for (
  const [allow, room, expected] of [
    [["read"], "den", "yes no no"],
    [["read", "send"], "den", "yes yes no"],
    [["read", "send"], "Den", "yes yes no"],
    [["read", "send"], "attic", "no no no"],
    [["read", "moderate"], "den", "yes no yes"],
    [["read", "send", "react", "invite", "moderate"], "den", "yes yes yes"],
    [[], "den", "no no no"],
  ] as const
) {
  Deno.test(`A token that grants ${allow.join("+") || "nothing"} in den creates ${room}: ${expected}`, () => {
    for (const kind of USER_KINDS) {
      const authority = { role: "owner", rights: [{ match: "den", allow }] } as const;
      const cells = ROOM_CREATORS.map((creators) =>
        mayCreateRoom(authority, kind, creators, room) ? "yes" : "no"
      );
      assert.equal(cells.join(" "), expected, kind);
    }
  });
}
