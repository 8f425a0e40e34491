/**
 * Finds the programs that tests need besides Deno, and runs them. A test that lacks one names in its title what to install;
 * Redis, which most of them need, is unpacked from the system's packages without any privilege.
 * @module
 */
import { delimiter, dirname, join } from "node:path";

/** A program, and the environment that it needs to start. */
export interface Program {
  readonly path: string;
  readonly env: Readonly<Record<string, string>>;
}

/** A program that a test needs: its possible names, and what to install. */
export interface RequiredProgram {
  readonly names: readonly string[];
  readonly install: string;
}

// Locations of servers; a user's PATH often omits them.
const SERVER_FOLDERS = ["/usr/sbin", "/usr/local/sbin"];

/** The path of the first of these names that is on PATH or in a location of servers. */
export function findProgram(names: readonly string[]): Promise<string | undefined> {
  return Promise.resolve(find(names));
}

/** Synchronous, because a test is registered, or ignored, while its module loads. */
function find(names: readonly string[]): string | undefined {
  const folders = [...(Deno.env.get("PATH") ?? "").split(delimiter), ...SERVER_FOLDERS];
  const paths = names.flatMap((name) => folders.filter(Boolean).map((it) => join(it, name)));
  return paths.find(isExecutable);
}

function isExecutable(path: string): boolean {
  try {
    const { isFile, mode } = Deno.statSync(path);
    return isFile && (mode === null || (mode & 0o111) !== 0);
  } catch {
    return false;
  }
}

/**
 * Registers a test that needs a program. If it is missing, the test is ignored and its name says why; with `CI=true`
 * it fails instead, since ignored tests go unnoticed there.
 * @param options Options of `Deno.test`.
 */
export function programTest(
  wanted: RequiredProgram,
  name: string,
  fn: (program: Program) => Promise<void>,
  options: Readonly<Pick<Deno.TestDefinition, "sanitizeOps">> = {},
): void {
  const path = find(wanted.names);
  if (path !== undefined) return Deno.test({ ...options, name, fn: () => fn({ path, env: {} }) });
  const missing = `${wanted.names[0]} not found; install ${wanted.install}`;
  if (Deno.env.get("CI") === "true") return Deno.test(name, () => fail(missing));
  Deno.test({ name: `${name} (ignored: ${missing})`, ignore: true, fn: () => {} });
}

function fail(why: string): never {
  throw new Error(why);
}

const INSTALL_REDIS = "install redis-server or valkey-server so that it is on PATH";
const REDIS_PACKAGES = ["redis-server", "redis-tools", "libjemalloc2", "liblzf1", "libatomic1"];

/** The Redis or Valkey of this machine, or else one unpacked from Debian packages into the user's cache. */
export async function redisServer(): Promise<Program> {
  const path = find(["redis-server", "valkey-server"]);
  if (path !== undefined) return { path, env: {} };
  if (find(["apt-get"]) === undefined || find(["dpkg-deb"]) === undefined) {
    throw new Error(`Cannot find redis-server: ${INSTALL_REDIS}`);
  }
  const folder = join(cacheFolder(), `redis-${await systemName()}`);
  if (!isExecutable(join(folder, "usr/bin/redis-server"))) await unpackRedis(folder);
  return unpackedRedis(folder);
}

/** Where downloads for tests are kept. */
export function cacheFolder(): string {
  const cache = Deno.env.get("XDG_CACHE_HOME") || join(Deno.env.get("HOME") ?? "/tmp", ".cache");
  return join(cache, "parley");
}

/** The libraries belong to a release of a distribution, and a home may be shared between machines. */
async function systemName(): Promise<string> {
  const release = await Deno.readTextFile("/etc/os-release");
  const [id, version] = ["ID", "VERSION_ID"].map((key) =>
    release.match(new RegExp(`^${key}="?([^"\n]*)"?$`, "m"))?.[1] ?? "unknown"
  );
  return `${id}-${version}-${Deno.build.arch}`;
}

