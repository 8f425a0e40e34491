// @ts-check
/// <reference lib="dom" />
/// <reference lib="dom.iterable" />
/**
 * Applies the chosen language to the elements of index.html. Their attributes `data-text`, `data-label`, `data-tip` and
 * `data-placeholder` name the string and where it goes.
 * @module
 */

import { nameButton } from "../base/dom.js";
import { stringsOf } from "./strings.js";

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
  const strings = stringsOf(language);
  for (const [place, put] of Object.entries(PLACES)) {
    for (const element of document.querySelectorAll(`[data-${place}]`)) {
      const words = Reflect.get(strings, element.getAttribute(`data-${place}`) ?? "");
      if (words !== undefined) put(element, words);
    }
  }
}
