/**
 * The logs of all rooms in Redis: what goes in by one script and what comes out by others, each of which is one atomic
 * step. All keys of a room have its name in braces, so that a cluster keeps them on one server.
 * @module
 */
import type { Archive, Published, Standing } from "../../chat/bus.ts";
import { type Draft, MAX_REACTIONS, type UserId } from "../../core/entries.ts";
import type { RoomId } from "../../core/names.ts";
import type { Position } from "../../core/positions.ts";
import {
  MAX_ERAS,
  type Page,
  RECEIPTS_MS,
  type Replay,
  type Retention,
} from "../../core/room_log.ts";
import { unavailable } from "./faults.ts";
import type { RedisLinks } from "./links.ts";
import { runScript, type Script, type Scripts } from "./script.ts";
import {
  decodeAnswers,
  decodePage,
  decodeReplay,
  decodeStanding,
  decodeTop,
  encodeDraft,
} from "./wire.ts";

/** How the logs are kept. */
export interface ArchiveOptions {
  /** Begins every key and channel; has no braces. */
  readonly prefix: string;
  /** Whether this Redis never loses what it has acknowledged, so that an epoch outlives its restart. */
  readonly durable: boolean;
  /** How much is kept. */
  readonly retention: Retention;
  /** An epoch that was never used. */
  readonly drawEpoch: () => string;
}

/** So much text goes in at once: Redis does nothing else meanwhile, and cuts off hearers who fall too far behind. */
const MAX_BATCH_LENGTH = 500_000;

/** The channel of a room. */
export function channelOf(prefix: string, room: RoomId): string {
  return `${prefix}{${room}}:live`;
}

/** Keeps rooms in Redis. */
export class RedisArchive implements Archive {
  readonly #links: RedisLinks;
  readonly #scripts: Scripts;
  readonly #options: ArchiveOptions;

  /** Logs that are there already, or will be. */
  constructor(links: RedisLinks, scripts: Scripts, options: ArchiveOptions) {
    this.#links = links;
    this.#scripts = scripts;
    this.#options = options;
  }

  /** Enters drafts of one room in their order and announces them. Rejects with `BusUnavailable`. */
  async enter(room: RoomId, drafts: readonly Draft[]): Promise<readonly Published[]> {
    const answers: Published[] = [];
    try {
      for (const some of portions(drafts)) answers.push(...await this.#append(room, some));
      return answers;
    } catch (error) {
      const own = unavailable(error);
      // Those before are in, so that asking again is right, and saying that nothing was sent is not.
      if (answers.length > 0) throw unavailable(new Error(own.message, { cause: error }));
      throw own;
    }
  }

  async replay(room: RoomId, since: Position, limit: number): Promise<Replay> {
    const args = [since.epoch, String(since.seq), String(limit)];
    return await this.#ask(this.#scripts.replay, room, args, (reply) => decodeReplay(room, reply));
  }

  async page(room: RoomId, before: number | undefined, limit: number): Promise<Page> {
    const args = [before === undefined ? "+inf" : String(before), String(limit + 1)];
    return await this.#ask(this.#scripts.page, room, args, (reply) => decodePage(reply, limit));
  }

  async standing(room: RoomId, user: UserId): Promise<Standing> {
    return await this.#ask(this.#scripts.standing, room, [user], decodeStanding);
  }

  async markRead(room: RoomId, user: UserId, { epoch, seq }: Position): Promise<void> {
    await this.#ask(this.#scripts.mark, room, [user, epoch, String(seq)], () => {});
  }

  /** How far the log has come; as long as it is asked for, the epoch does not end. Rejects with `BusUnavailable`. */
  async top(room: RoomId): Promise<Position> {
    return await this.#ask(this.#scripts.top, room, [], decodeTop);
  }

  async #append(room: RoomId, drafts: readonly Draft[]): Promise<readonly Published[]> {
    const { prefix, durable, retention: { messages } } = this.#options;
    const receipts = drafts.map(({ user, id }) => this.#key(room, `once:${user}:${id}`));
    const args = [
      durable ? "1" : "0",
      ...[messages, MAX_ERAS, MAX_REACTIONS, RECEIPTS_MS].map(String),
      this.#links.publishing,
      channelOf(prefix, room),
      ...drafts.flatMap(encodeDraft),
    ];
    const answers = await this.#ask(this.#scripts.append, room, args, decodeAnswers, receipts);
    if (answers.length === drafts.length) return answers;
    throw new RangeError(`Cannot enter drafts: received ${answers.length} answers`);
  }

  async #ask<T>(
    script: Script,
    room: RoomId,
    args: readonly string[],
    decode: (reply: unknown) => T,
    moreKeys: readonly string[] = [],
  ): Promise<T> {
    const { drawEpoch, retention: { ageMs, messages, entries } } = this.#options;
    const keys = ["head", "log", "messages", "reads"].map((part) => this.#key(room, part));
    const age = ageMs === Infinity ? "inf" : String(ageMs);
    const common = [drawEpoch(), age, String(Math.max(messages, entries))];
    try {
      const allKeys = [...keys, ...moreKeys];
      return decode(await runScript(this.#links, script, allKeys, [...common, ...args]));
    } catch (error) {
      throw unavailable(error);
    }
  }

  #key(room: RoomId, part: string): string {
    return `${this.#options.prefix}{${room}}:${part}`;
  }
}

/** The drafts in their order, cut where they would be too long together. */
function* portions(drafts: readonly Draft[]): Generator<readonly Draft[]> {
  let portion: Draft[] = [], length = 0;
  for (const draft of drafts) {
    const own = "text" in draft.deed ? draft.deed.text.length : 0;
    if (portion.length > 0 && length + own > MAX_BATCH_LENGTH) {
      yield portion;
      portion = [];
      length = 0;
    }
    portion.push(draft);
    length += own;
  }
  if (portion.length > 0) yield portion;
}
