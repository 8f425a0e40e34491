/**
 * Upgrades requests to connections, or refuses them with a reason. An accepted connection holds a slot of the quota until
 * it has really ended, for whatever reason.
 * @module
 */
import { BusUnavailable } from "../../chat/ports/bus.ts";
import type { Clock } from "../../chat/ports/clock.ts";
import {
  admissionKey,
  type AdmissionRefusal,
  type ChargeReason,
  type ConnectionSlot,
  EXEMPT_KEY,
} from "../../core/limits/connection_limits.ts";
import type { Counter } from "../../core/metrics/metrics.ts";
import type { RequestSource } from "../../core/http/ip_address.ts";
import {
  checkHandshake,
  checkOrigin,
  type OriginPolicy,
  type Refusal,
  refuse,
} from "../../core/http/handshake.ts";
import { type RefusalReason, refusalResponse } from "./responses.ts";
import { logger } from "../logger.ts";
import type { Endpoint } from "./connection.ts";
import type { SocketAcceptor } from "./engine.ts";

/** Limits the number of connections. */
export interface ConnectionQuota {
  /** Acquires a slot, which is released by disposing it, or returns the limit that refuses it. */
  acquire(key: string): QuotaResult | Promise<QuotaResult>;
  /** Charges an address. */
  charge(key: string, what: ChargeReason): void;
}

/** A slot, or the limit that refuses it. */
export type QuotaResult = ConnectionSlot | AdmissionRefusal;

/** A connection that may be opened. */
export interface AdmittedConnection {
  /** Its slot of the quota. Dispose it when the connection has ended. */
  readonly slot: ConnectionSlot;
  /** The key under which its address is rate-limited; undefined if the address has no limits. */
  readonly countedAddress: string | undefined;
}

/** What an {@linkcode Upgrader} needs. */
export interface UpgraderContext {
  /** Opens the connections. */
  readonly acceptor: SocketAcceptor;
  /** Current time, for the log's limit. */
  readonly clock: Pick<Clock, "now">;
  /** Limits the connections in total and for each address. */
  readonly quota: ConnectionQuota;
  /** Origins of the pages that may open a connection. */
  readonly origins: OriginPolicy;
  /** Count the connections that a limit has refused. */
  readonly refused: Readonly<Record<AdmissionRefusal, Counter>>;
}

// `connection: close`, because a client that reuses the connection would reach this worker again, not its replacement.
const STOPPING: RefusalReason = {
  code: "unavailable",
  refusal: refuse(503, "The service is stopping", { "retry-after": "1", connection: "close" }),
};

const BUSY: RefusalReason = {
  code: "unavailable",
  refusal: refuse(503, "The service is too busy for new connections", { "retry-after": "2" }),
};

const QUOTA_REFUSALS = {
  "all taken": refuse(503, "Too many connections (MAX_CONNECTIONS)", { "retry-after": "5" }),
  "all of this key taken": refuse(
    503,
    "Too many connections from this address (CONNECTIONS_PER_ADDRESS)",
    { "retry-after": "30" },
  ),
  "too many handshakes": refuse(
    429,
    "Too many new connections from this address (HANDSHAKES_PER_SECOND)",
    { "retry-after": "1" },
  ),
  "address charged": refuse(
    429,
    "Too many connections from this address were not closed: the address is blocked for a while",
    { "retry-after": "60" },
  ),
  "no memory": refuse(503, "Out of memory (MAX_MEMORY_MB)", { "retry-after": "5" }),
} as const satisfies Readonly<Record<AdmissionRefusal, Refusal>>;

/** Upgrades requests until {@linkcode Upgrader.stopAccepting} is called. */
export class Upgrader {
  readonly #context: UpgraderContext;
  #isStopping = false;
  #pauses = 0;
  #unloggedCount = 0;
  #loggedAt = -Infinity;

  /** Accepts connections from the start. */
  constructor(context: UpgraderContext) {
    this.#context = context;
  }

