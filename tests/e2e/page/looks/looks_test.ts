/**
 * The chat page as seen and heard: in both languages, in both themes, on a phone and on a wide screen. axe-core checks
 * each screen for accessibility, and nothing may need horizontal scrolling.
 * @module
 */
import assert from "node:assert/strict";
import type { Page } from "playwright-core";
import { laterEn } from "../../../../static/page/i18n/later_en.js";
import {
  addStrings,
  loadLaterStrings,
  type Strings,
  stringsOf,
} from "../../../../static/page/i18n/strings.js";
import { NAMES } from "../../../static/page/base/hues.ts";
import { checkAccessible } from "../accessible.ts";
import {
  eventually,
  type PageFixture,
  pageTest,
  say,
  SEED_UNCERTAIN_DELIVERY,
  untilShown,
  whenJoined,
} from "../page_fixture.ts";

const HEIGHT = 740;
const WIDE = 1440;
const WIDTHS = [WIDE, 360] as const;
const LANGUAGES = [["en-GB", "en"], ["zh-CN", "zh"]] as const;
addStrings(laterEn);
await loadLaterStrings("zh");

/** The elements of a screen that need horizontal scrolling or are not visible at all. */
function outside(page: Page): Promise<readonly string[]> {
  return page.evaluate<string[]>(`{
    const isShown = (it) => it.checkVisibility({ visibilityProperty: true, opacityProperty: true }) &&
      !it.closest("[inert], .unseen, #skip, .sprite");
    const found = [...document.querySelectorAll("button, a, input, textarea, h1, h2, dialog[open], #picker, .toast")]
      .filter(isShown).filter((it) => {
        const { left, right, width } = it.getBoundingClientRect();
        return width > 0 && (left < -1 || right > innerWidth + 1);
      }).map((it) => it.outerHTML.slice(0, 120));
    if (document.documentElement.scrollWidth > innerWidth) found.push("the page");
    found;
  }`);
}

/**
 * Checks a screen at a width. The wide screens come first: on narrow ones only elements that wide ones do not have show new
 * colors. Chinese changes the words only: on wide screens, where they have most room, they have to fit.
 */
async function checkScreen(page: Page, screen: string, hasNewColors = true): Promise<void> {
  const isWide = page.viewportSize()?.width === WIDE;
  if (isWide && await page.getAttribute("html", "lang") !== "en") {
    assert.deepEqual(await outside(page), [], `${screen}, ${WIDE} px`);
  } else {
    await checkAccessible(page, screen, {
      others: outside,
      hasNewColors: isWide || hasNewColors,
    });
  }
}

/** Checks the same screen at all widths. */
async function checkWidths(page: Page, screen: string): Promise<void> {
  for (const width of WIDTHS) {
    await page.setViewportSize({ width, height: HEIGHT });
    await checkScreen(page, screen, false);
  }
}

/** All kinds of messages, in all colors of names. */

async function fill(stage: PageFixture): Promise<void> {
  let first = "";
  for (const name of NAMES) {
    const room = await stage.joinRoom(name, "den");
    const { position } = await room.say(`hello, I am ${name} https://a.example/${"w".repeat(90)}`)
      .sent;
    first ||= position;
    await room.react(first, name < "D" ? "👍" : "🎉").sent;
  }
  const zoe = await stage.joinRoom("Zoe", "den");
  const texts = ["`code` and\n```\nlet block = 1;\n```", "🎉👍", "to be deleted", "to be edited"];
  const sent = [];
  for (const text of texts) sent.push(await zoe.say(text, { reply: first }).sent);
  await zoe.delete(sent[2]?.position ?? "").sent;
  await zoe.edit(sent[3]?.position ?? "", "edited").sent;
  await stage.connectClient("Kim").join("attic").say("elsewhere").sent;
}

