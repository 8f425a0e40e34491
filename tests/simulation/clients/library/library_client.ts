/**
 * A user of the client library: pages are reloaded at any time, two pages may share one storage, the network fails, and
 * the user, who here knows the truth, decides about unsure deliveries.
 * @module
 */
import type { RoomId } from "../../../../lib/core/names/names.ts";
import { formatPosition } from "../../../../lib/core/log/position.ts";
import type { Delivery } from "../../../../static/client/outbox/delivery.js";
import { LibraryPage } from "./library_page.ts";
import { checkUnsure } from "./library_checks.ts";
import { UserRecord } from "../user_record.ts";
import type { World } from "../../world/world.ts";

const TOKEN = "parley ws://simulation/ws resume";
/** Fault codes that a valid action may be refused with for good. */
const EXPECTED = /^(gone|not_yours)$/;

/** One user. */
export class LibraryClient {
  readonly id: string;
  readonly record = new UserRecord();
  /** Whether two pages may be open at the same time. */
  readonly hasTabs: boolean;
  /** The user ids that it has had, in order. */
  readonly users = new Set<string>();
  readonly #world: World;
  readonly #maxLatencyMs: number;
  readonly #rooms: readonly RoomId[];
  readonly #storage: Map<string, string>;
  readonly #name: string | undefined;
  #pages: readonly LibraryPage[] = [];
  /** How often it has lost its token, and so become somebody else. */
  #forgotten = 0;
  #isOnline = true;
  #isAway = false;
  #opened = 0;

  constructor(world: World, id: string, maxLatencyMs: number) {
    const { dice, rooms } = world;
    this.id = id;
    this.#world = world;
    this.#maxLatencyMs = maxLatencyMs;
    this.#storage = world.mutant.makeStorage();
    this.#name = dice.pick(["", id, "Ann"]) || undefined;
    this.hasTabs = dice.chance(0.3);
    const rest = rooms.slice(1).filter(() => dice.chance(0.6));
    this.#rooms = [...rooms.slice(0, 1), ...rest];
  }

  /** The open pages. */
  get pages(): readonly LibraryPage[] {
    return this.#pages;
  }

