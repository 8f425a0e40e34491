/**
 * Reports of messages to the moderators. A report is a message in a room of its own, so it is stored, numbered and delivered
 * like every other, and moderators can answer there.
 * @module
 */
import type { Message } from "../log/entry.ts";
import { formatPosition } from "../log/position.ts";
import type { RoomId } from "../names/names.ts";

/** Maximum number of characters of the reported message that a report quotes. */
const MAX_QUOTE = 500;

/**
 * The text of a report, each part on a line of its own: where the message is, who wrote it and how it begins, and why it is
 * reported. Neither of the two who wrote it can add a line, which would pass for a part of the other, or of another report.
 */
export function reportText(
  room: RoomId,
  { position, user, name, text }: Pick<Message, "position" | "user" | "name" | "text">,
  reason: string | undefined,
): string {
  const characters = [...text.slice(0, 2 * MAX_QUOTE)].slice(0, MAX_QUOTE).join("");
  const quote = characters.length < text.length ? `${characters}…` : characters;
  const lines = [`#${room}/${formatPosition(position)}`, `${name} (${user}): ${quote}`];
  return [...lines, ...(reason === undefined ? [] : [reason])].map(onOneLine).join("\n");
}

function onOneLine(text: string): string {
  return text.replace(/[\n\v\f\r\x85\u2028\u2029]/g, " ");
}
