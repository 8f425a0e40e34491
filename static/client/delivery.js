// @ts-check
/**
 * One deed on its way from the caller to the room's log. It is the caller's handle; what becomes of it is decided in outbox.js.
 * @module
 */

import { ChatError, RefusedError } from "./errors.js";
import { Value } from "./values.js";

/** @typedef {import("./shelf.js").DeedRecord} DeedRecord */
/** Where the log has a deed, and since when. @typedef {{ readonly position: string, readonly at: number }} Receipt */

/**
 * How it stands: not sent yet; sent and not answered; in the log; refused for good; nobody can tell whether it was done, so the
 * person must say; given up by the caller, or settled or given up by another page on the same storage. A message
 * for another service, which used this URL before, is `unsure` too.
 * @typedef {{ readonly kind: "waiting" } | { readonly kind: "sending" } | ({ readonly kind: "sent" } & Receipt)
 *   | { readonly kind: "failed", readonly error: ChatError } | { readonly kind: "unsure", readonly reason: import("./doubts.js").Doubt } | { readonly kind: "discarded" }} DeliveryState
 */

/** A deed on its way. */
export class Delivery {
  /** How it stands. @readonly @type {Value<DeliveryState>} */
  state;
  /** What is kept of it. @internal @type {DeedRecord} */
  record;
  /** What is known of it. @internal */
  evidence;
  /** Whether it was said in an earlier life of this page. @internal */
  isRestored;
  /** @type {PromiseWithResolvers<Receipt>} */
  #settled = Promise.withResolvers();
  #hooks;

  /**
   * @internal @param {DeedRecord} record
   * @param {{ sendAgain(delivery: Delivery): void, discard(delivery: Delivery): void }} hooks
   * @param {boolean} isRestored
   */
  constructor(record, hooks, isRestored) {
    this.record = record;
    this.isRestored = isRestored;
    // Of what was said on this page nothing can have been missed yet; whatever is, is told to miss().
    this.evidence = { isWatched: !isRestored, isSearched: false };
    this.#hooks = hooks;
    // Who does not wait for it has not left an error unhandled.
    this.#settled.promise.catch(() => {});
    this.state = new Value(stateOf(record));
    this.state.subscribe((state) => {
      if (state.kind === "sent") this.#settled.resolve({ position: state.position, at: state.at });
      if (state.kind === "failed") this.#settled.reject(state.error);
      if (state.kind === "discarded") {
        this.#settled.reject(new ChatError("discarded", "Cannot send: it was discarded"));
      }
    });
  }

  /** Under which the server knows it. */
  get id() {
    return this.record.id;
  }

  /** The room's name. */
  get room() {
    return this.record.room;
  }

  /** What is to be done. */
  get deed() {
    return this.record.deed;
  }

  /** When it was said, in milliseconds since 1970, by this machine's clock. */
  get at() {
    return this.record.at;
  }

  /** Resolves when the log has it; rejects with a {@linkcode ChatError} when it was refused for good or discarded. */
  get sent() {
    return this.#settled.promise;
  }

  /** Sends one again that failed, or of which nobody can tell; nothing otherwise. */
  sendAgain() {
    const { kind } = this.state.value;
    if (kind !== "failed" && kind !== "unsure") return;
    if (kind === "failed") {
      this.#settled = Promise.withResolvers();
      this.#settled.promise.catch(() => {});
    }
    this.#hooks.sendAgain(this);
  }

  /** Nothing more becomes of it. @internal @param {DeliveryState} state */
  finish(state) {
    this.state.set(state);
    this.state.end();
  }

  /** There is nobody any more who would send it. @internal @param {ChatError} error */
  end(error) {
    this.#settled.reject(error);
    this.state.end();
  }

  /** Gives up one that failed, that nobody can tell of, or that was surely not sent yet; nothing otherwise. */
  discard() {
    const { kind } = this.state.value;
    const isUnsent = kind === "waiting" && this.record.sentAt === null;
    if (kind === "failed" || kind === "unsure" || isUnsent) this.#hooks.discard(this);
  }
}

/**
 * @param {DeedRecord} record
 * @returns {DeliveryState}
 */
function stateOf({ receipt, fault }) {
  if (receipt !== null) return { kind: "sent", ...receipt };
  if (fault !== null) {
    return { kind: "failed", error: new RefusedError({ type: "fault", ...fault }) };
  }
  return { kind: "waiting" };
}
