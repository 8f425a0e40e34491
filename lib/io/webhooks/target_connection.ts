/**
 * Connects to the host of a URL, and to exactly the addresses that were checked: a name that is resolved again for the
 * connection can lead elsewhere (DNS rebinding). Do not use `fetch()` here, which resolves by itself, nor `node:https`, which
 * needs permission to read the machine's certificate authorities (Deno 2.9.6; see docs/internals/runtime.md).
 * @module
 */
import { lookup } from "node:dns/promises";
import { parseAddress } from "../../core/http/ip_address.ts";
import { isPublicAddress } from "../../core/http/public_address.ts";
import type { AttemptFailure } from "../../core/webhooks/delivery_rules.ts";
import { type AllowedTargets, hostOf } from "../../core/webhooks/webhook.ts";

/** An attempt that led to no answer. */
export class AttemptFailed extends Error {
  /** For log records; test with `instanceof`. */
  override readonly name = "AttemptFailed";
  /** What has failed, as {@linkcode AttemptFailure} describes it. */
  readonly why: AttemptFailure;

  /** Describes the failure. @param options `cause` is the error behind it. */
  constructor(why: AttemptFailure, options?: ErrorOptions) {
    super(`The attempt failed: ${why}`, options);
    this.why = why;
  }
}

/** How to connect. */
export interface TargetOptions {
  /** Which addresses are allowed. */
  readonly allowed: AllowedTargets;
  /** Returns the addresses of a name. */
  readonly resolve: (name: string) => Promise<readonly string[]>;
  /** Certificate authorities in PEM, besides those of the runtime. */
  readonly caCerts: readonly string[];
}

/** The time for one address, if there are more. */
const CONNECT_MS = 3_000;

/** Resolves a name as the machine does, so also by its hosts file. */
export async function resolveName(name: string): Promise<readonly string[]> {
  return (await lookup(name, { all: true })).map(({ address }) => address);
}

/**
 * Opens a connection, with TLS for `https:`. Rejects with {@linkcode AttemptFailed}, or with anything if the signal aborts.
 */
export async function connectToTarget(
  url: URL,
  options: TargetOptions,
  signal: AbortSignal,
): Promise<Deno.Conn> {
  const host = hostOf(url);
  const addresses = await stage("dns", () => addressesOf(host, options));
  if (options.allowed === "public" && !addresses.every(isPublicAddress)) {
    throw new AttemptFailed("address");
  }
  const isTls = url.protocol === "https:";
  const port = Number(url.port || (isTls ? 443 : 80));
  const tcp = await stage("connect", () => connectToAny(addresses, port, signal));
  if (!isTls) return tcp;
  const startTls = async () => {
    // Until TLS has the connection, and then TLS itself.
    let closable: Disposable = tcp;
    const close = () => disposeQuietly(closable);
    signal.addEventListener("abort", close);
    try {
      signal.throwIfAborted();
      const tls = await Deno.startTls(tcp, { hostname: host, caCerts: [...options.caCerts] });
      closable = tls;
      await tls.handshake();
      return tls;
    } catch (error) {
      disposeQuietly(closable);
      throw error;
    } finally {
      signal.removeEventListener("abort", close);
    }
  };
  return await stage("tls", startTls);
}

/** Closes a connection that may be closed already. */
export function disposeQuietly(connection: Disposable): void {
  try {
    connection[Symbol.dispose]();
  } catch {
    // It is.
  }
}

async function addressesOf(
  host: string,
  { resolve }: Pick<TargetOptions, "resolve">,
): Promise<readonly string[]> {
  if (parseAddress(host) !== undefined) return [host];
  const addresses = await resolve(host);
  if (addresses.length === 0) throw new AttemptFailed("dns");
  return addresses;
}

/** Tries one address after the other. */
async function connectToAny(
  addresses: readonly string[],
  port: number,
  signal: AbortSignal,
): Promise<Deno.TcpConn> {
  const last = addresses.length - 1;
  for (const [index, hostname] of addresses.entries()) {
    const attempt = new AbortController();
    const give = () => attempt.abort();
    const timer = index < last ? setTimeout(give, CONNECT_MS) : undefined;
    signal.addEventListener("abort", give);
    try {
      signal.throwIfAborted();
      return await Deno.connect({ hostname, port, signal: attempt.signal });
    } catch (error) {
      if (index === last || signal.aborted || isForbidden(error)) throw error;
    } finally {
      clearTimeout(timer);
      signal.removeEventListener("abort", give);
    }
  }
  throw new AttemptFailed("connect");
}

/** Names what fails by where it does. */
async function stage<T>(why: AttemptFailure, run: () => Promise<T>): Promise<T> {
  try {
    return await run();
  } catch (error) {
    if (error instanceof AttemptFailed) throw error;
    throw new AttemptFailed(isForbidden(error) ? "permission" : why, { cause: error });
  }
}

function isForbidden(error: unknown): boolean {
  if (error instanceof Deno.errors.NotCapable) return true;
  // What lookup() rejects with.
  return error instanceof Error && "code" in error && error.code === "EPERM";
}
