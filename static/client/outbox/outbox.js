// @ts-check
/**
 * The unsettled actions of all rooms, including rooms that this page has not joined yet. No action of a member or of an app's user
 * is sent as another's: those of other users on the same storage are set aside until their user is back.
 * @module
 */

import { Delivery } from "./delivery.js";
import { newId } from "../ids.js";
import { RoomOutbox } from "./room_outbox.js";
import { Value } from "../observable.js";
import { kindOf } from "../user_kind.js";

/** @typedef {import("../errors.js").ClosedError} ClosedError */

/** The author of actions before the server has said who the user is. No user has this id. */
const UNKNOWN_AUTHOR = "a_";

/** The outboxes of all rooms. */
export class Outbox {
  /** All unsettled actions, oldest first. @type {Value<readonly Delivery[]>} */
  deliveries = new Value(/** @type {readonly Delivery[]} */ ([]));
  #storage;
  #platform;
  /** @type {Map<string, RoomOutbox>} */
  #rooms = new Map();
  /** Whose actions these are: see `ActionRecord`. @type {string | null} */
  #author;
  #isUserKnown = false;
  /** The actions of earlier users of this chat, by id. @type {Map<string, Delivery>} */
  #aside = new Map();
  /** The id of the service that answered the last hello. @type {string | null} */
  #service = null;
  /** Why actions are no longer sent. @type {ClosedError | null} */
  #endError = null;
  #hooks = {
    sendAgain: (/** @type {Delivery} */ it) => {
      this.forRoom(it.room).sendAgain(it, { service: this.service, author: this.#author });
      if (this.#endError !== null) it.end(this.#endError);
    },
    discard: (/** @type {Delivery} */ it) => {
      const isUnsent = it.state.value.kind === "waiting";
      // Another page may have sent it since.
      const isSent = isUnsent && (this.#storage.readAction(it.id)?.sentAt ?? null) !== null;
      if (!isSent && this.deliveries.value.includes(it)) this.forRoom(it.room).discard(it);
    },
  };

  /**
   * Loads the actions that earlier pages left in the storage.
   * @param {import("../client_storage.js").ClientStorage} storage
   * @param {import("../connection/platform.js").Platform} platform
   * @param {boolean} hasToken Whether the user has an app's token.
   */
  constructor(storage, platform, hasToken) {
    this.#storage = storage;
    this.#platform = platform;
    this.#author = hasToken || storage.hasAppUsers ? UNKNOWN_AUTHOR : storage.member;
    this.#add(this.#load());
  }

  /** The server has said who the user is. @param {string} user @returns {boolean} Whether it was another one before. */
  setUser(user) {
    const kind = kindOf(user);
    const author = kind === "guest" ? null : user;
    if (kind === "app") this.#storage.addAppUser();
    const isFirst = !this.#isUserKnown;
    this.#isUserKnown = true;
    if (author === this.#author) return false;
    const before = this.deliveries.value;
    for (const it of before) {
      this.#aside.set(it.id, it);
      // What was written on this page is the first user's.
      if (it.isRestored || !isFirst) continue;
      this.forRoom(it.room).assignAuthor(it, author);
    }
    this.#author = author;
    // None of them is joined yet.
    this.#rooms.clear();
    this.deliveries.set([]);
    this.#add(this.#load());
    return !isFirst;
  }

  /** The stored actions of the user, and those of unknown authors, about which a user of an app has to decide. */
  #load() {
    const records = this.#storage.readActions().filter(({ author }) =>
      author === this.#author || author === UNKNOWN_AUTHOR && this.#author !== null
    );
    // The log has these. The page ended before their entries arrived, which loses nothing.
    for (const { id, receipt } of records) if (receipt !== null) this.#storage.removeAction(id);
    return records.filter(({ receipt }) => receipt === null).map((record) => {
      const delivery = this.#aside.get(record.id) ?? new Delivery(record, this.#hooks, true);
      this.#aside.delete(record.id);
      // While it was set aside, its entry was not searched for.
      delivery.evidence = { isWatched: false, isSearched: false };
      const isUnknown = this.#isUserKnown && record.author === UNKNOWN_AUTHOR;
      if (isUnknown && delivery.state.value.kind === "waiting") {
        delivery.state.set({ kind: "unsure", reason: "unknown_author" });
      }
      return delivery;
    });
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
      ...{ sequence: this.#storage.nextSequence() },
      ...{ service: this.service, author: this.#author },
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
    for (const it of [...this.deliveries.value, ...this.#aside.values()]) it.end(error);
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
