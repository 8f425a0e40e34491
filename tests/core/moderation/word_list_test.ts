/** What a word list may contain, and what becomes of texts. */
import assert from "node:assert/strict";
import fc from "fast-check";
import {
  MAX_ENTRIES,
  MAX_LIST_BYTES,
  parseWordList,
  type Verdict,
  type WordList,
} from "../../../lib/core/moderation/word_list.ts";
import { loadPatternCompiler } from "../../../lib/io/moderation/patterns.ts";

const compile = await loadPatternCompiler();

function listOf(...lines: readonly string[]): WordList {
  const parsed = parseWordList(lines.join("\n"), compile);
  if (parsed.kind === "bad") throw new Error(parsed.problems.join("; "));
  return parsed.list;
}

function problemsOf(text: string): readonly string[] {
  const parsed = parseWordList(text, compile);
  return parsed.kind === "bad" ? parsed.problems : [];
}

const allowed: Verdict = { kind: "allowed" };
const refused: Verdict = { kind: "refused" };
const held = (text: string): Verdict => ({ kind: "held", text });
const masked = (text: string): Verdict => ({ kind: "masked", text });

for (
  const [entry, text, verdict] of [
    ["bad", "so bad!", refused],
    ["bad", "badly, unbad, bad1, ba d", allowed],
    ["bad", "_bad_ and *bad*", refused],
    ["bad", "BАD", refused],
    ["bad", "b\u200ba\u200bd", refused],
    ["bad", "bäd", allowed],
    ["refuse: bad word", "bad\n\u3000word", refused],
    ["bad word", "badword bad-word", allowed],
    ["傻瓜", "你是大傻瓜吗", refused],
    ["sb", "你sb啊", refused],
    ["c++", "I like c++", refused],
    ["😡", "ok😡ok", refused],
    ["#tag", "#tag", allowed],
    ["refuse:#tag", "#tag", refused],
    ["mask: bad", "a Bad day", masked("a *** day")],
    ["MASK:bad", "bad bad", masked("*** ***")],
    ["mask: bad", "b\u200ba\u0337d\u0301!", masked("***!")],
    ["mask: 😡😡", "x😡😡x", masked("x**x")],
    ["mask: bad word", "a bad   word", masked("a ********")],
    ["mask: 傻瓜", "大傻瓜", masked("大**")],
    ["mask: abcdefghijklmnop", "abcdefghijklmnop.", masked("**********.")],
    ["mask: 株式", "㍿", masked("*")],
    ["hold: bad", "a Bad day", held("a Bad day")],
    ["hold: bad", "badly", allowed],
    ["HOLD:/b[a4]d day/", "unb4d days", held("unb4d days")],
    ["/b[a4]d/", "reb4dd", refused],
    ["/b[a4]d/", "ＢＡＤ b\u200bad", refused],
    ["/^bad$/", "bad", refused],
    ["/^bad$/", "so bad", allowed],
    ["/a b/", "a\n\n b", allowed],
    ["/a +b/", "a\n\n b", refused],
    ["mask: /b[a4]d/", "so unb4dly!", masked("so ********")],
    ["mask: /^b4d$/", "a b4d\nb4d", masked("a ***\n***")],
    ["mask: /b[a4]d/", "ba d", allowed],
    ["/(a+)+c/", "a".repeat(1_000), allowed],
  ] as const
) {
  Deno.test(`The entry ${entry} makes ${JSON.stringify(text.slice(0, 20))} ${verdict.kind}`, () => {
    assert.deepEqual(listOf(entry).check(text), verdict);
  });
}

Deno.test("A text that is refused by one entry and masked by another is refused", () => {
  for (const lines of [["mask: bad", "bad"], ["bad", "mask: bad"], ["mask: bad", "/a/"]]) {
    assert.deepEqual(listOf(...lines).check("bad"), refused);
  }
});

