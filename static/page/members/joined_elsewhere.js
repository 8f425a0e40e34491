// @ts-check
/// <reference lib="dom" />
/**
 * Notices that the user has become a member on another page of this browser. This page is still a guest's, and is until it
 * connects again: it reloads if that would go unnoticed, and offers it otherwise.
 * @module
 */

/** The end of the key under which the client library stores the member. */
const KEY_END = "ws member-id";

/**
 * @param {import("../../client.js").Chat} chat
 * @param {() => boolean} isFree Whether a reload would go unnoticed.
 * @param {() => void} offer Offers to reload.
 */
export function watchOtherPages(chat, isFree, offer) {
  addEventListener("storage", ({ key, newValue }) => {
    const isOurs = key?.endsWith(`${new URL(".", location.href).pathname}${KEY_END}`);
    if (!isOurs || newValue === null || chat.me.value?.user === newValue) return;
    if (isFree()) location.reload();
    else offer();
  });
}
