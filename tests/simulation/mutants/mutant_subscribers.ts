/**
 * Subscribers that wrap the real one and pass on slightly wrong input.
 * @module
 */
import type { RoomHistory } from "../../../lib/chat/ports/bus.ts";
import type {
  JoinRefusal,
  JoinRequest,
  JoinResult,
  Subscriber,
} from "../../../lib/chat/room/subscriber.ts";
import { encodeFrames, type FrameEncoder } from "../../../lib/core/protocol/encoder.ts";
import type { UserId } from "../../../lib/core/log/entry.ts";
import type { RoomEvent } from "../../../lib/core/log/room_event.ts";
import type { RoomId } from "../../../lib/core/names/names.ts";
import type { Position } from "../../../lib/core/log/position.ts";
import { entryFrame } from "../../../lib/core/protocol/json_protocol.ts";
import type { HistoryPage, Replay } from "../../../lib/core/log/reading/log_reading.ts";

/** Receives the history read before subscribing, and then the room's entries. */
export class ReadsBeforeSubscribing implements Subscriber {
  readonly #subscriber: Subscriber;
  readonly #since: Position | undefined;
  #replay: Replay | undefined;
  #page: HistoryPage | undefined;

  constructor(
    room: RoomId,
    subscriber: Subscriber,
    { since, limit }: JoinRequest,
    history: RoomHistory,
  ) {
    this.#subscriber = subscriber;
    this.#since = since;
    const reading = since
      ? history.replay(room, since, 1_000).then((replay) => this.#replay = replay)
      : history.page(room, undefined, limit).then((page) => this.#page = page);
    // Otherwise it would receive nothing at all.
    reading.catch(() => {});
  }

  get encoder(): FrameEncoder {
    return this.#subscriber.encoder;
  }

  get user(): UserId {
    return this.#subscriber.user;
  }

  onJoined(result: JoinResult): void {
    const [since, replay, page] = [this.#since, this.#replay, this.#page];
    if (page) this.#subscriber.onJoined({ ...result, page, position: page.top });
    else if (since === undefined) this.#subscriber.onJoined(result);
    else if (replay === undefined || replay.lossReason) {
      const reason = replay?.lossReason ?? "too_many";
      this.#subscriber.onJoined({ ...result, recovered: false, reason });
    } else {
      this.#subscriber.onJoined({ ...result, position: since, recovered: true, page: undefined });
      const messages = encodeFrames(this.encoder, replay.entries.map(entryFrame));
      this.#subscriber.deliver(messages, replay.top);
    }
  }

  replay(messages: readonly string[], last: Position): void {
    this.#subscriber.replay(messages, last);
  }

  onRefused(why: JoinRefusal): void {
    this.#subscriber.onRefused(why);
  }

  onRulesChanged(event: RoomEvent | undefined): void {
    this.#subscriber.onRulesChanged(event);
  }

  onReadMarker(read: Position): void {
    this.#subscriber.onReadMarker(read);
  }

  readableAfter(): number {
    return this.#subscriber.readableAfter();
  }

  isBacklogged(): boolean {
    return this.#subscriber.isBacklogged();
  }

  deliver(messages: readonly string[], last: Position): void {
    this.#subscriber.deliver(messages, last);
  }
}

/** Misses the first entry after it has joined. */
export class LateSubscriber implements Subscriber {
  readonly #subscriber: Subscriber;
  #isIn = false;

  constructor(subscriber: Subscriber) {
    this.#subscriber = subscriber;
  }

  get encoder(): FrameEncoder {
    return this.#subscriber.encoder;
  }

  get user(): UserId {
    return this.#subscriber.user;
  }

  onJoined(result: JoinResult): void {
    this.#subscriber.onJoined(result);
  }

  onRefused(why: JoinRefusal): void {
    this.#subscriber.onRefused(why);
  }

  replay(messages: readonly string[], last: Position): void {
    this.deliver(messages, last);
  }

  onRulesChanged(event: RoomEvent | undefined): void {
    this.#subscriber.onRulesChanged(event);
  }

  onReadMarker(read: Position): void {
    this.#subscriber.onReadMarker(read);
  }

  readableAfter(): number {
    return this.#subscriber.readableAfter();
  }

  isBacklogged(): boolean {
    return this.#subscriber.isBacklogged();
  }

  deliver(messages: readonly string[], last: Position): void {
    if (this.#isIn) this.#subscriber.deliver(messages, last);
    this.#isIn = true;
  }
}
