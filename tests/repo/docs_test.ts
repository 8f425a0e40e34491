/** The documents about the service, compared with the service. */
import assert from "node:assert/strict";
import { parse } from "yaml";
import config from "../../deno.json" with { type: "json" };
import { type BudgetRates, budgetTable } from "../../lib/core/limits/budgets.ts";
import { parseCommandLine, settingsTable } from "../../lib/core/command_line/command_line.ts";
import { secretNames, settingVariables } from "../../lib/core/config/secret_files.ts";
import { PACKAGE_VARIABLES } from "../../lib/core/config/settings_table.ts";
import { withSettings } from "../../docs/tools/configuration.ts";
import { rightsTable } from "../../docs/tools/rights.ts";
import * as closeStatuses from "../../lib/core/protocol/close_codes.ts";
import { RELEASES } from "../support/programs/deno_releases.ts";

const read = (path: string) => Deno.readTextFileSync(new URL(`../../${path}`, import.meta.url));
const ENV = [...settingVariables, ...PACKAGE_VARIABLES];

/** Every file under a folder, from the root. */
function filesUnder(folder: string): string[] {
  return [...Deno.readDirSync(new URL(`../../${folder}`, import.meta.url))].flatMap((entry) => {
    const path = `${folder}/${entry.name}`;
    return entry.isDirectory ? filesUnder(path) : [path];
  });
}

/** Every page for readers. */
const PAGES = [
  "README.md",
  "CHANGELOG.md",
  "CONTRIBUTING.md",
  "SECURITY.md",
  ...filesUnder("docs").filter((it) => it.endsWith(".md")),
];

/** The anchors of a page's headings, as GitHub generates them. */
function anchorsOf(page: string): ReadonlySet<string> {
  const headings = page.replaceAll(/^```[^]*?^```/gm, "").matchAll(/^#+ (.+)$/gm);
  return new Set(
    [...headings].map(([, heading = ""]) =>
      heading.toLowerCase().replaceAll(/[^\p{L}\p{N}_ -]/gu, "").replaceAll(" ", "-")
    ),
  );
}

/** A table without the alignment that formatting adds to its cells. */
function cells(table: string): string[][] {
  return table.trim().split("\n").filter((line) => !/^[|\s:-]+$/.test(line))
    .map((line) => line.split("|").slice(1, -1).map((cell) => cell.trim()));
}

function between(text: string, from: string, to: string): string {
  const begin = text.indexOf(from) + from.length;
  return text.slice(begin, text.indexOf(to, begin));
}

Deno.test("The table of settings is the one that the code generates", () => {
  const text = read("docs/reference/configuration.md");
  const marker = /<!-- settings:[^>]*-->/.exec(text)?.[0] ?? "";
  const table = between(text, marker, "<!-- /settings -->");
  assert.deepEqual(cells(table), cells(settingsTable()), "run deno task configuration");
});

Deno.test("The configuration guide names every setting that can be read from a file", () => {
  const guide = read("docs/reference/configuration.md").split("## All settings")[0] ?? "";
  const [, sentence = ""] = /\n- \*\*Secrets can be read from files([^]*?)\n- /.exec(guide) ?? [];
  for (const name of secretNames) assert.ok(sentence.includes(`\`${name}\``), name);
});

Deno.test("withSettings() replaces only the table", () => {
  const text = read("docs/reference/configuration.md");
  const made = withSettings(text.replace(/^\| `PORT`.*\n/m, ""));
  assert.ok(made.includes(settingsTable()));
  assert.deepEqual(cells(made), cells(text));
  assert.deepEqual(made.split("<!--")[0], text.split("<!--")[0]);
  assert.throws(() => withSettings("# Without markers"), RangeError);
});

Deno.test("The table of rights is the one that the code generates", () => {
  const table = between(read("docs/reference/rights.md"), "-->", "<!-- /rights -->");
  assert.deepEqual(cells(table), cells(rightsTable()), "run deno task rights");
});

Deno.test("The protocol's table of close codes has every close status with its reason", () => {
  const table = read("docs/reference/protocol.md").split("<!-- close codes")[1]?.split("\n\n")[1] ??
    "";
  const written = new Map(cells(table).slice(1).map(([code, reason]) => [Number(code), reason]));
  for (const { code, reason } of Object.values(closeStatuses)) {
    assert.equal(written.get(code), reason);
  }
  const ours = Object.values(closeStatuses).map(({ code }) => code);
  assert.deepEqual([...written.keys()].filter((code) => !ours.includes(code)), [1001]);
});

Deno.test("The operations guide's table of budgets has the rates of the default settings", () => {
  const table = read("docs/operations/limits.md").split("<!-- budgets")[1]?.split("\n\n")[1] ?? "";
  const written = cells(table).slice(1).map(([, ...rates]) => rates);
  const { strikes: _, ...budgets } = budgetTable({
    messagesPerSecond: 10,
    bytesPerSecond: 32_768,
  });
  const spelled = ({ messages, bytes }: BudgetRates) => [
    messages ? `${messages.perSecond}, ${messages.burst}` : "",
    bytes ? `${bytes.perSecond / 1024}, ${bytes.burst / 1024}` : "",
  ];
  assert.deepEqual(written, Object.values(budgets).map(spelled));
});

for (
  const path of ["deploy/flags.txt", "Dockerfile", "deploy/parley.service"] as const
) {
  Deno.test(`${path} lets the service read every setting, and no other variable`, () => {
    const lists = [...read(path).matchAll(/--allow-env=([A-Z0-9_,]+)/g)].map(([, list]) => list);
    assert.ok(lists.length > 0);
    for (const list of lists) assert.deepEqual(list?.split(","), ENV);
  });
}

Deno.test("No way to start the service allows it to run programs or load native code", () => {
  for (const path of ["deno.json", "deploy/flags.txt", "Dockerfile", "deploy/parley.service"]) {
    const starts = read(path).replaceAll(/"(?:test|test:\w+|bench:\w+|screenshots)":[^}]*}/g, "")
      .replace("--allow-sys=networkInterfaces ", "");
    assert.doesNotMatch(starts, /--allow-(all|run|ffi|sys)|\s-A\b/, path);
  }
});

