/**
 * The listener: serves HTTP on one port, and comes back when the runtime gives it up. Out of file descriptors, `accept`
 * fails and the runtime ends the listener for good; `finished` tells, and serving again on the same port works as soon
 * as there are descriptors again.
 * @module
 */
import type { Clock } from "../chat/clock.ts";
import { backoffMs } from "../core/backoff.ts";
import { secured, textAnswer } from "./answers.ts";
import { log } from "./log.ts";
import type { Answerer } from "./routes.ts";

const RETRY = { firstMs: 25, longestMs: 1_000 } as const;
const STEADY_MS = 10_000;

/** A port that is served on. */
export class Listener {
  readonly #answer: Answerer;
  readonly #clock: Clock;
  readonly #address: {
    readonly hostname: string;
    readonly port: number;
    readonly reusePort: boolean;
  };
  #server: Deno.HttpServer<Deno.NetAddr>;

  /** Throws `Deno.errors.AddrInUse` where the port is taken. */
  constructor(
    answer: Answerer,
    clock: Clock,
    at: { readonly host: string; readonly port: number; readonly isShared: boolean },
  ) {
    this.#answer = answer;
    this.#clock = clock;
    const asked = { hostname: at.host, port: at.port, reusePort: at.isShared };
    this.#server = this.#serve(asked);
    // Asked for port 0, it must come back on the one that it was given.
    this.#address = { ...asked, port: this.#server.addr.port ?? at.port };
  }

  /** The port, also where any was asked for. */
  get port(): number {
    return this.#address.port;
  }

  /** Serves again whenever serving ends, until the signal aborts. */
  async run(signal: AbortSignal): Promise<void> {
    let attempt = 0;
    while (!signal.aborted) {
      const since = this.#clock.now();
      const why = await this.#server.finished.then(() => "shut down", String);
      if (signal.aborted) return;
      log.error("listener.lost", { why });
      // Lost again as soon as it was back: whatever it lacks, it lacks still.
      attempt = this.#clock.now() - since > STEADY_MS ? 0 : attempt + 1;
      await this.#comeBack(attempt, signal);
    }
  }

  /** Stops accepting and waits for requests under way; hangs on a stuck peer, so race it. */
  shutdown(): Promise<void> {
    return this.#server.shutdown();
  }

  async #comeBack(firstAttempt: number, signal: AbortSignal): Promise<void> {
    for (let attempt = firstAttempt; !signal.aborted; attempt++) {
      await this.#clock.sleep(backoffMs(attempt, RETRY, Math.random()), signal);
      if (signal.aborted) return;
      try {
        this.#server = this.#serve(this.#address);
        return log.info("listener.back", { port: this.port });
      } catch (error) {
        log.debug("listener.not_back", { error: String(error) });
      }
    }
  }

  #serve(
    address: { readonly hostname: string; readonly port: number; readonly reusePort: boolean },
  ): Deno.HttpServer<Deno.NetAddr> {
    return Deno.serve({
      ...address,
      onListen: () => {},
      onError: (error) => {
        log.error("request.broken", { error: String(error) });
        return secured(textAnswer("Internal error\n", 500, { "content-type": "text/plain" }));
      },
      // Read before the upgrade: afterwards it throws. A host such as Deno Deploy may put the listener on something that
      // has no addresses, whatever the types say.
    }, async (request, { remoteAddr }) => {
      return secured(await this.#answer(request, remoteAddr.hostname ?? ""));
    });
  }
}
