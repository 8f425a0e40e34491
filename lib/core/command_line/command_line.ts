/**
 * Parses the command line and prints `--help`. Flags and environment variables come from the same table; a flag
 * overrides its environment variable.
 * @module
 */
import { ROLES } from "../auth/member.ts";
import { splitArguments } from "./arguments.ts";
import {
  AUDIT_FLAGS,
  AUDIT_HELP,
  AUDIT_JSON,
  type AuditFlags,
  readAuditFlags,
} from "./audit_flags.ts";
import { type ConfigProblem, flagOf, settings } from "../config/config.ts";
import {
  INVITE_FLAGS,
  INVITE_HELP,
  INVITE_LIST,
  type InviteFlags,
  readInviteFlags,
} from "./invite_flags.ts";
import { KEY_FLAGS, KEY_HELP, type KeyWords, readKeyWords } from "./key_flags.ts";
import {
  MODERATE_FLAGS,
  MODERATE_HELP,
  type ModerateFlags,
  readModerateFlags,
} from "./moderate_flags.ts";
import {
  readRevokeFlags,
  REVOKE_ALL,
  REVOKE_FLAGS,
  REVOKE_HELP,
  type RevokeFlags,
} from "./revoke_flags.ts";
import { readRoleWords, type RoleWords } from "./role_words.ts";
import { withoutPassword } from "../config/redis_url.ts";
import { secretNames, settingVariables } from "../config/secret_files.ts";
import {
  readWebhookWords,
  WEBHOOK_FLAGS,
  WEBHOOK_HELP,
  type WebhookWords,
} from "./webhook_flags.ts";

/** The command given on the command line. */
export type Command =
  | { readonly kind: "help" }
  | { readonly kind: "version" }
  | {
    readonly kind: "bench";
    /** The arguments after `bench`, not parsed. */
    readonly args: readonly string[];
  }
  | ({ readonly kind: "serve" } & Flags)
  | ({
    readonly kind: "backup" | "restore";
    /** Path of the backup file. */
    readonly file: string;
  } & Flags)
  | ({
    readonly kind: "revoke";
    /** The body of the request to `/api/v1/revocations`. */
    readonly body: RevokeFlags["body"];
  } & Flags)
  | ({
    readonly kind: "invite";
    /** The body of the request to `/api/v1/invites`; undefined to list the invites. */
    readonly body: InviteFlags["body"];
  } & Flags)
  | ({ readonly kind: "users" } & Flags)
  | ({
    readonly kind: "role";
    /** The body of the request to `/api/v1/users`. */
    readonly body: RoleWords["body"];
  } & Flags)
  | ({
    readonly kind: "keys";
    /** The body of the request to `/api/v1/keys`; undefined to list the keys. */
    readonly body: KeyWords["body"];
  } & Flags)
  | ({
    readonly kind: "moderate";
    /** A list of mutes and bans, or the body of the request to `/api/v1/moderation`. */
    readonly ask: ModerateFlags["ask"];
  } & Flags)
  | ({
    readonly kind: "webhooks";
    /** The body of the request to `/api/v1/webhooks`; undefined to list the webhooks. */
    readonly body: WebhookWords["body"];
  } & Flags)
  | ({
    readonly kind: "audit";
    /** The query of the request to `/api/v1/audit`. */
    readonly query: AuditFlags["query"];
    /** Whether to print the response as it is. */
    readonly isJson: boolean;
  } & Flags);

/** The settings that a command line states, and what is wrong with it. */
export interface Flags {
  /** Values by setting name, such as `PORT`. */
  readonly flags: ReadonlyMap<string, string>;
  /** Errors in the command line, one line each. If there are any, do not run the command. */
  readonly problems: readonly string[];
}

const REQUESTS: ReadonlyMap<string, "help" | "version"> = new Map(
  [["--help", "help"], ["-h", "help"], ["--version", "version"], ["-V", "version"]] as const,
);
const NAMES = new Map(settingVariables.map((name) => [flagOf(name), name]));

/** The words that begin a command line. */
const COMMANDS: ReadonlySet<string> = new Set([
  ...["serve", "backup", "restore", "bench", "invite", "users", "keys"],
  ...["revoke", "moderate", "audit", "webhooks"],
]);

/**
 * Parses the arguments: `--port 9000`, `--port=9000`, `--help`, `--version`, and the command, by default `serve`. Settings
 * may come before the command. The bench itself parses the arguments after `bench`.
 */
