/**
 * The system's Chromium, controlled from tests. Each window has its own browser profile, and records whatever the browser
 * itself complains about: an uncaught error, a violation of the content policy, a request to another host, a dialog or a
 * window that only a script from a message could have opened.
 * @module
 */
import type { AxeResults } from "axe-core";
import {
  type Browser,
  type BrowserContext,
  type BrowserContextOptions,
  chromium,
  type Page,
} from "playwright-core";
import { MAY_RESET_UPGRADES } from "../engine.ts";
import {
  DEADLINE_MS,
  findProgram,
  type Program,
  programTest,
  type RequiredProgram,
  withinDeadline,
} from "../provision.ts";

/**
 * As {@linkcode programTest} needs it. The headless shell comes first: it draws no window around the pages, and these
 * tests take less than half the CPU time with it.
 */
export const CHROMIUM: RequiredProgram = {
  names: ["chromium-headless-shell", "chromium", "chromium-browser", "google-chrome"],
  install: "the Debian package chromium-headless-shell or chromium",
};
// No sandbox, because containers and root have none to give; and no activity that the browser would start by itself.
const FLAGS = [
  ...["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run"],
  ...["--disable-background-networking", "--disable-component-update", "--disable-sync"],
];

/**
 * Otherwise each window has a second process, which waits for a page of another site. Two profiles never share a process, but
 * the tabs of one do.
 */
const ONE_PROCESS_PER_PROFILE = "--renderer-process-limit=1";

/** Starts a browser without a window. @param flags Command-line flags in addition to those that all tests need. */
export function launch({ path }: Program, flags: readonly string[] = []): Promise<Browser> {
  const options = { executablePath: path, args: [...FLAGS, ...flags], timeout: DEADLINE_MS };
  return chromium.launch(options);
}

let browser: Browser | undefined;
let isShared = false;

/**
 * Registers a test that needs a browser. All such tests of an isolate share one, since its start takes longer than most
 * of them; {@linkcode openWindow} isolates what their pages store.
 */
export function browserTest(name: string, fn: (browser: Browser) => Promise<void>): void {
  shareBrowser();
  programTest(CHROMIUM, name, async () => {
    if (browser === undefined) {
      throw new Error("Cannot find the browser: none was started");
    }
    await fn(browser);
  }, MAY_RESET_UPGRADES);
}

/** Starts a browser before the first test of this isolate, and closes it after the last one. */
function shareBrowser(): void {
  if (isShared) return;
  isShared = true;
  Deno.test.beforeAll(async () => {
    const path = await findProgram(CHROMIUM.names);
    if (path !== undefined) browser = await launch({ path, env: {} }, [ONE_PROCESS_PER_PROFILE]);
  });
  Deno.test.afterAll(() => browser?.close());
}

/** A page in its own browser profile, and the browser's complaints. */
export interface Window extends AsyncDisposable {
  readonly page: Page;
  readonly complaints: readonly string[];
}

// A mark or a toast that disappears by itself may be gone before a test on a busy machine looks for it.
const KEEP_TRANSIENT = `{
  const { setTimeout } = globalThis;
  globalThis.setTimeout = (fn, ...rest) =>
    /"flash"|:focus-within/.test(String(fn)) ? 0 : setTimeout(fn, ...rest);
}`;

/**
 * A new browser profile. Its pages have the timeout of all tests, not playwright's 30 s; elements that they show only for
 * some seconds stay. Without motion unless the options ask for it, since each frame of an animation is drawn without a GPU.
 */
export async function openProfile(
  browser: Browser,
  options: BrowserContextOptions = {},
): Promise<BrowserContext> {
  const context = await browser.newContext({
    ...{ locale: "en-US", reducedMotion: "reduce" },
    ...options,
  });
  context.setDefaultTimeout(DEADLINE_MS);
  await context.addInitScript(KEEP_TRANSIENT);
  context.on("page", limitEvaluation);
  return context;
}

/** Playwright has no timeout for scripts, and one that waits for an event may wait forever. */
function limitEvaluation(page: Page): void {
  const evaluate = page.evaluate.bind(page);
  page.evaluate = ((script: string, argument: unknown) =>
    withinDeadline(
      `this script in the page: ${script}`,
      evaluate(script, argument),
    )) as typeof evaluate;
}

/** Opens a URL in a new profile. @param before A script for each page, run before its own. */
export async function openWindow(
  browser: Browser,
  address: string,
  options: BrowserContextOptions = {},
  before = "",
): Promise<Window> {
  const context = await openProfile(browser, options);
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

/** The rules of axe-core that depend on colors, and so on the theme. */
const COLOR_RULES = ["color-contrast", "link-in-text-block"];

/**
 * Accessibility violations that axe-core finds, each with its element.
 *
 * @param colors Whether to check {@linkcode COLOR_RULES}, which take most of the time, only these, or all others.
 */
export async function accessibilityViolations(
  page: Page,
  colors: "too" | "only" | "not" = "too",
): Promise<readonly string[]> {
  if (await page.evaluate("typeof axe") === "undefined") {
    // Loaded here, since few files need it; evaluated, not added as a script, which the content policy would refuse.
    const { default: axe } = await import("axe-core");
    await page.evaluate(axe.source);
  }
  const isOff = COLOR_RULES.map((rule) => [rule, { enabled: false }]);
  const options = JSON.stringify({
    resultTypes: ["violations"],
    ...(colors === "only" && { runOnly: COLOR_RULES }),
    ...(colors === "not" && { rules: Object.fromEntries(isOff) }),
  });
  const { violations } = await page.evaluate<AxeResults>(`axe.run(${options})`);
  return violations.flatMap(({ id, impact, nodes }) =>
    nodes.map(({ html }) => `${impact}: ${id}: ${html}`)
  );
}
