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
  | {
    readonly kind: "serve";
    /** Values by the settings' names. */
    readonly flags: ReadonlyMap<string, string>;
    /** What of it cannot be understood, a line each; nothing may be started then. */
    readonly problems: readonly string[];
  };

const NAMES = new Map(settings.map(({ name }) => [flagOf(name), name]));

/**
 * Reads the arguments: `--port 9000`, `--port=9000`, `--help`, `--version`, and `serve`, which is the default. What comes
 * after `bench` is read where it is run.
 */
export function parseCommandLine(args: readonly string[]): Command {
  if (args[0] === "bench") return parseBench(args.slice(1));
  const flags = new Map<string, string>();
  const problems: string[] = [];
  const rest = args[0] === "serve" ? args.slice(1) : [...args];
  for (let arg = rest.shift(); arg !== undefined; arg = rest.shift()) {
    if (arg === "--help" || arg === "-h") return { kind: "help" };
    if (arg === "--version" || arg === "-V") return { kind: "version" };
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
  return { kind: "serve", flags, problems };
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
