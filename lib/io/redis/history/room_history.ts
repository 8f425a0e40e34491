/**
 * The logs of all rooms in Redis. Each operation is one script, and so one atomic step. Keys must have the room's name in
 * braces, so that a cluster stores all keys of a room on one server.
 * @module
 */
import type { PublishResult, ReadState, RoomHistory } from "../../../chat/ports/bus.ts";
import { contentLength } from "../../../core/log/content.ts";
import {
  type Draft,
  MAX_REACTION_KINDS,
  MAX_REACTION_KINDS_PER_USER,
  MAX_REACTIONS,
  type UserId,
} from "../../../core/log/entry.ts";
import type { RoomId } from "../../../core/names/names.ts";
import type { Position } from "../../../core/log/position.ts";
import { MAX_EPOCHS } from "../../../core/log/epochs.ts";
import type { HistoryPage, Replay, StateAt } from "../../../core/log/reading/log_reading.ts";
import { MAX_READ_BYTES } from "../../../core/log/reading/read_size.ts";
import {
  MARKER_REFRESH_MS,
  MAX_READ_MARKERS,
  MAX_UNREAD,
  readMarkersRetainedSince,
} from "../../../core/log/reading/read_markers.ts";
import { type Retention, roomsRetainedSince } from "../../../core/log/retention.ts";
import { MAX_SMOOTHED_MS, RECEIPTS_MS, type StoredReceipt } from "../../../core/log/room_log.ts";
import { MAX_SLOW_SECONDS } from "../../../core/log/room_event.ts";
import {
  admissionFields,
  MAX_STATE_FIELDS,
  MAX_UNRESERVED_FIELDS,
} from "../../../core/log/room_state.ts";
import { isClosed } from "../../../core/rooms/closed_room.ts";
import { fromRedisError, isWrongType } from "../errors.ts";
import type { RedisClient } from "../client/client.ts";
import {
  decodeAppend,
  decodePage,
  decodeReadState,
  decodeReceipt,
  decodeReplay,
  decodeState,
  decodeSweep,
  decodeTop,
  decodeTops,
  type ScriptReply,
} from "./reply_decoder.ts";
import type { RoomTags } from "../room_tags.ts";
import { batchesForScripts, runScript, type Scripts } from "../scripts.ts";
import type { ServiceState } from "../stores/service_state.ts";
import type { DamageLocation, IntegrityReporter } from "../integrity_reporter.ts";
import type { RedisUsage } from "../stores/usage.ts";
import { encodeDraft } from "../codec.ts";

/** How the logs are stored. */
export interface RedisHistoryOptions {
  /** Prefix of every key and channel; must not contain braces. */
  readonly prefix: string;
  /** Whether this Redis never loses acknowledged writes, so that epochs continue after it restarts. */
  readonly durable: boolean;
  /** Maximum age and number of entries and messages. */
  readonly retention: Retention;
  /** Returns an epoch that was never used before. */
  readonly newEpoch: () => string;
}

/**
 * Maximum length of contents per script call. Redis runs nothing else during a script, and disconnects subscribers whose output
 * buffer grows too large.
 */
const MAX_BATCH_LENGTH = 500_000;

/** The keys of a room, in the order that the scripts expect. */
const PARTS = ["head", "log", "messages", "reads", "marks", "state", "mentions", "mentioned"];

/** The channel on which a room's entries and signals are published. */
export function channelOf(prefix: string, room: RoomId): string {
  return `${prefix}{${room}}:live`;
}

/** The part of a room that a script reads above all; the log for the others. */
const SCRIPT_READS: Partial<Record<keyof Scripts, DamageLocation>> = {
  page: "messages",
  roomState: "state",
  admission: "state",
};

/** Dependencies of the history. */
export interface RedisHistoryContext {
  /** The connections to Redis. */
  readonly client: RedisClient;
  /** The scripts of the bus. */
  readonly scripts: Scripts;
  /** Run time of the service, by which ages are measured, and the number of rooms. */
  readonly state: ServiceState;
  /** The exhausted quotas. */
  readonly usage: RedisUsage;
  /** Counts and logs damaged rows. */
  readonly reporter: IntegrityReporter;
  /** Receives the tags of rooms. */
  readonly tags: RoomTags;
}

/** Stores the logs of rooms in Redis. */
export class RedisRoomHistory implements RoomHistory {
  readonly #context: RedisHistoryContext;
  readonly #options: RedisHistoryOptions;

  /** Does not connect: uses the client of the context. */
  constructor(context: RedisHistoryContext, options: RedisHistoryOptions) {
    this.#context = context;
    this.#options = options;
  }

