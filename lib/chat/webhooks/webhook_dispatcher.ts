/**
 * Delivers to the webhooks that this process owns. Each has one owner among the processes that share a store. The owner
 * changes the record of the deliveries at least every few seconds; of one that does not change, another process becomes the
 * owner. A change by anybody else shows in the record too, and counts: the deliveries start again from it.
 *
 * Everything that is stored is read and changed by one loop, one step after the other, so a record differs from what this
 * process has written only if another process has written it.
 * @module
 */
import type { RoomId } from "../../core/names/names.ts";
import type { DeliveryState } from "../../core/webhooks/delivery_state.ts";
import { LeaseWatch } from "../../core/webhooks/lease_watch.ts";
import type { Webhook } from "../../core/webhooks/webhook.ts";
import { type Announcement, BusUnavailable } from "../ports/bus.ts";
import { Alarm } from "./alarm.ts";
import { type Claimed, OwnedWebhook } from "./owned_webhook.ts";
import type { DispatcherContext } from "./webhook_context.ts";
import {
  cursorsOf,
  readState,
  readWebhook,
  stateChange,
  webhookChange,
} from "./webhook_records.ts";

/** Cursors are stored at most this often. */
const TICK_MS = 1_000;
/** How often the records are read. */
const POLL_MS = 3_000;
/** The same while there are no webhooks and no other process can add one. */
const IDLE_MS = 60_000;

/** Owns and delivers. */
export class WebhookDispatcher {
  readonly #context: DispatcherContext;
  readonly #node: string;
  readonly #alarm: Alarm;
  readonly #watch = new LeaseWatch();
  readonly #owned = new Map<string, OwnedWebhook>();
  readonly #listeners = new Map<RoomId, Set<OwnedWebhook>>();
  readonly #damaged = new Set<string>();
  readonly #failed = Promise.withResolvers<never>();
  #pollAt = -Infinity;

  /** Owns nothing before {@linkcode run}. */
  constructor(context: DispatcherContext) {
    this.#context = context;
    this.#node = context.newId();
    this.#alarm = new Alarm(context.clock);
  }

  /** Number of rooms of owned webhooks in which a message waits to be tried again. */
  get failingRooms(): number {
    return this.#owned.values().reduce((sum, { delivery }) => sum + delivery.failingRooms, 0);
  }

  /** Number of webhooks that this process delivers to. */
  get ownedCount(): number {
    return this.#owned.size;
  }

  /** A webhook was added or changed by this process. */
  onChanged(): void {
    this.#pollAt = -Infinity;
    this.#alarm.ring();
  }

