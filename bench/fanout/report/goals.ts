/**
 * The targets of this service, as data. Those of fan-out and of connections apply to one isolate that does everything, with
 * each of the two socket engines.
 * @module
 */
import type { Measure, Source, Target } from "./targets.ts";

const CPU = "serverMicros";
const at = (publishers: number) => ({ work: "fanout-1000", variant: `N=1000 K=${publishers}` });
const cpu = (peer: string, publishers: number): Source => ({
  ...at(publishers),
  peer,
  figure: CPU,
});
const open = (peer: string, figure: string): Source => ({
  ...{ work: "open", variant: "N=1000, 100 texts/s" },
  ...{ peer, figure },
});
const idle = (peer: string): Source => ({
  ...{ work: "idle", variant: "10000 connections" },
  ...{ peer, figure: "bytes" },
});

/** An engine, how the peers are named that have it, and its limits; undefined if a figure is only reported. */
interface Engine {
  readonly name: string;
  readonly suffix: string;
  readonly jsonToBun: number;
  readonly textToBun: number | undefined;
  readonly openCpuToBun: number;
  readonly echoCpu: number | undefined;
  readonly echoTail: number | undefined;
  readonly connectingToEcho: number | undefined;
  readonly connectingToChat: number | undefined;
  /** KB of memory more than the bare loop. */
  readonly idleText: number | undefined;
  readonly idleJson: number | undefined;
}

const DENO: Engine = {
  ...{ name: "engine deno", suffix: "", jsonToBun: 1, textToBun: undefined, openCpuToBun: 0.7 },
  ...{ echoCpu: 1.1, echoTail: 1.3, connectingToEcho: 1.25, connectingToChat: 1.8 },
  ...{ idleText: 3, idleJson: 6 },
};
const NODE: Engine = {
  ...{ name: "engine node", suffix: "-node", jsonToBun: 0.8, textToBun: 0.8, openCpuToBun: 0.6 },
  ...{ echoCpu: undefined, echoTail: undefined },
  ...{ connectingToEcho: undefined, connectingToChat: undefined },
  ...{ idleText: undefined, idleJson: undefined },
};

function ratio(what: string, atMost: number | undefined, of: Source, to: Source): Target {
  const bound = atMost === undefined ? undefined : { atMost };
  return { what, bound, unit: " ×", measure: { kind: "ratio", of, to } };
}

function fanOut({ name, suffix, jsonToBun, textToBun, openCpuToBun }: Engine): readonly Target[] {
  const [json, text] = [`json${suffix}`, `text${suffix}`];
  const named = (what: string) => `${what}, ${name}`;
  const redis = { ...cpu(json, 1), figure: "redisMicros" };
  return [
    ratio(named("JSON K=8 : Bun's publish, CPU"), jsonToBun, cpu(json, 8), cpu("bun", 8)),
    ratio(named("text K=8 : Bun's publish, CPU"), textToBun, cpu(text, 8), cpu("bun", 8)),
    ratio(named("JSON K=1 : bare Deno, CPU"), 1.1, cpu(json, 1), cpu("bare-deno", 1)),
    ratio(named("text K=1 : bare Deno, CPU"), 1.1, cpu(text, 1), cpu("bare-deno", 1)),
    ratio(named("open loop JSON : Bun, CPU"), openCpuToBun, open(json, CPU), open("bun", CPU)),
    ratio(
      named("open loop JSON : Bun, p99"),
      1,
      open(json, "p99Micros"),
      open("bun", "p99Micros"),
    ),
    {
      what: named("Redis CPU per delivery, JSON K=1"),
      ...{ bound: { atMost: 0.15 }, unit: " µs" },
      measure: { kind: "value", of: redis },
    },
  ];
}

/** Compares like with like: the bare loop has no Redis either. */
function alone(): readonly Target[] {
  const [json, text, bare] = ["json-alone", "text-alone", "bare-deno"] as const;
  return [
    ratio("JSON K=1 : bare Deno, CPU, no Redis", 1.1, cpu(json, 1), cpu(bare, 1)),
    ratio("text K=1 : bare Deno, CPU, no Redis", 1.1, cpu(text, 1), cpu(bare, 1)),
  ];
}

function connections({ name, suffix, ...limits }: Engine): readonly Target[] {
  const storm = (variant: string, peer: string) => ({
    ...{ work: "storm", variant, peer, figure: CPU },
  });
  const connecting = (variant: string, atMost: number | undefined) =>
    ratio(
      `connecting ${variant} : bare Deno, CPU, ${name}`,
      atMost,
      storm(variant, `text${suffix}`),
      storm(variant, "bare-deno"),
    );
  const echo = (peer: string, figure: string) => ({
    ...{ work: "echo", variant: "100 connections", peer, figure },
  });
  const echoes = (what: string, atMost: number | undefined, figure: string) =>
    ratio(
      `echo : bare Deno, ${what}, ${name}`,
      atMost,
      echo(`text${suffix}`, figure),
      echo("bare-deno", figure),
    );
  const memory = (what: string, atMost: number | undefined, peer: string): Target => ({
    what: `${what}, ${name}`,
    ...{ bound: atMost === undefined ? undefined : { atMost }, unit: " KB" },
    measure: { kind: "more", of: idle(peer), than: idle("bare-deno"), per: 1024 },
  });
  return [
    echoes("CPU", limits.echoCpu, CPU),
    echoes("p99", limits.echoTail, "p99Micros"),
    connecting("to the echo", limits.connectingToEcho),
    connecting("to the chat", limits.connectingToChat),
    memory("idle text − bare Deno, memory each", limits.idleText, `text${suffix}`),
    memory("idle JSON in a room − bare Deno, memory each", limits.idleJson, `json${suffix}`),
  ];
}

