/**
 * One life of a page that has the client library: until it is closed, or is gone without a word. It checks what it is told of
 * each room as it comes, by the record that the other clients use.
 * @module
 */
import * as v from "valibot";
import { FRAMES } from "../../lib/core/frames.ts";
import type { RoomId } from "../../lib/core/names.ts";
import { formatPosition, parsePosition } from "../../lib/core/positions.ts";
import { Chat } from "../../static/client/chat.js";
import type { Delivery } from "../../static/client/delivery.js";
import type { Room } from "../../static/client/room.js";
import type { RoomEvent } from "../../static/client/room_events.js";
import { LibrarySocket, type Watcher } from "./library_socket.ts";
import type { PersonRecord } from "./person_record.ts";
import { RoomRecord } from "./room_record.ts";
import type { Wire } from "./wire.ts";
import type { World } from "./world.ts";

/** What the page needs of its person. */
export interface PageContext {
  readonly world: World;
  readonly id: string;
  readonly number: number;
  readonly name: string | undefined;
  readonly slowness: number;
  readonly storage: Map<string, string>;
  readonly record: PersonRecord;
  /** Whether there is a network. */
  readonly isOnline: () => boolean;
  /** A delivery has another state. */
  readonly changed: (page: LibraryPage, delivery: Delivery) => void;
}

interface Seen {
  readonly room: Room;
  readonly record: RoomRecord;
}

const DEED = /^(say|edit|delete|react)$/;

/** One page. */
export class LibraryPage implements Watcher {
  readonly id: string;
  readonly number: number;
  readonly chat: Chat;
  /** Whether it still runs. */
  isAlive = true;
  readonly #context: PageContext;
  readonly #seen = new Map<RoomId, Seen>();
  readonly #known = new WeakSet<Delivery>();
  readonly #left = new Set<RoomId>();
  readonly #told = new Set<string>();
  readonly #breaks = new Map<RoomId, number>();
  #socket: LibrarySocket | undefined;
  #wake = () => {};

