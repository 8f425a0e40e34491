/**
 * Limits on connections: in total, per address, and handshakes per second per address. Connections that are never closed
 * properly are charged to their address for a while, even after the runtime is rid of them, so that a client cannot fill
 * the service with dead sockets again and again.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * const limits = { maxConnections: 100, connectionsPerAddress: 1, handshakesPerSecond: 0 };
 * const admissions = new Admissions(limits);
 * const place = admissions.take("192.0.2.1", 0);
 * assert.equal(admissions.take("192.0.2.1", 0), "all of this key taken");
 * if (typeof place === "object") place[Symbol.dispose]();
 * assert.equal(typeof admissions.take("192.0.2.1", 0), "object");
 * ```
 * @module
 */
import { addressKey, isLoopback } from "./addresses.ts";
import { AddressBuckets } from "./address_buckets.ts";
import { Quota } from "./limits.ts";

/** The settings that limit connections; 0 for no limit of its own. */
export interface AdmissionLimits {
  /** In all. */
  readonly maxConnections: number;
  /** At a time from one address. */
  readonly connectionsPerAddress: number;
  /** From one address. */
  readonly handshakesPerSecond: number;
}

/** The limit by which a connection is refused. */
export type AdmissionRefusal =
  | "all taken"
  | "all of this key taken"
  | "too many handshakes"
  | "address charged"
  | "no memory";

/** A place among the connections. Disposing it gives it back; disposing it twice does nothing. */
export interface Place extends Disposable {
  /** Charges the address of the connection. */
  charge(what: Charge, now: number): void;
}

/** The key of addresses without limits: loopback and unknown addresses. */
export const EXEMPT = "";

/** The key under which an address is counted; {@linkcode EXEMPT} for loopback and for "", an unknown address. */
export function admissionKey(address: string): string {
  return address === "" || isLoopback(address) ? EXEMPT : addressKey(address);
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
/** Burst of handshakes, in seconds of the rate: an office reconnects all at once when its network is back. */
const BURST_SECONDS = 10;
/** What an address is charged for: a connection that the runtime never frees, or being a suspect when memory ran out. */
export type Charge = "dead" | "memory";

/**
 * Dead connections, as shares of the limit per address. Phones that lose their network leave some behind too, so the
 * first ones are free; each further one takes two places, and one is forgiven every ten seconds.
 */
const FREE_SHARE = 1 / 4;
const PLACES_EACH = 2;
const FORGIVEN_PER_SECOND = 1 / 10;
/** Three charges within minutes refuse an address; each further one adds about ten minutes. */
const MEMORY_SHARE = 1 / 4;

/** Admits connections. */
export class Admissions {
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

  /** Number of places taken. */
  get taken(): number {
    return this.#quota.taken;
  }

  /** Takes a place, or returns the limit that refuses it. @param key Of the address, or {@linkcode EXEMPT}. */
  take(key: string, now: number): Place | AdmissionRefusal {
    if (!this.hasMemory) return "no memory";
    if (key === EXEMPT) return this.#place(key, Infinity);
    if ((this.#handshakes?.take(key, now) ?? 0) > 0) return "too many handshakes";
    const left = this.#left(key, now);
    const place = this.#place(key, left);
    return place === "all of this key taken" && left < this.#perAddress ? "address charged" : place;
  }

  /** Charges an address. */
  charge(key: string, what: Charge, now: number): void {
    if (key === EXEMPT || this.#perAddress === Infinity) return;
    this.#charges.charge(key, now, what === "dead" ? 1 : this.#perAddress * MEMORY_SHARE);
  }

  /** Number of connections that an address may hold, less what it is charged for. */
  #left(key: string, now: number): number {
    if (this.#perAddress === Infinity) return Infinity;
    const charged = this.#charges.used(key, now) - this.#perAddress * FREE_SHARE;
    return this.#perAddress - PLACES_EACH * Math.max(0, charged);
  }

  #place(key: string, max: number): Place | AdmissionRefusal {
    const taken = this.#quota.take(key, max);
    return typeof taken === "string" ? taken : new Taken(this, key, taken);
  }
}

/** A place that is taken. */
class Taken implements Place {
  readonly #admissions: Admissions;
  readonly #key: string;
  readonly #place: Disposable;

  constructor(admissions: Admissions, key: string, place: Disposable) {
    this.#admissions = admissions;
    this.#key = key;
    this.#place = place;
  }

  charge(what: Charge, now: number): void {
    this.#admissions.charge(this.#key, what, now);
  }

  [Symbol.dispose](): void {
    this.#place[Symbol.dispose]();
  }
}
