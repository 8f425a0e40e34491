import assert from "node:assert/strict";
import { FOREVER, type RoomEvent } from "../../../lib/core/log/room_event.ts";
import { AddressSanctions } from "../../../lib/chat/moderation/address_sanctions.ts";
import { GuestPace } from "../../../lib/chat/moderation/guest_pace.ts";
import { Sanctions } from "../../../lib/chat/moderation/sanctions.ts";
import { SessionRules } from "../../../lib/chat/session/session_rules.ts";
import { user } from "../../contract/fixtures.ts";
import { FakeBus, FakeClock, name, room } from "../../support/fakes.ts";

const [me, other] = [user("user_me00"), user("user_other")];
const clock = new FakeClock();
const sanctions = new Sanctions(clock);
const addressSanctions = new AddressSanctions({
  bus: new FakeBus(clock),
  newId: () => "id",
  sanctions,
  pace: new GuestPace(),
});
const signIn = {
  since: 0,
  me: { user: me, name: name("Me"), hasGuestName: false },
  authority: { role: undefined, rights: null },
};
const rules = new SessionRules(signIn, "192.0.2.1", { clock, sanctions, addressSanctions });

function about(target: string, kind: "ban" | "unmute" = "ban"): RoomEvent {
  const who = { user: user(target), name: name("Name") };
  return kind === "ban"
    ? { kind, ...who, until: FOREVER, rank: "owner" }
    : { kind, ...who, room: room("den") };
}

const CASES: readonly (readonly [string, RoomEvent | undefined, boolean])[] = [
  ["events that may have been missed", undefined, true],
  ["a ban of the user", about(me), true],
  ["the end of the user's mute", about(me, "unmute"), true],
  ["a ban of the user's address", about("ip_c0000201"), true],
  ["a ban of somebody else", about(other), false],
  ["a ban of another address", about("ip_c0000202"), false],
  ["lockdown", { kind: "lockdown", on: true }, true],
  ["settings of the room", { kind: "room", readOnly: true }, true],
  ["settings of a room, as in _audit", { kind: "room", readOnly: true, room: room("den") }, false],
  ["removed messages", { kind: "clear" }, false],
];

for (const [what, event, isConcerned] of CASES) {
  // Each event of the service reaches each session: thousands must not work out their rules for it.
  Deno.test(`A session ${isConcerned ? "checks" : "does not check"} its rules for ${what}`, () => {
    assert.equal(rules.isConcernedBy(event), isConcerned);
  });
}
