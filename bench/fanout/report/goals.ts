/**
 * The targets of this service, as data. Those of fan-out apply to one isolate that does everything, and to a worker
 * beside the main isolate, which is the default on a machine with two cores.
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
const open = (peer: string): Source => ({
  ...{ work: "open", variant: "N=1000, 100 texts/s" },
  ...{ peer, figure: "p99Micros" },
});
const idle = (peer: string): Source => ({
  ...{ work: "idle", variant: "10000 connections" },
  ...{ peer, figure: "bytes" },
});

function ratio(what: string, atMost: number, of: Source, to: Source): Target {
  return { what, bound: { atMost }, unit: " ×", measure: { kind: "ratio", of, to } };
}

/** @param suffix Ends the peers' names: the configuration of Parley. */
function fanOut(form: string, suffix: string): Target[] {
  const [json, text] = [`json${suffix}`, `text${suffix}`];
  const name = (what: string) => `${what}, ${form}`;
  const [one, eight] = [1, 8] as const;
  return [
    ratio(name("JSON K=8 : Bun's publish, CPU"), 1.3, cpu(json, eight), cpu("bun", eight)),
    ratio(name("JSON K=8 : Node `ws`, CPU"), 1 / 6, cpu(json, eight), cpu("ws", eight)),
    ratio(name("JSON K=1 : bare Deno, CPU"), 1.15, cpu(json, one), cpu("bare-deno", one)),
    ratio(name("text K=1 : bare Deno, CPU"), 1.15, cpu(text, one), cpu("bare-deno", one)),
    ratio(name("text K=8 : bare Deno, CPU"), 1.15, cpu(text, eight), cpu("bare-deno", eight)),
    ratio(name("open loop JSON : Bun, p99"), 1, open(json), open("bun")),
    ratio(name("open loop JSON : Nchan, p99"), 1, open(json), open("nchan")),
  ];
}

/** Compares like with like: the bare loop has no Redis either. */
function alone(): Target[] {
  const [json, text, bare] = ["json-alone", "text-alone", "bare-deno"] as const;
  return [
    ratio("JSON K=1 : bare Deno, CPU, no Redis", 1.15, cpu(json, 1), cpu(bare, 1)),
    ratio("text K=1 : bare Deno, CPU, no Redis", 1.15, cpu(text, 1), cpu(bare, 1)),
    ratio("text K=8 : bare Deno, CPU, no Redis", 1.15, cpu(text, 8), cpu(bare, 8)),
  ];
}

function connections(form: string, suffix: string): Target[] {
  const storm = (variant: string, peer: string) => ({
    ...{ work: "storm", variant, peer, figure: CPU },
  });
  const connecting = (variant: string) =>
    ratio(
      `connecting ${variant} : bare Deno, CPU, ${form}`,
      2,
      storm(variant, `text${suffix}`),
      storm(variant, "bare-deno"),
    );
  const echo = (peer: string) => ({
    ...{ work: "echo", variant: "100 connections", peer, figure: CPU },
  });
  const memory = (what: string, atMost: number, peer: string): Target => ({
    ...{ what: `${what}, ${form}`, bound: { atMost }, unit: " KB" },
    measure: { kind: "more", of: idle(peer), than: idle("bare-deno"), per: 1024 },
  });
  return [
    ratio(`echo : bare Deno, CPU, ${form}`, 1.1, echo(`text${suffix}`), echo("bare-deno")),
    connecting("to the echo"),
    connecting("to the chat"),
    memory("idle text − bare Deno, memory each", 3, `text${suffix}`),
    memory("idle JSON in a room − bare Deno, memory each", 6, `json${suffix}`),
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

/** All targets of the comparison. "Flat" and "linear" allow a tenth and a quarter, because no measurement is exactly either. */
export const TARGETS: readonly Target[] = [
  ...fanOut("one isolate", ""),
  ...fanOut("WORKERS=1", "-w1"),
  ...alone(),
  {
    what: "Redis CPU per delivery, N=1000 K=8",
    ...{ bound: { atMost: 0.03 }, unit: " µs" },
    measure: { kind: "value", of: { ...cpu("json", 8), figure: "redisMicros" } },
  },
  {
    what: "Redis CPU per delivery, N=1000 K=1",
    ...{ bound: { atMost: 0.03 }, unit: " µs" },
    measure: { kind: "value", of: { ...cpu("json", 1), figure: "redisMicros" } },
  },
  ...connections("one isolate", ""),
  ...connections("WORKERS=1", "-w1"),
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
