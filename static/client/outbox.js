// @ts-check
/**
 * All deeds on their way, of all rooms, also of those that have not been joined yet in this life of the page.
 * @module
 */

import { Delivery } from "./delivery.js";
import { newId } from "./ids.js";
import { RoomOutbox } from "./room_outbox.js";
import { Value } from "./values.js";

/** @typedef {import("./errors.js").ClosedError} ClosedError */

/** The queues of all rooms. */
export class Outbox {
  /** All that is not settled, the oldest first. @type {Value<readonly Delivery[]>} */
  deliveries = new Value(/** @type {readonly Delivery[]} */ ([]));
  #shelf;
  #surroundings;
  /** @type {Map<string, RoomOutbox>} */
  #rooms = new Map();
  /** The id of the service that answered the last hello. @type {string | null} */
  #service = null;
  /** Why nothing is sent any more. @type {ClosedError | null} */
  #end = null;
  #hooks = {
    sendAgain: (/** @type {Delivery} */ it) => {
      this.of(it.room).sendAgain(it, this.service);
      if (this.#end !== null) it.end(this.#end);
    },
    discard: (/** @type {Delivery} */ it) => {
      const isUnsent = it.state.value.kind === "waiting";
      // Another page may have sent it since.
      const isSent = isUnsent && (this.#shelf.deed(it.id)?.sentAt ?? null) !== null;
      if (!isSent) this.of(it.room).discard(it);
    },
  };

  /**
   * Takes up what an earlier life has left.
   * @param {import("./shelf.js").Shelf} shelf
   * @param {import("./surroundings.js").Surroundings} surroundings
   */
  constructor(shelf, surroundings) {
    this.#shelf = shelf;
    this.#surroundings = surroundings;
    const records = shelf.deeds();
    // The log has these. That their entries were not told before the page ended is no loss.
    for (const { id, receipt } of records) if (receipt !== null) shelf.drop(id);
    const open = records.filter(({ receipt }) => receipt === null);
    this.#add(open.map((record) => new Delivery(record, this.#hooks, true)));
  }

  /** The id of the service, as told to this page or to an earlier page at the same URL; null if unknown. */
  get service() {
    return this.#service ?? this.#shelf.service ?? null;
  }

  /** Records the id of the connected service. @param {string} id */
  identify(id) {
    this.#service = this.#shelf.service = id;
    for (const room of this.#rooms.values()) room.identify(id);
  }

  /**
   * One room's queue.
   * @param {string} room
   */
  of(room) {
    const known = this.#rooms.get(room);
    if (known !== undefined) return known;
    const made = new RoomOutbox(
      this.#shelf,
      this.#surroundings,
      (gone) => {
        const { value } = this.deliveries;
        this.deliveries.set(value.toSpliced(value.indexOf(gone), 1));
      },
    );
    this.#rooms.set(room, made);
    return made;
  }

  /**
   * Puts a deed on its way.
   * @param {string} room
   * @param {import("./frames.js").Deed} deed
   */
  put(room, deed) {
    /** @type {import("./shelf.js").DeedRecord} */
    const record = {
      ...{ id: newId(), room, deed, at: this.#surroundings.now() },
      ...{ sequence: this.#shelf.nextSequence(), service: this.service },
      ...{ sentAt: null, triedAt: null, sentAs: null, after: null, receipt: null, fault: null },
    };
    this.#shelf.keep(record);
    const delivery = new Delivery(record, this.#hooks, false);
    this.#add([delivery]);
    if (this.#end !== null) delivery.end(this.#end);
    return delivery;
  }

  /**
   * A room was left.
   * @param {string} name
   */
  leave(name) {
    // Who goes from room to room for ever must not fill the memory with empty queues.
    if (this.of(name).leave()) this.#rooms.delete(name);
  }

  /** Nothing is sent any more. @param {ClosedError} error */
  end(error) {
    this.#end = error;
    for (const it of this.deliveries.value) it.end(error);
    this.deliveries.end();
  }

  /** @param {import("./frames.js").Ack} ack Of a deed, or of something else. */
  acknowledged({ id = "", position, at }) {
    if (position === undefined || at === undefined) return;
    for (const room of this.#rooms.values()) room.acknowledged(id, { position, at });
  }

  /** @param {string} id @param {import("./frames.js").Fault} fault */
  refused(id, fault) {
    for (const room of this.#rooms.values()) room.refused(id, fault);
  }

  /** @param {Delivery[]} deliveries */
  #add(deliveries) {
    this.deliveries.set([...this.deliveries.value, ...deliveries]);
    for (const it of deliveries) this.of(it.room).add(it);
  }
}