Deno.test("Matches that overlap are masked together", () => {
  assert.deepEqual(listOf("mask: 株式", "mask: 会社").check("㍿。株式"), masked("*。**"));
  assert.deepEqual(listOf("mask: a b", "mask: b c").check("a b c d"), masked("***** d"));
  assert.deepEqual(listOf("mask: 一二三", "mask: 二").check("一二三"), masked("***"));
});

Deno.test("Each pattern keeps to itself", () => {
  const list = listOf("/a|(?-i)b/", "/c/", "mask: /d|e/", "mask: /f/");
  assert.deepEqual(["b", "C", "x"].map((text) => list.check(text).kind), [
    ...["refused", "refused", "allowed"],
  ]);
  assert.deepEqual(list.check("dx f"), masked("** *"));
});

Deno.test("Comments, empty lines, line breaks of any kind and a missing last one make no difference", () => {
  const list = listOf("# bad", "", "  ", "\tone\r\ntwo\rthree  ");
  assert.equal(list.size, 3);
  assert.deepEqual(["bad", "one", "two", "three"].map((text) => list.check(text).kind), [
    ...["allowed", "refused", "refused", "refused"],
  ]);
});

for (
  const [line, problem] of [
    ["x".repeat(201), /^line 3: more than 200 characters$/],
    ["mask:", /^line 3: the entry has no visible characters$/],
    ["\u200b", /^line 3: the entry has no visible characters$/],
    ["\u2800", /^line 3: the entry has no visible characters$/],
    ["/bad", /^line 3: a pattern has to end with \/$/],
    ["/bad/i", /^line 3: a pattern has to end with \/$/],
    ["//", /^line 3: a pattern has to end with \/$/],
    ["/(/", /^line 3: not a pattern: .*missing closing \)/],
    ["/a)|(b/", /^line 3: not a pattern: /],
    ["/(?=a)/", /^line 3: not a pattern: /],
    ["/a*/", /^line 3: the pattern matches an empty text/],
    ["/\\Qa/", /^line 3: a pattern cannot contain \\Q$/],
    ["mask: /a b/", /^line 3: .* cannot contain spaces$/],
    ["mask: /a\\sb/", /^line 3: .* cannot contain spaces$/],
    ["/[a-z]{1000}/", /^line 3: the patterns up to here are too large together/],
  ] as const
) {
  Deno.test(`parseWordList() reports ${JSON.stringify(line.slice(0, 12))} by its line`, () => {
    const problems = problemsOf(`# comment\nfine\n${line}\n`);
    assert.equal(problems.length, 1, problems.join());
    assert.match(problems[0] ?? "", problem);
  });
}

Deno.test("parseWordList() reports several lines, but not thousands", () => {
  assert.deepEqual(problemsOf("/a\nfine\n/b").map((it) => it.slice(0, 7)), ["line 1:", "line 3:"]);
  assert.equal(problemsOf("/a\n".repeat(5_000)).length, 10);
});

Deno.test("parseWordList() limits the entries and the bytes", () => {
  const lines = Array.from({ length: MAX_ENTRIES + 1 }, (_, index) => `w${index}`);
  assert.equal(listOf(...lines.slice(1)).size, MAX_ENTRIES);
  assert.deepEqual(problemsOf(lines.join("\n")), [`line 10001: more than ${MAX_ENTRIES} entries`]);
  const comment = `#${"é".repeat(MAX_LIST_BYTES / 2)}`;
  assert.deepEqual(problemsOf(comment), [`more than ${MAX_LIST_BYTES} bytes`]);
  assert.deepEqual(problemsOf(comment.slice(0, -1)), []);
});

Deno.test("parseWordList() never throws, and never reports a line that does not exist", () => {
  const part = fc.constantFrom(
    "/",
    "mask:",
    "refuse: ",
    "#",
    "\n",
    "(",
    "\\",
    "a",
    "傻",
    "\u200b",
    "*",
  );
  fc.assert(fc.property(fc.array(part, { maxLength: 30 }), (parts) => {
    const text = parts.join("");
    for (const problem of problemsOf(text)) {
      assert.ok(Number(/^line (\d+): /.exec(problem)?.[1]) <= text.split("\n").length, problem);
    }
  }));
});

