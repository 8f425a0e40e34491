/**
 * The chat page as it is seen and heard: in both languages, in both themes, on a phone and on a wide screen. axe-core looks
 * at each of its screens for what keeps people out, and nothing may have to be scrolled sideways.
 * @module
 */
import assert from "node:assert/strict";
import type { Page } from "playwright-core";
import { strings } from "../../static/page/strings.js";
import { barriers } from "./chromium.ts";
import { becomes, DOUBTFUL, joined, pageTest, say, type Stage, told } from "./page_stage.ts";

const HEIGHT = 740;
const WIDTHS = [360, 1440] as const;
const LANGUAGES = [["en-GB", "en"], ["zh-CN", "zh"]] as const;
const THEMES = ["light", "dark"] as const;

/** What of a screen has to be scrolled sideways to be seen, or cannot be seen at all. */
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

/** Looks at a screen in both themes. */
async function look(page: Page, screen: string): Promise<void> {
  for (const colorScheme of THEMES) {
    await page.emulateMedia({ colorScheme });
    const { width } = page.viewportSize() ?? {};
    const where = `${screen}, ${colorScheme}, ${width} px`;
    assert.deepEqual(await outside(page), [], where);
    assert.deepEqual(await barriers(page), [], where);
  }
}

/** All kinds of messages, by people of whose names the page makes each of its eight colours. */
const NAMES = ["Sue", "Cem", "Val", "Ben", "Fay", "Lea", "Dee", "Gus"];

async function fill(stage: Stage): Promise<void> {
  let first = "";
  for (const name of NAMES) {
    const room = await stage.guest(name, "den");
    const { position } = await room.say(`hello, I am ${name} https://a.example/${"w".repeat(90)}`)
      .sent;
    first ||= position;
    await room.react(first, name < "D" ? "👍" : "🎉").sent;
  }
  const zoe = await stage.guest("Zoe", "den");
  const texts = ["`code` and\n```\nlet block = 1;\n```", "🎉👍", "to be deleted", "to be edited"];
  const sent = [];
  for (const text of texts) sent.push(await zoe.say(text, { reply: first }).sent);
  await zoe.delete(sent[2]?.position ?? "").sent;
  await zoe.edit(sent[3]?.position ?? "", "edited").sent;
  await stage.person("Kim").join("attic").say("elsewhere").sent;
}

async function lookAtDialogs(page: Page, words: typeof strings.en, width: number): Promise<void> {
  if (width === 360) {
    await page.click("#open-people");
    await look(page, "people");
    await page.keyboard.press("Escape");
    await page.click("#open-rooms");
    await look(page, "rooms");
    await page.fill("#join-room", "no such/room");
    await page.press("#join-room", "Enter");
    await look(page, "a room that cannot be");
    await page.fill("#join-room", "");
  }
  await page.click("#open-settings");
  await look(page, "settings");
  await page.keyboard.press("Escape");
  if (width === 360) await page.keyboard.press("Escape");
  await page.click("#emoji");
  await look(page, "emoji");
  await page.keyboard.press("Escape");
  const own = await told(page, "mine");
  await own.click();
  await own.getByRole("button", { name: words.delete, exact: true }).click();
  await look(page, "delete");
  await page.keyboard.press("Escape");
  await own.click();
  await own.getByRole("button", { name: words.reply, exact: true }).click();
  await look(page, "reply, with a message's tools");
  await page.click("#banner-cancel");
}

for (const [locale, language] of LANGUAGES) {
  const words = strings[language];
  pageTest(`No screen of the page keeps anybody out (${language})`, async (stage) => {
    await fill(stage);
    // Without motion: halfway through its arrival a line is still too faint for the measure of contrast.
    const opening = { locale, reducedMotion: "reduce" } as const;
    const page = await stage.enter("#den", {
      ...opening,
      viewport: { width: 1440, height: HEIGHT },
    });
    await becomes(() => page.locator("html").getAttribute("lang"), language);
    await page.evaluate("navigator.serviceWorker.ready.then(() => {})");
    await say(page, "mine");
    await told(page, "mine");
    for (const width of WIDTHS) {
      await page.setViewportSize({ width, height: HEIGHT });
      await look(page, "a guest");
      await page.click("#guest-name");
      await look(page, "name");
      await page.fill("#name", "Sue");
      await page.press("#name", "Enter");
      await page.locator("#name[aria-invalid=true]").waitFor();
      await look(page, "a name that is taken");
      await page.keyboard.press("Escape");
    }
    for (const width of WIDTHS) {
      await page.setViewportSize({ width, height: HEIGHT });
      await look(page, "conversation");
      await lookAtDialogs(page, words, width);
      await page.goto(`${stage.url}/#den/gone:5`);
      await page.locator(".toast", { hasText: words.goneMessage }).first().waitFor();
      await look(page, "a message that is gone");
    }
    await page.goto(`${stage.url}/#empty`);
    await joined(page);
    for (const width of WIDTHS) {
      await page.setViewportSize({ width, height: HEIGHT });
      await look(page, "an empty room");
    }
    await stage.endService("SIGTERM");
    await page.locator("body[data-state=waiting]").waitFor();
    await say(page, "x".repeat(2_000));
    for (const width of WIDTHS) {
      await page.setViewportSize({ width, height: HEIGHT });
      await look(page, "waiting");
    }
    await stage.startService({ MAX_MESSAGE_BYTES: "1024" });
    await page.locator("#log .failed").waitFor();
    for (const width of WIDTHS) {
      await page.setViewportSize({ width, height: HEIGHT });
      await look(page, "a message that was refused");
    }
    while (await page.locator("#leave").isVisible()) await page.click("#leave");
    for (const width of WIDTHS) {
      await page.setViewportSize({ width, height: HEIGHT });
      await look(page, "no room");
    }
  }, { restarts: true });
}

