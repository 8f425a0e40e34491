// @ts-check
/// <reference lib="dom" />
/// <reference lib="dom.iterable" />
/**
 * The log: shows what one room says. Everything that others wrote enters the page as text, never as markup. What the reader
 * wants done goes outward by `act`; only older messages are asked for here, and what was seen is marked as read.
 * @module
 */
import { deedOf } from "./log_deeds.js";
import { topOf } from "./log_items.js";
import { Jump } from "./log_jump.js";
import { watchDays } from "./log_lines.js";
import { watchOutbox } from "./log_outbox.js";
import { Pen } from "./log_pen.js";
import { Reader } from "./log_reader.js";
import { findMessage } from "./log_search.js";
import { Turns } from "./log_turns.js";
import { View } from "./log_view.js";

/** @typedef {import("../client/timeline.js").Timeline} Timeline */
/** @typedef {import("./log_items.js").Item} Item */
/** @typedef {import("./log_types.js").Room} Room */
/** @typedef {import("./log_types.js").Delivery} Delivery */
/** @typedef {import("./log_types.js").Surroundings} Surroundings */
/** @template T @typedef {import("./log_types.js").Watched<T>} Watched */
/** @typedef {Watched<import("./log_types.js").Person | null>} Me */

/** Shows one room at a time. */
export class Log {
  #jump;
  #surroundings;
  #view;
  #reader;
  /** @type {{room: Room, timeline: Timeline, me: Me, left: AbortController} | undefined} */
  #visit;
  /** @type {(() => void)[]} */
  #ends = [];
  /** @type {readonly Delivery[]} */
  #outbox = [];
  #hasFailed = false;
  #pen;
  #turns = new Turns(() => this.#show(), () => this.#extend());

