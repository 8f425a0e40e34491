import assert from "node:assert/strict";
import {
  contentBytes,
  contentLength,
  contentOf,
  isFlatObject,
  isMentions,
  isMetadata,
  MAX_MENTIONS,
  MAX_METADATA_BYTES,
  MAX_METADATA_DEPTH,
} from "../../../lib/core/log/content.ts";
import { user } from "../../contract/fixtures.ts";

/** Objects inside one another. */
function nested(levels: number): unknown {
  return JSON.parse('{"a":'.repeat(levels - 1) + "{}" + "}".repeat(levels - 1));
}

const overhead = '{"a":""}'.length;
const ann = user("user_ann");

for (
  const [what, value, isValid] of [
    ["an empty object", {}, true],
    ["values of every kind", { a: null, b: [1, "2", { c: true }] }, true],
    ["keys of Object.prototype", JSON.parse('{"__proto__":{"constructor":1}}'), true],
    ["as many bytes as allowed", { a: "x".repeat(MAX_METADATA_BYTES - overhead) }, true],
    ["a byte more", { a: "x".repeat(MAX_METADATA_BYTES - overhead + 1) }, false],
    ["a text whose bytes are too many", { a: "é".repeat(MAX_METADATA_BYTES / 2) }, false],
    ["as many levels as allowed", nested(MAX_METADATA_DEPTH), true],
    ["a level more", nested(MAX_METADATA_DEPTH + 1), false],
    ["a level more, of an array", { a: JSON.parse("[".repeat(8) + "]".repeat(8)) }, false],
    ["so many levels that JSON.stringify() would throw", nested(200_000), false],
    ["more values than fit", { a: new Array(MAX_METADATA_BYTES).fill(0) }, false],
    ["an array", [], false],
    ["a text", "{}", false],
    ["null", null, false],
    ["nothing", undefined, false],
  ] as const
) {
  Deno.test(`isMetadata() ${isValid ? "accepts" : "refuses"} ${what}`, () => {
    assert.equal(isMetadata(value), isValid);
  });
}

Deno.test("isFlatObject() accepts every metadata that isMetadata() accepts, of any number of values", () => {
  // The shortest JSON of so many values.
  const most = { a: new Array((MAX_METADATA_BYTES - '{"a":[]}'.length) >> 1).fill(0) };
  assert.ok(isMetadata(most) && isFlatObject(most));
});

for (
  const [what, value, isValid] of [
    ["an empty list", [], true],
    ["as many ids as allowed", new Array(MAX_MENTIONS).fill(ann), true],
    ["an id more", new Array(MAX_MENTIONS + 1).fill(ann), false],
    ["a name", ["Ann"], false],
    ["a number", [7], false],
    ["a text", ann, false],
    ["null", null, false],
  ] as const
) {
  Deno.test(`isMentions() ${isValid ? "accepts" : "refuses"} ${what}`, () => {
    assert.equal(isMentions(value), isValid);
  });
}

Deno.test("contentOf() leaves out what is empty, but not empty metadata", () => {
  const content = { text: "hi", mentions: [], metadata: {}, other: 1 };
  assert.deepEqual(contentOf(content), { text: "hi", metadata: {} });
  assert.deepEqual(contentOf({ text: "", mentions: [ann], metadata: undefined }), {
    text: "",
    mentions: [ann],
  });
});

Deno.test("contentLength() and contentBytes() count mentions and metadata as JSON", () => {
  const content = { text: "é", mentions: [ann], metadata: { a: "é" } };
  assert.equal(contentLength(content), 1 + '["user_ann"]'.length + '{"a":"é"}'.length);
  assert.equal(contentBytes(content), 2 + '["user_ann"]'.length + '{"a":"é"}'.length + 1);
  assert.deepEqual([contentLength({ text: "hi" }), contentBytes({ text: "hi" })], [2, 2]);
});
