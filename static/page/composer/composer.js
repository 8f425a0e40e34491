// @ts-check
/// <reference lib="dom" />
/**
 * The field for a new message, a reply, or an edit of the user's own message. It works without a connection, since the library
 * keeps unsent messages. Each room has its own draft, which is kept when the user goes to another room.
 * @module
 */

import { find, nameButton, onClick, onSubmit, showError } from "../base/dom.js";
import {
  appendText,
  EMPTY_DRAFT,
  endEdit,
  fieldText,
  mergeDrafts,
  reconcileDraft,
  toQuoted,
  withFieldText,
} from "./draft.js";
import { sentence } from "../base/elements.js";
import { parseLine } from "./commands.js";
import { SendRestriction } from "./send_restriction.js";
import {
  hasVisible,
  isInCode,
  isSendKey,
  rowsFor,
  tooManyBytes,
  trimmed,
} from "./composer_rules.js";
import { onLookingChange } from "../base/user_presence.js";

/** @typedef {import("../../client.js").Room} Room */
/** @typedef {import("../../client/timeline/timeline.js").Message} Message */
/** @typedef {import("../../client/timeline/timeline.js").Timeline} Timeline */

/**
 * What the composer needs from the page.
 * @typedef {object} ComposerContext
 * @property {() => number} maxBytes Maximum length of a text.
 * @property {() => boolean} isEnded Whether the chat has ended, so that nothing more is sent.
 * @property {() => boolean} editLast Edits the user's last message; false if there is none.
 * @property {(edit: import("./draft.js").Edit) => void} offerDeletion Offers to delete the message whose edit is empty.
 * @property {(room: Room) => Timeline} timelineOf
 * @property {(room: Room, text: string) => readonly string[]} mentionsIn The users whom a text for a room mentions.
 * @property {(isBegun: boolean) => void} suggestMentions Suggests people to mention if the user is typing a name; `isBegun`: an
 *   `@` was just typed.
 * @property {() => void} stopSuggesting Closes the list of people to mention.
 * @property {(words: string) => void} showToast Shows a toast.
 * @property {(anchor: HTMLElement, onPick: (emoji: string) => void) => void} pickEmoji Opens the emoji picker at an element.
 * @property {(line: import("./commands.js").CommandLine) => Promise<string>} run Runs a command; resolves with an error message.
 */

/** The message field and its surroundings. */
export class Composer {
  #form = find("composer", HTMLFormElement);
  #text = find("text", HTMLTextAreaElement);
  #send = find("send", HTMLButtonElement);
  #error = find("text-error", HTMLElement);
  #banner = find("banner", HTMLElement);
  #bannerWords = find("banner-words", HTMLElement);
  #cancel = find("banner-cancel", HTMLButtonElement);
  #emoji = find("emoji", HTMLButtonElement);
  #hint = find("hint", HTMLElement);
  #sendRestriction;
  #translator;
  #drafts;
  #context;
  /** @type {Room | null} */
  #room = null;
  #draft = EMPTY_DRAFT;
  #stopWatching = () => {};