  /**
   * @param {import("./log_types.js").Elements} elements
   * @param {Surroundings} surroundings
   */
  constructor({ scroller, jump, live }, surroundings) {
    this.#surroundings = { ...surroundings };
    this.#reader = new Reader(live, this.#surroundings);
    this.#pen = new Pen(this.#surroundings);
    this.#view = new View(scroller, {
      draw: (element, item) => this.#draw(element, item),
      moved: () => this.#settle(),
      scene: () => this.#scene(),
    });
    this.#view.speak(surroundings.strings);
    this.#jump = new Jump(jump, () => {
      // The button that has the focus goes.
      scroller.focus({ preventScroll: true });
      this.#view.toEnd();
      this.#settle();
    });
    scroller.addEventListener("click", (event) => this.#click(event));
    document.addEventListener("visibilitychange", () => this.#settle());
    globalThis.addEventListener("focus", () => this.#settle());
    watchDays(surroundings.now, () => this.speak(this.#surroundings));
    this.#showJump();
  }

  /**
   * Shows a room.
   * @param {Room} room
   * @param {Timeline} timeline Is given the room's events by somebody else.
   * @param {Watched<readonly Delivery[]>} outbox
   * @param {Me} me
   */
  show(room, timeline, outbox, me) {
    this.clear();
    this.#visit = { room, timeline, me, left: new AbortController() };
    this.#open();
    this.#ends = [
      timeline.changes.subscribe((change) => this.#take(change)),
      watchOutbox(outbox, room.name, (own, isNewSay) => this.#takeOutbox(own, isNewSay)),
      me.subscribe(() => this.#turns.plan()),
      room.state.subscribe(() => {
        this.#hasFailed = false;
        this.#turns.plan();
      }),
    ];
  }

  /** Shows nothing. */
  clear() {
    this.#visit?.left.abort();
    for (const end of this.#ends) end();
    this.#ends = [];
    this.#turns.clear();
    this.#visit = undefined;
    this.#outbox = [];
    this.#pen.clear();
    this.#reader.clear();
    this.#view.open();
    this.#showJump();
  }

  /**
   * Speaks another language from now on.
   * @param {Pick<Surroundings, "strings" | "language">} words
   */
  speak({ strings, language }) {
    Object.assign(this.#surroundings, { strings, language });
    this.#view.speak(strings);
    this.#view.show();
    this.#turns.plan();
  }

  /**
   * Opens the room that is shown at a message, which is asked for if it is not here yet.
   * @param {string} position
   * @returns {Promise<"found" | "gone" | "failed">} Failed where it cannot be asked for, or one is elsewhere by now.
   */
  async goTo(position) {
    const visit = this.#visit;
    if (!visit) return "failed";
    const outcome = await findMessage(visit.timeline, visit.room, position, visit.left.signal);
    if (outcome !== "found") return outcome;
    this.#view.toMessage(position);
    this.#settle();
    return "found";
  }

  /** @param {HTMLElement} element @param {Item} item */
  #draw(element, item) {
    if (this.#visit) this.#pen.draw(element, item, this.#visit.room, this.#visit.me.value);
  }

  #scene() {
    if (!this.#visit) return undefined;
    const { timeline, me } = this.#visit;
    return {
      timeline,
      user: me.value?.user,
      top: topOf(timeline, this.#hasFailed),
      divider: this.#reader.divider,
      outbox: this.#outbox,
    };
  }

  #open() {
    if (!this.#visit) return;
    const { room, timeline, me } = this.#visit;
    this.#reader.open(room, timeline, me.value?.user);
    this.#view.open();
    // What was planned is for what was seen before.
    this.#turns.clear();
    this.#turns.plan();
  }

  /** @param {import("../client/timeline.js").Change} change */
  #take(change) {
    if (change.type === "replaced") return this.#open();
    if (change.type === "added" && change.message.user !== this.#visit?.me.value?.user) {
      const isAtEnd = this.#view.isFollowing;
      this.#reader.hear(change.message, { isReplayed: change.replayed, isAtEnd });
    }
    this.#turns.plan();
  }

  /** @param {readonly Delivery[]} own @param {boolean} isNewSay */
  #takeOutbox(own, isNewSay) {
    this.#outbox = own;
    if (!isNewSay) return this.#turns.plan();
    this.#reader.divider.clear();
    this.#view.toEnd();
    this.#turns.plan();
  }

  #show() {
    this.#view.show();
    this.#view.fill();
    this.#look();
  }

  /** After each movement of the reader. */
  #settle() {
    this.#extend();
    this.#look();
  }

  #extend() {
    if (!this.#visit) return;
    const { timeline } = this.#visit;
    if (this.#view.extend() && timeline.isOpen && timeline.more && !this.#hasFailed) this.#older();
  }

  /** Takes note of what the reader now sees. */
  #look() {
    if (!this.#visit) return;
    const { room, timeline } = this.#visit;
    if (this.#view.isFollowing) this.#reader.see(room, timeline.messages.at(-1)?.position);
    this.#showJump();
  }

  #older() {
    const visit = this.#visit;
    if (!visit) return;
    if (this.#hasFailed) this.#turns.plan();
    this.#hasFailed = false;
    visit.timeline.older(visit.room).catch(() => {
      if (visit !== this.#visit) return;
      this.#hasFailed = true;
      this.#turns.plan();
    });
  }

  #showJump() {
    const isNeeded = this.#visit !== undefined && !this.#view.isFollowing;
    this.#jump.show(isNeeded, this.#reader.divider.unseen, this.#surroundings.strings);
  }

  /** @param {MouseEvent} event */
  #click({ target }) {
    if (!(target instanceof Element) || !this.#visit) return;
    const row = target.closest("article");
    const button = target.closest("button");
    if (button) this.#do(deedOf(button, this.#view.item(row), this.#visit.room.name));
    // A tap on a message brings its tools, as a focus does.
    else if (row && !target.closest("a") && getSelection()?.isCollapsed) {
      row.focus({ preventScroll: true });
    }
  }

  /** @param {ReturnType<typeof deedOf>} deed */
  #do(deed) {
    if (deed?.type === "older") this.#older();
    else if (deed?.type === "jump") this.#jumpTo(deed.position);
    else if (deed) this.#surroundings.act(deed);
  }

  /** @param {string} position */
  async #jumpTo(position) {
    const { strings, act } = this.#surroundings;
    const outcome = await this.goTo(position);
    if (outcome === "found") return;
    const words = outcome === "gone" ? strings.goneMessage : strings.farMessage;
    act({ type: "say words", words });
  }
}
