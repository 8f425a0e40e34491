// @ts-check
/**
 * The identity of a user who opens the link of an invite. Until the server has accepted it, each hello carries the invite, and
 * the same random characters: if a reply is lost, the next hello gets it again. After that, the user returns like any other.
 * Only a user with an invite needs this folder, so the chat page loads it on demand.
 * @module
 */

import { Identity } from "../identity.js";

/** @typedef {import("../client_storage.js").ClientStorage} ClientStorage */
/** @typedef {import("../connection/platform.js").Platform} Platform */
/** @typedef {{ invite: string, attempt: string, device: string | undefined }} InviteUse */

/** This session's user, known by an invite at first. */
class InvitedIdentity extends Identity {
  #use;
  #isAccepted = false;

  /**
   * @param {InviteUse} use
   * @param {ConstructorParameters<typeof Identity>} identity
   */
  constructor(use, ...identity) {
    super(...identity);
    this.#use = use;
  }

  /** @override */
  helloRequest() {
    const request = super.helloRequest();
    return this.#isAccepted ? request : { ...request, resume: undefined, ...this.#use };
  }

  /** @override @param {Pick<import("../frames.js").Hello, "you" | "resume">} hello */
  acceptHello(hello) {
    const isAccepted = super.acceptHello(hello);
    // Otherwise the invite is sent again, and answered in the same way.
    this.#isAccepted ||= isAccepted;
    return isAccepted;
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
