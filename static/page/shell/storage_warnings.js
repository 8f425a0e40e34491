// @ts-check
/**
 * Warns users whose browser loses what they write: once if it stores nothing for this page, and otherwise each time that it
 * can no longer save unsent messages.
 * @module
 */

import { browserStorage } from "../base/storage.js";

/**
 * @param {import("../../client.js").Chat} chat
 * @param {import("../base/storage.js").PageStorage} pageStorage Must have been written to.
 * @param {(key: "nothingKept" | "notKept") => void} warn Called with the key of a string.
 */
export function warnOfLosses(chat, pageStorage, warn) {
  // Unlike a blocked storage, a full one still contains what was stored before.
  if (!pageStorage.isKept && !browserStorage()?.length) return warn("nothingKept");
  chat.isKept.subscribe((isKept) => !isKept && warn("notKept"));
}
