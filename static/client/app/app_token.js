// @ts-check
/**
 * The token with which an app says who its user is: asks the app for one when it is needed, and renews it before it expires.
 * Only the server decides whether a token is good. The library reads when it expires, to know when to ask for the next one.
 * @module
 */

import { reconnectDelayMs, retryDelayMs } from "../connection/reconnect.js";
import { ChatError, RefusedError } from "../errors.js";

/** Returns a token that the app has signed for the user. @typedef {() => Promise<string> | string} TokenFunction */

/** The close code of a connection whose token has expired. */
const TOKEN_EXPIRED = 4504;
// Time before it expires from which on a token is not used for another connection.
const MARGIN_MS = 30_000;
// A token that is valid for less than the server's notice is announced as expiring at once, again and again.
const MIN_RENEWAL_INTERVAL_MS = 10_000;
const CALL_TIMEOUT_MS = 20_000;

/** The token of the app's user. */
export class AppToken {
  /** The latest token, for the hello; undefined before the app has returned one. @type {string | undefined} */
  text;
  #getToken;
  #platform;
  #expiresAt = -Infinity;
  #receivedAt = -Infinity;
  /** The running call of the app's function: one at a time. @type {Promise<string> | null} */
  #call = null;
  /** The running preparation. @type {Promise<ChatError | undefined> | null} */
  #preparation = null;
  /** Number of tokens in a row that identified no user. */
  #badTokens = 0;
  /** Identifies the running renewal. @type {symbol | null} */
  #renewal = null;
  #stopRenewalTimer = () => {};
  #stopCallTimer = () => {};

  /** @param {TokenFunction} getToken @param {import("../connection/platform.js").Platform} platform */
  constructor(getToken, platform) {
    this.#getToken = getToken;
    this.#platform = platform;
  }

  /**
   * Makes a token available for the next hello.
   * @returns {Promise<ChatError | undefined> | undefined} Undefined if one is at hand; resolves with the reason if the app has none.
   */
  prepare() {
    if (this.#platform.now() < this.#expiresAt - MARGIN_MS) return undefined;
    return this.#preparation ??= this.#requestInTime().finally(() => this.#preparation = null);
  }

  /** The server has accepted the hello. */
  onAccepted() {
    this.#badTokens = 0;
  }

  /**
   * The server has refused the hello.
   * @param {RefusedError} error
   * @returns {boolean} Whether another token may be accepted.
   */
  onRefused({ code }) {
    if (code !== "bad_token" && code !== "token_expired") return false;
    this.#discard();
    if (code === "bad_token") this.#badTokens++;
    return this.#badTokens < 2;
  }

  /**
   * The server has closed the connection.
   * @param {number} code
   * @returns {boolean} Whether another token would help.
   */
  onClosed(code) {
    if (code !== TOKEN_EXPIRED) return false;
    this.#discard();
    return true;
  }

  /**
   * Sends a new token on the current connection, and tries until the server accepts one.
   * @param {(frame: import("../frames.js").Request) => Promise<unknown>} send Resolves with the answer; rejects with a ChatError.
   * @param {() => void} reconnect
   */
  async renew(send, reconnect) {
    if (this.#renewal !== null) return;
    const renewal = this.#renewal = Symbol();
    /** The token to send again. @type {string | undefined} */
    let token;
    let delayMs = this.#untilNextRenewal;
    for (let attempt = 0; renewal === this.#renewal; attempt++) {
      if (delayMs > 0) await this.#wait(delayMs);
      try {
        token ??= await this.#request();
        if (renewal !== this.#renewal) return;
        await send({ type: "auth", token });
        if (renewal === this.#renewal) this.#renewal = null;
      } catch (error) {
        if (renewal !== this.#renewal) return;
        if (error instanceof RefusedError && !error.retry) {
          // The app has another user now.
          if (error.code === "not_allowed") return reconnect();
          this.#discard();
          token = undefined;
        }
        const minDelayMs = error instanceof RefusedError ? retryDelayMs(error) : 0;
        delayMs = reconnectDelayMs(attempt, this.#platform.random(), minDelayMs);
      }
    }
  }

  /** Ends the renewal: the connection is lost. */
  stopRenewal() {
    this.#renewal = null;
    this.#stopRenewalTimer();
  }

  /** Stops waiting: the chat is closed. */
  end() {
    this.stopRenewal();
    this.#stopCallTimer();
  }

  get #untilNextRenewal() {
    const passedMs = this.#platform.now() - this.#receivedAt;
    // Negative if the clock was set back.
    return passedMs < 0 ? 0 : MIN_RENEWAL_INTERVAL_MS - passedMs;
  }

  /** @returns {Promise<ChatError | undefined>} */
  #requestInTime() {
    return new Promise((resolve) => {
      const stop = this.#stopCallTimer = this.#platform.after(
        () => resolve(unavailable("the function has not returned a token yet")),
        CALL_TIMEOUT_MS,
        true,
      );
      this.#request().then(() => resolve(undefined), resolve).finally(stop);
    });
  }

  #request() {
    return this.#call ??= this.#callApp().finally(() => this.#call = null);
  }

  async #callApp() {
    try {
      // Not within connect(): the function may use the chat that this returns.
      await undefined;
      const token = await this.#getToken();
      if (typeof token !== "string") {
        throw new TypeError(`The token must be a string: received ${typeof token}`);
      }
      this.text = token;
      this.#expiresAt = expiryOf(token);
      this.#receivedAt = this.#platform.now();
      return token;
    } catch (cause) {
      throw unavailable("the function failed", cause);
    }
  }

  /** Asks for another one next time. */
  #discard() {
    this.#expiresAt = -Infinity;
  }

  /** @param {number} ms */
  #wait(ms) {
    return new Promise((resolve) => {
      this.#stopRenewalTimer = this.#platform.after(() => resolve(undefined), ms);
    });
  }
}

/** @param {string} why @param {unknown} [cause] */
function unavailable(why, cause) {
  return new ChatError("token_unavailable", `Cannot get a token: ${why}`, { cause });
}

/**
 * When a JSON Web Token expires, in milliseconds since 1970; -Infinity if that cannot be read.
 * @param {string} token
 * @returns {number}
 */
function expiryOf(token) {
  try {
    const [, payload = ""] = token.split(".");
    const { exp } = JSON.parse(atob(payload.replaceAll("-", "+").replaceAll("_", "/")));
    return Number.isFinite(exp) ? exp * 1_000 : -Infinity;
  } catch {
    return -Infinity;
  }
}
