/** Reports, as the page of a moderator reads them. */
import assert from "node:assert/strict";
import { reportText } from "../../../../lib/core/moderation/report.ts";
import { parseReport } from "../../../../static/page/moderation/report_text.js";
import { user } from "../../../contract/fixtures.ts";
import { name, room } from "../../../support/fakes.ts";

const MESSAGE = {
  position: { epoch: "k3j9f2", seq: 12 },
  user: user("u_eve00000"),
  name: name("Eve (m_bob00000)"),
  text: "buy: watches (u_ann00000): now",
};
const READ = {
  room: "den",
  position: "k3j9f2:12",
  user: "u_eve00000",
  name: "Eve (m_bob00000)",
  text: MESSAGE.text,
};

for (
  const [what, reason, expected] of [
    ["with a reason", "spam", "spam"],
    ["without a reason", undefined, ""],
    ["with a reason that looks like an author", "Bob (m_bob00000): hi", "Bob (m_bob00000): hi"],
  ] as const
) {
  Deno.test(`parseReport() reads what the server wrote, ${what}`, () => {
    const report = parseReport(reportText(room("den"), MESSAGE, reason));
    assert.deepEqual(report, { ...READ, reason: expected });
  });
}

for (
  const text of [
    "",
    "I have talked to Eve",
    "#den/k3j9f2:12",
    "#den/k3j9f2:12\nEve: no id",
    "#den/nowhere\nEve (u_eve00000): hi",
    "#two rooms/k3j9f2:12\nEve (u_eve00000): hi",
    "#den/k3j9f2:12\nEve (u_eve00000): hi\nspam\none line too many",
    "#den/k3j9f2:12\nEve (javascript:alert(1)): hi",
  ]
) {
  Deno.test(`parseReport() takes ${JSON.stringify(text)} for a remark`, () => {
    assert.equal(parseReport(text), null);
  });
}
