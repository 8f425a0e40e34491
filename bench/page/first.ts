/**
 * The first conversation: from the request for the page until a typed text is shown as sent. Each run has a new profile
 * with nothing stored. The user takes no time: the keys are pressed as soon as the room is drawn.
 * @module
 */
import type { Browser, CDPSession, Page } from "playwright-core";
import { untilIdle } from "./rest.ts";

const WORDS = "hello";
const WINDOW = { viewport: { width: 1440, height: 900 }, locale: "en-GB" };
const DEADLINE_MS = 30_000;

/** Times in milliseconds after the page was requested. */
export interface Moments {
  /** The page has arrived. */
  readonly answered: number;
  /** All scripts have run. */
  readonly loaded: number;
  /** The first contentful paint. */
  readonly painted: number;
  /** The server has sent `hello`. */
  readonly connected: number;
  /** The room's messages are drawn, and the message field has the focus. */
  readonly joined: number;
  /** The text is in the log as sent. */
  readonly sent: number;
  /** The text is drawn. */
  readonly seen: number;
}

// It runs before the page's own scripts, and reports times of the page's clock.
const LOOKOUT = `{
  const moments = globalThis.moments = {};
  const note = (name, isSo) => {
    if (!isSo || name in moments) return false;
    moments[name] = performance.now();
    return true;
  };
  const find = (selector) => document.querySelector(selector) !== null;
  const drawn = (name) => requestAnimationFrame(() => {
    const { port1, port2 } = new MessageChannel();
    port1.onmessage = () => note(name, true) && reached(name);
    port2.postMessage(0);
  });
  const look = () => {
    note("connected", document.body?.dataset.state === "online");
    const canWrite = document.activeElement?.id === "text" && find("#room-status[hidden]");
    if (note("there", canWrite && find("#log article"))) drawn("joined");
    if (note("sent", find("#log article.own:not(.pending)"))) drawn("seen");
  };
  const options = { subtree: true, childList: true, attributes: true };
  new MutationObserver(look).observe(document, options);
  addEventListener("focusin", look);
}`;

const PAINTED = `performance.getEntriesByName("first-contentful-paint")[0]?.startTime`;

const ASKED = `{
  const [page] = performance.getEntriesByType("navigation");
  const { responseEnd: answered, domContentLoadedEventEnd: loaded } = page;
  ({ ...moments, answered, loaded, painted: ${PAINTED} });
}`;

/** How to visit a page. */
export interface Visit {
  readonly url: string;
  /** The factor by which the CPU is slowed down. */
  readonly slowdown: number;
  /** Whether to wait until the browser has opened its window and is idle. */
  readonly rests: boolean;
}

/** Visits the chat page for the first time. */
export async function firstConversation(browser: Browser, visit: Visit): Promise<Moments> {
  await using context = await browser.newContext(WINDOW);
  const page = await context.newPage();
  await page.addInitScript(LOOKOUT);
  const session = await context.newCDPSession(page);
  await session.send("Runtime.enable");
  await session.send("Runtime.addBinding", { name: "reached" });
  const seen = reached(session);
  await go(browser, page, session, visit);
  await seen;
  return await page.evaluate<Moments>(ASKED);
}

/** Visits any other page. Resolves to the milliseconds until its first paint. */
export async function firstPicture(browser: Browser, visit: Visit): Promise<number> {
  await using context = await browser.newContext(WINDOW);
  const page = await context.newPage();
  await go(browser, page, await context.newCDPSession(page), visit);
  const painted = await page.waitForFunction<number>(PAINTED);
  return await painted.jsonValue();
}

async function go(
  browser: Browser,
  page: Page,
  session: CDPSession,
  { url, slowdown, rests }: Visit,
): Promise<void> {
  if (rests) await untilIdle(browser);
  // Not earlier: slowing the page down keeps a core busy even while the page is idle.
  await session.send("Emulation.setCPUThrottlingRate", { rate: slowdown });
  await page.goto(url, { waitUntil: "commit" });
}

/** Types once the room is joined, and resolves when the text is shown. */
function reached(session: CDPSession): Promise<void> {
  return new Promise((resolve, reject) => {
    const late = new Error(`Waited ${DEADLINE_MS} ms for the first conversation`);
    const timer = setTimeout(() => reject(late), DEADLINE_MS);
    session.on("Runtime.bindingCalled", ({ payload }) => {
      if (payload === "joined") type(session).catch(reject);
      if (payload !== "seen") return;
      clearTimeout(timer);
      resolve();
    });
  });
}

// Do not wait for each: the browser keeps their order, and users type ahead too.
async function type(session: CDPSession): Promise<void> {
  const enter = { key: "Enter", code: "Enter", windowsVirtualKeyCode: 13, text: "\r" };
  const keys = [...[...WORDS].map((key) => ({ key, text: key })), enter];
  await Promise.all(keys.flatMap((key) => [
    session.send("Input.dispatchKeyEvent", { type: "keyDown", ...key }),
    session.send("Input.dispatchKeyEvent", { type: "keyUp", key: key.key }),
  ]));
}
