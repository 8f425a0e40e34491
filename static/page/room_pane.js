// @ts-check
/// <reference lib="dom" />
/**
 * The pane of the current room: its name, log, members and message field. It passes the room to each of them
 * and carries out the log's actions.
 * @module
 */

import { Value } from "../client/observable.js";
import { Composer } from "./composer/composer.js";
import { find, focusField } from "./base/dom.js";
import { mentionedUsers } from "./composer/mentioned_users.js";
import { Log } from "./log/log.js";
import { MembersPanel } from "./rooms/members.js";
import { RoomHeader } from "./rooms/room_header.js";
import { RoomStatus } from "./rooms/room_status.js";
import { TypingLine } from "./composer/typing_line.js";

/** @typedef {import("../client.js").Room} Room */

/**
 * What the pane needs from the page.
 * @typedef {object} RoomPaneContext
 * @property {import("../client.js").Chat} chat
 * @property {import("./rooms/rooms.js").Rooms} rooms
 * @property {import("./preferences.js").Preferences} preferences
 * @property {import("./i18n/strings.js").Translator} translator
 * @property {import("./composer/drafts.js").Drafts} drafts
 * @property {import("./on_demand.js").OnDemand} onDemand
 * @property {import("./shell/toasts.js").Toasts} toasts
 * @property {() => void} rename
 * @property {() => void} leave Leaves the current room.
 * @property {() => void} forgetPosition Removes the message from the page's URL, so that a reload does not open it again.
 * @property {() => number} maxBytes
 * @property {(line: import("./composer/commands.js").CommandLine) => Promise<string>} run
 */

/** The middle of the page. */
export class RoomPane {
  /** The message field. */
  composer;
  // The user's identity for the log; before the connection is up, that of the last visit.
  #me;
  #context;
  #log;
  #members;
  #parts;
  #header;
  #noRoom = find("no-room", HTMLElement);
  #scroller = find("log", HTMLElement);
  #leave = find("leave", HTMLElement);

