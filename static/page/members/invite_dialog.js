// @ts-check
/// <reference lib="dom" />
/// <reference lib="dom.iterable" />
/**
 * The dialog in which owners and moderators invite people: makes links, and lists those that can still be used.
 * @module
 */

import { prepareDialog } from "../base/dialog.js";
import { find, make } from "../base/dom.js";
import { kindOfRoom } from "../base/room_kinds.js";
import { DialogRequests } from "./dialog_requests.js";
import { isServiceRoom } from "../rooms/rooms.js";
import { LinkView, pageAddress } from "./link_view.js";
import { recordRow, roleName, timeOf } from "./records.js";

/** @typedef {import("../../client/member_types.js").Invite} Invite */
/** @typedef {import("../../client/member_types.js").Role} Role */

/** Maximum number of rooms of an invite. */
const MAX_ROOMS = 20;
/** The roles to which each role can invite. @type {Readonly<Record<Role, readonly Role[]>>} */
const INVITABLE = {
  owner: ["member", "moderator", "owner"],
  moderator: ["member", "moderator"],
  member: [],
};

/** The dialog. */
export class InviteDialog {
  #dialog = prepareDialog("invite-dialog", () => void this.#make());
  #role = find("invite-role", HTMLSelectElement);
  #uses = find("invite-uses", HTMLInputElement);
  #time = find("invite-time", HTMLSelectElement);
  #rooms = find("invite-rooms", HTMLElement);
  #error = find("invite-error", HTMLElement);
  #button = find("invite-make", HTMLButtonElement);
  #list = find("invites", HTMLElement);
  #none = find("invites-none", HTMLElement);
  #link;
  #requests;
  #chat;
  #translator;
  #activeRoom;

  /**
   * @param {import("../i18n/strings.js").Translator} translator
   * @param {import("../../client.js").Chat} chat
   * @param {() => string | undefined} activeRoom The room that is shown.
   */
  constructor(translator, chat, activeRoom) {
    this.#requests = new DialogRequests(this.#dialog, this.#button, this.#error, translator);
    this.#translator = translator;
    this.#chat = chat;
    this.#activeRoom = activeRoom;
    this.#link = new LinkView("invite-link", translator);
    // The next person at the computer must not find a link in it.
    this.#dialog.addEventListener("close", () => this.#link.clear());
  }

  /** Opens it. */
  open() {
    const { role = "member" } = this.#chat.me.value ?? {};
    this.#role.replaceChildren(...INVITABLE[role].map((it) => {
      const option = make("option", "", roleName(it, this.#translator));
      option.value = it;
      return option;
    }));
    const names = this.#chat.rooms.value.flatMap(({ name, state }) =>
      state.value.kind === "refused" || kindOfRoom(name) === "direct" || isServiceRoom(name)
        ? []
        : name
    );
    this.#rooms.replaceChildren(
      ...names.map((name) =>
        roomChoice(name, this.#translator.roomName(name), name === this.#activeRoom())
      ),
    );
    this.#requests.open();
    void this.#requests.attempt(() => this.#refresh());
  }

  async #make() {
    const rooms = [...this.#rooms.querySelectorAll("input")].filter(({ checked }) => checked)
      .map(({ value }) => value).slice(0, MAX_ROOMS);
    const role = INVITABLE.owner.find((it) => it === this.#role.value) ?? "member";
    const uses = this.#uses.valueAsNumber;
    const isValid = this.#uses.checkValidity() && Number.isInteger(uses);
    this.#error.textContent = isValid ? "" : this.#translator.text("inviteUsesRule");
    if (!isValid) return;
    const terms = { role, uses, rooms, seconds: Number(this.#time.value), page: pageAddress() };
    await this.#requests.submit(async (isCurrent) => {
      const invited = await this.#chat.invite(terms);
      this.#draw(await this.#chat.invites());
      if (isCurrent()) this.#link.show(invited, this.#about(invited.invite));
    });
  }

  async #refresh() {
    this.#draw(await this.#chat.invites());
  }

  /** @param {readonly Invite[]} invites */
  #draw(invites) {
    const newest = [...invites].sort((one, other) => other.createdAt - one.createdAt);
    const hadFocus = this.#list.contains(document.activeElement);
    this.#list.replaceChildren(...newest.map((it) => {
      const { role, invite } = it;
      return recordRow([roleName(role, this.#translator)], this.#about(it), {
        words: this.#translator.text("revoke"),
        run: () => void this.#revoke(invite),
      });
    }));
    this.#none.hidden = newest.length > 0;
    // The pressed button is gone.
    if (hadFocus) this.#button.focus();
  }

  /** @param {Invite} invite */
  #about({ usesLeft, expiresAt, rooms }) {
    const translator = this.#translator;
    const time = timeOf(expiresAt, translator);
    const key = usesLeft === 1 ? "usesLeftOne" : "usesLeftMany";
    const left = translator.text(key, { count: translator.number(usesLeft), time });
    return [left, ...rooms.map((it) => translator.roomName(it))].join(" ");
  }

  /** @param {string} invite */
  async #revoke(invite) {
    this.#link.clear();
    await this.#requests.attempt(async () => {
      await this.#chat.revoke({ invite });
      await this.#refresh();
    });
  }
}

/** @param {string} name @param {string} words @param {boolean} isChosen */
function roomChoice(name, words, isChosen) {
  const box = make("input", "");
  box.type = "checkbox";
  box.value = name;
  box.checked = isChosen;
  return make("label", "check", box, make("bdi", "", words));
}
