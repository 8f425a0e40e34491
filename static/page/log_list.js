// @ts-check
/// <reference lib="dom" />
/// <reference lib="dom.iterable" />
/**
 * Keeps the elements of a list in step with its items: those whose look depends on nothing that changed are not touched,
 * and none is ever moved that stands in its place, since a moved element loses its focus.
 * @module
 */

/** @typedef {import("./log_items.js").Item} Item */

/** The children of one element, known by the keys of their items. */
export class List {
  #box;
  #draw;
  /** @type {Map<string, {element: HTMLElement, item: Item}>} */
  #rows = new Map();
  /** @type {WeakMap<Element, Item>} */
  #items = new WeakMap();

  /**
   * @param {HTMLElement} box
   * @param {(element: HTMLElement, item: Item) => void} draw Draws an item into its element, for the first time or anew.
   */
  constructor(box, draw) {
    this.#box = box;
    this.#draw = draw;
  }

  /** Forgets how all was drawn, so that it is drawn anew. */
  fade() {
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
   * Shows these items and no others.
   * @param {readonly Item[]} items
   */
  show(items) {
    const old = this.#rows;
    this.#rows = new Map();
    for (const item of items) this.#rows.set(item.key, this.#row(item, old));
    for (const { element } of old.values()) element.remove();
    let place = this.#box.firstElementChild;
    for (const { element } of this.#rows.values()) {
      if (element === place) place = place.nextElementSibling;
      else this.#box.insertBefore(element, place);
    }
  }

  /** @param {Item} item @param {Map<string, {element: HTMLElement, item: Item}>} old */
  #row(item, old) {
    const key = item.was !== undefined && !old.has(item.key) ? item.was : item.key;
    const row = old.get(key) ?? { element: newElement(item), item: undefined };
    old.delete(key);
    if (!row.item || !isAlike(row.item, item)) this.#draw(row.element, item);
    this.#items.set(row.element, item);
    return { element: row.element, item };
  }
}

/** @param {Item} item */
function newElement(item) {
  const isMessage = item.type === "message" || item.type === "pending";
  const element = document.createElement(isMessage ? "article" : "div");
  if (isMessage) element.tabIndex = -1;
  return element;
}

/** @param {Item} one @param {Item} other */
function isAlike({ depends: one, type }, { depends: other, type: otherType }) {
  return type === otherType && one.length === other.length &&
    one.every((it, i) => Object.is(it, other[i]));
}
