// @ts-check
/**
 * A session with one server: the user, the joined rooms and the pending actions. It connects the parts: the connection
 * (connection.js) and its requests (requests.js), the subscriptions (room_subscription.js) and the outbox (outbox.js).
 * @module
 */

import { Requests } from "./connection/requests.js";
import { ClosedError, RefusedError } from "./errors.js";
import { Identity } from "./identity.js";
import { newId } from "./ids.js";
import { Connection } from "./connection/connection.js";
import { Outbox } from "./outbox/outbox.js";
import { Room } from "./room/room.js";
import { roomName } from "./room/room_name.js";
import { whenSettled } from "./outbox/when_settled.js";
import { ClientStorage } from "./client_storage.js";
import { RoomSubscription } from "./room/room_subscription.js";
import { realPlatform } from "./connection/platform.js";
import { Feed, Value } from "./observable.js";

/** @typedef {import("./frames.js").Frame} Frame */
/** @typedef {import("./member_types.js").Device} Device */
/** @typedef {import("./member_types.js").Invite} Invite */
/** @typedef {import("./frames.js").Limits} Limits */
/** @typedef {import("./member_types.js").NewInvite} NewInvite */
/** @typedef {import("./room_types.js").NewRoom} NewRoom */
/** @typedef {import("./frames.js").Request} Request */
/** @typedef {import("./room_types.js").MembershipChange} MembershipChange */
/** @typedef {import("./room_types.js").RoomList} RoomList */
/** @typedef {import("./room_types.js").RoomSummary} RoomSummary */
/** @typedef {import("./moderation_types.js").ModerationTerms} ModerationTerms */
/** @typedef {import("./moderation_types.js").RoomModeration} RoomModeration */
/** @typedef {import("./moderation_types.js").ServiceModeration} ServiceModeration */
/** @typedef {import("./member_types.js").InviteTerms} InviteTerms */
/** @typedef {import("./frames.js").Server} Server */

/**
 * The options of `connect()`.
 * @typedef {object} ChatOptions
 * @property {import("./app/app_token.js").TokenFunction} [token] Returns a token that your app has signed for the user: now, and
 *   again whenever a new one is needed. Default: the user is a guest.
 * @property {string} [invite] The secret of an invite: the user becomes a member, or this device is added to one. Not used if the
 *   storage has a good token of a member, who then returns.
 * @property {string} [device] With `invite`: how to list this device, such as `Firefox on Linux`, up to 64 characters.
 * @property {string} [attempt] With `invite`: 22 characters that identify this attempt to use it; repeated, they give the same
 *   answer. Default: random ones.
 * @property {string} [name] The name to ask for. Default: the name of the stored session, or a guest name.
 * @property {string} [language] BCP 47 tag of the language for a guest name, up to 35 characters. Default: the
 *   `Accept-Language` of the handshake.
 * @property {import("./client_storage.js").StoragePort} [storage] Keeps unsent actions across reloads, such as `localStorage`.
 * @property {string} [storageKey] Prefix of its keys. Default: `parley`.
 * @property {AbortSignal} [signal] Closes the chat when it aborts.
 * @property {import("./connection/platform.js").SocketClass} [WebSocket] The class that opens connections, such as that of the
 *   package `ws`. Default: the global one.
 * @property {import("./connection/platform.js").Platform} [platform] For tests.
 */

/**
 * What is different for a user who has a token or an invite.
 * @typedef {object} OtherUser
 * @property {import("./app/app_token.js").AppToken} [token]
 * @property {Identity} identity
 */

/** A session with one server, across reconnects. Created by `connect()`. */
export class Chat {
  /** The server's limits; null before the first hello. @readonly @type {Value<Limits | null>} */
  limits = new Value(/** @type {Limits | null} */ (null));
  /** The server's name and version, updated by each hello; null before the first. The id may follow later. @readonly @type {Value<Server | null>} */
  server = new Value(/** @type {Server | null} */ (null));
  /** The rooms that the invite names, if there was one. @readonly @type {Value<readonly string[]>} */
  invitedRooms = new Value(/** @type {readonly string[]} */ ([]));
  /** The joined rooms, in the order of joining. @readonly @type {Value<readonly Room[]>} */
  rooms = new Value(/** @type {readonly Room[]} */ ([]));
  /** Into which private and direct rooms the user gets, and out of which. One can be lost: ask {@linkcode listRooms} after connecting. @readonly @type {Feed<MembershipChange>} */
  memberships = new Feed();
  #connection;
  #storage;
  #outbox;
  /** @type {import("./room/room_subscription.js").RoomHost} */
  #host;
  /** @type {Requests} */
  #requests;
  /** @type {Map<string, { room: Room, subscription: RoomSubscription }>} */
  #subscriptions = new Map();
  #identity;
  #appToken;
  #stopListening = () => {};
  /** The service's id on this connection; null if it has none, undefined until it is known. @type {string | null | undefined} */
  #service;

