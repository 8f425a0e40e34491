/** The structure of the code, read from its files: allowed imports, and what the lower layers must not use. */
import assert from "node:assert/strict";
import { dirname, join, relative } from "node:path";

const ROOT = new URL("../..", import.meta.url).pathname;
/** From the lowest to the highest. The load generator is a separate product: it uses the rules, but no service. */
const FLOORS = ["lib/core", "lib/chat", "lib/io", "lib/load", "main.ts"];
/** Folders whose direct files belong to no folder of capabilities, so that each counts as a folder of its own. */
const OPEN_FOLDERS = [
  "lib/core",
  "lib/chat",
  "lib/io",
  "lib/io/redis",
  "lib/io/sqlite",
  "lib/load",
  "static",
  "static/client",
  "static/page",
  "static/page/log",
];

/** One source file: its path from the root, its text, and its imports (paths from the root, or package names). */
interface Source {
  readonly path: string;
  readonly text: string;
  readonly imports: readonly string[];
}

function readSources(paths: readonly string[]): Source[] {
  return paths.map((path) => {
    const text = Deno.readTextFileSync(join(ROOT, path));
    const found = text.matchAll(
      /^\s*(?:import|export)\b[^"';]*?from\s*"([^"]+)"|\bimport\("([^"]+)"/gm,
    );
    const imports = [...found].map(([, from, dynamic]) => resolve(path, from ?? dynamic ?? ""));
    return { path, text: withoutComments(text), imports };
  });
}

function listed(folder: string, extension: string): string[] {
  return [...Deno.readDirSync(join(ROOT, folder))].flatMap(({ name, isDirectory }) => {
    const path = `${folder}/${name}`;
    return isDirectory ? listed(path, extension) : name.endsWith(extension) ? [path] : [];
  });
}

function resolve(from: string, specifier: string): string {
  return specifier.startsWith(".")
    ? relative(ROOT, join(ROOT, dirname(from), specifier))
    : specifier;
}

function withoutComments(text: string): string {
  return text.replace(/\/\*[\s\S]*?\*\//g, "").replace(/^\s*\/\/.*$/gm, "");
}

function floorOf(path: string): number {
  return FLOORS.findIndex((floor) => path.startsWith(floor));
}

const sources = readSources(["main.ts", ...listed("lib", ".ts")]);
/** The scripts of the page and the client library. Types that JSDoc imports count as imports. */
const scripts = readSources(listed("static", ".js"));

Deno.test("The layers test finds the sources and their imports", () => {
  assert.ok(sources.length > 20);
  const session = sources.find(({ path }) => path === "lib/chat/session/session.ts");
  assert.ok(session?.imports.includes("lib/core/protocol/close_codes.ts"));
  assert.ok(session?.imports.includes("lib/chat/room/room.ts"));
  const strings = scripts.find(({ path }) => path === "static/page/i18n/strings.js");
  assert.ok(strings?.imports.includes("static/client/observable.js"), "an import");
  assert.ok(strings?.imports.includes("static/page/i18n/en.js"), "a type in JSDoc");
  assert.ok(strings?.imports.includes("static/page/i18n/zh.js"), "a dynamic import");
});

Deno.test("No file imports from a layer above its own", () => {
  for (const { path, imports } of sources) {
    for (const imported of imports.filter((it) => floorOf(it) >= 0)) {
      assert.ok(floorOf(imported) <= floorOf(path), `${path} imports ${imported}`);
    }
  }
});

Deno.test("The load generator imports only the rules, the clock and the time limit", () => {
  const allowed = ["lib/chat/ports/clock.ts", "lib/io/timeout.ts"];
  for (const { path, imports } of sources.filter(({ path }) => path.startsWith("lib/load"))) {
    const others = imports.filter((it) => floorOf(it) > 0 && !it.startsWith("lib/load"));
    assert.deepEqual(others.filter((it) => !allowed.includes(it)), [], path);
  }
});

function assertNoCycle(importsOf: ReadonlyMap<string, readonly string[]>): void {
  const done = new Set<string>();
  const visit = (path: string, trail: readonly string[]) => {
    assert.ok(!trail.includes(path), `cycle: ${[...trail, path].join(" → ")}`);
    if (done.has(path)) return;
    for (const imported of importsOf.get(path) ?? []) visit(imported, [...trail, path]);
    done.add(path);
  };
  for (const path of importsOf.keys()) visit(path, []);
}

function importsOfFolders(files: readonly Source[]): Map<string, string[]> {
  const folderOf = (path: string) => OPEN_FOLDERS.includes(dirname(path)) ? path : dirname(path);
  const paths = new Set(files.map(({ path }) => path));
  const importsOf = new Map<string, string[]>();
  for (const { path, imports } of files) {
    const folder = folderOf(path);
    const others = imports.filter((it) => paths.has(it)).map(folderOf);
    const known = importsOf.get(folder) ?? [];
    importsOf.set(folder, [...known, ...others.filter((other) => other !== folder)]);
  }
  return importsOf;
}

for (const [place, files] of [["lib", sources], ["static", scripts]] as const) {
  Deno.test(`Imports of files in ${place} form no cycle`, () => {
    assertNoCycle(new Map(files.map(({ path, imports }) => [path, imports])));
  });

  Deno.test(`Imports between folders in ${place} form no cycle`, () => {
    assertNoCycle(importsOfFolders(files));
  });
}

Deno.test("The check of imports between folders finds a cycle", () => {
  const importsOf = importsOfFolders([
    { path: "static/page/composer/a.js", text: "", imports: ["static/page/base/b.js"] },
    { path: "static/page/base/b.js", text: "", imports: [] },
    { path: "static/page/base/c.js", text: "", imports: ["static/page/composer/d.js"] },
    { path: "static/page/composer/d.js", text: "", imports: [] },
  ]);
  assert.throws(
    () => assertNoCycle(importsOf),
    /page\/composer → static\/page\/base → static\/page\/composer/,
  );
});

/** The files that declare each exported name. A re-export declares nothing. */
function exportsOf(files: readonly Source[]): Map<string, ReadonlySet<string>> {
  const declared = new Map<string, Set<string>>();
  for (const { path, text } of files) {
    const names = text.matchAll(
      /^export (?:declare |abstract |async )*(?:function\*?|class|const|let|interface|type) (\w+)/gm,
    );
    for (const [, name = ""] of names) {
      declared.set(name, (declared.get(name) ?? new Set()).add(path));
    }
  }
  return declared;
}

Deno.test("No two files in lib export different things under one name", () => {
  const declared = [...exportsOf(sources)];
  assert.ok(declared.length > 1_000);
  assert.deepEqual(declared.filter(([, paths]) => paths.size > 1), []);
});

Deno.test("The check of exported names finds a name that two files share", () => {
  const file = (path: string, text: string) => ({ path, text, imports: [] });
  const declared = exportsOf([
    file("lib/a.ts", "export async function* read() {}\nexport type Word = string;"),
    file("lib/b.ts", "export const read = 1;\nexport type { Word } from './a.ts';"),
  ]);
  assert.deepEqual(declared.get("read"), new Set(["lib/a.ts", "lib/b.ts"]));
  assert.deepEqual(declared.get("Word"), new Set(["lib/a.ts"]));
});

Deno.test("lib/core imports no package except valibot, and lib/chat none at all", () => {
  for (const { path, imports } of sources) {
    if (floorOf(path) > 1) continue;
    const packages = imports.filter((it) => floorOf(it) < 0);
    const allowed = floorOf(path) === 0 ? ["valibot"] : [];
    assert.deepEqual(packages.filter((it) => !allowed.includes(it)), [], path);
  }
});

Deno.test("lib/core uses no Deno, no time and no waiting; lib/chat uses time only through its clock", () => {
  const world =
    /\bDeno\.|\bperformance\b|\bDate\b|\bset(Timeout|Interval|Immediate)\b|Math\.random|\bfetch\(/;
  for (const { path, text } of sources) {
    if (floorOf(path) > 1 || path === "lib/chat/ports/clock.ts") continue;
    assert.doesNotMatch(text, world, path);
    if (floorOf(path) === 0) assert.doesNotMatch(text, /\basync\b|\bawait\b|\bPromise\b/, path);
  }
});
