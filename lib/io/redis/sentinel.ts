/**
 * Where the master is, as Redis Sentinel knows it. `createSentinel` of the client (6.3.1) is not used: a command waits in it
 * for up to 17 s while the master is away, where its author should be told at once, and it does not say whether its
 * subscriber hears.
 * @module
 */
import { ErrorReply } from "@redis/client";
import * as v from "valibot";
import { systemClock } from "../../chat/clock.ts";
import type { RedisHost, RedisPlace } from "../../core/redis_url.ts";
import { askOnce, loginTo } from "./ask.ts";
import type { RedisDoor } from "./link.ts";

/** A master that was replaced while it could still be reached is left within so long. */
const WATCH_MS = 2_000;

const Address = v.tuple([v.string(), v.pipe(v.string(), v.transform(Number), v.safeInteger())]);

/** The sentinels of one master. */
export class RedisSentinels {
  readonly #place: Extract<RedisPlace, { kind: "sentinel" }>;
  readonly #ca: string | undefined;
  #hosts: readonly RedisHost[];

  /** Asks nothing yet. @param ca A certificate authority in PEM, for TLS with an own one. */
  constructor(place: Extract<RedisPlace, { kind: "sentinel" }>, ca: string | undefined) {
    this.#place = place;
    this.#ca = ca;
    this.#hosts = place.hosts;
  }

  /** The master as the first sentinel names it that answers. */
  async locate(): Promise<RedisDoor> {
    const master = await this.#master();
    const at = `${master.host}:${master.port}`;
    const login = {
      ...loginTo(master, this.#place, this.#ca),
      database: this.#place.database,
    };
    return { at, login, moved: (signal) => this.#watch(at, signal) };
  }

  async #watch(at: string, signal: AbortSignal): Promise<never> {
    while (!signal.aborted) {
      await systemClock.sleep(WATCH_MS, signal);
      // While no sentinel answers, the master that is known is the best that there is.
      const master = signal.aborted ? undefined : await this.#master().catch(() => undefined);
      if (master && `${master.host}:${master.port}` !== at) {
        throw new Error(`the sentinels name another master: ${master.host}:${master.port}`);
      }
    }
    return new Promise(() => {});
  }

  async #master(): Promise<RedisHost> {
    const errors: unknown[] = [];
    for (const host of this.#hosts) {
      try {
        const master = await this.#ask(host);
        this.#hosts = [host, ...this.#hosts.filter((other) => other !== host)];
        return master;
      } catch (error) {
        errors.push(error);
      }
    }
    throw new AggregateError(errors, `Cannot ask any sentinel: ${errors.map(String).join("; ")}`);
  }

  async #ask(host: RedisHost): Promise<RedisHost> {
    const { master, tls } = this.#place;
    const command = ["SENTINEL", "GET-MASTER-ADDR-BY-NAME", master];
    const answer = await askOnce(loginTo(host, { tls }, this.#ca), [command])
      .catch((error: unknown) => {
        // Many have no password though their master has one, and refuse to be given any.
        if (!(error instanceof ErrorReply) || !error.message.startsWith("NOAUTH")) throw error;
        return askOnce(loginTo(host, this.#place, this.#ca), [command]);
      });
    if (answer === null) throw new Error(`no master is known by the name ${master}`);
    const [address, port] = v.parse(Address, answer);
    return { host: address, port };
  }
}
