// @ts-check
/// <reference lib="dom" />
/**
 * Signing out, of this service and of its provider. What the page has stored for the user is removed: another user of this
 * browser must neither read it nor send it.
 * @module
 */

import { browserStorage } from "../base/storage.js";

/** What belongs to the browser rather than to the user. */
const KEPT = ["theme", "language"];

/**
 * Signs out and leaves the page.
 * @param {import("../../client.js").Chat} chat
 * @returns {Promise<boolean>} False if the service could not be reached.
 */
export async function signOut(chat) {
  try {
    const headers = { accept: "application/json" };
    const response = await fetch("auth/logout", { method: "POST", headers });
    const { to } = await response.json();
    chat.close();
    removeStored();
    location.assign(to);
    return true;
  } catch {
    return false;
  }
}

/** Removes what the page has stored for the user, now and when the page is left: until then, some of it may be stored again. */
export function removeStored() {
  removeNow();
  // Listeners run in the order in which they were added, so this one runs after those that store something.
  addEventListener("pagehide", removeNow);
}

function removeNow() {
  const storage = browserStorage();
  const { pathname, host } = new URL(".", location.href);
  const page = `parley-page ${pathname} `;
  const client = `parley ${location.protocol.replace("http", "ws")}//${host}${pathname}ws `;
  for (const key of Object.keys(storage ?? {})) {
    const isOwn = key.startsWith(page)
      ? !KEPT.includes(key.slice(page.length))
      : key.startsWith(client);
    if (isOwn) storage?.removeItem(key);
  }
}
