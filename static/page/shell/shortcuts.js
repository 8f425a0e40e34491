// @ts-check
/// <reference lib="dom" />
/**
 * The page-wide keyboard shortcuts. They need Alt or Ctrl, since a letter typed outside of a field
 * goes into the message field. They are disabled while a dialog is open.
 * @module
 */

/**
 * Listens for the shortcuts.
 * @param {{ step: (by: number) => void, find: () => void, type: () => void }} handlers `type` is called before a character is
 * entered, and moves the focus to where it belongs.
 */
export function listenToShortcuts({ step, find, type }) {
  document.addEventListener("keydown", (event) => {
    if (event.isComposing || document.querySelector("dialog[open]")) return;
    if (isTyped(event)) return type();
    const { key, altKey, ctrlKey, metaKey, shiftKey } = event;
    const isStep = altKey && !ctrlKey && !metaKey && !shiftKey && /^Arrow(?:Up|Down)$/.test(key);
    const isFind = (ctrlKey || metaKey) && !altKey && !shiftKey && key.toLowerCase() === "k";
    if (!isStep && !isFind) return;
    event.preventDefault();
    if (isFind) find();
    else step(key === "ArrowUp" ? -1 : 1);
  });
}

/** Whether a key types a character outside of a field. The space bar scrolls and presses buttons. @param {KeyboardEvent} event */
function isTyped(event) {
  const { key, target, altKey, ctrlKey, metaKey } = event;
  const isOutside = target instanceof Element &&
    (target === document.body || target.closest("#log"));
  if (!isOutside || event.defaultPrevented || key === " " || [...key].length !== 1) return false;
  // With AltGr some keyboards report Ctrl and Alt.
  return event.getModifierState("AltGraph") || !(altKey || ctrlKey || metaKey);
}
