/** Changes of the certificate's files, found by a clock that the test advances. */
import assert from "node:assert/strict";
import type { KeyPair, KeyPairResult } from "../../../lib/io/tls/key_pair.ts";
import { watchKeyPair } from "../../../lib/io/tls/key_pair_watch.ts";
import { FakeClock } from "../../support/fakes.ts";
import { LogRecorder } from "../../support/log_recorder.ts";

const PAIRS = [1, 2, 3].map((number): KeyPair => ({
  cert: `cert ${number}`,
  key: `key ${number}`,
}));
const pairOf = (number: number): KeyPair => PAIRS[number - 1] ?? assert.fail();
const good = (number: number): KeyPairResult => ({ kind: "good", pair: pairOf(number) });
const bad = (value: string): KeyPairResult => {
  const problem = { name: "TLS_CERT_FILE", value, allowed: "a PEM file" };
  return { kind: "bad", problems: [problem] };
};

/** Watches files with these contents, one after the other, and returns what it was told. */
async function watch(...contents: readonly KeyPairResult[]) {
  await using log = await LogRecorder.start();
  const clock = new FakeClock();
  const life = new AbortController();
  const changes: KeyPair[] = [];
  const remaining = [...contents];
  const watching = watchKeyPair(
    {
      read: () => Promise.resolve(remaining.shift() ?? good(1)),
      clock,
      onChange: (pair) => Promise.resolve(void changes.push(pair)),
      onValidity() {},
    },
    pairOf(1),
    life.signal,
  );
  // The first record is written before the first wait.
  while (log.fields("tls.loaded").length === 0) await clock.advance(0);
  while (remaining.length > 0) await clock.advance(2_000);
  life.abort();
  await watching;
  return {
    changes,
    replaced: log.fields("tls.replaced").length,
    failures: log.fields("tls.reload_failed").map(({ why }) => why),
  };
}

Deno.test("watchKeyPair() reports each new pair once, and one that returns", async () => {
  const { changes, replaced, failures } = await watch(
    ...[good(1), good(2), good(2), good(3), good(1), good(1)],
  );
  assert.deepEqual(changes, [pairOf(2), pairOf(3), pairOf(1)]);
  assert.deepEqual([replaced, failures], [3, []]);
});

Deno.test("watchKeyPair() keeps the last good pair, and logs each problem once", async () => {
  const { changes, failures } = await watch(
    ...[bad("a"), bad("a"), bad("b"), bad("b"), good(1), bad("b"), good(2)],
  );
  assert.deepEqual(changes, [pairOf(2)]);
  assert.deepEqual(
    failures,
    ["a", "b", "b"].map((value) => {
      return `TLS_CERT_FILE is "${value}": allowed: a PEM file`;
    }),
  );
});

Deno.test("watchKeyPair() looks at nothing while a change is being carried out", async () => {
  const clock = new FakeClock();
  const life = new AbortController();
  const reads: number[] = [];
  const carriedOut = Promise.withResolvers<void>();
  const watching = watchKeyPair(
    {
      read: () => Promise.resolve(good(reads.push(clock.now()) + 1)),
      clock,
      onChange: () => carriedOut.promise,
      onValidity() {},
    },
    pairOf(1),
    life.signal,
  );
  while (reads.length === 0) await clock.advance(1_000);
  await clock.advance(60_000);
  assert.equal(reads.length, 1);
  carriedOut.resolve();
  await clock.advance(0);
  await clock.advance(2_000);
  assert.equal(reads.length, 2);
  life.abort();
  await watching;
});
