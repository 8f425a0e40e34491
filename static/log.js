// @ts-check
/// <reference lib="dom" />
/// <reference lib="dom.iterable" />
/**
 * The list of what was said. Everything that others wrote enters the page as text, never as markup.
 * It stays at its end as long as the reader is there, and leaves a reader who scrolled back in peace.
 * @module
 */

/** @typedef {import("./client.js").Line} Line */

const MAX_LINES = 1000;
const HUES = 8;
// A scroll position is a fraction on some screens, and a finger seldom stops at the very end.
const END_PX = 24;

/**
 * The same name has the same colour on every page: 32-bit FNV-1a, of which the high bits mix best.
 * @param {string} name
 */
function hueOf(name) {
  let hash = 0x811c9dc5;
  for (const character of name) {
    hash = Math.imul(hash ^ (character.codePointAt(0) ?? 0), 0x01000193);
  }
  return (hash >>> 16) % HUES;
}

/** @param {string} tag @param {string} look @param {string} text */
function piece(tag, look, text) {
  const element = document.createElement(tag);
  element.className = look;
  element.textContent = text;
  return element;
}

/** @param {Line} line @param {boolean} isOwn */
function draw(line, isOwn) {
  if (line.kind !== "said") return piece("div", `line ${line.kind}`, line.text);
  const element = piece("div", isOwn ? "line said own" : "line said", "");
  element.append(
    piece("b", `author hue-${hueOf(line.name)}`, line.name),
    piece("span", "unseen", ": "),
    piece("span", "text", line.text),
  );
  return element;
}

/** The log: at most 1000 lines, and a button that shows up when new ones came in below the view. */
export class Log {
  #list;
  #jump;
  #isFollowing = true;
  #lastTop = 0;
  /** @type {HTMLElement[]} */
  #pending = [];

  /** @param {HTMLElement} list Scrolls. @param {HTMLElement} jump Goes to the end. */
  constructor(list, jump) {
    this.#list = list;
    this.#jump = jump;
    jump.addEventListener("click", () => this.#toEnd());
    list.addEventListener("scroll", () => this.#noteScroll());
    // A keyboard that opens, or a text that grows, makes the list lower without a scroll.
    new ResizeObserver(() => this.#isFollowing && this.#toEnd()).observe(list);
  }

  /** Whether nothing stands here, nor is about to. */
  get isEmpty() {
    return this.#list.childElementCount + this.#pending.length === 0;
  }

  /** Whether anybody has said anything; the server's own lines do not count. */
  get hasTalk() {
    return [...this.#list.children, ...this.#pending].some((it) => it.classList.contains("said"));
  }

  /** Forgets every line. */
  clear() {
    this.#pending = [];
    this.#list.replaceChildren();
    this.#isFollowing = true;
    this.#jump.hidden = true;
  }

  /**
   * Adds a line at the end. Lines of one moment enter the page together, since asking for the layout
   * once per line would stall the page of a busy room.
   * @param {Line} line
   * @param {boolean} [isOwn]
   */
  add(line, isOwn = false) {
    if (this.#pending.length === 0) setTimeout(() => this.#flush(), 16);
    this.#pending.push(draw(line, isOwn));
    // A page in the background is woken seldom, and must not hoard what it would drop anyway.
    if (this.#pending.length > MAX_LINES) this.#pending.shift();
  }

  #flush() {
    if (this.#pending.length === 0) return;
    this.#list.append(...this.#pending);
    this.#pending = [];
    while (this.#list.childElementCount > MAX_LINES) this.#list.firstElementChild?.remove();
    if (this.#isFollowing) this.#toEnd();
    else this.#jump.hidden = false;
  }

  // Only a reader goes up. The end can move away by itself: when the list becomes lower in the moment a line
  // comes, the scroll event of that line finds it away from its end although nobody left it.
  #noteScroll() {
    const { scrollHeight, scrollTop, clientHeight } = this.#list;
    const isAtEnd = scrollHeight - scrollTop - clientHeight < END_PX;
    if (isAtEnd || scrollTop < this.#lastTop) this.#isFollowing = isAtEnd;
    if (isAtEnd) this.#jump.hidden = true;
    this.#lastTop = scrollTop;
  }

  #toEnd() {
    this.#list.scrollTop = this.#list.scrollHeight;
    this.#jump.hidden = true;
  }
}
