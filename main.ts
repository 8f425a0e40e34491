/**
 * The command line of Parley: reads the settings, starts the service, and stops it on a signal. Nothing is done here but
 * putting together; what the runtime may lack (signals, permissions to give back) is asked for where it is used.
 * @module
 */
import meta from "./deno.json" with { type: "json" };
import { explain, helpText, parseCommandLine } from "./lib/core/command_line.ts";
import { type Config, parseConfig, type Problem } from "./lib/core/config.ts";
import { runBackupCommand } from "./lib/io/cli/backup.ts";
import { bench } from "./lib/io/cli/bench.ts";
import { Unstoppable } from "./lib/io/isolates/ward.ts";
import { keepErrorsFromEnding } from "./lib/io/last_net.ts";
import { log, openLog } from "./lib/io/log.ts";
import { openService, type Service } from "./lib/io/service.ts";

const encoder = new TextEncoder();

/** Runs the program; resolves with its exit status: 0 after a stop, 1 if it could not start, 2 for bad settings. */
async function main(args: readonly string[]): Promise<number> {
  const command = parseCommandLine(args);
  if (command.kind === "help") return print(helpText(meta.version), 0);
  if (command.kind === "version") return print(`parley ${meta.version}\n`, 0);
  if (command.kind === "bench") return await bench(command.args);
  const get = (name: string) => command.flags.get(name) ?? Deno.env.get(name);
  const read = parseConfig(get);
  const ca = await readCa(get("REDIS_CA_FILE"));
  const problems = [
    ...command.problems,
    ...(read.kind === "bad" ? read.problems : []).map(explain),
    ...(ca.kind === "bad" ? [explain(ca.problem)] : []),
  ];
  if (read.kind === "bad" || problems.length > 0) return complain(problems, 2);
  if (command.kind !== "serve") {
    return await runBackupCommand(command.kind, command.file, read.config);
  }
  return await serve(read.config, ca.kind === "good" ? ca.pem : undefined);
}

/** The certificate authority of `REDIS_CA_FILE`, if there is to be one. */
async function readCa(
  path: string | undefined,
): Promise<{ kind: "good"; pem: string | undefined } | { kind: "bad"; problem: Problem }> {
  if (!path) return { kind: "good", pem: undefined };
  const problem = { name: "REDIS_CA_FILE", value: path };
  try {
    const pem = await Deno.readTextFile(path);
    if (pem.includes("-----BEGIN CERTIFICATE-----")) return { kind: "good", pem };
    return { kind: "bad", problem: { ...problem, allowed: "a PEM file with a certificate in it" } };
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    return {
      kind: "bad",
      problem: { ...problem, allowed: `a PEM file that can be read (${why})` },
    };
  }
}

async function serve(config: Config, ca: string | undefined): Promise<number> {
  await openLog(config);
  keepErrorsFromEnding();
  let service: Service;
  try {
    service = await openService(config, ca);
  } catch (error) {
    return complain([whyNotStarted(error, config)], 1);
  }
  await giveBackPermissions(config, service);
  // Listened for before the address is told: whoever waits for that line may signal at once.
  const signalled = firstSignal();
  print(greeting(config, service), 0);
  const why = await Promise.race([signalled, service.broken]);
  if (why instanceof Error) log.error("service.broken", { error: why.stack ?? why.message });
  else log.info("service.stopping", { signal: why });
  await service.stop();
  // EX_SOFTWARE of sysexits.h: the service manager is to start it again.
  return why instanceof Unstoppable ? 70 : why instanceof Error ? 1 : 0;
}

function greeting(config: Config, { port, kept }: Service): string {
  const host = /^(0\.0\.0\.0|::)$/.test(config.host) ? "127.0.0.1" : config.host;
  const at = `${host.includes(":") ? `[${host}]` : host}:${port}`;
  return `Parley is on http://${at} (${kept}): open it in a browser, or: npx wscat -c ws://${at}/ws\n`;
}

function whyNotStarted(error: unknown, config: Config): string {
  if (error instanceof Deno.errors.AddrInUse) {
    return `Port ${config.port} on ${config.host} is taken: choose another with PORT=… or --port …`;
  }
  if (error instanceof Deno.errors.AddrNotAvailable) {
    return `HOST is ${config.host}, which is no address of this machine: choose another with HOST=… or --host …`;
  }
  if (error instanceof Deno.errors.PermissionDenied) {
    return `Not allowed to listen on ${config.host}:${config.port}: ${error.message}`;
  }
  return `Cannot start: ${error instanceof Error ? error.message : String(error)}`;
}

/**
 * Read and write permissions stay where they will be needed: for a Redis on a Unix socket, and for a store that is still
 * read-only and will be opened again. An isolate that is started later reads its modules.
 */
async function giveBackPermissions(
  config: Config,
  { isolates, opensFiles }: Service,
): Promise<void> {
  const usesFiles = opensFiles || config.redisUrl?.startsWith("unix:");
  const needless: Deno.PermissionDescriptor[] = [{ name: "env" }];
  if (!usesFiles) needless.push({ name: "write" });
  if (!usesFiles && isolates === 0) needless.push({ name: "read" });
  for (const permission of needless) {
    // Not everywhere is there anything to give back.
    await Deno.permissions?.revoke?.(permission).catch(() => {});
  }
  log.debug("permissions.given_back", { names: needless.map(({ name }) => name).join(" ") });
}

/** Signals within this time of the first are copies of it: `deno task` and process groups deliver a signal twice. */
const SAME_SIGNAL_MS = 1_000;

/** Resolves on the first SIGTERM or SIGINT; another one ends the process at once, unless it is a copy of the first. */
function firstSignal(): Promise<Deno.Signal> {
  const { promise, resolve } = Promise.withResolvers<Deno.Signal>();
  let firstAt: number | undefined;
  const heard = (signal: Deno.Signal) => {
    const now = performance.now();
    firstAt ??= now;
    if (now - firstAt > SAME_SIGNAL_MS) {
      log.warn("service.stopped_at_once", { signal });
      Deno.exit(1);
    }
    resolve(signal);
  };
  for (const signal of ["SIGTERM", "SIGINT"] as const) {
    try {
      Deno.addSignalListener(signal, () => heard(signal));
    } catch (error) {
      log.debug("service.no_signal", { signal, error: String(error) });
    }
  }
  return promise;
}

function print(text: string, status: number): number {
  Deno.stdout.writeSync(encoder.encode(text));
  return status;
}

function complain(problems: readonly string[], status: number): number {
  for (const problem of problems) Deno.stderr.writeSync(encoder.encode(`parley: ${problem}\n`));
  return status;
}

if (import.meta.main) Deno.exit(await main(Deno.args));