const MASKING = listOf(
  "mask: bad",
  "mask: ab c",
  "mask: 傻瓜",
  "mask: é",
  "mask: 株式",
  "mask: 会社",
  "mask: /x+y/",
);
const anyPart = fc.oneof(
  fc.constantFrom(
    "bad",
    "ab",
    "c",
    "傻",
    "瓜",
    "傻瓜",
    "e\u0301",
    "xxy",
    " ",
    "\n",
    "\u200b",
    "\u0337",
    "*",
    "ﬁ",
    "㍿",
  ),
  fc.string({ unit: "binary", maxLength: 3 }),
);
const anyText = fc.array(anyPart, { maxLength: 20 }).map((parts) => parts.join(""));

Deno.test("check() never throws, and masks only once", () => {
  fc.assert(
    fc.property(anyText, (text) => {
      const verdict = MASKING.check(text);
      assert.notEqual(verdict.kind, "refused");
      if (verdict.kind !== "masked") return;
      assert.notEqual(verdict.text, text);
      assert.ok(verdict.text.length <= text.length);
      assert.deepEqual(MASKING.check(verdict.text), allowed);
    }),
    { numRuns: 1_000 },
  );
});

Deno.test("check() masks every word of a long text", () => {
  // MAX_MESSAGE_BYTES can be this large.
  const verdict = listOf("mask: /a/").check("a ".repeat(200_000));
  assert.deepEqual(verdict, masked("* ".repeat(200_000)));
});

Deno.test("A pattern that masks reads each word once, even if a text repeats it", () => {
  let read = 0;
  const count = (text: string) => (read++, text === "a");
  const parsed = parseWordList("mask: /a/", () => ({ size: 1, test: count }));
  assert.ok(parsed.kind === "good");
  read = 0;
  // U+FDFA becomes four words in NFKC; a word that two of them have in common begins in one and ends in the next.
  assert.deepEqual(
    parsed.list.check(`a ${"\ufdfa".repeat(1_000)} a`),
    masked(
      `* ${"\ufdfa".repeat(1_000)} *`,
    ),
  );
  assert.equal(read, 3);
});

Deno.test("check() replaces each character of a word, and nothing else", () => {
  const list = listOf("mask: bad", "mask: 😡", "mask: wörse");
  const word = fc.constantFrom("bad", "BAD", "😡", "wörse", "good", "🙂", "é");
  const between = fc.constantFrom(" ", ", ", "\n", "\u3000");
  fc.assert(fc.property(fc.array(fc.tuple(word, between), { minLength: 1 }), (pairs) => {
    const isBad = (word: string) => ["bad", "😡", "wörse"].includes(word.toLowerCase());
    const starsFor = (word: string) => isBad(word) ? "*".repeat([...word].length) : word;
    const verdict = list.check(pairs.flat().join(""));
    const expected = pairs.map(([word, after]) => starsFor(word) + after).join("");
    const isMasked = pairs.some(([word]) => isBad(word));
    assert.deepEqual(verdict, isMasked ? masked(expected) : allowed);
  }));
});

Deno.test("A text that has to be refused does not wait, and one that waits is masked", () => {
  const list = listOf("bad", "hold: deal", "mask: darn");
  assert.deepEqual(list.check("a bad deal"), refused);
  assert.deepEqual(list.check("a darn deal"), held("a **** deal"));
  assert.deepEqual(list.check("darn"), masked("****"));
});

Deno.test("Patterns that refuse and patterns that hold are limited together", () => {
  const half = "/(abc|def){1,60}/";
  const [problem = ""] = problemsOf([half, `hold: ${half}`, `mask: ${half}`].join("\n"));
  assert.match(problem, /^line 2: the patterns up to here are too large together/);
  assert.deepEqual(problemsOf([half, `mask: ${half}`].join("\n")), []);
});
