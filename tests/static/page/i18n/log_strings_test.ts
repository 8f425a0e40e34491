import assert from "node:assert/strict";
import { fillTemplate, logEn, withCount } from "../../../../static/page/i18n/log_en.js";
import { logZh } from "../../../../static/page/i18n/log_zh.js";

Deno.test("The log has every string in both languages, with the same placeholders", () => {
  assert.deepEqual(Object.keys(logZh), Object.keys(logEn));
  const places = (text: string) => [...text.matchAll(/\{\w+\}/g)].map(String).sort();
  const chinese = new Map(Object.entries(logZh));
  for (const [key, text] of Object.entries(logEn)) {
    assert.ok(text.trim() !== "" && chinese.get(key)?.trim(), key);
    assert.deepEqual(places(chinese.get(key) ?? ""), places(text), key);
  }
});

Deno.test("fillTemplate() inserts values unchanged, without interpreting them", () => {
  assert.equal(fillTemplate("{a} {b} {c}", { a: "$& {b}", b: 2 }), "$& {b} 2 {c}");
});

Deno.test("withCount() distinguishes one from many", () => {
  assert.equal(withCount(logEn, "newMessages", 1), "1 new message");
  assert.equal(withCount(logEn, "newMessages", 12), "12 new messages");
});