  /** Appends drafts of one room in order, and announces them. Rejects with `BusUnavailable`. */
  async append(room: RoomId, drafts: readonly Draft[]): Promise<readonly PublishResult[]> {
    const results: PublishResult[] = [];
    try {
      for (const batch of batches(drafts)) results.push(...await this.#appendBatch(room, batch));
      return results;
    } catch (error) {
      const own = fromRedisError(error);
      // Earlier batches are stored, so report the outcome as unknown: a retry is safe, "not sent" would be wrong.
      if (results.length > 0) throw fromRedisError(new Error(own.message, { cause: error }));
      throw own;
    }
  }

  async replay(room: RoomId, since: Position, limit: number): Promise<Replay> {
    const args = [since.epoch, String(since.seq), String(limit), String(MAX_READ_BYTES)];
    const reply = await this.#runScript("replay", room, args);
    return this.#decode(room, "log", () => decodeReplay(room, limit, reply));
  }

  async page(room: RoomId, before: number | undefined, limit: number): Promise<HistoryPage> {
    return await this.#readPage(room, ["before", String(before ?? "+inf"), String(limit)]);
  }

  async pageAfter(room: RoomId, after: number, limit: number): Promise<HistoryPage> {
    const page = await this.#readPage(room, ["after", String(after), String(limit)]);
    return { ...page, messages: page.messages.toReversed() };
  }

  async #readPage(room: RoomId, args: readonly string[]): Promise<HistoryPage> {
    const reply = await this.#runScript("page", room, [...args, String(MAX_READ_BYTES)]);
    return this.#decode(room, "messages", () => decodePage(reply));
  }

  async state(room: RoomId): Promise<StateAt> {
    const reply = await this.#runScript("roomState", room, []);
    return this.#decode(room, "state", () => decodeState(reply));
  }

  /** Does not keep the tag of the room, which may not exist. */
  async admission(room: RoomId, user: UserId): Promise<StateAt> {
    const reply = await this.#runScript("admission", room, admissionFields(user));
    return decodeOrThrow(() => decodeState(reply)).value;
  }

