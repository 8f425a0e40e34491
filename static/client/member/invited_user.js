// @ts-check
/**
 * The identity of a user who has an invite. A member whose token is in the storage returns with that, so that a program can pass
 * the same options at each start. Otherwise each hello carries the invite until the server has accepted it, and the same random
 * characters: if a reply is lost, the next hello gets it again. Only a user with an invite needs this folder, so the chat page
 * loads it on demand.
 * @module
 */

import { Identity, SIGNED_OUT } from "../identity.js";
import { kindOf } from "../user_kind.js";

/** @typedef {import("../client_storage.js").ClientStorage} ClientStorage */
/** @typedef {import("../connection/platform.js").Platform} Platform */
/** @typedef {{ invite: string, attempt: string, device: string | undefined }} InviteUse */

/** This session's user, known by a member's token or an invite at first. */
class InvitedIdentity extends Identity {
  #use;
  #storage;
  /** The member's token sent on this connection, before the first welcome; undefined if the invite was sent. @type {string | undefined} */
  #memberToken;
  /** The member's token that the server has rejected. @type {string | undefined} */
  #worthlessToken;

  /**
   * @param {InviteUse} use
   * @param {ConstructorParameters<typeof Identity>} identity
   */
  constructor(use, ...identity) {
    super(...identity);
    this.#use = use;
    this.#storage = identity[1];
  }

  /** @override */
  helloRequest() {
    const request = super.helloRequest();
    this.#memberToken = undefined;
    if (this.me.value !== null) return request;
    const { member, token } = this.#storage;
    if (member === null || token === this.#worthlessToken) {
      return { ...request, name: this.wantedName, resume: undefined, ...this.#use };
    }
    this.#memberToken = token;
    return request;
  }

  /** @override @param {Pick<import("../frames.js").Hello, "you" | "resume">} hello */
  acceptHello(hello) {
    const isRejected = kindOf(hello.you.user) === "guest" && this.#useInviteNext();
    return !isRejected && super.acceptHello(hello);
  }

  /** @override @param {{ code: string }} error */
  onRefused({ code }) {
    return code === "token_required" && this.#useInviteNext();
  }

  /** @override @param {number} code */
  onClosed(code) {
    return super.onClosed(code) || code === SIGNED_OUT && this.#useInviteNext();
  }

  /** The server has rejected a token. @returns {boolean} Whether that was the member's, so that the invite comes next. */
  #useInviteNext() {
    if (this.#memberToken === undefined || this.me.value !== null) return false;
    this.#worthlessToken = this.#memberToken;
    return true;
  }
}

/**
 * Returns what creates the identity, if the options have an invite.
 * @param {Pick<import("../chat.js").ChatOptions, "invite" | "attempt" | "device" | "name" | "language">} options
 * @returns {((storage: ClientStorage, platform: Platform) => { identity: Identity }) | null}
 */
export function invitedUserOf({ invite, attempt = newAttempt(), device, name, language }) {
  if (invite === undefined) return null;
  const use = { invite, attempt, device };
  return (storage, platform) => ({
    identity: new InvitedIdentity(use, name, storage, platform, language),
  });
}

/** Identifies an attempt to use an invite: 128 random bits as base64url. @returns {string} */
export function newAttempt() {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  const text = btoa(String.fromCharCode(...bytes)).replaceAll("+", "-").replaceAll("/", "_");
  return text.replaceAll("=", "");
}
