/**
 * The server of Node's modules for one port: `node:http`, or `node:https` if there is a certificate. With TLS, the event
 * `connection` and a request are not about the same stream: the one has the TCP stream, the other the TLS stream on top
 * of it, which `secureConnection` announces when its handshake is complete.
 * @module
 */
import { createServer, type RequestListener, type Server } from "node:http";
import { createServer as createTlsServer, type Server as TlsServer } from "node:https";
import type { Socket } from "node:net";
import type { KeyPair } from "../../tls/key_pair.ts";

// `TcpGuard` ends connections that wait for too long. A missing Host is refused with an explanation.
const OPTIONS = { keepAliveTimeout: 0, requireHostHeader: false };

/** The server of one port. */
export type NodeServer = Server | TlsServer;

/** Creates the server. @param keyPair Undefined for HTTP. */
export function createNodeServer(
  respond: RequestListener,
  keyPair: KeyPair | undefined,
): NodeServer {
  if (keyPair === undefined) return createServer(OPTIONS, respond);
  return createTlsServer({ ...OPTIONS, ...keyPair }, respond);
}

/** Uses another certificate for new connections; false for a server without TLS. Check the pair first: this does not. */
export function replaceKeyPair(server: NodeServer, { cert, key }: KeyPair): boolean {
  if (!("setSecureContext" in server)) return false;
  server.setSecureContext({ cert, key });
  return true;
}

/** The TCP stream that carries a request: the stream itself, or the one below it. */
export function tcpStreamOf(stream: Socket): Socket {
  const below = "_parent" in stream ? stream._parent : null;
  return isStream(below) ? below : stream;
}

/** Whether the TLS handshake of a stream is not complete: nothing can be written to it. */
export function isInHandshake(stream: Socket): boolean {
  return "secureConnecting" in stream && stream.secureConnecting === true;
}

function isStream(value: unknown): value is Socket {
  return typeof value === "object" && value !== null && "remoteAddress" in value;
}
