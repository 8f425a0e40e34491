// @ts-check
/**
 * Notices that a guest's name belongs to a member by now: the server gives the guest another one, at the next hello or at once.
 * The page has to forget the name. It would ask for it at each visit, and get another guest name each time.
 * @module
 */

/** What the guest is called then. Names such as `Ann (2)` are temporary and say who else has the name. */
const GUEST_NAME = /\d$/;
/** The time for the page that has renamed the user, perhaps another one, to store the new name. */
const STORED_MS = 1_000;

/**
 * @param {Pick<import("../../client.js").Chat, "me">} chat
 * @param {{ readonly name: string | null }} preferences With the name that the user has chosen.
 * @param {(name: string, guestName: string) => void} onLost
 * @param {(fn: () => void, ms: number) => unknown} [after] Calls a function later.
 */
export function watchOwnName(chat, preferences, onLost, after = setTimeout) {
  chat.me.subscribe((me) => {
    const { name } = preferences;
    const isGuest = me?.kind === "guest" && GUEST_NAME.test(me.name);
    if (!isGuest || name === null || me.name === name.trim().normalize("NFC")) return;
    after(() => {
      const isStored = preferences.name !== null && preferences.name !== name;
      if (!isStored && chat.me.value?.name === me.name) onLost(name, me.name);
    }, STORED_MS);
  });
}
