import assert from "node:assert/strict";
import { FAULTS } from "../../lib/core/faults.ts";
import * as farewells from "../../lib/core/farewells.ts";
import { logStrings } from "../../static/page/log_strings.js";
import { pickLanguage, strings, Words } from "../../static/page/strings.js";
import { en } from "../../static/page/strings_en.js";

const LANGUAGES = ["en", "zh"] as const;

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

Deno.test("The log and the page around it mean the same by one key", () => {
  const ofLog = new Map(Object.entries(logStrings.en));
  for (const [key, text] of Object.entries(en)) assert.equal(ofLog.get(key) ?? text, text, key);
});

for (const language of LANGUAGES) {
  const words = new Words(language);

  Deno.test(`The page has words for every fault (${language})`, () => {
    const unknown = words.fault("no_such_fault").replace("no_such_fault", "");
    for (const code of [...Object.keys(FAULTS), "disconnected", "closed"]) {
      assert.notEqual(words.fault(code).replace(code, ""), unknown, code);
    }
  });

  Deno.test(`The page has words for every end of a connection (${language})`, () => {
    const unknown = words.ending(4999).replace("4999", "");
    const codes = Object.values(farewells).flatMap((it) => "code" in it ? [it.code] : []);
    for (const code of [1000, 1001, 1006, ...codes]) {
      assert.notEqual(words.ending(code).replace(String(code), ""), unknown, String(code));
    }
  });
}

Deno.test("The page speaks the first language that it knows, and else English", () => {
  assert.equal(pickLanguage(["zh-CN", "en"]), "zh");
  assert.equal(pickLanguage(["de", "zh-TW"]), "zh");
  assert.equal(pickLanguage(["en-GB", "zh"]), "en");
  assert.equal(pickLanguage([]), "en");
});

Deno.test("Words have a place for up to two who write, and none for more", () => {
  const words = new Words("en");
  assert.deepEqual([0, 1, 2, 3, 9].map((count) => words.typing(count)), [
    ...["", "{name} is writing…", "{name} and {other} are writing…"],
    ...["Several people are writing…", "Several people are writing…"],
  ]);
});

Deno.test("Words are those of the language that is chosen now", () => {
  const words = new Words("en");
  assert.deepEqual([words.people(1), words.people(1234)], ["1 person", "1,234 people"]);
  words.language.set("zh");
  assert.equal(words.people(1), "1 人");
});
