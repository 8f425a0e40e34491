/**
 * The echo page in a real browser: it lists the events of its WebSocket unchanged, as plain text.
 * @module
 */
import assert from "node:assert/strict";
import type { Page } from "playwright-core";
import { startTestService } from "../../support/service.ts";
import {
  accessibilityViolations,
  browserTest,
  openWindow,
} from "../../support/programs/chromium.ts";
import { HOSTILE_TEXTS } from "./security/hostile_texts.ts";

// What the browser logs about a server that is down.
const SERVER_IS_DOWN = /^console: WebSocket connection to '[^']+' failed/;

/** Waits until the list has this many entries, and returns their texts. */
async function entries(page: Page, count: number): Promise<readonly string[]> {
  const log = page.locator("#log li");
  if (count > 0) await log.nth(count - 1).waitFor({ state: "attached" });
  return await log.allTextContents();
}

browserTest("The echo page lists every event, unchanged", async (browser) => {
  await using service = await startTestService();
  // The address in older tutorials.
  await using window = await openWindow(browser, `${service.url}/websocket.html`);
  const { page, complaints } = window;
  assert.equal(page.url(), `${service.url}/echo.html`);
  const expected: string[] = [];
  const happens = async (...lines: readonly string[]) => {
    expected.push(...lines);
    assert.deepEqual(await entries(page, expected.length), expected);
  };

  await page.click("#send");
  await happens("please connect first");
  await page.click("#disconnect");
  await happens("already disconnected");
  await page.click("#connect");
  await happens("connected");
  await page.click("#connect");
  await happens("already connected");
  await page.fill("#text", "hello");
  await page.click("#send");
  await happens("send: hello", "recv: hello");
  await page.fill("#text", "世界 👋");
  await page.press("#text", "Enter");
  await happens("send: 世界 👋", "recv: 世界 👋");
  for (const text of HOSTILE_TEXTS) {
    await page.fill("#text", text);
    await page.click("#send");
    await happens(`send: ${text}`, `recv: ${text}`);
  }
  await page.click("#disconnect");
  await happens("disconnected");
  await page.click("#disconnect");
  await happens("already disconnected");
  await page.click("#send");
  await happens("please connect first");
  await page.click("#connect");
  await happens("connected");
  assert.equal(await page.locator("#log li *").count(), 0, "nothing but text");
  assert.deepEqual(complaints, []);

  await service.stop();
  await happens("disconnected");
  await page.click("#connect");
  await happens("error: the connection failed", "disconnected");
  assert.deepEqual(complaints.filter((it) => !SERVER_IS_DOWN.test(it)), []);
});

/** Checks the page in both themes, which differ in colors only. */
async function checkLooks(page: Page, what: string): Promise<void> {
  await page.emulateMedia({ colorScheme: "light" });
  assert.deepEqual(await accessibilityViolations(page), [], `${what}, light`);
  await page.emulateMedia({ colorScheme: "dark" });
  assert.deepEqual(await accessibilityViolations(page, "only"), [], `${what}, dark`);
}

browserTest("The echo page is accessible", async (browser) => {
  await using service = await startTestService();
  for (const locale of ["en-US", "zh-CN"]) {
    const look = { locale, reducedMotion: "reduce" } as const;
    await using window = await openWindow(browser, `${service.url}/echo.html`, look);
    const { page } = window;
    await checkLooks(page, `fresh, ${locale}`);
    await page.click("#send");
    await entries(page, 1);
    await checkLooks(page, `with an entry, ${locale}`);
  }
});
