/**
 * The reference of the HTTP API in a real browser.
 * @module
 */
import assert from "node:assert/strict";
import { browserTest, openWindow } from "../../support/programs/chromium.ts";
import { startTestService } from "../../support/service.ts";
import { checkAccessible } from "./accessible.ts";

browserTest(
  "The reference of the API is accessible, on wide and narrow screens",
  async (browser) => {
    await using service = await startTestService();
    for (const width of [1280, 360]) {
      const look = { viewport: { width, height: 800 }, reducedMotion: "reduce" } as const;
      await using window = await openWindow(browser, `${service.url}/docs/api`, look);
      const { page, complaints } = window;
      const examples = page.locator("summary", { hasText: "Example" });
      await examples.first().press("Enter");
      assert.ok(await page.locator("pre").first().isVisible(), "it opens by keyboard");
      const overflow = "document.documentElement.scrollWidth - innerWidth";
      assert.equal(await page.evaluate(overflow), 0, `it fits into ${width} px`);
      // All others look the same, and axe needs a minute for all of them.
      await page.evaluate(`
      const others = "article ~ article, #schemas h3 ~ h3 ~ *, #errors h3 ~ h3 ~ *";
      for (const it of document.querySelectorAll(others)) it.remove();
      for (const link of document.querySelectorAll("a")) {
        if (!document.querySelector(link.hash)) link.remove();
      }
    `);
      await checkAccessible(page, "the reference of the API");
      assert.deepEqual(complaints, []);
    }
  },
);

browserTest(
  "The reference of the API works without scripts, and loads nothing from elsewhere",
  async (browser) => {
    await using service = await startTestService();
    const context = await browser.newContext({ javaScriptEnabled: false });
    const page = await context.newPage();
    const requested: string[] = [];
    page.on("request", (request) => requested.push(request.url()));
    await page.goto(`${service.url}/docs/api`);
    await page.locator("nav a", { hasText: "sendMessage" }).click();
    assert.equal(page.url(), `${service.url}/docs/api#sendMessage`);
    for (const url of requested) assert.ok(url.startsWith(`${service.url}/`), url);
    assert.ok(requested.includes(`${service.url}/docs.css`));
    await context.close();
  },
);
