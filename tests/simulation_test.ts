/**
 * A deterministic simulation of the whole chat: clients, nodes and a Redis under a clock that jumps, and everything that can
 * go wrong drawn from a seed. What the code promises is in `simulation/room_record.ts` and `simulation/verdicts.ts`.
 * `SIMULATION_SEEDS` says how many seeds are tried; `SIMULATION_SEED` tries one alone and tells all that happened.
 * @module
 */
import assert from "node:assert/strict";
import { DROP_FAULTS, FAULTS, HARMLESS, LIBRARY_FAULTS } from "./simulation/planted.ts";
import { simulateDrops } from "./simulation/drops.ts";
import { simulateLibrary } from "./simulation/library_scenario.ts";
import { type Found, simulate } from "./simulation/scenario.ts";

/** Half a minute on two slow cores. */
const DEFAULT_SEEDS = 5_000;
const SEEDS = Number(Deno.env.get("SIMULATION_SEEDS") ?? DEFAULT_SEEDS);
const ALONE = Deno.env.get("SIMULATION_SEED");
/** A quarter of the time that the others take. */
const LIBRARY_SEEDS = Math.ceil(SEEDS / 4);
/** A planted fault must be found within so many. */
const ENOUGH_SEEDS = 500;
const HARMLESS_SEEDS = 200;
const DROPS_SEEDS = 200;
const OCCASION_SEEDS = 4_000;

/** The first so many, or the one that is asked for. */
function seeds(count: number): readonly number[] {
  return ALONE === undefined ? Array.from({ length: count }, (_, seed) => seed) : [Number(ALONE)];
}

function judge(seed: number, { complaints, trace }: Found): void {
  if (complaints.length === 0) return;
  const what = ALONE === undefined ? complaints : [...trace, ...complaints];
  assert.fail(
    `${what.join("\n")}\nSIMULATION_SEED=${seed} deno test --frozen -A tests/simulation_test.ts`,
  );
}

/** The trace, with the ids that are drawn at random as numbers. */
function withoutIds({ trace }: Found): string {
  const ids = new Map<string, string>();
  return trace.join("\n").replace(/[0-9a-f]{32}/g, (id) => {
    ids.set(id, ids.get(id) ?? `id ${ids.size}`);
    return ids.get(id) ?? "";
  });
}

/** The first seed by which something is found. */
async function firstFound(run: (seed: number) => Promise<Found>): Promise<number | undefined> {
  for (let seed = 0; seed < ENOUGH_SEEDS; seed++) {
    if ((await run(seed)).complaints.length > 0) return seed;
  }
  return undefined;
}

/** What must happen now and then, or the simulation proves little. */
const OCCASIONS: readonly RegExp[] = [
  /crashes/,
  /is deaf/,
  /cannot reach Redis/,
  /the replica takes over/,
  /Redis is emptied/,
  /"recovered":true/,
  /"recovered":false,"reason":"rewound"/,
  /"recovered":false,"reason":"unknown_epoch"/,
  /"recovered":false,"reason":"too_old"/,
  /"recovered":false,"reason":"too_many"/,
  /"type":"lost".*"reason":"rewound"/,
  /"type":"lost".*"reason":"too_old"/,
  /"code":"name_taken"/,
  /"code":"unavailable"/,
  /"code":"unknown_outcome"/,
  /"type":"renamed"/,
  /"type":"edited"/,
  /plain\d < ! some of what was said here is lost/,
  /plain\d < ! not all that was said since then can be given/,
];

/** And where people use the client library. */
const LIBRARY_OCCASIONS: readonly RegExp[] = [
  /lib\d\/\d+ is gone/,
  /lib\d\/\d+ is closed/,
  /lib\d has lost its token/,
  /nothing happens for 300000 ms/,
  /nothing happens for 3600000 ms/,
  /lib\d\/\d+ > .*"type":"history".*"limit":200/,
  /lib\d\/\d+ < .*"type":"joined".*"recovered":true/,
  /lib\d\/\d+ < .*"type":"joined".*"recovered":false,"reason":"rewound"/,
  /lib\d\/\d+ < .*"type":"joined".*"recovered":false,"reason":"unknown_epoch"/,
  /lib\d\/\d+ < .*"type":"joined".*"recovered":false,"reason":"too_old"/,
  /lib\d\/\d+ < .*"type":"joined".*"recovered":false,"reason":"too_many"/,
  /lib\d\/\d+ < .*"type":"lost".*"reason":"rewound"/,
  /lib\d\/\d+: \S+ is \{"kind":"unsure"/,
  /lib\d\/\d+: \S+ is \{"kind":"failed"/,
  /lib\d\/\d+: \S+ is \{"kind":"discarded"/,
];

const PLANTED = [
  ...Object.entries(FAULTS).map(([name, plant]) => [name, plant, simulate] as const),
  ...Object.entries(DROP_FAULTS).map(([name, plant]) => [name, plant, simulateDrops] as const),
  ...Object.entries(LIBRARY_FAULTS).map(([name, plant]) => [name, plant, simulateLibrary] as const),
];

Deno.test("rooms lose nothing in simulation", async () => {
  for (const seed of seeds(SEEDS)) judge(seed, await simulate(seed));
});

Deno.test("the client library says everything once, whatever is lost and however long it was away", async () => {
  for (const seed of seeds(LIBRARY_SEEDS)) judge(seed, await simulateLibrary(seed));
});

Deno.test("who drops and comes back within 10 s is not seen to go", async () => {
  for (const seed of seeds(DROPS_SEEDS)) judge(seed, await simulateDrops(seed));
});

for (const [name, plant] of Object.entries(HARMLESS)) {
  Deno.test(`rooms lose nothing by ${name}`, async () => {
    for (const seed of seeds(HARMLESS_SEEDS)) judge(seed, await simulate(seed, plant));
  });
}

for (const [name, plant, run] of PLANTED) {
  Deno.test(`the simulation finds ${name} within ${ENOUGH_SEEDS} seeds`, async () => {
    assert.notEqual(await firstFound((seed) => run(seed, plant)), undefined);
  });
}

Deno.test("a simulation is the same with the same seed, and another one with another", async () => {
  const [one, again, other] = [await simulate(1), await simulate(1), await simulate(2)];
  assert.deepEqual(one.trace, again.trace);
  assert.notDeepEqual(one.trace, other.trace);
});

Deno.test("a simulation of the client library is the same with the same seed, but for the ids that it draws", async () => {
  const [one, again] = [await simulateLibrary(1), await simulateLibrary(1)];
  assert.deepEqual(withoutIds(one), withoutIds(again));
});

Deno.test("simulations of the client library bring about all that they are for", async () => {
  const missing = new Set(LIBRARY_OCCASIONS);
  for (let seed = 0; seed < OCCASION_SEEDS && missing.size > 0; seed++) {
    const trace = (await simulateLibrary(seed)).trace.join("\n");
    for (const occasion of missing) if (occasion.test(trace)) missing.delete(occasion);
  }
  assert.deepEqual([...missing], []);
});

Deno.test("simulations bring about all that they are for", async () => {
  const missing = new Set(OCCASIONS);
  for (let seed = 0; seed < OCCASION_SEEDS && missing.size > 0; seed++) {
    const trace = (await simulate(seed)).trace.join("\n");
    for (const occasion of missing) if (occasion.test(trace)) missing.delete(occasion);
  }
  assert.deepEqual([...missing], []);
});
