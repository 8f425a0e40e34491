/** The screens of moderation are accessible and fit, in both languages, on phones and wide screens. */
import assert from "node:assert/strict";
import type { Page } from "playwright-core";
import { laterEn } from "../../../../static/page/i18n/later_en.js";
import { loadLaterStrings, stringsOf } from "../../../../static/page/i18n/strings.js";
import { MEMBER_SETTINGS } from "../../../support/identity/member_links.ts";
import { checkAccessible } from "../accessible.ts";
import { becomeMember } from "../members/become_member.ts";
import { eventually, pageTest, untilShown } from "../page_fixture.ts";
import { SCREENS } from "../screens.ts";

await loadLaterStrings("zh");
const en = { ...laterEn, ...stringsOf("en") };

/** What of the open dialogs is cut off or reaches beyond its side. */
function overflows(page: Page): Promise<readonly string[]> {
  return page.evaluate<string[]>(
    `[...document.querySelectorAll("dialog[open]"), document.documentElement]
    .filter((it) => it.scrollWidth > it.clientWidth).map((it) => it.id || it.localName)`,
  );
}

const check = (page: Page, screen: string) => checkAccessible(page, screen, { others: overflows });

/** Uses a tool of the only message by touch or with the pointer. */
async function useTool(page: Page, action: string): Promise<void> {
  await (await untilShown(page, "cheap watches")).locator(".text").click();
  await page.locator(`.tool[data-do=${action}]`).click();
}

for (const { locale, language, width } of SCREENS) {
  const isPhone = width < 720;
  pageTest(
    `The screens of moderators are accessible (${language}, ${width} px)`,
    async (stage) => {
      const words = language === "en" ? en : stringsOf(language);
      const options = {
        locale,
        viewport: { width, height: 700 },
        reducedMotion: "reduce",
        ...(isPhone && { hasTouch: true, isMobile: true }),
      } as const;
      const bea = await becomeMember(stage, "Bea", { role: "moderator" }, options);
      const cleo = await becomeMember(stage, "Cleo", {}, options);
      const ben = await stage.joinRoom(`Ben ${"W".repeat(28)}`, "den");
      await ben.say("cheap watches").sent;
      await useTool(cleo, "report");
      await cleo.locator("#report-dialog[open]").waitFor();
      await check(cleo, "report");
      await cleo.locator("#report-reason").fill("spam");
      await cleo.click("#report-do");
      await cleo.getByText(words.reportDone).waitFor();

      await useTool(bea, "moderate");
      await bea.locator("#moderate-dialog[open]").waitFor();
      await check(bea, "moderate");
      await bea.locator("#moderate-actions input[value=ban]").check();
      await bea.selectOption("#moderate-where", "service");
      await check(bea, "ban everywhere");
      await bea.locator("#moderate-actions input[value=mute]").check();
      await bea.click("#moderate-do");
      await bea.locator("#moderate-dialog").waitFor({ state: "hidden" });

      if (isPhone) await bea.click("#open-people");
      else await bea.locator("#members .member").last().hover();
      await check(bea, "people");
      if (isPhone) await bea.locator("#people .drawer-close").click();

      if (isPhone) await bea.click("#open-rooms");
      await check(bea, "the button with unread reports");
      await bea.click("#open-moderation");
      await bea.locator("#reports > li").waitFor();
      await check(bea, "reports");
      await bea.locator("#moderation-tabs input[value=audit]").check();
      await eventually(() => bea.locator("#audit > li").count(), 1);
      await check(bea, "log");
      await bea.locator("#moderation-tabs input[value=tools]").check();
      await bea.locator("#lock-service").check();
      await bea.locator("#sanctions > li").waitFor();
      await check(bea, "tools");
      await bea.locator("#moderation-dialog [data-close]").click();
      if (isPhone) await bea.locator("#sidebar .drawer-close").click();
      await bea.getByText(words.lockedBar).waitFor();
      await check(bea, "closed to guests");
      await bea.click("#room-settings");
      await bea.click("#room-clear");
      await bea.locator("#clear-dialog[open]").waitFor();
      await check(bea, "clear");
      await bea.click("#clear-cancel");
      await bea.click("#room-settings");
      await bea.locator("#room-delete").scrollIntoViewIfNeeded();
      await check(bea, "room settings");
      await bea.click("#room-delete");
      await bea.locator("#clear-dialog[open]").waitFor();
      await check(bea, "delete the room");
      await bea.click("#clear-cancel");
      assert.equal(await bea.locator("#locked-bar button").innerText(), words.unlockService);
    },
    { settings: MEMBER_SETTINGS },
  );
}
