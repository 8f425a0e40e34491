// @ts-check
/// <reference lib="dom" />
/**
 * Signing out, of this service and of its provider. What the page has stored for the user is removed: another user of this
 * browser must neither read it nor send it.
 * @module
 */

import { BROWSER_KEYS, browserStorage, LAST_USER } from "../base/storage.js";

let isLeaving = false;

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
  isLeaving = true;
  removeNow();
  // Listeners run in the order in which they were added, so this one runs after those that store something.
  addEventListener("pagehide", removeNow);
}

/**
 * Leaves the page when another tab signs its user out: this one still shows what the user has read and written.
 * @param {import("../../client.js").Chat} chat
 * @param {import("../preferences.js").Preferences} preferences
 */
export function watchSignOut(chat, preferences) {
  const leave = () => {
    // If another user has signed in since, what is stored is that user's.
    if (isLeaving || !preferences.isSignedOut || preferences.lastUser !== null) return;
    // First: the chat stores unsent messages again as long as it is open.
    chat.close();
    removeStored();
    location.reload();
  };
  addEventListener("storage", ({ key }) => key?.endsWith(` ${LAST_USER}`) && leave());
  // It may have happened before this was loaded.
  leave();
}

function removeNow() {
  const storage = browserStorage();
  const { pathname, host } = new URL(".", location.href);
  const page = `parley-page ${pathname} `;
  const client = `parley ${location.protocol.replace("http", "ws")}//${host}${pathname}ws `;
  // First: other tabs then know why the rest is removed, and do not store it again.
  storage?.removeItem(page + LAST_USER);
  for (const key of Object.keys(storage ?? {})) {
    const isOwn = key.startsWith(page)
      ? !BROWSER_KEYS.includes(key.slice(page.length))
      : key.startsWith(client);
    if (isOwn) storage?.removeItem(key);
  }
}
