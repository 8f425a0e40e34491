/**
 * The second engine: `node:http`, and the package `ws` for everything that WebSocket asks for.
 * @module
 */
import type { Socket } from "node:net";
// @ts-types="./ws.d.ts"
import { WebSocketServer } from "ws";
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
import { CLOSE_TIMEOUT_MS, NODE_STATUSES, NodeConnection } from "./connection.ts";
import { NodePort, type RawUpgrade } from "./port.ts";

/** Maximum number of fragments of a message. */
const MAX_FRAGMENTS = 1_024;

/** Serves with `node:http` and `ws`. */
export class NodeEngine implements WebSocketEngine {
  readonly name: EngineName = "node";
  readonly statuses: readonly ConnectionStatus[] = NODE_STATUSES;
  readonly deadStatuses: readonly ConnectionStatus[] = [];
  readonly sharesWrites = true;
  readonly #upgrades = new WeakMap<Request, RawUpgrade>();

  open(context: PortContext, address: ListenAddress): Promise<OpenPort> {
    return NodePort.open(context, address, this.#upgrades);
  }

  acceptor(context: AcceptorContext): SocketAcceptor {
    const servers = new ServersBySize();
    return {
      begin: (request) => new NodeUpgrade(this.#upgrades.get(request), context, servers),
    };
  }
}

/** Upgrades one request with the package `ws`. */
class NodeUpgrade implements PendingUpgrade {
  // Undefined for a request that does not ask for an upgrade.
  readonly #raw: RawUpgrade | undefined;
  readonly #context: AcceptorContext;
  readonly #servers: ServersBySize;

  constructor(raw: RawUpgrade | undefined, context: AcceptorContext, servers: ServersBySize) {
    this.#raw = raw;
    this.#context = context;
    this.#servers = servers;
  }

  isConnected(): boolean {
    return this.#raw?.stream.destroyed === false;
  }

  open(endpoint: Endpoint, slot: ConnectionSlot, address: string | undefined): Response {
    const raw = this.#raw;
    if (raw === undefined) throw new TypeError("Cannot upgrade: the request does not ask for it");
    const { incoming, stream, head } = raw;
    // Both lists have been read: the package would refuse a further protocol, and an offer that is not well-formed.
    incoming.headers.upgrade = "websocket";
    if (endpoint.subprotocol === undefined) delete incoming.headers["sec-websocket-protocol"];
    else incoming.headers["sec-websocket-protocol"] = endpoint.subprotocol;
    stream.end = endOnce;
    const server = this.#servers.get(endpoint.maxMessageBytes);
    server.handleUpgrade(incoming, stream, head, (socket) => {
      raw.isOpen = true;
      new NodeConnection(socket, stream, endpoint, this.#context, slot, address);
    });
    // The client has gone, or what the package checks once more is wrong after all: it has ended the stream.
    if (!raw.isOpen) slot[Symbol.dispose]();
    raw.isOpen = true;
    return new Response(null);
  }
}

/**
 * The package ends a stream again when the peer has closed it. Each time, the runtime builds an error with a stack trace
 * and discards it: a quarter of the CPU of connecting and leaving (docs/internals/decisions/0036, Deno 2.9.6).
 */
function endOnce(this: Socket, ...args: unknown[]): Socket {
  return this.writableEnded ? this : Object.getPrototypeOf(this).end.apply(this, args);
}

/** The package's servers: each has one maximum message size. */
class ServersBySize {
  readonly #servers = new Map<number, WebSocketServer>();

  get(maxPayload: number): WebSocketServer {
    const known = this.#servers.get(maxPayload);
    if (known) return known;
    const server = new WebSocketServer({
      noServer: true,
      clientTracking: false,
      perMessageDeflate: false,
      // One message each turn of the event loop: a burst of one client must not hold up the others.
      allowSynchronousEvents: false,
      maxPayload,
      maxFragments: MAX_FRAGMENTS,
      closeTimeout: CLOSE_TIMEOUT_MS,
    });
    this.#servers.set(maxPayload, server);
    return server;
  }
}
