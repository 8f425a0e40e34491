/**
 * Compares the echo with the runtime's own: the cost of one message in and one message out with nothing in between.
 * @module
 */
import { peerNamed } from "../peers/peers.ts";
import type { Figures } from "../samples.ts";
import type { CellRunner } from "../cell_runner.ts";
import type { Column } from "../report/tables.ts";
import { deliveryFigures, type Work } from "../work.ts";

const VARIANT = "100 connections";
const COLUMNS: readonly Column[] = [
  { title: "CPU µs per echo", figure: "serverMicros", spread: true },
  { title: "echoes/s", figure: "perSecond", spread: true },
  { title: "p50 ms", figure: "p50Micros", per: 1000 },
  { title: "p99 ms", figure: "p99Micros", per: 1000 },
  { title: "lost", figure: "lost" },
];

/** 100 connections, each with one text in flight. */
export const ECHO: Work = {
  name: "echo",
  title: "Echo",
  about: "100 connections. Each sends 64 bytes again as soon as it has received them.",
  table: "of peers",
  columns: COLUMNS,
  cells: ["text", "text-node", "text-w1", "bare-deno"].map((peer) => ({
    peer,
    variants: [VARIANT],
    run: (stage) => play(stage, peer),
  })),
};

async function* play(stage: CellRunner, name: string): AsyncGenerator<Figures> {
  await using server = await stage.start(peerNamed(name));
  const played = await stage.run([server], {
    kind: "load",
    tongue: { kind: "text" },
    plan: {
      ...{ url: server.echoUrl, members: 100, publishers: 100, textBytes: 64, slowShare: 0 },
      ...{ pace: { kind: "closed", window: 1 }, groups: 100, connectsAtOnce: 64 },
      ...{ warmupMs: 500, measureMs: 1500 },
    },
  });
  yield deliveryFigures(played);
}
