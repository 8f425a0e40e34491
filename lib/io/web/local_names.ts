/**
 * Shortens the names of variables, functions, parameters and private members in a script, and `const` to `let`. Each
 * top-level function and each method is renamed by itself, so that nearly all of its names are single letters: within it,
 * one name becomes the same letter everywhere. Names of classes, exports and properties stay.
 *
 * Functions are found by their brackets, not by parsing. It relies on what the linter and the formatter ensure, and a
 * test compares the bindings of every module before and after.
 * @module
 */
import { INSERT, type Tokens, tokensOf } from "./tokens.ts";

/** A range of tokens, both ends included. */
type Range = readonly [from: number, to: number];

/** What a word stands for: a property is written as a variable in `{ name }`, which stands for `{ name: name }`. */
type Use = "variable" | "shorthand";

const IDENTIFIER = /^[A-Za-z_$]/;
/** Words that have a meaning of their own in some places; short ones cannot become names either. */
const WORDS = new Set(
  "of get set async static await yield let new this super if else do in is as return".split(" "),
);
const STATEMENTS = new Set(["if", "for", "while", "switch", "catch"]);
/** After these, a brace opens an object or a pattern. */
const BEFORE_OBJECT = new Set(
  ["(", ",", "=", ":", "[", "?", "&", "|", "...", "return", "yield", "const", "let"],
);
const MEMBER_START = new Set(["{", "}", ";", "static", "get", "set", "async", "*"]);

/** Shortens the names. @param text Without comments; white space is as the formatter writes it. */
export function withLocalNames(text: string): string {
  const script = new Script(tokensOf(text));
  const names = new Map([
    ...script.topLevelNames(),
    ...script.localNames(),
    ...script.privateNames(),
    ...script.constants(),
  ]);
  let at = 0;
  let result = "";
  for (const [token, name] of [...names].sort(([one], [other]) => one - other)) {
    const { text: old, index } = script.list[token] ?? { text: "", index: 0 };
    result += text.slice(at, index) + name;
    at = index + old.length;
  }
  return result + text.slice(at);
}

class Script {
  readonly list: Tokens["list"];
  readonly #partner: Tokens["partner"];
  readonly #uses: readonly (Use | undefined)[];
  readonly #functions: readonly Range[];
  /** Names that are used at the top level. */
  readonly #outerNames: ReadonlySet<string>;

  constructor({ list, partner }: Tokens) {
    this.list = list;
    this.#partner = partner;
    this.#uses = this.#findUses();
    this.#functions = [...this.#findFunctions()];
    this.#outerNames = new Set(this.#outside().map((it) => this.#text(it)));
  }