  /** If the clock of Redis was set forward, the receipt may have expired early; append.lua then searches the log instead. */
  async receipt(room: RoomId, user: UserId, id: string): Promise<StoredReceipt | undefined> {
    const key = this.#receiptKey(room, { user, id });
    try {
      return decodeReceipt(await this.#context.client.send(key, ["GET", key]));
    } catch (error) {
      throw fromRedisError(error);
    }
  }

  async readState(room: RoomId, user: UserId, after: number): Promise<ReadState> {
    const limits = [MAX_UNREAD, MARKER_REFRESH_MS].map(String);
    const reply = await this.#runScript("readState", room, [user, String(after), ...limits]);
    return decodeOrThrow(() => decodeReadState(reply));
  }

  async markRead(room: RoomId, user: UserId, { epoch, seq }: Position): Promise<boolean> {
    return await this.#runScript("markRead", room, [
      user,
      epoch,
      String(seq),
      String(MAX_READ_MARKERS),
    ]) === 1;
  }

  /** The position of the newest entry. Reading it keeps the epoch of an empty room. Rejects with `BusUnavailable`. */
  async top(room: RoomId): Promise<Position> {
    const reply = await this.#runScript("top", room, []);
    return this.#decode(room, "log", () => decodeTop(reply));
  }

  /**
   * The same for many rooms. Lacks those that {@linkcode top} must read, for example new rooms, and those whose server is
   * unavailable.
   */
  async tops(rooms: readonly RoomId[]): Promise<ReadonlyMap<RoomId, Position>> {
    const { client, scripts, tags } = this.#context;
    const headOf = (room: RoomId) => this.#key(room, "head");
    const tops = new Map<RoomId, Position>();
    const reads = batchesForScripts(client, rooms, headOf).map(async (batch) => {
      const found = await runScript(client, scripts.tops, batch.map(headOf), [])
        .then(decodeTops)
        // Reading them one by one shows which room it was.
        .catch(() => []);
      for (const [index, head] of found.entries()) {
        const room = batch[index];
        if (room === undefined || head === undefined) continue;
        tags.set(room, head.tag);
        tops.set(room, head.value);
      }
    });
    await Promise.all(reads);
    return tops;
  }

  /** Deletes expired rows of a room; resolves to their numbers. Rejects with `BusUnavailable`. */
  async sweep(room: RoomId): Promise<ReturnType<typeof decodeSweep>> {
    const context = {
      ranMs: await this.#context.state.ranMs(),
      retention: this.#options.retention,
    };
    const ages = [readMarkersRetainedSince(context), roomsRetainedSince(context)].map((ms) =>
      luaNumber(ms)
    );
    const reply = await this.#runScript("sweep", room, [
      ...ages,
      String(1_000 * MAX_SLOW_SECONDS),
      this.#context.client.publishCommand === "PUBLISH" ? "NUMSUB" : "SHARDNUMSUB",
      channelOf(this.#options.prefix, room),
    ]);
    return decodeOrThrow(() => decodeSweep(reply));
  }

  async #appendBatch(room: RoomId, drafts: readonly Draft[]): Promise<readonly PublishResult[]> {
    const { client, usage, state } = this.#context;
    const { prefix, durable, retention: { messages } } = this.#options;
    const receipts = drafts.map((draft) => this.#receiptKey(room, draft));
    const limits = [MAX_REACTIONS, MAX_REACTION_KINDS, MAX_REACTION_KINDS_PER_USER];
    const { store, rooms } = await usage.full();
    const args = [
      durable ? "1" : "0",
      ...[messages, MAX_EPOCHS, ...limits, RECEIPTS_MS, MAX_SMOOTHED_MS].map(String),
      store ? "1" : "0",
      rooms ? "1" : "0",
      client.publishCommand,
      channelOf(prefix, room),
      String(MAX_STATE_FIELDS),
      String(MAX_UNRESERVED_FIELDS),
      isClosed(room) ? "1" : "0",
      ...drafts.flatMap(encodeDraft),
    ];
    const reply = await this.#runScript("append", room, args, receipts);
    const { isNewRoom, results } = this.#decode(room, "log", () => decodeAppend(reply));
    if (results.length !== drafts.length) {
      throw new RangeError(`Cannot enter drafts: received ${results.length} answers`);
    }
    usage.add(drafts);
    // If this fails, the next count of all rooms corrects it.
    if (isNewRoom) state.addRoom().catch(() => {});
    return results;
  }

  /** Runs a script and returns its reply. Rejects with `BusUnavailable`. */
  async #runScript(
    script: keyof Scripts,
    room: RoomId,
    args: readonly string[],
    moreKeys: readonly string[] = [],
  ): Promise<unknown> {
    const { newEpoch, retention: { ageMs, messages, entries } } = this.#options;
    const { client, scripts, reporter } = this.#context;
    const keys = PARTS.map((part) => this.#key(room, part));
    const kept = String(Math.max(messages, entries));
    const ranMs = await this.#context.state.ranMs();
    const common = [newEpoch(), newEpoch(), luaNumber(ageMs), kept, luaNumber(ranMs)];
    try {
      const all = [...common, ...args];
      return await runScript(client, scripts[script], [...keys, ...moreKeys], all);
    } catch (error) {
      // A key has another type, which an operator must fix.
      if (isWrongType(error)) {
        reporter.reportDamagedRows(room, SCRIPT_READS[script] ?? "log", 1);
      }
      throw fromRedisError(error);
    }
  }

  #decode<T>(room: RoomId, place: DamageLocation, decode: () => ScriptReply<T>): T {
    const { value, tag, damaged } = decodeOrThrow(decode);
    this.#context.tags.set(room, tag);
    this.#context.reporter.reportDamagedRows(room, place, damaged);
    return value;
  }

  #receiptKey(room: RoomId, { user, id }: Pick<Draft, "user" | "id">): string {
    return this.#key(room, `once:${user}:${id}`);
  }

  #key(room: RoomId, part: string): string {
    return `${this.#options.prefix}{${room}}:${part}`;
  }
}

/** Decodes a reply. Rejects with `BusUnavailable` if it has an unknown form. */
function decodeOrThrow<T>(decode: () => T): T {
  try {
    return decode();
  } catch (error) {
    throw fromRedisError(error);
  }
}

/** Formats a number for Lua, including infinities. */
function luaNumber(number: number): string {
  return Number.isFinite(number) ? String(number) : number > 0 ? "inf" : "-inf";
}

/** Splits drafts into batches of at most `MAX_BATCH_LENGTH`, in order. */
function* batches(drafts: readonly Draft[]): Generator<readonly Draft[]> {
  let batch: Draft[] = [], length = 0;
  for (const draft of drafts) {
    const own = "text" in draft.action ? contentLength(draft.action) : 0;
    if (batch.length > 0 && length + own > MAX_BATCH_LENGTH) {
      yield batch;
      batch = [];
      length = 0;
    }
    batch.push(draft);
    length += own;
  }
  if (batch.length > 0) yield batch;
}
