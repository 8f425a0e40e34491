/**
 * The pages as the settings require: the packed files with their types, ETags derived from their content, and a
 * Content-Security-Policy that allows no other origin. They are compressed when first requested, and the client library is packed
 * only then.
 * @module
 */
import { createHash } from "node:crypto";
import { brotliCompressSync, constants, gzipSync } from "node:zlib";
import { type OriginPolicy } from "../../core/http/handshake.ts";
import { corsHeaders, type FramerPolicy, framingHeaders } from "../../core/http/cross_origin.ts";
import { matchesEtag } from "../../core/http/etag.ts";
import { listItems } from "../../core/http/header_list.ts";
import { packMarkup, packModule } from "./bundle.ts";
import { type PackedFiles, SERVICE_WORKER } from "./packed_files.ts";

/** A file in the form in which it is served. */
export interface StaticFile {
  /** The uncompressed file. */
  readonly body: Uint8Array<ArrayBuffer>;
  /** The file, compressed with gzip. */
  readonly zipped: Uint8Array<ArrayBuffer>;
  /** The file, compressed with Brotli, which is smaller. */
  readonly brotli: Uint8Array<ArrayBuffer>;
  /** Response headers; names in lower case. */
  readonly headers: Readonly<Record<string, string>>;
  /** Other origins whose pages may import it; undefined for none. */
  readonly sharedWith?: OriginPolicy;
}

/** What pages of other sites may do. */
export interface Embedding {
  /** Origins whose pages may import the client library. */
  readonly allowedOrigins: OriginPolicy;
  /** Origins whose pages may show these pages in a frame. */
  readonly allowedFramers: FramerPolicy;
}

const TYPES: Readonly<Record<string, string>> = {
  html: "text/html; charset=utf-8",
  js: "text/javascript; charset=utf-8",
  css: "text/css; charset=utf-8",
  ts: "application/typescript; charset=utf-8",
  svg: "image/svg+xml",
  webmanifest: "application/manifest+json",
};

/** The client library in one file, instead of the module that imports the others. */
const LIBRARY_ENTRY = "/client.js";
// Lets Deno find the types of the client library when it is imported from a running service.
const OWN_HEADERS: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  [LIBRARY_ENTRY]: { "x-typescript-types": "./client.d.ts" },
};

const BUILD = `<meta name="build" content="`;

const POLICY = [
  "default-src 'none'",
  ...["script-src", "style-src", "img-src", "connect-src", "manifest-src"].map((it) =>
    `${it} 'self'`
  ),
  ...["base-uri", "form-action"].map((it) => `${it} 'none'`),
].join("; ");

/** Files of the client library, which other programs and pages import. */
const LIBRARY = /^\/client(?:\.js|\.d\.ts|(?:\/\w+){1,2}\.js)$/;

// Browsers apply the policy to documents and workers. Other files get a short one, in case they are opened directly.
const DOCUMENTS = /^text\/html|^image\/svg/;
const SHORT_POLICY = "default-src 'none'";

const UNEMBEDDED: Embedding = { allowedOrigins: "same", allowedFramers: "none" };

/**
 * Returns every page, by path.
 *
 * @param maxMessageBytes The limit that the chat page shows.
 * @param signInPath Where the chat page leads users who sign in; empty for nowhere.
 */
export function loadPages(
  { source, files, packed, build }: PackedFiles,
  maxMessageBytes: number,
  { allowedOrigins, allowedFramers }: Embedding = UNEMBEDDED,
  signInPath = "",
): ReadonlyMap<string, StaticFile> {
  const limit = `name="max-message-bytes" content="`;
  const signIn = signInPath && `<meta name="sign-in" content="${signInPath}">`;
  const index = source.replace(`${limit}65535"`, `${limit}${maxMessageBytes}"`)
    .replace(BUILD, `${signIn}${BUILD}${build}`);
  const served = Object.entries({
    ...Object.fromEntries([...files, ...packed]),
    "/": packMarkup(index),
  });
  const fileOf = fileMaker({ allowedOrigins, allowedFramers });
  // Few programs request it, and packing it takes a third of the time that the pages take.
  const library = Object.fromEntries(files.filter(([path]) => LIBRARY.test(path)));
  return new Map(served.map(([path, text]) => [
    path,
    path === LIBRARY_ENTRY
      ? whenRequested(() => fileOf(path, packModule(library, path)), allowedOrigins)
      : fileOf(path, text),
  ]));
}

