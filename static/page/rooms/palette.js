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
import { icon } from "../base/icons.js";
import { personParts, selectOption } from "../base/list_box.js";
import { kindOfRoom } from "../base/room_kinds.js";
import { itemsFor, roomsToOffer } from "./palette_items.js";

/** @typedef {import("./palette_items.js").PaletteItem} PaletteItem */
/**
 * What the palette needs from the page.
 * @typedef {object} PaletteContext
 * @property {import("./rooms.js").Rooms} rooms
 * @property {import("./room_names.js").RoomNames} roomNames
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
  #ownRooms;
  /** @type {readonly PaletteItem[]} */
  #items = [];
  /** The index of the selected entry; -1 for none. */
  #selected = -1;

  /**
   * @param {import("../i18n/strings.js").Translator} translator
   * @param {PaletteContext} context
   * @param {import("../../client/observable.js").Value<import("../preferences.js").BlockedUsers>} blocked They are not offered.
   * @param {import("./own_rooms.js").OwnRooms} ownRooms The rooms that the server lists.
   */
  constructor(translator, context, blocked, ownRooms) {
    this.#ownRooms = ownRooms;
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
    void this.#refresh();
  }

  /** Searches again in what the server lists now. The selection starts anew, so only if the user has not chosen yet. */
  async #refresh() {
    const before = this.#ownRooms.all;
    await this.#ownRooms.load();
    if (this.#dialog.open && this.#selected <= 0 && this.#ownRooms.all !== before) this.#search();
  }

  #search() {
    const { rooms } = this.#context;
    const typed = this.#field.value;
    const people = rooms.people.filter(({ user }) => !this.#blocked.value.has(user));
    this.#items = itemsFor(typed, roomsToOffer(rooms.known, this.#ownRooms.all), people);
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
    if (item.kind === "create") return [icon("plus"), text("paletteJoin", { room: name })];
    if (item.kind === "person") {
      return [...personParts(name), " ", make("span", "faint", this.#placeOf(item.room))];
    }
    return this.#roomParts(item);
  }

  /** Where a person is. @param {string} room */
  #placeOf(room) {
    if (kindOfRoom(room) === "direct") return this.#translator.text("someDirect");
    return this.#translator.text("paletteIn", { room: this.#translator.roomName(room) });
  }

  /** @param {Extract<PaletteItem, { kind: "room" }>} item @returns {(string | Element)[]} */
  #roomParts({ name, title, topic }) {
    const kind = kindOfRoom(name);
    const isOpen = kind === "open";
    const shown = title ?? (isOpen ? name : this.#translator.roomName(name));
    const label = make("bdi", "option-name", shown);
    const about = [isOpen && title && `#${name}`, topic].filter(Boolean).join(" · ");
    const text = about ? make("span", "palette-text", label, " ", make("bdi", "", about)) : label;
    const sign = isOpen
      ? make("span", "palette-sign", "#")
      : icon(kind === "direct" ? "person" : "lock");
    return [sign, text, " ", make("span", "faint", this.#noteOf(name))];
  }

  /** What is beside a room: unread messages, how many people are in it, or that the user is not. @param {string} name */
  #noteOf(name) {
    const { rooms } = this.#context;
    const room = rooms.all.find((it) => it.name === name);
    const summary = this.#ownRooms.all.find(({ room }) => room === name);
    const unread = room && rooms.unreadOf(room) || summary?.unread || 0;
    const mentions = room ? rooms.mentionsOf(room) : summary?.mentions ?? 0;
    if (unread > 0) return this.#translator.unreadCount(unread, mentions);
    const { people } = summary ?? {};
    // In a direct room it says nothing.
    if (people && kindOfRoom(name) !== "direct") return this.#translator.peopleCount(people);
    // Of a private or direct one, the user is a member.
    return room || kindOfRoom(name) !== "open" ? "" : this.#translator.text("roomMarkRefused");
  }

  /** @param {number} index */
  #select(index) {
    this.#selected = index;
    selectOption(this.#field, this.#list, index);
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
    const { mention, goToRoom } = this.#context;
    if (item.kind !== "person") goToRoom(item.name);
    // In a direct room, there is no one else to mention.
    else if (kindOfRoom(item.room) === "direct") goToRoom(item.room);
    else mention(item.name, item.room);
  }
}
