// @ts-check
/**
 * What is different for a user with an app's token: the token and the identity. The chat page has no token, so it does not load this
 * folder.
 * @module
 */

import { AppIdentity } from "./app_identity.js";
import { AppToken } from "./app_token.js";

/** @typedef {import("../client_storage.js").ClientStorage} ClientStorage */
/** @typedef {import("../connection/platform.js").Platform} Platform */
/** The parts of a chat for an app's user. @typedef {{ token: AppToken, identity: AppIdentity }} AppUser */

/**
 * Returns what creates the parts, if the options have a token.
 * @param {{ token?: import("./app_token.js").TokenFunction, name?: string, language?: string }} options Of `connect()`.
 * @returns {((storage: ClientStorage, platform: Platform) => AppUser) | null}
 */
export function appUserOf({ token: getToken, name, language }) {
  if (getToken === undefined) return null;
  return (storage, platform) => {
    const token = new AppToken(getToken, platform);
    return { token, identity: new AppIdentity(token, name, storage, platform, language) };
  };
}
