/**
 * The second engine: `node:http`, and the package `ws` for everything that WebSocket asks for. Other requests reach the
 * same handler through Hono's adapter.
 * @module
 */
import type { Buffer } from "node:buffer";
import { createServer, type IncomingMessage } from "node:http";
import type { Socket } from "node:net";
import { getRequestListener } from "@hono/node-server";
// @ts-types="./ws.d.ts"
import { WebSocketServer } from "ws";
import type { ConnectionStatus } from "../../../chat/heartbeat.ts";
import type { EngineName } from "../../../core/config/settings_table.ts";
import type { ConnectionSlot } from "../../../core/limits/connection_limits.ts";
import { type Refusal, refuse } from "../../../core/http/handshake.ts";
import type { Endpoint } from "../connection.ts";
import type {
  AcceptorContext,
  ListenAddress,
  OpenPort,
  PendingUpgrade,
  RequestHandler,
  SocketAcceptor,
  WebSocketEngine,
} from "../engine.ts";
import { internalErrorResponse, refusalResponse, withSecurityHeaders } from "../responses.ts";
import { logger } from "../../logger.ts";
import { NODE_STATUSES, NodeConnection } from "./connection.ts";
import { requestOf, writeResponse } from "./upgrade_messages.ts";

/** Time in which a peer must answer a close frame, and read what was sent before it. */
const CLOSE_TIMEOUT_MS = 3_000;
/** Maximum number of fragments of a message. */
const MAX_FRAGMENTS = 1_024;

const BAD_REQUEST = refuse(400, "The request is not HTTP/1.1");
const BAD_HOST = refuse(400, "Host is not a host and port");
const LONG_HEAD = refuse(431, "The head of the request has more than 16 KB");

/** A request to upgrade, as Node hands it over. */
interface RawUpgrade {
  readonly incoming: IncomingMessage;
  readonly stream: Socket;
  /** What the client has already sent after the request. */
  readonly head: Buffer;
  /** Whether it has become a connection. */
  isOpen: boolean;
}

/** Serves with `node:http` and `ws`. */
export class NodeEngine implements WebSocketEngine {
  readonly name: EngineName = "node";
  readonly statuses: readonly ConnectionStatus[] = NODE_STATUSES;
  readonly deadStatuses: readonly ConnectionStatus[] = [];
  readonly #upgrades = new WeakMap<Request, RawUpgrade>();

  open(handler: RequestHandler, { host, port, isShared }: ListenAddress): Promise<OpenPort> {
    const respond = async (request: Request, remote: string) => {
      try {
        return withSecurityHeaders(await handler(request, remote));
      } catch (error) {
        logger.error("request.failed", { error: String(error) });
        return internalErrorResponse();
      }
    };
    const server = createServer(getRequestListener(
      (request, { incoming }) => respond(request, incoming.socket.remoteAddress ?? ""),
      {
        overrideGlobalObjects: false,
        // For HTTP/1.0 without Host.
        hostname: host.includes(":") ? `[${host}]` : host,
        errorHandler: () => badRequestResponse(BAD_HOST),
      },
    ));
    server.on("clientError", (error: NodeJS.ErrnoException, stream: Socket) => {
      const refusal = error.code === "HPE_HEADER_OVERFLOW" ? LONG_HEAD : BAD_REQUEST;
      writeResponse(stream, badRequestResponse(refusal));
    });
    const streams = new Set<Socket>();
    server.on("connection", (stream: Socket) => {
      streams.add(stream);
      stream.on("close", () => streams.delete(stream));
    });
    server.on("upgrade", (incoming: IncomingMessage, stream: Socket, head: Buffer) => {
      // Without a listener, a reset would end the process.
      const ignore = () => {};
      stream.on("error", ignore);
      this.#upgrade(respond, { incoming, stream, head, isOpen: false })
        .finally(() => stream.off("error", ignore));
    });
    const finished = Promise.withResolvers<void>();
    finished.promise.catch(() => {});
    const opened = Promise.withResolvers<OpenPort>();
    server.on("error", (error: NodeJS.ErrnoException) => {
      opened.reject(listenError(error));
      finished.reject(error);
    });
    server.on("close", () => finished.resolve());
    server.listen({ host, port, reusePort: isShared }, () => {
      const address = server.address();
      opened.resolve({
        port: typeof address === "object" && address ? address.port : port,
        finished: finished.promise,
        shutdown: async () => {
          server.close();
          server.closeIdleConnections();
          for (const stream of streams) stream.destroy();
          await finished.promise.catch(() => {});
        },
      });
    });
    return opened.promise;
  }

