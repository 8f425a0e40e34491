import assert from "node:assert/strict";
import { nextUpgradeStep } from "../../../../static/page/shell/upgrade.js";

const SITUATION = { own: "a", served: "b", isFree: false, wasReloaded: false, wasDismissed: false };

for (
  const [what, situation, step] of [
    ["another version is served", {}, "offer"],
    ["the same version is served", { served: "a", isFree: true }, "nothing"],
    ["the server does not report its version", { served: undefined, isFree: true }, "nothing"],
    ["the page does not know its version", { own: "", isFree: true }, "nothing"],
    ["the page is not in use", { isFree: true }, "reload"],
    ["the tab was reloaded for that version", { isFree: true, wasReloaded: true }, "offer"],
    ["the user has declined", { wasDismissed: true }, "nothing"],
    ["the user has declined, and left", { isFree: true, wasDismissed: true }, "reload"],
    [
      "the user has declined after a reload",
      { isFree: true, wasReloaded: true, wasDismissed: true },
      "nothing",
    ],
  ] as const
) {
  Deno.test(`nextUpgradeStep() is ${step} when ${what}`, () => {
    assert.equal(nextUpgradeStep({ ...SITUATION, ...situation }), step);
  });
}