/** Unpacks beside the folder and moves it there in one step, so that parallel tests never see half of it. */
async function unpackRedis(folder: string): Promise<void> {
  await Deno.mkdir(dirname(folder), { recursive: true });
  const work = await Deno.makeTempDir({ dir: dirname(folder), prefix: "unpacking-" });
  try {
    const root = join(work, "root");
    await output("apt-get", ["download", ...REDIS_PACKAGES], work);
    for await (const { name } of Deno.readDir(work)) {
      if (name.endsWith(".deb")) await output("dpkg-deb", ["-x", name, root], work);
    }
    const { path, env } = await unpackedRedis(root);
    await output(path, ["--version"], work, env);
    await Deno.rename(root, folder).catch((error) => {
      // Another test was faster.
      if (!isExecutable(join(folder, "usr/bin/redis-server"))) throw error;
    });
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : String(cause);
    const advice = `run "apt-get update" as root and try again, or ${INSTALL_REDIS}`;
    throw new Error(`Cannot unpack redis-server: ${advice}: ${why}`, { cause });
  } finally {
    await Deno.remove(work, { recursive: true });
  }
}

async function unpackedRedis(root: string): Promise<Program> {
  const libraries = join(root, "usr/lib");
  const folders: string[] = [];
  for await (const { name, isDirectory } of Deno.readDir(libraries)) {
    if (isDirectory) folders.push(join(libraries, name));
  }
  const env = { LD_LIBRARY_PATH: folders.join(delimiter) };
  return { path: join(root, "usr/bin/redis-server"), env };
}

/** A program's stdout; throws with both streams when it fails. */
async function output(
  program: string,
  args: readonly string[],
  cwd: string,
  env: Readonly<Record<string, string>> = {},
): Promise<string> {
  const result = await new Deno.Command(program, { args: [...args], cwd, env }).output();
  const [out, err] = [result.stdout, result.stderr].map((it) => new TextDecoder().decode(it));
  if (result.success) return out ?? "";
  throw new Error(`${program} ${args[0]} failed with ${result.code}: ${out}${err}`);
}

/**
 * Timeout of everything that tests wait for, in milliseconds. It only ends tests that would never end, so it is far longer
 * than anything takes on a busy machine.
 */
export const DEADLINE_MS = 180_000;
/** Between two polls of {@linkcode until}. */
const LONGEST_PAUSE_MS = 100;

/** Polls until the answer is yes; rejects after the timeout. @param what What is awaited, for the failure's message. */
export async function until(what: string, ask: () => Promise<boolean>): Promise<void> {
  const deadline = performance.now() + DEADLINE_MS;
  // At growing intervals: on a busy machine, the polls would take the time that the answer needs.
  for (let pauseMs = 10; !await ask(); pauseMs = Math.min(1.5 * pauseMs, LONGEST_PAUSE_MS)) {
    if (performance.now() > deadline) throw new Error(`Waited ${DEADLINE_MS} ms for ${what}`);
    await new Promise((resolve) => setTimeout(resolve, pauseMs));
  }
}

/** Resolves with the value of a promise; rejects if it does not settle in time. @param what What is awaited, for the failure's message. */
export async function withinDeadline<T>(what: string, promise: Promise<T>): Promise<T> {
  const { promise: late, reject } = Promise.withResolvers<never>();
  const onLate = () => reject(new Error(`Waited ${DEADLINE_MS} ms for ${what}`));
  const timer = setTimeout(onLate, DEADLINE_MS);
  try {
    return await Promise.race([promise, late]);
  } finally {
    clearTimeout(timer);
  }
}

// Linux assigns the ports from 32768 on to outgoing connections. A client that keeps reconnecting to a server that is down
// could be assigned that very port, and be connected to itself; a server that restarts could find its port taken.
const [FIRST_PORT, OUTGOING_PORT] = [20_000, 32_768];

// Processes that run tests at the same time choose among different ports: a port that one of them has chosen stays free
// until its program listens. 16 divides every distance to a second port.
const LANES = 16;
const lane = Number(Deno.env.get("TEST_LANE") ?? Math.floor(Math.random() * LANES)) % LANES;
const chosen = new Set<number>();

/**
 * A port of 127.0.0.1 on which nothing listens now, and that nobody else chooses.
 *
 * @param beside Distance to a second port that must be free as well, a multiple of 16; 0 for none.
 */
