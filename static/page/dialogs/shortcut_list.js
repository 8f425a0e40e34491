// @ts-check
/// <reference lib="dom" />
/**
 * The lists of keyboard shortcuts and commands in the settings.
 * @module
 */

import { find, make } from "../base/dom.js";

/** All shortcuts of the page, including those of the message field and the log, with the keys of their descriptions. */
const KEYS = [
  ["Enter", "shortcutSend"],
  ["Shift Enter", "shortcutLine"],
  ["Ctrl Enter", "shortcutSendCode"],
  ["↑", "shortcutEdit"],
  ["@", "shortcutMention"],
  ["Alt ↑ ↓", "shortcutRooms"],
  ["Ctrl K", "shortcutFind"],
  ["↑ ↓", "shortcutLog"],
  ["Home End", "shortcutEnds"],
  ["A–Z", "shortcutType"],
  ["Esc", "shortcutEsc"],
];

/** All commands of the message field, with the keys of their descriptions. */
const COMMANDS = [
  ["/help", "commandHelp"],
  ["/name …", "commandName"],
  ["/join …", "commandJoin"],
  ["/leave", "leaveRoom"],
  ["/lockdown", "commandLockdown"],
  ["/unlock", "commandUnlock"],
  ["//…", "commandText"],
];

/** Renders both lists; translate.js adds the words. */
export function listShortcuts() {
  list("shortcuts", KEYS.map(([keys = "", key = ""]) => [keys.split(" "), key]));
  list("commands", COMMANDS.map(([command = "", key = ""]) => [[command], key]));
}

/** @param {string} id @param {readonly (readonly [caps: readonly string[], key: string])[]} items */
function list(id, items) {
  const list = find(id, HTMLElement);
  for (const [caps, key] of items) {
    const meaning = make("dd", "");
    meaning.dataset["text"] = key;
    const term = make("dt", "", ...caps.flatMap((cap) => [make("kbd", "", cap), " "]));
    list.append(make("div", "", term, meaning));
  }
}
