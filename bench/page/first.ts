/**
 * The first conversation: from when the page is asked for until a text that was typed into it is seen as sent. Each run has
 * a profile of its own with nothing kept. The person takes no time here: the keys are pressed in the moment in which one is in the room.
 * @module
 */
import type { Browser, CDPSession, Page } from "playwright-core";

const WORDS = "hello";
const WINDOW = { viewport: { width: 1440, height: 900 }, locale: "en-GB" };
const DEADLINE_MS = 30_000;

/** Moments in milliseconds after the page was asked for. */
export interface Moments {
  /** The page itself has come. */
  readonly answered: number;
  /** All scripts have run. */
  readonly loaded: number;
  /** The first picture with something in it. */
  readonly painted: number;
  /** The server has said hello. */
  readonly connected: number;
  /** What was said in the room is there, and the field to write in. */
  readonly joined: number;
  /** The text is in the conversation as sent. */
  readonly sent: number;
  /** And has been drawn. */
  readonly seen: number;
}

// It runs before the page's own scripts, and tells by the page's own clock.
const LOOKOUT = `{
  const moments = globalThis.moments = {};
  const note = (name, isSo) => {
    if (!isSo || name in moments) return false;
    moments[name] = performance.now();
    return true;
  };
  const find = (selector) => document.querySelector(selector) !== null;
  const look = () => {
    note("connected", document.body?.dataset.state === "online");
    const canWrite = document.activeElement?.id === "text" && find("#room-status[hidden]");
    if (note("joined", canWrite && find("#log article"))) reached("joined");
    if (!note("sent", find("#log article.own:not(.pending)"))) return;
    requestAnimationFrame(() => {
      const { port1, port2 } = new MessageChannel();
      port1.onmessage = () => {
        note("seen", true);
        reached("seen");
      };
      port2.postMessage(0);
    });
  };
  const options = { subtree: true, childList: true, attributes: true };
  new MutationObserver(look).observe(document, options);
  addEventListener("focusin", look);
}`;

const ASKED = `{
  const [page] = performance.getEntriesByType("navigation");
  const { responseEnd: answered, domContentLoadedEventEnd: loaded } = page;
  const painted = performance.getEntriesByName("first-contentful-paint")[0]?.startTime;
  ({ ...moments, answered, loaded, painted });
}`;

/** Visits the page for the first time. @param slowdown How many times slower the processor is made. */
export async function firstConversation(
  browser: Browser,
  url: string,
  slowdown: number,
): Promise<Moments> {
  await using context = await browser.newContext(WINDOW);
  const page = await context.newPage();
  await page.addInitScript(LOOKOUT);
  const session = await context.newCDPSession(page);
  await session.send("Runtime.enable");
  await session.send("Runtime.addBinding", { name: "reached" });
  await session.send("Emulation.setCPUThrottlingRate", { rate: slowdown });
  const seen = reached(session);
  await page.goto(url, { waitUntil: "commit" });
  await seen;
  return await momentsOf(page);
}

/** Types when one is in the room, and resolves when what was typed is seen. */
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

// Not waited for one by one: the browser keeps their order, and a person types ahead too.
async function type(session: CDPSession): Promise<void> {
  const enter = { key: "Enter", code: "Enter", windowsVirtualKeyCode: 13, text: "\r" };
  const keys = [...[...WORDS].map((key) => ({ key, text: key })), enter];
  await Promise.all(keys.flatMap((key) => [
    session.send("Input.dispatchKeyEvent", { type: "keyDown", ...key }),
    session.send("Input.dispatchKeyEvent", { type: "keyUp", key: key.key }),
  ]));
}

async function momentsOf(page: Page): Promise<Moments> {
  return await page.evaluate<Moments>(ASKED);
}
