// @ts-check
/**
 * The caller's handle of one action on its way to the room's log. room_outbox.js decides what happens to it.
 * @module
 */

import { ChatError, RefusedError } from "../errors.js";
import { Value } from "../observable.js";

/** @typedef {import("../client_storage.js").ActionRecord} ActionRecord */
/** The position and time of an action in the log. @typedef {{ readonly position: string, readonly at: number }} Receipt */

/**
 * The state of a delivery. `waiting`: not sent yet. `sending`: sent, not answered. `sent`: in the log. `failed`: refused for
 * good. `unsure`: delivery cannot be confirmed, or the message may have been meant for another service at this URL or written by
 * another user, so the user must decide. `discarded`: by the caller, or settled or discarded by another page on the same storage.
 * @typedef {{ readonly kind: "waiting" } | { readonly kind: "sending" } | ({ readonly kind: "sent" } & Receipt)
 *   | { readonly kind: "failed", readonly error: ChatError } | { readonly kind: "unsure", readonly reason: import("./resend_policy.js").UnsureReason } | { readonly kind: "discarded" }} DeliveryState
 */

/** The same object each time, since listeners are only notified of another one. @type {DeliveryState} */
export const WAITING = Object.freeze({ kind: "waiting" });

/**
 * A promise and its resolvers, like `Promise.withResolvers()`, which Node 20 and Safari before 17.4 lack.
 * @returns {{ promise: Promise<Receipt>, resolve(receipt: Receipt): void, reject(error: Error): void }}
 */
function deferred() {
  /** @type {any} */
  const made = {};
  made.promise = new Promise((resolve, reject) => Object.assign(made, { resolve, reject }));
  return made;
}

/** An action on its way to the log. Returned by the methods of `Room`. */
export class Delivery {
  /** The state of the delivery. @readonly @type {Value<DeliveryState>} */
  state;
  /** The stored part. @internal @type {ActionRecord} */
  record;
  /** What is known about its outcome; see resend_policy.js. @internal */
  evidence;
  /** Whether it was loaded from the storage rather than created on this page. @internal */
  isRestored;
  #settled = deferred();
  #hooks;

  /**
   * @internal @param {ActionRecord} record
   * @param {{ sendAgain(delivery: Delivery): void, discard(delivery: Delivery): void }} hooks
   * @param {boolean} isRestored
   */
  constructor(record, hooks, isRestored) {
    this.record = record;
    this.isRestored = isRestored;
    // An action of this page cannot have been missed yet; later gaps reset this (see `onGap()` in room_outbox.js).
    this.evidence = { isWatched: !isRestored, isSearched: false };
    this.#hooks = hooks;
    // Callers need not await `sent`: a rejection must not count as unhandled.
    this.#settled.promise.catch(() => {});
    this.state = new Value(stateOf(record));
    this.state.subscribe((state) => {
      if (state.kind === "sent") this.#settled.resolve({ position: state.position, at: state.at });
      if (state.kind === "failed") this.#settled.reject(state.error);
      if (state.kind === "discarded") {
        this.#settled.reject(new ChatError("discarded", "Cannot send: the action was discarded"));
      }
    });
  }

  /** The id by which the server recognizes it. */
  get id() {
    return this.record.id;
  }

  /** The room's name. */
  get room() {
    return this.record.room;
  }

  /** The action itself. */
  get action() {
    return this.record.deed;
  }

  /** When it was created, in milliseconds since 1970 by the local clock. */
  get at() {
    return this.record.at;
  }

  /** Resolves when the log has the action; rejects with a {@linkcode ChatError} if it was refused for good or discarded. */
  get sent() {
    return this.#settled.promise;
  }

  /** Sends a `failed` or `unsure` action again; does nothing in other states. */
  sendAgain() {
    const { kind } = this.state.value;
    if (kind !== "failed" && kind !== "unsure") return;
    if (kind === "failed") {
      this.#settled = deferred();
      this.#settled.promise.catch(() => {});
    }
    this.#hooks.sendAgain(this);
  }

  /** Sets the final state. Its entry may only repeat what the acknowledgement has said. @internal @param {DeliveryState} state */
  finish(state) {
    if (this.state.value.kind !== state.kind) this.state.set(state);
    this.state.end();
  }

  /** Rejects `sent`: the chat is closed. @internal @param {ChatError} error */
  end(error) {
    this.#settled.reject(error);
    this.state.end();
  }

  /** Discards an action that failed, is unsure, or was certainly not sent yet; does nothing otherwise. */
  discard() {
    const { kind } = this.state.value;
    const isUnsent = kind === "waiting" && this.record.sentAt === null;
    if (kind === "failed" || kind === "unsure" || isUnsent) this.#hooks.discard(this);
  }
}

/**
 * @param {ActionRecord} record
 * @returns {DeliveryState}
 */
function stateOf({ receipt, fault }) {
  if (receipt !== null) return { kind: "sent", ...receipt };
  if (fault !== null) {
    return { kind: "failed", error: new RefusedError({ type: "fault", ...fault }) };
  }
  return WAITING;
}
