/**
 * The heartbeat scheduler: one timer for all connections. Each beat looks at a slice of them, so that thousands are
 * never judged at once, and does what the pulse says. The pings of the WebSocket protocol are not sent here: the runtime
 * sends them, and shows us no pong.
 * @module
 */
import type { Charge } from "../core/admissions.ts";
import type { Farewell } from "../core/farewells.ts";
import { type Condition, condition, pulse, type PulsePolicy, type Vitals } from "../core/pulse.ts";
import type { Clock } from "./clock.ts";

/** One connection, as the heartbeat sees it. */
export interface Peer {
  /** Its vital signs. @param now Milliseconds by the heartbeat's clock. */
  vitals(now: number): Vitals;
  /** Asks it whether it is there. */
  ask(): void;
  /** Takes it out of its rooms; it gets nothing more. */
  park(): void;
  /** Closes it. */
  close(farewell: Farewell): void;
  /** The key under which its address is counted; undefined if the address has no limits. */
  readonly address?: string | undefined;
  /** Charges its address, once. */
  charge(what: Charge): void;
}

/** How many connections there are of each condition. */
export type Census = Readonly<Record<Condition, number>>;

/** Parking peers with smaller backlogs would not free a noticeable amount. */
const LARGE_BACKLOG_BYTES = 65_536;

/** In so many beats, everybody is looked at once. */
const BEATS = 20;

/** Watches peers and carries out the pulse. */
export class Heartbeat {
  readonly #clock: Clock;
  readonly #policy: PulsePolicy;
  readonly #peers = new Set<Peer>();
  // A round goes through all of them in the order of coming; who comes meanwhile is at its end.
  #round: Iterator<Peer> = this.#peers.values();

  /** Watches nobody yet, and beats only while {@linkcode run} does. */
  constructor(clock: Clock, policy: PulsePolicy) {
    this.#clock = clock;
    this.#policy = policy;
  }

  /** Watches a peer until it is forgotten. */
  watch(peer: Peer): void {
    this.#peers.add(peer);
  }

  /** Watches a peer no more. */
  forget(peer: Peer): void {
    this.#peers.delete(peer);
  }

  /** Everybody who is watched. */
  peers(): Iterable<Peer> {
    return this.#peers;
  }

  /** Counts everybody by condition. */
  census(): Census {
    const counts = { connecting: 0, open: 0, parked: 0, closing: 0, stuck: 0, dead: 0 };
    const now = this.#clock.now();
    for (const peer of this.peers()) counts[condition(peer.vitals(now), this.#policy, now)] += 1;
    return counts;
  }

  /** How much waits to be sent, in bytes; what waits for those who are closing is not known. */
  buffered(): number {
    let bytes = 0;
    const now = this.#clock.now();
    for (const peer of this.peers()) {
      const vitals = peer.vitals(now);
      if ("backlog" in vitals) bytes += vitals.backlog;
    }
    return bytes;
  }

  /**
   * Parks the open peers with the largest backlogs, which together hold half of all large backlogs. They still receive what
   * was already sent, and nothing new. Returns the number of parked peers.
   */
  relieve(): number {
    const now = this.#clock.now();
    const behind: { peer: Peer; backlog: number }[] = [];
    let total = 0;
    for (const peer of this.peers()) {
      const vitals = peer.vitals(now);
      if (vitals.state !== "open" || vitals.backlog < LARGE_BACKLOG_BYTES) continue;
      behind.push({ peer, backlog: vitals.backlog });
      total += vitals.backlog;
    }
    behind.sort((one, other) => other.backlog - one.backlog);
    let parked = 0;
    for (let held = 0; held < total / 2; parked++) {
      const next = behind[parked];
      if (next === undefined) break;
      held += next.backlog;
      next.peer.park();
    }
    return parked;
  }

  /** Beats until the signal aborts; every peer is looked at five times in a ping interval, and at least each 5 s. */
  async run(signal: AbortSignal): Promise<void> {
    const beatMs = Math.min(this.#policy.pingMs / 5, 5_000) / BEATS;
    for (let beat = 0; !signal.aborted; beat++) {
      await this.#clock.sleep(beatMs, signal);
      if (beat % BEATS === 0) this.#round = this.#peers.values();
      this.#lookAtSome(beat % BEATS === BEATS - 1);
    }
  }

  /** A beat's share; the last beat of a round looks at all who are left. */
  #lookAtSome(isLast: boolean): void {
    const share = isLast ? Infinity : Math.ceil(this.#peers.size / BEATS);
    for (let looked = 0; looked < share; looked++) {
      const next = this.#round.next();
      if (next.done) return;
      this.#look(next.value);
    }
  }

  #look(peer: Peer): void {
    const now = this.#clock.now();
    const deed = pulse(peer.vitals(now), this.#policy, now);
    if (deed.kind === "ask") peer.ask();
    else if (deed.kind === "park") peer.park();
    else if (deed.kind === "charge") peer.charge("dead");
    else if (deed.kind === "dismiss") peer.close(deed.farewell);
  }
}
