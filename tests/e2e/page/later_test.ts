/**
 * Parts of the chat page that load on demand: an early click is not lost, a failure is reported and can be retried, and
 * nothing is loaded before it is needed.
 * @module
 */
import assert from "node:assert/strict";
import type { Page } from "playwright-core";
import { FIRST_FILES } from "../../support/first_files.ts";
import { changeRole, MEMBER_SETTINGS } from "../../support/identity/member_links.ts";
import { becomeMember, whenNamed } from "./members/become_member.ts";
import { eventually, pageTest } from "./page_fixture.ts";

/** Otherwise the service worker answers, which no route sees. */
const WITHOUT_WORKER = { serviceWorkers: "block" } as const;
const NOT_LOADED = "This part of the page could not be loaded.";

/** Holds back what loads on demand, until the result is called. */
async function delayLater(page: Page): Promise<() => void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  await page.context().route("**/page/later.js", async (route) => {
    await promise;
    await route.continue();
  });
  return resolve;
}

pageTest("A click is not lost while the part it needs is loading", async (stage) => {
  const page = await stage.open("?name=Ann#den", WITHOUT_WORKER);
  const load = await delayLater(page);
  await page.locator("body[data-state=online]").waitFor();
  assert.equal(await page.locator("dialog").count(), 0);
  await page.click("#open-settings");
  await page.click("#me");
  await page.locator("body.loading").waitFor();
  load();
  await page.locator("#name-dialog[open]").waitFor();
  assert.equal(await page.locator("dialog[open]").count(), 1, "only the dialog requested last");
  assert.equal(await page.inputValue("#name"), "Ann");
  assert.equal(await page.evaluate("document.activeElement.id"), "name");
  assert.equal(await page.locator("body.loading").count(), 0);
});

pageTest(
  "A message entered by keyboard gets its tools, with the focus, once they are loaded",
  async (stage) => {
    const page = await stage.open("?name=Ann#den", WITHOUT_WORKER);
    const load = await delayLater(page);
    await page.locator("body[data-state=online]").waitFor();
    await page.fill("#text", "hello");
    await page.press("#text", "Enter");
    await page.locator("article:not(.pending)", { hasText: "hello" }).waitFor();
    const message = page.locator("article", { hasText: "hello" });
    await message.focus();
    await page.keyboard.press("Enter");
    assert.equal(await page.locator(".toolbar, .toast").count(), 0);
    load();
    await page.locator(".tool[data-do=pick]:focus").waitFor();
    await message.locator(".toolbar").waitFor();
  },
);

pageTest(
  "The reason for a closed connection is shown once its strings are loaded",
  async (stage) => {
    const page = await stage.open("?name=Ann#den", WITHOUT_WORKER);
    const load = await delayLater(page);
    await page.locator("body[data-state=online]").waitFor();
    await page.context().routeWebSocket(/\/ws/, (socket) => {
      socket.onMessage(() => {});
      void socket.close({ code: 4009 });
    });
    await page.reload();
    await page.locator("#words", { hasText: "(code 4009)" }).waitFor();
    load();
    await page.locator("#words", { hasText: "The connection timed out." }).waitFor();
  },
);

/** A page whose later part is loaded for a reason only, and not because some seconds have passed. */
const WITHOUT_PRELOAD = `{
  const { setTimeout } = globalThis;
  globalThis.setTimeout = (fn, ms, ...rest) => ms === 3000 ? 0 : setTimeout(fn, ms, ...rest);
}`;

for (const [locale, language] of [["en-GB", "en"], ["zh-CN", "zh"]] as const) {
  pageTest(
    `The first visit requests only the files of its language (${language})`,
    async (stage) => {
      const page = await stage.enter("#den", { locale, before: WITHOUT_PRELOAD });
      const requested = () =>
        page.evaluate<string[]>(`["navigation", "resource"].flatMap((type) =>
        performance.getEntriesByType(type)).map(({ name }) => new URL(name).pathname).sort()`);
      await eventually(requested, [...FIRST_FILES[language]].sort());
    },
  );
}

pageTest("Moderators get what they need with the hello", async (stage) => {
  const page = await becomeMember(stage, "Cleo", {}, { before: WITHOUT_PRELOAD });
  await page.reload();
  await whenNamed(page, "Cleo");
  assert.equal(await page.locator("dialog").count(), 0);
  const { members } = await stage.joinRoom("Ben", "den");
  const { user } = members.value.members.find(({ name }) => name === "Cleo") ?? assert.fail();
  for (const role of ["moderator", "owner"]) {
    await changeRole(stage, user, role);
    await page.reload();
    await page.getByRole("button", { name: "Moderation" }).waitFor();
  }
}, { settings: MEMBER_SETTINGS });

