// @ts-check
/// <reference lib="dom" />
/// <reference lib="dom.iterable" />
/**
 * The few things that every part of the page does with elements. Whatever people wrote goes in as text, never as markup;
 * looks are classes and attributes, since the server's content policy allows no inline style.
 * @module
 */

export { make } from "./log_dom.js";

const IDLE_MS = 200;

/**
 * The element of the page with this id.
 * @template {Element} T
 * @param {string} id
 * @param {new () => T} kind
 * @returns {T}
 */
export function find(id, kind) {
  const element = document.getElementById(id);
  if (!(element instanceof kind)) throw new Error(`Cannot find the element: received id ${id}`);
  return element;
}

/**
 * Calls it when the element is clicked.
 * @param {HTMLElement} element
 * @param {() => void} deed
 */
export function onClick(element, deed) {
  element.addEventListener("click", deed);
}

/**
 * Calls it when the form is submitted. The page's forms go nowhere by themselves.
 * @param {HTMLFormElement} form
 * @param {() => void} deed
 */
export function onSubmit(form, deed) {
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    deed();
  });
}

/** Says how an icon's button is called, to those who see and to those who hear. @param {Element} element @param {string} words */
export function nameButton(element, words) {
  element.setAttribute("aria-label", words);
  element.setAttribute("title", words);
}

/** Shows what is wrong with a field; nothing where there are no words. @param {HTMLElement} field @param {HTMLElement} line @param {string} words */
export function showError(field, line, words) {
  line.textContent = words;
  if (words === "") field.removeAttribute("aria-invalid");
  else field.setAttribute("aria-invalid", "true");
}

/**
 * Does something when the next picture is there. Before it, to ask where things are or to go to one would make the browser
 * lay the page out for that alone, and once more for the picture.
 * @param {() => void} deed
 */
export function afterPicture(deed) {
  requestAnimationFrame(() => setTimeout(deed));
}

/**
 * Does something when there is nothing else to do, but before long.
 * @param {() => void} deed
 */
export function whenIdle(deed) {
  // Not every browser can tell.
  if ("requestIdleCallback" in globalThis) requestIdleCallback(deed, { timeout: IDLE_MS });
  else setTimeout(deed);
}
