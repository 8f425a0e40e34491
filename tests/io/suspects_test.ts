import assert from "node:assert/strict";
import type { Peer } from "../../lib/chat/heartbeat.ts";
import { chargeSuspects } from "../../lib/io/suspects.ts";
import { FakeClock } from "../fakes.ts";

interface Kind {
  readonly address?: string | undefined;
  /** Whether it speaks a protocol in which it can be asked. */
  readonly answers: boolean;
  /** Whether it does answer. */
  readonly isThere?: boolean;
  /** How long ago it last said something, in milliseconds. */
  readonly silentMs?: number;
}

/** The addresses that are charged where such peers are connected. */
async function charged(kinds: readonly Kind[]): Promise<string[]> {
  const clock = new FakeClock();
  await clock.advance(60_000);
  const addresses: string[] = [];
  const peers = kinds.map(({ address, answers, isThere = false, silentMs = 30_000 }): Peer => {
    let heardAt = clock.now() - silentMs;
    return {
      address,
      vitals: () => ({ state: "open", backlog: 0, movedAt: 0, heardAt, answers }),
      ask: () => void (isThere && clock.sleep(299, signal).then(() => heardAt = clock.now())),
      park() {},
      close() {},
      charge(what) {
        assert.equal(what, "memory");
        addresses.push(address ?? "");
      },
    };
  });
  const { signal } = new AbortController();
  const charging = chargeSuspects(() => peers, clock, signal);
  await clock.advance(300);
  assert.equal(await charging, addresses.length);
  return addresses;
}

const honest = Array.from({ length: 10 }, (_, index): Kind => (
  { address: `honest ${index}`, answers: true, isThere: true }
));

for (
  const [what, kinds, addresses] of [
    ["nobody who answers", honest, []],
    ["one who does not answer", [{ address: "a", answers: true }], ["a"]],
    ["one who cannot be asked and is silent", [{ address: "a", answers: false }], ["a"]],
    [
      "nobody who cannot be asked and spoke",
      [{ address: "a", answers: false, silentMs: 1_999 }],
      [],
    ],
    ["an address once", Array(50).fill({ address: "a", answers: false }), ["a"]],
    ["nobody without an address", [{ answers: false }], []],
    ["a few", [{ address: "a", answers: true }, { address: "b", answers: false }], ["a", "b"]],
    [
      "nobody where too many are silent",
      ["a", "b", "c"].map((address) => ({ address, answers: false })),
      [],
    ],
  ] as const
) {
  Deno.test(`chargeSuspects() charges ${what}`, async () => {
    assert.deepEqual(await charged([...honest, ...kinds]), addresses);
  });
}
