// @ts-check
/**
 * The unsettled actions of all rooms, including rooms that this page has not joined yet.
 * @module
 */

import { Delivery } from "./delivery.js";
import { newId } from "../ids.js";
import { RoomOutbox } from "./room_outbox.js";
import { Value } from "../observable.js";

/** @typedef {import("../errors.js").ClosedError} ClosedError */

/** The outboxes of all rooms. */
export class Outbox {
  /** All unsettled actions, oldest first. @type {Value<readonly Delivery[]>} */
  deliveries = new Value(/** @type {readonly Delivery[]} */ ([]));
  #storage;
  #platform;
  /** @type {Map<string, RoomOutbox>} */
  #rooms = new Map();
  /** The id of the service that answered the last hello. @type {string | null} */
  #service = null;
  /** Why actions are no longer sent. @type {ClosedError | null} */
  #endError = null;
  #hooks = {
    sendAgain: (/** @type {Delivery} */ it) => {
      this.forRoom(it.room).sendAgain(it, this.service);
      if (this.#endError !== null) it.end(this.#endError);
    },
    discard: (/** @type {Delivery} */ it) => {
      const isUnsent = it.state.value.kind === "waiting";
      // Another page may have sent it since.
      const isSent = isUnsent && (this.#storage.readAction(it.id)?.sentAt ?? null) !== null;
      if (!isSent) this.forRoom(it.room).discard(it);
    },
  };

  /**
   * Loads the actions that earlier pages left in the storage.
   * @param {import("../client_storage.js").ClientStorage} storage
   * @param {import("../connection/platform.js").Platform} platform
   */
  constructor(storage, platform) {
    this.#storage = storage;
    this.#platform = platform;
    const records = storage.readActions();
    // The log has these. The page ended before their entries arrived, which loses nothing.
    for (const { id, receipt } of records) if (receipt !== null) storage.removeAction(id);
    const open = records.filter(({ receipt }) => receipt === null);
    this.#add(open.map((record) => new Delivery(record, this.#hooks, true)));
  }

  /** The id of the service, as reported to this page or to an earlier page at the same URL; null if unknown. */
  get service() {
    return this.#service ?? this.#storage.service ?? null;
  }

  /** Records the id of the connected service. @param {string} id */
  setService(id) {
    this.#service = this.#storage.service = id;
    for (const room of this.#rooms.values()) room.assignService(id);
  }

  /**
   * The outbox of one room.
   * @param {string} room
   */
  forRoom(room) {
    const known = this.#rooms.get(room);
    if (known !== undefined) return known;
    const made = new RoomOutbox(
      this.#storage,
      this.#platform,
      (removed) => {
        const { value } = this.deliveries;
        this.deliveries.set(value.toSpliced(value.indexOf(removed), 1));
      },
    );
    this.#rooms.set(room, made);
    return made;
  }

  /**
   * Stores an action and starts sending it.
   * @param {string} room
   * @param {import("../frames.js").Action} action
   */
  enqueue(room, action) {
    /** @type {import("../client_storage.js").ActionRecord} */
    const record = {
      ...{ id: newId(), room, deed: action, at: this.#platform.now() },
      ...{ sequence: this.#storage.nextSequence(), service: this.service },
      ...{ sentAt: null, triedAt: null, sentAs: null, after: null, receipt: null, fault: null },
    };
    this.#storage.saveAction(record);
    const delivery = new Delivery(record, this.#hooks, false);
    this.#add([delivery]);
    if (this.#endError !== null) delivery.end(this.#endError);
    return delivery;
  }

  /**
   * Moves the actions of a room to its new name.
   * @param {string} from
   * @param {string} to
   */
  moveRoom(from, to) {
    for (const it of this.forRoom(from).detachAll(to)) this.forRoom(to).add(it);
    this.#rooms.delete(from);
  }

  /**
   * Handles that the user left a room.
   * @param {string} name
   */
  leaveRoom(name) {
    // Visiting many rooms must not fill the memory with empty queues.
    if (this.forRoom(name).leaveRoom()) this.#rooms.delete(name);
  }

  /** Stops sending and rejects all deliveries. @param {ClosedError} error */
  end(error) {
    this.#endError = error;
    for (const it of this.deliveries.value) it.end(error);
    this.deliveries.end();
  }

  /** @param {import("../frames.js").Ack} ack Of an action, or of another request. */
  onAck({ id = "", position, at }) {
    if (position === undefined || at === undefined) return;
    for (const room of this.#rooms.values()) room.onAck(id, { position, at });
  }

  /** @param {string} id @param {import("../frames.js").Fault} fault */
  onFault(id, fault) {
    for (const room of this.#rooms.values()) room.onFault(id, fault);
  }

  /** @param {Delivery[]} deliveries */
  #add(deliveries) {
    this.deliveries.set([...this.deliveries.value, ...deliveries]);
    for (const it of deliveries) this.forRoom(it.room).add(it);
  }
}
