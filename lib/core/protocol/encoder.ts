/**
 * How frames are encoded for a connection. A room encodes each frame once per encoder, not once per member, so members
 * must share encoder objects: do not create one per connection.
 * @module
 */
import type { Frame } from "./frames.ts";

/** Encodes the server's frames in one format. */
export interface FrameEncoder {
  /** The text to send; undefined if the format omits this frame. */
  encode(frame: Frame): string | undefined;
  /** Whether several encoded frames, joined by line feeds, may be sent as one message. */
  readonly canBatch: boolean;
}

/** Maximum length of a batch, in UTF-16 code units; a single frame may be longer. */
const MAX_BATCH_LENGTH = 262_144;

/** Encodes frames and joins them into as few messages as possible. */
export function encodeFrames(encoder: FrameEncoder, frames: readonly Frame[]): readonly string[] {
  return packFrames(encoder, frames.map((frame) => encoder.encode(frame)));
}

/**
 * Joins encoded frames into messages: one, if the encoder can batch and they are not too long.
 *
 * @param maxLength Maximum length of a joined message, in UTF-16 code units.
 */
export function packFrames(
  encoder: FrameEncoder,
  texts: readonly (string | undefined)[],
  maxLength: number = MAX_BATCH_LENGTH,
): readonly string[] {
  const messages: string[] = [];
  for (const text of texts) {
    if (text === undefined) continue;
    const last = messages.at(-1);
    const fits = encoder.canBatch && last !== undefined && last.length + text.length < maxLength;
    if (fits) messages[messages.length - 1] = `${last}\n${text}`;
    else messages.push(text);
  }
  return messages;
}
