/**
 * Parsing the command line, and its error messages and help text.
 * @module
 */
import assert from "node:assert/strict";
import fc from "fast-check";
import {
  type Command,
  describeProblem,
  helpText,
  parseCommandLine,
  settingsTable,
} from "../../../lib/core/command_line/command_line.ts";
import { flagOf, settings } from "../../../lib/core/config/config.ts";
import { anyText } from "../names/hostile_texts.ts";

function serve(
  flags: Readonly<Record<string, string>> = {},
  ...problems: readonly string[]
): Command {
  return { kind: "serve", flags: new Map(Object.entries(flags)), problems };
}

function bad(...problems: readonly string[]): Command {
  return serve({}, ...problems);
}

function backup(
  kind: "backup" | "restore",
  file: string,
  flags: Readonly<Record<string, string>> = {},
  ...problems: readonly string[]
): Command {
  return { kind, file, flags: new Map(Object.entries(flags)), problems };
}

function revoke(
  body: Readonly<Record<string, string | true>>,
  flags: Readonly<Record<string, string>> = {},
  ...problems: readonly string[]
): Command {
  return { kind: "revoke", body, flags: new Map(Object.entries(flags)), problems };
}

function moderate(
  ask: Extract<Command, { readonly kind: "moderate" }>["ask"],
  ...problems: readonly string[]
): Command {
  return { kind: "moderate", ask, flags: new Map(), problems };
}

const NO_TARGET = "revoke needs one of --user, --subject, --token, --device and --all";
const unknown = (what: string) => `${what} is not known; --help lists what is`;