Deno.test("The commands that deno task shows fit on a screen", () => {
  for (const { command } of [config.tasks.start, config.tasks.test]) {
    assert.ok(command.length < 80, command);
  }
});

Deno.test("Dockerfile and service unit name the addresses that the service may reach", () => {
  for (const path of ["Dockerfile", "deploy/parley.service"]) {
    assert.match(read(path), /--allow-net=[\w.]+:\d+,[\w.]+:\d+/, path);
    const folder = /\bDATA_DIR=(\/\S+)/.exec(read(path))?.[1];
    const paths = [...read(path).matchAll(/--allow-(?:read|write)(?:=([^\s",]+))?/g)];
    assert.deepEqual(paths.map(([, it]) => it), [folder, folder], path);
  }
});

Deno.test("The guides' commands for systemd use the runtime, the folders and the user of the service unit", () => {
  const unit = read("deploy/parley.service");
  const setting = (name: string) => new RegExp(`^${name}=(\\S+)`, "m").exec(unit)?.[1] ?? "";
  const environment = /^Environment=(DENO_DIR=\S+ DATA_DIR=\S+)$/m.exec(unit)?.[1];
  const start = `sudo -u ${setting("User")} env ${environment} ${setting("ExecStart")} run `;
  const commands = filesUnder("docs/operations").flatMap((path) => [
    ...read(path).matchAll(/^# (sudo (?:.*\\\n)*.*)$/gm),
  ]).map(([, command = ""]) => command.replaceAll(/\s*\\\n\s*/g, " "));
  assert.ok(commands.length >= 3);
  for (const command of commands) assert.ok(command.startsWith(start), command);
});

Deno.test("Service unit and compose file limit the memory, above MAX_MEMORY_MB", () => {
  const { services } = parse(read("deploy/compose.yaml"), { merge: true });
  const limits = Object.entries<{ mem_limit?: string; environment?: Record<string, number> }>(
    services,
  );
  for (const [name, { mem_limit = "", environment }] of limits) {
    const [, gigabytes] = /^(\d+)g$/.exec(mem_limit) ?? [];
    assert.ok(Number(gigabytes) * 1_024 > (environment?.MAX_MEMORY_MB ?? 0), name);
    if (name.startsWith("parley")) assert.ok((environment?.MAX_MEMORY_MB ?? 0) > 0, name);
  }
  const unit = read("deploy/parley.service");
  const [, gigabytes] = /^MemoryMax=(\d+)G$/m.exec(unit) ?? [];
  const [, megabytes] = /\bMAX_MEMORY_MB=(\d+)/.exec(unit) ?? [];
  assert.ok(Number(gigabytes) * 1_024 > Number(megabytes));
});

Deno.test("The service unit starts the service after the clock is set", () => {
  for (const line of [/^Wants=.*\btime-sync\.target\b/m, /^After=.*\btime-sync\.target\b/m]) {
    assert.match(read("deploy/parley.service"), line);
  }
});

Deno.test("Every page links to existing files and headings, and names existing tasks", () => {
  for (const path of PAGES) {
    const text = read(path);
    for (const [, target = "", anchor] of text.matchAll(/\]\((?!https?:)([^)#]*)#?([^)]*)\)/g)) {
      const file = new URL(
        target || path.replace(/.*\//, ""),
        new URL(`../../${path}`, import.meta.url),
      );
      assert.doesNotThrow(() => Deno.statSync(file), `${path} → ${target}`);
      if (!anchor) continue;
      const anchors = anchorsOf(Deno.readTextFileSync(file));
      assert.ok(anchors.has(anchor), `${path} → ${target}#${anchor}`);
    }
    for (const [, task = ""] of text.matchAll(/deno(?:@[\d.]+)? task (\w[\w:-]*)/g)) {
      assert.ok(Object.hasOwn(config.tasks, task), `${path} names the task ${task}`);
    }
  }
});

Deno.test("Every file that a guide names exists", () => {
  // These describe the past.
  const guides = PAGES.filter((path) => !/CHANGELOG|decisions|performance/.test(path));
  for (const path of guides) {
    const named = read(path).matchAll(/`((?:lib|static|tests|docs|deploy|bench)\/[\w./-]+)`/g);
    for (const [, file = ""] of named) {
      const url = new URL(`../../${file}`, import.meta.url);
      assert.doesNotThrow(() => Deno.statSync(url), `${path} names ${file}`);
    }
  }
});

Deno.test("Every code file that a page about the internals names exists", () => {
  const files = ["main.ts", ...["lib", "static", "tests", "bench"].flatMap(filesUnder)];
  const pages = filesUnder("docs/internals").filter((path) =>
    path.endsWith(".md") && !/decisions|performance/.test(path)
  );
  assert.ok(pages.length >= 4);
  for (const path of pages) {
    // A page may leave out the first folders of a path.
    for (const [, file = ""] of read(path).matchAll(/`([\w./-]+\.(?:ts|js|lua|css))`/g)) {
      assert.ok(files.some((it) => `/${it}`.endsWith(`/${file}`)), `${path} names ${file}`);
    }
  }
});

Deno.test("Every folder of the code is in the architecture's table", () => {
  const text = read("docs/internals/architecture.md");
  for (const folder of new Set(filesUnder("lib").map((path) => path.replace(/\/[^/]+$/, "/")))) {
    assert.ok(text.includes(`\`${folder}\``), folder);
  }
});

Deno.test("Every setting that a document or a configuration names exists", () => {
  const paths = [
    ...filesUnder("docs/operations"),
    "README.md",
    "SECURITY.md",
    "docs/reference/protocol.md",
    "deploy/nginx.conf",
    "deploy/httpd.conf",
  ];
  const others = ["DENO_DIR", "DENORT_BIN", "DENO_SERVE_ADDRESS", "TIME_WAIT"];
  for (const path of paths) {
    for (const [, name = ""] of read(path).matchAll(/`([A-Z]+(?:_[A-Z]+)+)(?:=[^`]*)?`/g)) {
      assert.ok(ENV.includes(name) || others.includes(name), `${path} names ${name}`);
    }
  }
});

Deno.test("The flags in README and configuration guide exist", () => {
  const text = read("README.md") + read("docs/reference/configuration.md");
  const flags = [...text.matchAll(/`(--[a-z-]+ \d+)`/g)].map(([, flag]) => flag ?? "");
  assert.ok(flags.length > 0);
  for (const flag of flags) assert.equal(parseCommandLine(flag.split(" ")).kind, "serve");
});

Deno.test("Every log event is in the operations guide", () => {
  const guide = read("docs/operations/monitoring.md");
  const events = [...filesUnder("lib"), "main.ts"].flatMap((path) =>
    [...read(path).matchAll(/\blogger\.(?:debug|info|warn|error)\(\s*"([^"]+)"/g)].map((
      [, event],
    ) => event)
  );
  assert.ok(events.length > 15);
  for (const event of events) assert.ok(guide.includes(`\`${event}\``), event);
});

Deno.test("Every message about a refused text in the operations guide is one that the service sends", () => {
  const code = filesUnder("lib").filter((path) => path.endsWith(".ts")).map(read).join("");
  const quoted = filesUnder("docs/operations").flatMap((path) => [
    ...read(path).matchAll(/`! not sent: ([^`]+)`/g),
  ]).map(([, text = ""]) => text.replaceAll(/\s+/g, " "));
  assert.ok(quoted.length > 3);
  for (const text of quoted) assert.ok(text === "…" || code.includes(`"${text}"`), text);
});

Deno.test("README, operations guide and changelog name the oldest release of Deno that is tested", () => {
  const [oldest] = RELEASES;
  assert.ok(read("README.md").includes(`(${oldest} or later)`));
  const guide = read("docs/operations/deploying.md").replaceAll(/\s+/g, " ");
  assert.ok(guide.includes(`Deno ${oldest} is the oldest release that works`));
  assert.ok(guide.includes(`${RELEASES.slice(0, -1).join(", ")} and ${RELEASES.at(-1)}`));
  assert.ok(read("CHANGELOG.md").includes(`Deno ${oldest} and later`));
});
