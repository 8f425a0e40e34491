/**
 * No pattern of the service or the page takes time that grows faster than its text: each is tried on texts made from what
 * it looks for. Patterns that are built at run time cannot be found this way; the list below names the entrance that tries
 * each of them.
 * @module
 */
import assert from "node:assert/strict";
import { superlinear, type Work } from "./growth.ts";
import { PAGE } from "./page.ts";
import { filesUnder, hardTexts, type Pattern, patternsIn } from "./patterns.ts";
import { SERVER } from "./server.ts";

const FILES = [
  "main.ts",
  ...filesUnder("lib", [".ts"]),
  ...filesUnder("static", [".js"]),
];
const { patterns, made } = patternsIn(FILES);

/** Long enough to detect quadratic work, and short enough for it to end. */
const LENGTH = 4_096;
/** In steps of a fifth, so that exponential work is found before it runs forever. */
const LENGTHS = [12, 14, 17, 20, 24, 29, 35, 42, 50, 60, 72, 86, 103, 124, 149, LENGTH];
/** Linear patterns take less than a tenth of this, even on a slow machine. */
const SUSPECT_MS = 3;

function workOf(
  { source, flags }: Pick<Pattern, "source" | "flags">,
  make: (length: number) => string,
): Work {
  const pattern = new RegExp(source, flags.replace("y", ""));
  return (length) => {
    const text = make(length);
    return () => text.replace(pattern, "");
  };
}

/** Matches patterns that repeat a part without a limit. Others look only so far from each place, which is linear work. */
const UNLIMITED = /[*+]|\{\d+,\}/;

/** Describes the first text for which a pattern takes more than linear time. */
function fault(pattern: Pick<Pattern, "source" | "flags">): string | undefined {
  if (!UNLIMITED.test(pattern.source.replace(/\\./g, ""))) return undefined;
  for (const make of hardTexts(pattern)) {
    const work = workOf(pattern, make);
    if (!LENGTHS.some((length) => millis(work(length)) > SUSPECT_MS)) continue;
    const found = superlinear(work, LENGTH * 2);
    if (found) return `${JSON.stringify(make(20))}: ${found}`;
  }
  return undefined;
}

function millis(run: () => void): number {
  const from = performance.now();
  run();
  return performance.now() - from;
}

Deno.test("The pattern test finds the patterns of the service and of the page", () => {
  assert.ok(patterns.length > 60, String(patterns.length));
  for (const part of ["lib/core/", "lib/chat/", "lib/io/", "static/page/", "static/client/"]) {
    assert.ok(patterns.some(({ path }) => path.startsWith(part)), part);
  }
});

for (
  const [source, flags, isSlow] of [
    ["^[ \\t]+|[ \\t]+$", "g", true],
    ["\\s+$", "", true],
    ["^(?:\\p{Emoji_Presentation}\\p{EMod}?)+$", "u", true],
    ["^(a+)+$", "", true],
    ["^\\s+$", "", false],
    ["[^a-z]+", "g", false],
    ["^(\\w+) (\\d+)", "", false],
  ] as const
) {
  Deno.test(`The pattern test ${isSlow ? "rejects" : "accepts"} /${source}/${flags}`, () => {
    assert.equal(fault({ source, flags }) !== undefined, isSlow);
  });
}

/** Read only the service's own files, once. */
const OWN_TEXT_ONLY = ["bundle", "local_names", "tokens"].map((it) => `lib/io/web/${it}.ts`);

for (const path of new Set(patterns.map((pattern) => pattern.path))) {
  if (OWN_TEXT_ONLY.includes(path)) continue;
  Deno.test(`The patterns of ${path} take time that grows linearly with their text`, () => {
    for (const pattern of patterns.filter((it) => it.path === path)) {
      assert.equal(fault(pattern), undefined, `/${pattern.source}/${pattern.flags}`);
    }
  });
}

/** Patterns that are built at run time, and the entrance that tries each. */
const MADE: Readonly<Record<string, string>> = {
  'lib/load/server_limits.ts: new RegExp(`"${name}":': "none: a server's response to parley bench",
  'static/page/text/rich_text.js: new RegExp( "```(?:[\\\\w+#.-]*': "a text that is shown",
  "static/page/text/rich_text.js: new RegExp( `\\\\p{RI}{2}|${PART}":
    "a text that may be nothing but emoji",
};

Deno.test("Each pattern that is built at run time is known, and an entrance tries it", () => {
  const begins = Object.keys(MADE);
  const found = made.map(({ path, text }) => `${path}: ${text.replaceAll(/\s+/g, " ")}`);
  for (const it of found) assert.ok(begins.some((begin) => it.startsWith(begin)), it);
  assert.equal(found.length, begins.length);
  const tried = [...SERVER, ...PAGE].map(({ what }) => what);
  for (const what of Object.values(MADE)) {
    assert.ok(what.startsWith("none: ") || tried.includes(what), what);
  }
});