pageTest(
  "What could not be joined, or perhaps was not sent, is told to everybody",
  async (stage) => {
    await stage.guest("Cem", "attic");
    for (const [locale, language] of LANGUAGES) {
      const opening = { locale, reducedMotion: "reduce" } as const;
      const refused = await stage.open("?name=Cem#attic", opening);
      await refused.locator("#room-rename").waitFor();
      const unsure = await stage.enter(`?name=Dan${language}#den`, {
        ...opening,
        before: DOUBTFUL,
      });
      await unsure.locator("#log .unsure").first().waitFor();
      for (const width of WIDTHS) {
        for (const [page, screen] of [[refused, "name taken"], [unsure, "unsure"]] as const) {
          await page.setViewportSize({ width, height: HEIGHT });
          await look(page, screen);
        }
      }
    }
  },
);

pageTest("The theme and the language are the system's, until others are chosen", async (stage) => {
  for (const [locale, language] of [...LANGUAGES, ["fr-FR", "en"]] as const) {
    const page = await stage.enter("#den", { locale });
    const t: Readonly<Record<string, string>> = strings[language];
    assert.equal(await page.getAttribute("html", "lang"), language);
    for (const element of await page.locator("[data-text]").all()) {
      const key = await element.getAttribute("data-text") ?? "";
      assert.equal((await element.textContent())?.trim(), t[key], key);
    }
    await page.context().close();
  }
  const page = await stage.enter("?name=Ann#den", { colorScheme: "light" });
  await say(page, "hello");
  await told(page, "hello");
  const ground = () => page.evaluate<string>("getComputedStyle(document.body).backgroundColor");
  const light = await ground();
  await page.emulateMedia({ colorScheme: "dark" });
  const dark = await ground();
  assert.notEqual(dark, light);
  await page.click("#open-settings");
  await page.locator("#theme input[value=light]").check({ force: true });
  await page.locator("#language input[value=zh]").check({ force: true });
  assert.equal(await ground(), light);
  await becomes(() => page.innerText("#settings-title"), "设置");
  await page.keyboard.press("Escape");
  await page.reload();
  await joined(page);
  assert.equal(await ground(), light);
  assert.equal(await page.getAttribute("html", "lang"), "zh");
  assert.equal(await page.getAttribute("#text", "placeholder"), "发消息到 #den");
  await page.getByText("这里是 #den 的开头。").waitFor();
  await page.click("#open-settings");
  assert.ok(await page.locator("#theme input[value=light]").isChecked());
  await page.locator("#theme input[value=system]").check({ force: true });
  await page.locator("#language input[value=en]").check({ force: true });
  assert.equal(await ground(), dark);
  await page.keyboard.press("Escape");
  await page.getByText("This is the beginning of #den.").waitFor();
  await page.reload();
  await joined(page);
  assert.equal(await ground(), dark);
  assert.equal(await page.getAttribute("html", "lang"), "en");
});

pageTest(
  "A name stays in its line, however long it is and however its letters are piled up",
  async (stage) => {
    const page = await stage.open("?name=Ann", { viewport: { width: 360, height: HEIGHT } });
    let name = "";
    await page.routeWebSocket(/\/ws/, (socket) => {
      const server = socket.connectToServer();
      // Names that our server would never let through.
      server.onMessage((told) =>
        socket.send(String(told).replaceAll('"name":"Ben"', `"name":${JSON.stringify(name)}`))
      );
    });
    await page.goto(`${stage.url}/?again#den`);
    await joined(page);
    const ben = await stage.guest("Ben", "den");
    for (
      name of ["W".repeat(64), `Z${"\u0301\u0323".repeat(40)}`, "\u202eabc \u2067def", "مرحبا"]
    ) {
      const { position } = await ben.say("hello").sent;
      await ben.say("hello again", { reply: position }).sent;
      ben.type();
      await told(page, "hello again");
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
