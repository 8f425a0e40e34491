/**
 * The command line of Parley: reads the settings, starts the service, and stops it on a signal. This file only wires
 * the parts together. Features that a runtime may lack (signals, revocable permissions) are checked where they are
 * used.
 * @module
 */
import meta from "./deno.json" with { type: "json" };
import {
  describeProblem,
  helpText,
  parseCommandLine,
} from "./lib/core/command_line/command_line.ts";
import { type Config, type ConfigProblem, parseConfig } from "./lib/core/config/config.ts";
import { settingVariables } from "./lib/core/config/secret_files.ts";
import { SETTINGS } from "./lib/core/config/settings_table.ts";
import { listensOnAll, startupMessage } from "./lib/core/config/startup_message.ts";
import { runAuditCommand } from "./lib/io/commands/audit_command.ts";
import { runBackupCommand } from "./lib/io/commands/backup_command.ts";
import { runKeysCommand } from "./lib/io/commands/keys_command.ts";
import {
  runInviteCommand,
  runRoleCommand,
  runUsersCommand,
} from "./lib/io/commands/member_commands.ts";
import { runModerateCommand } from "./lib/io/commands/moderate_command.ts";
import { ownerLinkText } from "./lib/io/app/owner_link.ts";
import { runRevokeCommand } from "./lib/io/commands/revoke_command.ts";
import { runWebhooksCommand } from "./lib/io/commands/webhooks_command.ts";
import { runBenchCommand } from "./lib/load/cli/command.ts";
import { benchHelp } from "./lib/load/cli/options.ts";
import { WorkerUnstoppable } from "./lib/io/workers/supervised_worker.ts";
import { logUncaughtErrors } from "./lib/io/uncaught_errors.ts";
import { configureLogger, logger } from "./lib/io/logger.ts";
import { type Service, type SettingFiles, startService } from "./lib/io/app/service.ts";
import { readPublicKey } from "./lib/io/auth/authenticators/key_set.ts";
import { readSecretFiles } from "./lib/io/secret_files.ts";
import { readWordFile } from "./lib/io/moderation/word_file.ts";
import { readKeyPair } from "./lib/io/tls/key_pair.ts";

const encoder = new TextEncoder();

/** Runs the program; resolves with its exit status: 0 after a stop, 1 if it could not start, 2 for bad settings. */
async function main(args: readonly string[]): Promise<number> {
  const command = parseCommandLine(args);
  if (command.kind === "help") return print(helpText(meta.version, benchHelp()), 0);
  if (command.kind === "version") {
    const engine = Deno.env.get("WEBSOCKET_ENGINE") ?? SETTINGS.websocketEngine.fallback;
    return print(
      `parley ${meta.version} (WEBSOCKET_ENGINE=${engine}, Deno ${Deno.version.deno})\n`,
      0,
    );
  }
  if (command.kind === "bench") return await runBenchCommand(command.args);
  const get = (name: string) => command.flags.get(name) ?? Deno.env.get(name);
  const secrets = await readSecretFiles(get);
  const isServing = command.kind === "serve";
  const read = parseConfig(get, secrets.texts, isServing);
  // Other commands use none of these files.
  const pathOf = (name: string) => isServing && get(name)?.trim() || null;
  const ca = await readCa(pathOf("REDIS_CA_FILE"));
  const tls = await readKeyPair(pathOf("TLS_CERT_FILE"), pathOf("TLS_KEY_FILE"));
  const tokenKey = await readPublicKey(pathOf("JWT_PUBLIC_KEY_FILE"));
  const words = await readWordFile(pathOf("BLOCKED_WORDS_FILE"));
  const problems = [
    ...command.problems,
    ...secrets.problems.map(describeProblem),
    ...(read.kind === "bad" ? read.problems : []).map(describeProblem),
    ...(ca.kind === "bad" ? [describeProblem(ca.problem)] : []),
    ...(tls.kind === "bad" ? tls.problems.map(describeProblem) : []),
    ...(tokenKey.kind === "bad" ? [describeProblem(tokenKey.problem)] : []),
    ...(words.kind === "bad" ? words.problems.map(describeProblem) : []),
  ];
  if (read.kind === "bad" || problems.length > 0) return reportProblems(problems, 2);
  if (command.kind === "revoke") return await runRevokeCommand(command.body, read.config);
  if (command.kind === "invite") return await runInviteCommand(command.body, read.config);
  if (command.kind === "keys") return await runKeysCommand(command.body, read.config);
  if (command.kind === "users") return await runUsersCommand(read.config);
  if (command.kind === "role") return await runRoleCommand(command.body, read.config);
  if (command.kind === "moderate") return await runModerateCommand(command.ask, read.config);
  if (command.kind === "webhooks") return await runWebhooksCommand(command.body, read.config);
  if (command.kind === "audit") {
    return await runAuditCommand(command.query, command.isJson, read.config);
  }
  if (command.kind !== "serve") {
    return await runBackupCommand(command.kind, command.file, read.config);
  }
  return await serve(read.config, {
    redisCa: ca.kind === "good" ? ca.pem : undefined,
    keyPair: tls.kind === "good" ? tls.pair : undefined,
    tokenKey: tokenKey.kind === "good" ? tokenKey.keys : undefined,
    words: words.kind === "good" ? words.file : undefined,
  });
}

