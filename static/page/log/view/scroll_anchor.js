// @ts-check
/// <reference lib="dom" />
/// <reference lib="dom.iterable" />
/**
 * Keeps the reader's view in place while the list changes above and below it, or follows the end while the reader is
 * there. Only the reader leaves the end: a list can become shorter at the moment a row arrives, and the scroll event of
 * that row then finds it away from its end although the reader did not scroll.
 *
 * Setting the scroll position interrupts a wheel or touch scroll in most browsers. So there is empty space above the list,
 * from which added rows take their height and to which removed ones return it: the position does not change.
 * The space is resized while the reader rests.
 * @module
 */

// Tolerance at the end: scroll positions are fractional on some screens, and a finger rarely stops at the exact end.
const END_PX = 24;
const NEAR_PX = 900;
// Rows to keep ahead of the reader: a fast turn of the wheel scrolls about 1,000 px even in a low window, and the maximum
// number of rows allows at most MAX_AHEAD_PX.
const NEAR_SCREENS = 2;
const [MIN_AHEAD_PX, MAX_AHEAD_PX] = [1_500, 3_000];
const SPACE_PX = 20_000;
const LOW_SPACE_PX = 10_000;
const IDLE_MS = 300;

/** One scroller and its list. */
export class ScrollAnchor {
  /** Whether the list follows its end. */
  isFollowing = true;
  /** Whether the newest row is in the DOM. */
  hasEnd = true;
  /** Whether there are older rows to load. */
  hasOlder = false;
  #scroller;
  #list;
  #onMove;
  #lastTop = 0;
  #hasScrolled = false;
  /** The height of the empty space above the list. */
  #space = 0;
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  #resizeTimer;
  // Sums up small steps: in a busy room a new row follows each of them and moves the end.
  #scrolledUp = 0;
  // Scrolling to the end is deferred: reading the layout while the list changes would force several layouts per frame.
  #isDue = false;
  /** @type {{element: HTMLElement, top: number} | undefined} */
  #anchor;