  /** Passes announcements through. */
  async *observe(
    announced: AsyncIterable<readonly Announcement[]>,
  ): AsyncGenerator<readonly Announcement[]> {
    for await (const announcements of announced) {
      if (this.#listeners.size > 0) announcements.forEach((it) => this.#onAnnouncement(it));
      yield announcements;
    }
  }

  /** Delivers until the signal aborts, and then lets others have the webhooks. */
  async run(signal: AbortSignal): Promise<void> {
    await Promise.race([this.#deliver(signal), this.#failed.promise]);
  }

  async #deliver(signal: AbortSignal): Promise<void> {
    const { isShared, clock } = this.#context;
    while (!signal.aborted) {
      this.#alarm.reset();
      try {
        if (clock.now() >= this.#pollAt) await this.#poll();
        for (const owned of [...this.#owned.values()]) await this.#save(owned);
      } catch (error) {
        if (!(error instanceof BusUnavailable)) throw error;
        // What was stored is not certain.
        this.#pollAt = -Infinity;
      }
      const isIdle = this.#owned.size === 0 && !isShared && this.#pollAt > clock.now();
      await this.#alarm.rest(isIdle ? IDLE_MS : TICK_MS, signal);
    }
    await Promise.all([...this.#owned.values()].map((it) => this.#release(it)));
  }

  #onAnnouncement(announcement: Announcement): void {
    if (announcement.kind === "entry") {
      const { room } = announcement.entry;
      this.#listeners.get(room)?.forEach(({ delivery }) => delivery.wake(room));
    } else if (announcement.kind === "signal") {
      const { room, signal } = announcement;
      if (signal.kind !== "here" && signal.kind !== "gone") return;
      this.#listeners.get(room)?.forEach(({ delivery }) => delivery.onPresence(room, signal));
    }
  }

  /** Reads all records, and follows what has changed. */
  async #poll(): Promise<void> {
    const { store, clock } = this.#context;
    this.#pollAt = clock.now() + POLL_MS;
    const records = await store.list("webhook");
    const states = await store.list("webhook_state");
    this.#watch.retain(new Set(records.keys()));
    const dropped = new Set<string>();
    for (const [id, owned] of [...this.#owned]) {
      const isKnown = owned.recognize(states.get(id));
      if (isKnown && owned.record === records.get(id)) continue;
      dropped.add(id);
      await this.#drop(owned, isKnown && records.has(id));
    }
    for (const [id, record] of records) {
      if (this.#owned.has(id) || dropped.has(id)) continue;
      await this.#claim(id, record, states.get(id));
    }
    // They are claimed when they have been read again.
    if (dropped.size > 0) this.onChanged();
  }

  /** Becomes the owner of a webhook that has none. */
  async #claim(id: string, record: string, text: string | undefined): Promise<void> {
    const { bus, store, clock } = this.#context;
    const webhook = readWebhook(record);
    const state = readState(text);
    const isDamaged = webhook === undefined || (text !== undefined && state === undefined);
    if (isDamaged) this.#reportDamage(id);
    if (webhook === undefined || webhook.disabled || !this.#isFree(id, text, state)) return;
    const rooms = await cursorsOf(webhook, state, bus);
    const beat = (state?.beat ?? 0) + 1;
    const claimedAt = clock.now();
    const change = stateChange(id, text, { owner: this.#node, beat, rooms });
    const { to: stored } = change;
    // The webhook may have been changed or removed since it was read.
    const same = { kind: "webhook", id, from: record, to: record } as const;
    if (stored === undefined || !(await store.commit([change, same]))) return;
    if (text === undefined) this.#reportDamage(id);
    this.#start({ webhook, record, stored, beat, rooms, claimedAt });
  }

  /** Whether no other process delivers to a webhook. */
  #isFree(id: string, text: string | undefined, state: DeliveryState | undefined): boolean {
    if (text === undefined || state === undefined || !this.#context.isShared) return true;
    const { owner } = state;
    if (owner === null || owner === this.#node) return true;
    return this.#watch.isExpired(id, text, this.#context.clock.now());
  }

  #start(claimed: Claimed): void {
    const owned = new OwnedWebhook(claimed, this.#context, () => this.#alarm.ring());
    this.#owned.set(claimed.webhook.id, owned);
    owned.ended.catch((error) => this.#failed.reject(error));
    for (const room of claimed.rooms.keys()) {
      const listeners = this.#listeners.get(room) ?? new Set();
      this.#listeners.set(room, listeners.add(owned));
      this.#context.bus.subscribe(room);
    }
  }

  /** Stores what has changed, and renews the lease. */
  async #save(owned: OwnedWebhook): Promise<void> {
    if (owned.isGone) return await this.#disable(owned);
    if (!owned.isDue || await owned.store(this.#node)) return;
    await this.#drop(owned, false);
    this.onChanged();
  }

  async #disable(owned: OwnedWebhook): Promise<void> {
    const { webhook } = owned.delivery;
    const disabled: Webhook = { ...webhook, disabled: "gone" };
    await owned.stop();
    if (await owned.store(null, [webhookChange(webhook.id, owned.record, disabled)])) {
      this.#context.observer.onDisabled(webhook);
    }
    await this.#drop(owned, false);
  }

  /** Stops the deliveries. @param isOwn Whether the record is still this process's, and others can have it. */
  async #drop(owned: OwnedWebhook, isOwn: boolean): Promise<void> {
    const { webhook: { id, rooms } } = owned.delivery;
    await owned.stop();
    if (this.#owned.get(id) !== owned) return;
    this.#owned.delete(id);
    for (const room of rooms) {
      const listeners = this.#listeners.get(room);
      listeners?.delete(owned);
      if (listeners?.size === 0) this.#listeners.delete(room);
      this.#context.bus.unsubscribe(room);
    }
    if (isOwn) await owned.store(null);
  }

  /** At the end of the process. If the store is away, others wait for the end of the lease. */
  async #release(owned: OwnedWebhook): Promise<void> {
    try {
      await this.#drop(owned, true);
    } catch (error) {
      if (!(error instanceof BusUnavailable)) throw error;
    }
  }

  #reportDamage(id: string): void {
    if (this.#damaged.has(id)) return;
    this.#damaged.add(id);
    this.#context.observer.onDamaged(id);
  }
}
