// @ts-check
/// <reference lib="dom" />
/// <reference lib="dom.iterable" />
/**
 * The window onto a timeline: which of its messages are in the DOM, where the reader is, and the
 * toolbar that moves between them. It knows nothing about rooms and connections.
 * @module
 */
import { make } from "../../base/elements.js";
import { itemsOf } from "../rows/rows.js";
import { Keyboard } from "./keyboard.js";
import { KeyedList } from "./keyed_list.js";
import { ScrollAnchor } from "./scroll_anchor.js";
import { adjustSpan, growSpan, spanAround, spanAtEnd } from "./row_window.js";

/** @typedef {import("../rows/rows.js").LogItem} LogItem */
/** @typedef {import("../rows/rows.js").LogSnapshot} LogSnapshot */
/** @typedef {import("./row_window.js").OrdinalSpan} OrdinalSpan */
/** @typedef {import("../../../client/timeline/timeline.js").Timeline} Timeline */

const FLASH_MS = 2_000;
// A row that is jumped to is shown with some of the messages before it.
const SHARE_ABOVE = 0.3;
const MAX_STEPS = 6;
// The number of messages to load above those in the DOM, more than a page of history.
const READ_AHEAD = 300;

/** Shows a part of a timeline. */
export class LogView {
  #box = make("div", "list");
  #list;
  #scrollAnchor;
  #keyboard;
  /** @type {import("./toolbar.js").Toolbar | undefined} */
  #toolbar;
  /** Where the toolbar is wanted while it is not loaded. @type {{ target: EventTarget | null, isEntered: boolean }} */
  #toolbarTarget = { target: null, isEntered: false };
  #onToolbarNeeded;
  #takeSnapshot;
  #pointer = { x: NaN, y: NaN };
  /** @type {OrdinalSpan} */
  #span = { from: 0, to: 0 };
  /** @type {OrdinalSpan} */
  #all = { from: 0, to: 0 };