pageTest("A part that failed to load is loaded at the next attempt", async (stage) => {
  for (
    const [file, locale, notLoaded, tryAgain] of [
      ["page/later.js", "en-GB", NOT_LOADED, "Try again"],
      ["later.css", "en-GB", NOT_LOADED, "Try again"],
      ["page/i18n/later_zh.js", "zh-CN", "页面的这一部分无法加载。", "重试"],
    ] as const
  ) {
    const opening = { ...WITHOUT_WORKER, locale, before: WITHOUT_PRELOAD };
    const page = await stage.open("?name=Ann#den", opening);
    await page.context().route(`**/${file}*`, (route) => route.abort());
    await page.reload();
    await page.locator("body[data-state=online]").waitFor();
    await page.click("#open-settings");
    const toast = page.locator(".toast", { hasText: notLoaded });
    await toast.waitFor();
    await page.context().unroute(`**/${file}*`);
    // The page also loads the parts when it loses its connection. Such an attempt may fail just when the user tries again, and
    // both are one: the page reports it, and the user tries once more.
    const again = toast.getByRole("button", { name: tryAgain });
    await eventually(async () => {
      await again.click({ timeout: 5_000 }).catch(() => {});
      return await page.locator("#settings-dialog[open]").isVisible();
    }, true);
    const look = `getComputedStyle(document.querySelector("#settings-dialog form")).display`;
    assert.equal(await page.evaluate(look), "grid", "with its looks");
  }
}, { expected: /^console: Failed to load resource/ });

pageTest("A page older than the server asks for a reload", async (stage) => {
  const page = await stage.open("?name=Ann#den", WITHOUT_WORKER);
  await page.context().route("**/page/later.js*", async (route) => {
    const response = await route.fetch();
    const body = (await response.text()).replace(/\bv[0-9a-f]{16}\b/, "v0123456789abcdef");
    // Without an ETag, so that the browser does not cache it.
    // The route may be removed meanwhile.
    await route.fulfill({ contentType: "text/javascript", body }).catch(() => {});
  });
  await page.locator("body[data-state=online]").waitFor();
  await page.click("#open-settings");
  await page.locator(".toast", { hasText: "The page has been updated." }).waitFor();
  await page.context().unroute("**/page/later.js*");
  await Promise.all([
    page.waitForEvent("load"),
    page.getByRole("button", { name: "Reload", exact: true }).click(),
  ]);
  await page.click("#open-settings");
  await page.locator("#settings-dialog[open]").waitFor();
});

pageTest(
  "The page switches languages once the strings are loaded, and not otherwise",
  async (stage) => {
    for (const strings of ["**/page/i18n/zh.js*", "**/page/i18n/later_zh.js*"]) {
      const page = await stage.open("?name=Ann#den", WITHOUT_WORKER);
      await page.context().route(strings, (route) => route.abort());
      await page.locator("body[data-state=online]").waitFor();
      await page.click("#open-settings");
      const chinese = page.locator("#language input[value=zh]");
      // It is checked for a moment only.
      await chinese.click({ force: true });
      await page.locator(".toast", { hasText: NOT_LOADED }).waitFor();
      assert.ok(await page.locator("#language input[value=en]").isChecked());
      assert.equal(await page.getAttribute("html", "lang"), "en");
      await page.context().unroute(strings);
      await chinese.check({ force: true });
      await page.locator("html[lang=zh]").waitFor();
      assert.equal(await page.innerText("#settings-title"), "设置");
    }
  },
  { expected: /^console: Failed to load resource/ },
);

pageTest(
  "A page in Chinese opens in English without its strings, and switches once they are there",
  async (stage) => {
    const page = await stage.open("#den", WITHOUT_WORKER);
    const strings = "**/page/i18n/zh.js*";
    await page.context().route(strings, (route) => route.abort());
    await page.evaluate(`localStorage.setItem("parley-page / language", "zh")`);
    await page.reload();
    await page.locator("body[data-state=online]").waitFor();
    assert.equal(await page.getAttribute("html", "lang"), "en");
    assert.equal(await page.getAttribute("#text", "placeholder"), "Message #den");
    await page.context().unroute(strings);

    const { promise, resolve } = Promise.withResolvers<void>();
    await page.context().route(strings, async (route) => {
      await promise;
      await route.continue();
    });
    // The load event waits for the strings.
    await page.reload({ waitUntil: "commit" });
    await page.locator("#text[placeholder='Message #den']").waitFor();
    await page.click("#open-settings");
    assert.equal(await page.innerText("#settings-title"), "Settings");
    resolve();
    await page.locator("html[lang=zh]").waitFor();
    assert.equal(await page.innerText("#settings-title"), "设置");
    assert.equal(await page.innerText("#theme legend"), "外观");
    assert.notEqual(await page.getAttribute("#text", "placeholder"), "Message #den");
  },
  { expected: /^console: Failed to load resource/ },
);