async function checkDialogs(page: Page, words: Strings, width: number): Promise<void> {
  if (width === 360) {
    await page.click("#open-people");
    await checkScreen(page, "people");
    await page.keyboard.press("Escape");
    await page.click("#open-rooms");
    await checkScreen(page, "rooms");
    await page.click("#find-room");
    await page.locator("#palette[open]").waitFor();
    for (
      const [typed, what] of [["e", "search results"], ["no such/room", "an invalid room"]]
    ) {
      await page.fill("#palette-field", typed ?? "");
      await checkScreen(page, what ?? "");
    }
    await page.keyboard.press("Escape");
  }
  await page.click("#open-settings");
  await page.locator("#settings-dialog[open]").waitFor();
  await checkScreen(page, "settings", false);
  await page.keyboard.press("Escape");
  if (width === 360) await page.keyboard.press("Escape");
  await page.fill("#text", "@");
  await page.locator("#mentions li").first().waitFor();
  await checkScreen(page, "people to mention", false);
  await page.fill("#text", "");
  await page.click("#emoji");
  await page.locator("#picker").waitFor();
  await checkScreen(page, "emoji", false);
  await page.keyboard.press("Escape");
  const own = await untilShown(page, "mine");
  await own.click();
  await own.getByRole("button", { name: words.delete, exact: true }).click();
  await page.locator("#delete-dialog[open]").waitFor();
  await checkScreen(page, "delete", false);
  await page.keyboard.press("Escape");
  await own.click();
  await own.getByRole("button", { name: words.reply, exact: true }).click();
  await checkScreen(page, "reply, with a message's tools", false);
  await page.click("#banner-cancel");
}

for (const [locale, language] of LANGUAGES) {
  const words = stringsOf(language);
  pageTest(`Every screen of the page is accessible (${language})`, async (stage) => {
    await fill(stage);
    // Without motion: during its fade-in a row does not have enough contrast yet.
    const opening = { locale, reducedMotion: "reduce" } as const;
    const page = await stage.enter("#den", {
      ...opening,
      viewport: { width: 1440, height: HEIGHT },
    });
    await eventually(() => page.locator("html").getAttribute("lang"), language);
    await page.evaluate("navigator.serviceWorker.ready.then(() => {})");
    await say(page, "mine");
    await untilShown(page, "mine");
    for (const width of WIDTHS) {
      await page.setViewportSize({ width, height: HEIGHT });
      await checkScreen(page, "a guest");
      await page.click("#guest-name");
      await page.locator("#name-dialog[open]").waitFor();
      await checkScreen(page, "name", false);
      await page.fill("#name", "Sue");
      await page.press("#name", "Enter");
      await page.locator("#name[aria-invalid=true]").waitFor();
      await checkScreen(page, "a name that is taken", false);
      await page.keyboard.press("Escape");
    }
    for (const width of WIDTHS) {
      await page.setViewportSize({ width, height: HEIGHT });
      await checkScreen(page, "conversation");
      await checkDialogs(page, words, width);
      await page.goto(`${stage.url}/#den/gone:5`);
      await page.locator(".toast", { hasText: words.goneMessage }).first().waitFor();
      await checkScreen(page, "a message that no longer exists", false);
    }
    await page.goto(`${stage.url}/#empty`);
    await whenJoined(page);
    await checkWidths(page, "an empty room");
    await stage.stopService();
    await page.locator("body[data-state=waiting]").waitFor();
    await say(page, "x".repeat(2_000));
    await checkWidths(page, "waiting");
    await stage.startService({ MAX_MESSAGE_BYTES: "1024" });
    await page.locator("#log .failed").waitFor();
    await checkWidths(page, "a message that was refused");
    await page.click("#leave");
    await page.locator("#leave-dialog[open]").waitFor();
    await checkWidths(page, "leaving a room with a message that is not sent");
    await page.click("#leave-do");
    while (await page.locator("#leave").isVisible()) await page.click("#leave");
    await checkWidths(page, "no room");
  }, { restarts: "service" });
}

pageTest(
  "Screens for refused joins and unconfirmed messages are accessible",
  async (stage) => {
    await stage.joinRoom("Cem", "attic");
    const page = await stage.open("?name=Cem#attic", {
      locale: "en-GB",
      before: SEED_UNCERTAIN_DELIVERY,
    });
    for (const [, language] of LANGUAGES) {
      if (language !== "en") {
        await page.setViewportSize({ width: WIDE, height: HEIGHT });
        await page.click("#open-settings");
        await page.locator(`#language input[value=${language}]`).check({ force: true });
        await eventually(() => page.getAttribute("html", "lang"), language);
        await page.keyboard.press("Escape");
      }
      await page.evaluate("location.hash = 'attic'");
      await page.locator("#room-rename").waitFor();
      await checkWidths(page, "name taken");
      await page.evaluate("location.hash = 'den'");
      await page.locator("#log .unsure").first().waitFor();
      await checkWidths(page, "unsure");
    }
  },
);

