/**
 * Somebody with nothing but a WebSocket: says lines, reads lines, and comes back with `?since=` where it was told a
 * position. Every text is said once, so that its line tells which entry it is.
 * @module
 */
import { type Farewell, RESTARTING } from "../../lib/core/farewells.ts";
import type { Entry } from "../../lib/core/entries.ts";
import type { RoomId } from "../../lib/core/names.ts";
import { parsePosition, type Position } from "../../lib/core/positions.ts";
import { type Peer, Wire } from "./wire.ts";
import type { World } from "./world.ts";

/** A line that tells of an entry that has a text. */
const TOLD = /^(?:\* )?[^:]+?(?: edited)?: (text [^ ]+)$/;

/** One person. */
export class TextClient implements Peer {
  readonly id: string;
  readonly room: RoomId;
  user: string | undefined;
  wire: Wire | undefined;
  readonly #world: World;
  readonly #slowness: number;
  // What it has said over this connection and not yet read.
  readonly #unread = new Set<string>();
  #refusals = 0;
  #name: string | undefined;
  #since: Position | undefined;
  // Where it may be: a text that was lost and said again stands at two places.
  #places: readonly Position[] = [];
  // Told that something is missing.
  #isLoose = true;
  #said = 0;
  #isHome = false;

  constructor(world: World, id: string, slowness: number, room: RoomId) {
    this.#world = world;
    this.id = id;
    this.room = room;
    this.#slowness = slowness;
    this.#name = world.dice.pick(["", id, "Ann"]) || undefined;
  }

  /** Connects to any node that runs. */
  connect(): void {
    const { running, dice, clock } = this.#world;
    if (this.#isHome || this.wire) return;
    if (running.length === 0) return clock.after(500, () => this.connect());
    const node = dice.pick(running);
    this.#world.note(`${this.id} connects to ${node.id}`);
    const since = this.#since && `${this.#since.epoch}:${this.#since.seq}`;
    const wish = { name: this.#name, room: this.room, since, history: undefined, notices: "1" };
    this.#places = this.#since ? [this.#since] : [];
    this.#isLoose = this.#since === undefined;
    this.wire = new Wire(this.#world, node, this, this.#slowness, (at, socket) => {
      return at.begin(socket, wish, (user) => this.user = user);
    });
  }

  /** Goes home for good. */
  goHome(): void {
    this.#isHome = true;
    this.wire?.hangUp();
    this.#forget();
  }

  opened(): void {}

  closed(farewell: Farewell | undefined): void {
    const { dice, clock, isFine } = this.#world;
    this.#world.note(`${this.id} is cut off`);
    if (farewell?.code === 4501) this.#name = `${this.id}${this.#world.draw()}`;
    else if (farewell && farewell.code !== RESTARTING.code) {
      this.#complain(`closed with ${farewell.code}`);
    }
    this.#forget();
    clock.after(dice.between(10, isFine ? 500 : 3_000), () => this.connect());
  }

  /** Says a line, or asks where it is. */
  act(): void {
    if (this.#world.dice.chance(0.3)) return this.wire?.post("/since");
    const text = `text ${this.id}.${this.#said++}`;
    if (this.wire) this.#unread.add(text);
    this.wire?.post(text);
  }

  hear(line: string): void {
    this.#world.note(`${this.id} < ${line}`);
    const text = TOLD.exec(line)?.[1];
    if (line.startsWith("! ")) this.#hearFault(line);
    else if (text) this.#read(text);
    else if (line.startsWith("* ")) this.#since = parsePosition(line.slice(2)) ?? this.#since;
  }

  /** Comes to rest. */
  finish(): void {
    const truth = this.#world.redis.truth(this.room);
    const { log, losses } = truth;
    const newest = log.findLast((it) => isTold(it) && !truth.wasDeleted(it))?.position.seq ?? 0;
    const isThere = this.#isLoose || this.#places.some(({ seq }) => seq >= newest);
    if (this.wire && !isThere) this.#complain(`has not read ${newest}, which is the newest`);
    if (losses === 0 && this.wire && this.#unread.size > this.#refusals) {
      this.#complain(`never read ${[...this.#unread]}`);
    }
  }

  #hearFault(line: string): void {
    if (/^! (some of what was|not all that was) said/.test(line)) this.#lose();
    else if (/^! (not|perhaps not) sent/.test(line)) this.#refusals += 1;
    else if (/not joined yet|name/.test(line)) this.#refusals += 1;
    else if (!line.includes("waiting to join")) this.#complain(line);
  }

  #lose(): void {
    this.#isLoose = true;
    this.#unread.clear();
  }

  #read(text: string): void {
    this.#unread.delete(text);
    const truth = this.#world.redis.truth(this.room);
    const entries = truth.toldWith(text);
    const next = entries.filter(({ position }) => this.#isLoose || this.#comesNext(position));
    if (next.length === 0) {
      this.#complain(`${text} comes after ${this.#places.map(({ seq }) => seq)}`);
    }
    this.#places = (next.length > 0 ? next : entries).map(({ position }) => position);
    this.#isLoose = false;
  }

  #comesNext(position: Position): boolean {
    const truth = this.#world.redis.truth(this.room);
    return this.#places.some((place) => {
      if (place.seq >= position.seq) return false;
      const passed = truth.between(place, position)?.filter(isTold);
      // Of a message that was deleted meanwhile nothing is told.
      return passed?.slice(0, -1).every((it) => truth.mayBeTombstone(it)) === true &&
        passed.length > 0;
    });
  }

  #complain(what: string): void {
    this.#world.complain(`${this.id}: ${what}`);
  }

  #forget(): void {
    this.wire = undefined;
    this.#unread.clear();
    this.#refusals = 0;
  }
}

function isTold({ deed }: Entry): boolean {
  return "text" in deed;
}