  /** Opens a page and joins the rooms. */
  open(): void {
    const page = new LibraryPage({
      world: this.#world,
      id: this.id,
      number: ++this.#opened,
      name: this.#name,
      maxLatencyMs: this.#maxLatencyMs,
      storage: this.#storage,
      record: this.record,
      isOnline: () => this.#isOnline && !this.#isAway,
      changed: (at, delivery) => this.#changed(at, delivery),
    });
    this.#pages = [...this.#pages, page];
    for (const room of this.#rooms) page.join(room);
    page.chat.me.subscribe((me) => me && this.users.add(me.user));
  }

  /** Whether there is no network; messages then wait. */
  set isAway(isAway: boolean) {
    this.#isAway = isAway;
    if (isAway) this.#cut();
  }

  /** Does something at random. */
  act(): void {
    const { dice } = this.#world;
    if (this.#pages.length === 0) return;
    const page = dice.pick(this.#pages);
    const room = dice.pick(this.#rooms);
    if (dice.chance(0.55)) return this.#say(page, room);
    if (dice.chance(0.35)) return this.#amend(page, room);
    const action = dice.pick([
      ...[() => this.#reload(page), () => this.#reload(page), () => this.#toggle(page, room)],
      ...[() => this.#readSomething(page, room), () => page.wake(), () => this.#tabs(page)],
      ...[() => this.#network(), () => this.#rename(page), () => this.#forget(page)],
    ]);
    action();
  }

  /** Restores the network, and joins all rooms with at least one page. */
  reconnect(): void {
    this.#isOnline = true;
    // Two pages do not know what the other has sent since; a reloaded one does.
    if (this.#pages.length === 0 || this.hasTabs) this.open();
    for (const page of this.#pages) {
      for (const room of this.#rooms) page.join(room);
      if (this.#world.dice.chance(0.7)) page.wake();
    }
  }

  #cut(): void {
    for (const { wire } of this.#pages) wire?.cut(this.#world.dice.between(1, 5_000));
  }

  /** Checks the final state. */
  checkFinalState(): void {
    for (const page of this.#pages) page.checkFinalState();
    if (this.users.size > 1 + this.#forgotten) {
      this.#world.reportViolation(`${this.id} was ${[...this.users].join(", ")}`);
    }
  }

  /** Closes all pages for good. */
  retire(): void {
    for (const page of this.#pages) page.close();
    this.#pages = [];
  }

  #say(page: LibraryPage, id: RoomId): void {
    const room = page.room(id);
    if (room === undefined) return;
    const text = this.record.newText(this.id);
    const delivery = room.say(text);
    this.record.say({ room: id, text, isEdit: false, id: delivery.id });
  }

  #amend(page: LibraryPage, id: RoomId): void {
    const { dice } = this.#world;
    const room = page.room(id);
    const of = this.#recentMessage(id);
    if (room === undefined || of === undefined) return;
    if (dice.chance(0.3)) return void room.delete(of);
    if (dice.chance(0.4)) return void room.react(of, "🐦", dice.chance(0.7));
    const text = this.record.newText(this.id);
    this.record.say({ room: id, text, isEdit: true, id: room.edit(of, text).id });
  }

  #recentMessage(room: RoomId): string | undefined {
    const { redis, dice } = this.#world;
    const said = redis.oracle(room).log.slice(-8).filter(({ action }) => action.kind === "said");
    return said.length > 0 ? formatPosition(dice.pick(said).position) : undefined;
  }

  /** Closes a page, or lets it disappear without a close; another one opens later. */
  #reload(page: LibraryPage): void {
    const { dice, clock } = this.#world;
    const isPolite = dice.chance(0.4);
    this.#world.note(`${page.id} is ${isPolite ? "closed" : "gone"}`);
    if (isPolite) page.close();
    else page.vanish(dice.chance(0.6) ? 1 : dice.between(1, 10_000));
    this.#pages = this.#pages.filter((it) => it !== page);
    clock.after(dice.between(1, 3_000), () => {
      if (this.#pages.length === 0) this.open();
    });
  }

  #tabs(page: LibraryPage): void {
    if (!this.hasTabs) return;
    if (this.#pages.length === 1) return this.open();
    page.close();
    this.#pages = this.#pages.filter((it) => it !== page);
  }

  #toggle(page: LibraryPage, room: RoomId): void {
    if (page.room(room)) page.leave(room);
    else page.join(room);
  }

  #readSomething(page: LibraryPage, id: RoomId): void {
    const room = page.room(id);
    const noAnswer = () => {};
    room?.history({ limit: 5 }).catch(noAnswer);
    room?.who().catch(noAnswer);
    room?.type();
    if (room?.position) room.markRead(room.position);
  }

  #network(): void {
    const { dice, clock } = this.#world;
    this.#isOnline = false;
    this.#cut();
    clock.after(dice.between(100, 8_000), () => this.#isOnline = true);
  }

  #rename(page: LibraryPage): void {
    const { dice } = this.#world;
    page.chat.rename(dice.pick(["Ann", `${this.id}x${dice.between(1, 3)}`])).catch(() => {});
  }

  /** The browser discards the session; the next connection is a new user. */
  #forget(page: LibraryPage): void {
    if (this.hasTabs || !this.#world.dice.chance(0.3)) return;
    this.#storage.delete(TOKEN);
    this.#forgotten += 1;
    this.#world.note(`${this.id} has lost its token`);
    this.#reload(page);
  }

  #changed(page: LibraryPage, delivery: Delivery): void {
    const { value } = delivery.state;
    const saying = this.record.find(delivery.id);
    if (value.kind === "failed") {
      const { code, message } = value.error;
      if (!EXPECTED.test(code)) this.#reportViolation(`${delivery.id} failed: ${code}: ${message}`);
      if (saying) saying.outcome = "refused";
    }
    if (value.kind !== "unsure") return;
    checkUnsure(this.#world, this.record, page, delivery);
    const { dice, clock } = this.#world;
    clock.after(dice.between(1, 2_000), () => {
      const isOpen = page.isAlive && delivery.state.value.kind === "unsure";
      if (isOpen && saying) this.#decide(delivery, saying);
    });
  }

  #decide(delivery: Delivery, saying: { room: RoomId; text: string; outcome: string }): void {
    const { log } = this.#world.redis.oracle(saying.room);
    const isThere = log.some(({ action }) => "text" in action && action.text === saying.text);
    const isWanted = !isThere && this.#world.dice.chance(0.8);
    // Two tabs may decide at the same time, before either knows of the other. Either decision may then hold.
    if (saying.outcome !== "discarded") saying.outcome = isWanted ? "said again" : "discarded";
    if (isWanted) delivery.sendAgain();
    else delivery.discard();
  }

  #reportViolation(what: string): void {
    this.#world.reportViolation(`${this.id}: ${what}`);
  }
}
