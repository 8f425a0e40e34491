// @ts-check
/// <reference lib="dom" />
/// <reference lib="dom.iterable" />
/**
 * DOM helpers for every part of the page. User text is inserted as text, never as markup;
 * looks are classes and attributes, since the content policy allows no inline style.
 * @module
 */

export { make, nameButton } from "./elements.js";

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
 * Calls the function when the element is clicked.
 * @param {HTMLElement} element
 * @param {() => void} fn
 */
export function onClick(element, fn) {
  element.addEventListener("click", fn);
}

/**
 * Calls the function when the form is submitted, without navigating.
 * @param {HTMLFormElement} form
 * @param {() => void} fn
 */
export function onSubmit(form, fn) {
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    fn();
  });
}

/**
 * Returns the focus to the message field. On a phone, where the field would open the
 * keyboard, it moves to the log.
 */
export function focusField() {
  const id = matchMedia("(pointer: fine)").matches ? "text" : "log";
  document.getElementById(id)?.focus({ preventScroll: true });
}

/** Shows an error at a field; an empty string removes it. @param {HTMLElement} field @param {HTMLElement} line @param {string} words */
export function showError(field, line, words) {
  line.textContent = words;
  if (words === "") field.removeAttribute("aria-invalid");
  else field.setAttribute("aria-invalid", "true");
}

/**
 * Calls the function with the next frame. Reading or setting positions earlier would force an extra
 * layout.
 * @param {() => void} fn
 */
export function afterFrame(fn) {
  requestAnimationFrame(() => setTimeout(fn));
}

/**
 * Calls the function when the browser is idle, but soon.
 * @param {() => void} fn
 */
export function whenIdle(fn) {
  // Not every browser supports requestIdleCallback().
  if ("requestIdleCallback" in globalThis) requestIdleCallback(fn, { timeout: IDLE_MS });
  else setTimeout(fn);
}
