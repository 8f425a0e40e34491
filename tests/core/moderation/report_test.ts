import assert from "node:assert/strict";
import { isForModerators, REPORTS_ROOM, reportText } from "../../../lib/core/moderation/report.ts";
import { name, room } from "../../support/fakes.ts";
import { user } from "../../contract/fixtures.ts";

const message = (text: string) => ({
  position: { epoch: "k3j9f2", seq: 127 },
  user: user("u4m7bob0"),
  name: name("Bob"),
  text,
});

Deno.test("reportText() says where the message is, who wrote it, how it begins, and why it is reported", () => {
  const report = reportText(room("den"), message("buy\nnow"), "spam");
  assert.equal(report, "#den/k3j9f2:127\nBob (u4m7bob0): buy\nnow\nspam");
  assert.equal(
    reportText(room("den"), message("hi"), undefined),
    "#den/k3j9f2:127\nBob (u4m7bob0): hi",
  );
});

for (const [what, letter] of [["letters", "x"], ["emoji", "🐦"]] as const) {
  Deno.test(`reportText() quotes at most 500 ${what}, all of them whole`, () => {
    const [, whole] = reportText(room("den"), message(letter.repeat(500)), undefined).split(": ");
    assert.equal(whole, letter.repeat(500));
    const [, cut] = reportText(room("den"), message(letter.repeat(60_000)), undefined).split(": ");
    assert.equal(cut, `${letter.repeat(500)}…`);
  });
}

Deno.test("isForModerators() knows the room of the reports, however it is spelled", () => {
  for (const spelled of [REPORTS_ROOM, "_reports", "_Reports", "_REPORTS"]) {
    assert.ok(isForModerators(spelled), spelled);
  }
  for (const other of ["reports", "_report", "_reports2", "lobby", ""]) {
    assert.ok(!isForModerators(other), other);
  }
});
