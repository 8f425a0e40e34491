/**
 * The servers that are compared, and how each is started: Parley in several forms, and the usual alternatives. Each
 * runs as one process, as it comes; those that would start more processes are limited to one.
 * @module
 */
import { join } from "node:path";
import { settings as knownSettings } from "../../../lib/core/config/config.ts";
import type { EngineName } from "../../../lib/core/config/settings_table.ts";
import { unpackedNginx } from "./debian.ts";
import { withPackages } from "./npm.ts";
import type { WireProtocol } from "../load/orders.ts";

const ROOT = new URL("../../../", import.meta.url).pathname;
const PEERS = join(ROOT, "bench/peers");

/** What a server is started with. */
export interface LaunchContext {
  /** The port to listen on. */
  readonly port: number;
  /** The URL of its Redis. */
  readonly redisPort: number;
  /** An empty folder, deleted afterwards. */
  readonly folder: string;
  /** Settings of Parley that differ from those of the other works. */
  readonly settings: Readonly<Record<string, string>>;
}

/** How a server is started. */
export interface Launch {
  /** The program: a path, or a name on PATH. */
  readonly program: string;
  /** Its arguments. */
  readonly args: readonly string[];
  /** Additional environment variables. */
  readonly env: Readonly<Record<string, string>>;
  /** Its working directory. */
  readonly cwd: string;
}

/** A server that is compared. */
export interface Peer {
  /** Its name in `--only` and the results. */
  readonly name: string;
  /** Its name in the tables. */
  readonly title: string;
  /** The protocol of its chat. */
  readonly tongue: WireProtocol;
  /** The path of its chat. */
  readonly chat: string;
  /** The path of its echo, if it has one. */
  readonly echo?: string;
  /** Requested until it answers with success; if undefined, any answer from the chat's path is enough. */
  readonly ready?: string;
  /** Rejects with what to install, or what is wrong, if the peer is not available. */
  launch(place: LaunchContext, signal: AbortSignal): Promise<Launch>;
}

const redisUrl = ({ redisPort }: LaunchContext) => `redis://127.0.0.1:${redisPort}`;
const TEXT: WireProtocol = { kind: "text" };
const TEXT_CHAT: WireProtocol = { kind: "text chat" };
const JSON_TONGUE: WireProtocol = { kind: "json", room: "lobby" };

/** Parley in one configuration. */
function ours(
  name: string,
  title: string,
  tongue: WireProtocol,
  form: {
    readonly store: "redis" | "memory" | "file";
    readonly workers: number;
    readonly engine?: EngineName;
  },
): Peer {
  return {
    name,
    title,
    tongue,
    chat: "/ws",
    echo: "/s",
    ready: "/readyz",
    async launch(place) {
      if (form.workers > 0 && !knownSettings.some((it) => it.name === "WORKERS")) {
        throw new Error("this version has no WORKERS");
      }
      const stores: Readonly<Record<typeof form.store, Readonly<Record<string, string>>>> = {
        redis: { REDIS_URL: redisUrl(place) },
        memory: {},
        file: { DATA_DIR: join(place.folder, "data") },
      };
      const env = {
        ...limits(place),
        ...stores[form.store],
        WORKERS: `${form.workers}`,
        WEBSOCKET_ENGINE: form.engine ?? "deno",
        ...place.settings,
      };
      return { program: Deno.execPath(), args: await startArguments(), env, cwd: ROOT };
    },
  };
}

/** Serves `/metrics` on the measured port. */
export const ADMIN_TOKEN = "a token for the bench only";

/** Lifts the limits, which are not what is measured. */
function limits(place: LaunchContext): Record<string, string> {
  return {
    PORT: `${place.port}`,
    ADMIN_PORT: "off",
    ADMIN_TOKEN,
    DATA_DIR: ":memory:",
    MESSAGES_PER_SECOND: "0",
    BYTES_PER_SECOND: "0",
    MAX_CONNECTIONS: "19000",
    LOG_LEVEL: "warning",
  };
}

/** The arguments of the start task, as its shell expands them: the same permissions and flags as for users. */
export async function startArguments(): Promise<string[]> {
  const { tasks } = JSON.parse(await Deno.readTextFile(join(ROOT, "deno.json")));
  const command: unknown = tasks?.start?.command;
  if (typeof command !== "string") throw new TypeError("Cannot find the start task in deno.json");
  const flags = await Deno.readTextFile(join(ROOT, "deploy/flags.txt"));
  return command.replace("$(cat deploy/flags.txt)", flags.trim()).split(" ").slice(1);
}

