/**
 * The cost of a connection: opening and closing it, and holding it idle.
 * @module
 */
import { peerNamed } from "../peers/peers.ts";
import type { Figures } from "../samples.ts";
import type { CellRunner } from "../cell_runner.ts";
import type { Column } from "../report/tables.ts";
import { numberIn, type Work } from "../work.ts";

const IDLE = 10_000;
/** Connections that are opened first: what grows for them and suffices for all is not counted. */
const FIRST = 1_000;
const CYCLES = 2_000;
const FORMS = ["text", "json", "text-node", "json-node", "text-w1", "json-w1", "bare-deno"];

const STORM_COLUMNS: readonly Column[] = [
  { title: "CPU µs per connection", figure: "serverMicros", spread: true },
  { title: "connections/s", figure: "perSecond", spread: true },
  { title: "p99 ms of a handshake", figure: "p99Millis" },
];
const IDLE_COLUMNS: readonly Column[] = [
  { title: "KB of memory per connection", figure: "bytes", per: 1024, spread: true },
  { title: "CPU µs to come in", figure: "serverMicros", spread: true },
];

/** Many connections are opened and closed, some at a time. */
export const STORM: Work = {
  name: "storm",
  title: "Connect storm",
  about: `${CYCLES} connections are opened and closed again, 64 at a time. ` +
    "In the chat, each is given a name, joins a room and leaves it.",
  table: "of peers",
  columns: STORM_COLUMNS,
  cells: ["text", "text-node", "text-w1", "bare-deno"].map((peer) => ({
    peer,
    variants: ["to the echo", "to the chat"],
    run: (stage) => storm(stage, peer),
  })),
};

/** Many connections are opened and held. */
export const IDLE_WORK: Work = {
  name: "idle",
  title: "Idle connections",
  about: `${IDLE} idle connections; those of \`chat.v1.json\` have joined one room. ` +
    `Memory and CPU are those of the last ${IDLE - FIRST}, without what is allocated only once.`,
  table: "of peers",
  columns: IDLE_COLUMNS,
  cells: FORMS.map((peer) => ({
    peer,
    variants: [`${IDLE} connections`],
    run: (stage) => idle(stage, peer),
  })),
};

async function* storm(stage: CellRunner, name: string): AsyncGenerator<Figures> {
  await using server = await stage.start(peerNamed(name));
  for (const url of [server.echoUrl, server.chatUrl()]) {
    const order = { kind: "storm", url, connectsAtOnce: 64 } as const;
    await stage.run([server], { ...order, count: 300 });
    const { report, usage } = await stage.run([server], { ...order, count: CYCLES });
    const cycles = numberIn(report, "cycles");
    if (cycles < CYCLES) throw new Error(`Only ${cycles} of ${CYCLES} connections came about`);
    yield {
      serverMicros: usage.serverMicros / cycles,
      perSecond: numberIn(report, "cyclesPerSecond"),
      p99Millis: numberIn(report, "connectMs", "p99"),
    };
  }
}

async function* idle(stage: CellRunner, name: string): AsyncGenerator<Figures> {
  const { tongue } = peerNamed(name);
  await using server = await stage.start(peerNamed(name));
  const url = server.chatUrl();
  const figures: Record<string, number> = {};
  await stage.holdIdle([server], { tongue, url, count: FIRST }, {
    held: async () => {
      const before = await server.residentBytes();
      const others = tongue.kind === "json" ? { ...tongue, name: "other" } : tongue;
      await stage.holdIdle([server], { tongue: others, url, count: IDLE - FIRST }, {
        joined: ({ serverMicros }) => void (figures.serverMicros = serverMicros / (IDLE - FIRST)),
        held: async () => {
          figures.bytes = (await server.residentBytes() - before) / (IDLE - FIRST);
        },
      });
    },
  });
  yield figures;
}
