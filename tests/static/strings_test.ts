import assert from "node:assert/strict";
import { pickLanguage, strings } from "../../static/strings.js";

Deno.test("Both languages have every string, with the same places to fill in", () => {
  const { en, zh } = strings;
  assert.deepEqual(Object.keys(zh).sort(), Object.keys(en).sort());
  const places = (text: string) => [...text.matchAll(/\{\w+\}/g)].map(String).sort();
  const chinese = new Map(Object.entries(zh));
  for (const [key, text] of Object.entries(en)) {
    assert.ok(text.trim() !== "" && chinese.get(key)?.trim(), key);
    assert.deepEqual(places(chinese.get(key) ?? ""), places(text), key);
  }
});

Deno.test("The page speaks the first language that it knows, and else English", () => {
  assert.equal(pickLanguage(["zh-CN", "en"]), "zh");
  assert.equal(pickLanguage(["de", "zh-TW"]), "zh");
  assert.equal(pickLanguage(["en-GB", "zh"]), "en");
  assert.equal(pickLanguage([]), "en");
});
