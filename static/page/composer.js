// @ts-check
/// <reference lib="dom" />
/**
 * The field in which one writes: a new message, an answer, or another text for a message of one's own. It works without a
 * connection, since the library keeps what is said; what is half written is kept here, for each room.
 * @module
 */

import { find, nameButton, onClick, onSubmit, showError } from "./dom.js";
import { sentence } from "./log_dom.js";
import { isSendKey, rowsFor, tooManyBytes, trimmed } from "./composing.js";

/** @typedef {import("../client.js").Room} Room */
/** @typedef {import("../client/timeline.js").Message} Message */
/** @typedef {import("./drafts.js").Quoted} Quoted */

/** The field with what belongs to it. */
export class Composer {
  #form = find("composer", HTMLFormElement);
  #text = find("text", HTMLTextAreaElement);
  #send = find("send", HTMLButtonElement);
  #error = find("text-error", HTMLElement);
  #banner = find("banner", HTMLElement);
  #bannerWords = find("banner-words", HTMLElement);
  #cancel = find("banner-cancel", HTMLButtonElement);
  #emoji = find("emoji", HTMLButtonElement);
  #words;
  #drafts;
  #maxBytes;
  #lastOwn;
  /** @type {Room | null} */
  #room = null;
  /** @type {Quoted | null} */
  #reply = null;
  /** The position of what is edited. @type {string | null} */
  #edited = null;

  /**
   * @param {import("./strings.js").Words} words
   * @param {import("./drafts.js").Drafts} drafts
   * @param {import("./emoji.js").EmojiPicker} picker
   * @param {{ maxBytes: () => number, lastOwn: () => Message | undefined }} knows How long a text may be, and what one said last.
   */
  constructor(words, drafts, picker, { maxBytes, lastOwn }) {
    this.#words = words;
    this.#drafts = drafts;
    this.#maxBytes = maxBytes;
    this.#lastOwn = lastOwn;
    onSubmit(this.#form, () => this.#submit());
    onClick(this.#cancel, () => this.#dismiss());
    onClick(this.#emoji, () => picker.open(this.#emoji, (emoji) => this.#insert(emoji)));
    this.#text.addEventListener("keydown", (event) => this.#press(event));
    this.#text.addEventListener("input", () => this.#changed());
    new ResizeObserver(() => this.#grow()).observe(this.#form);
    words.language.subscribe(() => this.#draw());
  }

  /** Writes in this room from now on. @param {Room | null} room */
  show(room) {
    if (room === this.#room) return;
    this.#room?.type(false);
    this.#room = room;
    this.#form.hidden = room === null;
    if (room) this.#takeDraft(room);
  }

  /** Goes to the field. */
  focus() {
    if (!this.#form.hidden) this.#text.focus();
  }

  /** Answers a message. @param {Message} message */
  reply({ position, name, text }) {
    if (this.#edited && this.#room) this.#takeDraft(this.#room);
    this.#reply = { position, name, text: text.slice(0, 200) };
    this.#keep();
    this.#draw();
    this.focus();
  }

  /** Gives a message another text. What was half written comes back afterwards. @param {Message} message */
  edit({ position, text }) {
    this.#edited = position;
    this.#reply = null;
    this.#put(text);
    this.focus();
  }

  /** Stops answering or editing. */
  #dismiss() {
    if (this.#edited && this.#room) {
      this.#takeDraft(this.#room);
    } else {
      this.#reply = null;
      this.#keep();
      this.#draw();
    }
    this.focus();
  }

  /** @param {Room} room */
  #takeDraft(room) {
    const { text, reply } = this.#drafts.get(room.name);
    this.#edited = null;
    this.#reply = reply;
    this.#put(text);
  }

  /** @param {string} text */
  #put(text) {
    this.#text.value = text;
    this.#check();
    this.#draw();
    this.#grow();
  }

  #keep() {
    if (!this.#room || this.#edited) return;
    this.#drafts.set(this.#room.name, { text: this.#text.value, reply: this.#reply });
  }

  #changed() {
    this.#keep();
    this.#check();
    this.#grow();
    if (!this.#edited) this.#room?.type(this.#text.value !== "");
  }

  #submit() {
    const room = this.#room;
    const text = trimmed(this.#text.value);
    if (!room || text === "" || !this.#check()) return this.focus();
    if (this.#edited) room.edit(this.#edited, text);
    else room.say(text, this.#reply ? { reply: this.#reply.position } : {});
    if (!this.#edited) this.#drafts.set(room.name, { text: "", reply: null });
    this.#takeDraft(room);
    this.focus();
  }

  // Told before it is sent: what the server refused would have left the field already.
  #check() {
    const bytes = tooManyBytes(trimmed(this.#text.value), this.#maxBytes());
    const words = bytes > 0 ? this.#words.say("tooLong", { bytes: this.#words.number(bytes) }) : "";
    // An alert is read aloud when it changes; at each key that would be too often.
    if ((words === "") !== (this.#error.textContent === "")) {
      showError(this.#text, this.#error, words);
    }
    return bytes === 0;
  }

  #draw() {
    const say = this.#words.say.bind(this.#words);
    const room = this.#room?.name ?? "";
    this.#text.placeholder = say("messageTo", { room });
    this.#text.setAttribute("aria-label", say("messageTo", { room }));
    this.#banner.hidden = !this.#reply && !this.#edited;
    this.#bannerWords.replaceChildren(
      ...(this.#reply ? sentence(say("answering"), { ...this.#reply }) : [say("editing")]),
    );
    nameButton(this.#cancel, say(this.#edited ? "cancelEdit" : "cancelReply"));
    nameButton(this.#send, say(this.#edited ? "save" : "send"));
  }

  #grow() {
    this.#text.rows = 1;
    // The placeholder alone needs no more, though a browser counts its lines.
    if (this.#text.value === "") return;
    const lineHeight = Number.parseFloat(getComputedStyle(this.#text).lineHeight);
    this.#text.rows = rowsFor(this.#text.scrollHeight - this.#text.clientHeight, lineHeight);
  }

  /** @param {KeyboardEvent} event */
  #press(event) {
    if (isSendKey(event)) {
      event.preventDefault();
      this.#submit();
    } else if (event.key === "Escape" && !this.#banner.hidden) {
      event.preventDefault();
      this.#dismiss();
    } else if (event.key === "ArrowUp" && this.#text.value === "" && !event.altKey) {
      const own = this.#lastOwn();
      if (!own) return;
      event.preventDefault();
      this.edit(own);
    }
  }

  /** @param {string} emoji */
  #insert(emoji) {
    this.focus();
    this.#text.setRangeText(emoji, this.#text.selectionStart, this.#text.selectionEnd, "end");
    this.#changed();
  }
}
