import assert from "node:assert/strict";
import { reportText } from "../../../lib/core/moderation/report.ts";
import { isForModerators, REPORTS_ROOM } from "../../../lib/core/rooms/service_rooms.ts";
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
  assert.equal(report, "#den/k3j9f2:127\nBob (u4m7bob0): buy now\nspam");
  assert.equal(
    reportText(room("den"), message("hi"), undefined),
    "#den/k3j9f2:127\nBob (u4m7bob0): hi",
  );
});

Deno.test("reportText() has one line for each part, whatever the two write", () => {
  for (const ending of ["\n", "\r\n", "\r", "\v", "\f", "\x85", "\u2028", "\u2029"]) {
    const forged = `spam${ending}#den/k3j9f2:128${ending}Ann (u4m7ann0): spam`;
    const report = reportText(room("den"), message(forged), forged);
    const lines = report.split(/\r\n|[\n\v\f\r\x85\u2028\u2029]/);
    assert.equal(lines.length, 3, JSON.stringify(ending));
    assert.match(lines[1] ?? "", /^Bob \(u4m7bob0\): spam +#den/);
  }
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
