/**
 * Limits on connections: in total, per address, and handshakes per second per address. Connections that are never
 * closed properly are charged to their address for a while, even after the runtime has freed them, so that a client
 * cannot repeatedly fill the service with dead sockets.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * const limits = { maxConnections: 100, connectionsPerAddress: 1, handshakesPerSecond: 0 };
 * const admissions = new AdmissionControl(limits);
 * const slot = admissions.acquire("192.0.2.1", 0);
 * assert.equal(admissions.acquire("192.0.2.1", 0), "all of this key taken");
 * if (typeof slot === "object") slot[Symbol.dispose]();
 * assert.equal(typeof admissions.acquire("192.0.2.1", 0), "object");
 * ```
 * @module
 */
import { addressKey, type Cidr, isLoopback, isWithin } from "../http/ip_address.ts";
import { AddressBuckets } from "./address_buckets.ts";
import { Quota } from "./token_bucket.ts";

/** The settings that limit connections. */
export interface AdmissionLimits {
  /** Maximum number of connections in total. */
  readonly maxConnections: number;
  /** Maximum number of concurrent connections from one address; 0 for no limit. */
  readonly connectionsPerAddress: number;
  /** Handshakes from one address; 0 for no limit. */
  readonly handshakesPerSecond: number;
}

/** Why a connection is refused. */
export type AdmissionRefusal =
  | "all taken"
  | "all of this key taken"
  | "too many handshakes"
  | "address charged"
  | "no memory";

/** One of the available connections. Disposing it releases it; disposing it again has no effect. */
export interface ConnectionSlot extends Disposable {
  /** Charges the address of the connection. */
  charge(what: ChargeReason, now: number): void;
}

/** The key of addresses without limits: loopback and unknown addresses. */
export const EXEMPT_KEY = "";

/** The key by which an address is counted; {@linkcode EXEMPT_KEY} for loopback and for "", an unknown address. */
export function admissionKey(address: string): string {
  return address === "" || isLoopback(address) ? EXEMPT_KEY : addressKey(address);
}

/** Limits of the TCP connections of one worker that are not WebSockets. */
export interface TcpLimits {
  /** Maximum number from one address; Infinity for no limit. */
  readonly perAddress: number;
  /** Maximum number in total. */
  readonly total: number;
  /** The key under which a peer is counted; undefined if it has no limit. @param remote Its IP address; may be empty. */
  readonly keyOf: (remote: string) => string | undefined;
}

/** Requests that are answered need a connection too: a browser opens six. */
const SPARE_TCP = 64;

/** As many as there may be WebSockets, and some. This machine and trusted proxies, which carry many clients, are not limited. */
export function tcpLimits(
  { maxConnections, connectionsPerAddress, trustProxy }:
    & Pick<AdmissionLimits, "maxConnections" | "connectionsPerAddress">
    & { readonly trustProxy: readonly Cidr[] },
): TcpLimits {
  return {
    perAddress: connectionsPerAddress === 0 ? Infinity : connectionsPerAddress + SPARE_TCP,
    total: maxConnections + SPARE_TCP,
    keyOf: (remote) => {
      const key = admissionKey(remote);
      return key === EXEMPT_KEY || isWithin(remote, trustProxy) ? undefined : key;
    },
  };
}

/**
 * Limits HTTP requests of any kind per address and worker; undefined for no limit. A page makes about ten requests, a
 * program that imports the client library about forty.
 */
export function requestBuckets(
  { handshakesPerSecond }: Pick<AdmissionLimits, "handshakesPerSecond">,
): AddressBuckets | undefined {
  const perSecond = handshakesPerSecond * REQUESTS_PER_HANDSHAKE;
  return perSecond === 0
    ? undefined
    : new AddressBuckets({ perSecond, burst: perSecond * BURST_SECONDS });
}

