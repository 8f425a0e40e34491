/**
 * Packs a page's ES modules into one script, and its style sheets into one sheet, so that a browser sends one request
 * instead of a hundred. Code that is needed only on demand goes into further scripts, which the first one loads with
 * `import()`. Do not treat it as a general bundler: it supports only the few forms of `import` and `export` that the
 * pages use, as the formatter writes them, and throws at any other. It removes comments, insignificant white space and
 * semicolons, and shortens private names; nothing else changes.
 *
 * A module is inlined if none of its names occurs in another module. Otherwise it becomes a function that is called
 * once, and its exports become constants. So two modules can use one name for different things, but cannot both export
 * it.
 * @module
 */
import { createHash } from "node:crypto";
import { dirname, relative } from "node:path/posix";
import { letters, withLocalNames } from "./local_names.ts";

const FROM = /^(import|export)\s*\{([^}]*)\}\s*from\s*"([^"]+)";\n/gm;
const LOADED = /\bimport\("([^"]+)"/g;
const LISTED = /^export\s*\{([^}]*)\};\n/gm;
const DECLARED = /^export ((?:async )?function\*?|class|const) (\w+)/gm;
const COMMENT_LINES = /^[ \t]*\/\*(?:(?!\*\/)[^])*\*\/[ \t]*\n|^[ \t]*\/\/.*\n/gm;
// Top-level declarations: everything inside a function or class is indented.
const OWN = /^(?:(?:async )?function\*?|class|const|let) (\w+|[{[])/gm;
const WORD = /(?<![.#\w$])[A-Za-z_$][\w$]*/g;
const PRIVATE = /(?<=\.|^(?:(?:static|async|get|set) )*\*?)#([A-Za-z_]\w*)/gm;
// Constants, such as MAX_ROWS. The pages write properties and texts in such capitals only in the forms below.
const CONSTANT = /^const ([A-Z][A-Z\d_]+) = /gm;
const CAPITALS = /(?<![.\w$"'`])[A-Z][A-Z\d_]+(?![\w$"'`])/g;
const CAPITALS_AS_MEMBERS = /\.([A-Z][A-Z\d_]+)(?![\w$])/g;
/** The names that a script imports from another script or exports to it. */
const LINKED = /^(?:import|export) \{[^}]*\}/gm;
const DOCUMENTATION = /\/\*\*(?:(?!\*\/)[^])*\*\/[ \t]*/g;

/** Source texts, by path. */
export type SourceFiles = Readonly<Record<string, string>>;

/** The words of each script, since several scripts are packed from the same files. */
const wordsByFiles = new WeakMap<SourceFiles, Map<string, ReadonlySet<string>>>();

/**
 * Packs an entry and everything that it imports into one script.
 *
 * @param files Must contain all imported modules.
 * @param entry Path of the entry. It comes last, and its exports are removed.
 */
export function packScript(files: SourceFiles, entry: string): string {
  return packScripts(files, entry, []).get(entry) ?? "";
}

/**
 * Packs an entry and everything that it imports into one module with the exports of the entry. Local names are shortened
 * too, which takes as long again, so it is for a module that is rarely packed.
 *
 * @param files Must contain all imported modules.
 */
export function packModule(files: SourceFiles, entry: string): string {
  const text = withoutComments(files[entry] ?? "");
  const passedOn = [...text.matchAll(FROM)].filter(([, verb]) => verb === "export");
  const listed = [...text.matchAll(LISTED)].map(([, list]) => ["", "", list]);
  const declared = [...text.matchAll(DECLARED)].map(([, , name]) => ["", "", name]);
  const names = [...passedOn, ...listed, ...declared].flatMap(([, , list = ""]) =>
    parseNames(list)
  );
  const { bodies } = packBodies(files, entry, []);
  const body = bodies.map(([, it]) => it).join("") + exportOf(names);
  return withoutSpace(withLocalNames(body));
}

/**
 * Scripts by path: one for the first entry, and one for each entry that it loads later, with `import("./later.js")`
 * from any of its modules. A later script leaves out the modules of the first one and imports what it needs from it, so
 * that each module runs once; it cannot share a module with another later script. A later script that was packed from
 * other modules than the first one fails to load, with a SyntaxError, because the name of one import is a digest of all
 * modules.
 *
 * @param later Paths. Their exports stay.
 */
export function packScripts(
  files: SourceFiles,
  first: string,
  later: readonly string[],
): ReadonlyMap<string, string> {
  const { bodies, shared } = packBodies(files, first, later);
  const digestName = `v${digestOf(bodies.map(([, body]) => body))}`;
  const scripts = bodies.map(([entry, body]) => {
    const names = entry === first
      ? new Set([...shared.values()].flatMap((it) => [...it]))
      : shared.get(entry) ?? new Set<string>();
    if (names.size === 0) return [entry, body] as const;
    const [some = ""] = [...names];
    const list = [...names].sort().map((name) => [name, name] as const);
    return entry === first ? [entry, body + exportOf([...list, [some, digestName]])] as const : [
      entry,
      `import { ${[...names, digestName].join(", ")} } from "${addressOf(first, entry)}";\n${body}`,
    ] as const;
  });
  return new Map(scripts.map(([entry, body]) => [entry, withoutSpace(withShortNames(body))]));
}

/** The scripts as they are before they import from each other, and what each later one needs from the first one. */
interface PackedBodies {
  readonly bodies: readonly (readonly [entry: string, body: string])[];
  readonly shared: ReadonlyMap<string, ReadonlySet<string>>;
}

function packBodies(files: SourceFiles, first: string, later: readonly string[]): PackedBodies {
  const words = wordsByFiles.get(files) ?? new Map<string, ReadonlySet<string>>();
  wordsByFiles.set(files, words);
  const wordsIn = (path: string): ReadonlySet<string> => {
    const known = words.get(path) ?? new Set(withoutComments(files[path] ?? "").match(WORD));
    words.set(path, known);
    return known;
  };
  const scriptPaths = Object.keys(files).filter((path) => path.endsWith(".js"));
  const isUsedBeside = (name: string, path: string) =>
    scriptPaths.some((other) => other !== path && wordsIn(other).has(name));
  const exported = new Map<string, string>();
  /** The script that each module is in. */
  const scriptOf = new Map<string, string>();
  /** The names of the first script that each later one imports. */
  const shared = new Map(later.map((entry) => [entry, new Set<string>()]));

  const add = (path: string, entry: string, trail: readonly string[]): string => {
    if (trail.includes(path)) {
      throw new Error(`Cannot pack: imports form a cycle: ${[...trail, path].join(" → ")}`);
    }
    const script = scriptOf.get(path);
    if (script === entry) return "";
    if (script) throw new Error(`Cannot pack: ${path} is in ${script} and in ${entry}`);
    scriptOf.set(path, entry);
    const text = files[path];
    if (text === undefined) throw new Error(`Cannot pack: there is no ${path}`);
    const { needs, body, names } = parseModule(withoutComments(text), path, first, later);
    for (const [, outer] of names) {
      const other = exported.get(outer);
      if (other) throw new Error(`Cannot pack: ${path} and ${other} both export ${outer}`);
      exported.set(outer, path);
    }
    const before = needs.map((need) => {
      if (entry === first || scriptOf.get(need.path) !== first) {
        return add(need.path, entry, [...trail, path]);
      }
      for (const name of need.names) {
        if (!exported.has(name)) throw new Error(`Cannot pack: ${need.path} has no ${name}`);
        shared.get(entry)?.add(name);
      }
      return "";
    }).join("");
    const outer = new Set(names.filter(([one, other]) => one === other).map(([name]) => name));
    const own = [...text.matchAll(OWN)].map(([, name = ""]) => name);
    const isInlined = names.length === outer.size &&
      own.every((name) => outer.has(name) || /^\w+$/.test(name) && !isUsedBeside(name, path));
    if (path === entry) {
      // An entry is not wrapped, so its declarations need unique names.
      for (const name of own) {
        const other = exported.get(name);
        if (!other || other === path) continue;
        const isHere = scriptOf.get(other) === entry || shared.get(entry)?.has(name);
        if (isHere) throw new Error(`Cannot pack: ${path} and ${other} both have ${name}`);
      }
      return before + body + (entry === first ? "" : exportOf(names));
    }
    return before + (isInlined ? body : wrapModule(body, names));
  };

  const bodies = [first, ...later].map((entry) => [entry, add(entry, entry, [])] as const);
  return { bodies, shared };
}

/** Names a version of texts: 16 hexadecimal digits. */
export function digestOf(texts: readonly string[]): string {
  return createHash("sha256").update(JSON.stringify(texts)).digest("hex").slice(0, 16);
}

function exportOf(names: readonly NamePair[]): string {
  if (names.length === 0) return "";
  return `export { ${
    names.map(([one, other]) => one === other ? one : `${one} as ${other}`).join(", ")
  } };\n`;
}

/** The specifier by which one script imports another. */
function addressOf(path: string, from: string): string {
  const address = relative(dirname(from), path);
  return address.startsWith(".") ? address : `./${address}`;
}

// Either a string, template or regular expression, which is kept unchanged, or white space around punctuation, or a
// semicolon at the end of a block or a comma at the end of a list. Not between two of + and -, since `a + +b` would become
// `a++b`. The end of a block must not be an empty statement, as in `while (it());`. Unterminated literals match too, so
// that the pattern stays linear.
const SPACE =
  /("(?:[^"\\\n]|\\.)*"?|`(?:[^`\\]|\\.)*`?|(?<=[(,=:[!&|?{};]\s?)\/(?:[^/\\\n[]|\\.|\[(?:[^\]\\\n]|\\.)*\]?)+\/?)|(?<=[{[(,;}])\n|[;,]?\n(?=\})|,?\n(?=[)\]])|\n(?=\.[^.])|;(?=\})|(?<=\d)_(?=\d)|(?<![-+])[ \n]([-+]=?) (?![-+])|[ \n]?([=!<>&|?:*%]+)[ \n]?| ?([{}()[\],;]) ?/g;

/** Removes insignificant white space and semicolons. A test compares the syntax trees before and after. */
function withoutSpace(text: string): string {
  return text.replace(
    SPACE,
    (_, whole: string = "", sum: string = "", sign: string = "", bracket: string = "") =>
      whole + sum + sign + bracket,
  );
}

/** Renames private members and constants in capitals consistently; the most frequent names become the shortest. */
function withShortNames(text: string): string {
  const members = shortNames([...text.matchAll(PRIVATE)].map(([, name = ""]) => name));
  const kept = new Set([...text.matchAll(LINKED)].flatMap(([list]) => list.match(WORD) ?? []));
  for (const [, name = ""] of text.matchAll(CAPITALS_AS_MEMBERS)) kept.add(name);
  const declared = new Set([...text.matchAll(CONSTANT)].map(([, name = ""]) => name));
  const uses = [...text.matchAll(CAPITALS)].map(([name]) => name);
  const constants = shortNames(uses.filter((name) => declared.has(name) && !kept.has(name)));
  return text.replace(PRIVATE, (_, name: string) => `#${members.get(name)}`)
    .replace(CAPITALS, (name) => constants.has(name) ? `$${constants.get(name)}` : name);
}

/** A short name for each name. @param uses One item for each use of a name. */
function shortNames(uses: readonly string[]): ReadonlyMap<string, string> {
  const counts = new Map<string, number>();
  for (const name of uses) counts.set(name, (counts.get(name) ?? 0) + 1);
  const sorted = [...counts].sort(([, one], [, other]) => other - one).map(([name]) => name);
  return new Map(sorted.map((name, index) => [name, letters(index)]));
}

/** Would also change a string that looks like a comment; a test ensures that there is none. */
function withoutComments(text: string): string {
  return text.replace(COMMENT_LINES, "").replace(DOCUMENTATION, "")
    .replace(/^[ \t]+/gm, "").replace(/^\n+/gm, "");
}

/** The name of a binding inside its module, and outside. */
type NamePair = readonly [inner: string, outer: string];

/** The imports of a module from another one. */
interface ModuleImport {
  readonly path: string;
  /** The names that the other module exports. */
  readonly names: readonly string[];
}

function parseModule(text: string, path: string, first: string, later: readonly string[]) {
  const needs: ModuleImport[] = [];
  const names: NamePair[] = [];
  const body = text
    .replace(FROM, (whole, verb: string, list: string, from: string) => {
      needs.push({
        path: resolvePath(from, path),
        names: parseNames(list).map(([theirs]) => theirs),
      });
      const renamed = parseNames(list).filter(([one, other]) => one !== other);
      if (verb === "export" && renamed.length > 0) return whole;
      return renamed.map(([theirs, ours]) => `const ${ours} = ${theirs};\n`).join("");
    })
    .replace(LISTED, (_, list: string) => {
      names.push(...parseNames(list).filter(([inner]) => !isReexported(inner, text)));
      return "";
    })
    .replace(DECLARED, (_, kind: string, name: string) => {
      names.push([name, name]);
      return `${kind} ${name}`;
    });
  // The module becomes part of the first script, which may be in another folder.
  const moved = body.replace(LOADED, (whole, from: string) => {
    const loaded = resolvePath(from, path);
    return later.includes(loaded) ? `import("${addressOf(loaded, first)}"` : whole;
  });
  const known = moved.replace(
    LOADED,
    (whole, from: string) => later.includes(resolvePath(from, first)) ? "" : whole,
  );
  if (/^(?:import|export)\b|\bimport\(/m.test(known)) {
    throw new Error(`Cannot pack: ${path} has a form of import or export that is not known`);
  }
  return { needs, body: moved, names };
}

function resolvePath(from: string, path: string): string {
  return new URL(from, `http://page${path}`).pathname;
}

/** Whether a module imports a name unchanged from another module, whose declaration is already in the script. */
function isReexported(name: string, text: string): boolean {
  return [...text.matchAll(FROM)].some(([, verb, list = ""]) =>
    verb === "import" && parseNames(list).some(([theirs, ours]) => theirs === name && ours === name)
  );
}

function parseNames(list: string): readonly NamePair[] {
  return list.split(",").map((it) => it.trim()).filter(Boolean).map((it) => {
    const [one = "", other = one] = it.split(/\s+as\s+/);
    return [one, other];
  });
}

function wrapModule(body: string, names: readonly NamePair[]): string {
  if (names.length === 0) return body === "" ? "" : `(() => {\n${body}})();\n`;
  const outside = names.map(([, outer]) => outer).join(", ");
  const inside = names.map(([inner, outer]) => inner === outer ? inner : `${outer}: ${inner}`);
  return `const { ${outside} } = (() => {\n${body}return { ${inside.join(", ")} };\n})();\n`;
}

const IMPORTED = /^@import "([^"]+)";\n/gm;

/** Packs a style sheet: each `@import` is replaced by the imported sheet. */
export function packStyles(files: SourceFiles, path: string): string {
  const text = files[path];
  if (text === undefined) throw new Error(`Cannot pack: there is no ${path}`);
  return withoutComments(text).replace(
    IMPORTED,
    (_, from: string) => packStyles(files, resolvePath(from, path)),
  ).replace(/(?<=[{},;])\n| (?=\{)|(?<=:) /g, "").replaceAll(";}", "}");
}

/** Removes comments and indentation from an HTML document. */
export function packMarkup(text: string): string {
  const [first = "", ...others] = text.split("<!--");
  const rest = others.map((it) => it.slice(it.indexOf("-->") + "-->".length).trimStart());
  return [first, ...rest].join("").replace(/\n\s*/g, "\n");
}
