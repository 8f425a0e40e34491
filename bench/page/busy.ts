/**
 * A busy room: what the page of a reader at the end does for each message that comes in, beside what it does when nobody speaks.
 * @module
 */
import type { Page } from "playwright-core";
import type { Chatters } from "./chatters.ts";
import { traced, type TracedRun } from "./watch.ts";

const PER_SECOND = 50;
const SECONDS = 10;

/** What came in, and what it took. */
export interface BusyRun extends TracedRun {
  /** Messages that came in. */
  readonly messages: number;
}

/** Everybody talks. */
export async function measureBusy(page: Page, crowd: Chatters): Promise<BusyRun> {
  const messages = PER_SECOND * SECONDS;
  const load = await traced(page, () => crowd.talk(messages, 1000 / PER_SECOND));
  return { ...load, messages };
}

/** Nobody talks. */
export async function measureQuiet(page: Page): Promise<BusyRun> {
  const pause = () => new Promise<void>((resolve) => setTimeout(resolve, SECONDS * 1000));
  return { ...await traced(page, pause), messages: 0 };
}
