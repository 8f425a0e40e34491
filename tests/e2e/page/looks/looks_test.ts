/**
 * The chat page as seen and heard: in both languages, in both themes, on a phone and on a wide screen. axe-core checks
 * each screen for accessibility, and nothing may need horizontal scrolling.
 * @module
 */
import assert from "node:assert/strict";
import type { Page } from "playwright-core";
import { laterEn } from "../../../../static/page/i18n/later_en.js";
import { loadStrings, type Strings, stringsOf } from "../../../../static/page/i18n/strings.js";
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
const WIDTHS = [360, 1440] as const;
const LANGUAGES = [["en-GB", "en"], ["zh-CN", "zh"]] as const;
await loadStrings("zh");

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

const checkScreen = (page: Page, screen: string) => checkAccessible(page, screen, outside);

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
  await checkScreen(page, "settings");
  await page.keyboard.press("Escape");
  if (width === 360) await page.keyboard.press("Escape");
  await page.click("#emoji");
  await page.locator("#picker").waitFor();
  await checkScreen(page, "emoji");
  await page.keyboard.press("Escape");
  const own = await untilShown(page, "mine");
  await own.click();
  await own.getByRole("button", { name: words.delete, exact: true }).click();
  await page.locator("#delete-dialog[open]").waitFor();
  await checkScreen(page, "delete");
  await page.keyboard.press("Escape");
  await own.click();
  await own.getByRole("button", { name: words.reply, exact: true }).click();
  await checkScreen(page, "reply, with a message's tools");
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
      await checkScreen(page, "name");
      await page.fill("#name", "Sue");
      await page.press("#name", "Enter");
      await page.locator("#name[aria-invalid=true]").waitFor();
      await checkScreen(page, "a name that is taken");
      await page.keyboard.press("Escape");
    }
    for (const width of WIDTHS) {
      await page.setViewportSize({ width, height: HEIGHT });
      await checkScreen(page, "conversation");
      await checkDialogs(page, words, width);
      await page.goto(`${stage.url}/#den/gone:5`);
      await page.locator(".toast", { hasText: words.goneMessage }).first().waitFor();
      await checkScreen(page, "a message that no longer exists");
    }
    await page.goto(`${stage.url}/#empty`);
    await whenJoined(page);
    for (const width of WIDTHS) {
      await page.setViewportSize({ width, height: HEIGHT });
      await checkScreen(page, "an empty room");
    }
    await stage.stopService();
    await page.locator("body[data-state=waiting]").waitFor();
    await say(page, "x".repeat(2_000));
    for (const width of WIDTHS) {
      await page.setViewportSize({ width, height: HEIGHT });
      await checkScreen(page, "waiting");
    }
    await stage.startService({ MAX_MESSAGE_BYTES: "1024" });
    await page.locator("#log .failed").waitFor();
    for (const width of WIDTHS) {
      await page.setViewportSize({ width, height: HEIGHT });
      await checkScreen(page, "a message that was refused");
    }
    while (await page.locator("#leave").isVisible()) await page.click("#leave");
    for (const width of WIDTHS) {
      await page.setViewportSize({ width, height: HEIGHT });
      await checkScreen(page, "no room");
    }
  }, { restarts: "service" });
}

pageTest(
  "Screens for refused joins and unconfirmed messages are accessible",
  async (stage) => {
    await stage.joinRoom("Cem", "attic");
    for (const [locale, language] of LANGUAGES) {
      const opening = { locale, reducedMotion: "reduce" } as const;
      const refused = await stage.open("?name=Cem#attic", opening);
      await refused.locator("#room-rename").waitFor();
      const unsure = await stage.enter(`?name=Dan${language}#den`, {
        ...opening,
        before: SEED_UNCERTAIN_DELIVERY,
      });
      await unsure.locator("#log .unsure").first().waitFor();
      for (const width of WIDTHS) {
        for (const [page, screen] of [[refused, "name taken"], [unsure, "unsure"]] as const) {
          await page.setViewportSize({ width, height: HEIGHT });
          await checkScreen(page, screen);
        }
      }
    }
  },
);

pageTest("The theme and the language follow the system until others are chosen", async (stage) => {
  for (const [locale, language] of [...LANGUAGES, ["fr-FR", "en"]] as const) {
    const page = await stage.enter("#den", { locale });
    // Parts that are loaded on demand may be on the page by now.
    const t: Readonly<Record<string, string>> = language === "en"
      ? { ...laterEn, ...stringsOf("en") }
      : stringsOf(language);
    assert.equal(await page.getAttribute("html", "lang"), language);
    for (const element of await page.locator("[data-text]").all()) {
      const key = await element.getAttribute("data-text") ?? "";
      assert.equal((await element.textContent())?.trim(), t[key], key);
    }
    await page.context().close();
  }
  const page = await stage.enter("?name=Ann#den", { colorScheme: "light" });
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
