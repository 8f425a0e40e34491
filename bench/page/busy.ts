/**
 * A busy room: what the page of a reader at the end does for each message that comes in, beside what it does when nobody speaks.
 * @module
 */
import type { Page } from "playwright-core";
import type { Crowd } from "./crowd.ts";
import { type Watched, watched } from "./watch.ts";

const PER_SECOND = 50;
const SECONDS = 10;

/** What came in, and what it took. */
export interface Busy extends Watched {
  /** Messages that came in. */
  readonly messages: number;
}

/** Everybody talks. */
export async function hear(page: Page, crowd: Crowd): Promise<Busy> {
  const messages = PER_SECOND * SECONDS;
  const load = await watched(page, () => crowd.talk(messages, 1000 / PER_SECOND));
  return { ...load, messages };
}

/** Nobody talks. */
export async function hush(page: Page): Promise<Busy> {
  const pause = () => new Promise<void>((resolve) => setTimeout(resolve, SECONDS * 1000));
  return { ...await watched(page, pause), messages: 0 };
}
