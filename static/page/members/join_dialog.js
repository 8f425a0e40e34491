// @ts-check
/// <reference lib="dom" />
/**
 * The dialog that the link of an invite opens: the visitor chooses a name and becomes a member, or signs this device in. Nothing
 * is sent before that, so a link is not used up by a program that only looks at it. The page is then loaded again, as the member.
 * @module
 */

import { Chat } from "../../client/chat.js";
import { invitedUserOf, newAttempt } from "../../client/member/invited_user.js";
import { kindOf } from "../../client/user_kind.js";
import { linkTo } from "../base/address.js";
import { prepareDialog } from "../base/dialog.js";
import { find, showError } from "../base/dom.js";
import { browserStorage } from "../base/storage.js";
import { DEFAULT_ROOM } from "../preferences.js";
import { deviceLabel } from "./device_label.js";
import { errorText } from "./records.js";

/** @typedef {import("../base/address.js").InviteLink} InviteLink */
/** @typedef {import("../../client/frames.js").Me} Me */

const SECRET = /^[\w-]{22}$/;

/**
 * What the dialog needs from the page.
 * @typedef {object} JoinContext
 * @property {Chat} chat Of this page, with its present user.
 * @property {import("../preferences.js").Preferences} preferences
 * @property {import("../i18n/strings.js").Translator} translator
 * @property {(room: string) => void} goToRoom
 */

/** The dialog. */
export class JoinDialog {
  #dialog = prepareDialog("join-dialog", () => this.#submit());
  #title = find("join-title", HTMLElement);
  #text = find("join-text", HTMLElement);
  #named = find("join-named", HTMLElement);
  #field = find("join-name", HTMLInputElement);
  #error = find("join-error", HTMLElement);
  #status = find("join-status", HTMLElement);
  #cancel = find("join-cancel", HTMLButtonElement);
  #button = find("join-submit", HTMLButtonElement);
  #context;
  /** @type {InviteLink} */
  #link = { secret: "", isDevice: false };
  /** One for each link: if an answer is lost, the same request gets it again. @type {Map<string, string>} */
  #attempts = new Map();
  /** The chat of the new member, while it connects. @type {Chat | null} */
  #joining = null;

  /** @param {JoinContext} context */
  constructor(context) {
    this.#context = context;
    this.#dialog.addEventListener("close", () => this.#onClose());
  }

  /** Opens it. @param {InviteLink} link */
  async open(link) {
    this.#link = link;
    // Otherwise it was cut off, most likely when it was copied.
    const isWhole = SECRET.test(link.secret);
    const name = isWhole ? await this.#knownName() : null;
    // Another link was opened meanwhile.
    if (link !== this.#link) return;
    const { translator, preferences } = this.#context;
    this.#stop();
    showError(this.#field, this.#error, "");
    if (name === null) this.#describe(isWhole);
    else {
      this.#title.textContent = translator.text("joinKnownTitle");
      this.#text.textContent = translator.text("joinKnown", { name });
      this.#offer(false);
    }
    this.#field.value = preferences.name ?? "";
    // Hides the connection's status: a service without guests has refused the page's, which says nothing about the link.
    document.body.classList.add("joining");
    if (!this.#dialog.open) this.#dialog.showModal();
    if (!this.#named.hidden) this.#field.focus();
    if (!isWhole) this.#fail(translator.faultSentence("bad_invite"));
  }

  /** The name of the user who is signed in already; null for a guest. @returns {Promise<string | null>} */
  async #knownName() {
    const { chat, preferences } = this.#context;
    if (kindOf(preferences.lastUser ?? "") === "guest") return null;
    await untilSettled(chat);
    const { value: me } = chat.me;
    if (chat.state.value.kind === "closed" || me?.kind === "guest") return null;
    return me?.name ?? preferences.lastName;
  }

  /** @param {boolean} isUsable As far as is known. */
  #describe(isUsable) {
    const { translator } = this.#context;
    const { isDevice } = this.#link;
    const text = translator.text(isDevice ? "joinDeviceText" : "joinText");
    this.#title.textContent = translator.text(isDevice ? "joinDeviceTitle" : "joinTitle");
    this.#text.textContent = isUsable ? text : "";
    this.#button.textContent = translator.text(isDevice ? "signIn" : "join");
    this.#offer(isUsable);
  }

  /** Whether the link can be used. @param {boolean} isUsable */
  #offer(isUsable) {
    this.#named.hidden = !isUsable || this.#link.isDevice;
    this.#button.hidden = !isUsable;
    this.#cancel.textContent = this.#context.translator.text(isUsable ? "notNow" : "close");
  }

  #submit() {
    const { chat, translator } = this.#context;
    const name = this.#link.isDevice ? undefined : this.#field.value.trim();
    if (name === "") return this.#fail(translator.faultSentence("bad_name"));
    if (!chat.isKept.value) return this.#fail(translator.text("joinNotKept"));
    showError(this.#field, this.#error, "");
    this.#button.disabled = true;
    this.#status.textContent = translator.text("connecting");
    this.#join(name);
  }

  /** @param {string | undefined} name */
  #join(name) {
    const { secret: invite } = this.#link;
    const attempt = this.#attempts.get(invite) ?? newAttempt();
    this.#attempts.set(invite, attempt);
    const { language } = this.#context.translator;
    const use = {
      name,
      language: language.value,
      invite,
      attempt,
      device: deviceLabel(navigator.userAgent),
    };
    const url = new URL("ws", location.href).href.replace("http", "ws");
    const chat = new Chat(url, { ...use, storage: browserStorage() }, invitedUserOf(use));
    this.#joining = chat;
    chat.me.subscribe((me) => me && this.#enter(chat, me));
    chat.state.subscribe((state) => {
      if (state.kind === "closed" && state.error) this.#onRefused(state.error);
    });
  }

  /** @param {Chat} chat @param {Me} me */
  #enter({ invitedRooms: { value: rooms } }, { user, name }) {
    const { preferences } = this.#context;
    // First: what follows belongs to this user.
    preferences.lastUser = user;
    preferences.name = preferences.lastName = name;
    preferences.rooms = [...new Set([...rooms, ...preferences.rooms])];
    history.replaceState(null, "", linkTo(location.href, rooms[0] ?? preferences.room));
    location.reload();
  }

  /** @param {import("../../client.js").ChatError} error */
  #onRefused(error) {
    this.#stop();
    // The link is for a new member, whatever it said.
    if (error.code === "bad_name") this.#link = { ...this.#link, isDevice: false };
    this.#describe(error.code !== "bad_invite");
    this.#fail(errorText(error, this.#context.translator));
  }

  /** @param {string} words */
  #fail(words) {
    showError(this.#field, this.#error, words);
    (this.#named.hidden ? this.#cancel : this.#field).focus();
  }

  #stop() {
    this.#joining?.close();
    this.#joining = null;
    this.#status.textContent = "";
    this.#button.disabled = false;
  }

  #onClose() {
    this.#stop();
    document.body.classList.remove("joining");
    const { chat, goToRoom } = this.#context;
    // As without an invite.
    if (chat.rooms.value.length === 0 && chat.state.value.kind !== "closed") goToRoom(DEFAULT_ROOM);
  }
}

/** Resolves when it is known whether the page's user is welcome, or that there is no connection. @param {Chat} chat @returns {Promise<void>} */
function untilSettled(chat) {
  return new Promise((resolve) => {
    chat.state.subscribe(({ kind }) => kind === "connecting" || resolve());
  });
}