  /** Refuses all further requests with 503. */
  stopAccepting(): void {
    this.#isStopping = true;
  }

  /** Refuses requests until the result is disposed. */
  pause(): Disposable {
    this.#pauses += 1;
    return { [Symbol.dispose]: () => void (this.#pauses -= 1) };
  }

  get #isRefusing(): boolean {
    return this.#isStopping || this.#pauses > 0;
  }

  /** Responds to a request on a socket path: 101, or a refusal with its reason. */
  async upgrade(
    request: Request,
    { address, viaTrustedProxy }: RequestSource,
    endpoint: Endpoint,
  ): Promise<Response> {
    const pending = this.#context.acceptor.begin(request);
    if (this.#isRefusing) return refusalResponse(STOPPING.refusal);
    const result = checkHandshake(request, { origins: this.#context.origins, viaTrustedProxy });
    if (result.kind === "refused") return refusalResponse(result);
    const admitted = await this.admit(address);
    if ("refusal" in admitted) return refusalResponse(admitted.refusal);
    const { slot, countedAddress } = admitted;
    using held = new DisposableStack();
    held.use(slot);
    if (!await pending.isConnected()) return new Response(null, { status: 400 });
    if (this.#isRefusing) return refusalResponse(STOPPING.refusal);
    const response = pending.open(endpoint, slot, countedAddress);
    // The connection owns the slot now; keeping the stack would take more memory than the slot.
    held.move();
    return response;
  }

  /** Admits a connection of an address, of whatever kind, or refuses it. Dispose its slot when it has ended. */
  admit(address: string): Promise<AdmittedConnection | RefusalReason> {
    return this.#admit(address, (limit) => this.#context.refused[limit].add());
  }

  async #admit(
    address: string,
    onLimit: (limit: AdmissionRefusal) => void,
  ): Promise<AdmittedConnection | RefusalReason> {
    if (this.#isRefusing) return STOPPING;
    const key = admissionKey(address);
    const slot = await this.#acquire(key);
    if (slot === undefined) return BUSY;
    if (typeof slot === "string") {
      onLimit(slot);
      return { code: "too_many_connections", refusal: this.#reportFull(slot, address) };
    }
    return { slot, countedAddress: key === EXEMPT_KEY ? undefined : key };
  }

  /**
   * Why a handshake with the Host and Origin of this request would be refused now; undefined if it would be accepted.
   * Counts as a handshake of its address.
   */
  async explainRefusal(
    request: Request,
    { address, viaTrustedProxy }: RequestSource,
  ): Promise<RefusalReason | undefined> {
    if (this.#isRefusing) return STOPPING;
    const result = checkOrigin(request, {
      origins: this.#context.origins,
      viaTrustedProxy,
    });
    if (result.kind === "refused") {
      return { code: result.status === 403 ? "origin_refused" : "host_refused", refusal: result };
    }
    // This client has been refused and counted already.
    const admitted = await this.#admit(address, () => {});
    if ("refusal" in admitted) return admitted;
    admitted.slot[Symbol.dispose]();
  }

  /** Acquires a slot, or returns the limit that refuses it; undefined if too many calls to the main thread are waiting. */
  async #acquire(key: string): Promise<QuotaResult | undefined> {
    try {
      return await this.#context.quota.acquire(key);
    } catch (error) {
      if (error instanceof BusUnavailable) return undefined;
      throw error;
    }
  }

  /** Logs at most once a second: refused clients try again, and must not flood standard error. */
  #reportFull(limit: keyof typeof QUOTA_REFUSALS, address: string): Refusal {
    this.#unloggedCount += 1;
    const now = this.#context.clock.now();
    if (now - this.#loggedAt >= 1_000) {
      logger.warn("connection.refused", { limit, address, count: this.#unloggedCount });
      this.#unloggedCount = 0;
      this.#loggedAt = now;
    }
    return QUOTA_REFUSALS[limit];
  }
}
