/**
 * Whether a request may become a WebSocket (RFC 6455 §4.2.1). The runtime's own upgrade checks little more than that a
 * key is there, so version, key, Host and Origin are checked here, in one fixed order, and each refusal names the header
 * at fault. A header can fill the whole request head, so each is measured before it is read, and read in one pass.
 * @module
 */

/** The part of a `Request` that is looked at. */
export interface Approach {
  /** As on the wire: in capitals. */
  readonly method: string;
  /** Looked up by name in whatever case. */
  readonly headers: Pick<Headers, "get">;
}

/** Which pages may open a connection: those of the host asked, any, or those in a list of origins. */
export type OriginPolicy = "same" | "*" | readonly string[];

/** What the service lets in. */
export interface HandshakePolicy {
  /** Which pages may open a connection. */
  readonly origins: OriginPolicy;
  /** Whether the request comes from a proxy whose `X-Forwarded-Host` is believed. */
  readonly viaTrustedProxy: boolean;
}

/** An HTTP answer in place of an upgrade. `why` is one line that names the header at fault. */
export interface Refusal {
  /** Tells it from an admission. */
  readonly kind: "refused";
  /** The HTTP status. */
  readonly status: number;
  /** One line for a person. */
  readonly why: string;
  /** What the status asks for: `allow`, `upgrade`, `retry-after` and the like. */
  readonly headers: Readonly<Record<string, string>>;
}

/** Let in, or not. */
export type Verdict = { readonly kind: "admitted" } | Refusal;

/** Longest list or token that is read from a header, in characters. Longer values count as wrong. */
const MAX_VALUE_LENGTH = 8_192;
/** A domain name has at most 255 characters (RFC 1035 §2.3.4), and a port six with its colon. */
export const MAX_HOST_LENGTH = 261;
/** A host with the longest scheme that may open a connection. */
const MAX_ORIGIN_LENGTH = "https://".length + MAX_HOST_LENGTH;

/** Refuses with a status, a line, and the headers that this status asks for. */
export function refuse(
  status: number,
  why: string,
  headers: Readonly<Record<string, string>> = {},
): Refusal {
  return { kind: "refused", status, why, headers };
}

/** Whether the request asks for a WebSocket at all, by its Upgrade and Connection headers. */
export function asksForUpgrade(approach: Approach): boolean {
  return lists(approach, "connection", "upgrade") && lists(approach, "upgrade", "websocket");
}

/** The first of the subprotocols offered that is spoken here (RFC 6455 §4.2.2); undefined where there is none. */
export function chooseSubprotocol(
  approach: Pick<Approach, "headers">,
  spoken: readonly string[],
): string | undefined {
  const offered = boundedValue(approach, "sec-websocket-protocol").split(",");
  return offered.map((name) => name.trim()).find((name) => spoken.includes(name));
}

/** Checks method, Upgrade, Connection, version, key, Host and Origin, in that order. */
export function admit(approach: Approach, policy: HandshakePolicy): Verdict {
  if (approach.method !== "GET") {
    return refuse(405, `Method is ${printable(approach.method)}: a WebSocket begins with GET`, {
      allow: "GET",
    });
  }
  if (!lists(approach, "upgrade", "websocket")) return needsUpgrade("Upgrade is not websocket");
  if (!lists(approach, "connection", "upgrade")) return needsUpgrade("Connection is not Upgrade");
  if (trimmed(boundedValue(approach, "sec-websocket-version")) !== "13") {
    return refuse(426, "Sec-WebSocket-Version is not 13", { "sec-websocket-version": "13" });
  }
  if (!isKey(trimmed(boundedValue(approach, "sec-websocket-key")))) {
    return refuse(400, "Sec-WebSocket-Key is not 16 bytes of base64");
  }
  return admitSource(approach, policy);
}

/** Refuses a Host that is no host and port. In a request's URL it would pass for a part of the path. */
export function refuseBadHost(approach: Approach): Refusal | undefined {
  const host = approach.headers.get("host");
  if (host === null || host === goodHost) return undefined;
  if (hostUnder("http:", host) === undefined) return refuse(400, "Host is not a host and port");
  goodHost = host;
  return undefined;
}

