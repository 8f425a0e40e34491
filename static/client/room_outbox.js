// @ts-check
/**
 * One room's deeds on their way: in the order in which they were said, one under way at a time, each until the log has told it.
 * An acknowledged one is kept until its entry has come, since a Redis may lose what it has acknowledged. Whether one whose answer
 * is missing may be sent again is for doubts.js to say.
 * @module
 */

import { pauseMs } from "./comebacks.js";
import { DeedQueue } from "./deed_queue.js";
import { decide } from "./doubts.js";
import { RefusedError } from "./errors.js";
import { newId } from "./ids.js";
import { search } from "./search.js";

/** @typedef {import("./delivery.js").Delivery} Delivery */
/** @typedef {import("./delivery.js").Receipt} Receipt */
/** @typedef {import("./search.js").Path} Path */

// The server answers everything; but nothing may wait for ever behind an answer that does not come.
const ANSWER_MS = 30_000;

/** @type {import("./frames.js").Fault} */
const TOO_LONG = { type: "fault", code: "too_long", message: "the text is too long" };
/** @type {import("./frames.js").Fault} */
const GONE = { type: "fault", code: "gone", message: "the message was in another service" };
const WAITING = Object.freeze({ kind: "waiting" });
const UNKNOWN = Object.freeze({ isWatched: false, isSearched: false });

/** The queue of one room. */
export class RoomOutbox {
  /** @type {DeedQueue} */
  #queue;
  /** @type {Delivery | null} */
  #underway = null;
  /** @type {Path | null} */
  #path = null;
  /** The search that is under way. @type {symbol | null} */
  #searching = null;
  #stopTimer = () => {};
  #surroundings;

  /**
   * @param {import("./shelf.js").Shelf} shelf
   * @param {import("./surroundings.js").Surroundings} surroundings
   * @param {(delivery: Delivery) => void} gone Told of each that leaves the queue.
   */
  constructor(shelf, surroundings, gone) {
    this.#queue = new DeedQueue(shelf, gone);
    this.#surroundings = surroundings;
  }

  /** @param {Delivery} delivery */
  add(delivery) {
    this.#queue.add(delivery);
    this.#pump();
  }

