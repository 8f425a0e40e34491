/**
 * Every regular expression of the service and the page, found in their syntax trees, and the texts that are hardest for a
 * backtracking matcher: each part that a pattern may look for, repeated, after what the pattern begins with, and before an
 * end that it does not match.
 * @module
 */
// Not the package `typescript`, for the reason given in docs/tools/client_types.ts.
import ts from "@typescript/typescript6";
import { type Make, repeat } from "./entrance.ts";

const ROOT = new URL("../../", import.meta.url);

/** A pattern and its location. */
export interface Pattern {
  /** The file, from the root. */
  readonly path: string;
  /** Its source. */
  readonly source: string;
  readonly flags: string;
}

/** A pattern that is built at run time. */
export interface MadePattern {
  readonly path: string;
  /** The expression that builds it. */
  readonly text: string;
}

/** All patterns of some files. */
export function patternsIn(paths: readonly string[]): {
  readonly patterns: readonly Pattern[];
  readonly made: readonly MadePattern[];
} {
  const patterns: Pattern[] = [];
  const made: MadePattern[] = [];
  for (const path of paths) {
    const text = Deno.readTextFileSync(new URL(path, ROOT));
    const visit = (node: ts.Node) => {
      if (ts.isRegularExpressionLiteral(node)) {
        const end = node.text.lastIndexOf("/");
        patterns.push({ path, source: node.text.slice(1, end), flags: node.text.slice(end + 1) });
      }
      const isMaker = (ts.isNewExpression(node) || ts.isCallExpression(node)) &&
        ts.isIdentifier(node.expression) && node.expression.text === "RegExp";
      if (isMaker) made.push({ path, text: node.getText() });
      ts.forEachChild(node, visit);
    };
    visit(ts.createSourceFile(path, text, ts.ScriptTarget.ESNext, true));
  }
  return { patterns, made };
}

/** The files under a folder that have one of these endings, from the root. */
export function filesUnder(folder: string, endings: readonly string[]): readonly string[] {
  return [...Deno.readDirSync(new URL(`${folder}/`, ROOT))].flatMap(({ name, isDirectory }) => {
    const path = `${folder}/${name}`;
    if (isDirectory) return filesUnder(path, endings);
    return endings.some((ending) => name.endsWith(ending)) ? [path] : [];
  });
}

/** Characters that the classes of a pattern match, for classes that stand for many characters. */
const PARTS = [" ", "\t", "\n", "a", "A", "0", "_", "\u0301", "世", "👍🏽", "\u200d", "\ufe0f"];
const ENDS = ["", "!", "a", "\n!"];

/** The hard texts for a pattern, by the literal characters and words in it. */
export function hardTexts({ source }: Pick<Pattern, "source">): readonly Make[] {
  const plain = source.replace(/\\[pP]\{[^}]*\}|\\u\{[^}]*\}|\\[uxc][0-9a-fA-F]*|\\[a-zA-Z]/g, "");
  const words = [...new Set(plain.match(/[A-Za-z]{2,}|["'`]{2,}/g) ?? [])].slice(0, 6);
  const signs = [...new Set(plain.match(/[^\s\w]/g) ?? [])].slice(0, 16);
  const units = [...PARTS, ...signs];
  const pairs = signs.slice(0, 8).flatMap((sign) => [` ${sign}`, `a${sign}`, `0${sign}`]);
  const twos = signs.slice(0, 6).flatMap((one) => signs.slice(0, 6).map((other) => one + other));
  const parts = [...units, ...pairs, ...twos, ...words];
  const begins = [
    "",
    "!",
    ...words,
    ...words.flatMap((word) => signs.slice(0, 4).map((it) => word + it)),
  ];
  return begins.flatMap((begin) =>
    parts.flatMap((part) => ENDS.map((end) => repeat(part, { begin, end })))
  );
}
