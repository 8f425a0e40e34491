/**
 * How one connection wants to be spoken to. What happens in a room is encoded once for each dialect that is spoken there,
 * however many hear it; so a dialect is an object that many members share.
 * @module
 */
import type { Frame } from "./frames.ts";

/** A way of writing the server's frames. */
export interface Dialect {
  /** What is sent; undefined where this dialect does not tell of it. */
  encode(frame: Frame): string | undefined;
  /** Whether several encoded frames, joined by line feeds, may be sent as one message. */
  readonly joins: boolean;
}

/** A batch is not made longer than this, in UTF-16 code units; one frame alone may be. */
const MAX_BATCH = 262_144;

/** The messages that are sent for some frames. */
export function messagesFor(dialect: Dialect, frames: readonly Frame[]): readonly string[] {
  return packed(dialect, frames.map((frame) => dialect.encode(frame)));
}

/**
 * The messages in which encoded frames are sent: one, if the dialect joins frames and they are not too long.
 *
 * @param maxLength Maximum length of a joined message, in UTF-16 code units.
 */
export function packed(
  dialect: Dialect,
  texts: readonly (string | undefined)[],
  maxLength: number = MAX_BATCH,
): readonly string[] {
  const messages: string[] = [];
  for (const text of texts) {
    if (text === undefined) continue;
    const last = messages.at(-1);
    const fits = dialect.joins && last !== undefined && last.length + text.length < maxLength;
    if (fits) messages[messages.length - 1] = `${last}\n${text}`;
    else messages.push(text);
  }
  return messages;
}