const REQUESTS_PER_HANDSHAKE = 10;
/** Burst of handshakes, in seconds of the rate: a whole office reconnects at once when its network returns. */
const BURST_SECONDS = 10;
/** Why an address is charged: a connection that the runtime never frees, or suspected use of memory that ran out. */
export type ChargeReason = "dead" | "memory";

/**
 * Charges for dead connections, relative to the limit per address. Phones that lose their network leave some too, so
 * the first ones are free. Each further one uses two slots, and one is forgiven every ten seconds.
 */
const FREE_CHARGE_SHARE = 1 / 4;
const SLOTS_PER_CHARGE = 2;
const FORGIVEN_PER_SECOND = 1 / 10;
/** After three memory charges within minutes an address is refused; each further one adds about ten minutes. */
const MEMORY_CHARGE_SHARE = 1 / 4;

/** Admits connections. */
export class AdmissionControl {
  readonly #quota: Quota;
  readonly #perAddress: number;
  readonly #handshakes: AddressBuckets | undefined;
  readonly #charges: AddressBuckets;
  /** Whether there is memory for more connections; set by the caller. */
  hasMemory = true;

  /** Starts without connections. */
  constructor(limits: AdmissionLimits) {
    const { maxConnections, connectionsPerAddress, handshakesPerSecond: perSecond } = limits;
    this.#perAddress = connectionsPerAddress === 0 ? Infinity : connectionsPerAddress;
    const burst = Math.max(1, connectionsPerAddress);
    this.#charges = new AddressBuckets({ perSecond: FORGIVEN_PER_SECOND, burst });
    this.#quota = new Quota(maxConnections);
    this.#handshakes = perSecond === 0
      ? undefined
      : new AddressBuckets({ perSecond, burst: perSecond * BURST_SECONDS });
  }

  /** Number of slots in use. */
  get used(): number {
    return this.#quota.used;
  }

  /** Acquires a slot, or returns why it is refused. @param key From {@linkcode admissionKey}. */
  acquire(key: string, now: number): ConnectionSlot | AdmissionRefusal {
    if (!this.hasMemory) return "no memory";
    if (key === EXEMPT_KEY) return this.#acquireSlot(key, Infinity);
    if ((this.#handshakes?.take(key, now) ?? 0) > 0) return "too many handshakes";
    const remaining = this.#remaining(key, now);
    const slot = this.#acquireSlot(key, remaining);
    return slot === "all of this key taken" && remaining < this.#perAddress
      ? "address charged"
      : slot;
  }

  /** Charges an address. */
  charge(key: string, what: ChargeReason, now: number): void {
    if (key === EXEMPT_KEY || this.#perAddress === Infinity) return;
    this.#charges.charge(key, now, what === "dead" ? 1 : this.#perAddress * MEMORY_CHARGE_SHARE);
  }

  /** Number of connections that an address may have, reduced by its charges. */
  #remaining(key: string, now: number): number {
    if (this.#perAddress === Infinity) return Infinity;
    const charged = this.#charges.used(key, now) - this.#perAddress * FREE_CHARGE_SHARE;
    return this.#perAddress - SLOTS_PER_CHARGE * Math.max(0, charged);
  }

  #acquireSlot(key: string, max: number): ConnectionSlot | AdmissionRefusal {
    const slot = this.#quota.acquire(key, max);
    return typeof slot === "string" ? slot : new AcquiredSlot(this, key, slot);
  }
}

class AcquiredSlot implements ConnectionSlot {
  readonly #admission: AdmissionControl;
  readonly #key: string;
  readonly #slot: Disposable;

  constructor(admission: AdmissionControl, key: string, slot: Disposable) {
    this.#admission = admission;
    this.#key = key;
    this.#slot = slot;
  }

  charge(what: ChargeReason, now: number): void {
    this.#admission.charge(this.#key, what, now);
  }

  [Symbol.dispose](): void {
    this.#slot[Symbol.dispose]();
  }
}
