/**
 * The review of messages of a process: who is asked, and what `/readyz` says about it.
 * @module
 */
import { addReviewGauge, reviewMetrics } from "../../chat/metrics.ts";
import type { MessageReviewer } from "../../chat/ports/message_reviewer.ts";
import type { Config } from "../../core/config/config.ts";
import { HttpReviewer } from "../moderation/http_reviewer.ts";
import type { BackendContext } from "./backend.ts";

/** The review of messages. */
export interface Moderation {
  /** Accepts everything without `MODERATION_URL`; workers do not ask it then. */
  readonly reviewer: MessageReviewer;
  /** What is wrong at the moment, for operators. */
  readonly problems: () => readonly string[];
}

const NO_MODERATION: Moderation = {
  reviewer: { reviewMessage: () => Promise.resolve({ kind: "accepted" }) },
  problems: () => [],
};
const PAUSED = "messages are not reviewed: MODERATION_URL gives no valid answers";

/** Prepares the review; nothing is asked yet. */
export function createModeration(
  { moderationUrl: url, moderationSecret: secret, maxMessageBytes: maxTextBytes }: Pick<
    Config,
    "moderationUrl" | "moderationSecret" | "maxMessageBytes"
  >,
  { clock, metrics }: BackendContext,
): Moderation {
  if (url === null || secret === null) return NO_MODERATION;
  const target = { url, secret, maxTextBytes };
  const reviewer = new HttpReviewer({ target, clock, metrics: reviewMetrics(metrics) });
  addReviewGauge(metrics, () => reviewer.isPaused);
  return { reviewer, problems: () => reviewer.isPaused ? [PAUSED] : [] };
}
