/**
 * How long messages take.
 * @module
 */

/** Latency of clients that check times, in milliseconds. */
export const PROMPT_LATENCY_MS = 100;