export function freePort(beside = 0): number {
  const count = Math.floor((OUTGOING_PORT - FIRST_PORT - beside) / LANES);
  for (;;) {
    const port = FIRST_PORT + LANES * Math.floor(Math.random() * count) + lane;
    if (chosen.has(port) || !isFree(port) || (beside > 0 && !isFree(port + beside))) continue;
    chosen.add(port);
    return port;
  }
}

function isFree(port: number): boolean {
  try {
    using _listener = Deno.listen({ hostname: "127.0.0.1", port });
    return true;
  } catch (error) {
    if (!(error instanceof Deno.errors.AddrInUse)) throw error;
    return false;
  }
}

/** The port was taken between {@linkcode freePort} and the start of the program. */
export class PortTaken extends Error {}

/**
 * Starts something on a free port, and on another one if that was taken meanwhile.
 *
 * @param beside As of {@linkcode freePort}.
 */
export async function onFreePort<T>(
  start: (port: number) => Promise<T>,
  beside = 0,
): Promise<T> {
  for (let triesLeft = 9;; triesLeft--) {
    try {
      return await start(freePort(beside));
    } catch (error) {
      if (triesLeft === 0 || !(error instanceof PortTaken)) throw error;
    }
  }
}

/** How a process ended, in words. */
export function endingOf({ code, signal }: Deno.CommandStatus): string {
  return signal === null ? `with code ${code}` : `by ${signal}`;
}

/**
 * The output of a program, some whole lines at a time, so that a line of its other stream cannot appear inside
 * one. The last line may be incomplete.
 */
export async function* wholeLines(
  stream: ReadableStream<Uint8Array<ArrayBuffer>>,
): AsyncGenerator<string> {
  let rest = "";
  for await (const part of stream.pipeThrough(new TextDecoderStream())) {
    const text = rest + part;
    const end = text.lastIndexOf("\n") + 1;
    rest = text.slice(end);
    if (end > 0) yield text.slice(0, end);
  }
  if (rest !== "") yield rest;
}

/** A program that runs for a test. Disposing of it ends it with its children, and waits for that. */
export class Running implements AsyncDisposable {
  readonly pid: number;
  /** Resolves when it has ended and all of its output has been read. */
  readonly ended: Promise<Deno.CommandStatus>;
  readonly #child: Deno.ChildProcess;
  #output = "";
  #over = false;

  private constructor(program: Program, args: readonly string[], cwd: string) {
    const streams = { stdin: "null", stdout: "piped", stderr: "piped" } as const;
    const { path, env } = program;
    this.#child = new Deno.Command(path, { args: [...args], cwd, env, ...streams }).spawn();
    this.pid = this.#child.pid;
    const read = Promise.all([this.#read(this.#child.stdout), this.#read(this.#child.stderr)]);
    this.ended = read.then(() => this.#child.status).finally(() => this.#over = true);
  }

  /** Starts a program. @param answers Whether it is up; polled until it is, or until the program has ended. */
  static async start(
    program: Program,
    args: readonly string[],
    cwd: string,
    answers: (running: Running) => Promise<boolean>,
  ): Promise<Running> {
    const running = new Running(program, args, cwd);
    try {
      await until(`${program.path} to answer`, async () => running.#over || await answers(running));
      if (!running.#over) return running;
    } catch (error) {
      running.signal("SIGKILL");
      await running.ended;
      throw error;
    }
    const Failure = /address already in use/i.test(running.output) ? PortTaken : Error;
    const ending = endingOf(await running.ended);
    throw new Failure(`Cannot start ${program.path}: it ended ${ending}: ${running.output}`);
  }

  /** Its output so far, both streams. */
  get output(): string {
    return this.#output;
  }

  /** Sends a signal if it is still running. */
  signal(signal: Deno.Signal): void {
    try {
      this.#child.kill(signal);
    } catch {
      // It has ended already.
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.signal("SIGTERM");
    await this.ended;
  }

  async #read(stream: ReadableStream<Uint8Array<ArrayBuffer>>): Promise<void> {
    for await (const lines of wholeLines(stream)) this.#output += lines;
  }
}
