/**
 * What operators need to know for planning: the cost of many small rooms, and of everybody coming back at once.
 * @module
 */
import { peerNamed } from "../peers/peers.ts";
import type { Figures } from "../samples.ts";
import type { CellRunner, ReadUsage, ResourceUsage } from "../cell_runner.ts";
import type { Column } from "../report/tables.ts";
import { deliveryFigures, numberIn, type Work } from "../work.ts";

const FORMS = ["json-file", "json-w1"];
const MEMBERS = 1_000;
const PEOPLE = 5;
/** Number of rooms of each member. */
const EACH = [1, 10, 100];
/** Longer than the interval at which leases are renewed. */
const SILENCE_MS = 12_000;
const RETURNS = [1_000, 5_000, 10_000];
/** Number of rooms that the returning members share. */
const ROOMS_OF_RETURNS = 100;
/** All members have one address, and some are in many rooms. */
const SETTINGS = { MAX_ROOMS: "200", CONNECTIONS_PER_ADDRESS: "0", HANDSHAKES_PER_SECOND: "0" };

const ROOMS_COLUMNS: readonly Column[] = [
  { title: "CPU µs to join a room", figure: "perJoin", spread: true },
  { title: "CPU ms/s in silence", figure: "silentMicros", per: 1000, spread: true },
  { title: "CPU µs per text", figure: "perText", spread: true },
  { title: "p99 ms", figure: "p99Micros", per: 1000, spread: true },
  { title: "MB of memory", figure: "bytes", per: 1024 * 1024 },
  { title: "Redis CPU ms/s in silence", figure: "redisSilent", per: 1000 },
  { title: "lost", figure: "lost" },
];
const RETURN_COLUMNS: readonly Column[] = [
  { title: "members/s", figure: "perSecond", spread: true },
  { title: "seconds until half are back", figure: "halfMillis", per: 1000 },
  { title: "seconds until all are back", figure: "seconds", spread: true },
  { title: "CPU µs per member", figure: "perMember", spread: true },
  { title: "attempts repeated", figure: "failures" },
];

/** Texts in many rooms of five. */
export const MANY_ROOMS: Work = {
  name: "many-rooms",
  title: "Many small rooms",
  about: `${MEMBERS} connections, each in 1, 10 or 100 rooms of ${PEOPLE}. ` +
    "A hundred of them send 20 texts a second together, in all of their rooms in turn. " +
    "What the server uses in silence is measured before, over twelve seconds, and is part of the cost of a text.",
  table: "of variants",
  columns: ROOMS_COLUMNS,
  cells: FORMS.map((peer) => ({
    peer,
    variants: EACH.map((each) => `${MEMBERS * each / PEOPLE} rooms`),
    run: (stage) => runAll(EACH.map((each) => () => texts(stage, peer, each))),
  })),
};

/** All connections are cut, and come back at once. */
export const COME_BACK: Work = {
  name: "come-back",
  title: "Everybody comes back at once",
  about: `Members of ${ROOMS_OF_RETURNS} rooms lose their connections at the same moment. ` +
    "They come back with their sessions, fifty handshakes at a time, and join their room again.",
  table: "of variants",
  columns: RETURN_COLUMNS,
  cells: FORMS.map((peer) => ({
    peer,
    variants: RETURNS.map((count) => `${count} members`),
    run: (stage) => runAll(RETURNS.map((count) => () => returns(stage, peer, count))),
  })),
};

async function* runAll(all: readonly (() => Promise<Figures>)[]): AsyncGenerator<Figures> {
  for (const run of all) yield await run();
}

async function texts(stage: CellRunner, name: string, each: number): Promise<Figures> {
  await using server = await stage.start(peerNamed(name), SETTINGS);
  const groups = MEMBERS / PEOPLE;
  let joining = await stage.meter([server]);
  let joined: ResourceUsage | undefined;
  let silence: ResourceUsage | undefined;
  const played = await stage.run([server], {
    kind: "load",
    tongue: { kind: "rooms", groups, each },
    plan: {
      ...{ url: server.chatUrl(), members: MEMBERS, publishers: 100, textBytes: 64, slowShare: 0 },
      ...{ pace: { kind: "open", perSecond: 20 }, connectsAtOnce: 50, groups },
      ...{ warmupMs: 1_000, measureMs: 10_000 },
    },
  }, async (phase) => {
    if (phase === "connecting") joining = await stage.meter([server]);
    if (phase !== "connected") return;
    await stage.waitUntilIdle([server]);
    joined = await joining();
    const silent = await stage.meter([server]);
    await new Promise((resolve) => setTimeout(resolve, SILENCE_MS));
    silence = await silent();
  });
  if (!joined || !silence) throw new Error("The members were never connected");
  return {
    ...deliveryFigures(played),
    perJoin: joined.serverMicros / (MEMBERS * each),
    silentMicros: silence.serverMicros / silence.seconds,
    redisSilent: silence.redisMicros / silence.seconds,
    perText: played.usage.serverMicros / numberIn(played.report, "said"),
    bytes: await server.residentBytes(),
  };
}

async function returns(stage: CellRunner, name: string, count: number): Promise<Figures> {
  await using server = await stage.start(peerNamed(name), SETTINGS);
  let read: ReadUsage | undefined;
  let usage: ResourceUsage | undefined;
  const { report } = await stage.run([server], {
    kind: "load",
    tongue: { kind: "rooms", groups: ROOMS_OF_RETURNS, each: 1 },
    plan: {
      ...{ url: server.chatUrl(), members: count, publishers: 0, textBytes: 64, slowShare: 0 },
      ...{ pace: { kind: "open", perSecond: 1 }, connectsAtOnce: 50, groups: ROOMS_OF_RETURNS },
      ...{ warmupMs: 0, measureMs: 100, comeBack: "cut" },
    },
  }, async (phase) => {
    if (phase === "returning") {
      await stage.waitUntilIdle([server]);
      read = await stage.meter([server]);
    }
    if (phase === "done") usage = await read?.();
  });
  const missing = numberIn(report, "returned", "missing");
  if (!usage || missing > 0) throw new Error(`${missing} members did not come back`);
  const seconds = numberIn(report, "returned", "seconds");
  return {
    seconds,
    perSecond: count / seconds,
    halfMillis: numberIn(report, "returned", "backMs", "p50"),
    perMember: usage.serverMicros / count,
    failures: numberIn(report, "returned", "failures"),
  };
}