  acceptor(context: AcceptorContext): SocketAcceptor {
    const servers = new Map<number, WebSocketServer>();
    return {
      begin: (request) => new NodeUpgrade(this.#upgrades.get(request), context, servers),
    };
  }

  /** Handles a request to upgrade. Writes the refusal if it does not become a connection. */
  async #upgrade(
    respond: (request: Request, remote: string) => Promise<Response>,
    raw: RawUpgrade,
  ): Promise<void> {
    const { incoming, stream } = raw;
    const request = requestOf(incoming);
    if (request === undefined) {
      return await writeResponse(stream, badRequestResponse(BAD_HOST));
    }
    this.#upgrades.set(request, raw);
    const response = await respond(request, stream.remoteAddress ?? "");
    if (!raw.isOpen) await writeResponse(stream, response);
  }
}

/** One upgrade. */
class NodeUpgrade implements PendingUpgrade {
  // Undefined for a request that does not ask for an upgrade.
  readonly #raw: RawUpgrade | undefined;
  readonly #context: AcceptorContext;
  readonly #servers: Map<number, WebSocketServer>;

  constructor(
    raw: RawUpgrade | undefined,
    context: AcceptorContext,
    servers: Map<number, WebSocketServer>,
  ) {
    this.#raw = raw;
    this.#context = context;
    this.#servers = servers;
  }

  isConnected(): boolean {
    return this.#raw?.stream.destroyed === false;
  }

  open(endpoint: Endpoint, slot: ConnectionSlot, address: string | undefined): Response {
    if (this.#raw === undefined) {
      throw new TypeError("Cannot upgrade: the request does not ask for it");
    }
    const { incoming, stream, head } = this.#raw;
    // The subprotocol has been chosen: the package would refuse an offer that is not well-formed.
    if (endpoint.subprotocol === undefined) delete incoming.headers["sec-websocket-protocol"];
    else incoming.headers["sec-websocket-protocol"] = endpoint.subprotocol;
    this.#raw.isOpen = true;
    this.#serverOf(endpoint).handleUpgrade(incoming, stream, head, (socket) => {
      new NodeConnection(socket, stream, endpoint, this.#context, slot, address);
    });
    return new Response(null);
  }

  /** The package's server for endpoints with the same maximum message size. */
  #serverOf({ maxMessageBytes }: Endpoint): WebSocketServer {
    const known = this.#servers.get(maxMessageBytes);
    if (known) return known;
    const server = new WebSocketServer({
      noServer: true,
      clientTracking: false,
      perMessageDeflate: false,
      // One message each turn of the event loop: a burst of one client must not hold up the others.
      allowSynchronousEvents: false,
      maxPayload: maxMessageBytes,
      maxFragments: MAX_FRAGMENTS,
      closeTimeout: CLOSE_TIMEOUT_MS,
    });
    this.#servers.set(maxMessageBytes, server);
    return server;
  }
}

/** The response to a request that reaches no handler. */
function badRequestResponse(refusal: Refusal): Response {
  return withSecurityHeaders(refusalResponse(refusal));
}

/** What the callers know of `Deno.serve`. */
function listenError(error: NodeJS.ErrnoException): Error {
  const { code, message } = error;
  if (code === "EADDRINUSE") return new Deno.errors.AddrInUse(message);
  if (code === "EADDRNOTAVAIL") return new Deno.errors.AddrNotAvailable(message);
  if (code === "EACCES") return new Deno.errors.PermissionDenied(message);
  return error;
}