function slow(peer: string): Target[] {
  const of = (variant: string, figure: string): Source => ({ work: "slow", variant, peer, figure });
  const [all, some] = ["all read", "10 % read nothing"] as const;
  const throughput: Measure = {
    ...{ kind: "ratio", of: of(some, "perReader"), to: of(all, "perReader") },
  };
  return [
    {
      what: `slow readers, ${peer}: memory grown more than without, the cap being 10 MiB`,
      ...{ bound: { atMost: 10 }, unit: " MiB" },
      measure: {
        ...{ kind: "more", of: of(some, "grownBytes"), than: of(all, "grownBytes") },
        per: 1024 * 1024,
      },
    },
    {
      what: `slow readers, ${peer}: the others' throughput : without`,
      ...{ bound: { atLeast: 0.9 }, unit: " ×", measure: throughput },
    },
  ];
}

const rooms = (variant: string, figure = "perText"): Source => ({
  ...{ work: "rooms", variant, peer: "json", figure },
});
const joins = (variant: string): Source => ({
  ...{ work: "joins", variant, peer: "json", figure: "perMember" },
});
const instances = (variant: string, figure: string): Source => ({
  ...{ work: "instances", variant, peer: "json", figure },
});
const [ONE, TWO] = ["one instance", "two instances"] as const;

const FORMS = [["json-file", "embedded store"], ["json-w1", "Redis"]] as const;

/** @param figure In thousandths of the unit. */
function manyRooms(
  what: string,
  figure: string,
  atMost: number,
  unit: string,
): readonly Target[] {
  return FORMS.map(([peer, store]) => ({
    ...{ what: `20,000 rooms of five, ${store}: ${what}`, bound: { atMost }, unit },
    measure: {
      kind: "value",
      of: { work: "many-rooms", variant: "20000 rooms", peer, figure },
      per: 1_000,
    },
  }));
}

/** The targets of the works for planning. */
export const SCALE_TARGETS: readonly Target[] = [
  ...manyRooms("CPU in silence", "silentMicros", 60, " ms/s"),
  ...manyRooms("p99 of a text", "p99Micros", 20, " ms"),
  ...FORMS.map(([peer, store]): Target => ({
    what: `10,000 members come back, ${store}`,
    ...{ bound: { atLeast: 3_000 }, unit: "/s" },
    measure: {
      kind: "value",
      of: { work: "come-back", variant: "10000 members", peer, figure: "perSecond" },
    },
  })),
];

const events = (peer: string, variant: string): Source => ({
  ...{ work: "events", variant, peer, figure: CPU },
});

/** The targets of readers over HTTP. Beside sockets, the mean of both counts. */
export const READER_TARGETS: readonly Target[] = [DENO, NODE].flatMap(({ name, suffix }) => {
  const [peer, sockets] = [`json${suffix}`, events(`json${suffix}`, "1,000 sockets")];
  const both = events(peer, "1,000 sockets, 1,000 readers");
  return [
    ratio(`an event : a frame, ${name}`, 1.3, events(peer, "1,000 readers"), sockets),
    ratio(`a delivery beside events : beside none, ${name}`, 1.15, both, sockets),
  ];
});

/** All targets of the comparison. "Flat" and "linear" allow a tenth and a quarter, because no measurement is exactly either. */
export const TARGETS: readonly Target[] = [
  ...fanOut(DENO),
  ...fanOut(NODE),
  ...alone(),
  ...connections(DENO),
  ...connections(NODE),
  ...slow("json"),
  ...slow("text"),
  ratio(
    "joining: CPU per member, 10,000 : 1,000",
    1.25,
    joins("10000 members"),
    joins("1000 members"),
  ),
  ratio(
    "publishing: CPU per text beside 10,000 rooms : beside 1",
    1.1,
    rooms("10000 other rooms"),
    rooms("1 other room"),
  ),
  {
    what: "two instances : one, deliveries",
    ...{ bound: { atLeast: 1.98 }, unit: " ×" },
    measure: { kind: "ratio", of: instances(TWO, "perSecond"), to: instances(ONE, "perSecond") },
  },
  ratio("two instances : one, CPU per delivery", 1.1, instances(TWO, CPU), instances(ONE, CPU)),
];
