// @ts-check
/**
 * The identity of an app's user: the app's token says who it is, on every connection. So there is no session token to keep, and
 * no name to wait for that an earlier connection may hold as another user.
 * @module
 */

import { Identity } from "../identity.js";
import { memberOf } from "../user_kind.js";

/** This session's user, known by the app's token. */
export class AppIdentity extends Identity {
  #token;

  /**
   * @param {import("./app_token.js").AppToken} token
   * @param {ConstructorParameters<typeof Identity>} identity
   */
  constructor(token, ...identity) {
    super(...identity);
    this.#token = token;
  }

  /** @override */
  helloRequest() {
    const { wantedName: name } = this;
    return { ...super.helloRequest(), name, resume: undefined, token: this.#token.text };
  }

  /** @override */
  onHelloLost() {}

  /** @override @param {Pick<import("../frames.js").Hello, "you">} hello */
  acceptHello({ you }) {
    this.#token.onAccepted();
    this.me.set(memberOf(you));
    return true;
  }

  /** @override */
  saveToken() {}
}
