/**
 * Scrolling as a person does with a wheel: through a whole room up and down again, and for comparison up and down in the
 * newest messages only. What a frame and a message cost is compared between the two, in the same browser.
 * @module
 */
import type { CDPSession, Page } from "playwright-core";
import { type PageMemory, pageMemory, traced, type TracedRun } from "./watch.ts";

const SPEED_PX_PER_S = 25_000;
const PLACE = { x: 700, y: 400 };

/** What was scrolled through, and what it took. */
export interface Scrolled extends TracedRun {
  /** Messages that went by. */
  readonly messages: number;
  readonly held: PageMemory;
}

/** From the newest message up to another one, and down again. */
export interface Way {
  /** The number of that one. Numbers are those of entries, of which some only change a message. */
  readonly to: number;
  /** How many messages there are between. */
  readonly messages: number;
  /** How often it is gone. */
  readonly times: number;
}

/** Scrolls up and down again. */
export async function scroll(page: Page, { to, messages, times }: Way): Promise<Scrolled> {
  const session = await page.context().newCDPSession(page);
  // Short ones where the way is short, since a gesture is not ended halfway.
  const step = messages > 1_000 ? 10_000 : 1_500;
  const load = await traced(page, async () => {
    for (let i = 0; i < times; i++) {
      while (await firstInView(page) > to) await wheel(session, step);
      while (!await isAtEnd(page)) await wheel(session, -step);
    }
  });
  await session.detach();
  return { ...load, messages: 2 * times * messages, held: await pageMemory(page) };
}

async function wheel(session: CDPSession, yDistance: number): Promise<void> {
  await session.send("Input.synthesizeScrollGesture", {
    ...PLACE,
    ...{ yDistance, speed: SPEED_PX_PER_S, gestureSourceType: "mouse" },
  });
}

/** The number of the first message in view. */
async function firstInView(page: Page): Promise<number> {
  return Number(
    await page.evaluate(`{
    const { top } = document.getElementById("log").getBoundingClientRect();
    const rows = [...document.querySelectorAll("#log article")];
    const first = rows.find((row) => row.getBoundingClientRect().bottom > top);
    Number(first?.dataset.position.split(":")[1]);
  }`),
  );
}

async function isAtEnd(page: Page): Promise<boolean> {
  return await page.locator("#jump").isHidden();
}
