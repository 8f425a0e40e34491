/**
 * Shortens the names of variables, functions, parameters and private members in a script, and `const` to `let`. Each function is
 * renamed by itself, in the order in which its names appear, so nearly all names are single letters, and similar functions get the
 * same letters, which compresses well. Names of classes, exports and properties stay.
 *
 * Functions are found by their brackets, not by parsing. It relies on what the linter and the formatter ensure, and a
 * test compares the bindings of every module before and after.
 * @module
 */
import { INSERT, type Tokens, tokensOf } from "./tokens.ts";

/** A range of tokens, both ends included. */
type Range = readonly [from: number, to: number];

/** A function: its parameters and its body. */
interface Scope {
  readonly range: Range;
  /** The functions in it, without those in one of these. */
  readonly inner: readonly Scope[];
}

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
  /** Top-level functions and methods. */
  readonly #functions: readonly Scope[];
  /** Names that are used at the top level. */
  readonly #outerNames: ReadonlySet<string>;

  constructor({ list, partner }: Tokens) {
    this.list = list;
    this.#partner = partner;
    this.#uses = this.#findUses();
    this.#functions = this.#findFunctions();
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
  localNames(): ReadonlyMap<number, string> {
    const names = new Map<number, string>();
    for (const scope of this.#functions) {
      const uses = this.#indexes(scope.range, (it) => this.#uses[it]);
      this.#renameIn(scope, uses, new Set(), names);
    }
    return names;
  }

  /**
   * Renames what a function declares, and what is declared in it.
   * @param uses Uses of variables in the function, and perhaps around it.
   * @param outer Names that an outer function declares too. They are renamed there: they may belong to a block in it.
   * @param renamed The new names so far.
   */
  #renameIn(
    { range, inner }: Scope,
    uses: readonly number[],
    outer: ReadonlySet<string>,
    renamed: Map<number, string>,
  ): void {
    const within = uses.filter((it) => it >= range[0] && it <= range[1]);
    const declared = this.#declaredIn(range, inner);
    for (const name of declared) {
      if (outer.has(name) || this.#outerNames.has(name) || WORDS.has(name)) declared.delete(name);
    }
    if (declared.size > 0) {
      const own = within.filter((it) => declared.has(this.#text(it)));
      const kept = new Set(within.map((it) => this.#text(it)));
      for (const it of within) kept.add(nameIn(renamed.get(it) ?? ""));
      for (const [token, name] of this.#renamed(own, letters, kept)) renamed.set(token, name);
    }
    const known = new Set([...outer, ...declared]);
    for (const scope of inner) this.#renameIn(scope, within, known, renamed);
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
   * New names, in the order in which the old ones appear; if not all can be single letters, the most frequent ones are. A name
   * that is mostly written as `{ name }` stays, since `{ name: a }` is longer.
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
    const isTaken = (name: string) => kept.has(name) || counts.has(name) || WORDS.has(name);
    if (worth.length > LETTERS.length) worth.sort(([, one], [, other]) => other - one);
    const names = shortNames(worth.map(([name]) => name), nameAt, isTaken);
    for (const it of uses) {
      const [old, name] = [this.#text(it), names.get(this.#text(it))];
      if (name) yield [it, this.#uses[it] === "shorthand" ? `${old}:${name}` : name];
    }
  }

  /** Names of variables, parameters and inner functions, except those that are declared in an inner function. */
  #declaredIn([from, to]: Range, inner: readonly Scope[]): Set<string> {
    const names = new Set<string>();
    const ends = new Map(inner.map(({ range: [start, end] }) => [start, end]));
    for (let i = from; i <= to; i++) {
      i = ends.get(i) ?? i;
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

  /** Functions, each from its parameters to its end. */
  #findFunctions(): readonly Scope[] {
    const top: Scope[] = [];
    const open: { readonly range: Range; readonly inner: Scope[] }[] = [];
    for (let i = 0; i < this.list.length; i++) {
      if (!this.#isParameterList(i)) continue;
      while (i > (open.at(-1)?.range[1] ?? Infinity)) open.pop();
      const found = { range: [i, this.#endOfFunction(i)] as const, inner: [] };
      (open.at(-1)?.inner ?? top).push(found);
      open.push(found);
    }
    return top;
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
    for (const { range: [from, to] } of this.#functions) isInside.fill(true, from, to + 1);
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

/** What a token refers to: `{ old: name }` stands for `{ old }`. */
function nameIn(text: string): string {
  return text.slice(text.indexOf(":") + 1);
}

/** A short name for each name. */
function shortNames(
  sorted: readonly string[],
  nameAt: (index: number) => string,
  isTaken: (name: string) => boolean,
): ReadonlyMap<string, string> {
  let tried = 0;
  return new Map(sorted.map((name) => {
    let short = nameAt(tried++);
    while (isTaken(short)) short = nameAt(tried++);
    return [name, short];
  }));
}

/** The most frequent letters of scripts come first, since they compress best. */
const LETTERS = "etnrisoaulcfhpdmgvybwkxjqz";

/** A short name: single letters first, then pairs of them. */
export function letters(index: number): string {
  const last = LETTERS.charAt(index % LETTERS.length);
  return index < LETTERS.length ? last : letters(Math.floor(index / LETTERS.length) - 1) + last;
}
