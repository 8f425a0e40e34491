/**
 * Frames for members of a private room who cannot read what came before a certain number. They are not sent an entry that
 * changes an earlier message, which would say something about that message, but only its position: positions have no gaps.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * const at = { room: "den", position: "k3j9:9", at: 0, user: "u_1", name: "Ann", id: "1" };
 * const frames = [{ type: "edited", ...at, of: "k3j9:4", text: "hi" } as Frame];
 * assert.equal(earliestChanged(frames), 4);
 * assert.deepEqual(readableFrames(frames, 3), frames);
 * assert.deepEqual(readableFrames(frames, 4), [{ type: "hidden", room: "den", position: "k3j9:9" }]);
 * ```
 * @module
 */
import { parsePosition } from "../log/position.ts";
import type { Frame, FrameOf } from "./frames.ts";

/** The lowest number of a message that the frames change; Infinity if they change none. */
export function earliestChanged(frames: readonly Frame[]): number {
  return frames.reduce((lowest, frame) => Math.min(lowest, changedBy(frame)), Infinity);
}

/** The frames for somebody who can read what comes after a number. @param after 0 for everything. */
export function readableFrames(frames: readonly Frame[], after: number): readonly Frame[] {
  if (after === 0) return frames;
  return frames.map((frame) =>
    isChange(frame) && changedBy(frame) <= after ? hidden(frame) : frame
  );
}

type Change = FrameOf<"edited" | "deleted" | "reacted">;

function isChange(frame: Frame): frame is Change {
  return frame.type === "edited" || frame.type === "deleted" || frame.type === "reacted";
}

function changedBy(frame: Frame): number {
  return isChange(frame) ? parsePosition(frame.of)?.seq ?? 0 : Infinity;
}

function hidden({ room, position }: Change): FrameOf<"hidden"> {
  return { type: "hidden", room, position };
}
