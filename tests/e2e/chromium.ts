/**
 * The system's Chromium, steered from outside. Each window has a browser profile of its own, and notes whatever the browser
 * itself complains of: an uncaught error, a breach of the content policy, a request to another host, a dialog or a window
 * that only a script from a message could have opened. A newcomer would look only at what a page shows.
 * @module
 */
import axe, { type AxeResults } from "axe-core";
import { type Browser, type BrowserContextOptions, chromium, type Page } from "playwright-core";
import { type Program, type Wanted } from "../provision.ts";

/** As {@linkcode programTest} asks for it. */
export const CHROMIUM: Wanted = {
  names: ["chromium", "chromium-browser", "google-chrome"],
  install: "the Debian package chromium",
};
// No sandbox, because containers and root have none to give; and nothing that the browser would do of its own accord.
const FLAGS = [
  ...["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run"],
  ...["--disable-background-networking", "--disable-component-update", "--disable-sync"],
];

/** Far longer than anything takes: only what never happens is found by it. */
const DEADLINE_MS = 20_000;

/** Starts a browser without a window. */
export function launch({ path }: Program): Promise<Browser> {
  return chromium.launch({ executablePath: path, args: FLAGS });
}

/** A page in a browser profile of its own, and what the browser complained of. */
export interface Window extends AsyncDisposable {
  readonly page: Page;
  readonly complaints: readonly string[];
}

/** Opens an address in a profile that has never been there. @param before A script for each page, run before its own. */
export async function openWindow(
  browser: Browser,
  address: string,
  options: BrowserContextOptions = {},
  before = "",
): Promise<Window> {
  const context = await browser.newContext({ locale: "en-US", ...options });
  context.setDefaultTimeout(DEADLINE_MS);
  const complaints: string[] = [];
  const { host } = new URL(address);
  context.on("request", (request) => {
    if (new URL(request.url()).host !== host) complaints.push(`request: ${request.url()}`);
  });
  context.on("page", (page) => {
    page.on("console", (it) => it.type() === "error" && complaints.push(`console: ${it.text()}`));
    page.on("pageerror", (error) => complaints.push(`uncaught: ${error.message}`));
    page.on("popup", (popup) => complaints.push(`popup: ${popup.url()}`));
    page.on("dialog", (dialog) => {
      complaints.push(`dialog: ${dialog.message()}`);
      dialog.dismiss().catch(() => {});
    });
  });
  await context.addInitScript(`
    addEventListener("securitypolicyviolation", ({ violatedDirective, blockedURI }) =>
      console.error("policy", violatedDirective, blockedURI));
    ${before}
  `);
  const page = await context.newPage();
  await page.goto(address);
  return { page, complaints, [Symbol.asyncDispose]: () => context.close() };
}

/** What axe-core finds that keeps people out, each with its element. */
export async function barriers(page: Page): Promise<readonly string[]> {
  // Evaluated and not added as a script, which the content policy would refuse.
  if (await page.evaluate("typeof axe") === "undefined") await page.evaluate(axe.source);
  const { violations } = await page.evaluate<AxeResults>(
    `axe.run({ resultTypes: ["violations"] })`,
  );
  return violations.flatMap(({ id, impact, nodes }) =>
    nodes.map(({ html }) => `${impact}: ${id}: ${html}`)
  );
}
