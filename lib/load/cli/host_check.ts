/**
 * Decides whether a host may be put under load. Hosts on this machine or in a private network are allowed; any other host
 * needs two flags as explicit consent.
 * @module
 */
import type { BenchOptions } from "./options.ts";
import { isPrivateAddress, parseAddress } from "../../core/http/ip_address.ts";

/** Resolves a name to its IP addresses; empty if there are none or the lookup fails. */
export type ResolveHost = (name: string) => Promise<readonly string[]>;

/** Why the host must not be put under load, and which flags to add; undefined if it may. */
export async function hostRefusal(
  { url, consent }: Pick<BenchOptions, "url" | "consent">,
  resolve: ResolveHost,
): Promise<string | undefined> {
  const host = url.hostname.replace(/^\[(.*)\]$/, "$1");
  if (host === "localhost" || isPrivateAddress(host)) return undefined;
  const addresses = parseAddress(host) === undefined ? await resolve(host) : [host];
  if (addresses.length > 0 && addresses.every(isPrivateAddress)) return undefined;
  if (consent.host === host && consent.isConfirmed) return undefined;
  const what = addresses.length === 0
    ? `${host} could not be found in the DNS, so it is unknown whether it is in a private network`
    : `${host} is not on this machine, nor in a private network`;
  return `${what}. A load may be an attack: if it is yours, or its owner agrees, add ` +
    `--i-may-load-this-host=${host} --really`;
}

/** Queries the DNS for A and AAAA records. */
export async function resolveByDns(name: string): Promise<readonly string[]> {
  const answers = await Promise.allSettled([
    Deno.resolveDns(name, "A"),
    Deno.resolveDns(name, "AAAA"),
  ]);
  return answers.flatMap((answer) => answer.status === "fulfilled" ? answer.value : []);
}
