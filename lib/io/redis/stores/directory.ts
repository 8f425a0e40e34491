/**
 * Members, names and invites in Redis: one hash for each kind, of texts by id. A commit is one script, and so one atomic
 * step. The keys have the same word in braces, so that a cluster stores them on one server; no key of a room is named after
 * a kind.
 * @module
 */
import * as v from "valibot";
import type { Clock } from "../../../chat/ports/clock.ts";
import {
  type DirectoryStore,
  RECORD_KINDS,
  type RecordChange,
  type RecordKey,
} from "../../../chat/ports/directory_store.ts";
import { ChangeSignal } from "./change_signal.ts";
import type { RedisClient } from "../client/client.ts";
import { fromRedisError, isWrongType } from "../errors.ts";
import type { IntegrityReporter } from "../integrity_reporter.ts";
import { runScript, type Scripts } from "../scripts.ts";
import type { RedisSubscriptions } from "../subscriptions.ts";

const Texts = v.array(v.nullable(v.string()));
/** A hash (RESP3). Not `v.record()`, which drops keys such as "constructor". */
const Hash = v.pipe(
  v.custom<object>((it) => typeof it === "object" && it !== null),
  v.transform((it) => Object.entries(it)),
  v.array(v.tuple([v.string(), v.string()])),
);
const Outcome = v.picklist([0, 1]);

/** What the directory needs. */
export interface RedisDirectoryContext {
  /** The connections to Redis. */
  readonly client: Pick<RedisClient, "send" | "publishCommand">;
  /** The scripts of the bus. */
  readonly scripts: Pick<Scripts, "directoryRead" | "directoryCommit">;
  /** Subscribes to the channel. */
  readonly subscriptions: Pick<RedisSubscriptions, "subscribeChannel">;
  /** Prefix of every key and channel; must not contain braces. */
  readonly prefix: string;
  /** Waits. */
  readonly clock: Clock;
  /** Reports what cannot be read. */
  readonly reporter: Pick<IntegrityReporter, "reportDamagedRows">;
}

/** The members, names and invites of all instances on one Redis. */
export class RedisDirectory implements DirectoryStore {
  readonly #context: RedisDirectoryContext;
  /** Changes of names. */
  readonly #signal: ChangeSignal;
  readonly #channel: string;

  /** Subscribes to the channel. */
  constructor(context: RedisDirectoryContext) {
    this.#context = context;
    this.#channel = `${context.prefix}{directory}:changed`;
    this.#signal = new ChangeSignal(this.#channel, context);
  }

  async read(records: readonly RecordKey[]): Promise<readonly (string | undefined)[]> {
    if (records.length === 0) return [];
    const kinds = kindsOf(records);
    const args = records.flatMap(({ kind, id }) => [numberOf(kind, kinds), id]);
    return await this.#attempt(async () => {
      const reply = await this.#run("directoryRead", kinds, args);
      return v.parse(v.pipe(Texts, v.length(records.length)), reply).map((it) => it ?? undefined);
    });
  }

  async list(kind: RecordKey["kind"]): Promise<ReadonlyMap<string, string>> {
    if (kind === "name") this.#signal.beginRead();
    return await this.#attempt(async () => {
      const key = this.#key(kind);
      return new Map(v.parse(Hash, await this.#context.client.send(key, ["HGETALL", key])));
    });
  }

  async commit(changes: readonly RecordChange[]): Promise<boolean> {
    const kinds = kindsOf(changes);
    const args = [
      this.#context.client.publishCommand,
      kinds.includes("name") ? this.#channel : "",
      ...changes.flatMap(({ kind, id, from, to }) => [
        numberOf(kind, kinds),
        id,
        encodeText(from),
        encodeText(to),
      ]),
    ];
    return await this.#attempt(async () => {
      return v.parse(Outcome, await this.#run("directoryCommit", kinds, args)) === 1;
    });
  }

  whenNamesChanged(signal: AbortSignal): Promise<void> {
    return this.#signal.whenChanged(signal);
  }

  /** Another instance has changed names, or may have: messages were missed. */
  onChanged(): void {
    this.#signal.onChanged();
  }

  #run(
    script: "directoryRead" | "directoryCommit",
    kinds: readonly RecordKey["kind"][],
    args: readonly string[],
  ): Promise<unknown> {
    const { client, scripts } = this.#context;
    return runScript(client, scripts[script], kinds.map((kind) => this.#key(kind)), args);
  }

  async #attempt<T>(fn: () => Promise<T>): Promise<T> {
    try {
      return await fn();
    } catch (error) {
      if (isWrongType(error)) this.#context.reporter.reportDamagedRows(undefined, "directory", 1);
      throw fromRedisError(error);
    }
  }

  #key(kind: RecordKey["kind"]): string {
    return `${this.#context.prefix}{directory}:${kind}`;
  }
}

/** The kinds of some records. No others: while a cluster moves a slot, scripts wait for each key that they are given. */
function kindsOf(records: readonly RecordKey[]): readonly RecordKey["kind"][] {
  return RECORD_KINDS.filter((kind) => records.some((record) => record.kind === kind));
}

/** The number of a kind's key for a script; Lua counts from 1. */
function numberOf(kind: RecordKey["kind"], kinds: readonly RecordKey["kind"][]): string {
  return String(kinds.indexOf(kind) + 1);
}

/** Distinguishes an empty text from none. */
function encodeText(text: string | undefined): string {
  return text === undefined ? "" : `=${text}`;
}
