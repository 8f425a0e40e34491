/**
 * The command line: which command, which settings as flags; and what `--help` says. Flags and environment variables are
 * the same table; a flag wins.
 * @module
 */
import { benchHelp } from "./bench_options.ts";
import { flagOf, type Problem, settings } from "./config.ts";
import { withoutPassword } from "./redis_url.ts";

/** What was asked for on the command line. */
export type Command =
  | { readonly kind: "help" }
  | { readonly kind: "version" }
  | {
    readonly kind: "bench";
    /** What comes after the word, unread. */
    readonly args: readonly string[];
  }
  | ({ readonly kind: "serve" } & Flags)
  | ({
    readonly kind: "backup" | "restore";
    /** The backup. */
    readonly file: string;
  } & Flags);

/** The flags of a command. */
export interface Flags {
  /** Values by the settings' names. */
  readonly flags: ReadonlyMap<string, string>;
  /** Errors in the command line, one line each. If there are any, nothing may be done. */
  readonly problems: readonly string[];
}

const NAMES = new Map(settings.map(({ name }) => [flagOf(name), name]));

/**
 * Reads the arguments: `--port 9000`, `--port=9000`, `--help`, `--version`, and `serve`, which is the default. What comes
 * after `bench` is read where it is run.
 */
export function parseCommandLine(args: readonly string[]): Command {
  const [command = "", ...after] = args;
  switch (command) {
    case "bench":
      return parseBench(after);
    case "backup":
    case "restore":
      return parseBackup(command, after);
    case "serve":
      return parseServe(after);
    default:
      return parseServe(args);
  }
}

function parseServe(args: readonly string[]): Command {
  const { request, flags, problems } = parseFlags(args, 0);
  return request ? { kind: request } : { kind: "serve", flags, problems };
}

function parseBackup(kind: "backup" | "restore", args: readonly string[]): Command {
  const { request, words: [file], flags, problems } = parseFlags(args, 1);
  if (request) return { kind: request };
  const missing = file === undefined ? [`${kind} needs a file after it`] : [];
  return { kind, file: file ?? "", flags, problems: [...problems, ...missing] };
}

/** The parsed arguments. */
interface Parsed extends Flags {
  /** Arguments that are no flags. */
  readonly words: readonly string[];
  /** Asked for instead of anything else. */
  readonly request?: "help" | "version";
}

/** Reads flags, and up to `maxWords` words between them. */
function parseFlags(args: readonly string[], maxWords: number): Parsed {
  const flags = new Map<string, string>();
  const [problems, words]: [string[], string[]] = [[], []];
  const rest = [...args];
  for (let arg = rest.shift(); arg !== undefined; arg = rest.shift()) {
    const isHelp = arg === "--help" || arg === "-h";
    if (isHelp) return { flags, problems, words, request: "help" };
    if (arg === "--version" || arg === "-V") return { flags, problems, words, request: "version" };
    if (!arg.startsWith("-") && words.length < maxWords) {
      words.push(arg);
      continue;
    }
    const [flag = "", ...parts] = arg.split("=");
    const name = NAMES.get(flag);
    if (name === undefined) {
      // Without its value, which may be a password.
      problems.push(`${flag} is not known; --help lists what is`);
      continue;
    }
    const value = arg.includes("=") ? parts.join("=") : valueAfter(rest);
    if (value === undefined) problems.push(`${flag} needs a value after it`);
    else flags.set(name, value);
  }
  return { flags, problems, words };
}

function parseBench(args: readonly string[]): Command {
  return args.includes("--help") || args.includes("-h")
    ? { kind: "help" }
    : { kind: "bench", args };
}

/** The argument after a flag, unless it is a flag itself. */
function valueAfter(rest: string[]): string | undefined {
  return rest[0]?.startsWith("--") ? undefined : rest.shift();
}

/** One line for a setting that cannot be used: its name, the value without a password, and what is allowed. */
export function explain(problem: Problem): string {
  const value = JSON.stringify(withoutPassword(problem.value));
  return `${problem.name} is ${value}: allowed: ${problem.allowed}`;
}

/** What `--help` prints. */
export function helpText(version: string): string {
  const rows = settings.map(({ name, about, allowed, fallback }) =>
    `  ${name}, ${flagOf(name)}\n      ${about}\n      ${allowed}; default: ${fallback || "none"}`
  );
  return [
    `Parley ${version}: a chat service that you run yourself`,
    "",
    "Usage: deno task start [settings]",
    "  deno task start                  serve on http://127.0.0.1:8080",
    "  deno task start --port 9000      every setting is a flag",
    "  PORT=9000 deno task start        and an environment variable; the flag wins",
    "  deno task start backup FILE      copy the store in DATA_DIR; the service may be running",
    "  deno task start restore FILE     restore such a copy; the service must be stopped",
    "  deno task start bench ws://…     how much a server carries; its flags are below",
    "  --help, --version",
    "",
    "Settings:",
    ...rows,
    "",
    "Flags of bench:",
    ...benchHelp(),
    "",
  ].join("\n");
}

/** The settings as a Markdown table, for the README. */
export function settingsTable(): string {
  const rows = settings.map(({ name, about, allowed, fallback }) =>
    `| \`${name}\` | ${fallback === "" ? "" : `\`${fallback}\``} | ${allowed} | ${about} |`
  );
  return ["| setting | default | allowed | what it is for |", "| --- | --- | --- | --- |", ...rows]
    .join("\n");
}
