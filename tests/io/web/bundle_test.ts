import assert from "node:assert/strict";
import ts from "@typescript/typescript6";
import { packScript, packScripts } from "../../../lib/io/web/bundle.ts";
import { readPageFiles } from "../../../lib/io/web/page_files.ts";
import { TemporaryFolder } from "../../support/temporary_folder.ts";

/** Runs what was packed; returns what it has put into `out`. */
function run(files: Readonly<Record<string, string>>): unknown {
  const out: unknown[] = [];
  new Function("out", `"use strict";\n${packScript(files, "/a/main.js")}`)(out);
  return out;
}

Deno.test("pack() makes one module that behaves like the originals", () => {
  const main = `// @ts-check
/** The entry. @module */
import {
  later,
  sum as add,
} from "../b.js";
import { Box } from "./box.js";

export const unused = 1;
out.push(add(1, 2), new Box().value, await_());

function await_() {
  return later;
}
`;
  const b = `import { Box as Case } from "./a/box.js";
export { Box } from "./a/box.js";
const late = new Case().value + 1; // Stays, since it is no line of its own.
export { late as later };
export function sum(one, two) {
  return one + two;
}
`;
  const box = `export class Box {
  /** @type {number} */
  value = /** @type {number} */ (41);
}
`;
  assert.deepEqual(run({ "/a/main.js": main, "/b.js": b, "/a/box.js": box }), [3, 41, 42]);
});

Deno.test("pack() runs each module once, and dependencies first", () => {
  const files = {
    "/a/main.js":
      `import { one } from "./one.js";\nimport { two } from "./two.js";\nout.push(one, two);\n`,
    "/a/one.js": `import { count } from "./count.js";\nexport const one = count();\n`,
    "/a/two.js": `import { count } from "./count.js";\nexport const two = count();\n`,
    "/a/count.js": `let counted = 0;\nexport function count() {\n  return ++counted;\n}\n`,
  };
  assert.deepEqual(run(files), [1, 2]);
});

for (
  const [what, text, error] of [
    ["a default export", "export default 1;\n", /not known/],
    ["an import of everything", `import * as all from "./b.js";\n`, /not known/],
    ["an import for its effect", `import "./b.js";\n`, /not known/],
    ["a variable export, which could change", "export let it = 1;\n", /not known/],
    ["a dynamic import", `const it = import("./b.js");\n`, /not known/],
    ["a missing module", `import { it } from "./b.js";\n`, /there is no \/a\/b\.js/],
    [
      "a circle",
      `import { it } from "./main.js";\n`,
      /form a cycle: \/a\/main\.js → \/a\/main\.js/,
    ],
  ] as const
) {
  Deno.test(`pack() throws at ${what}`, () => {
    assert.throws(() => packScript({ "/a/main.js": text }, "/a/main.js"), error);
  });
}

Deno.test("pack() changes nothing in the page's modules except comments, white space and private names", () => {
  const modules = Object.entries(readPageFiles()).filter(([path]) =>
    /^\/(page|client)\/|^\/client.js/.test(path)
  );
  assert.ok(modules.length > 50, "modules were found");
  for (const [path, text] of modules) {
    // The module that a text forms by itself has no imports or exports.
    const alone = text.replace(/^(?:import|export) \{[^}]*\}.*$/gm, "").replace(/^export /gm, "")
      .replace(/\bimport\(/g, "load(");
    assert.equal(meaning(packScript({ [path]: alone }, path)), meaning(alone), path);
  }
});

/**
 * The meaning of a text: its syntax tree, with private names and constants in capitals by their order of appearance, so
 * that two texts are equal only if each is still a distinct name.
 */
