import assert from "node:assert/strict";
import { describeAudit } from "../../../lib/io/commands/audit_command.ts";

const AT = "2026-03-01T12:00:00.000Z";
const MUTED = {
  position: "k3:7",
  at: AT,
  by: { user: "m_ann00000", name: "Ann" },
  what: "muted Bob for 10 minutes",
  event: { room: "den", reason: "noise" },
};
const LOCKED = {
  position: "k3:8",
  at: AT,
  by: { user: "parley_service", name: "Parley" },
  what: "locked the service to guests",
  event: {},
};

for (
  const [what, response, text] of [
    ["nothing", { entries: [], more: false }, "There are no entries\n"],
    [
      "an entry of a room, and one of the service",
      { entries: [MUTED, LOCKED], more: false },
      `${AT}\tm_ann00000\tAnn\tmuted Bob for 10 minutes\t#den\tnoise\n${AT}\tparley_service\tParley\tlocked the service to guests\t-\n`,
    ],
    [
      "how to see older ones",
      { entries: [LOCKED], more: true },
      `${AT}\tparley_service\tParley\tlocked the service to guests\t-\nFor older entries, add --before k3:8\n`,
    ],
    ["nothing of another response", {}, undefined],
  ] as const
) {
  Deno.test(`The list of what was done shows ${what}`, () => {
    assert.equal(describeAudit(response), text);
  });
}
