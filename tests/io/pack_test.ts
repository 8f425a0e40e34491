import assert from "node:assert/strict";
import ts from "@typescript/typescript6";
import { pack } from "../../lib/io/pack.ts";
import { readPageFiles } from "../../lib/io/page_files.ts";

/** Runs what was packed; gives what it has put into `out`. */
function run(files: Readonly<Record<string, string>>): unknown {
  const out: unknown[] = [];
  new Function("out", `"use strict";\n${pack(files, "/a/main.js")}`)(out);
  return out;
}

Deno.test("pack() makes one module that does what the many did", () => {
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

Deno.test("pack() runs each module once, and those that are needed first", () => {
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
    ["what is not there", `import { it } from "./b.js";\n`, /there is no \/a\/b\.js/],
    ["a circle", `import { it } from "./main.js";\n`, /go round: \/a\/main\.js → \/a\/main\.js/],
  ] as const
) {
  Deno.test(`pack() throws at ${what}`, () => {
    assert.throws(() => pack({ "/a/main.js": text }, "/a/main.js"), error);
  });
}

Deno.test("pack() changes nothing in the page's modules but comments, white space and private names", () => {
  const modules = Object.entries(readPageFiles()).filter(([path]) =>
    /^\/(page|client)\/|^\/client.js/.test(path)
  );
  assert.ok(modules.length > 50, "they were found");
  for (const [path, text] of modules) {
    // Nothing is imported or exported in the one module that a text makes by itself.
    const alone = text.replace(/^(?:import|export) \{[^}]*\}.*$/gm, "").replace(/^export /gm, "");
    assert.equal(meaning(pack({ [path]: alone }, path)), meaning(alone), path);
  }
});

/**
 * What a text means: its syntax tree, with private names by their order of appearance, so that two texts are alike only where
 * each is still a name of its own.
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
    if (ts.isPrivateIdentifier(node) && !names.has(node.text)) names.set(node.text, names.size);
    const words = ts.isSourceFile(node) ? "" : names.get(own) ?? JSON.stringify(own);
    const kind = `${ts.SyntaxKind[node.kind]} ${operator} ${flags & ts.NodeFlags.BlockScoped}`;
    const children: string[] = [];
    ts.forEachChild(node, (child) => void children.push(dump(child)));
    return `${kind} ${words}\n${children.join("").replace(/^/gm, " ")}`;
  };
  return dump(source);
}

Deno.test("pack() leaves a module as it is where no other one uses its names, and wraps it elsewhere", () => {
  const files = {
    "/a/main.js":
      `import { one } from "./one.js";\nimport { two } from "./two.js";\nout.push(one(), two());\n`,
    "/a/one.js": `const apart = 1;\nexport function one() {\n  return apart;\n}\n`,
    "/a/two.js":
      `const out_ = 2;\nexport function two() {\n  return out_ + late;\n}\nconst late = 40;\n`,
  };
  assert.doesNotMatch(pack(files, "/a/main.js"), /\(\(\)=>/);
  assert.deepEqual(run(files), [1, 42]);
  const other = files["/a/two.js"].replaceAll("out_", "apart");
  assert.match(pack({ ...files, "/a/two.js": other }, "/a/main.js"), /\(\(\)=>/);
  assert.deepEqual(run({ ...files, "/a/two.js": other }), [1, 42]);
});

Deno.test("pack() keeps apart private names, whatever looks like one", () => {
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
