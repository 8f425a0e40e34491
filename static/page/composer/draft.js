// @ts-check
/**
 * The draft of one room: a new message, the message it replies to, and an edit in progress. An edit does not replace the
 * new message, which is shown again when the edit ends. Pure, so that tests need no page.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * const editing = { ...EMPTY_DRAFT, edit: { position: "e:1", known: ["helo"], text: "hello" } };
 * const { draft, notice } = reconcileDraft(editing, () => ({ text: "", deleted: true }));
 * assert.deepEqual([draft.text, draft.edit, notice], ["hello", null, "editDeleted"]);
 * ```
 * @module
 */

import { excerpt } from "../text/excerpt.js";

const MAX_QUOTE_LENGTH = 200;

/** @typedef {{ readonly position: string, readonly name: string, readonly text: string }} Quoted The message being replied to; `text` is an excerpt. */
/** @typedef {{ readonly position: string, readonly known: readonly string[], readonly text: string }} Edit `known`: texts of the message that the edit takes into account. */
/** @typedef {{ readonly text: string, readonly reply: Quoted | null, readonly edit: Edit | null }} Draft */
/** @typedef {"editDeleted" | "editChanged" | "replyDeleted"} DraftNotice Key of the string that explains what happened to the target. */
/** @typedef {{ readonly text: string, readonly deleted?: boolean }} Target */

/** An empty draft. @type {Draft} */
export const EMPTY_DRAFT = Object.freeze({ text: "", reply: null, edit: null });

/** The text in the field. @param {Draft} draft */
export function fieldText({ text, edit }) {
  return edit?.text ?? text;
}

/** The draft after the text in the field has changed. @param {Draft} draft @param {string} text @returns {Draft} */
export function withFieldText(draft, text) {
  const { edit } = draft;
  return edit ? { ...draft, edit: { ...edit, text } } : { ...draft, text };
}

/** Quotes a message. @param {{ position: string, name: string, text: string }} message @returns {Quoted} */
export function toQuoted({ position, name, text }) {
  return { position, name, text: excerpt(text, MAX_QUOTE_LENGTH) };
}

/** Whether the draft is empty. @param {Draft} draft */
export function isEmpty({ text, reply, edit }) {
  return text === "" && reply === null && edit === null;
}

/** Appends a text to the new message. @param {Draft} draft @param {string} text @returns {Draft} */
export function appendText(draft, text) {
  if (text === "") return draft;
  return { ...draft, text: draft.text === "" ? text : `${draft.text}\n${text}` };
}

/** Ends the edit. A changed text is appended to the new message, so that nothing typed is lost. @param {Draft} draft @returns {Draft} */
export function endEdit(draft) {
  const { edit } = draft;
  if (!edit) return draft;
  const rest = { ...draft, edit: null };
  return edit.known.includes(edit.text) ? rest : appendText(rest, edit.text);
}

/** Merges two drafts: texts are joined; of two replies or edits, the first is kept. @param {Draft} draft @param {Draft} other @returns {Draft} */
export function mergeDrafts(draft, other) {
  return isEmpty(draft) ? other : appendText(draft, endEdit(other).text);
}

/**
 * Checks the message that is edited or replied to.
 * @param {Draft} draft
 * @param {(position: string) => Target | undefined} find Undefined for a message that is not loaded; nothing is known about it.
 * @returns {{ draft: Draft, notice: DraftNotice | null }} The same draft if the message has not changed.
 */
export function reconcileDraft(draft, find) {
  const { edit, reply } = draft;
  const target = find((edit ?? reply)?.position ?? "");
  if (!target) return { draft, notice: null };
  if (edit) {
    // Without a text, the user wanted that.
    if (target.deleted) return { draft: endEdit(draft), notice: edit.text ? "editDeleted" : null };
    if (edit.known.includes(target.text)) return { draft, notice: null };
    // Saved in another tab: the room already has this text.
    if (edit.text === target.text) return { draft: { ...draft, edit: null }, notice: null };
    return { draft: endEdit(draft), notice: "editChanged" };
  }
  if (target.deleted) return { draft: { ...draft, reply: null }, notice: "replyDeleted" };
  const text = excerpt(target.text, MAX_QUOTE_LENGTH);
  const isSame = !reply || reply.text === text;
  return { draft: isSame ? draft : { ...draft, reply: { ...reply, text } }, notice: null };
}
