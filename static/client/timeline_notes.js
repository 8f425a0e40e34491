// @ts-check
/**
 * What is to be told between a room's messages.
 * @module
 */

/**
 * Something beside the messages that is worth a line: a new name, or that something is missing. It stands after the
 * message at the position `after`, or before the first.
 * @typedef {{after: string | null, at: number} & (
 *   {type: "renamed", name: string, from: string} | {type: "missing", reason: string})} Note
 */

const MAX_NOTES = 200;

/**
 * The notes and one more; the same list where it is known.
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
 * The notes after older messages came. What stood above the first message keeps its place; but where all can be had by
 * asking, nothing is missing any more.
 * @param {readonly Note[]} notes
 * @param {string | undefined} last The position of the message that now stands above.
 * @returns {readonly Note[]}
 */
export function notesAfterPage(notes, last) {
  if (last === undefined) return notes;
  return notes
    .filter((it) => it.after !== null || it.type !== "missing" || it.reason !== "too_many")
    .map((it) => it.after === null ? { ...it, after: last } : it);
}
