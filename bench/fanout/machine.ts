/**
 * Describes the machine and the versions that were measured: figures mean nothing without them.
 * @module
 */
import { unpackedNginx } from "./peers/debian.ts";
import { versionOf, withPackages } from "./peers/npm.ts";
import type { Machine } from "./samples.ts";

/** The machine and the versions, as far as they can be determined. @param peers The available peers. */
export async function describeMachine(
  peers: ReadonlySet<string>,
  signal: AbortSignal,
): Promise<Machine> {
  const facts: (readonly [string, string | undefined])[] = [
    ["processor", await processor()],
    ["memory", `${Math.round(Deno.systemMemoryInfo().total / 2 ** 30)} GiB`],
    ["system", await system()],
    ["Deno", Deno.version.deno],
    ["Redis", await firstMatch("redis-server", ["--version"], /v=(\S+)/)],
    ["Node", await firstMatch("node", ["--version"], /v(\S+)/)],
    ...await npmVersions(peers, signal),
    ...await nginxVersions(peers, signal),
    ["date", new Date().toISOString().slice(0, 10)],
  ];
  return facts.flatMap(([name, value]) => value === undefined ? [] : [[name, value] as const]);
}

async function processor(): Promise<string> {
  const text = await Deno.readTextFile("/proc/cpuinfo").catch(() => "");
  const model = /^model name\s*:\s*(.*)$/m.exec(text)?.[1] ?? Deno.build.arch;
  return `${model}, ${navigator.hardwareConcurrency} cores`;
}

async function system(): Promise<string> {
  const text = await Deno.readTextFile("/etc/os-release").catch(() => "");
  const name = /^PRETTY_NAME="?([^"\n]*)"?$/m.exec(text)?.[1] ?? Deno.build.os;
  return `${name}, Linux ${Deno.osRelease()}`;
}

async function npmVersions(
  peers: ReadonlySet<string>,
  signal: AbortSignal,
): Promise<(readonly [string, string])[]> {
  const packages = [
    ["bun", "bun_publish", "@oven/bun-linux-x64", "Bun"],
    ["ws", "node_ws", "ws", "ws"],
    ["socket.io", "socket_io", "socket.io", "Socket.IO"],
    ["socket.io", "socket_io", "@socket.io/redis-adapter", "its Redis adapter"],
  ] as const;
  const found: (readonly [string, string])[] = [];
  for (const [peer, folder, name, title] of packages) {
    if (!peers.has(peer)) continue;
    found.push([title, await versionOf(await withPackages(folder, signal), name)]);
  }
  return found;
}

async function nginxVersions(
  peers: ReadonlySet<string>,
  signal: AbortSignal,
): Promise<(readonly [string, string])[]> {
  if (!peers.has("nchan") && !peers.has("nginx-lua")) return [];
  const { versions } = await unpackedNginx(signal);
  return ["nginx", "libnginx-mod-nchan", "libnginx-mod-http-lua", "lua-nginx-websocket"]
    .map((name) => [name, versions.get(name) ?? "unknown"] as const);
}

async function firstMatch(
  program: string,
  args: readonly string[],
  pattern: RegExp,
): Promise<string | undefined> {
  try {
    const { stdout } = await new Deno.Command(program, { args: [...args] }).output();
    return pattern.exec(new TextDecoder().decode(stdout))?.[1];
  } catch {
    return undefined;
  }
}
