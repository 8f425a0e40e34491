/**
 * The pages, read and put together once, when an isolate begins to serve. Each is served with its type, an ETag that
 * follows its content, and a Content-Security-Policy that allows nothing from elsewhere.
 * @module
 */
import { gzipSync } from "node:zlib";
import { pack, packMarkup, packStyles } from "./pack.ts";
import { readPageFiles } from "./page_files.ts";

/** One file as it is served. */
export interface Page {
  /** The whole file. */
  readonly body: Uint8Array<ArrayBuffer>;
  /** The same, in gzip. */
  readonly zipped: Uint8Array<ArrayBuffer>;
  /** Names in small letters. */
  readonly headers: Readonly<Record<string, string>>;
}

const TYPES: Readonly<Record<string, string>> = {
  html: "text/html; charset=utf-8",
  js: "text/javascript; charset=utf-8",
  css: "text/css; charset=utf-8",
  ts: "application/typescript; charset=utf-8",
  svg: "image/svg+xml",
  webmanifest: "application/manifest+json",
};

// By this a Deno that imports the client library from a running service finds its types.
const OWN_HEADERS: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  "/client.js": { "x-typescript-types": "./client.d.ts" },
};

// The chat page's modules and style sheets are served as one each; the library's modules also by themselves, for other programs.
const PARTS = /^\/page\/|\.css$/;
const SCRIPTS = ["/page/main.js", "/head.js", "/sw.js"];
const STYLES = ["/chat.css", "/parley.css"];

/** Longest list that is read from a header, in characters. With a longer one, the page is sent uncompressed. */
const MAX_LIST_LENGTH = 8_192;

const POLICY = [
  "default-src 'none'",
  ...["script-src", "style-src", "img-src", "connect-src", "manifest-src"].map((it) =>
    `${it} 'self'`
  ),
  ...["base-uri", "form-action", "frame-ancestors"].map((it) => `${it} 'none'`),
].join("; ");

// Browsers apply the policy to documents and workers. Other files get a short one, in case they are opened directly.
const DOCUMENTS = /^text\/html|^image\/svg/;
const WORKER = "/sw.js";
const SHORT_POLICY = "default-src 'none'";

/** Every page by its path. @param maxMessageBytes The limit that the chat page tells people of. */
export async function openPages(maxMessageBytes: number): Promise<ReadonlyMap<string, Page>> {
  const texts = readPageFiles();
  const limit = `name="max-message-bytes" content="`;
  const index = (texts["/"] ?? "").replace(`${limit}65535"`, `${limit}${maxMessageBytes}"`);
  const files = Object.entries(texts).filter(([path]) => !PARTS.test(path));
  const packed = [
    ...SCRIPTS.map((path) => [path, pack(texts, path)] as const),
    ...STYLES.map((path) => [path, packStyles(texts, path)] as const),
  ];
  const entries = Object.entries({
    ...Object.fromEntries([...files, ...packed]),
    "/": packMarkup(index),
  }).map(
    async ([path, text]) => {
      const ending = path.endsWith("/") ? "html" : path.slice(path.lastIndexOf(".") + 1);
      const body = new TextEncoder().encode(text);
      const type = TYPES[ending] ?? "text/plain";
      const policy = DOCUMENTS.test(type) || path === WORKER ? POLICY : SHORT_POLICY;
      const headers = await headersFor(body, type, policy);
      const page = { body, zipped: zip(body), headers: { ...headers, ...OWN_HEADERS[path] } };
      return [path, page] as const;
    },
  );
  return new Map(await Promise.all(entries));
}

/** As small as can be, since it is done once. */
function zip(body: Uint8Array<ArrayBuffer>): Uint8Array<ArrayBuffer> {
  return new Uint8Array(gzipSync(body, { level: 9 }));
}

async function headersFor(
  body: Uint8Array<ArrayBuffer>,
  type: string,
  policy: string,
): Promise<Readonly<Record<string, string>>> {
  const digest = await crypto.subtle.digest("SHA-256", body);
  return {
    "content-type": type,
    // Weak, since it is the same for the file and for its gzip.
    "etag": `W/"${new Uint8Array(digest).toHex().slice(0, 32)}"`,
    "vary": "accept-encoding",
    // Asked for again each time, and answered with 304: a new version of the service is never mixed with an old page.
    "cache-control": "no-cache",
    "content-security-policy": policy,
  };
}

/**
 * The answer to who reads a page: the page, in gzip where that is understood, or 304 where the client has it already (RFC 9110
 * §12.5.3, §13.1.2).
 */
export function servePage(page: Page, asked: Headers): Response {
  const tags = listIn(asked, "if-none-match").map(withoutWeakness);
  if (tags.includes("*") || tags.includes(withoutWeakness(page.headers["etag"] ?? ""))) {
    const { "content-type": _, ...headers } = page.headers;
    return new Response(null, { status: 304, headers });
  }
  const isZipped = listIn(asked, "accept-encoding").some(isGzip);
  const body = isZipped ? page.zipped : page.body;
  const encoding: Record<string, string> = isZipped ? { "content-encoding": "gzip" } : {};
  // Given, since an answer to HEAD has no body to tell it by and the runtime would say 0.
  const length = { "content-length": String(body.length) };
  return new Response(body, { headers: { ...page.headers, ...encoding, ...length } });
}

/** The parts of a comma-separated header, without blanks around them; none where it is too long. */
function listIn(headers: Headers, name: string): readonly string[] {
  const value = headers.get(name) ?? "";
  return value.length > MAX_LIST_LENGTH ? [] : value.split(",").map((part) => part.trim());
}

function withoutWeakness(tag: string): string {
  return tag.startsWith("W/") ? tag.slice(2) : tag;
}

/** Whether a part of Accept-Encoding is gzip, and its weight not 0 (RFC 9110 §12.4.2). */
function isGzip(coding: string): boolean {
  const [name = "", weight = "q=1", ...rest] = coding.split(";").map((part) =>
    part.trim().toLowerCase()
  );
  return name === "gzip" && rest.length === 0 && weight.startsWith("q=") &&
    Number(weight.slice(2)) > 0;
}
