/**
 * The share of announcements, calls and posts that meet each fault. Drawn once for a scenario, and zero again at its
 * end, because the guarantees are about what happens after the faults.
 * @module
 */
import type { Dice } from "./dice.ts";

/** Shares in [0, 1]. */
export interface FaultRates {
  /** Announcements that are lost. */
  readonly lost: number;
  /** Announcements that arrive twice. */
  readonly duplicated: number;
  /** Announcements that arrive late: after later ones, unless `orderly`. */
  readonly late: number;
  /** Whether a late announcement holds up later ones. */
  readonly isOrderly: boolean;
  /** Calls that are refused at once. */
  readonly refused: number;
  /** Calls whose request is lost. */
  readonly requestLost: number;
  /** Calls that are executed but whose reply is lost. */
  readonly replyLost: number;
  /** Calls that take seconds. */
  readonly slow: number;
  /** Bridge posts that are dropped. */
  readonly dropped: number;
}

/** No faults. */
export const NO_FAULTS: FaultRates = {
  lost: 0,
  duplicated: 0,
  late: 0,
  isOrderly: true,
  refused: 0,
  requestLost: 0,
  replyLost: 0,
  slow: 0,
  dropped: 0,
};

/** About half of the faults, each at a random rate. */
export function randomFaultRates(dice: Dice): FaultRates {
  return {
    lost: dice.perhaps(0.3),
    duplicated: dice.perhaps(0.3),
    late: dice.perhaps(0.3),
    isOrderly: dice.chance(0.5),
    refused: dice.perhaps(0.15),
    requestLost: dice.perhaps(0.1),
    replyLost: dice.perhaps(0.2),
    slow: dice.perhaps(0.1),
    dropped: dice.perhaps(0.15),
  };
}
