// @ts-check
/// <reference lib="dom" />
/// <reference lib="dom.iterable" />
/**
 * Creates the elements of the log. All text is inserted as text, never as markup, and no inline style is
 * set, which the content policy would refuse.
 * @module
 */

/**
 * An element with a class and children; false and undefined children are skipped.
 * @template {keyof HTMLElementTagNameMap} T
 * @param {T} tag
 * @param {string} className
 * @param {...(Node | string | false | undefined)} children
 * @returns {HTMLElementTagNameMap[T]}
 */
export function make(tag, className, ...children) {
  const element = document.createElement(tag);
  if (className) element.className = className;
  element.append(...children.filter((it) => it !== false && it !== undefined));
  return element;
}

/**
 * A sentence with its placeholders filled in. Each value is isolated, so that its writing direction does not affect its surroundings.
 * @param {string} words With `{placeholders}`.
 * @param {Readonly<Record<string, string | number>>} values
 */
export function sentence(words, values) {
  return words.split(/\{(\w+)\}/).map((part, i) =>
    i % 2 === 0 ? part : make("bdi", "", String(values[part] ?? ""))
  );
}

/**
 * A button that the log's single listener recognizes by its `data-do`. Tab reaches it only in the message that is the Tab stop.
 * @param {string} className
 * @param {string} action
 * @param {...(Node | string | false | undefined)} children
 */
export function button(className, action, ...children) {
  const element = make("button", className, ...children);
  element.type = "button";
  element.tabIndex = -1;
  element.dataset["do"] = action;
  return element;
}

/**
 * Labels an icon button, with a tooltip and an accessible name.
 * @param {Element} element
 * @param {string} words
 */
export function nameButton(element, words) {
  // Firefox before 119 has no `ariaLabel`.
  element.setAttribute("aria-label", words);
  element.setAttribute("title", words);
}

const HUES = 8;

/**
 * The hue of a name, the same on every page: a mixed 32-bit FNV-1a hash of all but the last character, offset by the last
 * character. Names that differ only there, such as `u0` to `u9`, use all hues.
 * @param {string} name
 */
export function hueOf(name) {
  let hash = 0x811c9dc5;
  let last = 0;
  for (const character of name) {
    hash = Math.imul(hash ^ last, 0x01000193);
    last = character.codePointAt(0) ?? 0;
  }
  // Mix: in FNV, early input barely affects the low bits, and late input barely affects the high bits.
  hash = Math.imul(hash ^ (hash >>> 15), 0x85ebca6b);
  hash ^= hash >>> 13;
  // In steps of three, since neighbouring hues look alike.
  return ((hash >>> 16) + 3 * last) % HUES;
}

/** @type {Intl.Segmenter | undefined} */
let segmenter;
// A Latin, Greek, Cyrillic, Chinese, Japanese or Korean character without combining marks.
const LETTER =
  /^[!-~\u00c0-\u02af\u0370-\u0481\u048a-\u052f\u3041-\u3096\u30a1-\u30fa\u3400-\u4dbf\u4e00-\u9fff\uac00-\ud7a3](?![\u0300-\u036f\u200d\u20e3\u3099\u309a\ufe00-\ufe0f])/;

/**
 * The first letter as perceived by readers, which may be several characters.
 * @param {string} name
 */
export function initialOf(name) {
  // Most names need no segmenter. Creating one takes 100 ms on a slow machine.
  const [letter] = LETTER.exec(name) ?? [""];
  if (letter || name === "") return letter.toUpperCase();
  // Firefox before 125 has no Segmenter.
  if (!("Segmenter" in Intl)) return String.fromCodePoint(name.codePointAt(0) ?? 0).toUpperCase();
  segmenter ??= new Intl.Segmenter();
  for (const { segment } of segmenter.segment(name.slice(0, 128))) return segment.toUpperCase();
  return "";
}

/**
 * Replaces the children of a message's element. A toolbar in it stays, and focus moves to the element that replaces
 * the focused one.
 * @param {HTMLElement} row
 * @param {readonly HTMLElement[]} children
 */
export function replaceContent(row, children) {
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
