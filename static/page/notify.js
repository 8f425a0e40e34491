// @ts-check
/// <reference lib="dom" />
/**
 * What one is told while the page is in the background: how much is unread in its title, and, for those who want it, each
 * message as the system shows such things. Permission is asked for only when somebody switches it on.
 * @module
 */

const NAME = "Parley";
const MAX_TEXT = 140;
const MAX_UNREAD = 99;

/** @typedef {{ user: string, name: string, text: string, replayed: boolean }} Said */

/**
 * The page's title.
 * @param {number} unread In all rooms.
 * @param {string | undefined} room The one looked at.
 * @param {boolean} isHidden
 */
export function titleOf(unread, room, isHidden) {
  if (isHidden && unread > 0) return `(${unread > MAX_UNREAD ? `${MAX_UNREAD}+` : unread}) ${NAME}`;
  return room === undefined ? NAME : `#${room} · ${NAME}`;
}

/**
 * Whether a message is worth a notification: what others say just now, while nobody looks.
 * @param {Said} said
 * @param {string | undefined} me The user.
 * @param {boolean} isHidden
 */
export function isNews({ user, replayed }, me, isHidden) {
  return isHidden && !replayed && user !== me;
}

/** Whether this browser knows notifications at all. */
export function canNotify() {
  return "Notification" in globalThis;
}

/** Asks for the permission, where it was not asked for before. @returns {Promise<boolean>} */
export async function askToNotify() {
  return canNotify() && await Notification.requestPermission() === "granted";
}

/**
 * Shows a message. A newer one of the same room takes the place of the one before.
 * @param {string} room
 * @param {Said} said
 * @param {() => void} open
 */
export async function notify(room, { name, text }, open) {
  if (!canNotify() || Notification.permission !== "granted") return;
  const short = text.length > MAX_TEXT ? `${text.slice(0, MAX_TEXT)}…` : text;
  const title = `${name} · #${room}`;
  const url = new URL(`#${room}`, location.href).href;
  const options = { body: short, tag: url, icon: "icon.svg", data: url };
  // Phones show none but the service worker's; without one, the page's own.
  const registration = await navigator.serviceWorker?.getRegistration();
  if (registration) return registration.showNotification(title, options);
  const notification = new Notification(title, options);
  notification.addEventListener("click", () => {
    globalThis.focus();
    open();
    notification.close();
  });
}

/** Shows how much is unread on the icon of an installed page, where there is one. @param {number} unread */
export function badge(unread) {
  if (!("setAppBadge" in navigator)) return;
  navigator.setAppBadge(unread).catch(() => {
    // Not installed, or not allowed: the title says it too.
  });
}
