/**
 * A port of `node:http`. Requests reach the handler through Hono's adapter; an upgrade is handed over with its bare
 * stream, and responded to here if it does not become a connection.
 * @module
 */
import type { Buffer } from "node:buffer";
import { type IncomingMessage, ServerResponse } from "node:http";
import type { Socket } from "node:net";
import { getRequestListener } from "@hono/node-server";
import { RESPONSE_ALREADY_SENT } from "@hono/node-server/utils/response";
import { parseAddress } from "../../../core/http/ip_address.ts";
import { type Refusal, refuse } from "../../../core/http/handshake.ts";
import type { ListenAddress, OpenPort, PortContext, RequestHandler } from "../engine.ts";
import { failureResponse, refusalFor, refusalResponse, withSecurityHeaders } from "../responses.ts";
import { withTimeout } from "../../timeout.ts";
import type { KeyPair } from "../../tls/key_pair.ts";
import { AcceptWatch, tcpProbe } from "./accept_watch.ts";
import {
  createNodeServer,
  isInHandshake,
  type NodeServer,
  replaceKeyPair,
  tcpStreamOf,
} from "./server.ts";
import { checkHost } from "../../../core/http/handshake.ts";
import { connectionOf, type EventConnection } from "../event_connection.ts";
import { TcpGuard } from "./tcp_guard.ts";
import { requestOf, writeResponse } from "./upgrade_messages.ts";

/** Listening takes some milliseconds, or never ends. */
const LISTEN_TIMEOUT_MS = 5_000;
const BAD_REQUEST = refuse(
  400,
  "The request is not HTTP/1.1, or its method or target is not allowed",
);
const BAD_HOST = refuse(400, "Host is not a host and port");
const LONG_HEAD = refuse(431, "The head of the request has more than 16 KB");

/** A request to upgrade, as Node hands it over. */
export interface RawUpgrade {
  /** The request. */
  readonly incoming: IncomingMessage;
  /** The connection that it came on. */
  readonly stream: Socket;
  /** What the client has already sent after the request. */
  readonly head: Buffer;
  /** Whether it has become a WebSocket. */
  isOpen: boolean;
}

/** An open port. */
export class NodePort implements OpenPort {
  readonly #handler: RequestHandler;
  readonly #upgrades: WeakMap<Request, RawUpgrade>;
  readonly #guard: TcpGuard;
  readonly #server: NodeServer;
  readonly #streams = new Set<Socket>();
  readonly #life = new AbortController();
  readonly #finished = Promise.withResolvers<void>();
  #acceptWatch: AcceptWatch | undefined;

