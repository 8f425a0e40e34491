/** A page in Chinese has no English text in its second part, whether it starts in Chinese or is switched to it. */
import assert from "node:assert/strict";
import type { Page } from "playwright-core";
import { laterEn } from "../../../../static/page/i18n/later_en.js";
import { addStrings, loadLaterStrings, stringsOf } from "../../../../static/page/i18n/strings.js";
import { MEMBER_SETTINGS } from "../../../support/identity/member_links.ts";
import { becomeMember } from "../members/become_member.ts";
import { eventually, pageTest, untilShown } from "../page_fixture.ts";

addStrings(laterEn);
await loadLaterStrings("zh");
const zh: Readonly<Record<string, string>> = stringsOf("zh");

/** A pattern for each English string, with anything in its placeholders, except for those that are the same in Chinese. */
const ENGLISH = Object.entries(stringsOf("en")).flatMap(([key, text]) => {
  const parts = text.split(/\{\w+\}/);
  const hasWords = /[a-z]{2}/i.test(parts.join(""));
  return hasWords && text !== zh[key] ? [`^${parts.map(RegExp.escape).join(".+")}$`] : [];
});

/** The texts of the page, shown or not, that are English strings, and the names of the strings that it lacks. */
function textsNotInChinese(page: Page): Promise<readonly string[]> {
  return page.evaluate<string[]>(`{
    const english = ${JSON.stringify(ENGLISH)}.map((it) => new RegExp(it, "s"));
    const elements = [...document.body.querySelectorAll("*")];
    const own = (it) => [...it.childNodes].filter(({ nodeType }) => nodeType === Node.TEXT_NODE);
    const texts = elements.flatMap((it) => [
      ...own(it).map(({ data }) => data),
      ...["aria-label", "title", "placeholder"].map((name) => it.getAttribute(name) ?? ""),
    ]).map((it) => it.trim());
    const isEmpty = (it) => it.dataset.text !== undefined && it.textContent === "";
    [
      ...texts.filter((text) => english.some((it) => it.test(text))),
      ...elements.filter(isEmpty).map((it) => it.dataset.text),
    ];
  }`);
}

for (const [how, locale] of [["starts in", "zh-CN"], ["is switched to", "en-GB"]] as const) {
  pageTest(
    `A page that ${how} Chinese has no English text in what is loaded on demand`,
    async (stage) => {
      const page = await becomeMember(stage, "Olga", { role: "owner" }, {
        ...{ locale, viewport: { width: 1300, height: 800 } },
      });
      const check = async (dialog: string, title: string) => {
        await page.locator(`#${dialog}[open]`).waitFor();
        assert.equal(await page.innerText(`#${dialog} h2`), title);
        assert.deepEqual(await textsNotInChinese(page), [], dialog);
        await shoot(page, `${dialog}-${locale}`);
      };
      const ben = await stage.joinRoom("Ben", "den");
      await ben.say("cheap watches").sent;
      const row = await untilShown(page, "cheap watches");
      await page.click("#open-settings");
      if (locale !== "zh-CN") {
        assert.notDeepEqual(await textsNotInChinese(page), []);
        await page.locator("#language input[value=zh]").check({ force: true });
      }
      await eventually(() => page.getAttribute("html", "lang"), "zh");
      await check("settings-dialog", "设置");
      await page.keyboard.press("Escape");
      await page.click("#room-settings");
      await check("room-dialog", "房间设置");
      await page.keyboard.press("Escape");
      await row.hover();
      await page.click(".tool[data-do=moderate]");
      await check("moderate-dialog", "管理 Ben");
      await page.keyboard.press("Escape");
      await page.click("#open-moderation");
      for (const tab of ["audit", "tools", "reports"]) {
        await page.locator(`#moderation-tabs input[value=${tab}]`).check();
        await check("moderation-dialog", "管理");
      }
    },
    { settings: MEMBER_SETTINGS },
  );
}

async function shoot(page: Page, name: string): Promise<void> {
  const folder = Deno.env.get("SHOTS");
  if (folder) await page.screenshot({ path: `${folder}/${name}.png` });
}
