/**
 * The logs of all rooms in Redis: what goes in by one script and what comes out by others, each of which is one atomic
 * step. All keys of a room have its name in braces, so that a cluster keeps them on one server.
 * @module
 */
import type { Archive, Published, Standing } from "../../chat/bus.ts";
import {
  type Draft,
  MAX_REACTION_KINDS,
  MAX_REACTION_KINDS_PER_USER,
  MAX_REACTIONS,
  type UserId,
} from "../../core/entries.ts";
import type { RoomId } from "../../core/names.ts";
import type { Position } from "../../core/positions.ts";
import {
  marksSinceOf,
  MAX_ERAS,
  MAX_MARKS,
  MAX_READ_BYTES,
  MAX_SMOOTHED_MS,
  MAX_UNREAD,
  type Page,
  RECEIPTS_MS,
  type Replay,
  type Retention,
  roomsSinceOf,
} from "../../core/room_log.ts";
import { isWrongType, unavailable } from "./faults.ts";
import type { RedisLinks } from "./links.ts";
import {
  decodeAnswers,
  decodePage,
  decodeReplay,
  decodeStanding,
  decodeSweep,
  decodeTop,
  type Reply,
} from "./replies.ts";
import type { RoomTags } from "./room_tags.ts";
import { runScript, type Scripts } from "./script.ts";
import type { ServiceState } from "./service_state.ts";
import type { Place, Strays } from "./strays.ts";
import type { Usage } from "./usage.ts";
import { encodeDraft } from "./wire.ts";

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

/** What an archive needs. */
export interface ArchiveContext {
  /** The connections to Redis. */
  readonly links: RedisLinks;
  /** The scripts to run there. */
  readonly scripts: Scripts;
  /** The scale of ages. */
  readonly state: ServiceState;
  /** Which quotas are used up. */
  readonly usage: Usage;
  /** Takes reports of damaged rows. */
  readonly strays: Strays;
  /** Learns the tags of rooms. */
  readonly tags: RoomTags;
}

/** Keeps rooms in Redis. */
export class RedisArchive implements Archive {
  readonly #context: ArchiveContext;
  readonly #options: ArchiveOptions;

  /** Logs that are there already, or will be. */
  constructor(context: ArchiveContext, options: ArchiveOptions) {
    this.#context = context;
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
    const args = [since.epoch, String(since.seq), String(limit), String(MAX_READ_BYTES)];
    const reply = await this.#ask("replay", room, args);
    return this.#learn(room, "log", () => decodeReplay(room, limit, reply));
  }

  async page(room: RoomId, before: number | undefined, limit: number): Promise<Page> {
    const from = before === undefined ? "+inf" : String(before);
    const reply = await this.#ask("page", room, [from, String(limit), String(MAX_READ_BYTES)]);
    return this.#learn(room, "messages", () => decodePage(reply));
  }

  async standing(room: RoomId, user: UserId): Promise<Standing> {
    const reply = await this.#ask("standing", room, [user, String(MAX_UNREAD)]);
    return decoded(() => decodeStanding(reply));
  }

  async markRead(room: RoomId, user: UserId, { epoch, seq }: Position): Promise<void> {
    await this.#ask("mark", room, [user, epoch, String(seq), String(MAX_MARKS)]);
  }

  /** How far the log has come; as long as it is asked for, the epoch does not end. Rejects with `BusUnavailable`. */
  async top(room: RoomId): Promise<Position> {
    const reply = await this.#ask("top", room, []);
    return this.#learn(room, "log", () => decodeTop(reply));
  }

  /** Drops what is too old in a room; resolves to what was dropped. Rejects with `BusUnavailable`. */
  async sweep(room: RoomId): Promise<ReturnType<typeof decodeSweep>> {
    const terms = { ranMs: await this.#context.state.ranMs(), retention: this.#options.retention };
    const ages = [marksSinceOf(terms), roomsSinceOf(terms)].map((ms) => luaNumber(ms));
    const reply = await this.#ask("sweep", room, ages);
    return decoded(() => decodeSweep(reply));
  }

  async #append(room: RoomId, drafts: readonly Draft[]): Promise<readonly Published[]> {
    const { links, usage, state } = this.#context;
    const { prefix, durable, retention: { messages } } = this.#options;
    const receipts = drafts.map(({ user, id }) => this.#key(room, `once:${user}:${id}`));
    const limits = [MAX_REACTIONS, MAX_REACTION_KINDS, MAX_REACTION_KINDS_PER_USER];
    const { store, rooms } = await usage.full();
    const args = [
      durable ? "1" : "0",
      ...[messages, MAX_ERAS, ...limits, RECEIPTS_MS, MAX_SMOOTHED_MS].map(String),
      store ? "1" : "0",
      rooms ? "1" : "0",
      links.publishing,
      channelOf(prefix, room),
      ...drafts.flatMap(encodeDraft),
    ];
    const reply = await this.#ask("append", room, args, receipts);
    const { isNewRoom, answers } = this.#learn(room, "log", () => decodeAnswers(reply));
    if (answers.length !== drafts.length) {
      throw new RangeError(`Cannot enter drafts: received ${answers.length} answers`);
    }
    usage.add(drafts);
    // If this fails, the next count of all rooms corrects it.
    if (isNewRoom) state.addRoom().catch(() => {});
    return answers;
  }

  /** The reply of a script. Rejects with `BusUnavailable`. */
  async #ask(
    script: keyof Scripts,
    room: RoomId,
    args: readonly string[],
    moreKeys: readonly string[] = [],
  ): Promise<unknown> {
    const { drawEpoch, retention: { ageMs, messages, entries } } = this.#options;
    const { links, scripts, strays } = this.#context;
    const keys = ["head", "log", "messages", "reads", "marks"].map((it) => this.#key(room, it));
    const kept = String(Math.max(messages, entries));
    const ranMs = await this.#context.state.ranMs();
    const common = [drawEpoch(), drawEpoch(), luaNumber(ageMs), kept, luaNumber(ranMs)];
    try {
      const all = [...common, ...args];
      return await runScript(links, scripts[script], [...keys, ...moreKeys], all);
    } catch (error) {
      // A key has another type: an operator has to look at it.
      if (isWrongType(error)) strays.damaged(room, script === "page" ? "messages" : "log", 1);
      throw unavailable(error);
    }
  }

  #learn<T>(room: RoomId, place: Place, decode: () => Reply<T>): T {
    const { value, tag, damaged } = decoded(decode);
    this.#context.tags.learn(room, tag);
    this.#context.strays.damaged(room, place, damaged);
    return value;
  }

  #key(room: RoomId, part: string): string {
    return `${this.#options.prefix}{${room}}:${part}`;
  }
}

/** Decodes a reply. Rejects with `BusUnavailable` if it has an unknown form. */
function decoded<T>(decode: () => T): T {
  try {
    return decode();
  } catch (error) {
    throw unavailable(error);
  }
}

/** A number in a form that Lua reads. */
function luaNumber(number: number): string {
  return Number.isFinite(number) ? String(number) : number > 0 ? "inf" : "-inf";
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
