/** What is written about the service, held to what the service is. */
import assert from "node:assert/strict";
import config from "../deno.json" with { type: "json" };
import { type BudgetRates, budgetTable } from "../lib/core/budgets.ts";
import { parseCommandLine, settingsTable } from "../lib/core/command_line.ts";
import { settings } from "../lib/core/config.ts";
import * as farewells from "../lib/core/farewells.ts";
import { RELEASES } from "./deno_releases.ts";

const read = (path: string) => Deno.readTextFileSync(new URL(`../${path}`, import.meta.url));
const ENV = settings.map(({ name }) => name);

/** Every file under a folder, from the root. */
function filesUnder(folder: string): string[] {
  return [...Deno.readDirSync(new URL(`../${folder}`, import.meta.url))].flatMap((entry) => {
    const path = `${folder}/${entry.name}`;
    return entry.isDirectory ? filesUnder(path) : [path];
  });
}

/** A table as it is after formatting: cells without the blanks that make columns. */
function cells(table: string): string[][] {
  return table.trim().split("\n").filter((line) => !/^[|\s:-]+$/.test(line))
    .map((line) => line.split("|").slice(1, -1).map((cell) => cell.trim()));
}

function between(text: string, from: string, to: string): string {
  const begin = text.indexOf(from) + from.length;
  return text.slice(begin, text.indexOf(to, begin));
}

Deno.test("The README's table of settings is the one that the code makes", () => {
  const marker = /<!-- settings:[^>]*-->/.exec(read("README.md"))?.[0] ?? "";
  const table = between(read("README.md"), marker, "<!-- /settings -->");
  assert.deepEqual(cells(table), cells(settingsTable()), `put this in:\n${settingsTable()}`);
});

Deno.test("The protocol's table of close codes has every farewell with its reason", () => {
  const table = read("docs/protocol.md").split("<!-- farewells")[1]?.split("\n\n")[1] ?? "";
  const written = new Map(cells(table).slice(1).map(([code, reason]) => [Number(code), reason]));
  for (const { code, reason } of Object.values(farewells)) assert.equal(written.get(code), reason);
  const ours = Object.values(farewells).map(({ code }) => code);
  assert.deepEqual([...written.keys()].filter((code) => !ours.includes(code)), [1001]);
});

Deno.test("The operations guide's table of budgets has the rates of the default settings", () => {
  const table = read("docs/operations.md").split("<!-- budgets")[1]?.split("\n\n")[1] ?? "";
  const written = cells(table).slice(1).map(([, ...rates]) => rates);
  const { patience: _, ...budgets } = budgetTable({
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
  const path of ["deno.json", "Dockerfile", "deploy/parley.service"] as const
) {
  Deno.test(`${path} lets the service read every setting, and no other variable`, () => {
    const lists = [...read(path).matchAll(/--allow-env=([A-Z_,]+)/g)].map(([, list]) => list);
    assert.ok(lists.length > 0);
    for (const list of lists) assert.deepEqual(list?.split(","), ENV);
  });
}

Deno.test("No way to start the service lets it run programs or load native code", () => {
  for (const path of ["deno.json", "Dockerfile", "deploy/parley.service"]) {
    const starts = read(path).replaceAll(/"(?:test|bench:\w+|screenshots)":[^}]*}/g, "");
    assert.doesNotMatch(starts, /--allow-(all|run|ffi|sys)|\s-A\b/, path);
  }
});

Deno.test("Dockerfile and service unit name the addresses that may be reached", () => {
  for (const path of ["Dockerfile", "deploy/parley.service"]) {
    assert.match(read(path), /--allow-net=[\w.]+:\d+,[\w.]+:\d+/, path);
    const folder = /\bDATA_DIR=(\/\S+)/.exec(read(path))?.[1];
    const paths = [...read(path).matchAll(/--allow-(?:read|write)(?:=([^\s",]+))?/g)];
    assert.deepEqual(paths.map(([, it]) => it), [folder, folder], path);
  }
});

Deno.test("The service unit starts the service after the clock is set", () => {
  for (const line of [/^Wants=.*\btime-sync\.target\b/m, /^After=.*\btime-sync\.target\b/m]) {
    assert.match(read("deploy/parley.service"), line);
  }
});

Deno.test("Every document leads to files that are there, and every task it names exists", () => {
  const paths = ["README.md", "docs/architecture.md", "docs/operations.md", "docs/protocol.md"];
  for (const path of paths) {
    const text = read(path);
    for (const [, target = ""] of text.matchAll(/\]\((?!https?:)([^)#]+)[^)]*\)/g)) {
      const base = new URL(`../${path}`, import.meta.url);
      assert.doesNotThrow(() => Deno.statSync(new URL(target, base)), `${path} → ${target}`);
    }
    for (const [, task = ""] of text.matchAll(/deno(?:@[\d.]+)? task (\w[\w-]*)/g)) {
      assert.ok(Object.hasOwn(config.tasks, task), `${path} names the task ${task}`);
    }
  }
});

Deno.test("Every file of the three floors stands in the architecture's table", () => {
  const text = read("docs/architecture.md");
  for (const path of filesUnder("lib")) {
    const name = path.split("/").at(-1);
    const isThere = text.includes(path.replace("lib/", "")) || text.includes(`\`${name}\``);
    assert.ok(isThere, path);
  }
});

Deno.test("Every setting that a document or a configuration names exists", () => {
  const paths = [
    "docs/operations.md",
    "docs/protocol.md",
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

Deno.test("The flags in the README are flags", () => {
  const flags = [...read("README.md").matchAll(/`(--[a-z-]+ \d+)`/g)].map(([, flag]) => flag ?? "");
  assert.ok(flags.length > 0);
  for (const flag of flags) assert.equal(parseCommandLine(flag.split(" ")).kind, "serve");
});

Deno.test("Every event of the log stands in the operations guide", () => {
  const guide = read("docs/operations.md");
  const events = [...filesUnder("lib"), "main.ts"].flatMap((path) =>
    [...read(path).matchAll(/\blog\.(?:debug|info|warn|error)\(\s*"([^"]+)"/g)].map(([, event]) =>
      event
    )
  );
  assert.ok(events.length > 15);
  for (const event of events) assert.ok(guide.includes(`\`${event}\``), event);
});

Deno.test("README, operations guide and changelog name the oldest release of Deno that is tested", () => {
  const [oldest] = RELEASES;
  assert.ok(read("README.md").includes(`(${oldest} or later)`));
  const guide = read("docs/operations.md").replaceAll(/\s+/g, " ");
  assert.ok(guide.includes(`Deno ${oldest} is the oldest release that works`));
  assert.ok(guide.includes(`${RELEASES.slice(0, -1).join(", ")} and ${RELEASES.at(-1)}`));
  assert.ok(read("CHANGELOG.md").includes(`Deno ${oldest} and later`));
});
