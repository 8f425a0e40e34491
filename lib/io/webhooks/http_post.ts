/**
 * One POST over a connection of its own (RFC 9112): writes the request, and reads the head of the answer. The body of the
 * answer is not read, so it can be as long or as slow as it likes.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * const head = "HTTP/1.1 429 Too Many Requests\r\nRetry-After: 120\r\n\r\n";
 * assert.deepEqual(parseAnswer(head, 0), { status: 429, retryAfterMs: 120_000, length: head.length });
 * assert.equal(parseAnswer("HTTP/1.1 200 OK\r\n", 0), undefined);
 * ```
 * @module
 */
import { AttemptFailed } from "./target_connection.ts";

/** A request with a text as its body. */
export interface PostRequest {
  /** The host, the path and the query of the request. Does not decide where the connection leads. */
  readonly url: URL;
  /** Headers besides those that the connection needs; no value may contain a line break. */
  readonly headers: Readonly<Record<string, string>>;
  /** JSON, sent in UTF-8. */
  readonly body: string;
}

/** The parts of an answer's head that decide what follows from the attempt. */
export interface PostAnswer {
  /** The HTTP status; never below 200 from {@linkcode post}. */
  readonly status: number;
  /** What `Retry-After` asks for; undefined if there is none that can be understood. */
  readonly retryAfterMs: number | undefined;
}

const MAX_HEAD_BYTES = 16_384;
const encoder = new TextEncoder();
const decoder = new TextDecoder();

/** Posts, and resolves to the answer. Rejects if the connection ends before, or with {@linkcode AttemptFailed}. */
export async function post(
  connection: Pick<Deno.Conn, "read" | "write">,
  request: PostRequest,
): Promise<PostAnswer> {
  // The answer can come before everything is written, and then counts. If writing fails, so does reading.
  writeAll(connection, encode(request)).catch(() => {});
  const buffer = new Uint8Array(MAX_HEAD_BYTES);
  for (let held = 0, from = 0; held < buffer.length;) {
    const count = await connection.read(buffer.subarray(held));
    if (count === null) break;
    held += count;
    const text = decoder.decode(buffer.subarray(0, held));
    for (;;) {
      const answer = parseAnswer(text.slice(from), Date.now());
      if (answer === undefined) break;
      const { status, retryAfterMs, length } = answer;
      if (status >= 200) return { status, retryAfterMs };
      // 100 and 103 announce the answer.
      from += length;
    }
  }
  throw new AttemptFailed("protocol");
}

/**
 * Parses the head at the beginning of a text; undefined if it is not complete. Throws {@linkcode AttemptFailed} if it is not
 * HTTP.
 *
 * @param date Now, in milliseconds since 1970, for a `Retry-After` with a date.
 */
export function parseAnswer(
  text: string,
  date: number,
): (PostAnswer & { readonly length: number }) | undefined {
  const end = text.indexOf("\r\n\r\n");
  if (end < 0) return undefined;
  const [statusLine = "", ...fields] = text.slice(0, end).split("\r\n");
  const status = /^HTTP\/1\.[01] (\d{3})(?: |$)/.exec(statusLine)?.[1];
  if (status === undefined) throw new AttemptFailed("protocol");
  const field = fields.find((it) => /^retry-after:/i.test(it));
  const value = field?.slice(field.indexOf(":") + 1).trim();
  return { status: Number(status), retryAfterMs: parseRetryAfter(value, date), length: end + 4 };
}

/** RFC 9110 §10.2.3: seconds, or a date. */
function parseRetryAfter(value: string | undefined, date: number): number | undefined {
  if (value === undefined) return undefined;
  if (/^\d{1,9}$/.test(value)) return Number(value) * 1_000;
  const at = Date.parse(value);
  return Number.isNaN(at) ? undefined : at - date;
}

function encode({ url, headers, body }: PostRequest): Uint8Array {
  const bytes = encoder.encode(body);
  const fields = Object.entries({
    host: url.host,
    "user-agent": "Parley",
    "content-type": "application/json",
    "content-length": String(bytes.length),
    connection: "close",
    ...headers,
  });
  const lines = fields.map(([name, value]) => `${name}: ${value}\r\n`).join("");
  const head = encoder.encode(`POST ${url.pathname}${url.search} HTTP/1.1\r\n${lines}\r\n`);
  const request = new Uint8Array(head.length + bytes.length);
  request.set(head);
  request.set(bytes, head.length);
  return request;
}

async function writeAll(
  connection: Pick<Deno.Conn, "write">,
  bytes: Uint8Array,
): Promise<void> {
  for (let written = 0; written < bytes.length;) {
    written += await connection.write(bytes.subarray(written));
  }
}
