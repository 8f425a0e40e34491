import assert from "node:assert/strict";
import {
  dayName,
  dayOf,
  durationName,
  endName,
  localeOf,
  momentName,
  nextDay,
  timeName,
} from "../../../../static/page/base/dates.js";

const WORDS = { today: "Today", yesterday: "Yesterday" };
const at = (day: number, hour = 12, month = 2, year = 2026) =>
  new Date(year, month, day, hour, 5).getTime();

for (
  const [then, now, name] of [
    [at(15, 0), at(15, 23), "Today"],
    [at(14, 23), at(15, 0), "Yesterday"],
    [at(28, 12, 1), at(1, 12, 2), "Yesterday"],
    [at(13), at(15), "Friday, March 13"],
    [at(31, 12, 11, 2025), at(1, 12, 0, 2026), "Yesterday"],
    [at(30, 12, 11, 2025), at(1, 12, 0, 2026), "Tuesday, December 30, 2025"],
  ] as const
) {
  Deno.test(`dayName() says ${name}`, () => {
    assert.equal(dayName(then, now, "en-US", WORDS), name);
  });
}

Deno.test("dayName() speaks Chinese", () => {
  assert.equal(dayName(at(13), at(15), "zh-CN", WORDS), "3月13日星期五");
});

Deno.test("dayOf() is constant within a day, and increases from day to day", () => {
  assert.equal(dayOf(at(15, 0)), dayOf(at(15, 23)));
  assert.ok(dayOf(at(31, 12, 0)) < dayOf(at(1, 12, 1)));
  assert.ok(dayOf(at(31, 12, 11, 2025)) < dayOf(at(1, 12, 0, 2026)));
});

Deno.test("nextDay() is the first moment of the next day", () => {
  const next = nextDay(at(31, 23, 11, 2025));
  assert.equal(dayOf(next - 1), dayOf(at(31, 1, 11, 2025)));
  assert.equal(dayOf(next), dayOf(at(1, 1, 0, 2026)));
});

Deno.test("timeName() and momentName() follow the user's region", () => {
  assert.equal(timeName(at(15, 14), "en-GB"), "14:05");
  assert.match(timeName(at(15, 14), "en-US"), /^2:05.PM$/);
  assert.match(momentName(at(15, 14), "en-GB"), /Sunday.*15 March 2026.*14:05/);
});

for (
  const [language, preferred, locale] of [
    ["en", ["de-DE", "en-GB", "en-US"], "en-GB"],
    ["zh", ["en-US"], "zh"],
    ["zh", ["zh-TW"], "zh-TW"],
    ["en", ["eng", "en"], "en"],
  ] as const
) {
  Deno.test(`localeOf() finds ${locale} among ${preferred}`, () => {
    assert.equal(localeOf(language, preferred), locale);
  });
}

Deno.test("endName() is the time alone on the same day", () => {
  assert.equal(endName(at(15, 18), at(15, 9), "en-GB"), "18:05");
  assert.equal(endName(at(16, 0), at(15, 23), "en-GB"), "16 Mar 2026, 00:05");
});

for (
  const [seconds, locale, name] of [
    [5, "en", "5 seconds"],
    [90, "en", "90 seconds"],
    [300, "en", "5 minutes"],
    [3_600, "en", "1 hour"],
    [172_800, "en", "2 days"],
    [30, "zh", "30秒"],
  ] as const
) {
  Deno.test(`durationName() calls ${seconds} s ${name}`, () => {
    assert.equal(durationName(seconds, locale), name);
  });
}
