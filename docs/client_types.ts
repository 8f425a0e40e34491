/**
 * Makes `static/client.d.ts`, the types of the client library in one file, from the JSDoc of `static/client.js` and what it
 * imports. TypeScript writes the declarations of each module; here they are put into one. What can be reached from what
 * `client.js` exports is exported, and nothing else; a member marked `@internal` is left out, and with it what only that
 * one names. Run by `deno task client-types`; a test holds that the file is what comes out here.
 * @module
 */
// Not the package `typescript`, though it is the same: valibot would count that among what it needs, and whoever starts the
// service would have to download it.
import ts from "@typescript/typescript6";

const ROOT = new URL("../", import.meta.url).pathname;
const ENTRY = `${ROOT}static/client.js`;
/** Where the declarations of the modules are thought to lie; nothing is written there. */
const DECLARED = "/declared/";

/** What timeline_amend.js asks of a room's events is less than what they are, so that it has types of its own by the same name. */
const RENAMED: Readonly<Record<string, string>> = {
  [`${DECLARED}client/timeline_amend.d.ts RoomEvent`]: "TimelineEvent",
  [`${DECLARED}client/timeline_amend.d.ts Said`]: "TimelineSaid",
};

const OPTIONS: ts.CompilerOptions = {
  allowJs: true,
  checkJs: true,
  strict: true,
  noUncheckedIndexedAccess: true,
  declaration: true,
  emitDeclarationOnly: true,
  noEmitOnError: true,
  target: ts.ScriptTarget.ESNext,
  module: ts.ModuleKind.ESNext,
  moduleResolution: ts.ModuleResolutionKind.Bundler,
  lib: ["lib.esnext.d.ts", "lib.dom.d.ts", "lib.dom.iterable.d.ts"],
  types: [],
  rootDir: `${ROOT}static`,
  outDir: DECLARED,
};

/** The file's text, not formatted yet. Throws where the library's own types do not hold. */
export function clientTypes(): string {
  const files = new Map<string, string>();
  const program = ts.createProgram([ENTRY], OPTIONS);
  refuse(ts.getPreEmitDiagnostics(program));
  refuse(program.emit(undefined, (path, text) => files.set(path, text)).diagnostics);
  const made = new Rollup(programOf(files)).text(`${DECLARED}client.d.ts`);
  return [
    "// Made by `deno task client-types` from the JSDoc of static/client.js: do not edit.",
    /\/\*\*[^]*?@module\s*\*\//.exec(ts.sys.readFile(ENTRY) ?? "")?.[0],
    "",
    made,
  ].join("\n");
}

function refuse(diagnostics: readonly ts.Diagnostic[]): void {
  if (diagnostics.length === 0) return;
  const host = {
    getCanonicalFileName: (name: string) => name,
    getCurrentDirectory: () => ROOT,
    getNewLine: () => "\n",
  };
  throw new TypeError(`Cannot make client.d.ts: ${ts.formatDiagnostics(diagnostics, host)}`);
}

/** The declarations as a program of their own, read from memory. */
function programOf(files: ReadonlyMap<string, string>): ts.Program {
  const options = { ...OPTIONS, noEmit: true, allowJs: false, checkJs: false };
  const host = ts.createCompilerHost(options);
  const { fileExists, readFile, getSourceFile } = host;
  host.fileExists = (path) => files.has(path) || fileExists.call(host, path);
  host.directoryExists = () => true;
  host.readFile = (path) => files.get(path) ?? readFile.call(host, path);
  host.getSourceFile = (path, version) => {
    const text = files.get(path);
    if (text === undefined) return getSourceFile.call(host, path, version);
    return ts.createSourceFile(path, text, version, true);
  };
  const program = ts.createProgram([...files.keys()], options, host);
  refuse(ts.getPreEmitDiagnostics(program));
  return program;
}

interface Edit {
  readonly from: number;
  readonly to: number;
  readonly text: string;
}

/** What is reached from one module, under names that stand side by side in one file. */
class Rollup {
  readonly #program: ts.Program;
  readonly #checker: ts.TypeChecker;
  /** In the order in which they were met; while one is written, others come after it. */
  readonly #symbols = new Map<string, ts.Symbol>();

  constructor(program: ts.Program) {
    this.#program = program;
    this.#checker = program.getTypeChecker();
  }

