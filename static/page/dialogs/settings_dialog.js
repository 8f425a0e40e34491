// @ts-check
/// <reference lib="dom" />
/// <reference lib="dom.iterable" />
/**
 * The settings dialog. Each choice is applied at once; there is no save button.
 * @module
 */

import { prepareDialog } from "../base/dialog.js";
import { find, onClick } from "../base/dom.js";
import { roleName } from "../members/records.js";
import { requestPermission } from "../shell/notification_permission.js";
import { offersSignIn, signIn } from "../shell/sign_in.js";
import { signOut } from "../shell/sign_out.js";
import { loadStrings } from "../i18n/strings.js";

/**
 * What the settings need from the page.
 * @typedef {object} SettingsContext
 * @property {import("../../client.js").Chat} chat
 * @property {import("../shell/toasts.js").Toasts} toasts
 * @property {import("../../client/observable.js").Value<string>} ownName The user's name, as a sentence.
 * @property {() => void} rename Opens the name dialog.
 * @property {() => void} invite Opens the dialog to invite people.
 * @property {() => void} devices Opens the dialog with the devices of a member.
 */

/** The dialog. */
export class SettingsDialog {
  #dialog = prepareDialog("settings-dialog", () => {});
  #name = find("settings-name", HTMLElement);
  #notifications = find("notifications", HTMLInputElement);
  #error = find("notifications-error", HTMLElement);
  #rename = find("settings-rename", HTMLElement);
  #role = find("settings-role", HTMLElement);
  #memberTools = find("member-tools", HTMLElement);
  #invite = find("settings-invite", HTMLElement);
  #devices = find("settings-devices", HTMLElement);
  #signIn = find("settings-sign-in", HTMLElement);
  #signOut = find("settings-sign-out", HTMLElement);
  #translator;
  #preferences;
  #toasts;
  /** The language chosen last. @type {import("../i18n/strings.js").Language | null} */
  #chosenLanguage = null;

  /**
   * @param {import("../i18n/strings.js").Translator} translator
   * @param {import("../preferences.js").Preferences} preferences
   * @param {SettingsContext} context
   */
  constructor(translator, preferences, { chat, toasts, ownName, rename, invite, devices }) {
    this.#translator = translator;
    this.#preferences = preferences;
    this.#toasts = toasts;
    ownName.subscribe((name) => this.#name.textContent = name);
    onClick(this.#rename, rename);
    for (
      const [button, open]
        of /** @type {const} */ ([[this.#invite, invite], [this.#devices, devices]])
    ) {
      onClick(button, () => {
        this.#dialog.close();
        open();
      });
    }
    onClick(this.#signIn, signIn);
    onClick(this.#signOut, () => this.#signOutOf(chat));
    chat.me.subscribe((me) => {
      // The app or provider that has signed the user in also sets the user's name.
      const isSignedIn = me?.kind === "app";
      this.#rename.hidden = isSignedIn;
      this.#signIn.hidden = !offersSignIn || isSignedIn;
      this.#signOut.hidden = !offersSignIn || !isSignedIn;
      // An app or a provider can state a role, too.
      const { role = "member" } = me ?? {};
      this.#invite.hidden = role === "member";
      this.#devices.hidden = me?.kind !== "member";
      this.#memberTools.hidden = this.#invite.hidden && this.#devices.hidden;
    });
    const showRole = () => {
      const { kind, role } = chat.me.value ?? {};
      // Users of an app are not members here, whatever the app calls them.
      const isShown = role && (kind === "member" || role !== "member");
      this.#role.textContent = isShown ? roleName(role, translator) : "";
    };
    chat.me.subscribe(showRole);
    translator.language.subscribe(showRole);
    this.#onChoice("theme", preferences.theme, (theme) => {
      preferences.theme = theme === "light" || theme === "dark" ? theme : "system";
      dispatchEvent(new CustomEvent("parley-theme", { detail: preferences.theme }));
    });
    this.#onChoice(
      "language",
      translator.language.value,
      (language) => this.#setLanguage(language === "zh" ? "zh" : "en"),
    );
    this.#notifications.addEventListener("change", () => this.#toggleNotifications());
  }

  /** Opens it at the list of shortcuts and commands. */
  help() {
    this.open();
    find("help", HTMLElement).focus();
  }

  /** Opens it. */
  open() {
    this.#notifications.checked = this.#preferences.notifies;
    this.#error.textContent = "";
    this.#dialog.showModal();
  }

  /** @param {string} group @param {string} chosen @param {(value: string) => void} choose */
  #onChoice(group, chosen, choose) {
    this.#select(group, chosen);
    for (const radio of radios(group)) {
      radio.addEventListener("change", () => choose(radio.value));
    }
  }

  /** @param {string} group @param {string} chosen */
  #select(group, chosen) {
    for (const radio of radios(group)) radio.checked = radio.value === chosen;
  }

  /** @param {import("../i18n/strings.js").Language} language */
  async #setLanguage(language) {
    this.#chosenLanguage = language;
    const error = await loadStrings(language).then(() => null, (error) => error);
    // Another language was chosen meanwhile.
    if (this.#chosenLanguage !== language) return;
    if (error) {
      this.#select("language", this.#translator.language.value);
      this.#toasts.show(this.#translator.text("partNotLoaded"));
    } else {
      this.#translator.language.set(this.#preferences.language = language);
    }
  }

  /** @param {import("../../client.js").Chat} chat */
  async #signOutOf(chat) {
    const isDone = await signOut(chat);
    if (!isDone) this.#toasts.show(this.#translator.faultSentence("unavailable"));
  }

  async #toggleNotifications() {
    const obstacle = this.#notifications.checked ? await requestPermission() : null;
    const isAllowed = this.#notifications.checked && obstacle === null;
    this.#preferences.notifies = this.#notifications.checked = isAllowed;
    this.#error.textContent = obstacle
      ? this.#translator.text(obstacle, { host: location.host })
      : "";
  }
}

/** @param {string} group */
function radios(group) {
  return find(group, HTMLFieldSetElement).querySelectorAll("input");
}
