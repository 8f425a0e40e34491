// @ts-check
/// <reference lib="dom" />
/// <reference lib="dom.iterable" />
/**
 * Puts the chosen language into what stands in index.html. An element says by `data-text`, `data-label`, `data-tip` or
 * `data-placeholder` which string it takes and where.
 * @module
 */

import { nameButton } from "./dom.js";
import { strings } from "./strings.js";

/** @type {Readonly<Record<string, (element: Element, words: string) => void>>} */
const PLACES = {
  text: (element, words) => element.textContent = words,
  label: (element, words) => element.setAttribute("aria-label", words),
  placeholder: (element, words) => element.setAttribute("placeholder", words),
  tip: nameButton,
};

/** Translates the whole page. @param {import("./strings.js").Language} language */
export function translate(language) {
  document.documentElement.lang = language;
  const known = new Map(Object.entries(strings[language]));
  for (const [place, put] of Object.entries(PLACES)) {
    for (const element of document.querySelectorAll(`[data-${place}]`)) {
      const words = known.get(element.getAttribute(`data-${place}`) ?? "");
      if (words !== undefined) put(element, words);
    }
  }
}
