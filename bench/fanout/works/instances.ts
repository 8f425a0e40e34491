/**
 * Compares two instances on one Redis with one: the room is the same, and each instance does the same work for its own
 * members.
 * @module
 */
import { peerNamed } from "../peers/peers.ts";
import type { Figures } from "../samples.ts";
import type { Report } from "../load/load_process.ts";
import type { LoadOrder } from "../load/orders.ts";
import type { Server } from "../server/server.ts";
import type { CellRunner, MeasuredLoad } from "../cell_runner.ts";
import type { Column } from "../report/tables.ts";
import { deliveryFigures, numberIn, type Work } from "../work.ts";

const MEMBERS = 1000;
const TEXTS_PER_SECOND = 25;

const COLUMNS: readonly Column[] = [
  { title: "deliveries/s, all instances", figure: "perSecond", spread: true },
  { title: "CPU µs per delivery, all instances", figure: "serverMicros", spread: true },
  { title: "Redis CPU µs per delivery", figure: "redisMicros" },
  { title: "p99 ms, first instance", figure: "p99Micros", per: 1000 },
  { title: "lost, first instance", figure: "lost" },
];

/** One instance, and two. */
export const INSTANCES: Work = {
  name: "instances",
  title: "Two instances on one Redis",
  about: `Each instance has ${MEMBERS} members of the same room. 8 of the first instance's send ` +
    `${TEXTS_PER_SECOND} texts a second in total; the second instance's only receive.`,
  table: "of variants",
  columns: COLUMNS,
  cells: [{ peer: "json", variants: ["one instance", "two instances"], run: play }],
};

async function* play(stage: CellRunner): AsyncGenerator<Figures> {
  const peer = peerNamed("json");
  {
    await using only = await stage.start(peer);
    yield deliveryFigures(await stage.run([only], order(only, 8, "m")));
  }
  await using first = await stage.start(peer);
  await using second = await stage.join(peer);
  yield await both(stage, first, second);
}

/** The members of both instances measure at the same time. Those of the second have no publisher and only count arrivals. */
async function both(stage: CellRunner, first: Server, second: Server): Promise<Figures> {
  const listening = Promise.withResolvers<void>();
  const speaking = Promise.withResolvers<void>();
  const hearing = stage.run([second], order(second, 0, "n"), (phase) => {
    if (phase !== "measuring") return;
    listening.resolve();
    return speaking.promise;
  });
  try {
    await Promise.race([listening.promise, hearing]);
    const spoken = await stage.run([first, second], order(first, 8, "m"), (phase) => {
      if (phase === "measuring") speaking.resolve();
    });
    speaking.resolve();
    return together(spoken, (await hearing).report);
  } finally {
    speaking.resolve();
    await hearing.catch(() => {});
  }
}

function together({ report, usage }: MeasuredLoad, received: Report): Figures {
  const arrived = numberIn(report, "arrived") + numberIn(received, "arrived");
  const figures = deliveryFigures({ report: { ...report, arrived }, usage });
  const perSecond = (figures.perSecond ?? 0) + numberIn(received, "deliveriesPerSecond");
  return { ...figures, perSecond };
}

function order(server: Server, publishers: number, name: string): LoadOrder {
  return {
    kind: "load",
    tongue: { kind: "json", room: "lobby", name },
    plan: {
      ...{ url: server.chatUrl(), members: MEMBERS, publishers, textBytes: 64, slowShare: 0 },
      pace: publishers === 0
        ? { kind: "closed", window: 0 }
        : { kind: "open", perSecond: TEXTS_PER_SECOND },
      ...{ warmupMs: 700, measureMs: 3000, connectsAtOnce: 64 },
    },
  };
}
