/** The word list of a worker, and how it gets there. */
import assert from "node:assert/strict";
import { WordFilter } from "../../../lib/chat/moderation/word_filter.ts";
import { WordListFeed } from "../../../lib/chat/moderation/word_list_feed.ts";
import { Counter } from "../../../lib/core/metrics/metrics.ts";
import { wordList } from "../../support/word_lists.ts";

Deno.test("WordFilter allows everything without a list", () => {
  const filter = new WordFilter();
  assert.deepEqual(filter.check("bad"), { kind: "allowed" });
  assert.ok(filter.allowsName("bad"));
});

Deno.test("WordFilter holds messages only, and refuses other texts instead", () => {
  const counters = { refused: new Counter(), held: new Counter(), masked: new Counter() };
  const filter = new WordFilter(counters);
  filter.replace(wordList("hold: deal"));
  assert.deepEqual(filter.checkMessage("a deal"), { kind: "held", text: "a deal" });
  assert.deepEqual(filter.check("a deal"), { kind: "refused" });
  assert.equal(filter.allowsName("Deal"), false);
  assert.deepEqual([counters.refused.value, counters.held.value], [1, 1]);
});

Deno.test("WordFilter counts refused and masked texts, but no names", async () => {
  const counters = { refused: new Counter(), held: new Counter(), masked: new Counter() };
  const filter = new WordFilter(counters);
  filter.replace(wordList("bad", "mask: darn"));
  await filter.ready;
  assert.deepEqual(filter.check("bad darn"), { kind: "refused" });
  assert.deepEqual(filter.check("darn"), { kind: "masked", text: "****" });
  assert.deepEqual(filter.check("good"), { kind: "allowed" });
  assert.deepEqual(["bad", "Darn", "good"].map((name) => filter.allowsName(name)), [
    ...[false, false, true],
  ]);
  assert.deepEqual([counters.refused.value, counters.masked.value], [1, 1]);
});

Deno.test("WordFilter uses the newest list", () => {
  const filter = new WordFilter();
  filter.replace(wordList("bad"));
  filter.replace(wordList("worse"));
  assert.deepEqual([filter.check("bad").kind, filter.check("worse").kind], ["allowed", "refused"]);
});

Deno.test("WordListFeed has the newest text for everybody who is behind", async () => {
  const feed = new WordListFeed();
  const early = feed.wordsAfter(0);
  feed.replace("one");
  assert.deepEqual(await early, { version: 1, isWhole: true, added: ["one"] });
  const next = feed.wordsAfter(1);
  feed.replace("two");
  feed.replace("three");
  assert.deepEqual((await next).added, ["three"]);
  assert.deepEqual(await feed.wordsAfter(0), { version: 3, isWhole: true, added: ["three"] });
});
