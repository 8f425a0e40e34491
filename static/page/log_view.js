// @ts-check
/// <reference lib="dom" />
/// <reference lib="dom.iterable" />
/**
 * The window through which a timeline is seen: which of its messages stand in the page, where the reader is in them, and the
 * toolbar that goes from one to the other. It knows nothing of rooms and connections.
 * @module
 */
import { make } from "./log_dom.js";
import { itemsOf } from "./log_items.js";
import { Keys } from "./log_keys.js";
import { List } from "./log_list.js";
import { Scroll } from "./log_scroll.js";
import { Toolbar } from "./log_toolbar.js";
import { around, atEnd, grown, kept } from "./log_window.js";

/** @typedef {import("./log_items.js").Item} Item */
/** @typedef {import("./log_items.js").Scene} Scene */
/** @typedef {import("./log_window.js").Span} Span */
/** @typedef {import("../client/timeline.js").Timeline} Timeline */

const FLASH_MS = 2_000;
// A line that is jumped to is shown with some of what was said before it.
const SHARE_ABOVE = 0.3;
const MAX_STEPS = 6;

/** Shows a part of a timeline. */
export class View {
  #box = make("div", "list");
  #list;
  #scroll;
  #keys;
  #toolbar = new Toolbar();
  #scene;
  /** @type {Span} */
  #span = { from: 0, to: 0 };
  /** @type {Span} */
  #all = { from: 0, to: 0 };

  /**
   * @param {HTMLElement} scroller
   * @param {{draw(element: HTMLElement, item: Item): void, moved(): void,
   *   scene(): Omit<Scene, "from" | "to"> | undefined}} owner
   */
  constructor(scroller, { draw, moved, scene }) {
    this.#scene = scene;
    this.#list = new List(this.#box, draw);
    this.#scroll = new Scroll(scroller, this.#box, moved);
    this.#keys = new Keys(scroller, this.#box, this.#scroll, (end) => {
      this.#toEdge(end);
      moved();
    });
    scroller.classList.add("log");
    scroller.role = "log";
    // Others' messages are read aloud by a region of their own.
    scroller.ariaLive = "off";
    scroller.replaceChildren(this.#box);
    this.#box.addEventListener("pointerover", (event) => this.#point(event));
    this.#box.addEventListener("focusin", ({ target }) => this.#bringTools(target));
  }

  /** Whether the reader is at the end, and stays there. */
  get isFollowing() {
    return this.#scroll.isFollowing;
  }

  /**
   * Names what there is to be named.
   * @param {import("./log_strings.js").LogStrings} strings
   */
  speak(strings) {
    this.#toolbar.speak(strings);
    this.#list.fade();
  }

  /**
   * What a line shows.
   * @param {Element | null} line
   */
  item(line) {
    return line ? this.#list.item(line) : undefined;
  }

  /** Begins with the newest messages, and shows them from the first new one on if they are too many for the view. */
  open() {
    const scene = this.#scene();
    if (!scene) return this.#list.show([]);
    const { timeline, divider } = scene;
    this.#all = allOf(timeline);
    const index = divider.before === null ? -1 : timeline.indexOf(divider.before);
    this.#span = atEnd(this.#all);
    if (index >= 0 && this.#all.from + index < this.#span.from) {
      this.#span = around(this.#all.from + index, this.#all);
    }
    if (this.#span.to === this.#all.to) this.#scroll.toEnd();
    else this.#scroll.isFollowing = false;
    this.show();
    const line = this.#list.element("divider");
    if (line && !this.#scroll.isInView(line)) this.#scroll.toLine(line, SHARE_ABOVE);
  }

  /** Shows what now is there; what the reader sees stays where it is. */
  show() {
    const scene = this.#scene();
    if (!scene) return;
    const { firstPlace: first } = scene.timeline;
    const wasAtEnd = this.#span.to >= this.#all.to;
    this.#all = allOf(scene.timeline);
    const { isFollowing } = this;
    this.#span = kept(this.#span, this.#all, { isFollowing, wasAtEnd });
    this.#scroll.hasEnd = this.#span.to === this.#all.to;
    const span = { from: this.#span.from - first, to: this.#span.to - first };
    this.#keys.hold();
    this.#scroll.hold(() => this.#list.show(itemsOf({ ...scene, ...span })));
    this.#keys.mend();
  }

  /** Brings as much of the timeline into the page as fits, if there is as much. */
  fill() {
    while (!this.#scroll.isFull && this.#grow("older"));
  }

  /**
   * Brings more of the timeline into the page where the reader is near an edge of it.
   * @returns {boolean} Whether the reader is near the oldest message that there is.
   */
  extend() {
    for (let step = 0; step < MAX_STEPS; step++) {
      const near = this.#scroll.isNear;
      const hasGrown = near.older && this.#grow("older") || near.newer && this.#grow("newer");
      if (!hasGrown) return near.older;
    }
    return false;
  }

  /** @param {"older" | "newer"} side */
  #grow(side) {
    const { timeline } = this.#scene() ?? {};
    // What has come since the last drawing is there as well, and need not be asked for.
    const span = timeline ? grown(this.#span, allOf(timeline), side) : this.#span;
    if (span === this.#span) return false;
    this.#span = span;
    this.show();
    return true;
  }

  /** Goes to the newest message and stays at the end. */
  toEnd() {
    const scene = this.#scene();
    if (scene && !this.#scroll.hasEnd) this.#span = atEnd(allOf(scene.timeline));
    this.#scroll.isFollowing = true;
    this.show();
    this.#scroll.toEnd();
  }

  /**
   * Shows a message among those around it, and has it stand out for a moment.
   * @param {string} position
   */
  toMessage(position) {
    const { timeline } = this.#scene() ?? {};
    const index = timeline?.indexOf(position) ?? -1;
    if (!timeline || index < 0) return;
    const place = index + timeline.firstPlace;
    this.#scroll.isFollowing = false;
    if (place < this.#span.from || place >= this.#span.to) {
      this.#span = around(place, allOf(timeline));
    }
    this.show();
    const row = this.#list.element(position);
    if (!row) return;
    row.focus({ preventScroll: true });
    this.#scroll.toLine(row, SHARE_ABOVE);
    row.classList.add("flash");
    setTimeout(() => row.classList.remove("flash"), FLASH_MS);
  }

  /** @param {"first" | "last"} end */
  #toEdge(end) {
    const { timeline } = this.#scene() ?? {};
    if (end === "last" || !timeline) return this.toEnd();
    this.#scroll.isFollowing = false;
    this.#span = around(timeline.firstPlace, allOf(timeline));
    this.show();
  }

  /** @param {PointerEvent} event */
  #point({ target, pointerType }) {
    // A finger points at what it is about to scroll by.
    if (pointerType !== "touch") this.#bringTools(target);
  }

  /** @param {EventTarget | null} target */
  #bringTools(target) {
    const row = target instanceof Element ? target.closest("article") : null;
    if (row) this.#toolbar.moveTo(row, this.item(row));
  }
}

/** @param {Timeline} timeline @returns {Span} */
function allOf({ firstPlace, messages }) {
  return { from: firstPlace, to: firstPlace + messages.length };
}
