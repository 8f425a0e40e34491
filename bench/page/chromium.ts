/**
 * The system's Chromium for the page's benchmarks and screenshots: headless and with software rendering, so that
 * compositing runs in threads of its own and does not count as the page's work.
 * @module
 */
import { type Browser, chromium } from "playwright-core";
import { findProgram } from "../../tests/support/provision.ts";

// The headless shell comes last: it draws no window, so its figures do not compare with those of the others.
const NAMES = ["chromium", "chromium-browser", "google-chrome", "chromium-headless-shell"];
// No sandbox, because containers and root lack it, and no background work of the browser.
const FLAGS = [
  ...["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run"],
  ...["--disable-background-networking", "--disable-component-update", "--disable-sync"],
];

/** Starts Chromium with an empty profile. @param flags Additional flags. */
export async function launch(...flags: readonly string[]): Promise<Browser> {
  const executablePath = await findProgram(NAMES);
  if (executablePath === undefined) {
    throw new Error(
      "Cannot find Chromium: install the Debian package chromium or chromium-headless-shell",
    );
  }
  // Otherwise a signal would end the browser, and this program would wait for it.
  const signals = { handleSIGINT: false, handleSIGTERM: false, handleSIGHUP: false };
  return await chromium.launch({ executablePath, args: [...FLAGS, ...flags], ...signals });
}
