/**
 * Who may connect: so many in all, so many from one address, and so many handshakes a second from one address. An address
 * whose connections are never properly closed pays for them: each one that died counts against it for a while, also
 * after the runtime has been freed of it, so that a client cannot fill the service with dead sockets again and again.
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

/** Which limit stands against a connection. */
export type AdmissionRefusal =
  | "all taken"
  | "all of this key taken"
  | "too many handshakes"
  | "too many dead"
  | "no memory";

/** A place among the connections, given back by disposing it, as often as one likes. */
export interface Place extends Disposable {
  /** The connection has died and the runtime holds it still: its address pays. */
  charge(now: number): void;
}

/** The key of addresses that no limit of its own holds for: loopback, and where addresses are not known. */
export const EXEMPT = "";

/** What the limits of an address are counted by; {@linkcode EXEMPT} for loopback and for "", which is not known. */
export function admissionKey(address: string): string {
  return address === "" || isLoopback(address) ? EXEMPT : addressKey(address);
}

/**
 * How many HTTP requests of any kind one address may make of one worker; undefined for no limit. A page takes some ten,
 * a program that imports the client library some forty.
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
/** Handshakes at once, in seconds of the rate: everybody in an office comes back when the network does. */
const BURST_SECONDS = 10;
/**
 * Dead connections come back to the account at this rate. Phones that lose their network leave some behind too, so the
 * first ones are free; each one above counts as several connections, until nothing is left of the address's share.
 */
const DEAD = { perSecond: 1 / 20, burst: 40 } as const;
const FREE_DEAD = 16;
const DEAD_WEIGHT = 4;

/** Admits connections. */
export class Admissions {
  readonly #quota: Quota;
  readonly #perAddress: number;
  readonly #handshakes: AddressBuckets | undefined;
  readonly #dead = new AddressBuckets(DEAD);
  /** Whether there is memory for more; the caller knows. */
  hasMemory = true;

  /** Nobody is connected. */
  constructor(limits: AdmissionLimits) {
    const { maxConnections, connectionsPerAddress, handshakesPerSecond: perSecond } = limits;
    this.#perAddress = connectionsPerAddress;
    this.#quota = new Quota(maxConnections);
    this.#handshakes = perSecond === 0
      ? undefined
      : new AddressBuckets({ perSecond, burst: perSecond * BURST_SECONDS });
  }

  /** How many places are taken. */
  get taken(): number {
    return this.#quota.taken;
  }

  /** Takes a place, or says which limit stands against it. @param key Of the address, or {@linkcode EXEMPT}. */
  take(key: string, now: number): Place | AdmissionRefusal {
    if (!this.hasMemory) return "no memory";
    if (key === EXEMPT) return this.#place(key, Infinity);
    if ((this.#handshakes?.take(key, now) ?? 0) > 0) return "too many handshakes";
    const most = this.#perAddress === 0 ? Infinity : this.#perAddress;
    const left = most - DEAD_WEIGHT * Math.max(0, this.#dead.used(key, now) - FREE_DEAD);
    const place = this.#place(key, left);
    return place === "all of this key taken" && left < most ? "too many dead" : place;
  }

  /** A connection of this address has died. */
  charge(key: string, now: number): void {
    if (key !== EXEMPT) this.#dead.charge(key, now);
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

  charge(now: number): void {
    this.#admissions.charge(this.#key, now);
  }

  [Symbol.dispose](): void {
    this.#place[Symbol.dispose]();
  }
}
