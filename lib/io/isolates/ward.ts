/**
 * What the supervisor knows about a serving isolate, and what it can do with it.
 * @module
 */
import type { DrainKind } from "../drain.ts";
import type { Report } from "../front.ts";

/** One that serves: a part of `Isolate`. */
export interface Ward {
  /** Which one it is. */
  readonly number: number;
  /** Resolves when it serves; rejects with the reason where it cannot. */
  isUp(): Promise<void>;
  /** Resolves with the reason where it has failed. */
  readonly failed: Promise<string>;
  /** What it tells of itself; it may never come. */
  report(): Promise<Report>;
  /** Says goodbye to its clients. */
  drain(kind: DrainKind): Promise<void>;
  /** Parks the clients with the largest backlogs. */
  relieve(): Promise<void>;
  /** Ends it; false where it cannot be ended. */
  terminate(): Promise<boolean>;
}

/** What is known about an isolate. */
export interface Chart {
  /** How many questions in a row it has not answered. */
  missed: number;
  /** What it told last. */
  latest: Report | undefined;
}

/** An isolate that does not answer cannot be ended either: only the end of the process helps. */
export class Unstoppable extends Error {
  /** For logs; tell it by `instanceof`. */
  override readonly name = "Unstoppable";
}
