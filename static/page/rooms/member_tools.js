// @ts-check
/// <reference lib="dom" />
/// <reference lib="dom.iterable" />
/**
 * What the member panel offers for each person: to send a direct message, to block, and to moderators, to moderate; to owners
 * also, beside other owners and themselves, to change the role. Blocking is this user's own filter: it is kept in this browser,
 * and other users are not told. The buttons are one Tab stop; arrows move between them.
 * @module
 */

import { make, nameButton, onClick } from "../base/dom.js";
import { icon, iconOf } from "../base/icons.js";
import { SHIELD } from "../base/shield.js";
import { MAX_BLOCKED_USERS } from "../preferences.js";
import { setBlocked } from "./blocking.js";

/** @typedef {import("./members.js").MemberRow} MemberRow */
/** @typedef {import("../../client/frames.js").Member} Member */
/** @typedef {{ user: string, name: string }} Person */
/** @typedef {import("../base/dialog.js").Origin} Origin */
/**
 * What some users can do to others.
 * @typedef {object} PersonActions
 * @property {() => boolean} mayMessage
 * @property {(person: Person) => void} message Opens the direct room.
 * @property {(user: string) => boolean} mayModerate
 * @property {(person: Person, origin: Origin) => void} moderate
 * @property {(user: string) => boolean} mayChangeRole
 * @property {(person: Person, origin: Origin) => void} changeRole
 */

/** The icon of roles, as in `base/icons.js`. */
const CROWN = "M4.5 19h15M5 15.5 3.5 7.5l4.8 3.2L12 5l3.7 5.7 4.8-3.2L19 15.5z";

/** The tools of the member panel. */
export class MemberTools {
  /** The blocked users. */
  blocked;
  #translator;
  #preferences;
  #actions;
  #error = make("p", "error people-error");
  /** The buttons by user and purpose, in the order of the rows. @type {Map<string, HTMLButtonElement>} */
  #buttons = new Map();
  /** The user and the purpose of the button that is the Tab stop. */
  #current = "";

  /**
   * @param {import("../i18n/strings.js").Translator} translator
   * @param {import("../preferences.js").Preferences} preferences
   * @param {PersonActions} actions
   */
  constructor(translator, preferences, actions) {
    this.#actions = actions;
    this.#translator = translator;
    this.#preferences = preferences;
    this.blocked = preferences.blocked;
    this.#error.setAttribute("role", "alert");
  }

  /**
   * Puts the rows into the list, each with its tools. The button that had the focus keeps it.
   * @param {HTMLElement} list
   * @param {readonly MemberRow[]} rows
   */
  fill(list, rows) {
    if (!this.#error.isConnected) this.#attach(list);
    const hadFocus = list.contains(document.activeElement);
    this.#buttons.clear();
    for (const it of rows) it.row.append(...this.#toolsFor(it));
    list.replaceChildren(...rows.map(({ row }) => row));
    if (!this.#buttons.has(this.#current)) this.#current = [...this.#buttons.keys()][0] ?? "";
    this.#setTabStop(this.#current);
    if (hadFocus) (this.#buttons.get(this.#current) ?? list).focus({ preventScroll: true });
  }

  /** @param {HTMLElement} list */
  #attach(list) {
    list.before(this.#error);
    this.blocked.subscribe(() => this.#error.textContent = "");
    list.addEventListener("keydown", (event) => this.#onKey(event));
    list.addEventListener("focusin", ({ target }) => {
      for (const [key, button] of this.#buttons) if (button === target) this.#setTabStop(key);
    });
  }

  /** @param {MemberRow} row */
  #toolsFor({ row, member, isMe }) {
    const tools = make("span", "tools");
    if (!isMe) this.#addTo(tools, row, member);
    const { mayModerate, moderate, mayChangeRole, changeRole } = this.#actions;
    const { user } = member;
    if (mayModerate(user)) {
      tools.append(this.#personButton(member, "moderate", SHIELD, "moderatePerson", moderate));
    } else if (mayChangeRole(user)) {
      tools.append(this.#personButton(member, "role", CROWN, "rolePerson", changeRole));
    }
    return tools.childElementCount > 0 ? [tools] : [];
  }

  /**
   * @param {Person} person
   * @param {string} purpose
   * @param {string} lines Its icon.
   * @param {import("../i18n/strings.js").Key} words
   * @param {(person: Person, origin: Origin) => void} run
   */
  #personButton({ user, name }, purpose, lines, words, run) {
    const key = `${user} ${purpose}`;
    const button = make("button", "plain shield", iconOf(lines));
    nameButton(button, this.#translator.text(words, { name }));
    // The list may be drawn again meanwhile.
    onClick(button, () => run({ user, name }, () => this.#buttons.get(key)));
    return this.#addButton(key, button);
  }

  /** @param {HTMLElement} tools @param {HTMLElement} row @param {Member} member */
  #addTo(tools, row, { user, name }) {
    const isBlocked = this.blocked.value.has(user);
    const text = this.#translator.text.bind(this.#translator);
    const block = isBlocked
      ? make("button", "plain block", text("unblock"))
      : make("button", "plain block shield", icon("block"));
    nameButton(block, text(isBlocked ? "unblockPerson" : "blockPerson", { name }));
    onClick(block, () => this.#setBlocked(user, isBlocked ? null : name));
    row.classList.toggle("blocked", isBlocked);
    if (isBlocked) row.append(make("span", "mark", text("blockedMark")));
    const { mayMessage, message } = this.#actions;
    if (mayMessage()) {
      const button = make("button", "plain shield", icon("message"));
      nameButton(button, text("messagePerson", { name }));
      onClick(button, () => message({ user, name }));
      tools.append(this.#addButton(`${user} message`, button));
    }
    tools.append(this.#addButton(`${user} block`, block));
  }

  /** @param {string} key @param {HTMLButtonElement} button */
  #addButton(key, button) {
    button.type = "button";
    this.#buttons.set(key, button);
    return button;
  }

  /** @param {string} user @param {string | null} name */
  #setBlocked(user, name) {
    if (setBlocked(this.#preferences, user, name)) return;
    const count = MAX_BLOCKED_USERS;
    this.#error.textContent = this.#translator.text("blockedFull", { count });
  }

  /** @param {string} current */
  #setTabStop(current) {
    this.#current = current;
    for (const [key, button] of this.#buttons) button.tabIndex = key === current ? 0 : -1;
  }

  /** @param {KeyboardEvent} event */
  #onKey(event) {
    const buttons = [...this.#buttons.values()];
    const index = buttons.findIndex((it) => it === event.target);
    const step = event.key === "ArrowDown" ? 1 : event.key === "ArrowUp" ? -1 : 0;
    const next = index < 0
      ? undefined
      : event.key === "Home"
      ? buttons[0]
      : event.key === "End"
      ? buttons.at(-1)
      : step === 0
      ? undefined
      : buttons[index + step];
    if (!next) return;
    next.focus();
    event.preventDefault();
  }
}
