/**
 * Waits until a browser is idle. A new window is busy for half a second and more, because Chromium loads much of its
 * own interface into it, which would count as the page's work.
 * @module
 */
import type { Browser } from "playwright-core";

const LOOK_MS = 250;
// Share of one core, for all processes together; measuring uses some as well.
const QUIET_SHARE = 0.05;
const QUIET_LOOKS = 3;
const DEADLINE_MS = 30_000;

/** Resolves when all processes of the browser together have used almost no CPU time for a while. */
export async function untilIdle(browser: Browser): Promise<void> {
  const session = await browser.newBrowserCDPSession();
  const used = async () => {
    const { processInfo } = await session.send("SystemInfo.getProcessInfo");
    return processInfo.reduce((sum, { cpuTime }) => sum + cpuTime, 0);
  };
  const start = performance.now();
  let [last, quiet] = [await used(), 0];
  while (quiet < QUIET_LOOKS) {
    await new Promise((resolve) => setTimeout(resolve, LOOK_MS));
    const now = await used();
    quiet = (now - last) * 1000 < QUIET_SHARE * LOOK_MS ? quiet + 1 : 0;
    last = now;
    if (performance.now() - start > DEADLINE_MS) {
      throw new Error(`Cannot measure: the browser was still busy after ${DEADLINE_MS} ms`);
    }
  }
  await session.detach();
}
