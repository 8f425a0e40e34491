// @ts-check
/// <reference lib="dom" />
/// <reference lib="dom.iterable" />
/**
 * The dialog in which owners give a member another role. It says what the chosen role allows before anything is changed.
 * @module
 */

import { prepareDialog } from "../base/dialog.js";
import { find, make } from "../base/dom.js";
import { sentence } from "../base/elements.js";
import { DialogRequests } from "./dialog_requests.js";
import { roleName } from "./records.js";

/** @typedef {import("../../client/member_types.js").Role} Role */
/** @typedef {import("../i18n/strings.js").Key} Key */
/** A member. @typedef {{ readonly user: string, readonly name: string }} Subject */

/** @type {readonly Role[]} */
const ROLES = ["owner", "moderator", "member"];
/** What each role allows. @type {Readonly<Record<Role, Key>>} */
const ABOUT = { owner: "aboutOwner", moderator: "aboutModerator", member: "aboutMember" };

/** The dialog. */
export class RoleDialog {
  #dialog = prepareDialog("role-dialog", () => void this.#submit());
  #title = find("role-title", HTMLElement);
  #choice = find("role-choice", HTMLElement);
  #about = find("role-about", HTMLElement);
  #own = find("role-own", HTMLElement);
  #error = find("role-error", HTMLElement);
  #button = find("role-do", HTMLButtonElement);
  #requests;
  #translator;
  #chat;
  #toasts;
  #roleOf;
  /** @type {Subject} */
  #subject = { user: "", name: "" };
  /** The role that the member has. @type {Role} */
  #current = "member";
  /** @type {import("../base/dialog.js").Origin} */
  #origin = () => null;

  /**
   * @param {import("../i18n/strings.js").Translator} translator
   * @param {import("../../client.js").Chat} chat
   * @param {import("../shell/toasts.js").Toasts} toasts
   * @param {(user: string) => string | undefined} roleOf The role that lists of people show; undefined for mere members.
   */
  constructor(translator, chat, toasts, roleOf) {
    this.#requests = new DialogRequests(this.#dialog, this.#button, this.#error, translator);
    this.#translator = translator;
    this.#chat = chat;
    this.#toasts = toasts;
    this.#roleOf = roleOf;
    this.#choice.addEventListener("change", () => this.#explain());
    this.#dialog.addEventListener("close", () => this.#origin()?.focus({ preventScroll: true }));
  }

  /** Opens it. @param {Subject} subject @param {import("../base/dialog.js").Origin} origin */
  open(subject, origin) {
    this.#subject = subject;
    this.#origin = origin;
    const { user, name } = subject;
    const shown = this.#roleOf(user);
    const current = this.#current = ROLES.find((it) => it === shown) ?? "member";
    const { strings } = this.#translator;
    this.#title.replaceChildren(...sentence(strings.roleTitle, { name }));
    this.#own.hidden = user !== this.#chat.me.value?.user;
    this.#choice.replaceChildren(...ROLES.map((it) => this.#option(it, it === current)));
    this.#requests.open();
    this.#explain();
    const chosen = this.#choice.querySelector("input:checked");
    if (chosen instanceof HTMLElement) chosen.focus();
  }

  /** @param {Role} role @param {boolean} isChosen */
  #option(role, isChosen) {
    const input = make("input", "");
    Object.assign(input, { type: "radio", name: "role", value: role, defaultChecked: isChosen });
    return make("label", "", input, make("span", "", roleName(role, this.#translator)));
  }

  /** @returns {Role} */
  get #chosen() {
    const value = this.#choice.querySelector("input:checked")?.getAttribute("value");
    return ROLES.find((role) => role === value) ?? "member";
  }

  #explain() {
    const { name } = this.#subject;
    const words = this.#translator.text(ABOUT[this.#chosen]);
    this.#about.replaceChildren(...sentence(words, { name }));
    this.#button.disabled = this.#chosen === this.#current;
  }

  async #submit() {
    const role = this.#chosen;
    const { user, name } = this.#subject;
    const { me: { value: me } } = this.#chat;
    // An owner may do everything but this.
    const isLast = user === me?.user && me.role === "owner";
    const isDone = await this.#requests.submitAndClose(
      () => this.#chat.setRole(user, role),
      isLast ? this.#translator.text("roleLastOwner") : "",
    );
    if (!isDone) return;
    const words = roleName(role, this.#translator);
    this.#toasts.show(this.#translator.text("roleDone", { name, role: words }));
  }
}
