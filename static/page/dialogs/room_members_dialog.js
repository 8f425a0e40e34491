// @ts-check
/// <reference lib="dom" />
/**
 * The dialog with the members of a private room: first those who are there, then those who are away. Members who are no guests
 * add people whom they know from other rooms; the creator of the room, and moderators in it, remove members.
 * @module
 */

import { prepareDialog } from "../base/dialog.js";
import { find, make, onClick } from "../base/dom.js";
import { markOf } from "../base/marks.js";
import { sortMembers } from "../rooms/members.js";
import { mayIn } from "../rooms/room_rights.js";
import { DialogRequests } from "../members/dialog_requests.js";

/** @typedef {import("../../client.js").Room} Room */
/** @typedef {import("../../client/frames.js").Person} Person */
/** @typedef {import("../../client/frames.js").Member} Member */
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
  #requests;
  /** @type {Room | null} */
  #room = null;
  /** All members, as they were requested last. @type {Membership | null} */
  #membership = null;
  /** The people who can be added. @type {readonly Person[]} */
  #others = [];
  #stop = () => {};

  /** @param {RoomMembersContext} context */
  constructor(context) {
    const { translator } = context;
    this.#context = context;
    this.#requests = new DialogRequests(this.#dialog, this.#button, this.#error, translator);
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
    this.#membership = null;
    this.#stop();
    const stops = [
      // Others add and remove people too.
      room.events.subscribe((event) => {
        if (event.type === "said" && event.event?.kind === "member") void this.#refresh();
      }),
      room.members.subscribe(() => this.#draw(room)),
    ];
    this.#stop = () => stops.forEach((stop) => stop());
    this.#requests.open();
    this.#close.focus();
    await this.#refresh();
  }

  async #refresh() {
    const room = this.#room;
    if (!room) return;
    await this.#requests.attempt(() => this.#read(room));
  }

  /** @param {Room} room */
  async #read(room) {
    const membership = await room.membership();
    if (room !== this.#room) return;
    this.#membership = membership;
    this.#draw(room);
    this.#drawOthers(membership.members);
  }

  /** @param {Room} room */
  #draw(room) {
    if (this.#membership === null) return;
    const { creator, members } = this.#membership;
    const { chat, translator } = this.#context;
    const me = chat.me.value?.user;
    const mayRemove = me !== undefined && me === creator || mayIn(room, "moderate");
    const present = room.members.value;
    const here = new Map(present.members.map((it) => [it.user, it]));
    // Before the room is joined, and in a sample, it is not known who is away.
    const isKnown = present.count > 0 && !present.isSampled;
    const isAway = (/** @type {Member} */ { user }) => isKnown && !here.has(user);
    // Who is there may have another name by now.
    const people = members.map((it) => ({ ...it, name: here.get(it.user)?.name ?? it.name }));
    const sorted = sortMembers(people, me, translator.language.value);
    const kinds = new Set(members.map(({ kind }) => kind));
    /** @type {HTMLElement | null} */
    const focused = this.#list.querySelector("button:focus");
    this.#list.replaceChildren(
      ...[...sorted.filter((it) => !isAway(it)), ...sorted.filter(isAway)].map((it) => {
        const mark = markOf(it, kinds);
        return this.#row(it, [
          it.user === me && translator.text("thatIsYou"),
          mark !== undefined && translator.strings[mark],
          it.user === creator && translator.text("memberCreator"),
          isAway(it) && translator.text("memberAway"),
        ], mayRemove && it.user !== me);
      }),
    );
    // Its button may be gone.
    if (focused) (this.#buttonOf(focused.dataset["user"]) ?? this.#close).focus();
  }

  /** @param {string | undefined} user */
  #buttonOf(user) {
    return [...this.#list.querySelectorAll("button")].find((it) => it.dataset["user"] === user);
  }

  /**
   * Shows who can be added. Not at each change of those who are there: a choice that is being made must not change.
   * @param {readonly Member[]} members
   */
  #drawOthers(members) {
    const { chat, translator, rooms } = this.#context;
    const isGuest = (chat.me.value?.kind ?? "guest") === "guest";
    const isThere = new Set(members.map(({ user }) => user));
    this.#others = rooms.acquaintances.filter(({ user }) => !isThere.has(user));
    const chosen = this.#who.value;
    const hadFocus = this.#addBox.contains(document.activeElement);
    this.#who.replaceChildren(...this.#others.map(({ user, name }) => {
      const option = make("option", "", name);
      option.value = user;
      return option;
    }));
    if (this.#others.some(({ user }) => user === chosen)) this.#who.value = chosen;
    this.#addBox.hidden = isGuest || this.#others.length === 0;
    if (hadFocus && this.#addBox.hidden) this.#close.focus();
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
    button.dataset["user"] = user;
    onClick(
      button,
      () =>
        void this.#requests.attempt((isCurrent) =>
          this.#change("memberRemoved", name, (it) => it.removeMember(user), isCurrent)
        ),
    );
    row.append(button);
    return row;
  }

  async #add() {
    const person = this.#others.find(({ user }) => user === this.#who.value);
    if (!person) return;
    const { user, name } = person;
    const isCurrent = await this.#requests.submit(
      (isCurrent) => this.#change("memberAdded", name, (it) => it.addMember(user, name), isCurrent),
      this.#context.translator.text("addRefused", { name }),
    );
    if (isCurrent) (this.#addBox.hidden ? this.#close : this.#who).focus();
  }

  /**
   * @param {"memberAdded" | "memberRemoved"} key What the status says.
   * @param {string} name
   * @param {(room: Room) => Promise<void>} request
   * @param {import("../members/dialog_requests.js").IsCurrent} isCurrent
   */
  async #change(key, name, request, isCurrent) {
    const room = this.#room;
    if (!room) return;
    this.#status.textContent = "";
    await request(room);
    if (!isCurrent()) return;
    this.#status.textContent = this.#context.translator.text(key, { name });
    await this.#read(room);
  }
}
