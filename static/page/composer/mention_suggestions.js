// @ts-check
/// <reference lib="dom" />
/**
 * Suggests people to mention while the user types `@` and a name. The focus stays in the message field, and the keys of the list
 * are those of a combobox with a list box (ARIA Authoring Practices). Typing opens the list; moving the caret only closes it, so
 * that the arrow keys stay those of the text.
 * @module
 */

import { find, make } from "../base/dom.js";
import { personParts, selectOption } from "../base/list_box.js";
import { kindOfRoom } from "../base/room_kinds.js";
import { peopleToSuggest, typedMention } from "./typed_mention.js";

/** @typedef {import("../rooms/palette_items.js").KnownPerson} KnownPerson */
/** @typedef {import("./typed_mention.js").TypedMention} TypedMention */

/** The list above the message field. */
export class MentionSuggestions {
  #text = find("text", HTMLTextAreaElement);
  #list = find("mentions", HTMLUListElement);
  #chat;
  #rooms;
  #blocked;
  /** What the list is for; null while it is closed. @type {TypedMention | null} */
  #typed = null;
  /** @type {readonly KnownPerson[]} */
  #people = [];
  #selected = 0;
  /** Where the mention begins whose list the user has closed. */
  #dismissed = -1;

  /**
   * @param {import("../../client.js").Chat} chat
   * @param {import("../rooms/rooms.js").Rooms} rooms
   * @param {import("../../client/observable.js").Value<import("../preferences.js").BlockedUsers>} blocked They are not suggested.
   */
  constructor(chat, rooms, blocked) {
    this.#chat = chat;
    this.#rooms = rooms;
    this.#blocked = blocked;
    const form = find("composer", HTMLFormElement);
    form.append(this.#list);
    this.#text.setAttribute("aria-autocomplete", "list");
    this.#text.setAttribute("aria-controls", this.#list.id);
    // Before the field's own listener, which would send.
    form.addEventListener("keydown", (event) => this.#onKey(event), true);
    document.addEventListener("selectionchange", () => this.#closeIfOver());
    this.#text.addEventListener("blur", () => this.#close());
    // The focus stays in the field.
    this.#list.addEventListener("mousedown", (event) => event.preventDefault());
    this.#list.addEventListener("click", ({ target }) => {
      const option = target instanceof Element ? target.closest("li") : null;
      if (option) this.#insert([...this.#list.children].indexOf(option));
    });
  }

  /** Opens or closes the list, after the user has typed. */
  update() {
    const typed = this.#typedMention();
    if (typed?.start !== this.#dismissed || typed.query === "") this.#dismissed = -1;
    this.#typed = this.#dismissed < 0 ? typed : null;
    this.#people = this.#typed ? peopleToSuggest(this.#typed.query, this.#others()) : [];
    if (this.#people.length === 0) return this.#close();
    this.#list.replaceChildren(...this.#people.map(({ name }, index) => {
      const option = make("li", "", ...personParts(name));
      option.id = `mention-${index}`;
      option.setAttribute("role", "option");
      return option;
    }));
    this.#list.hidden = false;
    this.#select(0);
  }

  /** Closes the list: the field has another text, perhaps in another room. */
  close() {
    this.#dismissed = -1;
    this.#close();
  }

  /** The others in the room, whom the user has not blocked. In a direct room, there is no one else to mention. */
  #others() {
    const room = this.#rooms.active.value;
    if (!room || kindOfRoom(room.name) === "direct") return [];
    const me = this.#chat.me.value?.user;
    return this.#rooms.peopleIn(room)
      .filter(({ user }) => user !== me && !this.#blocked.value.has(user));
  }

  #typedMention() {
    const { value, selectionStart, selectionEnd } = this.#text;
    const isField = document.activeElement === this.#text && selectionStart === selectionEnd;
    return isField ? typedMention(value.slice(0, selectionStart)) : null;
  }

  #close() {
    this.#typed = null;
    this.#list.hidden = true;
    this.#text.removeAttribute("aria-activedescendant");
  }

  /** Closes the list if the caret or the text is no longer where it was opened. */
  #closeIfOver() {
    if (!this.#typed) return;
    const typed = this.#typedMention();
    if (typed?.start !== this.#typed.start || typed.query !== this.#typed.query) this.#close();
  }

  /** @param {number} index */
  #select(index) {
    this.#selected = index;
    selectOption(this.#text, this.#list, index);
  }

  /** @param {KeyboardEvent} event */
  #onKey(event) {
    const { key, isComposing, keyCode, shiftKey, ctrlKey, altKey, metaKey } = event;
    this.#closeIfOver();
    // While an input method is composing, the keys are for it: see isSendKey().
    if (!this.#typed || isComposing || keyCode === 229) return;
    if (shiftKey || ctrlKey || altKey || metaKey) return;
    const step = key === "ArrowDown" ? 1 : key === "ArrowUp" ? -1 : 0;
    const { length } = this.#people;
    if (step !== 0) this.#select((this.#selected + step + length) % length);
    else if (key === "Enter" || key === "Tab") this.#insert(this.#selected);
    else if (key === "Escape") {
      this.#dismissed = this.#typed.start;
      this.#close();
    } else return;
    event.preventDefault();
    event.stopPropagation();
  }

  /** Replaces what was typed by the whole name. @param {number} index */
  #insert(index) {
    // The caret may have moved since the last event.
    this.#closeIfOver();
    const person = this.#people[index];
    if (!person || !this.#typed) return;
    const { start, query } = this.#typed;
    const end = start + 1 + query.length;
    const isSpaced = this.#text.value[end] === " ";
    this.#close();
    this.#text.setRangeText(`@${person.name} `, start, isSpaced ? end + 1 : end, "end");
    // The field keeps its text as a draft.
    this.#text.dispatchEvent(new Event("input", { bubbles: true }));
  }
}
