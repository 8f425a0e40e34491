/**
 * Server-sent events beside sockets, in one room: what an entry costs for each of them.
 * @module
 */
import { EventReaders } from "../load/event_readers.ts";
import { peerNamed } from "../peers/peers.ts";
import type { Figures } from "../samples.ts";
import type { CellRunner } from "../cell_runner.ts";
import type { Column } from "../report/tables.ts";
import { deliveryFigures, numberIn, type Work } from "../work.ts";

const STREAM = "/api/v1/rooms/lobby/events";
const COLUMNS: readonly Column[] = [
  { title: "CPU µs per delivery", figure: "serverMicros", spread: true },
  { title: "deliveries/s", figure: "perSecond" },
  { title: "cores used", figure: "cores" },
  { title: "lost", figure: "lost" },
  { title: "doubled", figure: "doubled" },
];

/** How many there are of each. One socket sends. */
interface Audience {
  readonly sockets: number;
  readonly readers: number;
}

/** The variants by name. */
const AUDIENCES: Readonly<Record<string, Audience>> = {
  "1,000 sockets": { sockets: 1_000, readers: 0 },
  "1,000 readers": { sockets: 1, readers: 1_000 },
  "1,000 sockets, 1,000 readers": { sockets: 1_000, readers: 1_000 },
};

/** Sockets, readers of events, and both. */
export const EVENTS: Work = {
  name: "events",
  title: "Server-sent events",
  about:
    "One socket sends 20 texts of 64 bytes a second, on schedule. The sockets speak JSON; the " +
    "readers follow the same room over HTTP/1.1.",
  table: "of variants",
  columns: COLUMNS,
  cells: ["json", "json-node"].map((peer) => ({
    peer,
    variants: Object.keys(AUDIENCES),
    run: (stage) => play(stage, peer),
  })),
};

async function* play(stage: CellRunner, name: string): AsyncGenerator<Figures> {
  for (const audience of Object.values(AUDIENCES)) yield await measure(stage, name, audience);
}

async function measure(
  stage: CellRunner,
  name: string,
  { sockets, readers }: Audience,
): Promise<Figures> {
  const peer = peerNamed(name);
  await using server = await stage.start(peer);
  await using streams = await EventReaders.connect(server.port, STREAM, readers);
  let [before, after] = [streams.counts, streams.counts];
  const played = await stage.run([server], {
    kind: "load",
    tongue: peer.tongue,
    plan: {
      ...{ url: server.chatUrl(), members: sockets, publishers: 1, textBytes: 64, slowShare: 0 },
      ...{ pace: { kind: "open", perSecond: 20 }, connectsAtOnce: 64 },
      ...{ warmupMs: 2_000, measureMs: 5_000 },
    },
  }, (phase) => {
    if (phase === "measuring") before = streams.counts;
    if (phase === "measured") after = streams.counts;
  });
  const figures = deliveryFigures(played);
  const arrived = after.arrived - before.arrived + numberIn(played.report, "arrived");
  const { lost, doubled } = streams.counts;
  return {
    serverMicros: played.usage.serverMicros / arrived,
    perSecond: arrived / played.usage.seconds,
    cores: figures.cores ?? NaN,
    lost: (figures.lost ?? 0) + lost,
    doubled: (figures.doubled ?? 0) + doubled,
  };
}