  /**
   * The room has caught up with all that was said meanwhile: what has not been seen there was not done yet.
   * @param {Path} path
   */
  open(path) {
    this.#path = path;
    this.#underway = null;
    for (const { delivery } of this.#queue.acknowledged) this.#reopen(delivery);
    this.#pump();
  }

  /** The connection is lost. */
  shut() {
    this.#stopTimer();
    this.#path = null;
    this.#underway = null;
    this.#searching = null;
    for (const it of this.#queue.pending) it.state.set(WAITING);
  }

  /** The room was left: what was acknowledged there will not be told any more. @returns {boolean} Whether nothing is left to be sent. */
  leave() {
    this.shut();
    for (const { delivery, receipt } of this.#queue.acknowledged) this.#settle(delivery, receipt);
    return this.#queue.isEmpty;
  }

  /**
   * Not everything that happened in the room was told.
   * @param {string | null} reason Of the protocol; null where nothing was asked for.
   */
  miss(reason) {
    // What a search has found so far is older than this.
    this.#searching = null;
    const isLogWhole = reason !== "rewound" && reason !== "unknown_epoch";
    for (const it of this.#queue.all) it.evidence = UNKNOWN;
    for (const { delivery, receipt } of this.#queue.acknowledged) {
      if (isLogWhole) this.#settle(delivery, receipt);
      else if (this.#path !== null) this.#reopen(delivery);
    }
    this.#pump();
  }

  /** The log has this. @param {{ user: string, id: string, position: string, at: number }} entry @param {string} me */
  entered({ user, id, position, at }, me) {
    const delivery = this.#queue.find(id);
    if (delivery === undefined) return;
    this.#queue.refresh(delivery);
    if (user === (delivery.record.sentAs ?? me)) this.#settle(delivery, { position, at });
  }

  /** @param {string} id @param {Receipt} receipt */
  acknowledged(id, receipt) {
    const delivery = this.#queue.find(id);
    if (delivery === undefined) return;
    // The room was left meanwhile, or it was a repetition of what was done long ago: its entry will not come.
    if (this.#path?.isPast(receipt.position) ?? true) return this.#settle(delivery, receipt);
    this.#queue.note(delivery, { receipt });
    delivery.state.set({ kind: "sent", ...receipt });
    this.#answered(delivery);
  }

  /** @param {string} id @param {import("./frames.js").Fault} fault */
  refused(id, fault) {
    const delivery = this.#underway;
    if (delivery?.id !== id) return;
    const { deed } = delivery.record;
    if (fault.retry || fault.code === "not_in_room") {
      this.#after(pauseMs(fault), () => this.#answered(delivery));
    } else if (deed.type === "delete" && fault.code === "gone") {
      // It is as it was wanted, and perhaps by this very deed, whose answer was lost.
      this.#settle(delivery, { position: deed.of, at: this.#surroundings.now() });
    } else {
      this.#fail(delivery, fault);
      this.#answered(delivery);
    }
  }

  /** Assigns deeds that have no service yet to this one. @param {string} service */
  identify(service) {
    for (const it of this.#queue.all) {
      if (it.record.service === null) this.#queue.note(it, { service });
    }
  }

  /** @param {Delivery} delivery @param {string | null} service The service that it is for now. */
  sendAgain(delivery, service) {
    const { id, fault } = delivery.record;
    this.#queue.note(delivery, {
      id: fault?.code === "id_reused" ? newId() : id,
      service,
      ...{ sentAt: null, triedAt: null, sentAs: null, after: null, fault: null },
    });
    delivery.state.set(WAITING);
    this.#pump();
  }

  /** @param {Delivery} delivery */
  discard(delivery) {
    this.#queue.remove(delivery);
    delivery.finish({ kind: "discarded" });
  }

  /** In a loop, since thousands may be over at once; and whoever is told of one may have left. @returns {void} */
  #pump() {
    while (this.#path !== null && this.#underway === null && this.#searching === null) {
      const next = this.#queue.next;
      if (next === undefined) return;
      if (this.#queue.isGoneElsewhere(next)) {
        this.discard(next);
        continue;
      }
      this.#queue.refresh(next);
      const [path, now] = [this.#path, this.#surroundings.now()];
      const { user, service } = path;
      const decision = decide(next.record, { ...next.evidence, user, service }, now);
      if (decision.kind === "wait") return this.#after(decision.until - now, () => this.#pump());
      if (decision.kind === "send") this.#send(next, path, decision.isFresh);
      else if (decision.kind === "look") void this.#search(path);
      else if (decision.kind === "gone") this.#fail(next, GONE);
      else next.state.set({ kind: "unsure", reason: decision.reason });
    }
  }

  /** @param {Delivery} delivery @param {Path} path @param {boolean} isFresh */
  #send(delivery, path, isFresh) {
    const { id, room, deed } = delivery.record;
    const frame = { ...deed, id, room };
    const bytes = new TextEncoder().encode(JSON.stringify(frame)).length;
    // The server would close the connection over it.
    if (bytes > path.maxMessageBytes) return this.#fail(delivery, TOO_LONG);
    this.#underway = delivery;
    delivery.state.set({ kind: "sending" });
    // Whoever was told may have left, as may anybody while it waits for its turn; or another page has done it by then.
    if (path !== this.#path) return;
    path.send(frame, () => {
      if (path !== this.#path || delivery !== this.#underway) return false;
      // Before it is sent: should this page end right after, it must not believe that it never was.
      const triedAt = this.#surroundings.now();
      const first = { sentAt: triedAt, sentAs: path.user, after: path.position() };
      if (isFresh) delivery.evidence = { isWatched: true, isSearched: false };
      this.#queue.note(delivery, isFresh ? { ...first, triedAt } : { triedAt });
      this.#after(ANSWER_MS, () => this.#answered(delivery));
      return true;
    });
  }

  /** @param {Path} path */
  async #search(path) {
    const searching = this.#searching = Symbol();
    for (const it of this.#queue.pending) this.#queue.refresh(it);
    const sought = this.#queue.pending.filter((it) => it.record.sentAt !== null);
    try {
      const { found, isWhole } = await search(sought.map((it) => it.record), path);
      if (searching !== this.#searching) return;
      for (const it of sought) {
        it.evidence = { isWatched: isWhole(it.record.after), isSearched: true };
      }
      for (const message of found.values()) this.entered(message, path.user);
      this.#searching = null;
      this.#pump();
    } catch {
      if (searching !== this.#searching) return;
      this.#searching = null;
      this.#after(pauseMs({}), () => this.#pump());
    }
  }

  /** @param {Delivery} delivery @param {import("./frames.js").Fault} fault */
  #fail(delivery, fault) {
    this.#queue.note(delivery, { fault: { code: fault.code, message: fault.message } });
    delivery.state.set({ kind: "failed", error: new RefusedError(fault) });
  }

  /** @param {Delivery} delivery @param {Receipt} receipt */
  #settle(delivery, receipt) {
    this.#queue.remove(delivery);
    delivery.finish({ kind: "sent", ...receipt });
    this.#answered(delivery);
  }

  /** @param {Delivery} delivery */
  #reopen(delivery) {
    this.#queue.note(delivery, { receipt: null });
    delivery.state.set(WAITING);
  }

  /** @param {Delivery} delivery */
  #answered(delivery) {
    if (delivery === this.#underway) {
      this.#stopTimer();
      this.#underway = null;
    }
    this.#pump();
  }

  /** @param {number} ms @param {() => void} deed */
  #after(ms, deed) {
    this.#stopTimer();
    this.#stopTimer = this.#surroundings.after(deed, ms);
  }
}