  /**
   * @param {import("../i18n/strings.js").Translator} translator
   * @param {import("./drafts.js").Drafts} drafts
   * @param {ComposerContext} context
   */
  constructor(translator, drafts, context) {
    this.#translator = translator;
    this.#drafts = drafts;
    this.#context = context;
    this.#sendRestriction = new SendRestriction(translator, () => this.#drawSilence());
    onSubmit(this.#form, () => this.#submit());
    onClick(this.#cancel, () => this.#dismiss());
    onClick(this.#emoji, () => context.pickEmoji(this.#emoji, (emoji) => this.insert(emoji)));
    this.#text.addEventListener("keydown", (event) => this.#onKey(event));
    this.#text.addEventListener("input", () => this.#onInput());
    // The caret may have moved into a code block, where other keys send.
    document.addEventListener("selectionchange", () => this.#drawHint());
    new ResizeObserver(() => this.#fitRows()).observe(this.#form);
    for (const it of [translator.language, translator.roomNames]) it.subscribe(() => this.#draw());
    onLookingChange((looks) => !looks && this.#room?.type(false));
  }

  /** Switches to this room. @param {Room | null} room */
  show(room) {
    if (room === this.#room) return;
    this.#room?.type(false);
    this.#stopWatching();
    this.#room = room;
    this.#form.hidden = room === null;
    this.#sendRestriction.show(room);
    if (!room) return;
    this.#showDraft(this.#drafts.get(room.name));
    const timeline = this.#context.timelineOf(room);
    const watch = () => this.#reconcile(timeline);
    this.#stopWatching = timeline.changes.subscribe(watch);
    watch();
  }

  /** The room was renamed: moves its draft. @param {string} from */
  onRoomRenamed(from) {
    const draft = this.#drafts.get(from);
    this.#drafts.set(from, EMPTY_DRAFT);
    this.#setDraft(mergeDrafts(this.#drafts.get(this.#room?.name ?? ""), draft));
  }

  /** Whether there is a draft, a reply or an edit. */
  get isUsed() {
    return this.#text.value !== "" || !this.#banner.hidden;
  }

  /** Focuses the field. */
  focus() {
    if (!this.#form.hidden && !this.#text.hidden) this.#text.focus();
  }

  /** Inserts a text at the cursor. @param {string} text */
  insert(text) {
    // After a dialog has returned the focus, the field reports its caret at 0 until it is focused again (Chromium 156).
    this.#text.blur();
    this.focus();
    this.#text.setRangeText(text, this.#text.selectionStart, this.#text.selectionEnd, "end");
    this.#onInput();
  }

  /** Replies to a message. @param {Message} message */
  reply(message) {
    this.#setDraft({ ...endEdit(this.#draft), reply: toQuoted(message) });
    this.focus();
  }

  /**
   * Edits a message. The new message is shown again afterwards.
   * @param {Message} message
   * @param {string} text The message's text, with a pending edit applied.
   */
  edit({ position, text: before }, text) {
    this.#setDraft({ ...endEdit(this.#draft), edit: { position, known: [before, text], text } });
    this.focus();
  }

  /** Puts back a text that could not be sent. @param {string} room Its name. @param {string} text */
  putBack(room, text) {
    const draft = appendText(this.#drafts.get(room), text);
    if (room === this.#room?.name) this.#setDraft(draft);
    else this.#drafts.set(room, draft);
  }

  /** Stops replying or editing. */
  #dismiss() {
    const { edit, reply } = this.#draft;
    this.#setDraft({ ...this.#draft, edit: null, reply: edit ? reply : null });
    this.focus();
  }

  /** @param {Timeline} timeline */
  #reconcile(timeline) {
    const { draft, notice } = reconcileDraft(this.#draft, (position) => timeline.get(position));
    if (draft === this.#draft) return;
    this.#setDraft(draft);
    if (notice) this.#context.showToast(this.#translator.text(notice));
  }

  /** @param {import("./draft.js").Draft} draft */
  #setDraft(draft) {
    this.#saveDraft(draft);
    this.#showDraft(draft);
  }

  /** @param {import("./draft.js").Draft} draft */
  #saveDraft(draft) {
    this.#draft = draft;
    if (this.#room) this.#drafts.set(this.#room.name, draft);
  }

  /** @param {import("./draft.js").Draft} draft */
  #showDraft(draft) {
    this.#context.stopSuggesting();
    this.#draft = draft;
    const text = fieldText(draft);
    // Assigning the same text would still move the caret to the end and clear the undo history.
    if (this.#text.value !== text) this.#text.value = text;
    this.#drawHint();
    this.#checkLength();
    this.#draw();
    this.#fitRows();
  }

  /** Hides the field while the user cannot send; its text is kept. */
  #drawSilence() {
    const { isSilent } = this.#sendRestriction;
    const hadFocus = this.#form.contains(document.activeElement);
    const parts = [this.#text, this.#send, this.#emoji, this.#hint, this.#error];
    for (const it of parts) it.hidden = isSilent;
    this.#form.classList.toggle("silent", isSilent);
    this.#draw();
    if (isSilent) this.#room?.type(false);
    if (hadFocus && isSilent) document.getElementById("log")?.focus({ preventScroll: true });
    else if (!isSilent) this.#fitRows();
  }

  get #isInCode() {
    const { value, selectionStart } = this.#text;
    return isInCode(value.slice(0, selectionStart));
  }

  #drawHint() {
    const key = this.#isInCode ? "hintCode" : "hint";
    if (this.#hint.dataset["text"] === key) return;
    // page/i18n/translate.js uses this key when the language changes.
    this.#hint.dataset["text"] = key;
    this.#hint.textContent = this.#translator.text(key);
    this.#text.enterKeyHint = key === "hint" ? "send" : "enter";
  }

  #onInput() {
    this.#drawHint();
    this.#saveDraft(withFieldText(this.#draft, this.#text.value));
    this.#checkLength();
    this.#fitRows();
    // An edit does not change whom the message mentions.
    if (this.#draft.edit) return;
    const { value, selectionStart } = this.#text;
    // A command must not be reported as typing.
    this.#room?.type(/^[^/]/.test(value));
    this.#context.suggestMentions(value[selectionStart - 1] === "@");
  }

  #submit() {
    const room = this.#room;
    const text = trimmed(this.#text.value);
    if (this.#sendRestriction.isSilent) return;
    const { edit, reply } = this.#draft;
    const isEmpty = !hasVisible(text);
    if (edit && isEmpty) return this.#context.offerDeletion(edit);
    if (!room || isEmpty || !this.#checkLength()) return this.focus();
    const line = parseLine(text);
    // The log shows no new actions then. The text stays as a draft, also while the user signs in again.
    if ((edit || line.kind === "say") && this.#context.isEnded()) return this.focus();
    if (edit) {
      // Others would see that it was edited, even without a change.
      const isChanged = ![text, edit.text].includes(edit.known.at(-1) ?? "");
      if (isChanged) room.edit(edit.position, text);
    } else if (line.kind === "say") this.#say(room, line.text, reply?.position);
    else {
      this.#context.stopSuggesting();
      this.focus();
      return void this.#runCommand(room, line);
    }
    this.#setDraft(edit ? { ...this.#draft, edit: null } : EMPTY_DRAFT);
    this.focus();
  }

  /** @param {Room} room @param {string} text @param {string | undefined} reply */
  #say(room, text, reply) {
    const mentions = this.#context.mentionsIn(room, text);
    room.say(text, { ...(reply && { reply }), ...(mentions.length > 0 && { mentions }) });
  }

  /** @param {Room} room @param {import("./commands.js").CommandLine} line */
  async #runCommand(room, line) {
    const { name } = room;
    const text = this.#text.value;
    const wrong = await this.#context.run(line);
    const draft = this.#drafts.get(name);
    // Keep what was typed meanwhile, even if a command led to another room.
    if (draft.edit || draft.text !== text) return;
    const isHere = name === this.#room?.name;
    if (wrong !== "" && isHere) showError(this.#text, this.#error, wrong);
    else if (isHere) this.#setDraft({ ...draft, text: "" });
    else this.#drafts.set(name, { ...draft, text: "" });
  }

  // Check before sending: the text leaves the field before the server can refuse it.
  #checkLength() {
    const bytes = tooManyBytes(trimmed(this.#text.value), this.#context.maxBytes());
    const words = bytes > 0
      ? this.#translator.text("tooLong", { bytes: this.#translator.number(bytes) })
      : "";
    // Screen readers read the alert aloud at each change, so do not update the count at each key.
    if ((words === "") !== (this.#error.textContent === "")) {
      showError(this.#text, this.#error, words);
    }
    return bytes === 0;
  }

  #draw() {
    const text = this.#translator.text.bind(this.#translator);
    const room = this.#room ? this.#translator.roomName(this.#room.name) : "";
    this.#text.placeholder = text("messageTo", { room });
    this.#text.setAttribute("aria-label", text("messageTo", { room }));
    const { edit, reply } = this.#draft;
    this.#banner.hidden = !reply && !edit || this.#sendRestriction.isSilent;
    this.#bannerWords.replaceChildren(
      ...(reply && !edit ? sentence(text("answering"), { ...reply }) : [text("editing")]),
    );
    nameButton(this.#cancel, text(edit ? "cancelEdit" : "cancelReply"));
    nameButton(this.#send, text(edit ? "save" : "send"));
  }

  #fitRows() {
    this.#text.rows = 1;
    // One row is enough for the placeholder, although browsers count its lines.
    if (this.#text.value === "") return;
    const lineHeight = Number.parseFloat(getComputedStyle(this.#text).lineHeight);
    this.#text.rows = rowsFor(this.#text.scrollHeight - this.#text.clientHeight, lineHeight);
  }

  /** @param {KeyboardEvent} event */
  #onKey(event) {
    if (isSendKey(event, this.#isInCode)) {
      event.preventDefault();
      this.#submit();
    } else if (event.key === "Escape" && !event.isComposing && !this.#banner.hidden) {
      event.preventDefault();
      this.#dismiss();
    } else if (event.key === "ArrowUp" && this.#text.value === "" && !event.altKey) {
      if (this.#context.editLast()) event.preventDefault();
    }
  }
}
