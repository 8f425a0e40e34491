/**
 * Scrolls as a user does with a wheel: up through a whole room and down again, and for comparison up and down in the
 * newest messages only. The cost of a frame and of a message is compared between the two in the same browser.
 * @module
 */
import type { CDPSession, Page } from "playwright-core";
import { type PageMemory, pageMemory, traced, type TracedRun } from "./watch.ts";

const SPEED_PX_PER_S = 25_000;
const PLACE = { x: 700, y: 400 };

/** What was scrolled through, and what it cost. */
export interface Scrolled extends TracedRun {
  /** Number of messages that were passed. */
  readonly messages: number;
  readonly held: PageMemory;
}

/** A path from the newest message up to another one, and down again. */
export interface Way {
  /** The number of that message. Entries are numbered, and some entries only change a message. */
  readonly to: number;
  /** Number of messages between them. */
  readonly messages: number;
  /** How often to repeat it. */
  readonly times: number;
}

/** Scrolls along the path. */
export async function scroll(page: Page, { to, messages, times }: Way): Promise<Scrolled> {
  const session = await page.context().newCDPSession(page);
  // Short gestures on short paths, because a gesture cannot be stopped halfway.
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
