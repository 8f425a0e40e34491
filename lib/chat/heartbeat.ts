/**
 * Checks the health of all connections with one timer. Each beat checks a slice of them, so that thousands are never
 * checked at once, and carries out the resulting actions. Whether tokens have expired is checked more often, and costs less.
 * @module
 */
import type { ChargeReason } from "../core/limits/connection_limits.ts";
import type { CloseStatus } from "../core/protocol/close_codes.ts";
import {
  checkConnection,
  checkExpiry,
  type HealthAction,
  type HealthPolicy,
  type TokenExpiry,
  type Vitals,
} from "../core/health/connection_health.ts";
import type { RoomEvent } from "../core/log/room_event.ts";
import type { Clock } from "./ports/clock.ts";

/** One connection, as the heartbeat sees it. */
export interface Peer {
  /** Its vital signs; undefined unless it is open. @param now Milliseconds on the heartbeat's clock. */
  vitals(now: number): Vitals | undefined;
  /** See `SignInState.expiry`; undefined if the peer is not open. */
  readonly expiry?: TokenExpiry | null | undefined;
  /** Its status, for {@linkcode Heartbeat.connectionCounts}. @param now Milliseconds on the heartbeat's clock. */
  status(now: number): ConnectionStatus;
  /** Bytes waiting to be sent to it, including overhead; 0 if unknown. */
  bufferedBytes(): number;
  /** Asks it for a sign of life. */
  ping(): void;
  /** Tells it that its token expires soon. */
  announceExpiry?(): void;
  /** Checks whether its user may stay connected. @param event See `SignInState.recheckUser`. */
  recheckUser?(event?: RoomEvent): void;
  /** Ends it, since it reads too slowly. It receives nothing new from then on. */
  drop(): void;
  /** Closes it with this code and reason. Has an effect only on a peer that is open, or was dropped and is not closing yet. */
  close(status: CloseStatus): void;
  /** The key under which its address is rate-limited; undefined if the address has no limits. */
  readonly address?: string | undefined;
  /** Charges its address, once. */
  charge(what: ChargeReason): void;
  /** Called on each check while it is not open. */
  checkEnding?(now: number): void;
}

/** The status of a connection. Each engine has its own. */
export type ConnectionStatus = string;

/** Number of connections by status. */
export type ConnectionCounts = Readonly<Record<ConnectionStatus, number>>;

/** Dropping peers with smaller backlogs would not free a noticeable amount. */
const LARGE_BACKLOG_BYTES = 65_536;

/** Time after which the tokens of all connections are checked again, so none is used for a second after its expiry. */
const EXPIRY_CHECK_MS = 500;

/** Number of beats in which every connection is checked once. */
const BEATS_PER_ROUND = 20;

/** Checks connections and carries out the resulting actions. */
export class Heartbeat {
  readonly #clock: Clock;
  readonly #policy: HealthPolicy;
  readonly #peers = new Set<Peer>();
  // Those with a token that may expire, and those that have not said yet. Most users are guests.
  readonly #mayExpire = new Set<Peer>();
  // A round visits all peers in order of arrival. Peers that arrive meanwhile come last.
  #round: Iterator<Peer> = this.#peers.values();

  /** Watches no peers yet, and beats only during {@linkcode run}. */
  constructor(clock: Clock, policy: HealthPolicy) {
    this.#clock = clock;
    this.#policy = policy;
  }

  /** Watches a peer until {@linkcode unwatch}. */
  watch(peer: Peer): void {
    this.#peers.add(peer);
    this.#mayExpire.add(peer);
  }

  /** Stops watching a peer. */
  unwatch(peer: Peer): void {
    this.#peers.delete(peer);
    this.#mayExpire.delete(peer);
  }

  /** Returns the watched peers in order of arrival: the set itself, not a copy. */
  peers(): Iterable<Peer> {
    return this.#peers;
  }

  /** Closes the peers that a revocation or a decision of moderators concerns. @param event See `SignInState.recheckUser`. */
  recheckUsers(event?: RoomEvent): void {
    for (const peer of this.peers()) peer.recheckUser?.(event);
  }

  /** Counts the watched peers by status. @param statuses Those that are counted even if no peer has them. */
  connectionCounts(statuses: readonly ConnectionStatus[]): ConnectionCounts {
    const counts: Record<ConnectionStatus, number> = {};
    for (const status of statuses) counts[status] = 0;
    const now = this.#clock.now();
    for (const peer of this.peers()) {
      const status = peer.status(now);
      counts[status] = (counts[status] ?? 0) + 1;
    }
    return counts;
  }

  /** Number of bytes waiting to be sent. */
  bufferedBytes(): number {
    let bytes = 0;
    for (const peer of this.peers()) bytes += peer.bufferedBytes();
    return bytes;
  }

  /** Drops the open peers with the largest backlogs, which together hold half of all large backlogs. Returns their number. */
  dropLargestBacklogs(): number {
    const now = this.#clock.now();
    const behind: { peer: Peer; backlog: number }[] = [];
    let total = 0;
    for (const peer of this.peers()) {
      const { backlog } = peer.vitals(now) ?? { backlog: 0 };
      if (backlog < LARGE_BACKLOG_BYTES) continue;
      behind.push({ peer, backlog });
      total += backlog;
    }
    behind.sort((one, other) => other.backlog - one.backlog);
    let dropped = 0;
    for (let droppedBytes = 0; droppedBytes < total / 2; dropped++) {
      const next = behind[dropped];
      if (next === undefined) break;
      droppedBytes += next.backlog;
      next.peer.drop();
    }
    return dropped;
  }

  /** Beats until the signal aborts. Checks every peer five times per ping interval, and at least every 5 s. */
  async run(signal: AbortSignal): Promise<void> {
    const beatMs = Math.min(this.#policy.pingMs / 5, 5_000) / BEATS_PER_ROUND;
    let expiryCheckedAt = -Infinity;
    for (let beat = 0; !signal.aborted; beat++) {
      await this.#clock.sleep(beatMs, signal);
      const now = this.#clock.now();
      if (now - expiryCheckedAt >= EXPIRY_CHECK_MS) {
        this.#checkExpiry(now);
        expiryCheckedAt = now;
      }
      if (beat % BEATS_PER_ROUND === 0) this.#round = this.#peers.values();
      this.#checkSlice(beat % BEATS_PER_ROUND === BEATS_PER_ROUND - 1);
    }
  }

  /** Checks the share of one beat. The last beat of a round checks all remaining peers. */
  #checkSlice(isLast: boolean): void {
    const sliceSize = isLast ? Infinity : Math.ceil(this.#peers.size / BEATS_PER_ROUND);
    for (let checked = 0; checked < sliceSize; checked++) {
      const next = this.#round.next();
      if (next.done) return;
      this.#check(next.value);
    }
  }

  #checkExpiry(now: number): void {
    for (const peer of this.#mayExpire) {
      const { expiry } = peer;
      if (expiry === null) this.#mayExpire.delete(peer);
      else if (expiry) this.#carryOut(checkExpiry(expiry, now), peer);
    }
  }

  #check(peer: Peer): void {
    const now = this.#clock.now();
    const vitals = peer.vitals(now);
    if (vitals === undefined) return peer.checkEnding?.(now);
    this.#carryOut(checkConnection(vitals, this.#policy, now), peer);
  }

  #carryOut(action: HealthAction, peer: Peer): void {
    if (action.kind === "ping") peer.ping();
    else if (action.kind === "announce expiry") peer.announceExpiry?.();
    else if (action.kind === "drop") peer.drop();
    else if (action.kind === "close") peer.close(action.closeStatus);
  }
}
