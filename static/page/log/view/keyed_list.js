// @ts-check
/// <reference lib="dom" />
/// <reference lib="dom.iterable" />
/**
 * Synchronizes the elements of a list with its items: elements whose items did not change are not touched,
 * and none is moved unnecessarily, since a moved element loses its focus.
 * @module
 */

/** @typedef {import("../rows/rows.js").LogItem} LogItem */

/** The children of one element, by the keys of their items. */
export class KeyedList {
  #box;
  #draw;
  /** @type {Map<string, {element: HTMLElement, item: LogItem}>} */
  #rows = new Map();
  /** @type {WeakMap<Element, LogItem>} */
  #items = new WeakMap();

  /**
   * @param {HTMLElement} box
   * @param {(element: HTMLElement, item: LogItem) => void} draw Renders an item into its element, for the first time or again.
   */
  constructor(box, draw) {
    this.#box = box;
    this.#draw = draw;
  }

  /** Renders all items again with the next `show()`. */
  invalidate() {
    for (const row of this.#rows.values()) row.item = { ...row.item, depends: [NaN, {}] };
  }

  /**
   * The element of an item.
   * @param {string} key
   */
  element(key) {
    return this.#rows.get(key)?.element;
  }

  /**
   * The item of an element.
   * @param {Element} element
   */
  item(element) {
    return this.#items.get(element);
  }

  /**
   * Shows exactly these items.
   * @param {readonly LogItem[]} items
   */
  show(items) {
    const old = this.#rows;
    this.#rows = new Map();
    for (const item of items) this.#rows.set(item.key, this.#row(item, old));
    for (const { element } of old.values()) element.remove();
    let sibling = this.#box.firstElementChild;
    for (const { element } of this.#rows.values()) {
      if (element === sibling) sibling = sibling.nextElementSibling;
      else this.#box.insertBefore(element, sibling);
    }
  }

  /** @param {LogItem} item @param {Map<string, {element: HTMLElement, item: LogItem}>} old */
  #row(item, old) {
    const key = item.was !== undefined && !old.has(item.key) ? item.was : item.key;
    const row = old.get(key) ?? { element: newElement(item), item: undefined };
    old.delete(key);
    if (!row.item || !isAlike(row.item, item)) this.#draw(row.element, item);
    this.#items.set(row.element, item);
    return { element: row.element, item };
  }
}

/** @param {LogItem} item */
function newElement(item) {
  const isMessage = item.type === "message" || item.type === "pending";
  const element = document.createElement(isMessage ? "article" : "div");
  if (isMessage) element.tabIndex = -1;
  return element;
}

/** @param {LogItem} one @param {LogItem} other */
function isAlike({ depends: one, type }, { depends: other, type: otherType }) {
  return type === otherType && one.length === other.length &&
    one.every((it, i) => Object.is(it, other[i]));
}
