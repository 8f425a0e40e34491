// @ts-check
/// <reference lib="dom" />
/// <reference lib="dom.iterable" />
/**
 * The dialog in which moderators mute, ban or remove a person, and end that again.
 * @module
 */

import { prepareDialog } from "../base/dialog.js";
import { excerpt } from "../text/excerpt.js";
import { find, focusField, make, onClick } from "../base/dom.js";
import { sentence } from "../base/elements.js";
import { DialogRequests } from "../members/dialog_requests.js";
import { moderatesService } from "./ranks.js";
import { sanctionRow } from "./sanction_row.js";

/** @typedef {"mute" | "ban" | "kick"} Action */
/** @typedef {import("../i18n/strings.js").Key} Key */
/**
 * Whom the dialog is about. `room`: where, perhaps a room that is not joined. `text`: the message that is the occasion.
 * @typedef {{ readonly user: string, readonly name: string, readonly room: string, readonly text?: string }} Subject
 */
/**
 * What owners do besides.
 * @typedef {object} RoleTools
 * @property {(user: string) => boolean} mayChangeRole
 * @property {(person: { user: string, name: string }, origin: import("../base/dialog.js").Origin) => void} changeRole
 */

const MAX_QUOTE = 300;
/** The offered durations of each action, in seconds; 0 for good. @type {Readonly<Record<Action, readonly number[]>>} */
const DURATIONS = { mute: [600, 3_600, 86_400, 0], ban: [86_400, 604_800, 0], kick: [] };
/** @type {Readonly<Record<number, Key>>} */
const DURATION_NAMES = {
  0: "timeForGood",
  600: "timeTenMinutes",
  3600: "timeHour",
  86400: "timeDay",
  604800: "timeWeek",
};
/** What each action does in one room, what everywhere, what its button says, and what is said when it is done. */
const WORDS = /** @type {const} */ ({
  mute: { here: "muteHere", everywhere: "muteEverywhere", verb: "mute", done: "muteDone" },
  ban: { here: "banHere", everywhere: "banEverywhere", verb: "ban", done: "banDone" },
  kick: { here: "kickHere", everywhere: "kickHere", verb: "kick", done: "kickDone" },
});

/** The dialog. */
export class ModerateDialog {
  #dialog = prepareDialog("moderate-dialog", () => void this.#submit());
  #title = find("moderate-title", HTMLElement);
  #quote = find("moderate-quote", HTMLElement);
  #current = find("moderate-current", HTMLElement);
  #actions = find("moderate-actions", HTMLElement);
  #about = find("moderate-about", HTMLElement);
  #time = find("moderate-time", HTMLSelectElement);
  #timeBox = find("moderate-time-box", HTMLElement);
  #where = find("moderate-where", HTMLSelectElement);
  #whereBox = find("moderate-where-box", HTMLElement);
  #reason = find("moderate-reason", HTMLInputElement);
  #reasonRule = find("moderate-reason-rule", HTMLElement);
  #error = find("moderate-error", HTMLElement);
  #button = find("moderate-do", HTMLButtonElement);
  #role = find("moderate-role", HTMLElement);
  #requests;
  #translator;
  #chat;
  #toasts;
  #moderatorRooms;
  #roles;
  /** @type {Subject} */
  #subject = { user: "", name: "", room: "" };
  /** @type {import("../base/dialog.js").Origin} */
  #origin = () => null;
  // Whether the person leaves the list of people, and the button there with the person: the focus must not go to the next one.
  #isGone = false;

  /**
   * @param {import("../i18n/strings.js").Translator} translator
   * @param {import("../../client.js").Chat} chat
   * @param {import("../shell/toasts.js").Toasts} toasts
   * @param {import("./moderator_rooms.js").ModeratorRooms} moderatorRooms
   * @param {RoleTools} roles
   */
  constructor(translator, chat, toasts, moderatorRooms, roles) {
    this.#requests = new DialogRequests(this.#dialog, this.#button, this.#error, translator);
    this.#translator = translator;
    this.#chat = chat;
    this.#toasts = toasts;
    this.#moderatorRooms = moderatorRooms;
    this.#roles = roles;
    onClick(this.#role, () => {
      this.#dialog.close();
      roles.changeRole(this.#subject, this.#origin);
    });
    this.#actions.addEventListener("change", () => this.#adapt());
    this.#where.addEventListener("change", () => this.#explain());
    moderatorRooms.changes.subscribe(() => this.#dialog.open && this.#drawCurrent());
    this.#dialog.addEventListener("close", () => {
      if (this.#isGone) focusField();
      else this.#origin()?.focus({ preventScroll: true });
    });
  }