for (
  const [args, command] of [
    [[], serve()],
    [["serve"], serve()],
    [["--port", "9000"], serve({ PORT: "9000" })],
    [["--port=9000"], serve({ PORT: "9000" })],
    [["serve", "--port", "9000"], serve({ PORT: "9000" })],
    [["--port", "9000", "--host=::"], serve({ PORT: "9000", HOST: "::" })],
    [["--port", "9000", "--port", "9001"], serve({ PORT: "9001" })],
    [["--max-connections", "5"], serve({ MAX_CONNECTIONS: "5" })],
    [["--redis-url=redis://h/?a=b=c"], serve({ REDIS_URL: "redis://h/?a=b=c" })],
    [["--redis-prefix="], serve({ REDIS_PREFIX: "" })],
    [["--redis-prefix", ""], serve({ REDIS_PREFIX: "" })],
    [["--guest-name", "a=b"], serve({ GUEST_NAME: "a=b" })],
    [["--guest-name", "serve"], serve({ GUEST_NAME: "serve" })],
    [["--help"], { kind: "help" }],
    [["-h"], { kind: "help" }],
    [["serve", "--help"], { kind: "help" }],
    [["--port", "9000", "--help"], { kind: "help" }],
    [["--nonsense", "--help"], { kind: "help" }],
    [["bench"], { kind: "bench", args: [] }],
    [["bench", "ws://h/", "--port"], { kind: "bench", args: ["ws://h/", "--port"] }],
    [["bench", "ws://h/", "--help"], { kind: "help" }],
    [["bench", "-h"], { kind: "help" }],
    [["--port", "1", "bench"], serve({ PORT: "1" }, "bench must come first, before its flags")],
    [["backup", "a.sqlite"], backup("backup", "a.sqlite")],
    [["backup", "--data-dir", "d", "a"], backup("backup", "a", { DATA_DIR: "d" })],
    [["restore", "a", "--data-dir=d"], backup("restore", "a", { DATA_DIR: "d" })],
    [["backup"], backup("backup", "", {}, "backup needs a file after it")],
    [["restore", "a", "b"], backup("restore", "a", {}, "b is not known; --help lists what is")],
    [
      ["restore", "--force", "a"],
      backup("restore", "a", {}, "--force is not known; --help lists what is"),
    ],
    [["backup", "a", "--help"], { kind: "help" }],
    [["revoke", "--user", "a_ann00000"], revoke({ user: "a_ann00000" })],
    [
      ["revoke", "--subject=42", "--issuer", "shop", "--admin-port", "9000"],
      revoke({ subject: "42", issuer: "shop" }, { ADMIN_PORT: "9000" }),
    ],
    [
      ["revoke", "--token", "t1", "--before=2026-03-01T12:00:00Z"],
      revoke({ token: "t1", before: "2026-03-01T12:00:00Z" }),
    ],
    [["revoke", "--all"], revoke({ all: true })],
    [["revoke", "--help"], { kind: "help" }],
    [["revoke"], revoke({}, {}, NO_TARGET)],
    [["revoke", "--all", "--token", "t1"], revoke({ all: true, token: "t1" }, {}, NO_TARGET)],
    [
      ["revoke", "--all", "--issuer", "shop"],
      revoke({ all: true, issuer: "shop" }, {}, "--issuer is only for --subject"),
    ],
    [["revoke", "--user"], revoke({}, {}, "--user needs a value after it", NO_TARGET)],
    [["revoke", "--user="], revoke({}, {}, "--user needs a value after it", NO_TARGET)],
    [["revoke", "--all=no"], revoke({}, {}, "--all is not known; --help lists what is", NO_TARGET)],
    [
      ["revoke", "--all", "a_ann00000"],
      revoke({ all: true }, {}, "a_ann00000 is not known; --help lists what is"),
    ],
    [
      ["revoke", "--all", "--before", "yesterday"],
      revoke(
        { all: true, before: "yesterday" },
        {},
        "--before needs a time with its zone, such as 2026-03-01T12:00:00Z",
      ),
    ],
    [["users"], { kind: "users", flags: new Map(), problems: [] }],
    [["users", "role", "m_ann00000", "owner"], {
      kind: "role",
      body: { user: "m_ann00000", role: "owner" },
      flags: new Map(),
      problems: [],
    }],
    [
      ["moderate", "mute", "--user", "bob_12345", "--hours=1"],
      moderate({
        kind: "act",
        body: { action: "mute", user: "bob_12345", seconds: 3_600 },
      }),
    ],
    [["moderate", "list", "--room", "den"], moderate({ kind: "list", room: "den" })],
    [
      ["moderate", "list", "den"],
      moderate({ kind: "list", room: undefined }, "den is not known; --help lists what is"),
    ],
    [["moderate", "--help"], { kind: "help" }],
    [["audit"], { kind: "audit", query: {}, isJson: false, flags: new Map(), problems: [] }],
    [["audit", "--limit", "5", "--json", "--admin-port=9000"], {
      kind: "audit",
      query: { limit: "5" },
      isJson: true,
      flags: new Map([["ADMIN_PORT", "9000"]]),
      problems: [],
    }],
    [["audit", "--help"], { kind: "help" }],
    [["webhooks", "list"], {
      kind: "webhooks",
      body: undefined,
      flags: new Map(),
      problems: [],
    }],
    [["webhooks", "remove", "wh_1", "--admin-port", "9000"], {
      kind: "webhooks",
      body: { remove: "wh_1" },
      flags: new Map([["ADMIN_PORT", "9000"]]),
      problems: [],
    }],
    [["webhooks", "--help"], { kind: "help" }],
    [["--user", "a_ann00000"], serve({}, ...["--user", "a_ann00000"].map(unknown))],
    [["--version"], { kind: "version" }],
    [["-V"], { kind: "version" }],
    [["--port"], bad("--port needs a value after it")],
    [["--host", "::", "--port"], serve({ HOST: "::" }, "--port needs a value after it")],
    [["--nonsense"], bad("--nonsense is not known; --help lists what is")],
    [["--nonsense=1"], bad("--nonsense is not known; --help lists what is")],
    [
      ["--PORT", "9000"],
      bad(
        "--PORT is not known; --help lists what is",
        "9000 is not known; --help lists what is",
      ),
    ],
    [["PORT=9000"], bad("PORT is not known; --help lists what is")],
    [["-port=9000"], bad("-port is not known; --help lists what is")],
    [["--help=1"], bad("--help is not known; --help lists what is")],
    [["--port=1", "serve"], serve({ PORT: "1" })],
    [["--data-dir", "d", "backup", "a"], backup("backup", "a", { DATA_DIR: "d" })],
    [["--data-dir=d", "restore", "a"], backup("restore", "a", { DATA_DIR: "d" })],
    [
      ["--admin-port", "1", "revoke", "--all"],
      revoke({ all: true }, { ADMIN_PORT: "1" }),
    ],
    [["--help", "backup"], { kind: "help" }],
    [["--guest-name", "backup", "--port", "1"], serve({ GUEST_NAME: "backup", PORT: "1" })],
    [
      ["--user", "a_ann00000", "revoke"],
      bad(unknown("--user"), unknown("a_ann00000"), "revoke must come first, before its flags"),
    ],
    [
      ["revoke", "--user", "u123"],
      revoke({ user: "u123" }, {}, "--user needs the id of a user, which users and audit list"),
    ],
    [["--constructor=1"], bad("--constructor is not known; --help lists what is")],
    [
      ["--nonsense", "--port"],
      bad(
        "--nonsense is not known; --help lists what is",
        "--port needs a value after it",
      ),
    ],
  ] as readonly (readonly [readonly string[], Command])[]
) {
  Deno.test(`parseCommandLine() parses ${JSON.stringify(args)} as ${command.kind}`, () => {
    assert.deepEqual(parseCommandLine(args), command);
  });
}

