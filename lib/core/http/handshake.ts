/**
 * Checks whether a request may become a WebSocket (RFC 6455 §4.2.1). The runtime's own upgrade checks little more than
 * the presence of a key, so version, key, Host and Origin are checked here, in a fixed order, and each refusal names
 * the invalid header. A header can fill the whole request head: check its length before reading it, and read it in one
 * pass.
 * @module
 */
import { trimmed } from "./white_space.ts";

/** The part of a `Request` that is checked. */
export interface UpgradeRequest {
  /** As on the wire, in capitals. */
  readonly method: string;
  /** Names are case-insensitive. */
  readonly headers: Pick<Headers, "get">;
}

/** The pages that may open a connection: those of the requested host, any, or a list of origins. */
export type OriginPolicy = "same" | "*" | readonly string[];

/** The requests that the service accepts. */
export interface HandshakePolicy {
  /** The pages that may open a connection. */
  readonly origins: OriginPolicy;
  /** Whether the request comes from a proxy whose `X-Forwarded-Host` is trusted. */
  readonly viaTrustedProxy: boolean;
}

/** An HTTP response sent instead of an upgrade. */
export interface Refusal {
  /** The tag of {@linkcode HandshakeResult}. */
  readonly kind: "refused";
  /** The HTTP status. */
  readonly status: number;
  /** One line for people that names the invalid header. */
  readonly reason: string;
  /** Headers that the status requires: `allow`, `upgrade`, `retry-after` and the like. */
  readonly headers: Readonly<Record<string, string>>;
}

/** The outcome of the checks. */
export type HandshakeResult = { readonly kind: "accepted" } | Refusal;

/** Maximum length of a header's value, in characters. Longer values count as invalid. */
const MAX_VALUE_LENGTH = 8_192;
/** A domain name has at most 255 characters (RFC 1035 §2.3.4), a port at most six with its colon. */
export const MAX_HOST_LENGTH = 261;
/** The longest scheme that can open a connection, and a host. */
export const MAX_ORIGIN_LENGTH: number = "https://".length + MAX_HOST_LENGTH;

/** Creates a {@linkcode Refusal}. */
export function refuse(
  status: number,
  reason: string,
  headers: Readonly<Record<string, string>> = {},
): Refusal {
  return { kind: "refused", status, reason, headers };
}

/** Whether the request asks for a WebSocket, by its Upgrade and Connection headers. */
export function isUpgradeRequest(request: UpgradeRequest): boolean {
  return listsToken(request, "connection", "upgrade") &&
    listsToken(request, "upgrade", "websocket");
}

/** The first offered subprotocol that is supported (RFC 6455 §4.2.2); undefined if there is none. */
export function chooseSubprotocol(
  request: Pick<UpgradeRequest, "headers">,
  supported: readonly string[],
): string | undefined {
  const offered = boundedValue(request, "sec-websocket-protocol").split(",");
  return offered.map((name) => name.trim()).find((name) => supported.includes(name));
}

/**
 * Whether a request asks for the result of a handshake: a browser does not tell a page why a WebSocket was refused. It
 * is a POST, since a same-origin GET has no `Origin`.
 */
export function isHandshakeQuery(request: UpgradeRequest): boolean {
  return request.method === "POST" &&
    boundedValue(request, "accept").includes("application/json");
}

/** Checks method, Upgrade, Connection, version, key, Host and Origin, in that order. */
export function checkHandshake(request: UpgradeRequest, policy: HandshakePolicy): HandshakeResult {
  if (request.method !== "GET") {
    return refuse(405, `Method is ${printable(request.method)}: a WebSocket begins with GET`, {
      allow: "GET",
    });
  }
  if (!listsToken(request, "upgrade", "websocket")) {
    return upgradeRequired("Upgrade is not websocket");
  }
  if (!listsToken(request, "connection", "upgrade")) {
    return upgradeRequired("Connection is not Upgrade");
  }
  if (trimmed(boundedValue(request, "sec-websocket-version")) !== "13") {
    return refuse(426, "Sec-WebSocket-Version is not 13", { "sec-websocket-version": "13" });
  }
  if (!isKey(trimmed(boundedValue(request, "sec-websocket-key")))) {
    return refuse(400, "Sec-WebSocket-Key is not 16 bytes of base64");
  }
  return checkHostAndOrigin(request, request.headers.get("host"), policy);
}