  private constructor(
    { handler, clock, tcpLimits }: PortContext,
    { host, keyPair }: ListenAddress,
    upgrades: WeakMap<Request, RawUpgrade>,
  ) {
    this.#handler = handler;
    this.#upgrades = upgrades;
    this.#guard = new TcpGuard(tcpLimits, clock);
    const listener = getRequestListener(
      async (request, { incoming, outgoing }) => {
        const remote = incoming.socket.remoteAddress ?? "";
        const response = await this.#respond(request, remote);
        const connection = connectionOf(response);
        if (connection === undefined || !(outgoing instanceof ServerResponse)) return response;
        sendEvents(connection, response, incoming.socket, outgoing);
        return RESPONSE_ALREADY_SENT;
      },
      {
        overrideGlobalObjects: false,
        // For HTTP/1.0 without Host.
        hostname: host.includes(":") ? `[${host}]` : host,
        errorHandler: () => badRequestResponse(BAD_HOST),
      },
    );
    this.#server = createNodeServer((incoming, outgoing) => {
      if (!this.#watchResponse(incoming, outgoing)) return;
      const { headers: { host = null }, method = "GET", socket, url = "" } = incoming;
      // The listener refuses these too, but knows no URL then, and so not in which form.
      const refusal = checkHost({ method, headers: { get: () => host } });
      if (refusal === undefined) listener(incoming, outgoing);
      else writeResponse(socket, withSecurityHeaders(refusalFor(url, refusal)), method === "HEAD");
    }, keyPair);
    this.#server.on("connection", (stream: Socket) => this.#onConnection(stream));
    this.#server.on("upgrade", (incoming: IncomingMessage, stream: Socket, head: Buffer) => {
      this.#onUpgrade({ incoming, stream, head, isOpen: false });
    });
    this.#server.on("clientError", (error: NodeJS.ErrnoException, stream: Socket) => {
      if (isInHandshake(stream)) return stream.destroy();
      const refusal = error.code === "HPE_HEADER_OVERFLOW" ? LONG_HEAD : BAD_REQUEST;
      writeResponse(stream, badRequestResponse(refusal));
    });
    this.#server.on("error", (error: Error) => this.#finished.reject(error));
    this.#server.on("close", () => {
      this.#life.abort();
      this.#finished.resolve();
    });
    this.#finished.promise.catch(() => {});
  }

  /** Opens it. @param upgrades Where acceptors find the upgrade of a request. */
  static async open(
    context: PortContext,
    address: ListenAddress,
    upgrades: WeakMap<Request, RawUpgrade>,
  ): Promise<NodePort> {
    const { host, port, isShared } = address;
    const opened = new NodePort(context, address, upgrades);
    const listening = Promise.withResolvers<void>();
    opened.#server.on(
      "error",
      (error: NodeJS.ErrnoException) => listening.reject(listenError(error)),
    );
    await requirePermission(host, port);
    opened.#server.listen({ host, port, reusePort: isShared }, listening.resolve);
    await withTimeout(LISTEN_TIMEOUT_MS, `Cannot listen on ${host}:${port}`, listening.promise);
    opened.#guard.run(opened.#life.signal);
    opened.#watch(new AcceptWatch(tcpProbe(host, opened.port), context.clock));
    return opened;
  }

  get port(): number {
    const address = this.#server.address();
    return typeof address === "object" && address ? address.port : 0;
  }

  get finished(): Promise<void> {
    return this.#finished.promise;
  }

  async shutdown(): Promise<void> {
    this.#life.abort();
    this.#server.close();
    for (const stream of this.#streams) stream.destroy();
    await this.#finished.promise.catch(() => {});
  }

  replaceKeyPair(pair: KeyPair): boolean {
    return replaceKeyPair(this.#server, pair);
  }

  /** Gives the port up when it accepts no more connections. Its connections stay. */
  async #watch(acceptWatch: AcceptWatch): Promise<void> {
    this.#acceptWatch = acceptWatch;
    if (!await acceptWatch.whenLost(this.#life.signal)) return;
    this.#finished.reject(new Error("The runtime accepts no more connections"));
    this.#server.close();
  }

  #onConnection(stream: Socket): void {
    this.#acceptWatch?.onAccepted();
    if (!this.#guard.admit(stream)) return;
    this.#streams.add(stream);
    stream.on("close", () => {
      this.#streams.delete(stream);
      this.#guard.release(stream);
    });
  }

  /** Returns whether the request may be handled. */
  #watchResponse({ socket }: IncomingMessage, outgoing: ServerResponse): boolean {
    const stream = tcpStreamOf(socket);
    outgoing.on("close", () => this.#guard.onResponded(stream));
    return this.#guard.onRequest(stream);
  }

  /** Handles a request to upgrade. Writes the response unless it becomes a WebSocket. */
  async #onUpgrade(raw: RawUpgrade): Promise<void> {
    const { incoming, stream } = raw;
    const tcpStream = tcpStreamOf(stream);
    if (!this.#guard.onRequest(tcpStream)) return;
    // Without a listener, a reset would end the process.
    const ignore = () => {};
    stream.on("error", ignore);
    const request = requestOf(incoming);
    if (typeof request === "object") this.#upgrades.set(request, raw);
    const response = typeof request === "object"
      ? await this.#respond(request, stream.remoteAddress ?? "")
      : badRequestResponse(request === "bad host" ? BAD_HOST : BAD_REQUEST);
    if (raw.isOpen) {
      this.#guard.release(tcpStream);
      stream.off("error", ignore);
      return;
    }
    await writeResponse(stream, response, incoming.method === "HEAD");
    this.#guard.onResponded(tcpStream);
  }

  async #respond(request: Request, remote: string): Promise<Response> {
    try {
      return withSecurityHeaders(await this.#handler(request, remote));
    } catch (error) {
      return failureResponse(error, request.url);
    }
  }
}

/**
 * Sends the events of a connection as the body of a response, which ends with the stream: chunks would cost more. Watches the
 * stream and not the response: one that waits behind another response of the same stream is not told when the stream ends.
 */
function sendEvents(
  connection: EventConnection,
  { status, headers }: Response,
  stream: Pick<Socket, "destroyed" | "on">,
  outgoing: ServerResponse,
): void {
  // The client has gone while its rooms were joined, and no event will follow.
  if (stream.destroyed || outgoing.destroyed) return connection.onLost();
  stream.on("close", () => connection.onLost());
  outgoing.useChunkedEncodingByDefault = false;
  outgoing.writeHead(status, { ...Object.fromEntries(headers), connection: "close" });
  outgoing.flushHeaders();
  connection.sendTo(outgoing);
}

/**
 * Rejects with `Deno.errors.PermissionDenied` if listening is not permitted: `listen()` would throw where it cannot be
 * caught. Names other than `localhost` are not checked, because permission is needed for the addresses that they resolve to.
 */
async function requirePermission(host: string, port: number): Promise<void> {
  const address = host === "localhost" ? "127.0.0.1" : host;
  if (parseAddress(address) === undefined) return;
  const name = `${address.includes(":") ? `[${address}]` : address}:${port}`;
  const permission = await Deno.permissions?.query?.({ name: "net", host: name });
  if (permission !== undefined && permission.state !== "granted") {
    throw new Deno.errors.PermissionDenied(`requires --allow-net=${name}`);
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
