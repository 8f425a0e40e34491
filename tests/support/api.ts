/**
 * Requests of the HTTP API, and streams of server-sent events.
 * @module
 */
import { withinDeadline } from "./provision.ts";

/** An answer of the API. */
export interface ApiAnswer {
  readonly status: number;
  readonly headers: Headers;
  /** Not validated; empty without a body. */
  readonly body: Fields;
}

type Fields = Readonly<Record<string, unknown>>;

/** What a request has, besides its path. */
export interface ApiRequest {
  /** By default GET, or POST if there is a body. */
  readonly method?: string;
  /** Sent as JSON. */
  readonly json?: unknown;
  /** Sent as plain text. */
  readonly text?: string;
  readonly token?: string;
  readonly headers?: Readonly<Record<string, string>>;
}

/** Sends a request. @param path Below `/api/v1`. */
export async function api(
  { url }: { readonly url: string },
  path: string,
  { method, json, text, token, headers = {} }: ApiRequest = {},
): Promise<ApiAnswer> {
  const all = new Headers(headers);
  if (token !== undefined) all.set("authorization", `Bearer ${token}`);
  if (json !== undefined) all.set("content-type", "application/json");
  if (text !== undefined) all.set("content-type", "text/plain");
  const body = json === undefined ? text : JSON.stringify(json);
  const response = await fetch(`${url}/api/v1${path}`, {
    method: method ?? (body === undefined ? "GET" : "POST"),
    headers: all,
    ...(body !== undefined && { body }),
  });
  const content = await response.text();
  return {
    status: response.status,
    headers: response.headers,
    body: content === "" ? {} : JSON.parse(content),
  };
}

/** One event. */
export interface StreamEvent {
  readonly id: string | undefined;
  readonly type: string;
  readonly data: Fields;
}

/** A stream of events. */
export interface EventReader extends AsyncDisposable {
  readonly response: Response;
  /** The id of the last block that has one. */
  readonly lastId: string | undefined;
  /** Resolves with the next event of a type; events of other types before it are skipped. */
  next(type?: string): Promise<StreamEvent>;
  /** Resolves when the stream has ended, for whatever reason. */
  ended(): Promise<void>;
}

/** Opens a stream, and waits until it has begun. @param path Below `/api/v1`. */
export async function follow(
  { url }: { readonly url: string },
  path: string,
  headers: Readonly<Record<string, string>> = {},
): Promise<EventReader> {
  const life = new AbortController();
  const response = await fetch(`${url}/api/v1${path}`, { headers, signal: life.signal });
  const text = response.body?.pipeThrough(new TextDecoderStream()).getReader();
  let rest = "";
  let lastId: string | undefined;
  const nextBlock = async (): Promise<ReadonlyMap<string, string> | undefined> => {
    for (;;) {
      const end = rest.indexOf("\n\n");
      if (end >= 0) {
        const block = rest.slice(0, end);
        rest = rest.slice(end + 2);
        return new Map(
          block.split("\n").map((line) => {
            const colon = line.indexOf(": ");
            return [line.slice(0, colon), line.slice(colon + 2)];
          }),
        );
      }
      const { done, value } = await text?.read() ?? { done: true };
      if (done) return undefined;
      rest += value;
    }
  };
  const next = async (type: string | undefined): Promise<StreamEvent> => {
    for (;;) {
      const block = await nextBlock();
      if (block === undefined) throw new Error(`The stream has ended before ${type}`);
      lastId = block.get("id") ?? lastId;
      const found = block.get("event");
      if (found !== undefined && (type ?? found) === found) {
        return { id: block.get("id"), type: found, data: JSON.parse(block.get("data") ?? "") };
      }
    }
  };
  const whenEnded = async (): Promise<void> => {
    try {
      while (await nextBlock() !== undefined) { /* Read on. */ }
    } catch {
      // It was cut.
    }
  };
  return {
    response,
    get lastId() {
      return lastId;
    },
    next: (type) => withinDeadline(`the event ${type}`, next(type)),
    ended: () => withinDeadline("the end of the stream", whenEnded()),
    async [Symbol.asyncDispose]() {
      life.abort();
      await text?.cancel().catch(() => {});
    },
  };
}
