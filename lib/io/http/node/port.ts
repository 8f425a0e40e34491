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
import type { ListenAddress, OpenPort, PortContext, RequestHandler } from "../engine.ts";
import { failureResponse, refusalFor, withSecurityHeaders } from "../responses.ts";
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
import { connectionOf, type EventConnection } from "../event_connection.ts";
import {
  BAD_REQUEST,
  badHeadResponse,
  badRequestResponse,
  type ClientError,
  malformedResponse,
  NO_TUNNEL,
} from "./malformed_requests.ts";
import { TcpGuard } from "./tcp_guard.ts";
import { requestOf, writeResponse } from "./upgrade_messages.ts";

/** Listening takes some milliseconds, or never ends. */
const LISTEN_TIMEOUT_MS = 5_000;

/** How much of a body is read and discarded after the response: 20 times the longest one that is accepted by default. */
const MAX_DISCARDED_BYTES = 8_388_608;

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
  /** The URLs of the last requests. */
  readonly #urls = new WeakMap<Socket, string>();
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
        // Done for all methods in {@linkcode NodePort.#watchResponse}, without timers.
        autoCleanupIncoming: false,
        // For HTTP/1.0 without Host.
        hostname: host.includes(":") ? `[${host}]` : host,
        errorHandler: () => badRequestResponse("", BAD_REQUEST),
      },
    );
    const onRequest = (incoming: IncomingMessage, outgoing: ServerResponse) => {
      if (!this.#watchResponse(incoming, outgoing)) return;
      // The listener refuses these too, but knows no URL then, and so not in which form.
      const refusal = badHeadResponse(incoming);
      if (refusal === undefined) listener(incoming, outgoing);
      else writeResponse(incoming.socket, refusal, incoming.method === "HEAD");
    };
    this.#server = createNodeServer(onRequest, keyPair);
    this.#server.on("checkContinue", (incoming: IncomingMessage, outgoing: ServerResponse) => {
      continueWhenRead(incoming, outgoing);
      onRequest(incoming, outgoing);
    });
    // Other expectations are ignored, as by the other engine.
    this.#server.on("checkExpectation", onRequest);
    this.#server.on("connect", ({ url = "" }: IncomingMessage, stream: Socket) => {
      writeResponse(stream, withSecurityHeaders(refusalFor(url, NO_TUNNEL)));
    });
    this.#server.on("connection", (stream: Socket) => this.#onConnection(stream));
    this.#server.on("upgrade", (incoming: IncomingMessage, stream: Socket, head: Buffer) => {
      this.#onUpgrade({ incoming, stream, head, isOpen: false });
    });
    this.#server.on("clientError", (error: ClientError, stream: Socket) => {
      if (isInHandshake(stream)) return stream.destroy();
      // What follows cannot be parsed either. Trying would add a listener for errors each time (Deno 2.9.6).
      stream.removeAllListeners("data");
      discard(stream, stream);
      this.#guard.onMalformed(tcpStreamOf(stream));
      if (stream.writableEnded) return;
      writeResponse(stream, malformedResponse(error, this.#urls.get(stream)));
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
  #watchResponse(incoming: IncomingMessage, outgoing: ServerResponse): boolean {
    const { socket, url = "" } = incoming;
    const stream = tcpStreamOf(socket);
    this.#urls.set(socket, url);
    outgoing.on("prefinish", () => {
      // Otherwise, `node:http` would keep reading an unread body after the response, with no limit.
      if (!incoming.complete) discard(incoming, stream);
    });
    outgoing.on("close", () => this.#guard.onResponded(stream, incoming));
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
    const refusal = badHeadResponse(incoming);
    const request = refusal ? undefined : requestOf(incoming);
    if (request) this.#upgrades.set(request, raw);
    const response = request
      ? await this.#respond(request, stream.remoteAddress ?? "")
      : refusal ?? badRequestResponse(incoming.url ?? "", BAD_REQUEST);
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

/** Reads on, since many clients read no response before they have sent all. `TcpGuard` ends the stream of one that is slow. */
function discard(source: Pick<Socket | IncomingMessage, "on">, stream: Socket): void {
  let bytes = 0;
  source.on("data", ({ length }: Buffer) => {
    bytes += length;
    if (bytes > MAX_DISCARDED_BYTES) stream.destroy();
  });
}

/** Sends `100 Continue` when the body is first read, so not before a refusal. If it is never read, the connection closes. */
function continueWhenRead(incoming: IncomingMessage, outgoing: ServerResponse): void {
  const read = incoming._read;
  outgoing.shouldKeepAlive = false;
  incoming._read = function (size) {
    incoming._read = read;
    outgoing.shouldKeepAlive = true;
    outgoing.writeContinue();
    read.call(this, size);
  };
}

/** What the callers know of `Deno.serve`. */
function listenError(error: NodeJS.ErrnoException): Error {
  const { code, message } = error;
  if (code === "EADDRINUSE") return new Deno.errors.AddrInUse(message);
  if (code === "EADDRNOTAVAIL") return new Deno.errors.AddrNotAvailable(message);
  if (code === "EACCES") return new Deno.errors.PermissionDenied(message);
  return error;
}