/** Makes files as they are served, from the path and the text of each. */
function fileMaker(
  { allowedOrigins, allowedFramers }: Embedding,
): (path: string, text: string) => StaticFile {
  const { ancestors, options } = framingHeaders(allowedFramers);
  const framing = options && { "x-frame-options": options };
  const full = `${POLICY}; frame-ancestors ${ancestors}`;
  return (path, text) => {
    const ending = /\.(\w+)$/.exec(path)?.[1] ?? "html";
    const body = new TextEncoder().encode(text);
    const type = TYPES[ending] ?? "text/plain";
    const isDocument = DOCUMENTS.test(type);
    const headers = {
      ...headersFor(body, type, isDocument || path === SERVICE_WORKER ? full : SHORT_POLICY),
      ...(isDocument && framing),
      ...OWN_HEADERS[path],
    };
    let zipped: Uint8Array<ArrayBuffer> | undefined;
    let brotli: Uint8Array<ArrayBuffer> | undefined;
    return {
      body,
      // Only when it is requested: compressing all files takes a fifth of the time that packing them takes.
      get zipped() {
        return zipped ??= zip(body);
      },
      get brotli() {
        return brotli ??= compressWithBrotli(body);
      },
      headers,
      ...(LIBRARY.test(path) && { sharedWith: allowedOrigins }),
    };
  };
}

/** A file that is made when it is first requested. */
function whenRequested(make: () => StaticFile, sharedWith: OriginPolicy): StaticFile {
  let made: StaticFile | undefined;
  const file = () => made ??= make();
  return {
    get body() {
      return file().body;
    },
    get zipped() {
      return file().zipped;
    },
    get brotli() {
      return file().brotli;
    },
    get headers() {
      return file().headers;
    },
    sharedWith,
  };
}

/** The version of the chat page, read from the page: 16 hexadecimal digits, the same for the same files. */
export function buildOf(pages: ReadonlyMap<string, StaticFile>): string {
  const text = new TextDecoder().decode(pages.get("/")?.body);
  const start = text.indexOf(BUILD) + BUILD.length;
  return text.slice(start, text.indexOf('"', start));
}

/** Uses the highest compression level, since it runs only once. */
function zip(body: Uint8Array<ArrayBuffer>): Uint8Array<ArrayBuffer> {
  return new Uint8Array(gzipSync(body, { level: 9 }));
}

/**
 * At this level it takes as long as {@linkcode zip}: 8 ms for the script of the page. The highest one, which makes files a twelfth
 * smaller, takes 250 ms, in which the worker does nothing else: the runtime's asynchronous function blocks it too (Deno 2.9.6).
 */
const BROTLI_LEVEL = 6;

function compressWithBrotli(body: Uint8Array<ArrayBuffer>): Uint8Array<ArrayBuffer> {
  const params = {
    [constants.BROTLI_PARAM_QUALITY]: BROTLI_LEVEL,
    [constants.BROTLI_PARAM_MODE]: constants.BROTLI_MODE_TEXT,
    [constants.BROTLI_PARAM_SIZE_HINT]: body.length,
  };
  return new Uint8Array(brotliCompressSync(body, { params }));
}

function headersFor(
  body: Uint8Array<ArrayBuffer>,
  type: string,
  policy: string,
): Readonly<Record<string, string>> {
  const digest = createHash("sha256").update(body).digest("hex");
  return {
    "content-type": type,
    // Weak, since it is the same for the file and for its compressed form.
    "etag": `W/"${digest.slice(0, 32)}"`,
    "vary": "accept-encoding",
    // Revalidate each time, usually with 304: an old page must not be mixed with files of a new version.
    "cache-control": "no-cache",
    "content-security-policy": policy,
  };
}

/**
 * Serves a file: compressed if the client accepts Brotli or gzip, or as 304 if the client already has it (RFC 9110 §12.5.3,
 * §13.1.2).
 */
export function serveFile(file: StaticFile, requestHeaders: Headers): Response {
  const sharing = corsHeaders(file.sharedWith ?? "same", requestHeaders.get("origin"));
  if (matchesEtag(requestHeaders.get("if-none-match"), file.headers["etag"] ?? "")) {
    const { "content-type": _, ...headers } = file.headers;
    return new Response(null, { status: 304, headers: { ...headers, ...sharing } });
  }
  const coding = codingFor(requestHeaders.get("accept-encoding"));
  const body = coding === "br" ? file.brotli : coding === "gzip" ? file.zipped : file.body;
  const encoding: Record<string, string> = coding ? { "content-encoding": coding } : {};
  // Set explicitly: a response to HEAD has no body, and the runtime would send a length of 0.
  const length = { "content-length": String(body.length) };
  return new Response(body, { headers: { ...file.headers, ...encoding, ...length, ...sharing } });
}

/** The coding that a client prefers; of two that it likes as much, the one with the smaller files. Undefined for none. */
function codingFor(accepted: string | null): "br" | "gzip" | undefined {
  const weights = new Map(listItems(accepted).map(weightOf));
  const [br, gzip] = [weights.get("br") ?? 0, weights.get("gzip") ?? 0];
  if (Math.max(br, gzip) === 0) return undefined;
  return br >= gzip ? "br" : "gzip";
}

/** An item of Accept-Encoding and its weight (RFC 9110 §12.4.2); 0 if it is not well-formed. */
function weightOf(coding: string): readonly [name: string, weight: number] {
  const [name = "", weight = "q=1", ...rest] = coding.split(";").map((part) =>
    part.trim().toLowerCase()
  );
  const isValid = rest.length === 0 && weight.startsWith("q=");
  return [name, isValid ? Math.max(0, Number(weight.slice(2)) || 0) : 0];
}
