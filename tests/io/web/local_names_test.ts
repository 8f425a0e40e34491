/** Short names in the client library as one file: every name still means the same. */
import assert from "node:assert/strict";
import ts from "@typescript/typescript6";
import { packModule } from "../../../lib/io/web/bundle.ts";
import { withLocalNames } from "../../../lib/io/web/local_names.ts";
import { readPageFiles } from "../../../lib/io/web/page_files.ts";

const LIBRARY = Object.fromEntries(
  Object.entries(readPageFiles()).filter(([path]) => /^\/client(?:\/.*)?\.js$/.test(path)),
);

/** A script as the type checker understands it. */
interface Parsed {
  readonly source: ts.SourceFile;
  readonly checker: ts.TypeChecker;
}

function parse(text: string): Parsed {
  const options = { allowJs: true, noLib: true, noResolve: true, target: ts.ScriptTarget.Latest };
  const source = ts.createSourceFile("it.js", text, options.target, true, ts.ScriptKind.JS);
  assert.deepEqual(Object(source).parseDiagnostics, []);
  const host: ts.CompilerHost = {
    getSourceFile: (name) => name === "it.js" ? source : undefined,
    getDefaultLibFileName: () => "",
    writeFile() {},
    getCurrentDirectory: () => "/",
    getCanonicalFileName: (name) => name,
    useCaseSensitiveFileNames: () => true,
    getNewLine: () => "\n",
    fileExists: (name) => name === "it.js",
    readFile: () => undefined,
  };
  const checker = ts.createProgram(["it.js"], options, host).getTypeChecker();
  return { source, checker };
}

/** Whether an identifier is the name of a property, which no declaration of a variable can change. */
function isPropertyName(node: ts.Identifier): boolean {
  const { parent } = node;
  if (ts.isBindingElement(parent)) return parent.propertyName === node;
  if (ts.isMetaProperty(parent)) return true;
  return (ts.isPropertyAccessExpression(parent) || ts.isPropertyAssignment(parent) ||
    ts.isClassElement(parent) || ts.isObjectLiteralElement(parent)) && parent.name === node;
}

/** The declaration that an identifier refers to, or its text if it is one of the runtime's or a property. */
function targetOf(node: ts.Identifier, checker: ts.TypeChecker): ts.Node | string {
  const { parent } = node;
  const isShorthand = ts.isShorthandPropertyAssignment(parent);
  if (!isShorthand && isPropertyName(node)) return node.text;
  const symbol = isShorthand
    ? checker.getShorthandAssignmentValueSymbol(parent)
    : checker.getSymbolAtLocation(node);
  return symbol?.declarations?.[0] ?? node.text;
}

/** The syntax tree, with each variable and private name as the number of its declaration. */
function meaning(text: string): string {
  const { source, checker } = parse(text);
  const numbers = new Map<ts.Node | string, number>();
  const numberOf = (key: ts.Node | string) => {
    if (!numbers.has(key)) numbers.set(key, numbers.size);
    return `<${numbers.get(key)}>`;
  };
  const wordOf = (node: ts.Node): string => {
    if (ts.isIdentifier(node)) {
      const target = targetOf(node, checker);
      return typeof target === "string" ? target : numberOf(target);
    }
    if (ts.isPrivateIdentifier(node)) return numberOf(`${classOf(node).pos} ${node.text}`);
    return ts.isSourceFile(node) ? "" : String(Object(node).text ?? "");
  };
  const dump = (node: ts.Node): string => {
    const isShorthand = ts.isShorthandPropertyAssignment(node);
    const kind = isShorthand ? ts.SyntaxKind.PropertyAssignment : node.kind;
    const written = isShorthand ? node.name : ts.isBindingElement(node) && !node.dotDotDotToken &&
        !node.propertyName && ts.isIdentifier(node.name) &&
        ts.isObjectBindingPattern(node.parent)
      ? node.name
      : undefined;
    const { operator = "", flags } = Object(node);
    const children = [written ? `Identifier ${written.text}\n` : ""];
    ts.forEachChild(node, (child) => void children.push(dump(child)));
    const name = `${ts.SyntaxKind[kind]} ${operator} ${(flags & ts.NodeFlags.BlockScoped) !== 0}`;
    return ts.isIdentifier(node)
      ? `Identifier ${wordOf(node)}\n`
      : `${name} ${wordOf(node)}\n${children.join("").replace(/^/gm, " ")}`;
  };
  return dump(source);
}

function classOf(node: ts.Node): ts.Node {
  return ts.isClassLike(node) ? node : classOf(node.parent);
}

/** The names that a script uses and does not declare, except those of properties. */
function freeNames(text: string): ReadonlySet<string> {
  const { source, checker } = parse(text);
  const names = new Set<string>();
  const visit = (node: ts.Node) => {
    if (ts.isIdentifier(node) && !isPropertyName(node)) {
      const target = targetOf(node, checker);
      if (typeof target === "string") names.add(target);
    }
    ts.forEachChild(node, visit);
  };
  visit(source);
  return names;
}

/** A module's text without its links to other modules. */
function alone(text: string): string {
  return text.replace(/^(?:import|export) \{[^}]*\}.*$/gm, "").replace(/^export /gm, "");
}

