/** The browser accepts every header of the pages. */
import assert from "node:assert/strict";
import { startTestService } from "../../../support/service.ts";
import { browserTest, openProfile } from "../../../support/programs/chromium.ts";

browserTest("Chromium reports no problem with the headers of the pages", async (browser) => {
  await using service = await startTestService();
  await using profile = await openProfile(browser);
  const page = await profile.newPage();
  const complaints: string[] = [];
  page.on("console", (message) => {
    if (message.type() === "warning" || message.type() === "error") complaints.push(message.text());
  });
  for (const path of ["/", "/echo.html"]) {
    await page.goto(service.url + path, { waitUntil: "load" });
  }
  assert.deepEqual(complaints, []);
});