  /** @param {RoomPaneContext} context */
  constructor(context) {
    const {
      chat,
      rooms,
      translator,
      drafts,
      onDemand,
      toasts,
      maxBytes,
      run,
      rename,
      leave,
      preferences,
    } = context;
    this.#context = context;
    this.#me = new Value({ user: preferences.lastUser ?? "", name: preferences.lastName ?? "" });
    chat.me.subscribe((me) => {
      if (!me) return;
      this.#me.set(me);
      preferences.lastUser = me.user;
    });
    this.composer = new Composer(translator, drafts, {
      ...{ maxBytes, run },
      isEnded: () => chat.state.value.kind === "closed",
      editLast: () => this.#editLast(),
      offerDeletion: ({ position, known: [text = ""] }) => {
        const me = this.#me.value;
        void onDemand.use(({ deleteDialog }) =>
          deleteDialog.open({ ...me, position, text }, null, me.user, rooms.active.value)
        );
      },
      timelineOf: (room) => rooms.timelineOf(room),
      mentionsIn: (room, text) => mentionedUsers(text, rooms.peopleIn(room), this.#me.value.user),
      suggestMentions: (isBegun) => {
        if (!isBegun) onDemand.parts?.suggestions.update();
        else void onDemand.preload().then((later) => later?.suggestions.update());
      },
      stopSuggesting: () => onDemand.parts?.suggestions.close(),
      showToast: (line) => toasts.show(line),
      pickEmoji: (anchor, onPick) => void onDemand.use(({ picker }) => picker.open(anchor, onPick)),
    });
    this.#log = new Log({
      scroller: this.#scroller,
      jump: find("jump", HTMLElement),
      live: find("announcer", HTMLElement),
    }, this.#logContext());
    this.#members = new MembersPanel(translator, chat);
    this.#header = new RoomHeader(
      translator,
      (room) => void onDemand.use(({ roomDialog }) => roomDialog.open(room)),
      (room) => void onDemand.use(({ roomMembersDialog }) => void roomMembersDialog.open(room)),
    );
    this.#parts = [
      this.#header,
      this.composer,
      this.#members,
      new RoomStatus(translator, chat, rename, leave),
      new TypingLine(translator, preferences.blocked),
    ];
  }

  /** Shows a room, or none. @param {Room | null} room */
  show(room) {
    this.#noRoom.hidden = room !== null;
    this.#scroller.hidden = this.#leave.hidden = room === null;
    for (const part of this.#parts) part.show(room);
    const { chat, rooms } = this.#context;
    if (room) this.#log.show(room, rooms.timelineOf(room), chat.outbox, this.#me);
    else this.#log.clear();
  }

  /** The current room was renamed. @param {string} from */
  onRenamed(from) {
    this.#header.onRenamed();
    this.composer.onRoomRenamed(from);
  }

  /** Goes to a message of the current room, or reports that it is not available. @param {string | null} position Null for none. */
  async goTo(position) {
    if (position === null) return this.#log.stopSearch();
    const outcome = await this.#log.goToMessage(position);
    if (outcome === "found" || outcome === "stopped") return;
    const { toasts, translator, forgetPosition } = this.#context;
    if (outcome === "gone") forgetPosition();
    toasts.show(translator.text(outcome === "gone" ? "goneMessage" : "farMessage"));
  }

  /** Applies the current language. */
  setLanguage() {
    this.#log.setLanguage(this.#logContext());
  }

  /** @param {import("./log/view/toolbar.js").Toolbar} toolbar */
  attachToolbar(toolbar) {
    this.#log.attachToolbar(toolbar);
  }

  /** @param {import("./rooms/members.js").RowTools} tools */
  attachMemberTools(tools) {
    this.#members.attachTools(tools);
  }

  #logContext() {
    const { preferences, translator } = this.#context;
    return {
      blocked: preferences.blocked,
      strings: translator.strings,
      language: translator.language.value,
      now: () => Date.now(),
      roomName: (/** @type {string} */ room) => translator.roomName(room),
      onAction: (/** @type {import("./log/types.js").LogAction} */ action) =>
        this.#onLogAction(action),
    };
  }

  #editLast() {
    const own = this.#lastOwn();
    if (own) this.#edit(own);
    return own !== undefined;
  }

  /** @param {import("../client/timeline/timeline.js").Message} message */
  #edit(message) {
    const { position } = message;
    // A pending edit has not changed the message yet.
    const last = this.#context.chat.outbox.value
      .findLast(({ action }) => action.type === "edit" && action.of === position)?.action;
    this.composer.edit(message, last && "text" in last ? last.text : message.text);
  }

  #lastOwn() {
    const { chat, rooms } = this.#context;
    const room = rooms.active.value;
    const user = chat.me.value?.user;
    const messages = room ? rooms.timelineOf(room).messages : [];
    return messages.findLast((it) => it.user === user && !it.deleted && !it.event);
  }

  /** @param {import("./log/types.js").LogAction} action */
  #onLogAction(action) {
    const { chat, rooms, onDemand, toasts } = this.#context;
    const room = rooms.active.value;
    const row = "anchor" in action ? action.anchor?.closest("article") : undefined;
    switch (action.type) {
      case "reply":
        return this.composer.reply(action.message);
      case "edit":
        return this.#edit(action.message);
      case "delete":
        return void onDemand.use(({ deleteDialog }) =>
          deleteDialog.open(action.message, row, this.#me.value.user, room)
        );
      case "moderate":
      case "report":
        return void onDemand.use((later) => room && later.onOthersMessage(action, row, room));
      case "copy":
        return void this.#copy(action.link);
      case "pick":
        return void onDemand.use(({ picker }) =>
          picker.open(action.anchor, (emoji) => {
            room?.react(action.message.position, emoji);
            focusField();
          }, row)
        );
      case "react":
        room?.react(action.message.position, action.emoji, action.on);
        return focusField();
      case "toast":
        return toasts.show(action.words);
      case "loadToolbar":
        return void onDemand.preload();
      case "latest":
        return this.#context.forgetPosition();
    }
    // The log's type of a delivery has fewer fields.
    const delivery = chat.outbox.value.find(({ id }) => id === action.delivery.id);
    if (action.type === "retry") delivery?.sendAgain();
    else delivery?.discard();
    focusField();
  }

  /** @param {string} link */
  async #copy(link) {
    const { onDemand, toasts, translator } = this.#context;
    try {
      // Missing outside of secure contexts, as on another machine's plain http.
      await navigator.clipboard.writeText(link);
      toasts.show(translator.text("linkCopied"));
      focusField();
    } catch {
      void onDemand.use(({ linkDialog }) => linkDialog.show(link));
    }
  }
}
