/**
 * The page and the client library use nothing that the supported browsers lack (Chrome and Edge 111, Firefox 115, Safari
 * 16.4; docs/reference/client.md names them). Newer parts of the language are found by checking the types against the library
 * of ECMAScript 2022 with the array methods of 2023, newer parts of browsers by name. A file that works without a newer part
 * when it is missing is listed here.
 * @module
 */
import assert from "node:assert/strict";
// Not the package `typescript`, for the reason given in docs/tools/client_types.ts.
import ts from "@typescript/typescript6";
import { filesUnder } from "../entrances/patterns.ts";

const ROOT = new URL("../../", import.meta.url).pathname;
const SCRIPTS = filesUnder("static", [".js"]);
const STYLES = filesUnder("static", [".css"]);

const OPTIONS: ts.CompilerOptions = {
  allowJs: true,
  checkJs: true,
  noEmit: true,
  strict: true,
  noUncheckedIndexedAccess: true,
  target: ts.ScriptTarget.ES2022,
  module: ts.ModuleKind.ESNext,
  moduleResolution: ts.ModuleResolutionKind.Bundler,
  lib: ["lib.es2022.d.ts", "lib.es2023.array.d.ts", "lib.dom.d.ts", "lib.dom.iterable.d.ts"],
  types: [],
};

/** Newer parts of the language that a script uses. */
function newer(paths: readonly string[], host?: ts.CompilerHost): readonly string[] {
  const lib = ["lib.esnext.d.ts", "lib.dom.d.ts", "lib.dom.iterable.d.ts"];
  const faults = faultsIn(paths, OPTIONS, host);
  if (faults.length === 0) return [];
  // Types that differ between this TypeScript and Deno's are ignored.
  const withFaults = new Set(faults.map(({ path }) => path));
  const others = faultsIn(paths, { ...OPTIONS, lib }, host, (path) => withFaults.has(path));
  const isNew = ({ text }: Fault) => !others.some((it) => it.text === text);
  return faults.filter(isNew).map(({ text }) => text);
}

interface Fault {
  readonly path: string;
  /** With its place. */
  readonly text: string;
}

/** What is wrong in the files that match. */
function faultsIn(
  paths: readonly string[],
  options: ts.CompilerOptions,
  host = hostOf(options),
  matches = (_path: string) => true,
): readonly Fault[] {
  const program = ts.createProgram(paths.map((path) => `${ROOT}${path}`), options, host);
  return paths.filter(matches).flatMap((path) => {
    const file = program.getSourceFile(`${ROOT}${path}`);
    return program.getSemanticDiagnostics(file).map(({ messageText, start = 0 }) => {
      const line = (file?.getLineAndCharacterOfPosition(start).line ?? 0) + 1;
      return {
        path,
        text: `${path}:${line}: ${ts.flattenDiagnosticMessageText(messageText, " ")}`,
      };
    });
  });
}

const parsed = new Map<string, ts.SourceFile | undefined>();

/** Parses each file once: the browser's types alone are 2 MB, and every check needs them. */
function hostOf(options: ts.CompilerOptions): ts.CompilerHost {
  const host = ts.createCompilerHost(options);
  const { getSourceFile } = host;
  host.getSourceFile = (path, ...rest) => {
    if (!parsed.has(path)) parsed.set(path, getSourceFile.call(host, path, ...rest));
    return parsed.get(path);
  };
  return host;
}

const MADE = "static/made.js";

/** A host with one text as a file. */
function hostWith(text: string): ts.CompilerHost {
  const host = hostOf(OPTIONS);
  const { getSourceFile } = host;
  host.getSourceFile = (path, ...rest) =>
    path === `${ROOT}${MADE}`
      ? ts.createSourceFile(path, text, ts.ScriptTarget.ESNext, true)
      : getSourceFile.call(host, path, ...rest);
  return host;
}

/** Everything newer in one text. */
function newerIn(text: string): readonly string[] {
  const host = hostWith(text);
  return [...newer([MADE], host), ...newerMembers([MADE], host)];
}

/** Uses of something newer that work without it when it is missing. */
const DISPENSABLE = [
  "static/client/chat.js: dispose",
  "static/page/base/dom.js: requestIdleCallback",
  "static/page/base/elements.js: Segmenter",
];

/**
 * Members of the browser's own objects that came after the oldest supported versions, by name: TypeScript has one library
 * for all browsers. Members of our own objects may have these names.
 */