Deno.test("Each module of the library refers to the same declarations with short names", () => {
  const modules = Object.entries(LIBRARY);
  assert.ok(modules.length > 30, "modules were found");
  for (const [path, text] of modules) {
    const own = alone(text);
    assert.equal(meaning(packModule({ [path]: own }, path)), meaning(own), path);
  }
});

Deno.test("The library as one file needs nothing that its modules do not need", () => {
  const needed = Object.values(LIBRARY).map((text) => freeNames(text));
  const packed = freeNames(packModule(LIBRARY, "/client.js"));
  assert.ok(packed.has("WebSocket"));
  for (const name of packed) assert.ok(needed.some((it) => it.has(name)), name);
});

Deno.test("packModule() keeps all exports, and the names of classes", async () => {
  const files = {
    "/a.js": `import { one, One } from "./b.js";
export { One, one as first };
export { two } from "./b.js";
export function three() {
  return one + two_();
}
const two_ = () => 2;
`,
    "/b.js": `export const one = 1;
export class One {
  static label = One.name;
}
export function two() {
  return one;
}
`,
  };
  const text = packModule(files, "/a.js");
  const { One, first, two, three, ...others } = await import(`data:text/javascript,${text}`);
  assert.deepEqual([One.label, first, two(), three(), others], ["One", 1, 1, 3, {}]);
});

for (
  const [what, text, value] of [
    ["properties", "const { longName } = { longName: 1 }; return longName;", 1],
    ["renamed ones", "const { longName: own = 2, ...others } = {}; return [own, others];", [2, {}]],
    ["lists", "const [longName, [inner = longName]] = [1, []]; return { longName, inner };", {
      longName: 1,
      inner: 1,
    }],
    [
      "templates",
      "const longName = 1; return `${longName} longName ${`${longName}`}`;",
      "1 longName 1",
    ],
    ["regular expressions", "const longName = 4; return [/longName/.source, longName / 2 / 1];", [
      "longName",
      2,
    ]],
    [
      "strings",
      `const longName = 1; return [longName, "longName", '"', 'longName'];`,
      [1, "longName", '"', "longName"],
    ],
    [
      "methods and fields",
      "class Named { longName = 1; get inner() { const longName = 2; return this.longName + longName; } }" +
      "return new Named().inner;",
      3,
    ],
    [
      "private members",
      "class Named { #longName = 1; is(other) { return #longName in other && other.#longName; } }" +
      "const it = new Named(); return it.is(it);",
      1,
    ],
    [
      "defaults",
      "const plus = (longName, other = longName) => longName + other; return plus(2);",
      4,
    ],
    ["errors", "try { throw 1; } catch (longName) { return longName; }", 1],
    ["loops", "let sum = 0; for (const longName of [1, 2]) sum += longName; return sum;", 3],
    [
      "inner functions",
      "return longName(2); function longName(n) { return n && longName(n - 1); }",
      0,
    ],
    [
      "functions in functions",
      "const longName = 1; const plus = (inner) => inner + longName;" +
      "const run = (inner) => { if (inner) { const longName = 2; return plus(inner) + longName; } return longName; };" +
      "return [run(0), run(5), [1, 2].map((inner) => [inner].map((other) => inner + other + longName))];",
      [1, 8, [[3], [5]]],
    ],
    [
      "functions whose own names are short",
      "const longName = 1; const other = (a) => { const b = a; return (c) => c + b + longName; }; return other(2)(3);",
      6,
    ],
    [
      "parameters as objects",
      "return (({ longName, of }) => longName + of)({ longName: 1, of: 2 });",
      3,
    ],
  ] as const
) {
  Deno.test(`withLocalNames() keeps the meaning of ${what}`, () => {
    const short = withLocalNames(`const run = () => {\n${text}\n};\nout.push(run());\n`);
    const out: unknown[] = [];
    new Function("out", short)(out);
    assert.deepEqual(out, [value]);
  });
}

Deno.test("withLocalNames() gives functions that are alike the same names", () => {
  const text = `const run = (one, two) => {
const first = one.map((it) => it + 1);
return two.map((other) => other + 1);
};
`;
  const [first, second] = withLocalNames(text).match(/\(\w\) => \w \+ 1/g) ?? [];
  assert.ok(first);
  assert.equal(first, second);
});

Deno.test("withLocalNames() gives a local variable no name that the function uses for something else", () => {
  const text =
    "out.push(((long, longer) => {\n return long + long + longer + a + b;\n})(10, 100));\n";
  const out: unknown[] = [];
  new Function("out", "a", "b", withLocalNames(text))(out, 1, 1_000);
  assert.deepEqual(out, [1_121]);
});

Deno.test("withLocalNames() distinguishes a top-level name from a local one in an inner block", () => {
  const text = `const longName = 1;
const run = (inner) => {
  if (inner) {
    const longName = 2;
    return longName;
  }
  return longName;
};
out.push(run(true), run(false));
`;
  const out: unknown[] = [];
  new Function("out", withLocalNames(text))(out);
  assert.deepEqual(out, [2, 1]);
});
