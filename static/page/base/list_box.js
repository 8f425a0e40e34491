// @ts-check
/// <reference lib="dom" />
/// <reference lib="dom.iterable" />
/**
 * What the lists below and above fields have in common: the focus stays in the field, which names the selected option.
 * @module
 */

import { hueOf, initialOf, make } from "./elements.js";

/**
 * Selects an option.
 * @param {HTMLElement} field
 * @param {HTMLElement} list
 * @param {number} index -1 selects none.
 */
export function selectOption(field, list, index) {
  const options = [...list.children];
  for (const [i, it] of options.entries()) it.setAttribute("aria-selected", String(i === index));
  const option = options[index];
  if (option) field.setAttribute("aria-activedescendant", option.id);
  else field.removeAttribute("aria-activedescendant");
  option?.scrollIntoView({ block: "nearest" });
}

/** A person in an option: a disc and the name. @param {string} name */
export function personParts(name) {
  const face = make("span", `face hue-${hueOf(name)}`, initialOf(name));
  face.setAttribute("aria-hidden", "true");
  return [face, make("bdi", "option-name", name)];
}
