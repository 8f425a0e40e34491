/**
 * How badly things go: what share of announcements, calls and posts meets which fault. Drawn once for a scenario, and fine
 * again at its end, since what is promised then is that everything comes right by itself.
 * @module
 */
import type { Dice } from "./dice.ts";

/** Shares in [0, 1]. */
export interface Weather {
  /** Announcements that do not come. */
  readonly lost: number;
  /** Announcements that come twice. */
  readonly doubled: number;
  /** Announcements that come late; where it is not orderly, after those that follow. */
  readonly late: number;
  /** Whether what comes late holds up what follows. */
  readonly isOrderly: boolean;
  /** Calls that are refused at once. */
  readonly refused: number;
  /** Calls whose request is lost on the way. */
  readonly unheard: number;
  /** Calls whose reply is lost: they were done. */
  readonly unanswered: number;
  /** Calls that take seconds. */
  readonly slow: number;
  /** Posts over the bridge that are dropped. */
  readonly dropped: number;
}

/** Nothing goes wrong. */
export const FINE: Weather = {
  lost: 0,
  doubled: 0,
  late: 0,
  isOrderly: true,
  refused: 0,
  unheard: 0,
  unanswered: 0,
  slow: 0,
  dropped: 0,
};

/** Half of the faults, each as often as it comes. */
export function drawWeather(dice: Dice): Weather {
  return {
    lost: dice.perhaps(0.3),
    doubled: dice.perhaps(0.3),
    late: dice.perhaps(0.3),
    isOrderly: dice.chance(0.5),
    refused: dice.perhaps(0.15),
    unheard: dice.perhaps(0.1),
    unanswered: dice.perhaps(0.2),
    slow: dice.perhaps(0.1),
    dropped: dice.perhaps(0.15),
  };
}
