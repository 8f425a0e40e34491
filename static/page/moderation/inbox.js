// @ts-check
/// <reference lib="dom" />
/// <reference lib="dom.iterable" />
/**
 * The dialog of moderators: reports, what moderators have done, and what concerns the service. A button in the list of rooms opens
 * it, and shows how many reports are unread.
 * @module
 */

import { linkTo } from "../base/address.js";
import { prepareDialog } from "../base/dialog.js";
import { find, make, onClick } from "../base/dom.js";
import { iconOf } from "../base/icons.js";
import { attempt } from "../members/records.js";
import { auditRow } from "./audit_row.js";
import { endSanction } from "./moderate_dialog.js";
import { isBelow, roleIn } from "./ranks.js";
import { reportRow } from "./report_row.js";
import { sanctionRow } from "./sanction_row.js";
import { SHIELD } from "../base/shield.js";

/** @typedef {"reports" | "audit" | "tools"} Tab */
/** @typedef {import("./report_text.js").Report} Report */
/**
 * What the inbox needs from the page.
 * @typedef {object} InboxContext
 * @property {import("../../client.js").Chat} chat
 * @property {import("../rooms/rooms.js").Rooms} rooms
 * @property {import("../i18n/strings.js").Translator} translator
 * @property {import("../shell/toasts.js").Toasts} toasts
 * @property {import("./moderator_rooms.js").ModeratorRooms} moderatorRooms
 * @property {import("./moderate_dialog.js").ModerateDialog} moderateDialog
 * @property {import("../dialogs/dialogs.js").DeleteDialog} deleteDialog
 */

/** The dialog, its button, and the bar that says that guests are locked out. */
export class Inbox {
  #dialog = prepareDialog("moderation-dialog", () => void this.#sendNote());
  #opener = find("open-moderation", HTMLElement);
  #badge = find("moderation-unread", HTMLElement);
  #unreadWords = find("moderation-unread-words", HTMLElement);
  #bar = find("locked-bar", HTMLElement);
  #tabs = find("moderation-tabs", HTMLElement);
  #reports = find("reports", HTMLElement);
  #noteBox = find("report-note-box", HTMLElement);
  #note = find("report-note", HTMLInputElement);
  #reportsNone = find("reports-none", HTMLElement);
  #audit = find("audit", HTMLElement);
  #older = find("moderation-older", HTMLButtonElement);
  #tools = find("moderation-tools", HTMLElement);
  #sanctions = find("sanctions", HTMLElement);
  #sanctionsNone = find("sanctions-none", HTMLElement);
  #lock = find("lock-service", HTMLInputElement);
  #error = find("moderation-error", HTMLElement);
  // On the button that opens the list of rooms on narrow screens.
  #dot = make("span", "dot");
  #context;
  /** What the service is about to be, until `_audit` says so. @type {boolean | null} */
  #askedLock = null;
  /** What is to be opened once the user is known. @type {Tab | null} */
  #wanted = null;

