/**
 * A user with a plain WebSocket: sends lines, reads lines, and reconnects with `?since=` if it has received a position.
 * Every text is sent once, so that its line identifies the entry.
 * @module
 */
import { type CloseStatus, SERVICE_RESTART } from "../../../lib/core/protocol/close_codes.ts";
import type { Entry } from "../../../lib/core/log/entry.ts";
import type { RoomId } from "../../../lib/core/names/names.ts";
import { parsePosition, type Position } from "../../../lib/core/log/position.ts";
import { Wire, type WireClient } from "../world/wire.ts";
import type { World } from "../world/world.ts";

/** A line for an entry with a text. */
const TEXT_LINE = /^(?:\* )?[^:]+?(?: edited)?: (text [^ ]+)$/;

/** One client. */
export class TextClient implements WireClient {
  readonly id: string;
  readonly room: RoomId;
  user: string | undefined;
  wire: Wire | undefined;
  readonly #world: World;
  readonly #maxLatencyMs: number;
  // Texts sent over this connection and not yet received back.
  readonly #unread = new Set<string>();
  #refusals = 0;
  #name: string | undefined;
  #since: Position | undefined;
  // Its possible positions: a text that was lost and sent again has two.
  #possiblePositions: readonly Position[] = [];
  // A loss was reported.
  #isAfterLoss = true;
  #said = 0;
  #isRetired = false;

  constructor(world: World, id: string, maxLatencyMs: number, room: RoomId) {
    this.#world = world;
    this.id = id;
    this.room = room;
    this.#maxLatencyMs = maxLatencyMs;
    this.#name = world.dice.pick(["", id, "Ann"]) || undefined;
  }

  /** Connects to any running node. */
  connect(): void {
    const { running, dice, clock } = this.#world;
    if (this.#isRetired || this.wire) return;
    if (running.length === 0) return clock.after(500, () => this.connect());
    const node = dice.pick(running);
    this.#world.note(`${this.id} connects to ${node.id}`);
    const since = this.#since && `${this.#since.epoch}:${this.#since.seq}`;
    const options = { name: this.#name, room: this.room, since, history: undefined, notices: "1" };
    this.#possiblePositions = this.#since ? [this.#since] : [];
    this.#isAfterLoss = this.#since === undefined;
    // An abandoned connection may still reach its node, even after the next one has.
    const wire = new Wire(this.#world, node, this, this.#maxLatencyMs, (at, socket) => {
      return at.openHandler(socket, options, (user) => {
        if (this.wire === wire) this.user = user;
      });
    });
    this.wire = wire;
  }

  /** Disconnects for good. */
  retire(): void {
    this.#isRetired = true;
    this.wire?.disconnect();
    this.#forget();
  }

  opened(): void {}

  closed(status: CloseStatus | undefined): void {
    const { dice, clock, isFaultFree } = this.#world;
    this.#world.note(`${this.id} is cut off`);
    if (status?.code === 4501) this.#name = `${this.id}${this.#world.nextNumber()}`;
    else if (status && status.code !== SERVICE_RESTART.code) {
      this.#reportViolation(`closed with ${status.code}`);
    }
    this.#forget();
    clock.after(dice.between(10, isFaultFree ? 500 : 3_000), () => this.connect());
  }

  /** Sends a line, or asks for its position. */
  act(): void {
    if (this.#world.dice.chance(0.3)) return this.wire?.sendToNode("/since");
    const text = `text ${this.id}.${this.#said++}`;
    if (this.wire) this.#unread.add(text);
    this.wire?.sendToNode(text);
  }

  received(line: string): void {
    this.#world.note(`${this.id} < ${line}`);
    const text = TEXT_LINE.exec(line)?.[1];
    if (line.startsWith("! ")) this.#onFault(line);
    else if (text) this.#onText(text);
    else if (line.startsWith("* ")) this.#since = parsePosition(line.slice(2)) ?? this.#since;
  }

  /** Checks the final state. */
  checkFinalState(): void {
    const oracle = this.#world.redis.oracle(this.room);
    const { log, losses } = oracle;
    const newest = log.findLast((it) => hasText(it) && !oracle.wasDeleted(it))?.position.seq ?? 0;
    const isThere = this.#isAfterLoss || this.#possiblePositions.some(({ seq }) => seq >= newest);
    if (this.wire && !isThere) this.#reportViolation(`has not read ${newest}, which is the newest`);
    if (losses === 0 && this.wire && this.#unread.size > this.#refusals) {
      this.#reportViolation(`never read ${[...this.#unread]}`);
    }
  }

  #onFault(line: string): void {
    if (/^! (some messages are lost|not all messages since)/.test(line)) this.#onLoss();
    else if (/^! (not|perhaps not) sent/.test(line)) this.#refusals += 1;
    else if (/not joined yet|name/.test(line)) this.#refusals += 1;
    else if (!line.includes("waiting to join")) this.#reportViolation(line);
  }

  #onLoss(): void {
    this.#isAfterLoss = true;
    this.#unread.clear();
  }

  #onText(text: string): void {
    this.#unread.delete(text);
    const oracle = this.#world.redis.oracle(this.room);
    const entries = oracle.entriesShowing(text);
    const next = entries.filter(({ position }) => this.#isAfterLoss || this.#comesNext(position));
    if (next.length === 0) {
      this.#reportViolation(`${text} comes after ${this.#possiblePositions.map(({ seq }) => seq)}`);
    }
    this.#possiblePositions = (next.length > 0 ? next : entries).map(({ position }) => position);
    this.#isAfterLoss = false;
  }

  #comesNext(position: Position): boolean {
    const oracle = this.#world.redis.oracle(this.room);
    return this.#possiblePositions.some((place) => {
      if (place.seq >= position.seq) return false;
      const passed = oracle.between(place, position)?.filter(hasText);
      // A message that was deleted meanwhile produces no line.
      return passed?.slice(0, -1).every((it) => oracle.mayBeTombstone(it)) === true &&
        passed.length > 0;
    });
  }

  #reportViolation(what: string): void {
    this.#world.reportViolation(`${this.id}: ${what}`);
  }

  #forget(): void {
    this.wire = undefined;
    this.#unread.clear();
    this.#refusals = 0;
  }
}

function hasText({ action }: Entry): boolean {
  return "text" in action;
}
