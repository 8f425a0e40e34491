/**
 * Finds the master through Redis Sentinel. Do not use the client's `createSentinel` (6.3.1): commands wait up to 17 s for
 * an unavailable master instead of failing at once, and it does not report whether its subscriber is connected.
 * @module
 */
import { ErrorReply } from "@redis/client";
import * as v from "valibot";
import { systemClock } from "../../../chat/ports/clock.ts";
import type { RedisHost, RedisTarget } from "../../../core/config/redis_url.ts";
import { connectOptionsFor, sendOnce } from "./one_shot.ts";
import type { RedisEndpoint } from "./connection.ts";

/** Interval at which the sentinels are asked whether the master was replaced. */
const CHECK_MS = 2_000;

const Address = v.tuple([v.string(), v.pipe(v.string(), v.transform(Number), v.safeInteger())]);

/** The sentinels of one master, the one that answered last first. */
export class SentinelResolver {
  readonly #target: Extract<RedisTarget, { kind: "sentinel" }>;
  readonly #ca: string | undefined;
  #hosts: readonly RedisHost[];

  /** Queries nothing yet. @param ca Certificate authority in PEM, for TLS with a private authority. */
  constructor(target: Extract<RedisTarget, { kind: "sentinel" }>, ca: string | undefined) {
    this.#target = target;
    this.#ca = ca;
    this.#hosts = target.hosts;
  }

  /** The master according to the first sentinel that answers. Rejects with an `AggregateError` if none does. */
  async locate(): Promise<RedisEndpoint> {
    const master = await this.#findMaster();
    const address = `${master.host}:${master.port}`;
    const connectOptions = {
      ...connectOptionsFor(master, this.#target, this.#ca),
      database: this.#target.database,
    };
    return { address, connectOptions, whenMoved: (signal) => this.#whenReplaced(address, signal) };
  }

  async #whenReplaced(current: string, signal: AbortSignal): Promise<never> {
    while (!signal.aborted) {
      await systemClock.sleep(CHECK_MS, signal);
      // While no sentinel answers, keep the known master.
      const master = signal.aborted ? undefined : await this.#findMaster().catch(() => undefined);
      if (master && `${master.host}:${master.port}` !== current) {
        throw new Error(`the sentinels name another master: ${master.host}:${master.port}`);
      }
    }
    return new Promise(() => {});
  }

  async #findMaster(): Promise<RedisHost> {
    const errors: unknown[] = [];
    for (const host of this.#hosts) {
      try {
        const master = await this.#query(host);
        this.#hosts = [host, ...this.#hosts.filter((other) => other !== host)];
        return master;
      } catch (error) {
        errors.push(error);
      }
    }
    throw new AggregateError(errors, `Cannot reach any sentinel: ${errors.map(String).join("; ")}`);
  }

  async #query(host: RedisHost): Promise<RedisHost> {
    const { master, tls } = this.#target;
    const command = ["SENTINEL", "GET-MASTER-ADDR-BY-NAME", master];
    const answer = await sendOnce(connectOptionsFor(host, { tls }, this.#ca), [command])
      .catch((error: unknown) => {
        // Many sentinels have no password although their master has one, and refuse AUTH: send it only on NOAUTH.
        if (!(error instanceof ErrorReply) || !error.message.startsWith("NOAUTH")) throw error;
        return sendOnce(connectOptionsFor(host, this.#target, this.#ca), [command]);
      });
    if (answer === null) throw new Error(`the sentinel knows no master named ${master}`);
    const [address, port] = v.parse(Address, answer);
    return { host: address, port };
  }
}
