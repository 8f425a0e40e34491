// @ts-check
/// <reference lib="dom" />
/**
 * The dialog with the members of a private room, whether they are there or not. Members who are no guests add people whom they
 * know from other rooms; whoever has created the room, and moderators in it, remove members.
 * @module
 */

import { prepareDialog } from "../base/dialog.js";
import { find, make, onClick } from "../base/dom.js";
import { attempt } from "../members/records.js";
import { sortMembers } from "../rooms/members.js";
import { mayIn } from "../rooms/room_rights.js";

/** @typedef {import("../../client.js").Room} Room */
/** @typedef {import("../../client/frames.js").Person} Person */
/** @typedef {import("../../client/room_types.js").Membership} Membership */
/**
 * What the dialog needs from the page.
 * @typedef {object} RoomMembersContext
 * @property {import("../i18n/strings.js").Translator} translator
 * @property {import("../../client.js").Chat} chat
 * @property {Pick<import("../rooms/rooms.js").Rooms, "acquaintances">} rooms
 * @property {() => void} invite Opens the dialog that makes links.
 */

/** The dialog. */
export class RoomMembersDialog {
  #dialog = prepareDialog("room-members-dialog", () => void this.#add());
  #close = find("room-members-close", HTMLElement);
  #list = find("room-members-list", HTMLElement);
  #addBox = find("room-members-add", HTMLElement);
  #who = find("room-members-who", HTMLSelectElement);
  #button = find("room-members-do", HTMLButtonElement);
  #note = find("room-members-note", HTMLElement);
  #status = find("room-members-status", HTMLElement);
  #error = find("room-members-error", HTMLElement);
  #invite = find("room-members-invite", HTMLElement);
  #context;
  /** @type {Room | null} */
  #room = null;
  /** The people who can be added. @type {readonly Person[]} */
  #others = [];
  #stop = () => {};

  /** @param {RoomMembersContext} context */
  constructor(context) {
    this.#context = context;
    onClick(this.#invite, () => {
      this.#dialog.close();
      context.invite();
    });
    this.#dialog.addEventListener("close", () => this.#stop());
  }

  /** Opens it. @param {Room} room */
  async open(room) {
    const { me } = this.#context.chat;
    const role = me.value?.role;
    this.#room = room;
    this.#invite.hidden = role !== "owner" && role !== "moderator";
    this.#status.textContent = "";
    this.#addBox.hidden = true;
    this.#note.hidden = true;
    this.#list.replaceChildren();
    // Others add and remove people too.
    this.#stop();
    this.#stop = room.events.subscribe((event) => {
      if (event.type === "said" && event.event?.kind === "member") void this.#refresh();
    });
    this.#dialog.showModal();
    this.#close.focus();
    await this.#refresh();
  }

  async #refresh() {
    const room = this.#room;
    if (!room) return;
    await attempt(this.#error, this.#context.translator, async () => {
      const membership = await room.membership();
      if (room === this.#room) this.#draw(room, membership);
    });
  }

  /** @param {Room} room @param {Membership} membership */
  #draw(room, { creator, members }) {
    const { chat, translator, rooms } = this.#context;
    const { user: me, kind = "guest" } = chat.me.value ?? {};
    const mayRemove = me !== undefined && me === creator || mayIn(room, "moderate");
    const hadFocus = this.#list.contains(document.activeElement);
    this.#list.replaceChildren(
      ...sortMembers(members, me, translator.language.value).map((it) =>
        this.#row(it, [
          it.user === me && translator.text("thatIsYou"),
          it.user === creator && translator.text("memberCreator"),
        ], mayRemove && it.user !== me)
      ),
    );
    // The pressed button is gone.
    if (hadFocus) this.#close.focus();
    const isThere = new Set(members.map(({ user }) => user));
    this.#others = rooms.acquaintances.filter(({ user }) => !isThere.has(user));
    this.#drawOthers(kind === "guest");
  }

  /** @param {boolean} isGuest */
  #drawOthers(isGuest) {
    const { translator } = this.#context;
    const chosen = this.#who.value;
    this.#who.replaceChildren(...this.#others.map(({ user, name }) => {
      const option = make("option", "", name);
      option.value = user;
      return option;
    }));
    if (this.#others.some(({ user }) => user === chosen)) this.#who.value = chosen;
    this.#addBox.hidden = isGuest || this.#others.length === 0;
    this.#note.hidden = !this.#addBox.hidden;
    this.#note.textContent = translator.text(isGuest ? "addPersonAsk" : "addPersonNobody");
  }

  /** @param {Person} member @param {readonly (string | false)[]} about @param {boolean} mayRemove */
  #row({ user, name }, about, mayRemove) {
    const { translator } = this.#context;
    const title = make("span", "record-title", make("bdi", "", name));
    const line = about.filter(Boolean).join(" · ");
    const row = make("li", "record", make("div", "", title, make("span", "faint", line)));
    if (!mayRemove) return row;
    const words = translator.text("removeMember");
    const button = make("button", "plain", words);
    button.type = "button";
    button.setAttribute("aria-label", `${words}: ${name}`);
    onClick(button, () => void this.#change("memberRemoved", name, (it) => it.removeMember(user)));
    row.append(button);
    return row;
  }

  async #add() {
    const person = this.#others.find(({ user }) => user === this.#who.value);
    if (!person) return;
    const { user, name } = person;
    this.#button.disabled = true;
    await this.#change("memberAdded", name, (it) => it.addMember(user, name));
    this.#button.disabled = false;
    (this.#addBox.hidden ? this.#close : this.#who).focus();
  }

  /** @param {"memberAdded" | "memberRemoved"} key @param {string} name @param {(room: Room) => Promise<void>} request */
  async #change(key, name, request) {
    const room = this.#room;
    const { translator } = this.#context;
    if (!room) return;
    this.#status.textContent = "";
    await attempt(this.#error, translator, async () => {
      await request(room);
      this.#status.textContent = translator.text(key, { name });
      this.#draw(room, await room.membership());
    });
  }
}
