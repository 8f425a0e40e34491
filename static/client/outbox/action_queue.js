// @ts-check
/**
 * One room's unsettled actions in the order of their creation, each written to the storage when it changes.
 * @module
 */

/** @typedef {import("./delivery.js").Delivery} Delivery */
/** @typedef {import("./delivery.js").Receipt} Receipt */

/** The unsettled actions of one room. */
export class ActionQueue {
  /** By id. @type {Map<string, Delivery>} */
  #deliveries = new Map();
  #storage;
  #onRemoved;

  /**
   * @param {import("../client_storage.js").ClientStorage} storage
   * @param {(delivery: Delivery) => void} onRemoved Called with each removed action.
   */
  constructor(storage, onRemoved) {
    this.#storage = storage;
    this.#onRemoved = onRemoved;
  }

  /** All actions; a copy, so that actions can be removed while iterating. */
  get all() {
    return [...this.#deliveries.values()];
  }

  /** The actions that are not sent yet, or not answered. */
  get pending() {
    return this.all.filter(isPending);
  }

  /** The first pending action. */
  get next() {
    for (const it of this.#deliveries.values()) if (isPending(it)) return it;
    return undefined;
  }

  /** The acknowledged actions whose entries have not arrived. @returns {readonly { delivery: Delivery, receipt: Receipt }[]} */
  get acknowledged() {
    return this.all.flatMap((delivery) => {
      const { receipt } = delivery.record;
      return receipt === null ? [] : [{ delivery, receipt }];
    });
  }

  /** Whether no actions are left. */
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
   * Records a change of an action, here and in the storage, unless another page has settled it.
   * @param {Delivery} delivery
   * @param {Partial<import("../client_storage.js").ActionRecord>} change
   */
  update(delivery, change) {
    const { id } = delivery;
    // A removed action must not be stored again, even if another tab has removed it.
    if (this.find(id) !== delivery) return;
    const isGone = this.isGoneElsewhere(delivery);
    // Another page may have sent it since, which must not be forgotten.
    this.refresh(delivery);
    delivery.record = { ...delivery.record, ...change };
    if (!isGone) this.#storage.saveAction(delivery.record);
    if (delivery.id === id) return;
    this.#storage.removeAction(id);
    // It keeps its place in the queue.
    this.#deliveries = new Map(this.all.map((it) => [it.id, it]));
  }

  /**
   * Puts an acknowledged action back that the log has lost. Pages that were opened meanwhile have taken it for sent, and removed it
   * from the storage.
   * @param {Delivery} delivery
   */
  restore(delivery) {
    if (this.find(delivery.id) !== delivery) return;
    this.refresh(delivery);
    delivery.record = { ...delivery.record, receipt: null };
    this.#storage.saveAction(delivery.record);
  }

  /** @param {Delivery} delivery */
  remove(delivery) {
    if (!this.#deliveries.delete(delivery.id)) return;
    this.#storage.removeAction(delivery.id);
    this.#onRemoved(delivery);
  }

  /**
   * Reads from the storage whether another page has sent it since.
   * @param {Delivery} delivery
   */
  refresh(delivery) {
    const { sentAt, triedAt, sentAs, after, service, author } =
      this.#storage.readAction(delivery.id) ??
        delivery.record;
    if ((triedAt ?? 0) <= (delivery.record.triedAt ?? 0)) return;
    delivery.evidence = { ...delivery.evidence, isSearched: false };
    delivery.record = { ...delivery.record, sentAt, triedAt, sentAs, after, service, author };
  }

  /**
   * Whether another page on the same storage has settled or discarded it. An emptied storage does not discard the actions
   * in memory.
   * @param {Delivery} delivery
   */
  isGoneElsewhere(delivery) {
    return !this.#storage.hasAction(delivery.id) && !this.#storage.wasEmptied;
  }
}

/** @param {Delivery} delivery */
function isPending({ state }) {
  return state.value.kind === "waiting" || state.value.kind === "sending";
}