  /**
   * @param {HTMLElement} scroller
   * @param {HTMLElement} list
   * @param {() => void} onMove Called when the reader has scrolled.
   */
  constructor(scroller, list, onMove) {
    this.#scroller = scroller;
    this.#list = list;
    this.#onMove = onMove;
    scroller.addEventListener("scroll", () => this.#onScroll(), { passive: true });
    // The scroll event follows only after the scroll has begun.
    scroller.addEventListener("wheel", () => this.#resizeSpaceSoon(), { passive: true });
    scroller.addEventListener("touchmove", () => this.#resizeSpaceSoon(), { passive: true });
    // Sizes change without a scroll event: a keyboard opens, the field grows, or the window becomes narrower.
    const observer = new ResizeObserver(() => this.#restore());
    observer.observe(scroller);
    observer.observe(list);
  }

  /** Whether the last row is in view. */
  get isAtEnd() {
    this.#applyPending();
    const { scrollHeight, scrollTop, clientHeight } = this.#scroller;
    return this.hasEnd && scrollHeight - scrollTop - clientHeight < END_PX;
  }

  /** Whether the list is higher than the view. */
  get isFull() {
    this.#applyPending();
    return this.#scroller.scrollHeight - this.#space > this.#scroller.clientHeight;
  }

  /** Which ends of the rows in the DOM the reader is near. A reader who follows the end needs fewer rows above. */
  get nearEnds() {
    this.#applyPending();
    const { scrollHeight, scrollTop, clientHeight } = this.#scroller;
    const ahead = Math.min(MAX_AHEAD_PX, Math.max(MIN_AHEAD_PX, NEAR_SCREENS * clientHeight));
    const near = this.isFollowing ? NEAR_PX : ahead;
    return {
      older: scrollTop - this.#space < near,
      newer: scrollHeight - scrollTop - clientHeight < near,
    };
  }

  /** Call before another list is shown. */
  reset() {
    clearTimeout(this.#resizeTimer);
    this.#setSpace(0);
  }

  /**
   * Changes the list while the reader's view stays in place.
   * @param {() => void} change
   */
  keepPosition(change) {
    this.#noticeScroll();
    if (!this.isFollowing) this.#anchor = this.#findAnchor();
    change();
    if (this.isFollowing) this.#isDue = true;
    else this.#restore();
    // The first row is loaded: remove the space, so that the reader cannot scroll into it.
    if (!this.hasOlder && this.#space > 0) this.#resizeSpace();
  }

  /**
   * Changes the list while an element stays in place, even if the reader follows the end.
   * @param {Element} element
   * @param {() => void} change
   * @param {number} by Additional distance to scroll down, in pixels.
   */
  keepElement(element, change, by) {
    this.#applyPending();
    const top = this.#topOf(element);
    change();
    this.isFollowing = false;
    this.#scroller.scrollTop += this.#topOf(element) - top + by;
    this.#lastTop = this.#scroller.scrollTop;
    this.isFollowing = this.isAtEnd;
    this.#anchor = this.#findAnchor();
    this.#onMove();
  }

  /** Goes to the end and follows it. Takes effect in the next frame, or when the reader's position is read. */
  toEnd() {
    this.#noticeScroll();
    this.isFollowing = true;
    this.#isDue = true;
    this.#scrolledUp = 0;
  }

  /**
   * Goes to a row and stays there; follows the end if that is also in view.
   * @param {Element} element
   * @param {number} share Position of its top in the view, from 0 (top) to 1 (bottom).
   */
  toRow(element, share) {
    this.isFollowing = false;
    const offset = element.getBoundingClientRect().top - this.#scroller.getBoundingClientRect().top;
    this.#scroller.scrollTop += offset - this.#scroller.clientHeight * share;
    this.#lastTop = this.#scroller.scrollTop;
    this.isFollowing = this.isAtEnd;
    this.#anchor = this.#findAnchor();
  }

  /** The first message in view. */
  firstInView() {
    return this.#findAnchor()?.element;
  }

  /** Whether a part of the element is in view. @param {Element} element */
  isInView(element) {
    this.#applyPending();
    const { top, bottom } = element.getBoundingClientRect();
    const view = this.#scroller.getBoundingClientRect();
    return bottom > view.top && top < view.bottom;
  }

  #applyPending() {
    this.#noticeScroll();
    if (this.#isDue && this.isFollowing) this.#goToEnd();
  }

  #goToEnd() {
    this.#isDue = false;
    this.#scroller.scrollTop = this.#scroller.scrollHeight;
    this.#lastTop = this.#scroller.scrollTop;
  }

  #restore() {
    this.#noticeScroll();
    if (this.isFollowing) return this.#goToEnd();
    const { element, top } = this.#anchor ?? {};
    if (!element?.isConnected || top === undefined) return;
    const moved = this.#topOf(element) - top;
    if (Math.abs(moved) < 1) return;
    if (this.#space > 0 && this.#space >= moved) return this.#setSpace(this.#space - moved);
    this.#scroller.scrollTop += moved;
    this.#lastTop = this.#scroller.scrollTop;
  }

  /** @param {number} height */
  #setSpace(height) {
    if (this.#space === height) return;
    this.#space = height;
    this.#list.style.setProperty("--space", `${height}px`);
  }

  // Resets the height of the space, as rarely as possible. A reader who has scrolled into the space is moved to the first row.
  #resizeSpace() {
    // The timer may be ahead of the event of a scroll. Its position must not look like one that was set here.
    this.#noticeScroll();
    const top = this.#scroller.scrollTop - this.#space;
    const isGood = this.hasOlder
      ? this.#space >= LOW_SPACE_PX && this.#space <= 2 * SPACE_PX
      : this.#space === 0;
    if (top >= 0 && isGood) return;
    const space = this.hasOlder ? SPACE_PX : 0;
    this.#setSpace(space);
    this.#scroller.scrollTop = Math.max(0, top) + space;
    this.#lastTop = this.#scroller.scrollTop;
    this.#anchor = this.#findAnchor();
  }

  #resizeSpaceSoon() {
    clearTimeout(this.#resizeTimer);
    this.#resizeTimer = setTimeout(() => this.#resizeSpace(), IDLE_MS);
  }

  // Before the scroll event, the list may change and want to go to its end.
  #noticeScroll() {
    const { scrollTop, scrollHeight, clientHeight } = this.#scroller;
    // Ignore scrolls caused by this class.
    if (scrollTop === this.#lastTop) return;
    const end = scrollHeight - clientHeight;
    // Some browsers overscroll past the end and bounce back, which is not a step up.
    const up = Math.min(this.#lastTop, end) - scrollTop;
    this.#scrolledUp = up > 0 ? this.#scrolledUp + up : 0;
    if (up > 0 && this.#scrolledUp > END_PX) this.isFollowing = false;
    else if (this.hasEnd && end - scrollTop < END_PX) this.isFollowing = true;
    this.#lastTop = scrollTop;
    this.#hasScrolled = true;
  }

  #onScroll() {
    this.#noticeScroll();
    if (!this.#hasScrolled) return;
    this.#hasScrolled = false;
    this.#anchor = this.#findAnchor();
    this.#resizeSpaceSoon();
    this.#onMove();
  }

  /** @param {Element} element */
  #topOf(element) {
    return element.getBoundingClientRect().top - this.#scroller.getBoundingClientRect().top;
  }

  // The first message whose end is in view, found by binary search. Other rows cannot be anchors: the row above the oldest
  // message stays at the top when older messages are added.
  #findAnchor() {
    this.#applyPending();
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
