// @ts-check
/// <reference lib="dom" />
/**
 * Who is in the room that is looked at: oneself first, the others by name. In big rooms only some are named, and the panel
 * says so.
 * @module
 */

import { afterPicture, find, make, whenIdle } from "./dom.js";
import { hueOf, initialOf } from "./log_dom.js";

/** @typedef {import("../client.js").Room} Room */
/** @typedef {{ user: string, name: string }} Member */

/**
 * Oneself first, then by name.
 * @param {readonly Member[]} members
 * @param {string | undefined} me The user.
 * @param {string} language
 * @returns {readonly Member[]}
 */
export function inOrder(members, me, language) {
  if (members.length < 2) return members;
  const { compare } = new Intl.Collator(language);
  const rank = (/** @type {Member} */ { user }) => user === me ? 0 : 1;
  return [...members].sort((a, b) => rank(a) - rank(b) || compare(a.name, b.name));
}

/** The panel, and the count on the button that opens it where there is no place for it. */
export class Members {
  #panel = find("people", HTMLElement);
  #list = find("members", HTMLUListElement);
  #total = find("people-total", HTMLElement);
  #note = find("people-note", HTMLElement);
  #open = find("open-people", HTMLButtonElement);
  #count = find("people-count", HTMLElement);
  #words;
  #chat;
  /** @type {Room | null} */
  #room = null;
  #stop = () => {};
  #isDue = false;

  /** @param {import("./strings.js").Words} words @param {import("../client.js").Chat} chat */
  constructor(words, chat) {
    this.#words = words;
    this.#chat = chat;
    chat.me.subscribe(() => this.#plan());
    words.language.subscribe(() => this.#draw());
  }

  /** Follows this room. @param {Room | null} room */
  show(room) {
    this.#stop();
    this.#room = room;
    const stops = room
      ? [room.members, room.state].map((it) => it.subscribe(() => this.#plan()))
      : [];
    this.#stop = () => stops.forEach((stop) => stop());
    this.#draw();
  }

  // After the conversation, and once for all that come and go in one moment.
  #plan() {
    if (this.#isDue) return;
    this.#isDue = true;
    afterPicture(() =>
      whenIdle(() => {
        this.#isDue = false;
        this.#draw();
      })
    );
  }

  #draw() {
    const { count, members, isSampled } = this.#room?.members.value ??
      { count: 0, members: [], isSampled: false };
    // Not by the count, which is 0 on the way into each room: what stands beside would jump.
    this.#panel.hidden = this.#room === null;
    this.#open.hidden = this.#room === null || this.#room.state.value.kind === "refused";
    this.#total.textContent = this.#count.textContent = count > 0 ? this.#words.number(count) : "";
    const people = count > 0 ? `: ${this.#words.people(count)}` : "";
    this.#open.setAttribute("aria-label", this.#words.say("openPeople") + people);
    this.#note.hidden = !isSampled;
    this.#note.textContent = this.#words.say("sampled", {
      shown: this.#words.number(members.length),
      count: this.#words.number(count),
    });
    const me = this.#chat.me.value?.user;
    const rows = inOrder(members, me, this.#words.language.value);
    this.#list.replaceChildren(...rows.map((member) => this.#row(member, member.user === me)));
  }

  /** @param {Member} member @param {boolean} isMe */
  #row({ name }, isMe) {
    const disc = make("span", `face hue-${hueOf(name)}`, initialOf(name));
    disc.setAttribute("aria-hidden", "true");
    const row = make("li", "member", disc, make("bdi", "member-name", name));
    if (isMe) row.append(make("span", "mark", this.#words.say("thatIsYou")));
    return row;
  }
}
