import assert from "node:assert/strict";
import { FAULTS } from "../../../../lib/core/protocol/faults.ts";
import * as closeStatuses from "../../../../lib/core/protocol/close_codes.ts";
import { NAME_RULE } from "../../../../lib/core/names/names.ts";
import { laterEn } from "../../../../static/page/i18n/later_en.js";
import { logEn } from "../../../../static/page/i18n/log_en.js";
import {
  addStrings,
  loadLaterStrings,
  pickLanguage,
  Translator,
} from "../../../../static/page/i18n/strings.js";
import { en } from "../../../../static/page/i18n/en.js";
import { laterZh } from "../../../../static/page/i18n/later_zh.js";
import { zh } from "../../../../static/page/i18n/zh.js";

const LANGUAGES = ["en", "zh"] as const;
addStrings(laterEn);
await loadLaterStrings("zh");

for (
  const [part, english, strings] of [
    ["the first part", { ...logEn, ...en }, zh],
    ["the second part", laterEn, laterZh],
  ] as const
) {
  Deno.test(`Both languages have every string of ${part}, with the same placeholders`, () => {
    assert.deepEqual(Object.keys(strings).sort(), Object.keys(english).sort());
    const places = (text: string) => [...text.matchAll(/\{\w+\}/g)].map(String).sort();
    const chinese = new Map(Object.entries(strings));
    for (const [key, text] of Object.entries(english)) {
      assert.ok(text.trim() !== "" && chinese.get(key)?.trim(), key);
      assert.deepEqual(places(chinese.get(key) ?? ""), places(text), key);
    }
  });
}

Deno.test("Chinese strings are English until they are loaded, those of the second part on its request", async () => {
  const page = await import("../../../../static/page/i18n/strings.js?parts");
  const { settings, nameTitle } = page.stringsOf("zh");
  assert.deepEqual([settings, nameTitle], [en.settings, undefined]);
  await page.loadStrings("zh");
  page.addStrings(laterEn);
  const first = page.stringsOf("zh");
  assert.deepEqual([first.settings, first.nameTitle], [zh.settings, laterEn.nameTitle]);
  await page.loadLaterStrings("zh");
  assert.equal(page.stringsOf("zh").nameTitle, laterZh.nameTitle);
});

Deno.test("A language chosen before the second part is requested has its strings, too", async () => {
  const page = await import("../../../../static/page/i18n/strings.js?late");
  const chosen = page.loadStrings("zh");
  await page.loadLaterStrings("en");
  await chosen;
  assert.equal(page.stringsOf("zh").nameTitle, laterZh.nameTitle);
});

Deno.test("A key shared by the log and the page has one meaning", () => {
  const ofLog = new Map(Object.entries(logEn));
  for (const [key, text] of Object.entries(en)) assert.equal(ofLog.get(key) ?? text, text, key);
});

for (const language of LANGUAGES) {
  const words = new Translator(language);

  Deno.test(`The page has a text for every fault (${language})`, () => {
    const unknown = words.faultSentence("no_such_fault").replace("no_such_fault", "");
    for (const code of [...Object.keys(FAULTS), "disconnected", "closed"]) {
      assert.notEqual(words.faultSentence(code).replace(code, ""), unknown, code);
    }
  });

  Deno.test(`The page has a text for every close status (${language})`, () => {
    const unknown = words.closeReason(4999).replace("4999", "");
    const codes = Object.values(closeStatuses).flatMap((it) => "code" in it ? [it.code] : []);
    for (const code of [1000, 1001, 1006, ...codes]) {
      assert.notEqual(words.closeReason(code).replace(String(code), ""), unknown, String(code));
    }
  });
}

for (
  const [clause, english, chinese] of [
    ["1 to 32 characters", "1 to 32 characters", "1 到 32 个字符"],
    ["invisible characters", "invisible", "不可见字符"],
    ["special spaces", "special spaces", "特殊空格"],
    ["more than three marks on a letter", "three marks on a letter", "一个字母上最多三个附加符号"],
    ["a colon before a space", "“: ”", "“: ”"],
    ["cannot begin with *, ! or /", "cannot begin with *, ! or /", "不能以 *、! 或 / 开头"],
  ] as const
) {
  Deno.test(`The page gives the server's reason for a refused name: ${clause}`, () => {
    assert.ok(NAME_RULE.includes(clause));
    assert.ok(new Translator("en").faultSentence("bad_name").includes(english));
    assert.ok(new Translator("zh").faultSentence("bad_name").includes(chinese));
  });
}

Deno.test("The name dialog states in advance the rules that are not obvious", () => {
  assert.match(new Translator("en").text("nameRule"), /invisible.*three marks on a letter/);
  assert.match(new Translator("zh").text("nameRule"), /不可见字符.*一个字母上最多三个附加符号/);
});

Deno.test("The page uses the first known language, or English", () => {
  assert.equal(pickLanguage(["zh-CN", "en"]), "zh");
  assert.equal(pickLanguage(["de", "zh-TW"]), "zh");
  assert.equal(pickLanguage(["en-GB", "zh"]), "en");
  assert.equal(pickLanguage([]), "en");
});

Deno.test("Translator names up to two typing users, and no more", () => {
  const words = new Translator("en");
  assert.deepEqual([0, 1, 2, 3, 9].map((count) => words.typingTemplate(count)), [
    ...["", "{name} is typing…", "{name} and {other} are typing…"],
    ...["Several people are typing…", "Several people are typing…"],
  ]);
});

Deno.test("Translator says how many messages are unread, and whether the user is mentioned", () => {
  const words = new Translator("en");
  assert.equal(words.unreadCount(1, 0), "1 unread message");
  assert.equal(words.unreadCount(1234, 2), "1,234 unread messages, you are mentioned");
  words.language.set("zh");
  assert.equal(words.unreadCount(3, 1), "3 条未读消息，有人提到你");
});

Deno.test("Translator uses the current language", () => {
  const words = new Translator("en");
  assert.deepEqual([words.peopleCount(1), words.peopleCount(1234)], ["1 person", "1,234 people"]);
  words.language.set("zh");
  assert.equal(words.peopleCount(1), "1 人");
});

Deno.test("Translator requests missing strings once, and updates only texts that lacked one", () => {
  let asked = 0;
  let changes = -1;
  const words = new Translator("en", () => asked++);
  words.language.subscribe(() => changes++);
  words.faultSentence("closed");
  words.refresh();
  assert.deepEqual([asked, changes], [0, 0]);
  words.faultSentence("no_such_fault");
  words.closeReason(4999);
  words.refresh();
  assert.deepEqual([asked, changes], [1, 1]);
});
