// @ts-check
/// <reference lib="dom" />
/**
 * The system's notifications, for users who have switched them on. They belong to the page's second script.
 * @module
 */

import { excerpt } from "../text/excerpt.js";

const MAX_TEXT = 140;
/** The page's own notifications, by their tags. @type {Map<string, Notification>} */
const shown = new Map();

/** @typedef {import("./notifier.js").NotifiableMessage} NotifiableMessage */

/**
 * Shows a message. A newer one replaces that of the same room.
 * @param {{ room: string, place: string }} where The room, and what it is called: the author's name in a direct one.
 * @param {NotifiableMessage} said
 * @param {() => void} open
 */
export async function notify({ room, place }, { name, text }, open) {
  if (!("Notification" in globalThis) || Notification.permission !== "granted") return;
  const short = text.length > MAX_TEXT ? `${excerpt(text, MAX_TEXT)}…` : text;
  const title = place === name ? name : `${name} · ${place}`;
  const url = tagOf(room);
  const options = { body: short, tag: url, icon: "icon.svg", data: url };
  // Phones allow only the service worker's notifications; without a worker, use the page's own.
  const registration = await ownRegistration();
  if (registration) return registration.showNotification(title, options);
  const notification = new Notification(title, options);
  shown.set(url, notification);
  notification.addEventListener("click", () => {
    globalThis.focus();
    open();
    notification.close();
  });
}

/** Closes the notification of a room whose messages have been read. @param {string} room */
export async function withdraw(room) {
  if (!("Notification" in globalThis) || Notification.permission !== "granted") return;
  const tag = tagOf(room);
  shown.get(tag)?.close();
  shown.delete(tag);
  const registration = await ownRegistration();
  for (const it of await registration?.getNotifications({ tag }) ?? []) it.close();
}

/** The page's own service worker. One of another service above this path would open that service's page on a click. */
async function ownRegistration() {
  const registration = await navigator.serviceWorker?.getRegistration();
  return registration?.scope === new URL("./", location.href).href ? registration : undefined;
}

/** The URL of the room; it also distinguishes the notifications of services that share an origin. @param {string} room */
const tagOf = (room) => new URL(`#${room}`, location.href).href;
