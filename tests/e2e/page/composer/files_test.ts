/**
 * Files dropped on or pasted into the pages.
 * @module
 */
import assert from "node:assert/strict";
import type { Page } from "playwright-core";
import { TemporaryFolder } from "../../../support/temporary_folder.ts";
import { eventually, pageTest } from "../page_fixture.ts";

const WIDE = { viewport: { width: 1300, height: 700 } };

/** Drags an item over the page and drops it, as the system does. */
async function drop(page: Page, selector: string, dropped: object): Promise<void> {
  const session = await page.context().newCDPSession(page);
  const box = await page.locator(selector).boundingBox();
  assert.ok(box);
  const data = { items: [], dragOperationsMask: 1, ...dropped };
  const place = { x: box.x + box.width / 2, y: box.y + box.height / 2, data };
  for (const type of ["dragEnter", "dragOver", "drop"] as const) {
    await session.send("Input.dispatchDragEvent", { type, ...place });
  }
}

pageTest("Dropped files are refused with a message, wherever they are dropped", async (stage) => {
  await using folder = new TemporaryFolder();
  const file = `${folder.path}/note.txt`;
  await Deno.writeTextFile(file, "a file");
  const page = await stage.enter("?name=Ann#den", WIDE);
  await page.fill("#text", "kept");
  for (const selector of ["#log", "#text", "#rooms-title", "#find-room"]) {
    // Twice: the same toast is not shown twice.
    for (let times = 0; times < 2; times++) await drop(page, selector, { files: [file] });
    await page.locator(".toast", { hasText: "Files are not supported yet." }).waitFor();
    assert.equal(await page.locator(".toast").count(), 1, selector);
    await page.locator(".toast").getByRole("button", { name: "Dismiss" }).click();
    assert.equal(page.url(), `${stage.url}/#den`, selector);
  }
  const link = { mimeType: "text/uri-list", data: `${stage.url}/echo.html` };
  await drop(page, "#log", { items: [link] });
  await drop(page, "#text", { items: [{ mimeType: "text/plain", data: "dropped" }] });
  await eventually(async () => /dropped/.test(await page.inputValue("#text")), true);
  assert.equal(await page.locator(".toast").count(), 0);
  assert.equal(page.url(), `${stage.url}/#den`);

  await page.goto(`${stage.url}/echo.html`);
  for (const selector of ["#log", "#text"]) await drop(page, selector, { files: [file] });
  await eventually(() => page.locator("#log li").allTextContents(), [
    ...["files are not supported", "files are not supported"],
  ]);
  assert.equal(page.url(), `${stage.url}/echo.html`);
});

pageTest(
  "A pasted picture is refused with a message, and a text with a picture is pasted",
  async (stage) => {
    const page = await stage.enter("?name=Ann#den", WIDE);
    await page.context().grantPermissions(["clipboard-read", "clipboard-write"]);
    const copy = (hasText: boolean) =>
      page.evaluate(`new Promise((resolve) => {
      const canvas = Object.assign(document.createElement("canvas"), { width: 2, height: 2 });
      canvas.toBlob((picture) => {
        const text = new Blob(["a table"], { type: "text/plain" });
        const item = { "image/png": picture, ...(${hasText} && { "text/plain": text }) };
        resolve(navigator.clipboard.write([new ClipboardItem(item)]));
      });
    })`);
    await copy(false);
    await page.press("#text", "Control+v");
    await page.locator(".toast", { hasText: "Files are not supported yet." }).waitFor();
    await page.locator(".toast").getByRole("button", { name: "Dismiss" }).click();
    await copy(true);
    await page.press("#text", "Control+v");
    await eventually(() => page.inputValue("#text"), "a table");
    assert.equal(await page.locator(".toast").count(), 0);
  },
);
