/**
 * One page with the client library, from opening until it is closed or disappears. It checks room events as they
 * arrive, with the same record as the other clients.
 * @module
 */
import * as v from "valibot";
import { FRAMES } from "../../../../lib/core/protocol/frames.ts";
import type { RoomId } from "../../../../lib/core/names/names.ts";
import { formatPosition, parsePosition } from "../../../../lib/core/log/position.ts";
import { Chat } from "../../../../static/client/chat.js";
import type { Delivery } from "../../../../static/client/outbox/delivery.js";
import type { Room } from "../../../../static/client/room/room.js";
import type { RoomEvent } from "../../../../static/client/events.js";
import { LibrarySocket, type SocketObserver } from "./library_socket.ts";
import type { UserRecord } from "../user_record.ts";
import { RoomRecord } from "../room_record.ts";
import type { Wire } from "../../world/wire.ts";
import type { World } from "../../world/world.ts";

/** What a page needs from its client. */
export interface PageContext {
  readonly world: World;
  readonly id: string;
  readonly number: number;
  readonly name: string | undefined;
  readonly maxLatencyMs: number;
  readonly storage: Map<string, string>;
  readonly record: UserRecord;
  /** Whether there is a network. */
  readonly isOnline: () => boolean;
  /** A delivery has changed its state. */
  readonly changed: (page: LibraryPage, delivery: Delivery) => void;
}

interface JoinedRoom {
  readonly room: Room;
  readonly record: RoomRecord;
}

const ACTION = /^(say|edit|delete|react)$/;

/** One page. */
export class LibraryPage implements SocketObserver {
  readonly id: string;
  readonly number: number;
  readonly chat: Chat;
  /** Whether the page still runs. */
  isAlive = true;
  readonly #context: PageContext;
  readonly #joined = new Map<RoomId, JoinedRoom>();
  readonly #known = new WeakSet<Delivery>();
  readonly #left = new Set<RoomId>();
  readonly #deliveredIds = new Set<string>();
  readonly #losses = new Map<RoomId, number>();
  #socket: LibrarySocket | undefined;
  #wake = () => {};

  /** Opens the page. */
  constructor(context: PageContext) {
    this.#context = context;
    this.number = context.number;
    this.id = `${context.id}/${context.number}`;
    const { name } = context;
    this.chat = new Chat("ws://simulation/ws", {
      ...(name === undefined ? {} : { name }),
      storage: this.#storage(),
      platform: {
        open: () => this.#open(),
        now: () => context.world.mutant.readClock(context.world.clock),
        random: () => context.world.dice.next(),
        after: (fn, ms) => this.#after(fn, ms),
        onLifecycle: (wake) => {
          this.#wake = wake;
          return () => this.#wake = () => {};
        },
      },
    });
    this.chat.outbox.subscribe((deliveries) => deliveries.forEach((it) => this.#follow(it)));
  }

  get wire(): Wire | undefined {
    return this.isAlive ? this.#socket?.wire : undefined;
  }

  get user(): string {
    return this.chat.me.value?.user ?? "";
  }

  /** The rooms that it has joined, or is joining. */
  get rooms(): readonly RoomId[] {
    return [...this.#joined.keys()];
  }

  room(id: RoomId): Room | undefined {
    return this.#joined.get(id)?.room;
  }

  /** Number of loss reports in a room. */
  losses(id: RoomId): number {
    return this.#losses.get(id) ?? 0;
  }

  /** Whether it has received an entry with this id. */
  wasDelivered(id: string): boolean {
    return this.#deliveredIds.has(id);
  }

  join(id: RoomId): void {
    if (this.#joined.has(id)) return;
    const { redis, dice } = this.#context.world;
    const room = this.chat.join(id, { limit: dice.between(0, 5) });
    const record = new RoomRecord(redis.oracle(id), (what) => this.#reportViolation(what));
    const seen = { room, record };
    this.#joined.set(id, seen);
    room.events.subscribe((event) => this.#onEvent(seen, id, event));
    room.state.subscribe((state) => {
      if (state.kind === "refused") this.#onRefused(state.error.code);
    });
  }

  leave(id: RoomId): void {
    this.room(id)?.leave();
    this.#left.add(id);
    this.#joined.delete(id);
  }

  /** Signals that the network is back. */
  wake(): void {
    this.#wake();
  }

  /** Closes the page properly. */
  close(): void {
    this.chat.close();
    this.#stop();
  }

  /** The page disappears without a close. @param noticedMs Time until the node notices. */
  vanish(noticedMs: number): void {
    this.#socket?.wire?.cut(noticedMs);
    this.#stop();
  }

  /** Whether a delivery is pending. */
  get isBusy(): boolean {
    return this.chat.outbox.value.some(({ room, state: { value } }) =>
      /^(waiting|sending|sent)$/.test(value.kind) && this.rooms.some((it) => it === room)
    );
  }

  /** Checks the final state. */
  checkFinalState(): void {
    const { world } = this.#context;
    if (this.chat.state.value.kind !== "online") {
      return this.#reportViolation(`is ${JSON.stringify(this.chat.state.value)}`);
    }
    for (const [id, { room, record }] of this.#joined) {
      if (room.state.value.kind === "joined") record.checkFinalState(world.redis.top(id).top);
      else this.#reportViolation(`${id}: is ${room.state.value.kind}`);
    }
    if (!this.isBusy) return;
    for (const { id, room, state: { value } } of this.chat.outbox.value) {
      this.#reportViolation(`${room}: ${id} is still ${value.kind}`);
    }
  }

  #stop(): void {
    this.isAlive = false;
  }

  #open(): LibrarySocket {
    const { world, maxLatencyMs, isOnline } = this.#context;
    const { running, dice } = world;
    const node = isOnline() && running.length > 0 ? dice.pick(running) : undefined;
    world.note(`${this.id} connects to ${node?.id ?? "nobody"}`);
    return this.#socket = new LibrarySocket(world, node, maxLatencyMs, this);
  }

  /** A message has arrived. */
  onReceive(message: string): void {
    this.#context.world.note(`${this.id} < ${message}`);
  }

  /** A message is sent. */
  onSend(message: string): void {
    const { world, record } = this.#context;
    world.note(`${this.id} > ${message}`);
    const { type, id, room } = JSON.parse(message);
    if (!ACTION.test(type)) return;
    const seen = this.#joined.get(room);
    const after = seen?.record.since;
    record.recordAttempt(id, {
      at: world.clock.date(),
      user: this.user,
      page: this.number,
      losses: this.losses(room),
      after,
    });
  }

  #after(fn: () => void, ms: number): () => void {
    let isWanted = true;
    this.#context.world.clock.after(ms, () => {
      if (isWanted && this.isAlive) this.#context.world.guard(fn);
    });
    return () => isWanted = false;
  }

  /** A dead page writes nothing. */
  #storage(): {
    readonly length: number;
    key(index: number): string | null;
    getItem(key: string): string | null;
    setItem(key: string, value: string): void;
    removeItem(key: string): void;
  } {
    const { storage } = this.#context;
    const isAlive = () => this.isAlive;
    return {
      get length() {
        return storage.size;
      },
      key: (index) => [...storage.keys()][index] ?? null,
      getItem: (key) => storage.get(key) ?? null,
      setItem: (key, value) => void (isAlive() && storage.set(key, value)),
      removeItem: (key) => void (isAlive() && storage.delete(key)),
    };
  }