  /** @param {InboxContext} context */
  constructor(context) {
    this.#context = context;
    const { translator, moderatorRooms } = context;
    find("me", HTMLElement).before(this.#opener);
    find("room-status", HTMLElement).after(this.#bar);
    this.#opener.prepend(iconOf(SHIELD));
    find("open-rooms", HTMLElement).append(this.#dot);
    onClick(this.#opener, () => this.open("reports"));
    onClick(find("unlock-service", HTMLElement), () => void this.#setLock(false));
    onClick(this.#older, () => void this.#loadOlder());
    this.#lock.addEventListener("change", () => void this.#setLock(this.#lock.checked));
    this.#tabs.addEventListener("change", () => this.#onTab());
    find("delete-dialog", HTMLDialogElement).addEventListener("close", () => {
      if (this.#dialog.open) this.#reports.focus();
    });
    moderatorRooms.changes.subscribe(() => this.#draw());
    translator.language.subscribe(() => this.#draw());
    context.chat.me.subscribe(() => this.#openWanted());
  }

  /** Opens a tab. @param {Tab} tab */
  open(tab) {
    const input = this.#tabs.querySelector(`[value=${tab}]`);
    if (!(input instanceof HTMLInputElement)) return;
    input.checked = true;
    if (!this.#dialog.open) {
      this.#dialog.showModal();
      // Otherwise the button that closes the dialog would have it.
      input.focus();
    }
    this.#context.moderatorRooms.retry();
    this.#onTab();
  }

  /** Opens the tab of a room, once it is known whether the user is a moderator. @param {string} room */
  openRoom(room) {
    this.#wanted = room.toLowerCase() === "_audit" ? "audit" : "reports";
    this.#openWanted();
  }

  #openWanted() {
    const { chat, moderatorRooms, translator, toasts } = this.#context;
    const wanted = this.#wanted;
    if (wanted === null || chat.me.value === null) return;
    this.#wanted = null;
    if (moderatorRooms.areOpen) this.open(wanted);
    else toasts.show(translator.faultSentence("not_allowed"));
  }

  /** @returns {Tab} */
  get #tab() {
    const chosen = this.#tabs.querySelector("input:checked")?.getAttribute("value");
    return chosen === "audit" || chosen === "tools" ? chosen : "reports";
  }

  #onTab() {
    this.#error.textContent = "";
    this.#draw();
    if (this.#tab !== "tools") return;
    void this.#attempt(() => this.#context.moderatorRooms.loadSanctions());
  }

  #draw() {
    const { moderatorRooms, translator } = this.#context;
    const { areOpen, isLocked, unread } = moderatorRooms;
    this.#opener.hidden = !areOpen;
    this.#dot.hidden = unread === 0;
    this.#bar.hidden = !areOpen || !isLocked;
    if (isLocked === this.#askedLock) this.#askedLock = null;
    this.#lock.checked = this.#askedLock ?? isLocked;
    this.#badge.hidden = unread === 0;
    this.#badge.textContent = unread > 99 ? "99+" : String(unread);
    this.#unreadWords.textContent = unread === 0
      ? ""
      : translator.text("reportsUnread", { count: translator.number(unread) });
    if (!areOpen) this.#dialog.close();
    if (this.#dialog.open) this.#drawTab();
  }

  #drawTab() {
    const { moderatorRooms, translator } = this.#context;
    const tab = this.#tab;
    const { reports } = moderatorRooms;
    this.#noteBox.hidden = tab !== "reports";
    this.#reports.hidden = tab !== "reports";
    const fault = tab === "audit" ? moderatorRooms.faultOf(tab) : moderatorRooms.faultOf("reports");
    this.#reportsNone.hidden = tab !== "reports" || reports.length > 0 || fault !== null;
    if (fault !== null) this.#error.textContent = translator.faultSentence(fault);
    this.#audit.hidden = tab !== "audit";
    this.#tools.hidden = tab !== "tools";
    this.#older.hidden = tab === "tools" || !moderatorRooms.hasOlder(tab);
    if (tab === "reports") {
      this.#fill(this.#reports, reports.map((it) => reportRow(it, translator, this.#reportTools)));
      moderatorRooms.markRead();
    } else if (tab === "audit") {
      const entries = [...moderatorRooms.audit].reverse();
      this.#fill(this.#audit, entries.map((it) => auditRow(it, translator)));
    } else {
      const { sanctions } = moderatorRooms;
      const rows = sanctions.map((it) => sanctionRow(it, translator, () => this.#end(it)));
      this.#fill(this.#sanctions, rows.reverse());
      this.#sanctionsNone.hidden = sanctions.length > 0;
    }
  }

  /** Replaces the rows; the focus stays in the list. @param {HTMLElement} list @param {readonly HTMLElement[]} rows */
  #fill(list, rows) {
    const buttons = [...list.querySelectorAll("button")];
    const focused = buttons.findIndex((it) => it === document.activeElement);
    // The list itself keeps it, whatever is in it.
    const hadFocus = list !== document.activeElement && list.contains(document.activeElement);
    list.replaceChildren(...rows);
    if (!hadFocus) return;
    const same = [...list.querySelectorAll("button")].at(focused < 0 ? 0 : focused);
    (same ?? list).focus();
  }

  /** @returns {import("./report_row.js").ReportTools} */
  get #reportTools() {
    const { chat, rooms, moderatorRooms, deleteDialog, moderateDialog } = this.#context;
    const me = chat.me.value;
    return {
      goTo: ({ room, position }) => {
        this.#dialog.close();
        location.assign(linkTo(location.href, room, position));
      },
      remove: (report, row) => {
        const message = { ...report, id: "", at: 0 };
        deleteDialog.open(message, row, me?.user ?? "", rooms.join(report.room));
      },
      release: (position) => void this.#attempt(() => chat.release(position)),
      turnDown: (position) => void this.#attempt(() => moderatorRooms.turnDown(position)),
      moderate: (report, button) => moderateDialog.open(report, () => button),
      mayModerate: ({ user }) =>
        me !== null && isBelow({ user, role: roleIn(rooms.all, user) }, me),
    };
  }

  async #loadOlder() {
    const tab = this.#tab;
    this.#older.disabled = true;
    if (tab !== "tools") {
      await this.#attempt(() => this.#context.moderatorRooms.loadOlder(tab));
    }
    this.#older.disabled = false;
  }

  async #sendNote() {
    const text = this.#note.value.trim();
    if (text === "" || this.#noteBox.hidden) return;
    this.#note.value = "";
    await this.#attempt(() => this.#context.moderatorRooms.say(text));
  }

  /** @param {import("./sanctions.js").Sanction} sanction */
  #end(sanction) {
    void this.#attempt(() => endSanction(this.#context.chat, sanction));
  }

  /** @param {boolean} on */
  async #setLock(on) {
    this.#askedLock = on;
    await this.#attempt(() => this.#context.chat.moderate(on ? "lockdown" : "unlock"));
    if (this.#error.textContent === "") return;
    this.#askedLock = null;
    this.#draw();
  }

  /** @param {() => Promise<void>} request */
  #attempt(request) {
    return attempt(this.#error, this.#context.translator, request);
  }
}
