/**
 * Private rooms, created in the page.
 * @module
 */
import type { Page } from "playwright-core";
import { eventually, whenJoined } from "../page_fixture.ts";

/** Creates a private room with the dialog, and joins it. */
export async function createPrivate(page: Page, title: string): Promise<void> {
  await page.click("#new-room");
  await page.locator("#new-room-dialog[open]").waitFor();
  await page.keyboard.type(title);
  await page.keyboard.press("Enter");
  await eventually(() => page.innerText("#room-title"), title);
  await whenJoined(page);
}
