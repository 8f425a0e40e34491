import assert from "node:assert/strict";
import { hasVisible as isVisibleThere } from "../../../../lib/core/names/invisible.ts";
import {
  hasVisible,
  isInCode,
  isSendKey,
  rowsFor,
  tooManyBytes,
  trimmed,
} from "../../../../static/page/composer/composer_rules.js";
import { piecesOf } from "../../../../static/page/text/rich_text.js";

const ENTER = {
  key: "Enter",
  shiftKey: false,
  ctrlKey: false,
  metaKey: false,
  isComposing: false,
  keyCode: 13,
};

for (
  const [what, change, sends] of [
    ["Enter", {}, true],
    ["Shift and Enter", { shiftKey: true }, false],
    ["Enter that confirms a composition", { isComposing: true }, false],
    ["Enter that confirms a composition in Safari", { keyCode: 229 }, false],
    ["another key", { key: "a" }, false],
  ] as const
) {
  Deno.test(`isSendKey() is ${sends} for ${what}`, () => {
    assert.equal(isSendKey({ ...ENTER, ...change }, false), sends);
  });
}

for (
  const [what, change, sends] of [
    ["Enter", {}, false],
    ["Shift and Enter", { shiftKey: true }, false],
    ["Ctrl and Enter", { ctrlKey: true }, true],
    ["⌘ and Enter", { metaKey: true }, true],
    ["Ctrl and Enter that confirm a composition", { ctrlKey: true, isComposing: true }, false],
  ] as const
) {
  Deno.test(`isSendKey() is ${sends} for ${what} in code`, () => {
    assert.equal(isSendKey({ ...ENTER, ...change }, true), sends);
  });
}

for (
  const [before, expected] of [
    ["", false],
    ["a `b", false],
    ["```", true],
    ["see\n```js\nlet x;\n", true],
    ["```x```", false],
    ["```x``` and ```", true],
    ["``````", true],
    ["``````x```", false],
  ] as const
) {
  Deno.test(`isInCode() is ${expected} after ${JSON.stringify(before)}`, () => {
    assert.equal(isInCode(before), expected);
    // The same as in the rendered message.
    const pieces = piecesOf(`${before}y`);
    assert.equal(pieces.at(-1)?.type === "text" && pieces.at(-1)?.text.includes("```"), expected);
  });
}

Deno.test("rowsFor() grows with the text, up to eight rows", () => {
  assert.deepEqual([-3, 0, 1, 22, 23, 999].map((px) => rowsFor(px, 22)), [1, 1, 2, 2, 3, 8]);
  assert.equal(rowsFor(50, Number.NaN), 1, "if the line height is not a number");
});

Deno.test("tooManyBytes() counts UTF-8, exactly at the limit", () => {
  for (const [text, bytes] of [["abc", 3], ["世界", 6], ["👋🏽", 8], ["é", 2]] as const) {
    assert.equal(tooManyBytes(text, bytes), 0, text);
    assert.equal(tooManyBytes(text, bytes - 1), 1, text);
  }
});

Deno.test("hasVisible() refuses nothing that the server accepts, and little else is left to it", () => {
  let others = 0;
  for (let point = 0; point <= 0x10ffff; point++) {
    const character = String.fromCodePoint(point);
    if (isVisibleThere(character)) assert.ok(hasVisible(character), point.toString(16));
    else if (hasVisible(character)) others++;
  }
  assert.ok(others < 40, `${others} characters are visible only for the page`);
  assert.deepEqual(["\u200b \u2800", "\u200b.", "👋"].map(hasVisible), [false, true, true]);
});

Deno.test("trimmed() removes blank lines, and keeps the indentation of the first line", () => {
  assert.equal(trimmed("\n \n  code\n  more \n\n"), "  code\n  more");
  assert.equal(trimmed(" \n\t "), "");
  assert.equal(trimmed("a\u00a0\ufeff\u2028\n"), "a");
});
