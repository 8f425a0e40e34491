/**
 * A busy room: the work of a reader's page for each message that arrives, compared with its work in silence.
 * @module
 */
import type { Page } from "playwright-core";
import type { Chatters } from "./chatters.ts";
import { traced, type TracedRun } from "./watch.ts";

const PER_SECOND = 50;
const SECONDS = 10;

/** The messages that arrived, and the work that they caused. */
export interface BusyRun extends TracedRun {
  /** Number of messages that arrived. */
  readonly messages: number;
}

/** While messages arrive. */
export async function measureBusy(page: Page, chatters: Chatters): Promise<BusyRun> {
  const messages = PER_SECOND * SECONDS;
  const load = await traced(page, () => chatters.talk(messages, 1000 / PER_SECOND));
  return { ...load, messages };
}

/** In silence. */
export async function measureQuiet(page: Page): Promise<BusyRun> {
  const pause = () => new Promise<void>((resolve) => setTimeout(resolve, SECONDS * 1000));
  return { ...await traced(page, pause), messages: 0 };
}
