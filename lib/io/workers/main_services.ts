/**
 * The services of the main thread for one worker. It records the worker's subscriptions and connection slots, and
 * releases them when the worker has ended; otherwise they would be held forever.
 * @module
 */
import type { RoomId } from "../../core/names/names.ts";
import type { SharedServices } from "../serving/shared_services.ts";
import { logger } from "../logger.ts";
import type { MainApi } from "./rpc_types.ts";

/** Serves the calls of one worker, and releases what the worker holds when disposed. */
export class MainServices implements Disposable {
  readonly #services: SharedServices;
  readonly #subscriptions = new Map<RoomId, number>();
  readonly #slots = new Map<string, Disposable[]>();
  #node: string | undefined;
  #isDisposed = false;

  /** Starts with no subscriptions and no slots. */
  constructor(services: SharedServices) {
    this.#services = services;
  }

  /** Handlers for the worker's RPC channel. */
  get handlers(): MainApi {
    const { bus, secret, keys, tickets, usedTokens, revocations, words } = this.#services;
    const { reviewer, directory, roomIndex, apiKeys, webhooks } = this.#services;
    return {
      publish: (draft, people) => bus.publish(draft, people),
      signal: (room, note, people) => bus.signal(room, note, people),
      subscribe: (room) => this.#subscribe(room),
      unsubscribe: (room) => this.#unsubscribe(room),
      whenBack: () => bus.whenBack(),
      replay: (room, since, limit) => bus.replay(room, since, limit),
      page: (room, before, limit) => bus.page(room, before, limit),
      pageAfter: (room, after, limit) => bus.pageAfter(room, after, limit),
      state: (room) => bus.state(room),
      admission: (room, user) => bus.admission(room, user),
      receipt: (room, user, id) => bus.receipt(room, user, id),
      readState: (room, user, after) => bus.readState(room, user, after),
      markRead: (room, user, read) => bus.markRead(room, user, read),
      claim: (room, claim) => {
        this.#node = claim.node;
        return bus.claim(room, claim);
      },
      release: (room, user, node) => bus.release(room, user, node),
      withdraw: (room, node) => bus.withdraw(room, node),
      refresh: (room, node) => bus.refresh(room, node),
      renew: (node, known) => bus.renew(node, known),
      people: (room) => bus.people(room),
      countPeople: (rooms) => bus.countPeople(rooms),
      acquireSlot: (key) => this.#acquireSlot(key),
      releaseSlot: (key) => this.#slots.get(key)?.pop()?.[Symbol.dispose](),
      charge: (key, what) => this.#services.quota.charge(key, what),
      secret: () => secret,
      keySet: async (wantsNewer) => await keys.read(wantsNewer),
      putTicket: (key, user, lifetimeMs) => tickets.put(key, user, lifetimeMs),
      takeTicket: (key) => tickets.take(key),
      useToken: (user, serial) => usedTokens.use(user, serial),
      revocationsAfter: (version) => revocations.revocationsAfter(version),
      revoke: (revocation) => revocations.revoke(revocation),
      readRevocations: () => revocations.readRevocations(),
      wordsAfter: (version) => words.wordsAfter(version),
      reviewMessage: (message) => reviewer.reviewMessage(message),
      signIn: (user, device) => directory.signIn(user, device),
      redeem: (use) => directory.redeem(use),
      holdName: (user, name) => directory.holdName(user, name),
      releaseName: (user, name) => directory.releaseName(user, name),
      renameMember: (user, name) => directory.renameMember(user, name),
      manage: (actor, command) => directory.manage(actor, command),
      namesAfter: (version) => directory.namesAfter(version),
      roomsOf: (user) => roomIndex.roomsOf(user),
      listedRooms: () => roomIndex.listedRooms(),
      indexMembers: (room, users, on, by) => roomIndex.indexMembers(room, users, on, by),
      indexListed: (room, on) => roomIndex.indexListed(room, on),
      useApiKey: (secret) => apiKeys.useApiKey(secret),
      addApiKey: (terms) => apiKeys.addApiKey(terms),
      apiKeys: () => apiKeys.apiKeys(),
      removeApiKey: (id) => apiKeys.removeApiKey(id),
      manageWebhooks: (command) => webhooks.manageWebhooks(command),
      connectionCounts: () => this.#services.connectionCounts(),
      readiness: () => this.#services.readiness(),
      metrics: () => this.#services.metrics(),
    };
  }

  /** Releases everything that the worker held; calls that arrive later acquire nothing. */
  [Symbol.dispose](): void {
    this.#isDisposed = true;
    for (const [room, count] of this.#subscriptions) {
      this.#withdraw(room);
      for (let left = count; left > 0; left--) this.#services.bus.unsubscribe(room);
    }
    this.#subscriptions.clear();
    for (const slots of this.#slots.values()) {
      for (const slot of slots) slot[Symbol.dispose]();
    }
    this.#slots.clear();
  }

  /** The worker may have ended without withdrawing. It was subscribed to every room that it had users in. */
  #withdraw(room: RoomId): void {
    if (this.#node === undefined) return;
    this.#services.bus.withdraw(room, this.#node).catch((error: unknown) =>
      logger.debug("worker.withdraw_failed", { room, error: String(error) })
    );
  }

  async #subscribe(room: RoomId): Promise<void> {
    if (this.#isDisposed) return;
    this.#subscriptions.set(room, (this.#subscriptions.get(room) ?? 0) + 1);
    await this.#services.bus.subscribe(room);
  }

  #unsubscribe(room: RoomId): void {
    const count = this.#subscriptions.get(room) ?? 0;
    if (count > 1) this.#subscriptions.set(room, count - 1);
    else this.#subscriptions.delete(room);
    if (count > 0) this.#services.bus.unsubscribe(room);
  }

  async #acquireSlot(key: string): ReturnType<MainApi["acquireSlot"]> {
    const slot = await this.#services.quota.acquire(key);
    if (typeof slot === "string") return slot;
    if (this.#isDisposed) {
      slot[Symbol.dispose]();
      return null;
    }
    const slots = this.#slots.get(key) ?? [];
    this.#slots.set(key, slots);
    slots.push(slot);
    return null;
  }
}
