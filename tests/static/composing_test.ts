import assert from "node:assert/strict";
import { isSendKey, rowsFor, tooManyBytes, trimmed } from "../../static/page/composing.js";

const ENTER = { key: "Enter", shiftKey: false, isComposing: false, keyCode: 13 };

for (
  const [what, change, sends] of [
    ["Enter", {}, true],
    ["Shift and Enter", { shiftKey: true }, false],
    ["Enter that picks a word", { isComposing: true }, false],
    ["Enter that picks a word in Safari", { keyCode: 229 }, false],
    ["another key", { key: "a" }, false],
  ] as const
) {
  Deno.test(`isSendKey() says ${sends ? "yes" : "no"} to ${what}`, () => {
    assert.equal(isSendKey({ ...ENTER, ...change }), sends);
  });
}

Deno.test("rowsFor() grows with the text, up to eight rows", () => {
  assert.deepEqual([-3, 0, 1, 22, 23, 999].map((px) => rowsFor(px, 22)), [1, 1, 2, 2, 3, 8]);
  assert.equal(rowsFor(50, Number.NaN), 1, "where the line height is a word");
});

Deno.test("tooManyBytes() counts UTF-8, exactly at the limit", () => {
  for (const [text, bytes] of [["abc", 3], ["世界", 6], ["👋🏽", 8], ["é", 2]] as const) {
    assert.equal(tooManyBytes(text, bytes), 0, text);
    assert.equal(tooManyBytes(text, bytes - 1), 1, text);
  }
});

Deno.test("trimmed() takes blank lines away, and leaves what is before the first word", () => {
  assert.equal(trimmed("\n \n  code\n  more \n\n"), "  code\n  more");
  assert.equal(trimmed(" \n\t "), "");
  assert.equal(trimmed("a\u00a0\ufeff\u2028\n"), "a");
});
