/**
 * Serves HTTP on one port, and reopens the port when it is lost: when file descriptors run out, `accept` fails, and the
 * runtime ends its listener permanently. Opening the same port works as soon as descriptors are free.
 * @module
 */
import { backoffMs } from "../../core/backoff.ts";
import { logger } from "../logger.ts";
import type { KeyPair } from "../tls/key_pair.ts";
import type { ListenAddress, OpenPort, PortContext, WebSocketEngine } from "./engine.ts";

const RETRY = { firstMs: 25, longestMs: 1_000 } as const;
const STEADY_MS = 10_000;

/** What a {@linkcode Listener} needs. */
export interface ListenerContext extends PortContext {
  /** Opens the port. */
  readonly engine: Pick<WebSocketEngine, "open">;
}

/** Serves one port and reopens it when it is lost. */
export class Listener {
  readonly #context: ListenerContext;
  #address: ListenAddress;
  #open: OpenPort;
  #reopenRequest = Promise.withResolvers<"requested">();

  private constructor(context: ListenerContext, address: ListenAddress, open: OpenPort) {
    this.#context = context;
    this.#address = address;
    this.#open = open;
  }

  /** Opens the port. Rejects with `Deno.errors.AddrInUse` if it is taken. */
  static async open(context: ListenerContext, address: ListenAddress): Promise<Listener> {
    const open = await context.engine.open(context, address);
    // With port 0, reopening must use the port that was assigned.
    return new Listener(context, { ...address, port: open.port }, open);
  }

  /** The actual port, even if 0 was requested. */
  get port(): number {
    return this.#address.port;
  }

  /** Reopens the port whenever it is lost, until the signal aborts. */
  async run(signal: AbortSignal): Promise<void> {
    const { clock } = this.#context;
    let attempt = 0;
    while (!signal.aborted) {
      const since = clock.now();
      const lost = this.#open.finished.then(() => "shut down", String);
      const why = await Promise.race([this.#reopenRequest.promise, lost]);
      if (signal.aborted) return;
      if (why === "requested") {
        this.#reopenRequest = Promise.withResolvers();
        // Closes the port at once, but does not resolve while a peer is stuck.
        this.#open.shutdown().catch(() => {});
        await this.#reopen(0, signal);
        continue;
      }
      logger.error("listener.lost", { why });
      // Lost again soon after it was reopened: the cause persists, so back off further.
      attempt = clock.now() - since > STEADY_MS ? 0 : attempt + 1;
      await this.#reopen(attempt, signal);
    }
  }

  /** Uses another certificate for new connections, at the latest when the port is opened again; false if only then. */
  replaceKeyPair(pair: KeyPair): boolean {
    this.#address = { ...this.#address, keyPair: pair };
    return this.#open.replaceKeyPair(pair);
  }

  /** Requests that the port is closed, which may end its connections, and opened again. */
  reopen(): void {
    this.#reopenRequest.resolve("requested");
  }

  /** Stops accepting and waits for requests in progress. May never resolve if a peer is stuck: use a timeout. */
  shutdown(): Promise<void> {
    return this.#open.shutdown();
  }

  async #reopen(firstAttempt: number, signal: AbortSignal): Promise<void> {
    const { clock, engine } = this.#context;
    for (let attempt = firstAttempt; !signal.aborted; attempt++) {
      await clock.sleep(backoffMs(attempt, RETRY, Math.random()), signal);
      if (signal.aborted) return;
      try {
        const address = this.#address;
        this.#open = await engine.open(this.#context, address);
        // The certificate may have been replaced while the port was being opened with the last one.
        const { keyPair } = this.#address;
        const isStale = keyPair !== undefined && keyPair !== address.keyPair;
        if (isStale && !this.#open.replaceKeyPair(keyPair)) this.reopen();
        return logger.info("listener.reopened", { port: this.port });
      } catch (error) {
        logger.debug("listener.reopen_failed", { error: String(error) });
      }
    }
  }
}
