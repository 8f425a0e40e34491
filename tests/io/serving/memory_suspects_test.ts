import assert from "node:assert/strict";
import type { Peer } from "../../../lib/chat/heartbeat.ts";
import { chargeSuspects } from "../../../lib/io/serving/memory_suspects.ts";
import { FakeClock } from "../../support/fakes.ts";

interface Kind {
  readonly address?: string | undefined;
  /** Whether its protocol supports pings. */
  readonly canPing: boolean;
  /** Whether it answers them. */
  readonly isThere?: boolean;
  /** How long ago it last sent something, in milliseconds. */
  readonly silentMs?: number;
}

/** The addresses that are charged for these peers. */
async function charged(kinds: readonly Kind[]): Promise<string[]> {
  const clock = new FakeClock();
  await clock.advance(60_000);
  const addresses: string[] = [];
  const peers = kinds.map(({ address, canPing, isThere = false, silentMs = 30_000 }): Peer => {
    let receivedAt = clock.now() - silentMs;
    return {
      address,
      vitals: () => ({ backlog: 0, progressAt: 0, receivedAt, canPing }),
      status: () => "open",
      bufferedBytes: () => 0,
      ping: () => void (isThere && clock.sleep(299, signal).then(() => receivedAt = clock.now())),
      drop() {},
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
  { address: `honest ${index}`, canPing: true, isThere: true }
));

for (
  const [what, kinds, addresses] of [
    ["no peer that answers pings", honest, []],
    ["a peer that does not answer", [{ address: "a", canPing: true }], ["a"]],
    ["a silent peer that cannot be pinged", [{ address: "a", canPing: false }], ["a"]],
    [
      "no peer that cannot be pinged but has sent something",
      [{ address: "a", canPing: false, silentMs: 1_999 }],
      [],
    ],
    ["an address once", Array(50).fill({ address: "a", canPing: false }), ["a"]],
    ["no peer without an address", [{ canPing: false }], []],
    ["a few", [{ address: "a", canPing: true }, { address: "b", canPing: false }], ["a", "b"]],
    [
      "no peer when too many are silent",
      ["a", "b", "c"].map((address) => ({ address, canPing: false })),
      [],
    ],
  ] as const
) {
  Deno.test(`chargeSuspects() charges ${what}`, async () => {
    assert.deepEqual(await charged([...honest, ...kinds]), addresses);
  });
}
