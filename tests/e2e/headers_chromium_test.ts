/** A browser understands every header that the pages come with. */
import assert from "node:assert/strict";
import { programTest } from "../provision.ts";
import { startService } from "../service.ts";
import { CHROMIUM, launch } from "./chromium.ts";

programTest(CHROMIUM, "Chromium has nothing against the headers of the pages", async (program) => {
  await using service = await startService();
  await using browser = await launch(program);
  const page = await browser.newPage();
  const complaints: string[] = [];
  page.on("console", (message) => {
    if (message.type() === "warning" || message.type() === "error") complaints.push(message.text());
  });
  for (const path of ["/", "/echo.html"]) {
    await page.goto(service.url + path, { waitUntil: "load" });
  }
  assert.deepEqual(complaints, []);
});
