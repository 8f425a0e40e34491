/**
 * The HTTP messages of an upgrade: Node hands over the request with the bare stream, and leaves it to us to respond.
 * @module
 */
import { STATUS_CODES } from "node:http";
import type { IncomingMessage } from "node:http";
import type { Socket } from "node:net";
import { checkHost } from "../../../core/http/handshake.ts";

/** The request to upgrade as a `Request`; undefined if its host or its target is none. */
export function requestOf(
  { headers, method, rawHeaders, url = "/" }: IncomingMessage,
): Request | undefined {
  const { host } = headers;
  const all = new Headers();
  for (let at = 0; at < rawHeaders.length; at += 2) {
    all.append(rawHeaders[at] ?? "", rawHeaders[at + 1] ?? "");
  }
  if (!url.startsWith("/") || checkHost({ method: "GET", headers: all })) return undefined;
  return new Request(`http://${host ?? "localhost"}${url}`, { method, headers: all });
}

/** Writes a response and closes the stream. */
export async function writeResponse(stream: Socket, response: Response): Promise<void> {
  const body = new Uint8Array(await response.arrayBuffer());
  const head = [`HTTP/1.1 ${response.status} ${STATUS_CODES[response.status] ?? ""}`];
  for (const [name, value] of response.headers) {
    if (name !== "connection") head.push(`${name}: ${value}`);
  }
  head.push("connection: close", `date: ${new Date().toUTCString()}`, "", "");
  if (stream.destroyed) return;
  stream.write(head.join("\r\n"));
  // Writing no bytes to a TLS stream ends it with EPERM (Deno 2.9.6).
  if (body.length > 0) stream.write(body);
  stream.end();
}