const NEWER_MEMBERS = new Set([
  ...["parse", "canParse", "any", "Segmenter", "dispose", "asyncDispose", "requestIdleCallback"],
  ...["showPopover", "hidePopover", "togglePopover", "popover", "requestClose", "closedBy"],
  ...["checkVisibility", "moveBefore", "getHTML", "setHTMLUnsafe", "parseHTMLUnsafe", "command"],
  ...[
    "startViewTransition",
    "navigation",
    "scheduler",
    "locks",
    "randomUUID",
    "role",
    "highlights",
  ],
  ...["caretPositionFromPoint", "scrollIntoViewIfNeeded", "userAgentData", "windowControlsOverlay"],
]);
/** Objects of which a member with that name is an old one. */
const OLD = /^(?:JSON|Date)\.parse$/;

/** Newer members of the browser's objects that scripts use, as `path: member`. */
function newerMembers(paths: readonly string[], host = hostOf(OPTIONS)): readonly string[] {
  const program = ts.createProgram(paths.map((path) => `${ROOT}${path}`), OPTIONS, host);
  const checker = program.getTypeChecker();
  const isOurs = ({ name }: ts.PropertyAccessExpression) => {
    const { declarations = [] } = checker.getSymbolAtLocation(name) ?? {};
    // Without a declaration, the type of the object is unknown, or the library does not have the member yet.
    return declarations.length > 0 &&
      declarations.every((it) => !program.isSourceFileDefaultLibrary(it.getSourceFile()));
  };
  const found: string[] = [];
  for (const path of paths) {
    const visit = (node: ts.Node) => {
      if (ts.isPropertyAccessExpression(node)) {
        const name = node.name.text;
        // Firefox reflects ARIA attributes since 119.
        const isNewer = NEWER_MEMBERS.has(name) || /^aria[A-Z]/.test(name);
        if (isNewer && !OLD.test(node.getText()) && !isOurs(node)) found.push(`${path}: ${name}`);
      } else if (ts.isIdentifier(node) && node.text === "requestIdleCallback") {
        found.push(`${path}: ${node.text}`);
      }
      ts.forEachChild(node, visit);
    };
    const file = program.getSourceFile(`${ROOT}${path}`);
    assert.ok(file, path);
    visit(file);
  }
  return [...new Set(found)];
}

/** What styles must not contain; what a browser can skip without harm is in {@linkcode DECORATION}. */
const NEWER_STYLES =
  /light-dark\(|:popover-open|@scope|@container style|@property|@function|@position-try|anchor\(|field-sizing|interpolate-size|color\(from|\blh\b|^\s*&|@starting-style|text-wrap|font-variant-emoji|:has\(|scrollbar-gutter|scrollbar-width|content: "[^"]*" \/|scroll-timeline|animation-timeline|:user-valid|contain-intrinsic|content-visibility|linear\(/gm;
const withoutComments = (text: string) => text.replace(/\/\*[^]*?\*\//g, "");
const DECORATION = [
  "@starting-style",
  "text-wrap",
  "font-variant-emoji",
  ":has(",
  "scrollbar-gutter",
  "scrollbar-width",
  'content: "↓" /',
  'content: "#" /',
];

Deno.test("The page and the client library use no newer JavaScript than the supported browsers have", () => {
  const found = newer(SCRIPTS).filter((it) => !/^static\/client\/chat\.js:.*'dispose'/.test(it));
  assert.deepEqual(found, []);
});

for (
  const text of [
    "export const url = URL.parse('x');",
    "export const groups = Map.groupBy([1], (it) => it % 2);",
    "export const settled = Promise.withResolvers();",
    "export const all = new Set([1]).union(new Set([2]));",
    "export const first = new Map().values().map(String);",
    "export const sum = await Array.fromAsync([]);",
    "export const signal = AbortSignal.any([]);",
    "export const letters = new Intl.Segmenter();",
    "document.body.ariaLabel = 'x';",
    "document.body.role = 'x';",
    "for (const it of document.querySelectorAll('p')) it.role = 'x';",
    "JSON.parse('{}').role = 'x';",
    "document.body.showPopover();",
    "requestIdleCallback(() => {});",
  ]
) {
  Deno.test(`The browser check finds ${text}`, () => {
    assert.ok(newerIn(text).length > 0);
  });
}

Deno.test("The browser check ignores members of our own objects", () => {
  const text =
    "/** @param {{ role: string }} member */ export const roleOf = (member) => member.role;";
  assert.deepEqual(newerIn(text), []);
});

Deno.test("Every browser feature that the page uses is in the supported browsers, or is optional", () => {
  assert.deepEqual(newerMembers(SCRIPTS).toSorted(), DISPENSABLE.toSorted());
});

Deno.test("The styles use no essential feature that the supported browsers lack", () => {
  const found = STYLES.flatMap((path) =>
    [...withoutComments(Deno.readTextFileSync(`${ROOT}${path}`)).matchAll(NEWER_STYLES)].map((
      [it],
    ) => it.trim())
      .filter((it) => !DECORATION.includes(it)).map((it) => `${path}: ${it}`)
  );
  assert.deepEqual(found, []);
});
