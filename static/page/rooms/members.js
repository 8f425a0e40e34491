// @ts-check
/// <reference lib="dom" />
/**
 * The member panel of the current room: the user first, the others by name. In big rooms it lists a sample, with a
 * note.
 * @module
 */

import { afterFrame, find, make, whenIdle } from "../base/dom.js";
import { hueOf, initialOf } from "../base/elements.js";
import { markOf } from "../base/marks.js";

/** @typedef {import("../../client.js").Room} Room */
/** @typedef {import("../../client/frames.js").Member} Member */
/** @typedef {{ row: HTMLLIElement, member: Member, isMe: boolean }} MemberRow */
/**
 * What adds tools to the rows: `fill` puts them into the list, again whenever `blocked` changes. See member_tools.js.
 * @typedef {{ fill(list: HTMLElement, rows: readonly MemberRow[]): void, blocked: import("../../client/observable.js").Value<import("../preferences.js").BlockedUsers> }} RowTools
 */

/**
 * Sorts members: this user first, then by name.
 * @param {readonly Member[]} members
 * @param {string | undefined} me The user.
 * @param {string} language
 * @returns {readonly Member[]}
 */
export function sortMembers(members, me, language) {
  if (members.length < 2) return members;
  const { compare } = new Intl.Collator(language);
  const rank = (/** @type {Member} */ { user }) => user === me ? 0 : 1;
  return [...members].sort((a, b) => rank(a) - rank(b) || compare(a.name, b.name));
}

/** The panel, and the count on the button that opens it on narrow screens. */
export class MembersPanel {
  #panel = find("people", HTMLElement);
  #list = find("members", HTMLUListElement);
  #total = find("people-total", HTMLElement);
  #note = find("people-note", HTMLElement);
  #open = find("open-people", HTMLButtonElement);
  #count = find("people-count", HTMLElement);
  #translator;
  #chat;
  /** @type {Room | null} */
  #room = null;
  #stop = () => {};
  #isDue = false;
  /** Puts the rows into the list; replaced once the tools are loaded. @type {(list: HTMLElement, rows: readonly MemberRow[]) => void} */
  #fill = (list, rows) => list.replaceChildren(...rows.map(({ row }) => row));

  /** @param {import("../i18n/strings.js").Translator} translator @param {import("../../client.js").Chat} chat */
  constructor(translator, chat) {
    this.#translator = translator;
    this.#chat = chat;
    chat.me.subscribe(() => this.#scheduleDraw());
    translator.language.subscribe(() => this.#draw());
  }

  /** Switches to this room. @param {Room | null} room */
  show(room) {
    this.#stop();
    this.#room = room;
    const stops = room
      ? [room.members, room.state, room.may].map((it) => it.subscribe(() => this.#scheduleDraw()))
      : [];
    this.#stop = () => stops.forEach((stop) => stop());
    this.#draw();
  }

  /** Gives each row its tools, which are loaded on demand. @param {RowTools} tools */
  attachTools(tools) {
    this.#fill = (list, rows) => tools.fill(list, rows);
    tools.blocked.subscribe(() => this.#draw());
  }

  // Render after the log, and once for all members who join and leave at the same moment.
  #scheduleDraw() {
    if (this.#isDue) return;
    this.#isDue = true;
    afterFrame(() =>
      whenIdle(() => {
        this.#isDue = false;
        this.#draw();
      })
    );
  }

  #draw() {
    const { count, members, isSampled } = this.#room?.members.value ??
      { count: 0, members: [], isSampled: false };
    // Do not hide it by the count, which is 0 while joining: the elements next to it would jump.
    this.#panel.hidden = this.#room === null;
    this.#open.hidden = this.#room === null || this.#room.state.value.kind === "refused";
    this.#total.textContent = this.#count.textContent = count > 0
      ? this.#translator.number(count)
      : "";
    const people = count > 0 ? `: ${this.#translator.peopleCount(count)}` : "";
    this.#open.setAttribute("aria-label", this.#translator.text("openPeople") + people);
    this.#note.hidden = !isSampled;
    this.#note.textContent = this.#translator.text("sampled", {
      shown: this.#translator.number(members.length),
      count: this.#translator.number(count),
    });
    const me = this.#chat.me.value?.user;
    const rows = sortMembers(members, me, this.#translator.language.value);
    const kinds = new Set(members.map(({ kind }) => kind));
    this.#fill(
      this.#list,
      rows.map((member) => {
        const isMe = member.user === me;
        return { row: this.#row(member, isMe, kinds), member, isMe };
      }),
    );
  }

  /** @param {Member} member @param {boolean} isMe @param {ReadonlySet<string>} kinds */
  #row(member, isMe, kinds) {
    const { name } = member;
    const disc = make("span", `face hue-${hueOf(name)}`, initialOf(name));
    disc.setAttribute("aria-hidden", "true");
    const row = make("li", "member", disc, make("bdi", "member-name", name));
    if (isMe) row.append(make("span", "mark", this.#translator.text("thatIsYou")));
    const mark = markOf(member, kinds);
    if (mark) row.append(make("span", "mark", this.#translator.strings[mark]));
    return row;
  }
}
