// @ts-check
/// <reference lib="dom" />
/**
 * What belongs to the room that is looked at: its name, its log, its people, the field. It hands the room to each of them,
 * and does what the log asks for.
 * @module
 */

import { Value } from "../client/values.js";
import { Composer } from "./composer.js";
import { DeleteDialog, LinkDialog } from "./dialogs.js";
import { find } from "./dom.js";
import { Log } from "./log.js";
import { Members } from "./members.js";
import { RoomStatus } from "./room_status.js";
import { strings } from "./strings.js";
import { TypingLine } from "./typing_line.js";

/** @typedef {import("../client.js").Room} Room */

/**
 * What it needs of the page around it.
 * @typedef {object} Around
 * @property {import("../client.js").Chat} chat
 * @property {import("./rooms.js").Rooms} rooms
 * @property {import("./settings.js").Settings} settings
 * @property {import("./strings.js").Words} words
 * @property {import("./drafts.js").Drafts} drafts
 * @property {import("./emoji.js").EmojiPicker} picker
 * @property {import("./toast.js").Toasts} toasts
 * @property {() => void} rename
 * @property {() => number} maxBytes
 */

/** The middle of the page. */
export class Conversation {
  /** The field in which one writes. */
  composer;
  // Who one is, for the log: before there is a connection, who one was.
  #me;
  #around;
  #log;
  #parts;
  #title = find("room-title", HTMLElement);
  #noRoom = find("no-room", HTMLElement);
  #scroller = find("log", HTMLElement);
  #leave = find("leave", HTMLElement);
  #deleteDialog = new DeleteDialog();
  #linkDialog = new LinkDialog();

  /** @param {Around} around */
  constructor(around) {
    const { chat, words, drafts, picker, maxBytes, rename, settings } = around;
    this.#around = around;
    this.#me = new Value({ user: "", name: settings.lastName ?? "" });
    chat.me.subscribe((me) => me && this.#me.set(me));
    const lastOwn = () => this.#lastOwn();
    this.composer = new Composer(words, drafts, picker, { maxBytes, lastOwn });
    this.#log = new Log({
      scroller: this.#scroller,
      jump: find("jump", HTMLElement),
      live: find("announcer", HTMLElement),
    }, this.#surroundings());
    const members = new Members(words, chat);
    this.#parts = [
      this.composer,
      members,
      new RoomStatus(words, chat, rename),
      new TypingLine(words),
    ];
  }

  /** Shows a room; none where one is in no room. @param {Room | null} room */
  show(room) {
    this.#title.textContent = room ? `# ${room.name}` : "Parley";
    this.#noRoom.hidden = room !== null;
    this.#scroller.hidden = this.#leave.hidden = room === null;
    for (const part of this.#parts) part.show(room);
    const { chat, rooms } = this.#around;
    if (room) this.#log.show(room, rooms.timelineOf(room), chat.outbox, this.#me);
    else this.#log.clear();
  }

  /** Goes to a message of the room that is shown, or says that it cannot be had. @param {string} position */
  async goTo(position) {
    const room = this.#around.rooms.active.value;
    const outcome = await this.#log.goTo(position);
    if (outcome === "found" || room !== this.#around.rooms.active.value) return;
    const { toasts, words } = this.#around;
    toasts.tell(words.say(outcome === "gone" ? "goneMessage" : "farMessage"));
  }

  /** Speaks the language that is chosen now. */
  speak() {
    this.#log.speak(this.#surroundings());
  }

  #surroundings() {
    const language = this.#around.words.language.value;
    return {
      strings: strings[language],
      language,
      now: () => Date.now(),
      act: (/** @type {import("./log_types.js").Deed} */ deed) => this.#act(deed),
    };
  }

  #lastOwn() {
    const { chat, rooms } = this.#around;
    const room = rooms.active.value;
    const user = chat.me.value?.user;
    const messages = room ? rooms.timelineOf(room).messages : [];
    return messages.findLast((it) => it.user === user && !it.deleted);
  }

  /** @param {import("./log_types.js").Deed} deed */
  #act(deed) {
    const { chat, rooms, picker, toasts, words } = this.#around;
    const room = rooms.active.value;
    switch (deed.type) {
      case "reply":
        return this.composer.reply(deed.message);
      case "edit":
        return this.composer.edit(deed.message);
      case "delete":
        return this.#deleteDialog.ask(deed.message.text, () => room?.delete(deed.message.position));
      case "copy":
        return void this.#linkDialog.copy(deed.link).then((isCopied) =>
          isCopied && toasts.tell(words.say("linkCopied"))
        );
      case "pick":
        return picker.open(deed.anchor, (emoji) => {
          room?.react(deed.message.position, emoji);
          deed.anchor.focus();
        });
      case "react":
        return void room?.react(deed.message.position, deed.emoji, deed.on);
      case "say words":
        return toasts.tell(deed.words);
    }
    // The log knows a delivery by less than it is.
    const delivery = chat.outbox.value.find(({ id }) => id === deed.delivery.id);
    if (deed.type === "retry") delivery?.sendAgain();
    else delivery?.discard();
  }
}