export function parseCommandLine(args: readonly string[]): Command {
  const [command = "", ...after] = withCommandFirst(args);
  switch (command) {
    case "bench":
      return parseBench(after);
    case "backup":
    case "restore":
      return parseBackup(command, after);
    case "revoke":
      return parseRevoke(after);
    case "invite":
      return parseInvite(after);
    case "users":
      return parseUsers(after);
    case "keys":
      return parseKeys(after);
    case "moderate":
      return parseModerate(after);
    case "audit":
      return parseAudit(after);
    case "webhooks":
      return parseWebhooks(after);
    case "serve":
      return parseServe(after);
    default:
      return parseServe(args);
  }
}

/** Moves settings that come before the command behind it. The bench has no settings. */
function withCommandFirst(args: readonly string[]): readonly string[] {
  let at = 0;
  while (args[at]?.startsWith("-")) {
    const isAlone = !NAMES.has(args[at] ?? "") || args[at + 1]?.startsWith("--");
    at += isAlone ? 1 : 2;
  }
  const command = args[at];
  if (at === 0 || command === undefined || !COMMANDS.has(command) || command === "bench") {
    return args;
  }
  return [command, ...args.slice(0, at), ...args.slice(at + 1)];
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

function parseRevoke(args: readonly string[]): Command {
  const { request, own, flags, problems } = parseFlags(args, 0, REVOKE_FLAGS, [REVOKE_ALL]);
  if (request) return { kind: request };
  const read = readRevokeFlags(own);
  return { kind: "revoke", body: read.body, flags, problems: [...problems, ...read.problems] };
}

function parseInvite(args: readonly string[]): Command {
  const { request, own, flags, problems } = parseFlags(args, 0, INVITE_FLAGS, [INVITE_LIST]);
  if (request) return { kind: request };
  const read = readInviteFlags(own);
  return { kind: "invite", body: read.body, flags, problems: [...problems, ...read.problems] };
}

function parseUsers(args: readonly string[]): Command {
  const { request, words, flags, problems } = parseFlags(args, 3);
  if (request) return { kind: request };
  if (words.length === 0) return { kind: "users", flags, problems };
  const { body, problems: more } = readRoleWords(words);
  return { kind: "role", body, flags, problems: [...problems, ...more] };
}

function parseKeys(args: readonly string[]): Command {
  const { request, words, own, flags, problems } = parseFlags(args, 3, KEY_FLAGS);
  if (request) return { kind: request };
  const { body, problems: more } = readKeyWords(words, own);
  return { kind: "keys", body, flags, problems: [...problems, ...more] };
}

function parseModerate(args: readonly string[]): Command {
  const { request, words: [action], own, flags, problems } = parseFlags(args, 1, MODERATE_FLAGS);
  if (request) return { kind: request };
  const { ask, problems: more } = readModerateFlags(action, own);
  return { kind: "moderate", ask, flags, problems: [...problems, ...more] };
}

function parseAudit(args: readonly string[]): Command {
  const { request, own, flags, problems } = parseFlags(args, 0, AUDIT_FLAGS, [AUDIT_JSON]);
  if (request) return { kind: request };
  const { query, isJson, problems: more } = readAuditFlags(own);
  return { kind: "audit", query, isJson, flags, problems: [...problems, ...more] };
}

function parseWebhooks(args: readonly string[]): Command {
  const { request, words, own, flags, problems } = parseFlags(args, 2, WEBHOOK_FLAGS);
  if (request) return { kind: request };
  const { body, problems: more } = readWebhookWords(words, own);
  return { kind: "webhooks", body, flags, problems: [...problems, ...more] };
}

/** The arguments after a command, sorted by what they are. */
interface ParsedFlags extends Flags {
  /** Values of the command's own flags; "" for those that take none. */
  readonly own: ReadonlyMap<string, string>;
  /** Arguments that are not flags. */
  readonly words: readonly string[];
  /** Set if `--help` or `--version` was given; it overrides everything else. */
  readonly request?: "help" | "version";
}

/**
 * Reads flags, and up to `maxWords` words between them.
 *
 * @param ownFlags Flags of the command that take a value.
 * @param ownSwitches Flags of the command that take none.
 */
function parseFlags(
  args: readonly string[],
  maxWords: number,
  ownFlags: readonly string[] = [],
  ownSwitches: readonly string[] = [],
): ParsedFlags {
  const given = splitArguments(args, (name) => NAMES.has(name) || ownFlags.includes(name));
  const own = new Map<string, string>();
  const words = given.words.slice(0, maxWords);
  const values = new Map<string, string>();
  const problems: string[] = [];
  for (const { name, value } of given.flags) {
    const setting = NAMES.get(name);
    const request = value === undefined ? REQUESTS.get(name) : undefined;
    if (request) return { flags: values, problems, own, words, request };
    if (ownFlags.includes(name) && value) own.set(name, value);
    else if (ownSwitches.includes(name) && value === undefined) own.set(name, "");
    else if (ownFlags.includes(name)) problems.push(`${name} needs a value after it`);
    else if (setting === undefined) problems.push(unknownFlag(name));
    else if (value === undefined) problems.push(`${name} needs a value after it`);
    else values.set(setting, value);
  }
  // Do not print values: they may be passwords.
  for (const word of given.words.slice(maxWords)) {
    const isLate = COMMANDS.has(word);
    problems.push(
      isLate ? `${word} must come first, before its flags` : unknownFlag(word.split("=")[0] ?? ""),
    );
  }
  return { flags: values, problems, own, words };
}

function unknownFlag(name: string): string {
  return `${name} is not known; --help lists what is`;
}

function parseBench(args: readonly string[]): Command {
  return args.includes("--help") || args.includes("-h")
    ? { kind: "help" }
    : { kind: "bench", args };
}

/** One line for an invalid setting: its name, the value without a password, and what is allowed. */
export function describeProblem(problem: ConfigProblem): string {
  const value = JSON.stringify(withoutPassword(problem.value));
  return `${problem.name} is ${value}: allowed: ${problem.allowed}`;
}

/** The output of `--help`. @param benchHelp The lines about the flags of `bench`. */
export function helpText(version: string, benchHelp: readonly string[]): string {
  const rows = settings.map(({ name, about, allowed, fallback }) =>
    `  ${name}, ${flagOf(name)}\n      ${about}\n      ${allowed}; default: ${fallback || "none"}`
  );
  return [
    `Parley ${version}: a chat service that you run yourself`,
    "",
    "Usage: deno task start [settings]",
    "  deno task start                  serve on http://127.0.0.1:8080",
    "  deno task start --port 9000      every setting is a flag",
    "  PORT=9000 deno task start        and an environment variable; the flag overrides it",
    "  deno task start backup FILE      copy the store in DATA_DIR; the service may be running",
    "  deno task start restore FILE     restore such a copy; the service must be stopped",
    "  deno task start invite …         make a link for a new member; its flags are below",
    "  deno task start users            list the members",
    "  deno task start users role ID ROLE",
    `                                   give a member another role: ${ROLES.join(", ")}`,
    "  deno task start keys …           add, list and remove API keys; its flags are below",
    "  deno task start revoke …         sign users out; its flags are below",
    "  deno task start moderate …       mute, ban and more; its actions and flags are below",
    "  deno task start audit …          list what moderators have done; its flags are below",
    "  deno task start webhooks …       post what happens to a URL; its actions and flags are below",
    "  deno task start bench ws://…     measure a server's capacity; its flags are below",
    "  --help, --version",
    "",
    `Settings (${
      listOf(secretNames)
    } can also be read from files, such as JWT_SECRET_FILE=/run/secrets/jwt):`,
    ...rows,
    "",
    "Flags of invite:",
    ...INVITE_HELP,
    "",
    "Actions and flags of keys:",
    ...KEY_HELP,
    "",
    "Flags of revoke:",
    ...REVOKE_HELP,
    "",
    "Actions and flags of moderate:",
    ...MODERATE_HELP,
    "",
    "Flags of audit:",
    ...AUDIT_HELP,
    "",
    "Actions and flags of webhooks:",
    ...WEBHOOK_HELP,
    "",
    "Flags of bench:",
    ...benchHelp,
    "",
  ].join("\n");
}

function listOf(names: readonly string[]): string {
  return `${names.slice(0, -1).join(", ")} and ${names.at(-1)}`;
}

/** The settings as a Markdown table, for `docs/reference/configuration.md`. */
export function settingsTable(): string {
  const rows = settings.map(({ name, about, allowed, fallback }) =>
    `| \`${name}\` | ${fallback === "" ? "" : `\`${fallback}\``} | ${allowed} | ${about} |`
  );
  return ["| setting | default | allowed | what it is for |", "| --- | --- | --- | --- |", ...rows]
    .join("\n");
}