  /** New names of top-level variables and functions, by the index of the token: A, B … */
  *topLevelNames(): Generator<readonly [number, string]> {
    const declared = new Set(
      this.#outside().filter((it) => /^(?:const|let|function|\*)$/.test(this.#text(it - 1)))
        .map((it) => this.#text(it)),
    );
    for (const name of this.#exported()) declared.delete(name);
    const uses = this.#indexes(this.#all, (it) => this.#uses[it] && declared.has(this.#text(it)));
    const words = new Set(this.list.map(({ text }) => text));
    yield* this.#renamed(uses, (index) => letters(index).toUpperCase(), words);
  }

  /** New names of local variables, by the index of the token. */
  *localNames(): Generator<readonly [number, string]> {
    for (const range of this.#functions) {
      const declared = this.#declaredIn(range);
      for (const name of [...this.#outerNames, ...WORDS]) declared.delete(name);
      const uses = this.#indexes(range, (it) => this.#uses[it]);
      const isRenamed = (it: number) => declared.has(this.#text(it));
      const kept = new Set(uses.filter((it) => !isRenamed(it)).map((it) => this.#text(it)));
      yield* this.#renamed(uses.filter(isRenamed), letters, kept);
    }
  }

  /** New names of private members, by the index of the token. */
  *privateNames(): Generator<readonly [number, string]> {
    for (let i = 0; i < this.list.length; i++) {
      if (!this.#isClass(i)) continue;
      const body = this.#next("{", i);
      const end = this.#partner.get(body) ?? body;
      const members = this.#indexes([body, end], (it) => this.#text(it).startsWith("#"));
      yield* this.#renamed(members, (index) => `#${letters(index)}`, new Set());
      i = end;
    }
  }

  /** `let` for each `const`: no code assigns to a constant, which the linter and the type checker ensure. */
  constants(): readonly (readonly [number, string])[] {
    return this.#indexes(this.#all, (it) => this.#isConst(it)).map((it) => [it, "let"]);
  }

  /**
   * New names; the most frequent ones become the shortest. A name that is mostly written as `{ name }` stays, since
   * `{ name: a }` is longer.
   * @param kept Names that they cannot become.
   */
  *#renamed(
    uses: readonly number[],
    nameAt: (index: number) => string,
    kept: ReadonlySet<string>,
  ): Generator<readonly [number, string]> {
    const counts = new Map<string, number>();
    for (const it of uses) {
      const gain = this.#uses[it] === "shorthand" ? -1 : 1;
      counts.set(this.#text(it), (counts.get(this.#text(it)) ?? 0) + gain);
    }
    const worth = [...counts].filter(([, gain]) => gain > 0);
    const taken = new Set([...kept, ...WORDS, ...counts.keys()]);
    const names = shortNames(worth.sort(([, one], [, other]) => other - one), nameAt, taken);
    for (const it of uses) {
      const [old, name] = [this.#text(it), names.get(this.#text(it))];
      if (name) yield [it, this.#uses[it] === "shorthand" ? `${old}:${name}` : name];
    }
  }

  /** Names of variables, parameters and inner functions. */
  #declaredIn([from, to]: Range): Set<string> {
    const names = new Set<string>();
    for (let i = from; i <= to; i++) {
      const before = this.#text(i - 1);
      const opensPattern = before === "const" || before === "let" || this.#isParameterList(i);
      if (opensPattern && this.#partner.has(i)) {
        for (const name of this.#namesInPattern(i)) names.add(name);
      } else if (opensPattern || this.#isFunctionName(i)) names.add(this.#text(i));
    }
    return names;
  }

  *#namesInPattern(open: number): Generator<string> {
    const end = this.#partner.get(open) ?? open;
    for (let i = open + 1; i < end; i++) {
      if (this.#uses[i]) yield this.#text(i);
      else if (this.#isOpening(i) && this.#text(i) !== INSERT) {
        yield* this.#namesInPattern(i);
        i = this.#partner.get(i) ?? i;
      }
      if (this.#text(i + 1) === "=") i = this.#endOfExpression(i + 2);
    }
  }

  /** Top-level functions and methods, each from its parameters to its end. */
  *#findFunctions(): Generator<Range> {
    for (let i = 0; i < this.list.length; i++) {
      if (!this.#isParameterList(i)) continue;
      const end = this.#endOfFunction(i);
      yield [i, end];
      i = end;
    }
  }

  #endOfFunction(parameters: number): number {
    const after = (this.#partner.get(parameters) ?? 0) + 1;
    if (this.#text(after) === "{") return this.#partner.get(after) ?? after;
    const body = after + 1;
    return this.#text(body) === "{"
      ? this.#partner.get(body) ?? body
      : this.#endOfExpression(body) - 1;
  }

  /** The index of the first token after an expression. */
  #endOfExpression(from: number): number {
    let i = from;
    while (i < this.list.length && !/^[,;)\]}]/.test(this.#text(i))) {
      i = (this.#isOpening(i) ? this.#partner.get(i) ?? i : i) + 1;
    }
    return i;
  }

  /** Uses outside of all functions. */
  #outside(): readonly number[] {
    const isInside = this.list.map(() => false);
    for (const [from, to] of this.#functions) isInside.fill(true, from, to + 1);
    return this.#indexes(this.#all, (it) => this.#uses[it] && !isInside[it]);
  }

  /** The words in the lists of imports and exports. */
  #exported(): readonly string[] {
    const lists = this.#indexes(this.#all, (it) => /^(?:im|ex)port$/.test(this.#text(it - 1)));
    return lists.flatMap((open) =>
      this.#indexes([open, this.#partner.get(open) ?? open], () => true)
    ).map((it) => this.#text(it));
  }

  #isParameterList(i: number): boolean {
    if (this.#text(i) !== "(") return false;
    const after = this.#text((this.#partner.get(i) ?? 0) + 1);
    const before = this.#text(i - 1);
    return after === "=>" || after === "{" && (!STATEMENTS.has(before) || before === "catch");
  }

  #isFunctionName(i: number): boolean {
    const before = this.#text(i - 1);
    return before === "function" || before === "*" && this.#text(i - 2) === "function";
  }

  /** What each token stands for; undefined for keys, members and what is no identifier. */
  #findUses(): readonly (Use | undefined)[] {
    const braces: number[] = [];
    return this.list.map(({ text }, i) => {
      if (this.#isOpening(i)) braces.push(i);
      else if (braces.length > 0 && this.#partner.get(braces.at(-1) ?? 0) === i) braces.pop();
      return IDENTIFIER.test(text) ? this.#useOf(i, braces.at(-1) ?? -1) : undefined;
    });
  }

  #useOf(i: number, brace: number): Use | undefined {
    const [before, after] = [this.#text(i - 1), this.#text(i + 1)];
    if (before === "." || before === "?.") return undefined;
    const isItem = this.#opensObject(brace) && (before === "{" || before === ",");
    if (isItem && after === ":") return undefined;
    if (isItem && /^[,}=]$/.test(after)) return "shorthand";
    const isMember = this.#isClassBody(brace) && MEMBER_START.has(before);
    if (isMember && /^[=;(]$/.test(after)) return undefined;
    const isMethod = this.#isParameterList(i + 1) && !this.#isFunctionName(i);
    return isMethod ? undefined : "variable";
  }

  #opensObject(brace: number): boolean {
    return this.#text(brace) === "{" && BEFORE_OBJECT.has(this.#text(brace - 1));
  }

  #isClassBody(brace: number): boolean {
    if (this.#text(brace) !== "{") return false;
    return this.#isClass(brace - 2) || this.#isClass(brace - 4);
  }

  #isConst(i: number): boolean {
    return this.#text(i) === "const" && /^[\w$[{]/.test(this.#text(i + 1));
  }

  #isClass(i: number): boolean {
    return this.#text(i) === "class" && this.#text(i - 1) !== ".";
  }

  #isOpening(i: number): boolean {
    return (this.#partner.get(i) ?? -1) > i;
  }

  #next(text: string, from: number): number {
    let i = from;
    while (i < this.list.length && this.#text(i) !== text) i++;
    return i;
  }

  get #all(): Range {
    return [0, this.list.length - 1];
  }

  #indexes([from, to]: Range, isWanted: (index: number) => unknown): readonly number[] {
    const found: number[] = [];
    for (let i = from; i <= to; i++) if (isWanted(i)) found.push(i);
    return found;
  }

  #text(i: number): string {
    return this.list[i]?.text ?? "";
  }
}

/** A short name for each name. */
function shortNames(
  sorted: readonly (readonly [string, number])[],
  nameAt: (index: number) => string,
  taken: ReadonlySet<string>,
): ReadonlyMap<string, string> {
  let tried = 0;
  return new Map(sorted.map(([name]) => {
    let short = nameAt(tried++);
    while (taken.has(short)) short = nameAt(tried++);
    return [name, short];
  }));
}

/** a, b … z, aa, ab … */
export function letters(index: number): string {
  const last = String.fromCharCode(97 + index % 26);
  return index < 26 ? last : letters(Math.floor(index / 26) - 1) + last;
}
