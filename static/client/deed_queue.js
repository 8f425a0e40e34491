// @ts-check
/**
 * One room's deeds in the order in which they were said, each kept on the shelf as it changes.
 * @module
 */

/** @typedef {import("./delivery.js").Delivery} Delivery */
/** @typedef {import("./delivery.js").Receipt} Receipt */

/** The deeds that are not settled. */
export class DeedQueue {
  /** @type {Delivery[]} */
  #deliveries = [];
  #shelf;
  #gone;

  /**
   * @param {import("./shelf.js").Shelf} shelf
   * @param {(delivery: Delivery) => void} gone Told of each that leaves.
   */
  constructor(shelf, gone) {
    this.#shelf = shelf;
    this.#gone = gone;
  }

  /** All of them; a copy, so that they may leave meanwhile. */
  get all() {
    return [...this.#deliveries];
  }

  /** Those that still have to be sent, or whose answer is missing. */
  get pending() {
    return this.#deliveries.filter(isPending);
  }

  /** The first of those. */
  get next() {
    return this.#deliveries.find(isPending);
  }

  /** Those that were acknowledged, and not told yet. @returns {readonly { delivery: Delivery, receipt: Receipt }[]} */
  get acknowledged() {
    return this.#deliveries.flatMap((delivery) => {
      const { receipt } = delivery.record;
      return receipt === null ? [] : [{ delivery, receipt }];
    });
  }

  /** @param {string} id */
  find(id) {
    return this.#deliveries.find((it) => it.id === id);
  }

  /** @param {Delivery} delivery */
  add(delivery) {
    this.#deliveries.push(delivery);
  }

  /**
   * Writes down what has become known of one.
   * @param {Delivery} delivery
   * @param {Partial<import("./shelf.js").DeedRecord>} change
   */
  note(delivery, change) {
    if (change.id !== undefined) this.#shelf.drop(delivery.id);
    delivery.record = { ...delivery.record, ...change };
    this.#shelf.keep(delivery.record);
  }

  /** @param {Delivery} delivery */
  remove(delivery) {
    this.#deliveries = this.#deliveries.filter((it) => it !== delivery);
    this.#shelf.drop(delivery.id);
    this.#gone(delivery);
  }

  /**
   * Looks whether another page on the same storage has sent it since.
   * @param {Delivery} delivery
   */
  refresh(delivery) {
    const { sentAt, triedAt, sentAs, after } = this.#shelf.deed(delivery.id) ?? delivery.record;
    if ((triedAt ?? 0) <= (delivery.record.triedAt ?? 0)) return;
    delivery.evidence = { ...delivery.evidence, isSearched: false };
    delivery.record = { ...delivery.record, sentAt, triedAt, sentAs, after };
  }

  /**
   * Whether another page on the same storage has settled it, or its person has given it up there. An emptied storage loses
   * nothing of what is here.
   * @param {Delivery} delivery
   */
  isGoneElsewhere(delivery) {
    return !this.#shelf.has(delivery.id) && !this.#shelf.wasEmptied;
  }
}

/** @param {Delivery} delivery */
function isPending({ state }) {
  return state.value.kind === "waiting" || state.value.kind === "sending";
}
