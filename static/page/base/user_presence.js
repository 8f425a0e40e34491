// @ts-check
/// <reference lib="dom" />
/**
 * Whether the user is looking at the page: it is visible and its window has the focus. A window that is visible beside the
 * one in use does not count. Everything that depends on this asks here: unread counts, read markers, the title, the
 * badge, notifications, the unread divider, typing reports, and whether the page may reload by itself.
 * @module
 */

/** Whether the user is looking at the page now. */
export function isLooking() {
  return document.visibilityState === "visible" && document.hasFocus();
}

/** Whether the page is entirely hidden. A window without the focus may still be watched. */
export function isHidden() {
  return document.visibilityState === "hidden";
}

/** Calls the listener whenever {@linkcode isHidden} changes. @param {() => void} listener */
export function onHiddenChange(listener) {
  document.addEventListener("visibilitychange", listener);
}

/** Calls the listener whenever {@linkcode isLooking} changes. @param {(looks: boolean) => void} listener */
export function onLookingChange(listener) {
  let last = isLooking();
  const check = () => {
    const looks = isLooking();
    if (looks !== last) listener(last = looks);
  };
  document.addEventListener("visibilitychange", check);
  globalThis.addEventListener("focus", check);
  globalThis.addEventListener("blur", check);
}