  /**
   * @param {HTMLElement} scroller
   * @param {{draw(element: HTMLElement, item: LogItem): void, onMove(): void, onFirst(): void,
   *   takeSnapshot(): Omit<LogSnapshot, "from" | "to"> | undefined, onToolbarNeeded(): void}} owner `onToolbarNeeded` is called while the toolbar is not loaded.
   */
  constructor(scroller, { draw, onMove, onFirst, takeSnapshot, onToolbarNeeded }) {
    this.#takeSnapshot = takeSnapshot;
    this.#onToolbarNeeded = onToolbarNeeded;
    this.#list = new KeyedList(this.#box, draw);
    this.#scrollAnchor = new ScrollAnchor(scroller, this.#box, onMove);
    this.#keyboard = new Keyboard(scroller, this.#box, this.#scrollAnchor, (end) => {
      if (end === "last") this.toEnd();
      else this.toFirst();
      onMove();
      if (end === "first") onFirst();
    });
    scroller.classList.add("log");
    scroller.setAttribute("role", "log");
    // A separate live region announces other users' messages.
    scroller.setAttribute("aria-live", "off");
    scroller.replaceChildren(this.#box);
    this.#box.addEventListener("pointerover", (event) => this.#onPointerOver(event));
    this.#box.addEventListener("focusin", ({ target }) => this.#moveToolbar(target));
    // The pointer may have moved the toolbar away from the focused message.
    this.#box.addEventListener("pointerleave", () => this.#moveToolbar(document.activeElement));
    scroller.addEventListener(
      "keydown",
      ({ target, key }) => this.#moveToolbar(target, key === "Enter"),
      true,
    );
  }

  /** Whether the reader is at the end and stays there. */
  get isFollowing() {
    return this.#scrollAnchor.isFollowing;
  }

  /**
   * Attaches the toolbar where it was last wanted.
   * @param {import("./toolbar.js").Toolbar} toolbar
   * @param {import("../../i18n/log_en.js").LogStrings} strings
   */
  attachToolbar(toolbar, strings) {
    this.#toolbar = toolbar;
    toolbar.setStrings(strings);
    const { target, isEntered } = this.#toolbarTarget;
    this.#moveToolbar(target);
    if (isEntered && target === document.activeElement) toolbar.focus();
  }

  /**
   * Sets the labels.
   * @param {import("../../i18n/log_en.js").LogStrings} strings
   */
  setStrings(strings) {
    this.#toolbar?.setStrings(strings);
    this.#list.invalidate();
  }

  /**
   * The item of a row.
   * @param {Element | null} line
   */
  item(line) {
    return line ? this.#list.item(line) : undefined;
  }

  /** Shows the newest messages, starting from the first new one if they do not fit. */
  open() {
    const snapshot = this.#takeSnapshot();
    this.#scrollAnchor.reset();
    if (!snapshot) return this.#list.show([]);
    const { timeline, divider } = snapshot;
    this.#all = fullSpan(timeline);
    const index = divider.before === null ? -1 : timeline.indexOf(divider.before);
    this.#span = spanAtEnd(this.#all);
    if (index >= 0 && this.#all.from + index < this.#span.from) {
      this.#span = spanAround(this.#all.from + index, this.#all);
    }
    if (this.#span.to === this.#all.to) this.#scrollAnchor.toEnd();
    else this.#scrollAnchor.isFollowing = false;
    this.show();
    const line = this.#list.element("divider");
    if (line && !this.#scrollAnchor.isInView(line)) this.#scrollAnchor.toRow(line, SHARE_ABOVE);
  }

  /** Renders the current state; the reader's view does not move. */
  show() {
    const snapshot = this.#takeSnapshot();
    if (!snapshot) return;
    const { firstOrdinal: first } = snapshot.timeline;
    const wasAtEnd = this.#span.to >= this.#all.to;
    this.#all = fullSpan(snapshot.timeline);
    const { isFollowing } = this;
    this.#span = adjustSpan(this.#span, this.#all, { isFollowing, wasAtEnd });
    this.#scrollAnchor.hasEnd = this.#span.to === this.#all.to;
    this.#scrollAnchor.hasOlder = this.#span.from > this.#all.from || snapshot.top === "loading";
    const span = { from: this.#span.from - first, to: this.#span.to - first };
    this.#keyboard.beforeChange();
    this.#scrollAnchor.keepPosition(() => this.#list.show(itemsOf({ ...snapshot, ...span })));
    this.#keyboard.afterChange();
  }

  /** Adds messages to the DOM until the view is full or none are left. */
  fillView() {
    while (!this.#scrollAnchor.isFull && this.#grow("older")) continue;
  }

  /**
   * Adds messages to the DOM if the reader is near the edge of those there.
   * @returns {boolean} Whether older messages must be loaded soon.
   */
  growNearReader() {
    for (let step = 0; step < MAX_STEPS; step++) {
      const near = this.#scrollAnchor.nearEnds;
      const hasGrown = near.older && this.#grow("older") || near.newer && this.#grow("newer");
      if (!hasGrown && near.older) return true;
      if (!hasGrown) break;
    }
    return !this.isFollowing && this.#span.from - this.#all.from < READ_AHEAD;
  }

  /**
   * Changes a message while an element keeps its place, or is scrolled past.
   * @param {Element} element
   * @param {() => void} change
   * @param {number} by How far to scroll down in addition, in pixels.
   */
  keepElement(element, change, by) {
    this.#scrollAnchor.keepElement(element, change, by);
  }

  /** @param {"older" | "newer"} side */
  #grow(side) {
    const { timeline } = this.#takeSnapshot() ?? {};
    // Includes messages that arrived since the last rendering.
    const span = timeline ? growSpan(this.#span, fullSpan(timeline), side) : this.#span;
    if (span === this.#span) return false;
    this.#span = span;
    this.show();
    return true;
  }

  /** Goes to the newest message and follows the end. */
  toEnd() {
    const snapshot = this.#takeSnapshot();
    if (snapshot && !this.#scrollAnchor.hasEnd) this.#span = spanAtEnd(fullSpan(snapshot.timeline));
    this.#scrollAnchor.isFollowing = true;
    this.show();
    this.#scrollAnchor.toEnd();
  }

  /**
   * Shows a message with its context and highlights it briefly.
   * @param {string} position
   */
  toMessage(position) {
    const { timeline } = this.#takeSnapshot() ?? {};
    const index = timeline?.indexOf(position) ?? -1;
    if (!timeline || index < 0) return;
    const ordinal = index + timeline.firstOrdinal;
    this.#scrollAnchor.isFollowing = false;
    if (ordinal < this.#span.from || ordinal >= this.#span.to) {
      this.#span = spanAround(ordinal, fullSpan(timeline));
    }
    this.show();
    const row = this.#list.element(position);
    if (!row) return;
    row.focus({ preventScroll: true });
    this.#scrollAnchor.toRow(row, SHARE_ABOVE);
    row.classList.add("flash");
    setTimeout(() => row.classList.remove("flash"), FLASH_MS);
  }

  /** Goes to the oldest loaded message. Focus in the list moves along. */
  toFirst() {
    const { timeline } = this.#takeSnapshot() ?? {};
    if (!timeline) return;
    const hasFocus = this.#box.contains(document.activeElement);
    this.#scrollAnchor.isFollowing = false;
    this.#span = spanAround(timeline.firstOrdinal, fullSpan(timeline));
    this.show();
    const top = this.#box.firstElementChild;
    if (top) this.#scrollAnchor.toRow(top, 0);
    if (hasFocus) this.#box.querySelector("article")?.focus({ preventScroll: true });
  }

  /** @param {PointerEvent} event */
  #onPointerOver({ target, pointerType, clientX: x, clientY: y }) {
    const hasMoved = x !== this.#pointer.x || y !== this.#pointer.y;
    this.#pointer = { x, y };
    // A touch may be the beginning of a scroll. If the list moves under a resting pointer, a keyboard user keeps the
    // toolbar.
    const isUsed = hasMoved || !this.#box.contains(document.activeElement);
    if (pointerType !== "touch" && isUsed) this.#moveToolbar(target);
  }

  /** @param {EventTarget | null} target @param {boolean} [isEntered] Whether the focus moves into the toolbar. */
  #moveToolbar(target, isEntered = false) {
    const row = target instanceof Element ? target.closest("article") : null;
    if (!row || !this.#box.contains(row)) return;
    if (this.#toolbar) return this.#toolbar.moveTo(row, this.item(row));
    this.#toolbarTarget = { target, isEntered };
    this.#onToolbarNeeded();
  }
}

/** @param {Timeline} timeline @returns {OrdinalSpan} */
function fullSpan({ firstOrdinal, messages }) {
  return { from: firstOrdinal, to: firstOrdinal + messages.length };
}
