/**
 * What an open page does when the server serves another version: it offers a reload, and reloads by itself, once, if
 * the user is elsewhere and nothing would be lost.
 * @module
 */
import assert from "node:assert/strict";
import type { Page } from "playwright-core";
import { until } from "../../../support/provision.ts";
import {
  type PageFixture,
  pageTest,
  say,
  setVisibility,
  untilShown,
  whenJoined,
} from "../page_fixture.ts";

/** Makes a page consider itself older, at each load. */
const OLDER = `new MutationObserver((_, observer) => {
  const meta = document.querySelector("meta[name=build]");
  if (!meta) return;
  observer.disconnect();
  meta.content = "older";
}).observe(document, { childList: true, subtree: true });`;

/** Opens such a page, and counts its loads from then on. @param before Another script. */
async function openOld(
  stage: PageFixture,
  before = "",
): Promise<{ readonly page: Page; readonly loads: string[] }> {
  const page = await stage.enter("?name=Ann#den", { before: OLDER + before });
  const loads: string[] = [];
  page.on("load", () => loads.push(page.url()));
  return { page, loads };
}

pageTest("A page of another version offers a reload, which can be declined", async (stage) => {
  const current = await stage.enter("?name=Ben#den");
  const { page, loads } = await openOld(stage);
  await page.getByText("There is a new version of this page.").waitFor();
  assert.ok(await current.locator("#upgrade").isHidden());
  await page.focus("#upgrade-dismiss");
  await page.keyboard.press("Enter");
  await page.locator("#upgrade").waitFor({ state: "hidden" });
  assert.equal(await page.evaluate("document.activeElement.id"), "text");
  await page.reload();
  await page.locator("#upgrade-reload").click();
  await until("two reloads", () => Promise.resolve(loads.length === 2));
});

pageTest("A hidden page of another version reloads by itself, once", async (stage) => {
  const { page, loads } = await openOld(stage);
  await setVisibility(page, "elsewhere");
  await until("the reload", () => Promise.resolve(loads.length === 1));
  await whenJoined(page);
  // Still the older version, as when a proxy has servers of both.
  await page.locator("#upgrade").waitFor();
  await setVisibility(page, "elsewhere");
  await say(page, "still here");
  await untilShown(page, "still here");
  assert.equal(loads.length, 1);
});

pageTest("A hidden page does not reload while it has unfinished work", async (stage) => {
  const { page, loads } = await openOld(stage);
  await page.locator("#upgrade").waitFor();
  await page.fill("#text", "half a sen");
  await setVisibility(page, "elsewhere");
  await setVisibility(page, "here");
  await page.fill("#text", "");
  await page.click("#open-settings");
  await page.locator("#settings-dialog[open]").waitFor();
  await setVisibility(page, "elsewhere");
  await setVisibility(page, "here");
  await page.keyboard.press("Escape");
  await page.locator("#settings-dialog").waitFor({ state: "hidden" });
  assert.equal(loads.length, 0);
  await setVisibility(page, "elsewhere");
  await until("the reload", () => Promise.resolve(loads.length === 1));
});

/** The browser's storage is full, except for what belongs to a tab. */
const FULL = `
const setItem = Storage.prototype.setItem;
Storage.prototype.setItem = function (key, value) {
  if (this === localStorage) throw new DOMException("full", "QuotaExceededError");
  setItem.call(this, key, value);
};`;

pageTest(
  "A hidden page does not reload if a draft of another room is not stored",
  async (stage) => {
    const { page, loads } = await openOld(stage, FULL);
    await page.locator("#upgrade").waitFor();
    await page.fill("#text", "half a sen");
    await page.evaluate(`location.hash = "attic"`);
    await whenJoined(page);
    await page.getByPlaceholder("Message #attic").waitFor();
    await setVisibility(page, "elsewhere");
    await say(page, "still here");
    await untilShown(page, "still here");
    assert.equal(loads.length, 0);
    await page.goBack();
    await until("the draft", async () => await page.inputValue("#text") === "half a sen");
  },
);
