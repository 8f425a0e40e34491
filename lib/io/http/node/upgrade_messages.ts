/**
 * The HTTP messages of an upgrade: Node hands over the request with the bare stream, and leaves it to us to respond.
 * @module
 */
import { STATUS_CODES } from "node:http";
import type { IncomingMessage } from "node:http";
import type { Socket } from "node:net";

/** The request to upgrade as a `Request`; undefined if there is none. Its Host and target have been checked. */
export function requestOf(
  { headers, method, rawHeaders, url = "/" }: IncomingMessage,
): Request | undefined {
  try {
    const all = new Headers();
    for (let at = 0; at < rawHeaders.length; at += 2) {
      all.append(rawHeaders[at] ?? "", rawHeaders[at + 1] ?? "");
    }
    // In absolute form the target has a host too. Host counts, although RFC 9112 §3.2.2 prefers the other: it was checked.
    const target = url.replace(/^https?:\/\/[^/?#]*/, "");
    return new Request(`http://${headers.host ?? "localhost"}${target}`, { method, headers: all });
  } catch {
    // For example TRACE, which no `Request` may have.
    return undefined;
  }
}

/** Writes a response and closes the stream. @param isHead Whether the request was HEAD: the response has no body then. */
export async function writeResponse(
  stream: Socket,
  response: Response,
  isHead = false,
): Promise<void> {
  const body = new Uint8Array(await response.arrayBuffer());
  const head = [`HTTP/1.1 ${response.status} ${STATUS_CODES[response.status] ?? ""}`];
  for (const [name, value] of response.headers) {
    if (name !== "connection") head.push(`${name}: ${value}`);
  }
  head.push("connection: close", `date: ${new Date().toUTCString()}`, "", "");
  if (stream.destroyed) return;
  stream.write(head.join("\r\n"));
  // Writing no bytes to a TLS stream ends it with EPERM (Deno 2.9.6).
  if (body.length > 0 && !isHead) stream.write(body);
  stream.end();
  // What the client still sends must not keep the connection from ending.
  stream.resume();
}
