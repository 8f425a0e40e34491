// @ts-check
/// <reference lib="dom" />
/**
 * The unread count in the page's title and on its icon, while the user is not looking at the page.
 * The system's notifications are in notifications.js.
 * @module
 */

const NAME = "Parley";
const MAX_UNREAD = 99;

/** @typedef {{ user: string, name: string, text: string, replayed: boolean, event?: unknown }} NotifiableMessage */

/**
 * The page's title.
 * @param {number} unread In all rooms.
 * @param {number} mentions How many of those messages mention the user.
 * @param {string | undefined} room What the current room is called, such as `#den`.
 * @param {boolean} isAway Whether the user is not looking at the page.
 */
export function titleOf(unread, mentions, room, isAway) {
  const count = unread > MAX_UNREAD ? `${MAX_UNREAD}+` : unread;
  if (isAway && unread > 0) return `(${mentions > 0 ? "@ " : ""}${count}) ${NAME}`;
  return room === undefined ? NAME : `${room} · ${NAME}`;
}

/**
 * Whether a message deserves a notification: it is new, from another user and no event, and this user is not looking.
 * @param {NotifiableMessage} said
 * @param {string | undefined} me The user.
 * @param {boolean} isAway Whether the user is not looking at the page.
 */
export function isNews({ user, replayed, event }, me, isAway) {
  return isAway && !replayed && user !== me && event === undefined;
}

/** Shows the unread count on the icon of an installed page, where supported. @param {number} unread */
export function setBadge(unread) {
  if (!("setAppBadge" in navigator)) return;
  navigator.setAppBadge(unread).catch(() => {
    // Not installed, or not allowed: the title shows it too.
  });
}