function meaning(text: string): string {
  const source = ts.createSourceFile(
    "it.js",
    text,
    ts.ScriptTarget.Latest,
    false,
    ts.ScriptKind.JS,
  );
  assert.deepEqual(Object(source).parseDiagnostics, []);
  const names = new Map<string, number>();
  const dump = (node: ts.Node): string => {
    const { text: own = "", operator = "", flags } = Object(node);
    const isShortened = ts.isPrivateIdentifier(node) ||
      ts.isIdentifier(node) && /^(?:[A-Z][A-Z\d_]+|\$[a-z]+)$/.test(node.text);
    if (isShortened && !names.has(node.text)) names.set(node.text, names.size);
    const words = ts.isSourceFile(node) ? "" : names.get(own) ?? JSON.stringify(own);
    const kind = `${ts.SyntaxKind[node.kind]} ${operator} ${flags & ts.NodeFlags.BlockScoped}`;
    const children: string[] = [];
    ts.forEachChild(node, (child) => void children.push(dump(child)));
    return `${kind} ${words}\n${children.join("").replace(/^/gm, " ")}`;
  };
  return dump(source);
}

Deno.test("pack() leaves a module unwrapped when no other one uses its names, and wraps it otherwise", () => {
  const files = {
    "/a/main.js":
      `import { one } from "./one.js";\nimport { two } from "./two.js";\nout.push(one(), two());\n`,
    "/a/one.js": `const apart = 1;\nexport function one() {\n  return apart;\n}\n`,
    "/a/two.js":
      `const out_ = 2;\nexport function two() {\n  return out_ + late;\n}\nconst late = 40;\n`,
  };
  assert.doesNotMatch(packScript(files, "/a/main.js"), /\(\(\)=>/);
  assert.deepEqual(run(files), [1, 42]);
  const other = files["/a/two.js"].replaceAll("out_", "apart");
  assert.match(packScript({ ...files, "/a/two.js": other }, "/a/main.js"), /\(\(\)=>/);
  assert.deepEqual(run({ ...files, "/a/two.js": other }), [1, 42]);
});

Deno.test("pack() keeps private names distinct from everything that looks like one", () => {
  const main = `class It {
  #first = 1;
  static #second = 2;
  get #third() {
    return this.#first + It.#second;
  }
  async #fourth() {
    return "#first" + \`#second\` + document?.a?.["#first"];
  }
  value() {
    return [this.#first, It.#second, this.#third, "a#first", "x.#first"];
  }
}
out.push(new It().value());
`;
  const files = { "/a/main.js": main.replaceAll('"x.#first"', '"x"') };
  assert.deepEqual(run(files), [[1, 2, 3, "a#first", "x"]]);
});

Deno.test("pack() shortens constants in capitals, but no members and nothing that another script imports", async () => {
  const main = `import { SHARED_LIMIT } from "./limits.js";
const LONG_LIMIT = 2;
const LONG_NAMED = 3;
const it = { LONG_NAMED: 4 };
export const done = import("./later.js");
export const out = [LONG_LIMIT, LONG_NAMED, it.LONG_NAMED, SHARED_LIMIT, "LONG_LIMIT"];
`;
  const files = {
    "/a/main.js": main,
    "/a/limits.js": `export const SHARED_LIMIT = 5;\n`,
    "/a/later.js": `import { SHARED_LIMIT } from "./limits.js";\nexport const b = SHARED_LIMIT;\n`,
  };
  const parts = packScripts(files, "/a/main.js", ["/a/later.js"]);
  const first = `${parts.get("/a/main.js")}\nexport { done, out };\n`;
  assert.doesNotMatch(first, /const LONG_LIMIT/);
  assert.match(first, /const LONG_NAMED/);
  const all = new Map([...parts, ["/a/main.js", first]]);
  assert.deepEqual(await runParts(all), [2, 3, 4, 5, "LONG_LIMIT"]);
});

/** Runs what was packed as browsers do: as modules, in a folder. Returns what the first entry has put into `out`. */
async function runParts(parts: ReadonlyMap<string, string>): Promise<unknown> {
  await using folder = new TemporaryFolder();
  for (const [path, text] of parts) {
    await Deno.writeTextFile(`${folder.path}/${path.slice(path.lastIndexOf("/") + 1)}`, text);
  }
  const { done, out } = await import(`file://${folder.path}/main.js`);
  await done;
  return out;
}

const PARTS = {
  "/a/main.js": `import { count } from "./count.js";
import { all, put as add } from "../b.js";
const done = import("./later.js" + "").then(({ Later }) => new Later());
add(count());
`,
  "/a/later.js": `import { count as next, hidden } from "./count.js";
import { add } from "./helper.js";
import { put } from "../b.js";
const all = "own";
export class Later {
  constructor() {
    put(next());
    add(hidden);
    put(all);
  }
}
`,
  "/a/helper.js": `import { put } from "../b.js";
export function add(what) {
  put(what + 1);
}
`,
  "/a/count.js": `let counted = 0;
const secret = 40;
export function count() {
  return ++counted;
}
export { secret as hidden };
`,
  "/b.js": `export const all = [];
export function put(what) {
  all.push(what);
}
`,
};

Deno.test("packParts() runs each module once, for any number of scripts that need it", async () => {
  const parts = packScripts(PARTS, "/a/main.js", ["/a/later.js"]);
  assert.doesNotMatch(parts.get("/a/later.js") ?? "", /counted/);
  const first = `${parts.get("/a/main.js")}export { all as out, done };\n`;
  assert.deepEqual(await runParts(new Map([...parts, ["/a/main.js", first]])), [1, 2, 41, "own"]);
});

Deno.test("packParts() loads a later script from another folder, wherever the module that names it is", () => {
  const files = {
    "/a/main.js": `import { load, one } from "./b/load.js";\nout.push(one, load);\n`,
    "/a/b/load.js":
      `export const one = 1;\nexport const load = () => import("../../c/later.js");\n`,
    "/c/later.js": `import { one } from "../a/b/load.js";\nexport const two = one + 1;\n`,
  };
  const parts = packScripts(files, "/a/main.js", ["/c/later.js"]);
  assert.match(parts.get("/a/main.js") ?? "", /import\("\.\.\/c\/later\.js"\)/);
  assert.match(parts.get("/c/later.js") ?? "", /from\s?"\.\.\/a\/main\.js"/);
});

Deno.test("packParts() creates a later script that does not load beside another version of the first one", async () => {
  const old = packScripts(PARTS, "/a/main.js", ["/a/later.js"]).get("/a/main.js") ?? "";
  const changed = { ...PARTS, "/b.js": PARTS["/b.js"].replace("what", "it") };
  const parts = packScripts(changed, "/a/main.js", ["/a/later.js"]);
  const mixed = new Map([...parts, ["/a/main.js", `${old}export { all as out, done };\n`]]);
  await assert.rejects(runParts(mixed), SyntaxError);
});

for (
  const [what, files, error] of [
    [
      "a later script that does not exist",
      { "/a/main.js": `import("./other.js");\n` },
      /not known/,
    ],
    ["an entry's name that another module exports", {
      "/a/main.js": `import { a } from "./b.js";\nconst b = a;\n`,
      "/a/b.js": "export const a = 1;\nexport function b() {}\n",
    }, /\/a\/main\.js and \/a\/b\.js both have b/],
    ["a missing name", {
      "/a/main.js": `import { a } from "./b.js";\n`,
      "/a/b.js": "export const a = 1;\n",
      "/a/later.js": `import { c } from "./b.js";\n`,
    }, /\/a\/b\.js has no c/],
    ["a module that two later scripts need", {
      "/a/main.js": "",
      "/a/b.js": "export const a = 1;\n",
      "/a/later.js": `import { a } from "./b.js";\n`,
      "/a/last.js": `import { a } from "./b.js";\n`,
    }, /\/a\/b\.js is in \/a\/later\.js and in \/a\/last\.js/],
  ] as const
) {
  Deno.test(`packParts() throws at ${what}`, () => {
    const all = { "/a/later.js": "", "/a/last.js": "", ...files };
    const later = Object.keys(all).filter((path) => /later|last/.test(path));
    assert.throws(() => packScripts(all, "/a/main.js", later), error);
  });
}