/** A peer of npm packages. @param program Runs the file, given the folder of the packages. */
function fromNpm(
  name: string,
  title: string,
  given: Pick<Peer, "tongue" | "chat"> & {
    readonly folder: string;
    readonly file: string;
    program(folder: string): string;
  },
): Peer {
  return {
    name,
    title,
    ...given,
    async launch(place, signal) {
      const folder = await withPackages(given.folder, signal);
      const env = { PORT: `${place.port}`, REDIS_URL: redisUrl(place) };
      return { program: given.program(folder), args: [given.file], env, cwd: folder };
    },
  };
}

/** A peer that is a configuration of nginx. */
function fromNginx(name: string, title: string, folder: string): Peer {
  return {
    name,
    title,
    tongue: TEXT,
    chat: "/chat",
    async launch(place, signal) {
      const nginx = await unpackedNginx(signal);
      const words: Record<string, string> = {
        PORT: `${place.port}`,
        REDIS_URL: redisUrl(place),
        REDIS_PORT: `${place.redisPort}`,
        RUN: place.folder,
        PEER: join(PEERS, folder),
        MODULES: nginx.modules,
        LUA: nginx.lua,
      };
      const text = await Deno.readTextFile(join(PEERS, folder, "nginx.conf"));
      const path = join(place.folder, "nginx.conf");
      await Deno.writeTextFile(path, text.replaceAll(/\{([A-Z_]+)\}/g, (_, it) => words[it] ?? it));
      const args = ["-p", place.folder, "-c", path, "-e", join(place.folder, "error.log")];
      return { program: nginx.program, args, env: nginx.env, cwd: place.folder };
    },
  };
}

const bareDeno: Peer = {
  name: "bare-deno",
  title: "bare Deno loop, no Redis",
  tongue: TEXT,
  chat: "/chat",
  echo: "/echo",
  launch: ({ port }) =>
    Promise.resolve({
      program: Deno.execPath(),
      args: [
        "run",
        "--no-prompt",
        "--allow-net",
        "--allow-env=PORT",
        "bench/peers/bare_deno/server.ts",
      ],
      env: { PORT: `${port}` },
      cwd: ROOT,
    }),
};

const ALL: readonly Peer[] = [
  ours("json", "Parley, `chat.v1.json`", JSON_TONGUE, { store: "redis", workers: 0 }),
  ours("text", "Parley, plain text", TEXT_CHAT, { store: "redis", workers: 0 }),
  ours("json-node", "Parley, `chat.v1.json`, engine node", JSON_TONGUE, {
    store: "redis",
    workers: 0,
    engine: "node",
  }),
  ours("text-node", "Parley, plain text, engine node", TEXT_CHAT, {
    store: "redis",
    workers: 0,
    engine: "node",
  }),
  ours("json-w1", "Parley, `chat.v1.json`, WORKERS=1", JSON_TONGUE, { store: "redis", workers: 1 }),
  ours("text-w1", "Parley, plain text, WORKERS=1", TEXT_CHAT, { store: "redis", workers: 1 }),
  ours("json-alone", "Parley, `chat.v1.json`, no Redis", JSON_TONGUE, {
    store: "memory",
    workers: 0,
  }),
  ours("json-file", "Parley, `chat.v1.json`, WORKERS=1, embedded store", JSON_TONGUE, {
    store: "file",
    workers: 1,
  }),
  ours("text-alone", "Parley, plain text, no Redis", TEXT_CHAT, { store: "memory", workers: 0 }),
  bareDeno,
  fromNpm("bun", "Bun `publish` + Redis", {
    folder: "bun_publish",
    file: "server.js",
    tongue: TEXT,
    chat: "/chat",
    program: (folder) => join(folder, "node_modules/@oven/bun-linux-x64/bin/bun"),
  }),
  fromNpm("ws", "Node `ws` + Redis", {
    folder: "node_ws",
    file: "server.js",
    tongue: TEXT,
    chat: "/chat",
    program: () => "node",
  }),
  fromNpm("socket.io", "Socket.IO + Redis adapter", {
    folder: "socket_io",
    file: "server.cjs",
    tongue: { kind: "socket.io" },
    chat: "/socket.io/?EIO=4&transport=websocket",
    program: () => "node",
  }),
  fromNginx("nchan", "Nchan + Redis", "nchan"),
  fromNginx("nginx-lua", "nginx Lua + Redis", "nginx_lua"),
];

/** All peers by name, in the order of the tables. */
export const PEERS_BY_NAME: ReadonlyMap<string, Peer> = new Map(ALL.map((it) => [it.name, it]));

/** The peer of this name; throws if there is none. */
export function peerNamed(name: string): Peer {
  const found = PEERS_BY_NAME.get(name);
  if (found === undefined) throw new RangeError(`Cannot find peer: received ${name}`);
  return found;
}
