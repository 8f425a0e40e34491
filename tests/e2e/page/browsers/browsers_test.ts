/**
 * What the chat page reports if the browser lacks something: over plain http, and without storage.
 * @module
 */
import assert from "node:assert/strict";
import { startTestService } from "../../../support/service.ts";
import { programTest } from "../../../support/provision.ts";
import { CHROMIUM, launch, openWindow } from "../../../support/programs/chromium.ts";
import { eventually, pageTest, say, untilShown, useTool, whenJoined } from "../page_fixture.ts";

const HOST = "chat.example";

programTest(CHROMIUM, "Over plain http the page explains what needs https", async (program) => {
  await using browser = await launch(program, [`--host-resolver-rules=MAP ${HOST} 127.0.0.1`]);
  await using service = await startTestService({ ALLOWED_HOSTS: HOST });
  const host = `${HOST}:${service.port}`;
  await using window = await openWindow(browser, `http://${host}/#den`, {
    viewport: { width: 1300, height: 700 },
  });
  const { page, complaints } = window;
  await whenJoined(page);
  assert.equal(await page.evaluate("isSecureContext"), false);

  await page.click("#open-settings");
  await page.click("#notifications");
  const words = `Notifications need https, and this page was opened over plain http. ` +
    `Ask the operator of ${host} for its https address.`;
  await eventually(() => page.innerText("#notifications-error"), words);
  assert.equal(await page.isChecked("#notifications"), false);
  await page.keyboard.press("Escape");

  await say(page, "hello");
  await useTool(await untilShown(page, "hello"), "Copy link");
  await page.locator("#link-dialog[open]").waitFor();
  assert.match(await page.inputValue("#link"), new RegExp(`^http://${host}/#den/`));
  // The browser reports that one of the headers needs https too.
  assert.deepEqual(complaints.filter((it) => !it.includes("Cross-Origin-Opener-Policy")), []);
});

for (
  const [permission, words] of [
    ["denied", /blocks notifications from this page/],
    ["default", /Permission was not granted/],
  ] as const
) {
  pageTest(`A page whose notifications are ${permission} explains what to do`, async (stage) => {
    const page = await stage.enter("?name=Ann#den", {
      before: `Notification.requestPermission = () => Promise.resolve("${permission}");`,
    });
    await page.click("#open-settings");
    await page.click("#notifications");
    await page.locator("#notifications-error", { hasText: words }).waitFor();
    assert.equal(await page.isChecked("#notifications"), false);
  });
}

for (
  const [what, before] of [
    [
      "forbids its storage",
      `Object.defineProperty(globalThis, "localStorage", { get() {
        throw new DOMException("Access is denied for this document", "SecurityError");
      } });`,
    ],
    [
      "stores nothing",
      `Storage.prototype.setItem = () => {
        throw new DOMException("The quota has been exceeded", "QuotaExceededError");
      };`,
    ],
  ] as const
) {
  pageTest(`A page warns once that nothing is stored in a browser that ${what}`, async (stage) => {
    const page = await stage.enter("#den", { before });
    const toast = page.locator(".toast", { hasText: "This browser stores nothing for this page." });
    await toast.waitFor();
    await say(page, "hello");
    await untilShown(page, "hello");
    assert.equal(await page.locator(".toast").count(), 1);
  });
}

pageTest(
  "A page whose storage is full warns only about unsent messages",
  async (stage) => {
    const page = await stage.enter("?name=Ann#den");
    await page.evaluate(`Storage.prototype.setItem = () => {
    throw new DOMException("The quota has been exceeded", "QuotaExceededError");
  }`);
    await say(page, "hello");
    await page.locator(".toast", { hasText: "This browser cannot save unsent messages." })
      .waitFor();
    assert.equal(await page.locator(".toast").count(), 1);
  },
);