/** Checks Host and Origin only, of a request that is not a handshake. Over HTTP/2, its host is in its URL. */
export function checkOrigin(
  request: UpgradeRequest & { readonly url: string },
  policy: HandshakePolicy,
): HandshakeResult {
  return checkHostAndOrigin(request, requestedAuthority(request, false) || null, policy);
}

/** Refuses a Host that is not a host and port. In a request's URL it would be taken for a part of the path. */
export function checkHost(request: UpgradeRequest): Refusal | undefined {
  const host = request.headers.get("host");
  if (host === null || host === lastValidHost) return undefined;
  if (normalizeHost("http:", host) === undefined) return refuse(400, "Host is not a host and port");
  lastValidHost = host;
  return undefined;
}

// Nearly all requests have the same host, and parsing URLs is expensive.
let lastValidHost: string | undefined;

function checkHostAndOrigin(
  request: UpgradeRequest,
  host: string | null,
  policy: HandshakePolicy,
): HandshakeResult {
  if (host === null) return refuse(400, "Host is missing");
  const badHost = checkHost(request);
  if (badHost !== undefined) return badHost;
  const origin = request.headers.get("origin");
  const requested = requestedHost(request, policy.viaTrustedProxy) ?? host;
  if (origin !== null && !allowsOrigin(policy.origins, origin, requested)) {
    return refuse(403, `Origin ${printable(origin)} is not allowed here (ALLOWED_ORIGINS)`);
  }
  return { kind: "accepted" };
}

/** The requested host; behind a trusted proxy, the last one in `X-Forwarded-Host`. Undefined if there is none. */
export function requestedHost(
  request: UpgradeRequest,
  viaTrustedProxy: boolean,
): string | undefined {
  const forwarded = viaTrustedProxy ? request.headers.get("x-forwarded-host") : null;
  return trimmed(forwarded?.slice(forwarded.lastIndexOf(",") + 1) ?? "") ||
    request.headers.get("host") || undefined;
}

/**
 * The requested host, taken from the URL if no header has it: HTTP/2 sends the host as `:authority`, which the runtime
 * puts there. For HTTP/1.0 without `Host` the URL has the address that the client connected to. Empty if there is none.
 */
export function requestedAuthority(
  request: UpgradeRequest & { readonly url: string },
  viaTrustedProxy: boolean,
): string {
  return requestedHost(request, viaTrustedProxy) ?? URL.parse(request.url)?.host ?? "";
}

function upgradeRequired(reason: string): Refusal {
  return refuse(426, `${reason}: this path speaks WebSocket`, {
    upgrade: "websocket",
    connection: "Upgrade",
  });
}

/** Whether a comma-separated header contains a token, ignoring case (RFC 9110 §5.6.1). */
function listsToken(request: UpgradeRequest, header: string, token: string): boolean {
  const parts = boundedValue(request, header).split(",");
  return parts.some((part) => trimmed(part).toLowerCase() === token);
}

/** A header's value; empty if missing or too long. */
function boundedValue({ headers }: Pick<UpgradeRequest, "headers">, header: string): string {
  const value = headers.get(header) ?? "";
  return value.length > MAX_VALUE_LENGTH ? "" : value;
}

/** 16 bytes of base64 are 22 characters and `==`. Only two bits of the last character are used; the rest must be 0. */
function isKey(key: string): boolean {
  return /^[A-Za-z0-9+/]{21}[AQgw]==$/.test(key);
}

/** Host and port in the normal form of URLs, without the scheme's default port; undefined if it is not a host. */
function normalizeHost(scheme: string, host: string): string | undefined {
  if (host.length > MAX_HOST_LENGTH) return undefined;
  // Reject characters that would end the host in a URL or put a user before it.
  if (!/^[^\s/?#@\\]+$/.test(host)) return undefined;
  return URL.parse(`${scheme}//${host}`)?.host;
}

function allowsOrigin(policy: OriginPolicy, origin: string, host: string): boolean {
  if (policy === "*") return true;
  if (origin.length > MAX_ORIGIN_LENGTH) return false;
  if (policy !== "same") return policy.includes(origin.toLowerCase());
  const page = URL.parse(origin);
  if (page === null || (page.protocol !== "http:" && page.protocol !== "https:")) return false;
  // Use the page's scheme: behind a proxy that terminates TLS the service cannot know its own.
  return page.host === normalizeHost(page.protocol, host);
}

function printable(text: string): string {
  return text.slice(0, 100).replace(/[^\x21-\x7e]/g, "?");
}
