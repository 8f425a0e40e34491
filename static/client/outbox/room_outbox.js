// @ts-check
/**
 * One room's unsettled actions, sent in the order of creation, one at a time, each kept until its entry arrives from the log.
 * Do not drop an action at its ack: Redis may lose an acknowledged write. resend_policy.js decides whether an action
 * without an answer may be sent again.
 * @module
 */

import { retryDelayMs } from "../connection/reconnect.js";
import { TOO_LONG_FAULT } from "../connection/send_queue.js";
import { WAITING } from "./delivery.js";
import { ActionQueue } from "./action_queue.js";
import { decideResend } from "./resend_policy.js";
import { RefusedError } from "../errors.js";
import { newId } from "../ids.js";
import { searchHistory } from "./history_search.js";

/** @typedef {import("./delivery.js").Delivery} Delivery */
/** @typedef {import("./delivery.js").Receipt} Receipt */
/** @typedef {import("./history_search.js").Uplink} Uplink */

// The server answers every request, but a lost answer must not block the queue forever.
const ANSWER_TIMEOUT_MS = 30_000;

// Faults of actions that were not carried out, and will be sent again.
const NOT_CARRIED_OUT = new Set(["slow_down", "token_expired"]);

// Faults that end with the next join, or when the connection is renewed.
const REFUSED_FOR_NOW = new Set(["not_in_room", "token_expired"]);

// A shorter wait, unlike that of slow mode, is not worth showing.
const LONG_WAIT_MS = 5_000;

/** @type {import("../frames.js").Fault} */
const GONE_FAULT = {
  type: "fault",
  code: "gone",
  message: "the message belongs to another service",
};
const NOT_SENT = Object.freeze({ sentAt: null, triedAt: null, sentAs: null, after: null });
const NO_EVIDENCE = Object.freeze({ isWatched: false, isSearched: false });

/** The outbox of one room. */
export class RoomOutbox {
  /** @type {ActionQueue} */
  #queue;
  /** @type {Delivery | null} */
  #inFlight = null;
  /** Whether it was sent on this connection. */
  #awaitsAnswer = false;
  /** Whether it was certainly not carried out before that. */
  #isFirstTry = false;
  /** Why the user may not be in the room. @type {import("../frames.js").Fault | null} */
  #refusal = null;
  /** @type {Uplink | null} */
  #uplink = null;
  /** Identifies the running search. @type {symbol | null} */
  #currentSearch = null;
  #stopTimer = () => {};
  #platform;

  /**
   * @param {import("../client_storage.js").ClientStorage} storage
   * @param {import("../connection/platform.js").Platform} platform
   * @param {(delivery: Delivery) => void} onRemoved Called with each action that leaves the queue.
   */
  constructor(storage, platform, onRemoved) {
    this.#queue = new ActionQueue(storage, onRemoved);
    this.#platform = platform;
  }

  /** @param {Delivery} delivery */
  add(delivery) {
    this.#queue.add(delivery);
    this.#sendNext();
  }

  /** Removes and returns all actions, for the room's new name. @param {string} room */
  detachAll(room) {
    const { all } = this.#queue;
    this.pause();
    for (const it of all) this.#queue.update(it, { room });
    return all;
  }

