/** When a guest's name counts as lost to a member: not while the user, or another page of the browser, is being renamed. */
import assert from "node:assert/strict";
import { Value } from "../../../../static/client/observable.js";
import { watchOwnName } from "../../../../static/page/members/name_lost.js";
import type { Me } from "../../../../static/client/frames.js";

const guest = (name: string): Me => ({ user: "u1", name, kind: "guest" });

/** What is reported when the user's name changes. @param stored The chosen name, before the change and a second after it. */
function lost(
  names: readonly Me[],
  [stored, storedLater]: readonly [string | null, string | null],
) {
  const me = new Value<Me | null>(null);
  const preferences = { name: stored };
  const timers: (() => void)[] = [];
  const reports: string[] = [];
  const report = (name: string, guestName: string) => reports.push(`${name} ${guestName}`);
  watchOwnName({ me }, preferences, report, (fn) => timers.push(fn));
  for (const it of names) me.set(it);
  preferences.name = storedLater;
  for (const run of timers) run();
  return reports;
}

for (
  const [what, names, stored, expected] of [
    ["is another guest name", [guest("Guest17")], ["Lee", "Lee"], ["Lee Guest17"]],
    ["was forgotten by another page", [guest("Guest17")], ["Lee", null], ["Lee Guest17"]],
    ["changes in several rooms", [guest("G1"), guest("G2")], ["Lee", "Lee"], ["Lee G2"]],
    ["was not chosen", [guest("Guest17")], [null, null], []],
    ["is the chosen one", [guest("Zo\u00eb5")], [" Zoe\u03085", " Zoe\u03085"], []],
    ["is temporary", [guest("Lee (2)")], ["Lee", "Lee"], []],
    ["is chosen, and stored a moment later", [guest("Lee2")], ["Lee", "Lee2"], []],
    ["is a member's", [{ ...guest("Lee2"), kind: "member" }], ["Lee", "Lee"], []],
    ["is restored at once", [guest("Guest17"), guest("Lee")], ["Lee", "Lee"], []],
  ] as const
) {
  Deno.test(`A user's name ${expected.length ? "is" : "is not"} lost if it ${what}`, () => {
    assert.deepEqual(lost(names, stored), expected);
  });
}
