// @ts-check
/// <reference lib="dom" />
/// <reference lib="dom.iterable" />
/**
 * The few ways in which the log makes elements. All text enters as text; nothing is ever read as markup, and no style is
 * written to an element, which the content policy would refuse.
 * @module
 */

/**
 * An element with a class and children; what is false or undefined is left out.
 * @template {keyof HTMLElementTagNameMap} T
 * @param {T} tag
 * @param {string} look
 * @param {...(Node | string | false | undefined)} children
 * @returns {HTMLElementTagNameMap[T]}
 */
export function make(tag, look, ...children) {
  const element = document.createElement(tag);
  if (look) element.className = look;
  element.append(...children.filter((it) => it !== false && it !== undefined));
  return element;
}

/**
 * A sentence with its places filled in. Each value is isolated, so that its direction does not affect the words around it.
 * @param {string} words With `{places}`.
 * @param {Readonly<Record<string, string | number>>} values
 */
export function sentence(words, values) {
  return words.split(/\{(\w+)\}/).map((part, i) =>
    i % 2 === 0 ? part : make("bdi", "", String(values[part] ?? ""))
  );
}

/**
 * A button that the log's one listener knows by its `data-do`. Not reached by Tab, unless its message is the one that is.
 * @param {string} look
 * @param {string} deed
 * @param {...(Node | string | false | undefined)} children
 */
export function button(look, deed, ...children) {
  const element = make("button", look, ...children);
  element.type = "button";
  element.tabIndex = -1;
  element.dataset["do"] = deed;
  return element;
}

const HUES = 8;

/**
 * The same name has the same colour on every page: 32-bit FNV-1a, of which the high bits mix best.
 * @param {string} name
 */
export function hueOf(name) {
  let hash = 0x811c9dc5;
  for (const character of name) {
    hash = Math.imul(hash ^ (character.codePointAt(0) ?? 0), 0x01000193);
  }
  return (hash >>> 16) % HUES;
}

/** @type {Intl.Segmenter | undefined} */
let segmenter;
// Latin, Greek, Cyrillic, Chinese, Japanese and Korean letters with nothing that is put upon them.
const LETTER =
  /^[!-~\u00c0-\u02af\u0370-\u0481\u048a-\u052f\u3041-\u3096\u30a1-\u30fa\u3400-\u4dbf\u4e00-\u9fff\uac00-\ud7a3](?![\u0300-\u036f\u200d\u20e3\u3099\u309a\ufe00-\ufe0f])/;

/**
 * The first letter as people see it, which may be several characters.
 * @param {string} name
 */
export function initialOf(name) {
  // Most names need no segmenter, which a slow machine takes a tenth of a second to make.
  const [letter] = LETTER.exec(name) ?? [""];
  if (letter || name === "") return letter.toUpperCase();
  segmenter ??= new Intl.Segmenter();
  for (const { segment } of segmenter.segment(name.slice(0, 128))) return segment.toUpperCase();
  return "";
}

/**
 * Gives a message's element other children. The toolbar stays where it is in, and focus goes to what has come into the place
 * of what had it.
 * @param {HTMLElement} row
 * @param {readonly HTMLElement[]} children
 */
export function refill(row, children) {
  const focused = document.activeElement;
  const had = focused instanceof HTMLElement && focused !== row && row.contains(focused) &&
    !focused.closest(".toolbar") && focused.dataset;
  for (const child of [...row.children]) {
    if (!child.classList.contains("toolbar")) child.remove();
  }
  row.prepend(...children);
  if (!had) return;
  const same = [...row.querySelectorAll("button")].find(({ dataset }) =>
    dataset["do"] === had["do"] && dataset["emoji"] === had["emoji"]
  );
  (same ?? row).focus({ preventScroll: true });
}
