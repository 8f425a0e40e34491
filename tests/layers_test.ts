/** The house as its files show it: what imports what, and what the lower floors may not know. */
import assert from "node:assert/strict";
import { dirname, join, relative } from "node:path";

const ROOT = new URL("..", import.meta.url).pathname;
const FLOORS = ["lib/core", "lib/chat", "lib/io", "main.ts"];

/** One source file: its path from the root, its text, what it imports (paths from the root, or package names). */
interface Source {
  readonly path: string;
  readonly text: string;
  readonly imports: readonly string[];
}

function readSources(): Source[] {
  const paths = ["main.ts", ...listed("lib/core"), ...listed("lib/chat"), ...listed("lib/io")];
  return paths.map((path) => {
    const text = Deno.readTextFileSync(join(ROOT, path));
    const found = text.matchAll(
      /^\s*(?:import|export)\b[^"';]*?from\s*"([^"]+)"|\bimport\("([^"]+)"\)/gm,
    );
    const imports = [...found].map(([, from, dynamic]) => resolve(path, from ?? dynamic ?? ""));
    return { path, text: withoutComments(text), imports };
  });
}

function listed(folder: string): string[] {
  return [...Deno.readDirSync(join(ROOT, folder))].flatMap(({ name, isDirectory }) => {
    const path = `${folder}/${name}`;
    return isDirectory ? listed(path) : name.endsWith(".ts") ? [path] : [];
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

const sources = readSources();

Deno.test("The layers test sees the sources and their imports", () => {
  assert.ok(sources.length > 20);
  const session = sources.find(({ path }) => path === "lib/chat/session.ts");
  assert.ok(session?.imports.includes("lib/core/farewells.ts"));
  assert.ok(session?.imports.includes("lib/chat/hub.ts"));
});

Deno.test("No file imports from a floor above its own", () => {
  for (const { path, imports } of sources) {
    for (const imported of imports.filter((it) => floorOf(it) >= 0)) {
      assert.ok(floorOf(imported) <= floorOf(path), `${path} imports ${imported}`);
    }
  }
});

Deno.test("No import goes round in a circle", () => {
  const importsOf = new Map(sources.map(({ path, imports }) => [path, imports]));
  const done = new Set<string>();
  const visit = (path: string, trail: readonly string[]) => {
    assert.ok(!trail.includes(path), `circle: ${[...trail, path].join(" → ")}`);
    if (done.has(path)) return;
    for (const imported of importsOf.get(path) ?? []) visit(imported, [...trail, path]);
    done.add(path);
  };
  for (const { path } of sources) visit(path, []);
});

Deno.test("lib/core imports no package but valibot, and lib/chat none at all", () => {
  for (const { path, imports } of sources) {
    if (floorOf(path) > 1) continue;
    const packages = imports.filter((it) => floorOf(it) < 0);
    const allowed = floorOf(path) === 0 ? ["valibot"] : [];
    assert.deepEqual(packages.filter((it) => !allowed.includes(it)), [], path);
  }
});

Deno.test("lib/core knows no Deno, no time and no waiting; lib/chat knows time only through its clock", () => {
  const world =
    /\bDeno\.|\bperformance\b|\bDate\b|\bset(Timeout|Interval|Immediate)\b|Math\.random|\bfetch\(/;
  for (const { path, text } of sources) {
    if (floorOf(path) > 1 || path === "lib/chat/clock.ts") continue;
    assert.doesNotMatch(text, world, path);
    if (floorOf(path) === 0) assert.doesNotMatch(text, /\basync\b|\bawait\b|\bPromise\b/, path);
  }
});
