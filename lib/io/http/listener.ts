/**
 * Serves HTTP on one port, and reopens the port when the runtime stops listening. When file descriptors run out, `accept`
 * fails, and the runtime ends the listener permanently and resolves `finished`. Serving again on the same port works as
 * soon as descriptors are free.
 * @module
 */
import type { Clock } from "../../chat/ports/clock.ts";
import { backoffMs } from "../../core/backoff.ts";
import { textResponse, withSecurityHeaders } from "./responses.ts";
import { logger } from "../logger.ts";
import type { RequestHandler } from "./routes.ts";

const RETRY = { firstMs: 25, longestMs: 1_000 } as const;
const STEADY_MS = 10_000;

/** Serves one port and reopens it when it is lost. */
export class Listener {
  readonly #handler: RequestHandler;
  readonly #clock: Clock;
  readonly #address: {
    readonly hostname: string;
    readonly port: number;
    readonly reusePort: boolean;
  };
  #server: Deno.HttpServer<Deno.NetAddr>;

  /** Throws `Deno.errors.AddrInUse` if the port is taken. */
  constructor(
    handler: RequestHandler,
    clock: Clock,
    address: { readonly host: string; readonly port: number; readonly isShared: boolean },
  ) {
    this.#handler = handler;
    this.#clock = clock;
    const requested = { hostname: address.host, port: address.port, reusePort: address.isShared };
    this.#server = this.#serve(requested);
    // With port 0, reopening must use the port that was assigned.
    this.#address = { ...requested, port: this.#server.addr.port ?? address.port };
  }

  /** The actual port, even if 0 was requested. */
  get port(): number {
    return this.#address.port;
  }

  /** Reopens the port whenever it is lost, until the signal aborts. */
  async run(signal: AbortSignal): Promise<void> {
    let attempt = 0;
    while (!signal.aborted) {
      const since = this.#clock.now();
      const why = await this.#server.finished.then(() => "shut down", String);
      if (signal.aborted) return;
      logger.error("listener.lost", { why });
      // Lost again soon after it was reopened: the cause persists, so back off further.
      attempt = this.#clock.now() - since > STEADY_MS ? 0 : attempt + 1;
      await this.#reopen(attempt, signal);
    }
  }

  /** Stops accepting and waits for requests in progress. May never resolve if a peer is stuck: use a timeout. */
  shutdown(): Promise<void> {
    return this.#server.shutdown();
  }

  async #reopen(firstAttempt: number, signal: AbortSignal): Promise<void> {
    for (let attempt = firstAttempt; !signal.aborted; attempt++) {
      await this.#clock.sleep(backoffMs(attempt, RETRY, Math.random()), signal);
      if (signal.aborted) return;
      try {
        this.#server = this.#serve(this.#address);
        return logger.info("listener.reopened", { port: this.port });
      } catch (error) {
        logger.debug("listener.reopen_failed", { error: String(error) });
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
        logger.error("request.failed", { error: String(error) });
        return withSecurityHeaders(
          textResponse("Internal error\n", 500, { "content-type": "text/plain" }),
        );
      },
      // Read the address before the upgrade: afterwards it throws. On a platform such as Deno Deploy, a listener may have
      // no addresses, despite the types.
    }, async (request, { remoteAddr }) => {
      return withSecurityHeaders(await this.#handler(request, remoteAddr.hostname ?? ""));
    });
  }
}
