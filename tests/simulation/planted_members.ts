/**
 * Members that stand between a room and the real one, and hand on what they get a little wrong.
 * @module
 */
import type { Archive } from "../../lib/chat/bus.ts";
import type { Arrival, JoinWish, Member } from "../../lib/chat/member.ts";
import { type Dialect, messagesFor } from "../../lib/core/dialect.ts";
import type { RoomId } from "../../lib/core/names.ts";
import type { Position } from "../../lib/core/positions.ts";
import { frameOf } from "../../lib/core/protocol.ts";
import type { Page, Replay } from "../../lib/core/room_log.ts";

/** Is given the history that was read before the room was followed, and then what the room gives. */
export class HastyMember implements Member {
  readonly #member: Member;
  readonly #since: Position | undefined;
  #replay: Replay | undefined;
  #page: Page | undefined;

  constructor(room: RoomId, member: Member, { since, limit }: JoinWish, archive: Archive) {
    this.#member = member;
    this.#since = since;
    const reading = since
      ? archive.replay(room, since, 1_000).then((replay) => this.#replay = replay)
      : archive.page(room, undefined, limit).then((page) => this.#page = page);
    // Then it gets nothing at all.
    reading.catch(() => {});
  }

  get dialect(): Dialect {
    return this.#member.dialect;
  }

  arrive(arrival: Arrival): void {
    const [since, replay, page] = [this.#since, this.#replay, this.#page];
    if (page) this.#member.arrive({ ...arrival, page, position: page.top });
    else if (since === undefined) this.#member.arrive(arrival);
    else if (replay === undefined || replay.gap) {
      const reason = replay?.gap ?? "too_many";
      this.#member.arrive({ ...arrival, recovered: false, reason });
    } else {
      this.#member.arrive({ ...arrival, position: since, recovered: true, page: undefined });
      const messages = messagesFor(this.dialect, replay.entries.map(frameOf));
      this.#member.deliver(messages, replay.top);
    }
  }

  replay(messages: readonly string[], last: Position): void {
    this.#member.replay(messages, last);
  }

  turnAway(): void {
    this.#member.turnAway();
  }

  isBehind(): boolean {
    return this.#member.isBehind();
  }

  deliver(messages: readonly string[], last: Position): void {
    this.#member.deliver(messages, last);
  }
}

/** Is not given the first that comes after the arrival. */
export class LateMember implements Member {
  readonly #member: Member;
  #isIn = false;

  constructor(member: Member) {
    this.#member = member;
  }

  get dialect(): Dialect {
    return this.#member.dialect;
  }

  arrive(arrival: Arrival): void {
    this.#member.arrive(arrival);
  }

  turnAway(): void {
    this.#member.turnAway();
  }

  replay(messages: readonly string[], last: Position): void {
    this.deliver(messages, last);
  }

  isBehind(): boolean {
    return this.#member.isBehind();
  }

  deliver(messages: readonly string[], last: Position): void {
    if (this.#isIn) this.#member.deliver(messages, last);
    this.#isIn = true;
  }
}
