/**
 * A typical chat: 100 texts a second are sent at fixed times, and the latency is measured.
 * @module
 */
import { peerNamed } from "../peers/peers.ts";
import type { Figures } from "../samples.ts";
import type { CellRunner } from "../cell_runner.ts";
import { DELIVERY_COLUMNS, deliveryFigures, type Work } from "../work.ts";

const PEERS = [
  "json",
  "text",
  "json-node",
  "text-node",
  "json-w1",
  "bare-deno",
  "bun",
  "ws",
  "socket.io",
  "nchan",
];
const VARIANT = "N=1000, 100 texts/s";

/** 100 texts a second to 1000 members. */
export const OPEN_LOOP: Work = {
  name: "open",
  title: "Open loop",
  about: "10 publishers send 100 texts of 64 bytes a second in total, on schedule.",
  table: "of peers",
  columns: [...DELIVERY_COLUMNS, { title: "load late by ms", figure: "behindMillis" }],
  cells: PEERS.map((peer) => ({ peer, variants: [VARIANT], run: (stage) => play(stage, peer) })),
};

async function* play(stage: CellRunner, name: string): AsyncGenerator<Figures> {
  const peer = peerNamed(name);
  await using server = await stage.start(peer);
  const played = await stage.run([server], {
    kind: "load",
    tongue: peer.tongue,
    plan: {
      ...{ url: server.chatUrl(), members: 1000, publishers: 10, textBytes: 64, slowShare: 0 },
      pace: { kind: "open", perSecond: 100 },
      ...{ warmupMs: 1000, measureMs: 3000, connectsAtOnce: 64 },
    },
  });
  yield deliveryFigures(played);
}
