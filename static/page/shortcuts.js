// @ts-check
/// <reference lib="dom" />
/**
 * The keys that work wherever one is on the page. They need Alt or Ctrl, so that none of them is a letter somebody types;
 * while a dialog is open they rest.
 * @module
 */

import { find as findElement, make } from "./dom.js";

/** All keys of the page, also those of the message field and of the log, with the strings that tell what they do. */
const KEYS = [
  ["Enter", "shortcutSend"],
  ["Shift Enter", "shortcutLine"],
  ["↑", "shortcutEdit"],
  ["Alt ↑ ↓", "shortcutRooms"],
  ["Ctrl K", "shortcutFind"],
  ["↑ ↓", "shortcutLog"],
  ["Esc", "shortcutEsc"],
];

/** Lists them for people; translate.js puts the words in. */
export function listShortcuts() {
  const list = findElement("shortcuts", HTMLElement);
  for (const [keys = "", key = ""] of KEYS) {
    const meaning = make("dd", "");
    meaning.dataset["text"] = key;
    const caps = keys.split(" ").flatMap((cap) => [make("kbd", "", cap), " "]);
    list.append(make("div", "", make("dt", "", ...caps), meaning));
  }
}

/**
 * Listens to the keys.
 * @param {{ step: (by: number) => void, find: () => void }} deeds
 */
export function listenToKeys({ step, find }) {
  document.addEventListener("keydown", (event) => {
    if (event.isComposing || document.querySelector("dialog[open]")) return;
    const { key, altKey, ctrlKey, metaKey, shiftKey } = event;
    const isStep = altKey && !ctrlKey && !metaKey && !shiftKey && /^Arrow(?:Up|Down)$/.test(key);
    const isFind = (ctrlKey || metaKey) && !altKey && !shiftKey && key.toLowerCase() === "k";
    if (!isStep && !isFind) return;
    event.preventDefault();
    if (isFind) find();
    else step(key === "ArrowUp" ? -1 : 1);
  });
}
