/**
 * Whether an address may be loaded: what is on this machine or in a private network is one's own, and for anything else
 * somebody has to say twice that it is meant.
 * @module
 */
import type { BenchOptions } from "../../core/bench_options.ts";
import { parseAddress } from "../../core/addresses.ts";
import { isPrivateAddress } from "../../core/private_addresses.ts";

/** Finds the addresses of a name; none where there are none or nobody knows. */
export type Resolve = (name: string) => Promise<readonly string[]>;

/** Why this may not be loaded, in words that say what to add; undefined where it may. */
export async function refusal(
  { url, leave }: Pick<BenchOptions, "url" | "leave">,
  resolve: Resolve,
): Promise<string | undefined> {
  const host = url.hostname.replace(/^\[(.*)\]$/, "$1");
  if (host === "localhost" || isPrivateAddress(host)) return undefined;
  const addresses = parseAddress(host) === undefined ? await resolve(host) : [host];
  if (addresses.length > 0 && addresses.every(isPrivateAddress)) return undefined;
  if (leave.host === host && leave.isReally) return undefined;
  const what = addresses.length === 0
    ? `${host} could not be found in the DNS, so nobody knows whether it is in a private network`
    : `${host} is not on this machine, nor in a private network`;
  return `${what}. A load may be an attack: if it is yours, or its owner agrees, add ` +
    `--i-may-load-this-host=${host} --really`;
}

/** Asks the DNS. */
export async function resolveByDns(name: string): Promise<readonly string[]> {
  const answers = await Promise.allSettled([
    Deno.resolveDns(name, "A"),
    Deno.resolveDns(name, "AAAA"),
  ]);
  return answers.flatMap((answer) => answer.status === "fulfilled" ? answer.value : []);
}
