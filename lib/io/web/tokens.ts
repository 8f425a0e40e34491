/**
 * Splits a script of the pages or of the client library into tokens, and pairs its brackets. It knows no grammar: whether
 * a slash begins a regular expression follows from the token before it, as the formatter writes them. Comments must have
 * been removed.
 * @module
 */

/** One token. White space and the texts of templates are none. */
export interface Token {
  /** Strings and regular expressions are shortened to their first character. */
  readonly text: string;
  /** Where it begins. */
  readonly index: number;
}

/** The tokens of a script. */
export interface Tokens {
  /** In the order in which they are written. */
  readonly list: readonly Token[];
  /** For each opening bracket the index of its token's partner in the list, and the other way round. */
  readonly partner: ReadonlyMap<number, number>;
}

/** The token at which an expression in a template begins; it ends at {@linkcode INSERT_END}. */
export const INSERT: string = "${";
/** Where the text of a template goes on. */
export const INSERT_END: string = "}$";

const TOKEN =
  /(\s+)|("(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*')|[A-Za-z_$#][\w$]*|\d[\w.]*|=>|\?\.(?!\d)|\.\.\.|[^]/y;
const TEMPLATE_PART = /(?:[^`\\$]|\\[^]|\$(?!\{))*(?:`|(\$\{))/y;
const REGEX = /\/(?:[^/\\\n[]|\\.|\[(?:[^\]\\\n]|\\.)*\])+\/[a-z]*/y;
const BEFORE_REGEX = /^(?:[-+*%(,=:[!&|?{};<>~]|=>|return|typeof|case|of|in)?$/;
const OPENING = new Set(["(", "[", "{", INSERT]);
const CLOSING = new Set([")", "]", "}", INSERT_END]);

/** Splits a script. Throws an Error if its brackets do not match. */
export function tokensOf(text: string): Tokens {
  const list: Token[] = [];
  const partner = new Map<number, number>();
  const open: number[] = [];
  const add = (token: string, index: number) => {
    if (OPENING.has(token)) open.push(list.length);
    else if (CLOSING.has(token)) {
      const begin = open.pop();
      if (begin === undefined) throw new Error(`Cannot pack: ${token} closes nothing at ${index}`);
      partner.set(begin, list.length).set(list.length, begin);
    }
    list.push({ text: token, index });
  };
  let at = 0;
  const match = (pattern: RegExp): RegExpExecArray | null => {
    pattern.lastIndex = at;
    const found = pattern.exec(text);
    if (found) at = pattern.lastIndex;
    return found;
  };
  /** Passes over a template's text. */
  const passTemplate = () => {
    if (match(TEMPLATE_PART)?.[1]) add(INSERT, at - INSERT.length);
  };
  while (at < text.length) {
    const index = at;
    if (text[at] === "/" && BEFORE_REGEX.test(list.at(-1)?.text ?? "") && match(REGEX)) {
      add("/", index);
      continue;
    }
    const [token = "", space, string] = match(TOKEN) ?? [];
    if (space) continue;
    const isInsertOver = token === "}" && list[open.at(-1) ?? -1]?.text === INSERT;
    if (isInsertOver) add(INSERT_END, index);
    else add(string ? token.slice(0, 1) : token, index);
    if (isInsertOver || token === "`") passTemplate();
  }
  return { list, partner };
}
