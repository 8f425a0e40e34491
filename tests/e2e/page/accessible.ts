/**
 * Whether a screen of the page is accessible, whichever theme the user has.
 * @module
 */
import assert from "node:assert/strict";
import type { Page } from "playwright-core";
import { accessibilityViolations } from "../../support/programs/chromium.ts";

/** What is checked of a screen. */
export interface AccessibleOptions {
  /** Further problems that the screen may have in either theme. */
  readonly others?: (page: Page) => Promise<readonly string[]>;
  /** Further widths of the window, in CSS pixels. It has its own again at the end. */
  readonly widths?: readonly number[];
  /** False if the same elements were checked before at another width, which changes no color. */
  readonly hasNewColors?: boolean;
}

/**
 * Checks a screen with axe-core, and its colors in the dark theme too. In another language than English only the words differ,
 * and no color; in a window of another width, only where things are.
 *
 * @param screen In words, for a failure.
 */
export async function checkAccessible(
  page: Page,
  screen: string,
  { others = () => Promise.resolve([]), widths = [], hasNewColors = true }: AccessibleOptions = {},
): Promise<void> {
  const isEnglish = await page.getAttribute("html", "lang") === "en";
  const size = page.viewportSize();
  const check = async (colorScheme: "light" | "dark", colors: "too" | "only" | "not") => {
    await page.emulateMedia({ colorScheme });
    const where = `${screen}, ${colorScheme}, ${page.viewportSize()?.width} px`;
    assert.deepEqual(await others(page), [], where);
    assert.deepEqual(await accessibilityViolations(page, colors), [], where);
  };
  for (const width of widths.filter((it) => it !== size?.width)) {
    await page.setViewportSize({ width, height: size?.height ?? 740 });
    await check("light", "not");
  }
  if (size && widths.length > 0) await page.setViewportSize(size);
  const hasColors = isEnglish && hasNewColors;
  await check("light", hasColors ? "too" : "not");
  if (hasColors) await check("dark", "only");
}