  /** All declarations, each with its documentation. */
  text(entry: string): string {
    const file = this.#program.getSourceFile(entry);
    const module = file && this.#checker.getSymbolAtLocation(file);
    if (module === undefined) throw new TypeError(`Cannot roll up: no module is at ${entry}`);
    for (const it of this.#checker.getExportsOfModule(module)) this.#nameOf(it);
    const texts: string[] = [];
    // A map gives what is added while it is walked through.
    for (const symbol of this.#symbols.values()) {
      for (const declaration of symbol.declarations ?? []) texts.push(this.#write(declaration));
    }
    return `${texts.join("\n\n")}\n`;
  }

  /** Under what name a symbol stands in the file; from now on it does. */
  #nameOf(symbol: ts.Symbol): string {
    const own = this.#origin(symbol);
    const path = own.declarations?.[0]?.getSourceFile().fileName;
    const name = RENAMED[`${path} ${own.name}`] ?? own.name;
    const known = this.#symbols.get(name);
    if (known === undefined) this.#symbols.set(name, own);
    else if (known !== own && !this.#isSame(known, own)) {
      throw new TypeError(`Cannot roll up: two different types are called ${name}`);
    }
    return name;
  }

  /** What is behind imports, exports, and types that only stand for another. */
  #origin(symbol: ts.Symbol): ts.Symbol {
    if (symbol.flags & ts.SymbolFlags.Alias) {
      return this.#origin(this.#checker.getAliasedSymbol(symbol));
    }
    const declaration = symbol.declarations?.[0];
    if (declaration === undefined || !ts.isTypeAliasDeclaration(declaration)) return symbol;
    const { type, typeParameters } = declaration;
    const target = typeParameters === undefined ? this.#referred(type) : undefined;
    return target === undefined ? symbol : this.#origin(target);
  }

  /** Two modules may each have described the same for itself. */
  #isSame(one: ts.Symbol, other: ts.Symbol): boolean {
    const [a, b] = [one, other].map((it) => this.#checker.getDeclaredTypeOfSymbol(it));
    return a !== undefined && b !== undefined && this.#checker.isTypeAssignableTo(a, b) &&
      this.#checker.isTypeAssignableTo(b, a);
  }

  /** The library's own type that a node names, if it names one. */
  #referred(node: ts.Node): ts.Symbol | undefined {
    const name = nameIn(node);
    const symbol = name && this.#checker.getSymbolAtLocation(name);
    const declaration = symbol?.declarations?.[0];
    if (declaration === undefined || ts.isTypeParameterDeclaration(declaration)) return undefined;
    return declaration.getSourceFile().fileName.startsWith(DECLARED) ? symbol : undefined;
  }

  #write(declaration: ts.Declaration): string {
    const edits: Edit[] = [];
    this.#visit(declaration, edits);
    const name = ts.getNameOfDeclaration(declaration);
    const symbol = name && this.#checker.getSymbolAtLocation(name);
    if (symbol) edits.push({ from: name.getStart(), to: name.end, text: this.#nameOf(symbol) });
    const file = declaration.getSourceFile();
    const from = docsOf(declaration)[0]?.pos ?? declaration.getStart();
    const text = edits.toSorted((one, two) => two.from - one.from).reduce(
      (text, { from, to, text: own }) => text.slice(0, from) + own + text.slice(to),
      file.text.slice(0, declaration.end),
    );
    return text.slice(from).trim();
  }

  #visit(node: ts.Node, edits: Edit[]): void {
    const docs = docsOf(node);
    const [first, last] = [docs[0], docs.at(-1)];
    if (first && last) edits.push({ from: first.pos, to: last.end, text: rewritten(last) });
    if (ts.getJSDocTags(node).some(({ tagName }) => tagName.text === "internal")) {
      // Nobody else can make one; without a word of it, everybody could.
      const text = ts.isConstructorDeclaration(node) ? "\nprivate constructor();" : "";
      edits.splice(-1, 1, { from: node.pos, to: node.end, text });
      return;
    }
    const symbol = this.#referred(node);
    if (symbol !== undefined) {
      const to = nameIn(node)?.end ?? node.end;
      edits.push({ from: node.getStart(), to, text: this.#nameOf(symbol) });
    }
    if (ts.isParameter(node) && ts.isObjectBindingPattern(node.name)) {
      const name = ts.getJSDocParameterTags(node)[0]?.name.getText() ?? "options";
      edits.push({ from: node.name.getStart(), to: node.name.end, text: name });
    }
    ts.forEachChild(node, (child) => this.#visit(child, edits));
  }
}

/** The identifier by which a node names another declaration. */
function nameIn(node: ts.Node): ts.Node | undefined {
  if (ts.isImportTypeNode(node)) return node.qualifier;
  if (ts.isTypeReferenceNode(node)) return node.typeName;
  if (ts.isExpressionWithTypeArguments(node)) return node.expression;
  return undefined;
}

function docsOf(node: ts.Node): readonly ts.JSDoc[] {
  return ts.getJSDocCommentsAndTags(node).filter(ts.isJSDoc).filter(({ parent }) =>
    parent === node
  );
}

/** The words without the types, which stand in the declaration itself. */
function rewritten(doc: ts.JSDoc): string {
  const lines = [ts.getTextOfJSDocComment(doc.comment) ?? ""];
  for (const tag of doc.tags ?? []) {
    const words = ts.getTextOfJSDocComment(tag.comment) ?? "";
    if (words === "") continue;
    if (ts.isJSDocParameterTag(tag)) lines.push(`@param ${tag.name.getText()} ${words}`);
    else if (ts.isJSDocReturnTag(tag)) lines.push(`@returns ${words}`);
  }
  const said = lines.join("\n").trim().split("\n");
  if (said[0] === "") return "";
  return said.length === 1
    ? `/** ${said[0]} */`
    : `/**\n${said.map((it) => ` * ${it}`).join("\n")}\n */`;
}

if (import.meta.main) {
  Deno.writeTextFileSync(new URL("../static/client.d.ts", import.meta.url), clientTypes());
}