  /**
   * The user may not be in the room: what was certainly not sent fails. What is being sent will be answered; the outcome of what
   * was sent earlier stays unknown.
   * @param {import("../errors.js").RefusedError} error
   */
  refuse({ code, message }) {
    /** @type {import("../frames.js").Fault} */
    const fault = { type: "fault", code, message };
    this.#refusal = fault;
    this.#detach();
    this.#settleAcknowledged();
    for (const it of this.#queue.pending) {
      if (it === this.#inFlight && this.#awaitsAnswer) continue;
      if (it.record.sentAt === null) this.#fail(it, fault);
      else this.#doubt(it);
    }
  }

  /**
   * The room has caught up: actions whose entries have not arrived were not carried out yet.
   * @param {Uplink} uplink
   */
  resume(uplink) {
    this.#uplink = uplink;
    this.#inFlight = null;
    for (const { delivery } of this.#queue.acknowledged) this.#requeue(delivery);
    this.#sendNext();
  }

  /** The connection is lost. */
  pause() {
    this.#detach();
    this.#inFlight = null;
    for (const it of this.#queue.pending) it.state.set(WAITING);
  }

  #detach() {
    this.#stopTimer();
    this.#uplink = null;
    this.#currentSearch = null;
  }

  /** The room was left, so entries of acknowledged actions will not arrive. @returns {boolean} Whether no actions are left to send. */
  leaveRoom() {
    this.pause();
    this.#settleAcknowledged();
    return this.#queue.isEmpty;
  }

  #settleAcknowledged() {
    for (const { delivery, receipt } of this.#queue.acknowledged) this.#settle(delivery, receipt);
  }

  /**
   * Not all of the room's entries were received.
   * @param {string | null} reason Of the protocol; null if no replay was requested.
   */
  onGap(reason) {
    // The results of a running search are older than this gap.
    this.#currentSearch = null;
    const isLogWhole = reason !== "rewound" && reason !== "unknown_epoch";
    for (const it of this.#queue.all) it.evidence = NO_EVIDENCE;
    for (const { delivery, receipt } of this.#queue.acknowledged) {
      if (isLogWhole) this.#settle(delivery, receipt);
      else if (this.#uplink !== null) this.#requeue(delivery);
    }
    this.#sendNext();
  }

  /** An entry has arrived from the log. @param {{ user: string, id: string, position: string, at: number }} entry @param {string} me */
  onEntry({ user, id, position, at }, me) {
    const delivery = this.#queue.find(id);
    if (delivery === undefined) return;
    this.#queue.refresh(delivery);
    if (user === (delivery.record.sentAs ?? me)) this.#settle(delivery, { position, at });
  }

  /** @param {string} id @param {Receipt} receipt */
  onAck(id, receipt) {
    const delivery = this.#queue.find(id);
    if (delivery === undefined) return;
    // The room was left meanwhile, or this repeats an action from long ago: its entry will not arrive again.
    if (this.#uplink?.isPast(receipt.position) ?? true) return this.#settle(delivery, receipt);
    this.#queue.update(delivery, { receipt });
    delivery.state.set({ kind: "sent", ...receipt });
    this.#onAnswered(delivery);
  }

  /** @param {string} id @param {import("../frames.js").Fault} fault */
  onFault(id, fault) {
    const waiting = fault.code === "turned_down" && this.#queue.find(id);
    if (waiting) return this.#fail(waiting, fault);
    const delivery = this.#inFlight;
    if (delivery?.id !== id) return;
    const { deed } = delivery.record;
    this.#awaitsAnswer = false;
    // The room has refused the user meanwhile.
    if (this.#uplink === null) {
      this.#inFlight = null;
      if (fault.code === "unknown_outcome") this.#doubt(delivery);
      else this.#fail(delivery, this.#refusal ?? fault);
    } else if (fault.retry || REFUSED_FOR_NOW.has(fault.code)) {
      const ms = retryDelayMs(fault);
      this.#startTimer(ms, () => this.#onAnswered(delivery));
      // Refused the first time, it was certainly not carried out, whatever happens during the wait.
      if (this.#isFirstTry && NOT_CARRIED_OUT.has(fault.code)) {
        this.#queue.update(delivery, NOT_SENT);
      }
      if (ms >= LONG_WAIT_MS) delivery.state.set(WAITING);
    } else if (deed.type === "delete" && fault.code === "gone") {
      // The message is already deleted, perhaps by this same action, whose answer was lost.
      this.#settle(delivery, { position: deed.of, at: this.#platform.now() });
    } else {
      this.#fail(delivery, fault);
      this.#onAnswered(delivery);
    }
  }

  /** What an action waits for may be over: sends it now. */
  retryNow() {
    if (this.#inFlight !== null && !this.#awaitsAnswer && this.#inFlight.state.value === WAITING) {
      this.#onAnswered(this.#inFlight);
    }
  }

  /** Assigns actions that have no service yet to this one. @param {string} service */
  assignService(service) {
    for (const it of this.#queue.all) {
      if (it.record.service === null) this.#queue.update(it, { service });
    }
  }

  /** Assigns an action whose author was not known to a user. @param {Delivery} delivery @param {string | null} author */
  assignAuthor(delivery, author) {
    this.#queue.update(delivery, { author });
  }

  /**
   * @param {Delivery} delivery
   * @param {Pick<import("../client_storage.js").ActionRecord, "service" | "author">} owner The service that it is meant for now,
   *   and the user who decided that.
   */
  sendAgain(delivery, owner) {
    const { id, fault } = delivery.record;
    this.#queue.update(delivery, {
      id: fault?.code === "id_reused" ? newId() : id,
      ...owner,
      ...NOT_SENT,
      fault: null,
    });
    delivery.state.set(WAITING);
    this.#sendNext();
  }

  /** @param {Delivery} delivery */
  discard(delivery) {
    this.#queue.remove(delivery);
    delivery.finish({ kind: "discarded" });
  }

  /** A loop, not recursion: thousands may settle at once. A listener may end the uplink in between. @returns {void} */
  #sendNext() {
    while (this.#uplink !== null && this.#inFlight === null && this.#currentSearch === null) {
      const next = this.#queue.next;
      if (next === undefined) return;
      if (this.#queue.isGoneElsewhere(next)) {
        this.discard(next);
        continue;
      }
      this.#queue.refresh(next);
      const [uplink, now] = [this.#uplink, this.#platform.now()];
      const { user, service } = uplink;
      const decision = decideResend(next.record, { ...next.evidence, user, service }, now);
      if (decision.kind === "wait") {
        return this.#startTimer(decision.until - now, () => this.#sendNext());
      }
      if (decision.kind === "send") this.#send(next, uplink, decision.isFresh);
      else if (decision.kind === "searchHistory") void this.#runSearch(uplink);
      else if (decision.kind === "gone") this.#fail(next, GONE_FAULT);
      else next.state.set({ kind: "unsure", reason: decision.reason });
    }
  }

  /** @param {Delivery} delivery @param {Uplink} uplink @param {boolean} isFresh */
  #send(delivery, uplink, isFresh) {
    const { id, room, deed } = delivery.record;
    const frame = { ...deed, id, room };
    if (uplink.isTooLong(frame)) return this.#fail(delivery, TOO_LONG_FAULT);
    this.#inFlight = delivery;
    this.#awaitsAnswer = false;
    delivery.state.set({ kind: "sending" });
    // A listener may have left the room. While the frame is queued, the caller may leave the room or another page send the action.
    if (uplink !== this.#uplink) return;
    uplink.send(frame, () => {
      if (uplink !== this.#uplink || delivery !== this.#inFlight) return false;
      if (this.#queue.isGoneElsewhere(delivery)) {
        this.#inFlight = null;
        this.discard(delivery);
        this.#startTimer(0, () => this.#sendNext());
        return false;
      }
      // Store this before sending: if the page ends right after, the next one must not conclude that it was never sent.
      const triedAt = this.#platform.now();
      const first = { sentAt: triedAt, sentAs: uplink.user, after: uplink.position() };
      this.#isFirstTry = isFresh;
      if (isFresh) delivery.evidence = { isWatched: true, isSearched: false };
      this.#queue.update(delivery, isFresh ? { ...first, triedAt } : { triedAt });
      this.#startTimer(ANSWER_TIMEOUT_MS, () => this.#onAnswered(delivery));
      this.#awaitsAnswer = true;
      return true;
    });
  }

  /** @param {Uplink} uplink */
  async #runSearch(uplink) {
    const currentSearch = this.#currentSearch = Symbol();
    for (const it of this.#queue.pending) this.#queue.refresh(it);
    const candidates = this.#queue.pending.filter((it) => it.record.sentAt !== null);
    try {
      const { found, isWhole } = await searchHistory(candidates.map((it) => it.record), uplink);
      if (currentSearch !== this.#currentSearch) return;
      for (const it of candidates) {
        it.evidence = { isWatched: isWhole(it.record.after), isSearched: true };
      }
      for (const message of found.values()) this.onEntry(message, uplink.user);
      this.#currentSearch = null;
      this.#sendNext();
    } catch {
      if (currentSearch !== this.#currentSearch) return;
      this.#currentSearch = null;
      this.#startTimer(retryDelayMs({}), () => this.#sendNext());
    }
  }

  /** @param {Delivery} delivery */
  #doubt(delivery) {
    delivery.state.set({ kind: "unsure", reason: "answer_lost" });
  }

  /** @param {Delivery} delivery @param {import("../frames.js").Fault} fault */
  #fail(delivery, fault) {
    this.#queue.update(delivery, { fault: { code: fault.code, message: fault.message } });
    delivery.state.set({ kind: "failed", error: new RefusedError(fault) });
  }

  /** @param {Delivery} delivery @param {Receipt} receipt */
  #settle(delivery, receipt) {
    this.#queue.remove(delivery);
    delivery.finish({ kind: "sent", ...receipt });
    this.#onAnswered(delivery);
  }

  /** @param {Delivery} delivery */
  #requeue(delivery) {
    this.#queue.restore(delivery);
    delivery.state.set(WAITING);
  }

  /** @param {Delivery} delivery */
  #onAnswered(delivery) {
    if (delivery === this.#inFlight) {
      this.#stopTimer();
      this.#inFlight = null;
    }
    this.#sendNext();
  }

  /** @param {number} ms @param {() => void} fn */
  #startTimer(ms, fn) {
    this.#stopTimer();
    this.#stopTimer = this.#platform.after(fn, ms);
  }
}
