/**
 * Entries of a service whose messages are reviewed before they enter a room. The reviews of one user's messages run at the
 * same time, but the messages are published in the order in which they were sent, and so is what the user edits, deletes
 * and reacts to meanwhile. A slow review does not delay other users.
 * @module
 */
import { contentOf } from "../../core/log/content.ts";
import type { Draft } from "../../core/log/entry.ts";
import type { ReviewedMessage, ReviewOutcome } from "../../core/moderation/review.ts";
import { FAULTS } from "../../core/protocol/faults.ts";
import type { Frame, FrameOf } from "../../core/protocol/frames.ts";
import { faultFrame } from "../../core/protocol/json_protocol.ts";
import type { RequestOf } from "../../core/protocol/requests.ts";
import { isForModerators } from "../../core/rooms/service_rooms.ts";
import { SpeakerOrder } from "./speaker_order.ts";
import type { MessageReviewer } from "../ports/message_reviewer.ts";

/** A request that becomes an entry of a room's log. */
export type EntryRequest = RequestOf<"say" | "edit" | "delete" | "react">;

/** An entry that is about to be published. */
export interface OutgoingEntry {
  /** The request, with a text that the word list allows. */
  readonly request: EntryRequest;
  /** What is published if the review accepts it as it is. */
  readonly draft: Pick<Draft, "room" | "user" | "name" | "id">;
}

const NO_ANSWER = "messages cannot be reviewed at the moment, try again";
const TOO_MANY = "too many of your messages are being reviewed, try again";
/** When those messages will have been reviewed. */
const TOO_MANY_MS = 1_000;

/** Publishes the entries of one worker once they have been reviewed. */
export class EntryReview {
  readonly #reviewer: MessageReviewer;
  readonly #onFailure: "open" | "closed";
  readonly #order = new SpeakerOrder();

  /** Nothing is under way. @param onFailure Whether messages enter, or are refused, if there is no answer. */
  constructor(reviewer: MessageReviewer, onFailure: "open" | "closed") {
    this.#reviewer = reviewer;
    this.#onFailure = onFailure;
  }

  /** Number of users who have something under way. */
  get speakers(): number {
    return this.#order.size;
  }

  /**
   * Publishes an entry in its turn, with the text that the review leaves it; or resolves with the fault for its author.
   *
   * @param enter Publishes the request that it is passed.
   */
  async publish(
    { request, draft: { room, user, name, id } }: OutgoingEntry,
    enter: (request: EntryRequest) => Promise<Frame | undefined>,
  ): Promise<Frame | undefined> {
    if (this.#order.isFull(user)) {
      return { ...faultFrame(request.id, "unavailable", TOO_MANY), afterMs: TOO_MANY_MS };
    }
    const isReviewed = (request.type === "say" || request.type === "edit") &&
      !isForModerators(room);
    if (!isReviewed) return await this.#order.run(user, () => enter(request));
    const content = request.type === "say" ? contentOf(request) : { text: request.text };
    const message = { room, user, name, id, ...content, about: aboutOf(request) };
    const review = this.#reviewer.reviewMessage(message);
    return await this.#order.run(user, async () => {
      const reviewed = this.#apply(await review, request);
      return reviewed.type === "fault" ? reviewed : await enter(reviewed);
    });
  }

  #apply(
    outcome: ReviewOutcome,
    request: RequestOf<"say" | "edit">,
  ): RequestOf<"say" | "edit"> | FrameOf<"fault"> {
    switch (outcome.kind) {
      case "accepted":
        return request;
      case "replaced":
        return { ...request, text: outcome.text };
      case "rejected":
        return rejectedFault(request.id, outcome.reason);
      case "failed": {
        if (this.#onFailure === "open") return request;
        const { afterMs } = outcome;
        return { ...faultFrame(request.id, "unavailable", NO_ANSWER), afterMs };
      }
    }
  }
}

function aboutOf(request: RequestOf<"say" | "edit">): ReviewedMessage["about"] {
  if (request.type === "edit") return { kind: "edit", of: request.of };
  return { kind: "say", reply: request.reply };
}

function rejectedFault(id: string | undefined, reason: string | undefined): FrameOf<"fault"> {
  if (reason === undefined) return faultFrame(id, "rejected");
  return { ...faultFrame(id, "rejected", `${FAULTS.rejected.message}: ${reason}`), reason };
}
