/**
 * What may grow with the number of people and rooms, and what must not: joining one room, and publishing in one room
 * while many others have members.
 * @module
 */
import { peerNamed } from "../peers/peers.ts";
import type { Figures } from "../samples.ts";
import type { CellRunner } from "../cell_runner.ts";
import type { Column } from "../report/tables.ts";
import { deliveryFigures, type Work } from "../work.ts";

const JOINS = [1_000, 2_000, 5_000, 10_000];
const ROOMS = [1, 100, 1_000, 10_000];
const ELSEWHERE = 1_000;
const SILENCE_MS = 1_000;

const JOIN_COLUMNS: readonly Column[] = [
  { title: "CPU ms in all", figure: "serverMicros", per: 1000, spread: true },
  { title: "CPU µs per member", figure: "perMember", spread: true },
  { title: "Redis CPU µs per member", figure: "redisPerMember" },
  { title: "seconds until idle", figure: "seconds" },
];
const ROOM_COLUMNS: readonly Column[] = [
  { title: "CPU µs per text", figure: "perText", spread: true },
  { title: "Redis CPU µs per text", figure: "redisPerText", spread: true },
  { title: "CPU ms/s in silence", figure: "silentMicros", per: 1000, spread: true },
  { title: "texts/s", figure: "saidPerSecond" },
  { title: "p99 ms", figure: "p99Micros", per: 1000 },
  { title: "lost", figure: "lost" },
];

/** Many clients join one room at once. */
export const JOIN_WORK: Work = {
  name: "joins",
  title: "Joining one room at once",
  about: "Connections of `chat.v1.json` are opened and join the same room, 64 at a time. " +
    "Measured until the server is idle again, including the presence frames that follow.",
  table: "of variants",
  columns: JOIN_COLUMNS,
  cells: JOINS.map((count) => ({
    peer: "json",
    variants: [`${count} members`],
    run: (stage) => join(stage, count),
  })),
};

/** Messages are sent in one room while others have members. */
export const ROOMS_WORK: Work = {
  name: "rooms",
  title: "Publishing beside many rooms",
  about: `${ELSEWHERE} connections are in other rooms: all in one, or each in ten of this many. ` +
    "One publisher and nine others are in a room of their own, in a closed loop. " +
    "What the server uses in silence is measured before, and is not part of the cost of a text.",
  table: "of variants",
  columns: ROOM_COLUMNS,
  cells: ROOMS.map((rooms) => ({
    peer: "json",
    variants: [`${rooms} other ${rooms === 1 ? "room" : "rooms"}`],
    run: (stage) => publishBeside(stage, rooms),
  })),
};

async function* join(stage: CellRunner, count: number): AsyncGenerator<Figures> {
  const peer = peerNamed("json");
  await using server = await stage.start(peer);
  const figures: Record<string, number> = {};
  await stage.holdIdle([server], { tongue: peer.tongue, url: server.chatUrl(), count }, {
    joined({ serverMicros, redisMicros, seconds }) {
      const [perMember, redisPerMember] = [serverMicros / count, redisMicros / count];
      Object.assign(figures, { serverMicros, perMember, redisPerMember, seconds });
    },
    held: () => Promise.resolve(),
  });
  yield figures;
}

async function* publishBeside(stage: CellRunner, rooms: number): AsyncGenerator<Figures> {
  const peer = peerNamed("json");
  await using server = await stage.start(peer);
  const url = server.chatUrl();
  const tongue = { kind: "elsewhere", rooms, each: rooms === 1 ? 1 : 10 } as const;
  let figures: Figures = {};
  await stage.holdIdle([server], { tongue, url, count: ELSEWHERE }, {
    held: async () => {
      figures = await publish(stage, server);
    },
  });
  yield figures;
}

async function publish(
  stage: CellRunner,
  server: Awaited<ReturnType<CellRunner["start"]>>,
): Promise<Figures> {
  const silent = await stage.meter([server]);
  await new Promise((resolve) => setTimeout(resolve, SILENCE_MS));
  const silence = await silent();
  const played = await stage.run([server], {
    kind: "load",
    tongue: { kind: "json", room: "busy" },
    plan: {
      ...{ url: server.chatUrl(), members: 10, publishers: 1, textBytes: 64, slowShare: 0 },
      ...{ pace: { kind: "closed", window: 1 }, connectsAtOnce: 10 },
      ...{ warmupMs: 500, measureMs: 1500 },
    },
  });
  const figures = deliveryFigures(played);
  const texts = (figures.saidPerSecond ?? 0) * played.usage.seconds;
  const { serverMicros, redisMicros, seconds } = played.usage;
  return {
    ...figures,
    silentMicros: silence.serverMicros / silence.seconds,
    perText: (serverMicros - silence.serverMicros / silence.seconds * seconds) / texts,
    redisPerText: (redisMicros - silence.redisMicros / silence.seconds * seconds) / texts,
  };
}
