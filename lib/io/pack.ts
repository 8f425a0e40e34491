/**
 * Puts a page's ES modules together into one, and its style sheets, so that a browser asks once and not for each of a hundred. It is no bundler: it
 * knows the few forms of `import` and `export` that the pages use, as the formatter writes them, and throws at any other.
 * It removes comments and insignificant white space, and shortens private names; nothing else changes.
 *
 * A module is inlined if none of its names occurs in another module. Otherwise it becomes a function that is called once, and
 * its exports become constants. So two modules can use one name for different things, but cannot both export it.
 * @module
 */

const FROM = /^(import|export)\s*\{([^}]*)\}\s*from\s*"([^"]+)";\n/gm;
const LISTED = /^export\s*\{([^}]*)\};\n/gm;
const DECLARED = /^export ((?:async )?function\*?|class|const) (\w+)/gm;
const COMMENT_LINES = /^[ \t]*\/\*(?:(?!\*\/)[^])*\*\/[ \t]*\n|^[ \t]*\/\/.*\n/gm;
// Top-level declarations: everything inside a function or class is indented.
const OWN = /^(?:(?:async )?function\*?|class|const|let) (\w+|[{[])/gm;
const WORD = /(?<![.#\w$])[A-Za-z_$][\w$]*/g;
const PRIVATE = /(?<=\.|^(?:(?:static|async|get|set) )*\*?)#([A-Za-z_]\w*)/gm;
const DOCUMENTATION = /\/\*\*(?:(?!\*\/)[^])*\*\/[ \t]*/g;

/**
 * One script that does what the entry does.
 *
 * @param files Texts by path; what is imported must be among them.
 * @param entry Its path. It is put at the end, and what it exports is not exported any more.
 */
export function pack(files: Readonly<Record<string, string>>, entry: string): string {
  const words = Object.entries(files).filter(([path]) => path.endsWith(".js"))
    .map(([path, text]) => [path, new Set(withoutComments(text).match(WORD))] as const);
  const isUsedBeside = (name: string, path: string) =>
    words.some(([other, used]) => other !== path && used.has(name));
  const exported = new Map<string, string>();
  const done = new Set<string>();
  const add = (path: string, trail: readonly string[]): string => {
    if (trail.includes(path)) {
      throw new Error(`Cannot pack: imports go round: ${[...trail, path].join(" → ")}`);
    }
    if (done.has(path)) return "";
    done.add(path);
    const text = files[path];
    if (text === undefined) throw new Error(`Cannot pack: there is no ${path}`);
    const { needs, body, names } = unfold(withoutComments(text), path);
    for (const [, outer] of names) {
      const other = exported.get(outer);
      if (other) throw new Error(`Cannot pack: ${path} and ${other} both export ${outer}`);
      exported.set(outer, path);
    }
    const before = needs.map((need) => add(need, [...trail, path])).join("");
    const outer = new Set(names.filter(([one, other]) => one === other).map(([name]) => name));
    const own = [...text.matchAll(OWN)].map(([, name = ""]) => name);
    const isApart = names.length === outer.size &&
      own.every((name) => outer.has(name) || /^\w+$/.test(name) && !isUsedBeside(name, path));
    return before + (trail.length === 0 || isApart ? body : wrapped(body, names));
  };
  return withoutSpace(withShortNames(add(entry, [])));
}

// Either a string, template or regular expression, which stays as it is, or white space around punctuation. Not around + and -,
// since `a + +b` would become `a ++b`. Unterminated literals match too, so that the pattern stays linear.
const SPACE =
  /("(?:[^"\\\n]|\\.)*"?|`(?:[^`\\]|\\.)*`?|(?<=[(,=:[!&|?{};]\s?)\/(?:[^/\\\n[]|\\.|\[(?:[^\]\\\n]|\\.)*\]?)+\/?)|(?<=[{[(,;])\n| ?([=!<>&|?:*%]+|[{}()[\],;]) ?/g;

/** A test compares the syntax trees before and after. */
function withoutSpace(text: string): string {
  return text.replace(SPACE, (_, whole: string = "", sign: string = "") => whole + sign);
}

/** Renames private members consistently; the most frequent names become the shortest. */
function withShortNames(text: string): string {
  const uses = new Map<string, number>();
  for (const [, name = ""] of text.matchAll(PRIVATE)) uses.set(name, (uses.get(name) ?? 0) + 1);
  const sorted = [...uses].sort(([, one], [, other]) => other - one).map(([name]) => name);
  const short = new Map(sorted.map((name, index) => [name, letters(index)]));
  return text.replace(PRIVATE, (_, name: string) => `#${short.get(name)}`);
}

/** a, b … z, aa, ab … */
function letters(index: number): string {
  const last = String.fromCharCode(97 + index % 26);
  return index < 26 ? last : letters(Math.floor(index / 26) - 1) + last;
}

/** In a text that looks like a comment it would change it; a test holds that none does. */
function withoutComments(text: string): string {
  return text.replace(COMMENT_LINES, "").replace(DOCUMENTATION, "")
    .replace(/^[ \t]+/gm, "").replace(/^\n+/gm, "");
}

/** A name inside of a module, and outside. */
type Pair = readonly [inner: string, outer: string];

function unfold(text: string, path: string) {
  const needs: string[] = [];
  const names: Pair[] = [];
  const body = text
    .replace(FROM, (whole, verb: string, list: string, from: string) => {
      needs.push(new URL(from, `http://page${path}`).pathname);
      const renamed = pairs(list).filter(([one, other]) => one !== other);
      if (verb === "export" && renamed.length > 0) return whole;
      return renamed.map(([theirs, ours]) => `const ${ours} = ${theirs};\n`).join("");
    })
    .replace(LISTED, (_, list: string) => {
      names.push(...pairs(list).filter(([inner]) => !isTaken(inner, text)));
      return "";
    })
    .replace(DECLARED, (_, kind: string, name: string) => {
      names.push([name, name]);
      return `${kind} ${name}`;
    });
  if (/^(?:import|export)\b|\bimport\(/m.test(body)) {
    throw new Error(`Cannot pack: ${path} has a form of import or export that is not known`);
  }
  return { needs, body, names };
}

/** Whether a module has a name from another one: what it passes on is there already. */
function isTaken(name: string, text: string): boolean {
  return [...text.matchAll(FROM)].some(([, verb, list = ""]) =>
    verb === "import" && pairs(list).some(([theirs, ours]) => theirs === name && ours === name)
  );
}

function pairs(list: string): readonly Pair[] {
  return list.split(",").map((it) => it.trim()).filter(Boolean).map((it) => {
    const [one = "", other = one] = it.split(/\s+as\s+/);
    return [one, other];
  });
}

function wrapped(body: string, names: readonly Pair[]): string {
  if (names.length === 0) return body === "" ? "" : `(() => {\n${body}})();\n`;
  const outside = names.map(([, outer]) => outer).join(", ");
  const inside = names.map(([inner, outer]) => inner === outer ? inner : `${outer}: ${inner}`);
  return `const { ${outside} } = (() => {\n${body}return { ${inside.join(", ")} };\n})();\n`;
}

const IMPORTED = /^@import "([^"]+)";\n/gm;

/** One style sheet with those that it imports in their places. */
export function packStyles(files: Readonly<Record<string, string>>, path: string): string {
  const text = files[path];
  if (text === undefined) throw new Error(`Cannot pack: there is no ${path}`);
  return withoutComments(text).replace(
    IMPORTED,
    (_, from: string) => packStyles(files, new URL(from, `http://page${path}`).pathname),
  ).replace(/(?<=[{},;])\n| (?=\{)|(?<=:) /g, "").replaceAll(";}", "}");
}

/** Removes comments and indentation from an HTML document. */
export function packMarkup(text: string): string {
  const [first = "", ...others] = text.split("<!--");
  const rest = others.map((it) => it.slice(it.indexOf("-->") + "-->".length).trimStart());
  return [first, ...rest].join("").replace(/\n\s*/g, "\n");
}
