// @ts-check
/// <reference lib="dom" />
/**
 * The dialog with the devices of a member: adds another one with a link, and signs devices out.
 * @module
 */

import { prepareDialog } from "../base/dialog.js";
import { find, make, onClick } from "../base/dom.js";
import { DialogRequests } from "./dialog_requests.js";
import { LinkView, pageAddress } from "./link_view.js";
import { recordRow, timeOf } from "./records.js";

/** @typedef {import("../../client/member_types.js").Device} Device */

/** The dialog. */
export class DevicesDialog {
  #dialog = prepareDialog("devices-dialog", () => {});
  #list = find("devices", HTMLElement);
  #error = find("devices-error", HTMLElement);
  #add = find("device-add", HTMLButtonElement);
  #link;
  #requests;
  #chat;
  #translator;

  /** @param {import("../i18n/strings.js").Translator} translator @param {import("../../client.js").Chat} chat */
  constructor(translator, chat) {
    this.#requests = new DialogRequests(this.#dialog, this.#add, this.#error, translator);
    this.#translator = translator;
    this.#chat = chat;
    this.#link = new LinkView("device-link", translator);
    onClick(this.#add, () => void this.#addDevice());
    this.#dialog.addEventListener("close", () => this.#link.clear());
    // Another device may have signed this one out.
    chat.state.subscribe(({ kind }) => kind === "closed" && this.#dialog.close());
  }

  /** Opens it. */
  open() {
    this.#requests.open();
    void this.#requests.attempt(() => this.#refresh());
  }

  async #addDevice() {
    // A new link makes the one before it useless.
    this.#link.clear();
    const terms = { device: /** @type {const} */ (true), page: pageAddress() };
    await this.#requests.submit(async (isCurrent) => {
      const invited = await this.#chat.invite(terms);
      if (isCurrent()) this.#link.show(invited, this.#translator.text("deviceLinkRule"));
    });
  }

  async #refresh() {
    this.#draw(await this.#chat.devices());
  }

  /** @param {readonly Device[]} devices */
  #draw(devices) {
    const sorted = [...devices].sort((one, other) =>
      Number(other.here ?? false) - Number(one.here ?? false) || other.usedAt - one.usedAt
    );
    const hadFocus = this.#list.contains(document.activeElement);
    this.#list.replaceChildren(...sorted.map((it) => this.#row(it)));
    // The pressed button is gone.
    if (hadFocus) this.#add.focus();
  }

  /** @param {Device} device */
  #row({ device, label, usedAt, here }) {
    const translator = this.#translator;
    const name = make("bdi", "", label || translator.text("unnamedDevice"));
    const mark = here ? [" ", make("span", "mark", translator.text("thisDevice"))] : [];
    let isAsked = !here;
    const about = translator.text("lastSignIn", { time: timeOf(usedAt, translator) });
    return recordRow([name, ...mark], about, {
      words: translator.text("signOut"),
      run: (button) => {
        if (isAsked) return void this.#signOut(device);
        isAsked = true;
        button.removeAttribute("aria-label");
        button.textContent = translator.text("signOutHere");
        button.classList.replace("plain", "danger");
      },
    });
  }

  /** @param {string} device */
  async #signOut(device) {
    await this.#requests.attempt(async () => {
      await this.#chat.revoke({ device });
      await this.#refresh();
    });
  }
}