  /**
   * @internal @param {string} url
   * @param {ChatOptions} options
   * @param {((storage: ClientStorage, platform: import("./connection/platform.js").Platform) => OtherUser) | null} [createUser] For
   *   the options `token` and `invite`.
   */
  constructor(
    url,
    { name, language, storage, storageKey = "parley", signal, platform = realPlatform },
    createUser = null,
  ) {
    this.#storage = new ClientStorage(storage, storageKey, url);
    const user = createUser?.(this.#storage, platform);
    this.#appToken = user?.token;
    this.#identity = user?.identity ?? new Identity(name, this.#storage, platform, language);
    this.#outbox = new Outbox(this.#storage, platform, this.#appToken !== undefined);
    this.#connection = new Connection(url, platform, {
      prepare: () => this.#appToken?.prepare(),
      canReturn: (code) => (this.#appToken ?? this.#identity).onClosed(code),
      onOpen: () => void this.#sayHello(),
      onFrame: (frame) => this.#onFrame(frame),
      onClose: () => this.#onDisconnected(),
      isNeeded: () => this.#wanted.length > 0,
    });
    this.#requests = new Requests(this.#connection, platform);
    this.#host = {
      ...{ platform, identity: this.#identity, outbox: this.#outbox, requests: this.#requests },
      sendQueue: this.#connection.sender,
      user: () => this.me.value?.user ?? "",
      role: () => this.me.value?.role,
      service: () => this.#service,
      reconnect: () => this.#connection.reconnect(),
    };
    const stopWaking = platform.onLifecycle(
      () => this.#connection.reconnectOrProbe(),
      () => this.#flushReadMarkers(),
      () => this.#connection.onOffline(),
    );
    const close = () => this.close();
    signal?.addEventListener("abort", close);
    // A signal may live far longer than the chat it closes.
    this.#stopListening = () => (stopWaking(), signal?.removeEventListener("abort", close));
    this.#connection.state.subscribe(({ kind }) => kind === "closed" && this.#end());
    if (signal?.aborted) this.close();
    else this.#connection.open();
  }

  /** The user of this session; null before the first hello. */
  get me() {
    return this.#identity.me;
  }

  /** The state of the connection. */
  get state() {
    return this.#connection.state;
  }

  /** Whether requests wait because of the server's rate limits. */
  get isSlowed() {
    return this.#connection.sender.isSlowed;
  }

  /** All unsettled actions of all rooms, oldest first. */
  get outbox() {
    return this.#outbox.deliveries;
  }

  /** Whether all unsent actions would survive a reload. */
  get isKept() {
    return this.#storage.isKept;
  }