// The last one that was good: nearly all ask for the same, and a URL is dear to read.
let goodHost: string | undefined;

function admitSource(approach: Approach, policy: HandshakePolicy): Verdict {
  const host = approach.headers.get("host");
  if (host === null) return refuse(400, "Host is missing");
  const badHost = refuseBadHost(approach);
  if (badHost !== undefined) return badHost;
  const origin = approach.headers.get("origin");
  const asked = hostAsked(approach, policy.viaTrustedProxy) ?? host;
  if (origin !== null && !allows(policy.origins, origin, asked)) {
    return refuse(403, `Origin ${printable(origin)} is not allowed here (ALLOWED_ORIGINS)`);
  }
  return { kind: "admitted" };
}

/** The host that the client requested, behind a trusted proxy the last one in `X-Forwarded-Host`; undefined for none. */
export function hostAsked(approach: Approach, viaTrustedProxy: boolean): string | undefined {
  const forwarded = viaTrustedProxy ? approach.headers.get("x-forwarded-host") : null;
  return trimmed(forwarded?.slice(forwarded.lastIndexOf(",") + 1) ?? "") ||
    approach.headers.get("host") || undefined;
}

/**
 * The same, from the URL where no header has it: HTTP/2 sends the host as `:authority`, which the runtime puts there. For
 * HTTP/1.0 without `Host` the URL has the address that was connected to. Empty for none.
 */
export function authorityAsked(
  request: Approach & { readonly url: string },
  viaTrustedProxy: boolean,
): string {
  return hostAsked(request, viaTrustedProxy) ?? URL.parse(request.url)?.host ?? "";
}

function needsUpgrade(why: string): Refusal {
  return refuse(426, `${why}: this path speaks WebSocket`, {
    upgrade: "websocket",
    connection: "Upgrade",
  });
}

/** Whether a comma-separated header names a token, in whatever case (RFC 9110 §5.6.1). */
function lists(approach: Approach, header: string, token: string): boolean {
  const parts = boundedValue(approach, header).split(",");
  return parts.some((part) => trimmed(part).toLowerCase() === token);
}

/** A header's value; empty if it is missing or too long to be valid. */
function boundedValue({ headers }: Pick<Approach, "headers">, header: string): string {
  const value = headers.get(header) ?? "";
  return value.length > MAX_VALUE_LENGTH ? "" : value;
}

/** Without the white space of HTTP (RFC 9110 §5.6.3), which is less than what `trim()` takes: the runtime takes no more. */
function trimmed(text: string): string {
  // Not by a pattern: one for blanks at the end takes quadratic time on a run of blanks in the middle.
  let start = 0, end = text.length;
  while (start < end && isBlank(text[start])) start++;
  while (start < end && isBlank(text[end - 1])) end--;
  return text.slice(start, end);
}

function isBlank(character: string | undefined): boolean {
  return character === " " || character === "\t";
}

/** 16 bytes of base64 are 22 characters and `==`; of the last one only two bits are used, and the rest must be 0. */
function isKey(key: string): boolean {
  return /^[A-Za-z0-9+/]{21}[AQgw]==$/.test(key);
}

/** Host and port as a URL of this scheme spells them, the scheme's own port left out; undefined where it is no host. */
function hostUnder(scheme: string, host: string): string | undefined {
  if (host.length > MAX_HOST_LENGTH) return undefined;
  // Nothing that a URL would take for the end of the host, or for a user before it.
  if (!/^[^\s/?#@\\]+$/.test(host)) return undefined;
  return URL.parse(`${scheme}//${host}`)?.host;
}

function allows(policy: OriginPolicy, origin: string, host: string): boolean {
  if (policy === "*") return true;
  if (origin.length > MAX_ORIGIN_LENGTH) return false;
  if (policy !== "same") return policy.includes(origin.toLowerCase());
  const page = URL.parse(origin);
  if (page === null || (page.protocol !== "http:" && page.protocol !== "https:")) return false;
  // The scheme is the page's: behind a proxy that ends TLS the service itself cannot know it.
  return page.host === hostUnder(page.protocol, host);
}

function printable(text: string): string {
  return text.slice(0, 100).replace(/[^\x21-\x7e]/g, "?");
}