/** Checks that each text of the page is in the language. */
async function checkTexts(page: Page, language: "en" | "zh"): Promise<void> {
  const t: Readonly<Record<string, string>> = stringsOf(language);
  assert.equal(await page.getAttribute("html", "lang"), language);
  const texts = await page.locator("[data-text]").evaluateAll((all) =>
    all.map((it) => [it.getAttribute("data-text") ?? "", it.textContent?.trim()] as const)
  );
  assert.notEqual(texts.length, 0);
  for (const [key, text] of texts) assert.equal(text, t[key], key);
}

pageTest("The theme and the language follow the system until others are chosen", async (stage) => {
  for (const [locale, language] of [["zh-CN", "zh"], ["fr-FR", "en"]] as const) {
    const foreign = await stage.enter("#den", { locale });
    await checkTexts(foreign, language);
    await foreign.context().close();
  }
  const page = await stage.enter("?name=Ann#den", { locale: "en-GB", colorScheme: "light" });
  await checkTexts(page, "en");
  await say(page, "hello");
  await untilShown(page, "hello");
  const ground = () => page.evaluate<string>("getComputedStyle(document.body).backgroundColor");
  const light = await ground();
  await page.emulateMedia({ colorScheme: "dark" });
  const dark = await ground();
  assert.notEqual(dark, light);
  await page.click("#open-settings");
  await page.locator("#theme input[value=light]").check({ force: true });
  await page.locator("#language input[value=zh]").check({ force: true });
  assert.equal(await ground(), light);
  await eventually(() => page.innerText("#settings-title"), "设置");
  await page.keyboard.press("Escape");
  await page.reload();
  await whenJoined(page);
  assert.equal(await ground(), light);
  assert.equal(await page.getAttribute("html", "lang"), "zh");
  assert.equal(await page.getAttribute("#text", "placeholder"), "发消息到 #den");
  await page.getByText("这是 #den 的开头。").waitFor();
  await page.click("#open-settings");
  assert.ok(await page.locator("#theme input[value=light]").isChecked());
  await page.locator("#theme input[value=system]").check({ force: true });
  await page.locator("#language input[value=en]").check({ force: true });
  assert.equal(await ground(), dark);
  await page.keyboard.press("Escape");
  await page.getByText("This is the beginning of #den.").waitFor();
  await page.reload();
  await whenJoined(page);
  assert.equal(await ground(), dark);
  assert.equal(await page.getAttribute("html", "lang"), "en");
});

pageTest(
  "A name stays on its line, however long it is and however many combining marks it has",
  async (stage) => {
    const page = await stage.open("?name=Ann", { viewport: { width: 360, height: HEIGHT } });
    let name = "";
    await page.routeWebSocket(/\/ws/, (socket) => {
      const server = socket.connectToServer();
      // Names that our server would reject.
      server.onMessage((message) =>
        socket.send(String(message).replaceAll('"name":"Ben"', `"name":${JSON.stringify(name)}`))
      );
    });
    await page.goto(`${stage.url}/?again#den`);
    await whenJoined(page);
    const ben = await stage.joinRoom("Ben", "den");
    for (
      name of ["W".repeat(64), `Z${"\u0301\u0323".repeat(40)}`, "\u202eabc \u2067def", "مرحبا"]
    ) {
      const { position } = await ben.say("hello").sent;
      await ben.say("hello again", { reply: position }).sent;
      ben.type();
      await untilShown(page, "hello again");
      const all = await page.evaluate<unknown[]>(
        `[...document.querySelectorAll("#log article:last-of-type .author")].map((it) => {
          const { overflow, textOverflow, fontSize } = getComputedStyle(it);
          const { right, height } = it.getBoundingClientRect();
          return [overflow, textOverflow, right <= innerWidth, height < 2 * parseFloat(fontSize)];
        })`,
      );
      assert.ok(all.length > 0);
      for (const it of all) assert.deepEqual(it, ["hidden", "ellipsis", true, true], name);
      assert.deepEqual(await outside(page), [], name);
    }
  },
);
