// @ts-check
/// <reference lib="dom" />
/**
 * Signing in at the service's provider. The server says in the page whether it has one; the session is a cookie that no script
 * can read, and counts from the next connection on.
 * @module
 */

import { find, onClick } from "../base/dom.js";

/** The close codes of a session that has expired, and of one that has been revoked. */
const ENDED = [4504, 4508];
/** How the service answers a hello without a session, and one with a session that has been revoked. */
const NOT_SIGNED_IN = ["token_required", "bad_token"];
/** The path of the sign-in, relative to the page; empty if the service has none. */
const path = document.querySelector("[name=sign-in]")?.getAttribute("content") ?? "";

/** Whether the service signs users in. */
export const offersSignIn = path !== "";

/** Leaves for the provider, and comes back to the same room. */
export function signIn() {
  const { search, hash } = location;
  location.assign(`${path}?to=${encodeURIComponent(`/${search}${hash}`)}`);
}

/** Shows a bar in place of the connection's status while the user has to sign in. @param {import("../../client.js").Chat} chat */
export function showSignInBar(chat) {
  if (!offersSignIn) return;
  const status = find("status", HTMLElement);
  const bar = find("sign-in-bar", HTMLElement);
  status.after(bar);
  onClick(find("sign-in", HTMLElement), signIn);
  chat.state.subscribe((state) => {
    status.hidden = needsSignIn(state);
    bar.hidden = !status.hidden;
  });
}

/**
 * Whether the connection has ended because the user has to sign in.
 * @param {import("../../client/connection/connection.js").ConnectionState} state
 */
function needsSignIn(state) {
  if (state.kind !== "closed") return false;
  /** @type {(Error & { code?: string, closeCode?: number }) | null} */
  const error = state.error;
  return ENDED.includes(error?.closeCode ?? 0) || NOT_SIGNED_IN.includes(error?.code ?? "");
}
