/**
 * The heartbeat scheduler: one timer for all connections. Each beat looks at a slice of them, so that thousands are
 * never judged at once, and does what the pulse says. The pings of the WebSocket protocol are not sent here: the runtime
 * sends them, and shows us no pong.
 * @module
 */
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
}

/** How many connections there are of each condition. */
export type Census = Readonly<Record<Condition, number>>;

const SLICES = 20;

/** Watches peers and carries out the pulse. */
export class Heartbeat {
  readonly #clock: Clock;
  readonly #policy: PulsePolicy;
  readonly #slices = Array.from({ length: SLICES }, () => new Set<Peer>());
  #next = 0;

  /** Watches nobody yet, and beats only while {@linkcode run} does. */
  constructor(clock: Clock, policy: PulsePolicy) {
    this.#clock = clock;
    this.#policy = policy;
  }

  /** Watches a peer until the result is disposed. */
  watch(peer: Peer): Disposable {
    // The slices fill in turn and peers come and go at random, so the slices stay about equal.
    const slice = this.#slices[this.#next++ % SLICES] ?? new Set();
    slice.add(peer);
    return { [Symbol.dispose]: () => void slice.delete(peer) };
  }

  /** Everybody who is watched. */
  *peers(): Generator<Peer> {
    for (const slice of this.#slices) yield* slice;
  }

  /** Counts everybody by condition. */
  census(): Census {
    const counts = { connecting: 0, open: 0, parked: 0, closing: 0, stuck: 0, dead: 0 };
    const now = this.#clock.now();
    for (const peer of this.peers()) counts[condition(peer.vitals(now), this.#policy, now)] += 1;
    return counts;
  }

  /** Beats until the signal aborts; every peer is looked at five times in a ping interval, and at least each 5 s. */
  async run(signal: AbortSignal): Promise<void> {
    const beatMs = Math.min(this.#policy.pingMs / 5, 5_000) / SLICES;
    for (let beat = 0; !signal.aborted; beat++) {
      await this.#clock.sleep(beatMs, signal);
      for (const peer of this.#slices[beat % SLICES] ?? []) this.#look(peer);
    }
  }

  #look(peer: Peer): void {
    const now = this.#clock.now();
    const deed = pulse(peer.vitals(now), this.#policy, now);
    if (deed.kind === "ask") peer.ask();
    else if (deed.kind === "park") peer.park();
    else if (deed.kind === "dismiss") peer.close(deed.farewell);
  }
}