Deno.test("parseCommandLine() accepts every setting as a flag, with its value after a space or after =", () => {
  fc.assert(
    fc.property(fc.constantFrom(...settings), anyText, ({ name }, value) => {
      const flag = flagOf(name);
      // After a space, a word that looks like a flag is a flag.
      if (!value.startsWith("--")) {
        assert.deepEqual(parseCommandLine([flag, value]), serve({ [name]: value }));
      }
      assert.deepEqual(parseCommandLine([`${flag}=${value}`]), serve({ [name]: value }));
    }),
    { numRuns: 300 },
  );
});

Deno.test("parseCommandLine() never throws, changes no argument, and reports each problem in one line", () => {
  const flags = settings.map(({ name }) => flagOf(name));
  const anyArg = fc.oneof(
    fc.constantFrom(...flags, "serve", "--help", "--", "-", "=", ""),
    fc.string(),
  );
  fc.assert(
    fc.property(fc.array(anyArg), (args) => {
      const before = [...args];
      const command = parseCommandLine(Object.freeze(args));
      assert.deepEqual(args, before);
      if (command.kind !== "serve") return;
      for (const problem of command.problems) {
        assert.match(
          problem,
          /^[^\n]*(is not known; --help lists what is|needs a value after it|must come first, before its flags)$/,
        );
      }
    }),
    { numRuns: 500 },
  );
});

Deno.test("describeProblem() reports the setting, its value and what is allowed", () => {
  const line = describeProblem({ name: "PORT", value: "99999", allowed: "0–65535" });
  assert.equal(line, 'PORT is "99999": allowed: 0–65535');
});

Deno.test("describeProblem() returns one line for any value", () => {
  const line = describeProblem({ name: "GUEST_NAME", value: "a\nb\x1b", allowed: "…" });
  assert.equal(line, 'GUEST_NAME is "a\\nb\\u001b": allowed: …');
});

Deno.test("describeProblem() omits the password of an invalid REDIS_URL", () => {
  for (
    const value of ["redis://user:hunter2@redis.example/name", "redsi://:hunter2@redis.example"]
  ) {
    const line = describeProblem({ name: "REDIS_URL", value, allowed: "a URL" });
    assert.ok(!line.includes("hunter2"), line);
    assert.ok(line.includes("redis.example"), line);
  }
});

const help = helpText("1.2.3", ["  --flag-of-bench"]);

Deno.test("helpText() begins with the version and ends with a line break", () => {
  assert.match(help, /^Parley 1\.2\.3: /);
  assert.ok(help.endsWith("\n") && !help.endsWith("\n\n"));
});

for (const { name, about, allowed, fallback } of settings) {
  Deno.test(`helpText() lists ${name} with its flag, purpose, allowed values and default`, () => {
    const lines = help.split("\n");
    const at = lines.indexOf(`  ${name}, ${flagOf(name)}`);
    assert.ok(at > 0);
    assert.equal(lines[at + 1]?.trim(), about);
    assert.equal(lines[at + 2]?.trim(), `${allowed}; default: ${fallback || "none"}`);
  });

  Deno.test(`settingsTable() has one row of four cells for ${name}`, () => {
    const rows = settingsTable().split("\n").filter((row) => row.startsWith(`| \`${name}\` |`));
    const cells = rows.map((row) => row.split("|").map((cell) => cell.trim()));
    const shown = fallback === "" ? "" : `\`${fallback}\``;
    assert.deepEqual(cells, [["", `\`${name}\``, shown, allowed, about, ""]]);
  });
}

Deno.test("helpText() shows only invocations that parseCommandLine() accepts", () => {
  const examples = [...help.matchAll(/^ {2}(?:PORT=9000 )?deno task start(.*?)(?: {3}|$)/gm)];
  const kinds = examples.map(([, args = ""]) =>
    parseCommandLine(args.split(" ").filter(Boolean)).kind
  );
  assert.deepEqual(kinds, [
    ...["serve", "serve", "serve", "backup", "restore"],
    ...["invite", "users", "role", "keys", "revoke", "moderate", "audit"],
    ...["webhooks", "bench"],
  ]);
});

Deno.test("settingsTable() is a Markdown table of the settings only", () => {
  const [head, rule, ...rows] = settingsTable().split("\n");
  assert.equal(head, "| setting | default | allowed | what it is for |");
  assert.equal(rule, "| --- | --- | --- | --- |");
  assert.equal(rows.length, settings.length);
});

Deno.test("parseCommandLine() does not use a flag as the value of another", () => {
  const command = parseCommandLine(["--port", "--host", "0.0.0.0"]);
  assert.deepEqual(command, serve({ HOST: "0.0.0.0" }, "--port needs a value after it"));
});
