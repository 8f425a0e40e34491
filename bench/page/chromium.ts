/**
 * The system's Chromium, as the page's bench and its pictures need it: without a window, and drawing by software, so that
 * what it takes to put a picture together is spent in threads of its own and not in the page's.
 * @module
 */
import { type Browser, chromium } from "playwright-core";
import { findProgram } from "../../tests/support/provision.ts";

const NAMES = ["chromium", "chromium-browser", "google-chrome"];
// No sandbox, because containers and root have none to give; and nothing that the browser would do of its own accord.
const FLAGS = [
  ...["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run"],
  ...["--disable-background-networking", "--disable-component-update", "--disable-sync"],
];

/** Starts one with an empty profile. @param flags Beside the usual ones. */
export async function launch(...flags: readonly string[]): Promise<Browser> {
  const executablePath = await findProgram(NAMES);
  if (executablePath === undefined) {
    throw new Error("Cannot find Chromium: install the Debian package chromium");
  }
  // Otherwise a signal would end the browser and leave this program waiting for it.
  const signals = { handleSIGINT: false, handleSIGTERM: false, handleSIGHUP: false };
  return await chromium.launch({ executablePath, args: [...FLAGS, ...flags], ...signals });
}
