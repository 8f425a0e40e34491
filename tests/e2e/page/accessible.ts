/**
 * Whether a screen of the page is accessible, whichever theme the user has.
 * @module
 */
import assert from "node:assert/strict";
import type { Page } from "playwright-core";
import { accessibilityViolations, COLOR_RULES } from "../../support/programs/chromium.ts";

/**
 * Checks a screen with axe-core, and its colors in the dark theme too. In another language than English only the words differ,
 * and no color.
 *
 * @param screen In words, for a failure.
 * @param others Further problems that the screen may have in either theme.
 */
export async function checkAccessible(
  page: Page,
  screen: string,
  others: (page: Page) => Promise<readonly string[]> = () => Promise.resolve([]),
): Promise<void> {
  const isEnglish = await page.getAttribute("html", "lang") === "en";
  for (const colorScheme of isEnglish ? ["light", "dark"] as const : ["light"] as const) {
    await page.emulateMedia({ colorScheme });
    const where = `${screen}, ${colorScheme}, ${page.viewportSize()?.width} px`;
    assert.deepEqual(await others(page), [], where);
    const rules = colorScheme === "dark" ? COLOR_RULES : undefined;
    assert.deepEqual(await accessibilityViolations(page, rules), [], where);
  }
}