  /** Opens it. */
  constructor(context: PageContext) {
    this.#context = context;
    this.number = context.number;
    this.id = `${context.id}/${context.number}`;
    const { name } = context;
    this.chat = new Chat("ws://simulation/ws", {
      ...(name === undefined ? {} : { name }),
      storage: this.#storage(),
      surroundings: {
        open: () => this.#open(),
        now: () => context.world.plant.readClock(context.world.clock),
        draw: () => context.world.dice.next(),
        after: (deed, ms) => this.#after(deed, ms),
        onWake: (wake) => {
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

  /** Where it is, or wants to be. */
  get rooms(): readonly RoomId[] {
    return [...this.#seen.keys()];
  }

  room(id: RoomId): Room | undefined {
    return this.#seen.get(id)?.room;
  }

  /** How often it was told that something is missing in a room. */
  breaks(id: RoomId): number {
    return this.#breaks.get(id) ?? 0;
  }

  /** Whether it has heard an entry of this id. */
  wasTold(id: string): boolean {
    return this.#told.has(id);
  }

  join(id: RoomId): void {
    if (this.#seen.has(id)) return;
    const { redis, dice } = this.#context.world;
    const room = this.chat.join(id, { limit: dice.between(0, 5) });
    const record = new RoomRecord(redis.truth(id), (what) => this.#complain(what));
    const seen = { room, record };
    this.#seen.set(id, seen);
    room.events.subscribe((event) => this.#take(seen, id, event));
    room.state.subscribe((state) => {
      if (state.kind === "refused") this.#refused(state.error.code);
    });
  }

  leave(id: RoomId): void {
    this.room(id)?.leave();
    this.#left.add(id);
    this.#seen.delete(id);
  }

  /** Something says that there is a network again. */
  wake(): void {
    this.#wake();
  }

  /** The page is closed as it should be. */
  close(): void {
    this.chat.close();
    this.#die();
  }

  /** The page is gone, and nobody has said goodbye. @param noticedMs After which time the node learns of it. */
  drop(noticedMs: number): void {
    this.#socket?.wire?.cut(noticedMs);
    this.#die();
  }

  /** Whether anything is on its way. */
  get isBusy(): boolean {
    return this.chat.outbox.value.some(({ room, state: { value } }) =>
      /^(waiting|sending|sent)$/.test(value.kind) && this.rooms.some((it) => it === room)
    );
  }

  /** Comes to rest: what it wrongly believes. */
  finish(): void {
    const { world } = this.#context;
    if (this.chat.state.value.kind !== "online") {
      return this.#complain(`is ${JSON.stringify(this.chat.state.value)}`);
    }
    for (const [id, { room, record }] of this.#seen) {
      if (room.state.value.kind === "joined") record.finish(world.redis.top(id).top);
      else this.#complain(`${id}: is ${room.state.value.kind}`);
    }
    if (!this.isBusy) return;
    for (const { id, room, state: { value } } of this.chat.outbox.value) {
      this.#complain(`${room}: ${id} is still ${value.kind}`);
    }
  }

  #die(): void {
    this.isAlive = false;
  }

  #open(): LibrarySocket {
    const { world, slowness, isOnline } = this.#context;
    const { running, dice } = world;
    const node = isOnline() && running.length > 0 ? dice.pick(running) : undefined;
    world.note(`${this.id} connects to ${node?.id ?? "nobody"}`);
    return this.#socket = new LibrarySocket(world, node, slowness, this);
  }

  /** This has come. */
  hears(message: string): void {
    this.#context.world.note(`${this.id} < ${message}`);
  }

  /** This goes out now. */
  sends(message: string): void {
    const { world, record } = this.#context;
    world.note(`${this.id} > ${message}`);
    const { type, id, room } = JSON.parse(message);
    if (!DEED.test(type)) return;
    const seen = this.#seen.get(room);
    const after = seen?.record.since;
    record.post(id, {
      at: world.clock.date(),
      user: this.user,
      page: this.number,
      breaks: this.breaks(room),
      after,
    });
  }

  #after(deed: () => void, ms: number): () => void {
    let isWanted = true;
    this.#context.world.clock.after(ms, () => {
      if (isWanted && this.isAlive) this.#context.world.guard(deed);
    });
    return () => isWanted = false;
  }

  /** What is dead writes nothing. */
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

  #acknowledge({ id, deed, room }: Delivery, position: string): void {
    // One that was gone already has no place of its own.
    if (deed.type === "delete") return;
    const { redis, rooms } = this.#context.world;
    const truth = rooms.filter((it) => it === room).map((it) => redis.truth(it))[0];
    const at = parsePosition(position);
    const entry = at && truth?.at(at)?.entry;
    if (entry?.id !== id) this.#complain(`${room}: ${id} is said to be at ${position}`);
  }

  #take({ record }: Seen, id: RoomId, event: RoomEvent): void {
    if (!this.isAlive) return;
    const common = { room: id, name: "", count: 0, members: [], unread: 0 };
    switch (event.type) {
      case "opened": {
        const { messages, more, position, reason } = event;
        const since = reason === null ? undefined : record.since;
        // Who leaves and comes back within a round trip may be told of both joinings.
        if (reason === null && record.since && !this.#left.has(id)) {
          this.#complain(`${id}: opened again without a reason`);
        }
        this.#breaks.set(id, this.breaks(id) + 1);
        const recovery = reason === null ? {} : { recovered: false, reason };
        const frame = { ...common, type: "joined", position, top: position, messages, more };
        return record.join(v.parse(FRAMES.joined, { ...frame, ...recovery }), since);
      }
      case "resumed": {
        const since = record.since;
        if (since === undefined) return this.#complain(`${id}: resumed from nowhere`);
        const position = formatPosition(since);
        const frame = { ...common, type: "joined", position, top: position } as const;
        return record.join({ ...frame, recovered: true }, since);
      }
      case "lost":
        this.#breaks.set(id, this.breaks(id) + 1);
        return record.lose(v.parse(FRAMES.lost, event));
      default: {
        const { replayed: _, ...frame } = event;
        this.#told.add(event.id);
        return record.take(frame);
      }
    }
  }

  #refused(code: string): void {
    const { world, id } = this.#context;
    if (code !== "name_taken") this.#complain(`was refused: ${code}`);
    const rename = () => this.chat.rename(`${id}x${world.draw()}`).catch(again);
    const again = () => void (this.isAlive && this.#after(rename, 500));
    again();
  }

  #complain(what: string): void {
    this.#context.world.complain(`${this.id}: ${what}`);
  }
}
