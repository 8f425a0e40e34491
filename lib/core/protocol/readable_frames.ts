/**
 * Frames for members of a private room who cannot read what came before a certain number. Of entries up to there, and of those
 * that change a message from there, they are sent the position alone, so that positions have no gaps. Users always read their
 * own entries: a client learns from them what has become of its actions.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * const at = { room: "den", position: "k3j9:9", at: 0, user: "u_1", name: "Ann", id: "1" };
 * const frames = [{ type: "edited", ...at, of: "k3j9:4", text: "hi" } as Frame];
 * assert.equal(earliestShown(frames), 4);
 * assert.deepEqual(readableFrames(frames, { user: "u_2", after: 3 }), frames);
 * const hidden = { type: "hidden", room: "den", position: "k3j9:9" };
 * assert.deepEqual(readableFrames(frames, { user: "u_2", after: 4 }), [hidden]);
 * assert.deepEqual(readableFrames(frames, { user: "u_1", after: 4 }), frames);
 * ```
 * @module
 */
import { parsePosition } from "../log/position.ts";
import type { Frame, FrameOf } from "./frames.ts";

/** Who reads. */
export interface Reader {
  /** The user's id. */
  readonly user: string;
  /** The number of the entry after which the user can read; 0 for everything. */
  readonly after: number;
}

type EntryFrame = FrameOf<"said" | "edited" | "deleted" | "reacted" | "renamed">;

const ENTRIES: ReadonlySet<Frame["type"]> = new Set<EntryFrame["type"]>(
  ["said", "edited", "deleted", "reacted", "renamed"],
);

/** The lowest number of a message that the frames show something of; Infinity if they show none. */
export function earliestShown(frames: readonly Frame[]): number {
  return frames.reduce(
    (lowest, frame) => Math.min(lowest, isEntry(frame) ? shownBy(frame) : Infinity),
    Infinity,
  );
}

/** The frames as a user may read them. */
export function readableFrames(
  frames: readonly Frame[],
  { user, after }: Reader,
): readonly Frame[] {
  if (after === 0) return frames;
  return frames.map((frame) => {
    const isHidden = isEntry(frame) && frame.user !== user && shownBy(frame) <= after;
    return isHidden ? { type: "hidden", room: frame.room, position: frame.position } : frame;
  });
}

function isEntry(frame: Frame): frame is EntryFrame {
  return ENTRIES.has(frame.type);
}

function shownBy(frame: EntryFrame): number {
  return parsePosition("of" in frame ? frame.of : frame.position)?.seq ?? 0;
}