  /** Opens it. @param {Subject} subject @param {import("../base/dialog.js").Origin} origin */
  open(subject, origin) {
    this.#subject = subject;
    this.#origin = origin;
    this.#isGone = false;
    const { name, room, text = "" } = subject;
    this.#title.replaceChildren(...sentence(this.#translator.strings.moderateTitle, { name }));
    this.#quote.textContent = excerpt(text, MAX_QUOTE);
    this.#quote.hidden = text === "";
    this.#role.hidden = !this.#roles.mayChangeRole(subject.user);
    this.#reason.value = "";
    const { strings } = this.#translator;
    const here = this.#translator.text("moderateHere", { room: this.#translator.roomName(room) });
    this.#where.replaceChildren(option("room", here), option("service", strings.everywhere));
    const [first] = this.#actions.querySelectorAll("input");
    if (first) first.checked = true;
    this.#adapt();
    this.#drawCurrent();
    this.#requests.open();
    first?.focus();
    void this.#requests.attempt(() => this.#moderatorRooms.loadSanctions());
  }

  /** @returns {Action} */
  get #action() {
    const chosen = this.#actions.querySelector("input:checked")?.getAttribute("value");
    return chosen === "ban" || chosen === "kick" ? chosen : "mute";
  }

  get #isEverywhere() {
    return !this.#whereBox.hidden && this.#where.value === "service";
  }

  /** Offers what fits the action. */
  #adapt() {
    const action = this.#action;
    const options = DURATIONS[action].map((seconds) =>
      option(String(seconds), this.#translator.text(DURATION_NAMES[seconds] ?? "timeForGood"))
    );
    this.#time.replaceChildren(...options);
    this.#timeBox.hidden = options.length === 0;
    this.#whereBox.hidden = action === "kick" || !moderatesService(this.#chat.me.value?.role);
    this.#button.textContent = this.#translator.text(WORDS[action].verb);
    this.#explain();
  }

  #explain() {
    const { name, room } = this.#subject;
    const words = WORDS[this.#action][this.#isEverywhere ? "everywhere" : "here"];
    const place = this.#translator.roomName(room);
    this.#about.replaceChildren(
      ...sentence(this.#translator.text(words, { room: place }), { name }),
    );
    const rule = this.#isEverywhere ? "reasonForOne" : "deleteReasonRule";
    this.#reasonRule.replaceChildren(...sentence(this.#translator.strings[rule], { name }));
  }

  /** Shows the mutes and bans of the person that are in force, each with a button that ends it. */
  #drawCurrent() {
    const { user, room } = this.#subject;
    const found = this.#moderatorRooms.sanctions.filter((it) =>
      it.user === user && (it.room === undefined || it.room === room)
    );
    const hadFocus = this.#current.contains(document.activeElement);
    this.#current.replaceChildren(
      ...found.map((it) => sanctionRow(it, this.#translator, () => void this.#end(it))),
    );
    if (hadFocus) this.#button.focus();
  }

  /** @param {import("./sanctions.js").Sanction} sanction */
  async #end(sanction) {
    await this.#requests.attempt(() => endSanction(this.#chat, sanction));
  }

  async #submit() {
    const action = this.#action;
    const { user, name, room } = this.#subject;
    const seconds = this.#timeBox.hidden ? 0 : Number(this.#time.value);
    const reason = this.#reason.value.trim();
    const isDone = await this.#requests.submitAndClose(async (isCurrent) => {
      await this.#chat.moderate(action, {
        ...{ user, name },
        ...(!this.#isEverywhere && { room }),
        ...(seconds > 0 && { seconds }),
        ...(reason && { reason }),
      });
      if (!isCurrent()) return;
      this.#isGone = action !== "mute" && Boolean(this.#origin()?.closest("#members"));
    });
    if (!isDone) return;
    const place = this.#translator.roomName(room);
    this.#toasts.show(this.#translator.text(WORDS[action].done, { name, room: place }));
  }
}

/**
 * Ends a mute or a ban.
 * @param {import("../../client.js").Chat} chat
 * @param {import("./sanctions.js").Sanction} sanction
 */
export async function endSanction(chat, { kind, user, name, room }) {
  await chat.moderate(kind === "mute" ? "unmute" : "unban", { user, name, ...(room && { room }) });
}

/** @param {string} value @param {string} words */
function option(value, words) {
  const made = make("option", "", words);
  made.value = value;
  return made;
}
