/**
 * Waits until a browser has nothing to do. A new window is a busy one: this browser loads much of its own surface into it,
 * for half a second and more, which would be counted as the page's.
 * @module
 */
import type { Browser } from "playwright-core";

const LOOK_MS = 250;
// Of one core's time, by all processes together: to ask for it takes some as well.
const QUIET_SHARE = 0.05;
const QUIET_LOOKS = 3;
const DEADLINE_MS = 30_000;

/** Resolves when all its processes together have used hardly any processor time for a while. */
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
