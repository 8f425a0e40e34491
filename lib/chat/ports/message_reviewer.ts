/**
 * Who reviews messages before they enter a room: a service of the operator.
 * @module
 */
import type { ReviewedMessage, ReviewOutcome } from "../../core/moderation/review.ts";

/** The operator's review service, which all sessions of a process share. */
export interface MessageReviewer {
  /**
   * Asks what is to become of a message. Resolves within a few seconds, and never rejects: if there is no answer, the outcome
   * says so. Calls run at the same time, and may resolve in any order.
   */
  reviewMessage(message: ReviewedMessage): Promise<ReviewOutcome>;
}
