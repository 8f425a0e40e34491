/**
 * The pages, embedded in the program as text, so that a compiled binary has them too. Each is served with its type, an
 * ETag that follows its content, and a Content-Security-Policy that allows nothing from elsewhere.
 * @module
 */
import clientJs from "../../static/client.js" with { type: "text" };
import echoHtml from "../../static/echo.html" with { type: "text" };
import echoJs from "../../static/echo.js" with { type: "text" };
import iconSvg from "../../static/icon.svg" with { type: "text" };
import indexHtml from "../../static/index.html" with { type: "text" };
import logJs from "../../static/log.js" with { type: "text" };
import parleyCss from "../../static/parley.css" with { type: "text" };
import stringsJs from "../../static/strings.js" with { type: "text" };
import uiJs from "../../static/ui.js" with { type: "text" };
import { textAnswer } from "./answers.ts";

/** One file as it is served. */
export interface Page {
  /** The whole file. */
  readonly body: string;
  /** Names in small letters. */
  readonly headers: Readonly<Record<string, string>>;
}

const FILES = {
  "/": indexHtml,
  "/echo.html": echoHtml,
  "/client.js": clientJs,
  "/ui.js": uiJs,
  "/log.js": logJs,
  "/echo.js": echoJs,
  "/strings.js": stringsJs,
  "/parley.css": parleyCss,
  "/icon.svg": iconSvg,
};

const TYPES: Readonly<Record<string, string>> = {
  html: "text/html; charset=utf-8",
  js: "text/javascript; charset=utf-8",
  css: "text/css; charset=utf-8",
  svg: "image/svg+xml",
};

const POLICY = [
  "default-src 'none'",
  ...["script-src", "style-src", "img-src", "connect-src", "manifest-src"].map((it) =>
    `${it} 'self'`
  ),
  ...["base-uri", "form-action", "frame-ancestors"].map((it) => `${it} 'none'`),
].join("; ");

/** Every page by its path. @param maxMessageBytes The limit that the chat page tells people of. */
export async function openPages(maxMessageBytes: number): Promise<ReadonlyMap<string, Page>> {
  const limit = `name="max-message-bytes" content="`;
  const index = indexHtml.replace(`${limit}65535"`, `${limit}${maxMessageBytes}"`);
  const entries = Object.entries({ ...FILES, "/": index }).map(async ([path, body]) => {
    const ending = path.endsWith("/") ? "html" : path.slice(path.lastIndexOf(".") + 1);
    return [path, {
      body,
      headers: await headersFor(body, TYPES[ending] ?? "text/plain"),
    }] as const;
  });
  return new Map(await Promise.all(entries));
}

async function headersFor(body: string, type: string): Promise<Readonly<Record<string, string>>> {
  const digest = await crypto.subtle.digest("SHA-256", new TextEncoder().encode(body));
  return {
    "content-type": type,
    "etag": `"${new Uint8Array(digest).toHex().slice(0, 32)}"`,
    // Asked for again each time, and answered with 304: a new version of the service is never mixed with an old page.
    "cache-control": "no-cache",
    "content-security-policy": POLICY,
    "x-content-type-options": "nosniff",
    "referrer-policy": "no-referrer",
  };
}

/** The answer to who reads a page: the page, or 304 where the client has it already (RFC 9110 §13.1.2). */
export function servePage(page: Page, ifNoneMatch: string | null): Response {
  const tags = ifNoneMatch?.split(",").map((tag) => tag.trim().replace(/^W\//, "")) ?? [];
  if (tags.includes("*") || tags.includes(page.headers["etag"] ?? "")) {
    const { "content-type": _, ...headers } = page.headers;
    return new Response(null, { status: 304, headers });
  }
  return textAnswer(page.body, 200, page.headers);
}
