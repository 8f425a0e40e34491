import assert from "node:assert/strict";
import { counted, fill, logStrings } from "../../static/page/log_strings.js";

Deno.test("The log has every string in both languages, with the same places to fill in", () => {
  const { en, zh } = logStrings;
  assert.deepEqual(Object.keys(zh), Object.keys(en));
  const places = (text: string) => [...text.matchAll(/\{\w+\}/g)].map(String).sort();
  const chinese = new Map(Object.entries(zh));
  for (const [key, text] of Object.entries(en)) {
    assert.ok(text.trim() !== "" && chinese.get(key)?.trim(), key);
    assert.deepEqual(places(chinese.get(key) ?? ""), places(text), key);
  }
});

Deno.test("fill() puts values in as they are, and reads nothing in them", () => {
  assert.equal(fill("{a} {b} {c}", { a: "$& {b}", b: 2 }), "$& {b} 2 {c}");
});

Deno.test("counted() knows one from many", () => {
  assert.equal(counted(logStrings.en, "newMessages", 1), "1 new message");
  assert.equal(counted(logStrings.en, "newMessages", 12), "12 new messages");
});
