// @ts-check
/// <reference lib="dom" />
/**
 * The palette: finds rooms and people while the user types, and joins rooms. It is a combobox with a list box (ARIA Authoring
 * Practices): the focus stays in the field, and the arrow keys select in the list. Do not select an unknown room
 * automatically: a typing error followed by Enter would create it.
 * @module
 */

import { prepareDialog } from "../base/dialog.js";
import { find, make } from "../base/dom.js";
import { iconOf } from "../base/icons.js";
import { hueOf, initialOf } from "../base/elements.js";
import { itemsFor } from "./palette_items.js";

const PLUS = "M12 5.5v13M5.5 12h13";

/** @typedef {import("./palette_items.js").PaletteItem} PaletteItem */
/**
 * What the palette needs from the page.
 * @typedef {object} PaletteContext
 * @property {import("./rooms.js").Rooms} rooms
 * @property {(room: string) => void} goToRoom Goes to a room, joining it if necessary.
 * @property {(name: string, room: string) => void} mention Mentions a user in the message field of a room.
 */

/** The dialog. */
export class Palette {
  #dialog = prepareDialog("palette", () => this.#choose());
  #field = find("palette-field", HTMLInputElement);
  #list = find("palette-list", HTMLUListElement);
  #note = find("palette-note", HTMLElement);
  #translator;
  #context;
  #blocked;
  /** @type {readonly PaletteItem[]} */
  #items = [];
  /** The index of the selected entry; -1 for none. */
  #selected = -1;

  /**
   * @param {import("../i18n/strings.js").Translator} translator
   * @param {PaletteContext} context
   * @param {import("../../client/observable.js").Value<import("../preferences.js").BlockedUsers>} blocked They are not offered.
   */
  constructor(translator, context, blocked) {
    this.#translator = translator;
    this.#context = context;
    this.#blocked = blocked;
    this.#field.addEventListener("input", () => this.#search());
    this.#field.addEventListener("keydown", (event) => this.#onKey(event));
    // The focus stays in the field.
    this.#list.addEventListener("mousedown", (event) => event.preventDefault());
    this.#list.addEventListener("click", ({ target }) => {
      const option = target instanceof Element ? target.closest("li") : null;
      if (!option) return;
      this.#selected = [...this.#list.children].indexOf(option);
      this.#choose();
    });
  }

  /** Opens it with an empty field. */
  open() {
    this.#field.value = "";
    this.#dialog.showModal();
    this.#search();
  }

  #search() {
    const { rooms } = this.#context;
    const typed = this.#field.value;
    const people = rooms.people.filter(({ user }) => !this.#blocked.value.has(user));
    this.#items = itemsFor(typed, rooms.known, people);
    this.#list.replaceChildren(...this.#items.map((item, index) => this.#option(item, index)));
    this.#list.hidden = this.#items.length === 0;
    const isFound = this.#items.some(({ kind }) => kind !== "create");
    const isBad = this.#items.length === 0 && !typed.trim().startsWith("@");
    const words = isBad
      ? this.#translator.faultSentence("bad_room")
      : this.#translator.text("paletteNone");
    this.#note.textContent = isFound ? "" : words;
    this.#select(isFound ? 0 : -1);
  }

  /** @param {PaletteItem} item @param {number} index */
  #option(item, index) {
    const option = make("li", "", ...this.#parts(item));
    option.id = `palette-${index}`;
    option.setAttribute("role", "option");
    option.dataset.kind = item.kind;
    return option;
  }

  /** @param {PaletteItem} item @returns {(string | Element)[]} */
  #parts(item) {
    const text = this.#translator.text.bind(this.#translator);
    const { name } = item;
    if (item.kind === "create") return [iconOf(PLUS), text("paletteJoin", { room: name })];
    const title = item.kind === "room" ? item.title : undefined;
    const label = make("bdi", "palette-name", title ?? name);
    if (item.kind === "person") {
      const face = make("span", `face hue-${hueOf(name)}`, initialOf(name));
      face.setAttribute("aria-hidden", "true");
      return [face, label, " ", make("span", "faint", text("paletteIn", { room: item.room }))];
    }
    const unread = this.#context.rooms.unreadIn(name);
    const about = unread > 0 ? this.#translator.unreadCount(unread) : text("roomMarkRefused");
    const note = make("span", "faint", item.isJoined && unread === 0 ? "" : about);
    const sign = make("span", "palette-sign", "#");
    return title
      ? [sign, label, " ", make("bdi", "faint", `#${name}`), " ", note]
      : [sign, label, " ", note];
  }

  /** @param {number} index */
  #select(index) {
    this.#selected = index;
    const options = [...this.#list.children];
    for (const [i, it] of options.entries()) it.setAttribute("aria-selected", String(i === index));
    const option = options[index];
    if (option) this.#field.setAttribute("aria-activedescendant", option.id);
    else this.#field.removeAttribute("aria-activedescendant");
    option?.scrollIntoView({ block: "nearest" });
  }

  /** @param {KeyboardEvent} event */
  #onKey(event) {
    const { key, ctrlKey, metaKey, isComposing } = event;
    const step = key === "ArrowDown" ? 1 : key === "ArrowUp" ? -1 : 0;
    const isAgain = (ctrlKey || metaKey) && key.toLowerCase() === "k";
    if (isComposing || (step === 0 && !isAgain)) return;
    event.preventDefault();
    if (isAgain) {
      // While no dialog is open, the same keys open this one.
      event.stopPropagation();
      return this.#dialog.close();
    }
    const count = this.#items.length;
    const from = this.#selected < 0 && step < 0 ? count : this.#selected;
    if (count > 0) this.#select((from + step + count) % count);
  }

  /** Carries out the selected entry. If none is selected, Enter selects the first one, to be confirmed by another Enter. */
  #choose() {
    const item = this.#items[this.#selected];
    if (!item) return this.#select(this.#items.length > 0 ? 0 : -1);
    this.#dialog.close();
    if (item.kind === "person") this.#context.mention(item.name, item.room);
    else this.#context.goToRoom(item.name);
  }
}
