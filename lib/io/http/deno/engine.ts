/**
 * The runtime's own engine: `Deno.serve` and `Deno.upgradeWebSocket`. What it cannot do, and what is done about it, is in
 * docs/internals/runtime.md.
 * @module
 */
import type { ConnectionStatus } from "../../../chat/heartbeat.ts";
import type { EngineName } from "../../../core/config/settings_table.ts";
import type { ConnectionSlot } from "../../../core/limits/connection_limits.ts";
import type { Endpoint } from "../connection.ts";
import type {
  AcceptorContext,
  ListenAddress,
  OpenPort,
  PendingUpgrade,
  PortContext,
  SocketAcceptor,
  WebSocketEngine,
} from "../engine.ts";
import { failureResponse, withSecurityHeaders } from "../responses.ts";
import { logger } from "../../logger.ts";
import { DENO_STATUSES, DenoConnection } from "./connection.ts";
import { HandshakeDelay } from "./handshake_delay.ts";

/** Serves with the runtime's own engine. */
export class DenoEngine implements WebSocketEngine {
  readonly name: EngineName = "deno";
  readonly statuses: readonly ConnectionStatus[] = DENO_STATUSES;
  readonly deadStatuses: readonly ConnectionStatus[] = ["stuck", "dead"];
  readonly sharesWrites = false;

  open(
    { handler }: PortContext,
    { host, port, isShared, keyPair }: ListenAddress,
  ): Promise<OpenPort> {
    return new Promise((resolve) => {
      const server = Deno.serve({
        hostname: host,
        port,
        reusePort: isShared,
        ...keyPair,
        onListen: () => {},
        // Read the address before the upgrade: afterwards it throws. On a platform such as Deno Deploy, a listener may have
        // no addresses, despite the types.
      }, async (request, { remoteAddr }) => {
        try {
          return withSecurityHeaders(await handler(request, remoteAddr.hostname ?? ""));
        } catch (error) {
          return failureResponse(error, request.url);
        }
      });
      resolve({
        port: server.addr.port ?? port,
        finished: server.finished,
        shutdown: () => server.shutdown(),
        // It reads the certificate once, and closing the port ends its connections.
        replaceKeyPair: () => false,
      });
    });
  }

  acceptor(context: AcceptorContext): SocketAcceptor {
    const delay = new HandshakeDelay();
    return { begin: (request) => new DenoUpgrade(request, context, delay) };
  }
}

/** Upgrades one request with `Deno.upgradeWebSocket()`. */
class DenoUpgrade implements PendingUpgrade {
  readonly #request: Request;
  readonly #context: AcceptorContext;
  readonly #delay: HandshakeDelay;
  readonly #signal: AbortSignal;

  constructor(request: Request, context: AcceptorContext, delay: HandshakeDelay) {
    this.#request = request;
    this.#context = context;
    this.#delay = delay;
    // Read the signal first, and wait on it later: the runtime leaks the socket of a handshake whose client has gone
    // before the 101 is written, and the signal detects most of them (measurements: docs/internals/runtime.md).
    this.#signal = request.signal;
  }

  isConnected(): Promise<boolean> {
    return this.#delay.wait(this.#signal);
  }

  open(endpoint: Endpoint, slot: ConnectionSlot, address: string | undefined): Response {
    // The runtime pings after half of it.
    const idleTimeout = this.#context.pingSeconds * 2;
    const { subprotocol } = endpoint;
    // The runtime's option throws if the client's offer has no space after its commas.
    const isOption = subprotocol !== undefined &&
      offeredSubprotocols(this.#request).includes(subprotocol);
    const options = isOption ? { idleTimeout, protocol: subprotocol } : { idleTimeout };
    const { socket, response } = Deno.upgradeWebSocket(this.#request, options);
    if (subprotocol !== undefined && !isOption) setSubprotocol(response, subprotocol);
    new DenoConnection(socket, endpoint, this.#context, slot, address);
    return response;
  }
}

/** The offered subprotocols, split as the runtime does it. */
function offeredSubprotocols(request: Request): readonly string[] {
  return request.headers.get("sec-websocket-protocol")?.split(", ") ?? [];
}

/** Deno 2.5.0 does not allow setting this header, and an exception here would end the listener. */
function setSubprotocol(response: Response, subprotocol: string): void {
  try {
    response.headers.set("sec-websocket-protocol", subprotocol);
  } catch (error) {
    logger.debug("subprotocol.not_sent", { error: String(error) });
  }
}
