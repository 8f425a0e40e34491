/**
 * Notices that a port accepts no more connections. When file descriptors run out, the runtime stops accepting for good,
 * without an event (Deno 2.9.6). So a port that has accepted nothing for a while connects to itself: if nothing answers,
 * it is lost. Where several workers share the port, another one may answer, and the next attempt may reach this one.
 * @module
 */
import { connect } from "node:net";
import type { Clock } from "../../../chat/ports/clock.ts";

/** `silent`: it connected, and nothing answered in time. `unknown`: it could not connect. */
export type ProbeResult = "answered" | "silent" | "unknown";

/** Connects to the port, and resolves when it has answered, or has not. */
export type Probe = () => Promise<ProbeResult>;

const INTERVAL_MS = 2_000;
/** A worker that does not answer for this long would be replaced. */
const ANSWER_MS = 5_000;
/** Where workers share the port, one silence can be that of another worker, which is busy. */
const SILENCES = 2;
const REQUEST = "GET /healthz HTTP/1.0\r\n\r\n";

/** Watches one port. */
export class AcceptWatch {
  readonly #probe: Probe;
  readonly #clock: Clock;
  #acceptedCount = 0;

  /** Probes nothing before {@linkcode whenLost}. */
  constructor(probe: Probe, clock: Clock) {
    this.#probe = probe;
    this.#clock = clock;
  }

  /** Records that the port has accepted a connection. */
  onAccepted(): void {
    this.#acceptedCount += 1;
  }

  /** Resolves when the port accepts no more connections: to true; or when the signal aborts: to false. */
  async whenLost(signal: AbortSignal): Promise<boolean> {
    let count = this.#acceptedCount;
    let silences = 0;
    while (!signal.aborted) {
      await this.#clock.sleep(INTERVAL_MS, signal);
      if (signal.aborted) break;
      if (this.#acceptedCount === count && await this.#probe() === "silent") silences += 1;
      if (this.#acceptedCount !== count) silences = 0;
      if (silences === SILENCES) return !signal.aborted;
      count = this.#acceptedCount;
    }
    return false;
  }
}

/** A probe of a port of this process. */
export function tcpProbe(host: string, port: number): Probe {
  return () =>
    new Promise((resolve) => {
      let isConnected = false;
      const socket = connect({ host, port });
      const finish = (result: ProbeResult) => {
        clearTimeout(timer);
        socket.destroy();
        resolve(result);
      };
      const timer = setTimeout(() => {
        // An answer may have arrived while this thread was busy.
        setImmediate(() => finish(isConnected ? "silent" : "unknown"));
      }, ANSWER_MS);
      socket.on("connect", () => {
        isConnected = true;
        socket.write(REQUEST);
      });
      // A refusal is an answer too.
      socket.on("data", () => finish("answered"));
      socket.on("end", () => finish("answered"));
      socket.on("error", () => finish(isConnected ? "answered" : "unknown"));
    });
}
