// @ts-check
/**
 * One room's deeds in the order in which they were said, each kept on the shelf as it changes.
 * @module
 */

/** @typedef {import("./delivery.js").Delivery} Delivery */
/** @typedef {import("./delivery.js").Receipt} Receipt */

/** The deeds that are not settled. */
export class DeedQueue {
  /** By their ids. @type {Map<string, Delivery>} */
  #deliveries = new Map();
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
    return [...this.#deliveries.values()];
  }

  /** Those that still have to be sent, or whose answer is missing. */
  get pending() {
    return this.all.filter(isPending);
  }

  /** The first of those. */
  get next() {
    for (const it of this.#deliveries.values()) if (isPending(it)) return it;
    return undefined;
  }

  /** Those that were acknowledged, and not told yet. @returns {readonly { delivery: Delivery, receipt: Receipt }[]} */
  get acknowledged() {
    return this.all.flatMap((delivery) => {
      const { receipt } = delivery.record;
      return receipt === null ? [] : [{ delivery, receipt }];
    });
  }

  /** Whether there is none at all. */
  get isEmpty() {
    return this.#deliveries.size === 0;
  }

  /** @param {string} id */
  find(id) {
    return this.#deliveries.get(id);
  }

  /** @param {Delivery} delivery */
  add(delivery) {
    this.#deliveries.set(delivery.id, delivery);
  }

  /**
   * Writes down what has become known of one.
   * @param {Delivery} delivery
   * @param {Partial<import("./shelf.js").DeedRecord>} change
   */
  note(delivery, change) {
    const { id } = delivery;
    // What has left must not lie on the shelf again.
    if (this.find(id) !== delivery) return;
    delivery.record = { ...delivery.record, ...change };
    this.#shelf.keep(delivery.record);
    if (delivery.id === id) return;
    this.#shelf.drop(id);
    // It keeps its place among the others.
    this.#deliveries = new Map(this.all.map((it) => [it.id, it]));
  }

  /** @param {Delivery} delivery */
  remove(delivery) {
    if (!this.#deliveries.delete(delivery.id)) return;
    this.#shelf.drop(delivery.id);
    this.#gone(delivery);
  }

  /**
   * Looks whether another page on the same storage has sent it since.
   * @param {Delivery} delivery
   */
  refresh(delivery) {
    const { sentAt, triedAt, sentAs, after, service } = this.#shelf.deed(delivery.id) ??
      delivery.record;
    if ((triedAt ?? 0) <= (delivery.record.triedAt ?? 0)) return;
    delivery.evidence = { ...delivery.evidence, isSearched: false };
    delivery.record = { ...delivery.record, sentAt, triedAt, sentAs, after, service };
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
