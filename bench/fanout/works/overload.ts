/**
 * What happens if more is sent than can be delivered: first the capacity is measured, with eight publishers that have
 * sixteen texts each in flight; then multiples of it are sent on schedule. A server that degrades well keeps delivering
 * at its capacity.
 * @module
 */
import { peerNamed } from "../peers/peers.ts";
import type { Figures } from "../samples.ts";
import type { Server } from "../server/server.ts";
import type { CellRunner } from "../cell_runner.ts";
import type { Column } from "../report/tables.ts";
import { deliveryFigures, type Work } from "../work.ts";

const MEMBERS = 1000;
const MULTIPLES = [0.5, 1, 2, 3];

const COLUMNS: readonly Column[] = [
  { title: "offered, deliveries/s", figure: "offered" },
  { title: "delivered/s", figure: "perSecond", spread: true },
  { title: "share of the ceiling", figure: "ofCeiling", spread: true },
  { title: "p50 ms", figure: "p50Micros", per: 1000 },
  { title: "p99 ms", figure: "p99Micros", per: 1000 },
  { title: "cores used", figure: "cores" },
  { title: "load late by ms", figure: "behindMillis" },
  { title: "lost", figure: "lost" },
  { title: "disconnected", figure: "disconnected" },
];

/** Multiples of Parley's own ceiling. */
export const OVERLOAD: Work = {
  name: "overload",
  title: "Overload",
  about:
    `${MEMBERS} members. The ceiling is the rate of 8 publishers with 16 texts each in flight, measured on ` +
    "each server. Then 8 publishers send multiples of it on schedule, whatever arrives.",
  table: "of variants",
  columns: COLUMNS,
  cells: ["json", "text"].map((peer) => ({
    peer,
    variants: ["ceiling", ...MULTIPLES.map((it) => `${it} × the ceiling`)],
    run: (stage) => play(stage, peer),
  })),
};

async function* play(stage: CellRunner, name: string): AsyncGenerator<Figures> {
  const ceiling = await onFresh(stage, name, (server) => measure(stage, server, undefined));
  const top = ceiling.perSecond ?? 0;
  const said = ceiling.saidPerSecond ?? 0;
  yield { ...ceiling, offered: top, ofCeiling: 1 };
  for (const multiple of MULTIPLES) {
    const perSecond = said * multiple;
    const figures = await onFresh(stage, name, (server) => measure(stage, server, perSecond));
    const ofCeiling = (figures.perSecond ?? 0) / top;
    yield { ...figures, offered: perSecond * MEMBERS, ofCeiling };
  }
}

async function onFresh<T>(
  stage: CellRunner,
  name: string,
  use: (server: Server) => Promise<T>,
): Promise<T> {
  await using server = await stage.start(peerNamed(name));
  return await use(server);
}

/** @param perSecond Texts on schedule; undefined for a closed loop. */
async function measure(
  stage: CellRunner,
  server: Server,
  perSecond: number | undefined,
): Promise<Figures> {
  const pace = perSecond === undefined
    ? { kind: "closed", window: 16 } as const
    : { kind: "open", perSecond } as const;
  const played = await stage.run([server], {
    kind: "load",
    tongue: server.peer.tongue,
    plan: {
      ...{ url: server.chatUrl(), members: MEMBERS, publishers: 8, textBytes: 64, slowShare: 0 },
      ...{ pace, warmupMs: 700, measureMs: 1500, connectsAtOnce: 64 },
    },
  });
  return deliveryFigures(played);
}
