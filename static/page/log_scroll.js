// @ts-check
/// <reference lib="dom" />
/// <reference lib="dom.iterable" />
/**
 * Keeps what the reader sees where it is while the list changes above and below it, or keeps to the end where the reader is
 * at the end. Only a reader goes up: the end can move away by itself, when the list becomes lower in the moment a line
 * comes, and the scroll event of that line then finds it away from its end although nobody left it.
 * @module
 */

// A scroll position is a fraction on some screens, and a finger seldom stops at the very end.
const END_PX = 24;
const NEAR_PX = 900;

/** One scroller and its list. */
export class Scroll {
  /** Whether the list is to stay at its end. */
  isFollowing = true;
  /** Whether the newest line stands in the page at all. */
  hasEnd = true;
  #scroller;
  #list;
  #onMove;
  #lastTop = 0;
  // Small steps count together: in a busy room each of them is followed by a line, and so by the end.
  #climbed = 0;
  // Asking for the layout while the list changes would make the browser do it more than once for each picture.
  #isDue = false;
  /** @type {{element: HTMLElement, top: number} | undefined} */
  #anchor;

  /**
   * @param {HTMLElement} scroller
   * @param {HTMLElement} list
   * @param {() => void} onMove The reader has moved.
   */
  constructor(scroller, list, onMove) {
    this.#scroller = scroller;
    this.#list = list;
    this.#onMove = onMove;
    scroller.addEventListener("scroll", () => this.#noteScroll(), { passive: true });
    // A keyboard that opens, a field that grows or a window made narrower, without a scroll.
    const observer = new ResizeObserver(() => this.#restore());
    observer.observe(scroller);
    observer.observe(list);
  }

  /** Whether the last line is in view. */
  get isAtEnd() {
    this.#catchUp();
    const { scrollHeight, scrollTop, clientHeight } = this.#scroller;
    return this.hasEnd && scrollHeight - scrollTop - clientHeight < END_PX;
  }

  /** Whether there is more than fits. */
  get isFull() {
    this.#catchUp();
    return this.#scroller.scrollHeight > this.#scroller.clientHeight;
  }

  /** Near which ends of what stands in the page the reader is. */
  get isNear() {
    this.#catchUp();
    const { scrollHeight, scrollTop, clientHeight } = this.#scroller;
    return { older: scrollTop < NEAR_PX, newer: scrollHeight - scrollTop - clientHeight < NEAR_PX };
  }

  /**
   * Does a change to the list; what the reader sees stays where it is.
   * @param {() => void} change
   */
  hold(change) {
    if (!this.isFollowing) this.#anchor = this.#findAnchor();
    change();
    if (this.isFollowing) this.#isDue = true;
    else this.#restore();
  }

  /** Goes to the end and stays there: before the next picture, or before anybody asks where the reader is. */
  toEnd() {
    this.isFollowing = true;
    this.#isDue = true;
    this.#climbed = 0;
  }

  /**
   * Goes to a line and stays there.
   * @param {Element} element
   * @param {number} share How far down in view its top is to be, in [0, 1].
   */
  toLine(element, share) {
    this.isFollowing = false;
    const offset = element.getBoundingClientRect().top - this.#scroller.getBoundingClientRect().top;
    this.#scroller.scrollTop += offset - this.#scroller.clientHeight * share;
    this.#lastTop = this.#scroller.scrollTop;
    this.#anchor = this.#findAnchor();
  }

  /** The first message that is in view. */
  firstInView() {
    return this.#findAnchor()?.element;
  }

  /** @param {Element} element Whether some of it is in view. */
  isInView(element) {
    this.#catchUp();
    const { top, bottom } = element.getBoundingClientRect();
    const view = this.#scroller.getBoundingClientRect();
    return bottom > view.top && top < view.bottom;
  }

  #catchUp() {
    if (this.#isDue && this.isFollowing) this.#goToEnd();
  }

  #goToEnd() {
    this.#isDue = false;
    this.#scroller.scrollTop = this.#scroller.scrollHeight;
    this.#lastTop = this.#scroller.scrollTop;
  }

  #restore() {
    if (this.isFollowing) return this.#goToEnd();
    const { element, top } = this.#anchor ?? {};
    if (!element?.isConnected || top === undefined) return;
    const moved = this.#topOf(element) - top;
    // Setting it to what it is would end a movement under way.
    if (Math.abs(moved) >= 1) this.#scroller.scrollTop += moved;
    this.#lastTop = this.#scroller.scrollTop;
  }

  #noteScroll() {
    // What was done here, nobody else needs to be told.
    if (this.#scroller.scrollTop === this.#lastTop) return;
    const { isAtEnd } = this;
    const { scrollTop, scrollHeight, clientHeight } = this.#scroller;
    // Some browsers go beyond the end and come back, which is no step up.
    const up = Math.min(this.#lastTop, scrollHeight - clientHeight) - scrollTop;
    this.#climbed = up > 0 ? this.#climbed + up : 0;
    if (up > 0 && (!isAtEnd || this.#climbed > END_PX)) this.isFollowing = false;
    else if (isAtEnd) this.isFollowing = true;
    this.#lastTop = scrollTop;
    this.#anchor = this.#findAnchor();
    this.#onMove();
  }

  /** @param {Element} element */
  #topOf(element) {
    return element.getBoundingClientRect().top - this.#scroller.getBoundingClientRect().top;
  }

  // The first message whose end is in view, by halving, since each line is below the one before. Other lines do not serve:
  // what is above the oldest message stays there when older ones come.
  #findAnchor() {
    this.#catchUp();
    const lines = this.#list.children;
    const edge = this.#scroller.getBoundingClientRect().top;
    let low = 0;
    let high = lines.length - 1;
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((lines[middle]?.getBoundingClientRect().bottom ?? 0) > edge) high = middle;
      else low = middle + 1;
    }
    let element = lines[low];
    while (element && element.localName !== "article") {
      element = element.nextElementSibling ?? undefined;
    }
    return element instanceof HTMLElement ? { element, top: this.#topOf(element) } : undefined;
  }
}