  /**
   * Joins a room, and joins it again after each reconnect. Joining the same room returns the same object; if the room was
   * refused, the request is repeated.
   * @param {string} name 1 to 64 letters and digits of any script, `_`, `.` and `-`. Case does not matter: see {@linkcode Room.name}.
   * @param {{ limit?: number }} [options] Number of messages to load on joining, 0 to 200. Default: 50.
   * @returns {Room}
   */
  join(name, { limit = 50 } = {}) {
    const id = roomName(name);
    if (id === null) {
      throw new TypeError(
        `Cannot join: a room name has 1 to 64 letters and digits of any script, _ . and -: received ${name}`,
      );
    }
    const known = this.#subscriptions.get(id);
    if (known?.room.state.value.kind === "refused") {
      known.subscription.isExpelled = false;
      if (this.#connection.isOnline) void known.subscription.join();
      else if (this.#connection.isIdle) this.#connection.open();
    }
    if (known !== undefined) return known.room;
    if (this.state.value.kind === "closed") {
      throw new ClosedError("Cannot join: the chat is closed");
    }
    const subscription = new RoomSubscription(id, limit, this.#host);
    const room = new Room(subscription, this.#host, (it) => this.#leave(it));
    this.#subscriptions.set(id, { room, subscription });
    this.rooms.set([...this.rooms.value, room]);
    if (this.#connection.isOnline) void subscription.join();
    // The server closed the connection because no room was joined.
    if (this.#connection.isIdle) this.#connection.open();
    return room;
  }

  /**
   * Changes the user's name in all rooms; if one room refuses it, it changes in none.
   * @param {string} name
   * @returns {Promise<void>} Rejects with a ChatError: `bad_name`, `name_taken`, `disconnected`.
   */
  async rename(name) {
    if (this.#connection.isIdle) await this.#connection.reopen();
    const renamed = this.#requests.send({ type: "name", name });
    this.#connection.sender.charge(this.#subscriptions.size);
    await renamed;
    this.#identity.setName(name);
    // The next connection asks for all rooms.
    if (!this.#connection.isOnline) return;
    for (const { subscription } of this.#subscriptions.values()) subscription.onRenamed();
  }

  /**
   * Makes a link. Members can add their own devices; owners and moderators can invite others.
   * @param {InviteTerms} [terms]
   * @returns {Promise<NewInvite>} Rejects with a ChatError: `not_allowed`, `bad_room`, `bad_frame` (terms out of range),
   *   `too_many_invites`, `slow_down`, `unavailable`, and `unknown_outcome` or `disconnected`, after which it may have been made.
   */
  invite(terms) {
    return this.#ask({ ...terms, type: "invite" });
  }

  /**
   * The invites of the service that can be used.
   * @returns {Promise<readonly Invite[]>} Rejects with a ChatError: `not_allowed`, `slow_down`, `unavailable`, `unknown_outcome`,
   *   `disconnected`.
   */
  async invites() {
    return (await this.#ask({ type: "invites" })).invites;
  }

  /**
   * The devices with which the member signs in.
   * @returns {Promise<readonly Device[]>} Rejects with a ChatError: `not_allowed`, `slow_down`, `unavailable`, `unknown_outcome`,
   *   `disconnected`.
   */
  async devices() {
    return (await this.#ask({ type: "devices" })).devices;
  }

  /**
   * Makes an invite useless, or signs one of the member's devices out.
   * @param {{ invite: string } | { device: string }} what The id of either.
   * @returns {Promise<void>} Rejects with a ChatError: `not_allowed`, `bad_invite` (there is no such invite), `bad_frame`,
   *   `slow_down`, `unavailable`, and `unknown_outcome` or `disconnected`, after which it may have been done.
   */
  async revoke(what) {
    await this.#ask({ ...what, type: "revoke" });
  }

  /**
   * Gives a member another role; only owners may.
   * @param {string} user The member's id.
   * @param {import("./member_types.js").Role} role
   * @returns {Promise<void>} Rejects with a ChatError: `not_allowed` (also for the last owner, and for who is no member),
   *   `slow_down`, `unavailable`, and `unknown_outcome` or `disconnected`, after which it may have been done.
   */
  async setRole(user, role) {
    await this.#ask({ type: "role", user, role });
  }

  /**
   * Does what only owners and moderators may do: see {@linkcode ServiceModeration}; with `room`, in that room, which need not be
   * joined: see {@linkcode Room.moderate}.
   * @param {ServiceModeration | RoomModeration} action `kick` and `clear` need a room, `lockdown` and `unlock` cannot have one.
   * @param {ModerationTerms & { room?: string }} [terms]
   * @returns {Promise<void>} Rejects as {@linkcode Room.moderate} does, and with `bad_room`.
   */
  async moderate(action, terms = {}) {
    await this.#askWithRetry({ ...terms, type: "moderate", id: newId(), action });
  }

  /**
   * Sends a message that waits for a moderator: one in the room `_reports` whose event has the kind `held`.
   * @param {string} position Of the message in `_reports`.
   * @returns {Promise<void>} Rejects with a ChatError: `not_allowed`, `gone` (it was released or deleted), and like
   *   {@linkcode moderate}.
   */
  async release(position) {
    await this.#askWithRetry({ type: "release", id: newId(), of: position });
  }

  /**
   * Creates a room; the user can change its settings. It is not joined yet.
   * @param {NewRoom} terms
   * @returns {Promise<RoomSummary>} Rejects with a ChatError: `not_allowed`, `room_exists`, `bad_room`, `bad_frame` (a value out of
   *   range), `blocked_words`, `too_many_rooms`, `rooms_full`, `store_full`, `unavailable`, `disconnected`, and `unknown_outcome`,
   *   after which it may exist.
   */
  createRoom(terms) {
    return this.#askWithRetry({ ...terms, type: "create", id: newId() });
  }

  /**
   * Opens the direct room of the user and another one, and makes it if there is none. It is not joined yet.
   * @param {string} user The other user's id.
   * @param {string} [name] The other user's name, for the record.
   * @returns {Promise<RoomSummary>} Rejects with a ChatError: `not_allowed` (guests open none, and the other may have left it),
   *   `too_many_rooms`, `rooms_full`, `store_full`, `unavailable`, `disconnected`, and `unknown_outcome`.
   */
  openDirect(user, name) {
    return this.#askWithRetry({ type: "open", id: newId(), user, ...(name && { name }) });
  }

  /**
   * The rooms that the user sees: private and direct ones first, then the listed ones by name.
   * @returns {Promise<RoomList>} Rejects with a ChatError: `unavailable`, `disconnected`.
   */
  async listRooms() {
    const { rooms, more = false } = await this.#askWithRetry({ type: "rooms" });
    return { rooms, more };
  }

  /** Removes the token of a member from the storage: the next chat is a guest's. */
  forgetMember() {
    this.#storage.forgetMember();
  }

  /** Reconnects immediately instead of waiting for the next attempt. */
  retryNow() {
    this.#connection.open();
    this.#connection.reconnectOrProbe();
  }

  /** Resolves when every action is in the log, refused, or waiting for the user's decision. Rejects if the chat closes first. */
  settled() {
    return whenSettled(this);
  }

  /** Closes the chat. With a storage, unsent actions are kept and sent by the next session. */
  close() {
    this.#flushReadMarkers();
    this.#connection.close(null);
  }

  /** Closes the chat at the end of a `using` block. */
  [Symbol.dispose]() {
    this.close();
  }

  async #sayHello() {
    // Send at most these two at once: the answer to the hello states the limits. Most users have one room, which saves a round trip.
    const hello = this.#requests.sendEarly(this.#identity.helloRequest());
    void this.#wanted[0]?.join((frame) => this.#requests.sendEarly(frame));
    try {
      await hello;
    } catch (error) {
      if (!(error instanceof RefusedError)) return this.#identity.onHelloLost();
      const user = this.#appToken ?? this.#identity;
      if (!error.retry && !user.onRefused(error)) return this.#connection.close(error);
      if (error.afterMs !== undefined) this.#connection.delayReconnect(error.afterMs);
      this.#connection.reconnect();
    }
  }

  /** @param {import("./frames.js").Hello} frame */
  #onHello(frame) {
    const { currentSocket } = this.#connection;
    const { limits, heartbeat, resume, server, you, rooms } = frame;
    // First: a listener may write as this user.
    if (this.#outbox.setUser(you.user)) {
      for (const { subscription } of this.#subscriptions.values()) subscription.readMarker.forget();
    }
    if (rooms) this.invitedRooms.set(rooms);
    if (!this.#identity.acceptHello(frame)) return this.#connection.reconnectNow();
    // A server without a token does not know its secret yet; the id is derived from it and follows with the token.
    this.#service = resume === undefined ? undefined : null;
    this.#setService(server);
    this.server.set(server ?? null);
    this.limits.set(limits);
    // A subscriber of these values may have closed the connection.
    if (currentSocket !== this.#connection.currentSocket) return;
    this.#connection.onHello(limits, heartbeat.seconds);
    // The first room was requested with the hello; subscribers may have requested others just now.
    for (const subscription of this.#wanted) {
      if (!subscription.isJoinRequested) void subscription.join();
    }
  }

  /** The rooms to be in: not those from which the user was removed. */
  get #wanted() {
    return [...this.#subscriptions.values()].map(({ subscription }) => subscription)
      .filter(({ isExpelled }) => !isExpelled);
  }

  /** @param {Frame} arrived */
  #onFrame(arrived) {
    const frame = this.#withEnd(arrived);
    const request = this.#requests.settle(frame);
    if (request?.type === "join") this.#applyServerSpelling(String(request.room), frame);
    if ("room" in frame && frame.room !== undefined) {
      this.#subscriptions.get(frame.room)?.subscription.onFrame(frame);
    }
    switch (frame.type) {
      case "hello":
        return this.#onHello(frame);
      case "token":
        this.#identity.saveToken(frame.resume);
        this.#service ??= null;
        this.#setService(frame.server);
        if (frame.server && this.server.value) {
          this.server.set({ ...this.server.value, ...frame.server });
        }
        for (const { subscription } of [...this.#subscriptions.values()]) {
          subscription.resumeOutbox();
        }
        return;
      case "expiring":
        return void this.#appToken?.renew(
          (it) => this.#requests.send(it),
          () => this.#connection.reconnect(),
        );
      case "rules":
        return this.#onRole(frame.role);
      case "member":
        return this.memberships.emit({ room: frame.room, on: frame.on });
      case "ack":
        return this.#outbox.onAck(frame);
      case "fault":
        return this.#onFault(frame, request);
    }
  }

  /** @param {import("./member_types.js").Role | undefined} role The user's role now. */
  #onRole(role) {
    const { value: me } = this.me;
    if (me === null || me.role === role) return;
    const { role: _, ...rest } = me;
    this.me.set({ ...rest, ...(role && { role }) });
  }

  /** @param {import("./frames.js").Fault} frame @param {Request | undefined} request */
  #onFault(frame, request) {
    // Banned from the service, not from a room: the close code that follows says neither why nor for how long.
    if (frame.code === "banned" && request?.type !== "join") {
      return this.#connection.close(new RefusedError(frame));
    }
    const delivery = this.#outbox.deliveries.value.find(({ id }) => id === frame.id);
    const isSlowMode = delivery?.action.type === "say" &&
      this.#subscriptions.get(delivery.room)?.subscription.rules.onFault(frame);
    if (frame.code === "slow_down" && request?.type !== "auth" && !isSlowMode) {
      this.#connection.sender.onSlowDown(frame);
    }
    this.#outbox.onFault(frame.id ?? "", frame);
  }

  /** The frame, with the end of the mute or ban of which it tells. @param {Frame} frame @returns {Frame} */
  #withEnd(frame) {
    if (frame.type !== "fault" || frame.code !== "muted" && frame.code !== "banned") return frame;
    return frame.afterMs === undefined
      ? frame
      : { ...frame, until: this.#host.platform.now() + frame.afterMs };
  }

  /** The server may spell the room's name differently than the request did. @param {string} requested @param {Frame} answer */
  #applyServerSpelling(requested, answer) {
    const isThere = answer.type === "fault" && answer.code === "in_room";
    const name = answer.type === "joined"
      ? answer.room
      : isThere
      ? requested.toLowerCase()
      : requested;
    const known = this.#subscriptions.get(requested);
    if (requested === name || known === undefined) return;
    this.#outbox.moveRoom(requested, name);
    if (isThere || this.#subscriptions.has(name)) return;
    this.#subscriptions.delete(requested);
    this.#subscriptions.set(name, known);
    known.subscription.name = name;
    this.rooms.set([...this.rooms.value]);
  }

  /** @param {{ id?: string } | undefined} server */
  #setService(server) {
    if (typeof server?.id !== "string") return;
    this.#service = server.id;
    this.#outbox.setService(server.id);
  }

  /** @param {Request} frame @returns {Promise<any>} */
  async #ask(frame) {
    if (this.#connection.isIdle) await this.#connection.reopen();
    return await this.#requests.send(frame);
  }

  /** As `#ask()`, but waits and repeats what was refused with `slow_down`. @param {Request} frame @returns {Promise<any>} */
  async #askWithRetry(frame) {
    if (this.#connection.isIdle) await this.#connection.reopen();
    return await this.#requests.sendWithRetry(frame);
  }

  #flushReadMarkers() {
    for (const { subscription } of this.#subscriptions.values()) subscription.readMarker.flush();
  }

  #onDisconnected() {
    this.#service = undefined;
    this.#appToken?.stopRenewal();
    for (const { subscription } of this.#subscriptions.values()) subscription.onDisconnected();
    // Last: the listeners above may have made requests. Only then is it known whether the chat is closed.
    queueMicrotask(() => this.#requests.rejectAll());
  }

  /** @param {Room} room */
  #leave(room) {
    const known = this.#subscriptions.get(room.name);
    if (known?.room !== room) return;
    // First, so that listeners can join the room again.
    this.#subscriptions.delete(room.name);
    known.subscription.leave();
    this.rooms.set(this.rooms.value.filter((it) => it !== room));
  }

  #end() {
    this.#stopListening();
    this.#appToken?.end();
    for (const { subscription } of this.#subscriptions.values()) subscription.end();
    this.#outbox.end(new ClosedError("Cannot send: the chat is closed"));
    const { me, invitedRooms, server, limits, rooms, memberships, state, isKept, isSlowed } = this;
    const all = [me, invitedRooms, server, limits, rooms, memberships, state, isKept, isSlowed];
    for (const observable of all) observable.end();
  }
}
