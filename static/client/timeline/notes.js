// @ts-check
/**
 * The notes shown between a room's messages.
 * @module
 */

/**
 * A line beside the messages: a new name, or missing messages. It is placed after the
 * message at the position `after`, or before the first one if `after` is null.
 * @typedef {{after: string | null, at: number} & (
 *   {type: "renamed", user: string, name: string, from: string} | {type: "missing", reason: string})} Note
 */

const MAX_NOTES = 200;

/**
 * The notes with one more; the same array if it is a duplicate.
 * @param {readonly Note[]} notes
 * @param {Note} note
 * @returns {readonly Note[]}
 */
export function addNote(notes, note) {
  const text = JSON.stringify(note);
  if (notes.some((it) => JSON.stringify(it) === text)) return notes;
  return [...notes, note].slice(-MAX_NOTES);
}

/**
 * The notes after older messages were prepended. A note above the first message keeps its place, except that `too_many` ends:
 * those messages can be loaded.
 * @param {readonly Note[]} notes
 * @param {string | undefined} last The position of the message that is now above.
 * @returns {readonly Note[]}
 */
export function notesAfterPage(notes, last) {
  if (last === undefined) return notes;
  return notes
    .filter((it) => it.after !== null || it.type !== "missing" || it.reason !== "too_many")
    .map((it) => it.after === null ? { ...it, after: last } : it);
}