/** Reads the certificate authority of `REDIS_CA_FILE`; `pem` is undefined if the setting is empty. */
async function readCa(
  path: string | null,
): Promise<{ kind: "good"; pem: string | undefined } | { kind: "bad"; problem: ConfigProblem }> {
  if (path === null) return { kind: "good", pem: undefined };
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

async function serve(config: Config, files: SettingFiles): Promise<number> {
  await configureLogger(config);
  logUncaughtErrors();
  const addresses = listensOnAll(config.host) ? await machineAddresses() : undefined;
  let service: Service;
  try {
    service = await startService(config, files, addresses);
  } catch (error) {
    return reportProblems([startFailure(error, config)], 1);
  }
  await revokePermissions(config, service);
  // Listen before printing the address: a script that waits for that line may send a signal at once.
  const signal = firstSignal();
  print(startupMessage({ ...config, ...service }, addresses), 0);
  if (Deno.stdout.isTerminal()) {
    ownerLinkText(service).then((text) => print(text, 0));
  }
  const why = await Promise.race([signal, service.failed]);
  if (why instanceof Error) logger.error("service.failed", { error: why.stack ?? why.message });
  else logger.info("service.stopping", { signal: why });
  await service.stop();
  // EX_SOFTWARE of sysexits.h: the service manager should restart the service.
  return why instanceof WorkerUnstoppable ? 70 : why instanceof Error ? 1 : 0;
}

/** The addresses of this machine; undefined without the permission to read them, as in a container or on a platform. */
async function machineAddresses(): Promise<readonly string[] | undefined> {
  const permission = { name: "sys", kind: "networkInterfaces" } as const;
  const state = await Deno.permissions?.query?.(permission).catch(() => undefined);
  if (state?.state !== "granted") return undefined;
  return Deno.networkInterfaces().map(({ address }) => address);
}

function startFailure(error: unknown, config: Config): string {
  if (error instanceof Deno.errors.AddrInUse) {
    return `Port ${config.port} on ${config.host} is taken: choose another with PORT=… or --port …`;
  }
  const why = error instanceof Error ? error.message : String(error);
  if (error instanceof Deno.errors.AddrNotAvailable) return notOurAddress(config);
  if (why.startsWith("Cannot ")) return why;
  // As the runtime's listener and `node:net` say it.
  if (/failed to lookup address information|getaddrinfo/.test(why)) {
    return `HOST is ${config.host}, which cannot be resolved: set an address with HOST=… or --host …`;
  }
  // `node:net` reports an address of another machine as an invalid argument (Deno 2.9.6).
  if (why.startsWith("listen EINVAL")) return notOurAddress(config);
  if (error instanceof Deno.errors.PermissionDenied) {
    return `Not allowed to listen on ${config.host}:${config.port}: ${error.message}`;
  }
  return `Cannot start: ${why}`;
}

function notOurAddress({ host }: Config): string {
  return `HOST is ${host}, which is not an address of this machine: choose another with HOST=… or --host …`;
}

/**
 * Revokes permissions that are no longer needed. Read and write stay for Redis on a Unix socket and for a read-only
 * store, which will be opened again. Read stays with workers, since a worker started later reads its modules, and with
 * a certificate or a word list, which is read again.
 */
async function revokePermissions(
  config: Config,
  { workers, needsFileAccess }: Service,
): Promise<void> {
  const usesFiles = needsFileAccess || config.redisUrl?.startsWith("unix:");
  const readsFiles = usesFiles || workers > 0 || config.tlsCertFile !== null ||
    config.blockedWordsFile !== null;
  // A worker started later loads the engine's packages.
  const needsVariables = config.websocketEngine === "node" && workers > 0;
  const unneeded: Deno.PermissionDescriptor[] = needsVariables
    ? settingVariables.map((variable) => ({ name: "env", variable }))
    : [{ name: "env" }];
  unneeded.push({ name: "sys" });
  if (!usesFiles) unneeded.push({ name: "write" });
  if (!readsFiles) unneeded.push({ name: "read" });
  for (const permission of unneeded) {
    // Some runtimes cannot revoke permissions.
    await Deno.permissions?.revoke?.(permission).catch(() => {});
  }
  const names = new Set(unneeded.map(({ name }) => name));
  logger.debug("permissions.dropped", { names: [...names].join(" ") });
}

/** Signals within this time of the first count as copies: `deno task` and process groups deliver a signal twice. */
const SAME_SIGNAL_MS = 1_000;

/**
 * Resolves on the first SIGTERM or SIGINT. A second signal ends the process at once, unless it is a copy of the first.
 */
function firstSignal(): Promise<Deno.Signal> {
  const { promise, resolve } = Promise.withResolvers<Deno.Signal>();
  let firstAt: number | undefined;
  const onSignal = (signal: Deno.Signal) => {
    const now = performance.now();
    firstAt ??= now;
    if (now - firstAt > SAME_SIGNAL_MS) {
      logger.warn("service.stop_forced", { signal });
      Deno.exit(1);
    }
    resolve(signal);
  };
  for (const signal of ["SIGTERM", "SIGINT"] as const) {
    try {
      Deno.addSignalListener(signal, () => onSignal(signal));
    } catch (error) {
      logger.debug("signal.unsupported", { signal, error: String(error) });
    }
  }
  return promise;
}

function print(text: string, status: number): number {
  Deno.stdout.writeSync(encoder.encode(text));
  return status;
}

function reportProblems(problems: readonly string[], status: number): number {
  for (const problem of problems) Deno.stderr.writeSync(encoder.encode(`parley: ${problem}\n`));
  return status;
}

if (import.meta.main) Deno.exit(await main(Deno.args));