  #follow(delivery: Delivery): void {
    if (this.#known.has(delivery)) return;
    this.#known.add(delivery);
    delivery.state.subscribe((state) => {
      if (!this.isAlive) return;
      this.#context.world.note(`${this.id}: ${delivery.id} is ${JSON.stringify(state)}`);
      if (state.kind === "sent") this.#acknowledge(delivery, state.position);
      this.#context.changed(this, delivery);
    });
  }

  #acknowledge({ id, action, room }: Delivery, position: string): void {
    // A message that had already been lost has no entry here.
    if (action.type === "delete") return;
    const { redis, rooms } = this.#context.world;
    const oracle = rooms.filter((it) => it === room).map((it) => redis.oracle(it))[0];
    const at = parsePosition(position);
    const entry = at && oracle?.at(at)?.entry;
    if (entry?.id !== id) this.#reportViolation(`${room}: ${id} was reported at ${position}`);
  }

  #onEvent({ record }: JoinedRoom, id: RoomId, event: RoomEvent): void {
    if (!this.isAlive) return;
    const common = { room: id, name: "", count: 0, members: [], unread: 0, may: [] };
    switch (event.type) {
      case "opened": {
        const { messages, more, position, reason } = event;
        const since = reason === null ? undefined : record.since;
        // A room left and joined again within a round trip may receive both answers.
        if (reason === null && record.since && !this.#left.has(id)) {
          this.#reportViolation(`${id}: reopened without a reason`);
        }
        this.#losses.set(id, this.losses(id) + 1);
        const recovery = reason === null ? {} : { recovered: false, reason };
        const frame = { ...common, type: "joined", position, top: position, messages, more };
        return record.onJoined(v.parse(FRAMES.joined, { ...frame, ...recovery }), since);
      }
      case "resumed": {
        const since = record.since;
        if (since === undefined) return this.#reportViolation(`${id}: resumed without a position`);
        const position = formatPosition(since);
        const frame = { ...common, type: "joined", position, top: position } as const;
        return record.onJoined({ ...frame, recovered: true }, since);
      }
      case "lost":
        this.#losses.set(id, this.losses(id) + 1);
        return record.onLost(v.parse(FRAMES.lost, event));
      default: {
        const { replayed: _, ...frame } = event;
        this.#deliveredIds.add(event.id);
        return record.onEntry(frame);
      }
    }
  }

  #onRefused(code: string): void {
    const { world, id } = this.#context;
    if (code !== "name_taken") this.#reportViolation(`was refused: ${code}`);
    const rename = () => this.chat.rename(`${id}x${world.nextNumber()}`).catch(again);
    const again = () => void (this.isAlive && this.#after(rename, 500));
    again();
  }

  #reportViolation(what: string): void {
    this.#context.world.reportViolation(`${this.id}: ${what}`);
  }
}
