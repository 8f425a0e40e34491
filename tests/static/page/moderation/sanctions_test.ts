/** Who is muted and banned, and who may do that, as the page works it out. */
import assert from "node:assert/strict";
import { isBelow } from "../../../../static/page/moderation/ranks.js";
import { isLocked, sanctionsOf } from "../../../../static/page/moderation/sanctions.js";

const GUY = { user: "u_guy00000", name: "Guy" };
const mute = (room: string | undefined, until?: number) => ({ kind: "mute", ...GUY, room, until });

function inForce(events: Parameters<typeof sanctionsOf>[0], now = 0): readonly string[] {
  return sanctionsOf(events, now).map(({ kind, name, room = "everywhere", until = "ever" }) =>
    `${kind} ${name} ${room} ${until}`
  );
}

for (
  const [what, events, expected] of [
    ["a mute until its end", [mute("den", 5)], ["mute Guy den 5"]],
    ["a mute for good", [mute("den")], ["mute Guy den ever"]],
    ["the last of two mutes", [mute("den", 5), mute("den", 9)], ["mute Guy den 9"]],
    ["mutes of a room and of the service apart", [
      mute("den", 5),
      mute(undefined, 9),
    ], ["mute Guy den 5", "mute Guy everywhere 9"]],
    ["nothing after an unmute", [mute("den"), { kind: "unmute", ...GUY, room: "den" }], []],
    ["a mute after an unmute elsewhere", [mute("den", 5), { kind: "unmute", ...GUY }], [
      "mute Guy den 5",
    ]],
    ["a mute after an unban", [mute("den", 5), { kind: "unban", ...GUY, room: "den" }], [
      "mute Guy den 5",
    ]],
    ["no addresses", [{ kind: "ban", user: "ip_0a1b2c3d", name: "Guy" }], []],
    ["nothing of kicks", [{ kind: "kick", ...GUY, room: "den" }], []],
  ] as const
) {
  Deno.test(`sanctionsOf() finds ${what}`, () => assert.deepEqual(inForce(events), expected));
}

Deno.test("sanctionsOf() forgets what has ended, to the millisecond", () => {
  assert.deepEqual(inForce([mute("den", 5)], 4), ["mute Guy den 5"]);
  assert.deepEqual(inForce([mute("den", 5)], 5), []);
});

Deno.test("isLocked() is what the last event says, and without one what the hello said", () => {
  const [on, off] = [{ kind: "lockdown", on: true }, { kind: "lockdown", on: false }];
  assert.equal(isLocked([], true), true);
  assert.equal(isLocked([], false), false);
  assert.equal(isLocked([on, off, mute("den")], true), false);
  assert.equal(isLocked([off, on, mute("den")], false), true);
});

for (
  const [moderator, person, expected] of [
    ["owner", undefined, true],
    ["owner", "member", true],
    ["owner", "moderator", true],
    ["owner", "owner", false],
    ["moderator", undefined, true],
    ["moderator", "member", true],
    ["moderator", "moderator", false],
    ["moderator", "owner", false],
    // By a token.
    [undefined, undefined, true],
    [undefined, "moderator", false],
  ] as const
) {
  Deno.test(`isBelow() is ${expected} for ${person ?? "a guest"} and ${moderator ?? "no role"}`, () => {
    const one = { user: "one", ...(person && { role: person }) };
    const other = { user: "other", ...(moderator && { role: moderator }) };
    assert.equal(isBelow(one, other), expected);
    assert.equal(isBelow(other, other), false);
  });
}
