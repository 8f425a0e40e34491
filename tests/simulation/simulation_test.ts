/**
 * A deterministic simulation of the whole chat: clients, nodes and a Redis on a clock that jumps, with all faults drawn
 * from a seed. The checked guarantees are in `room_record.ts`, `final_checks.ts` and the oracles. Here are rooms and the client
 * library, in `rights_test.ts` who may do what. `seeds.ts` says which seeds run.
 * @module
 */
import assert from "node:assert/strict";
import { DROP_MUTANTS, EQUIVALENT_MUTANTS, LIBRARY_MUTANTS, MUTANTS } from "./mutants/mutants.ts";
import { simulateDrops } from "./drops.ts";
import { simulateLibrary } from "./library_scenario.ts";
import { simulate, type SimulationResult } from "./scenario.ts";
import { Scenario, SEEDS, testPlanted } from "./seeds.ts";

/** Takes a third of the time of the others. */
const LIBRARY_SEEDS = Math.ceil(SEEDS / 4);
const HARMLESS_SEEDS = 200;
const DROPS_SEEDS = 200;

/** The trace, with random ids replaced by numbers. */
function withoutIds({ trace }: SimulationResult): string {
  const ids = new Map<string, string>();
  return trace.join("\n").replace(/[0-9a-f]{32}/g, (id) => {
    ids.set(id, ids.get(id) ?? `id ${ids.size}`);
    return ids.get(id) ?? "";
  });
}

/** Events that must occur now and then, or the simulation proves little. */
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
  /"type":"joined".*"wanted":"Ann"/,
  /"type":"renamed".*"name":"Ann".*"from":"Ann \(\d\)"/,
  /"code":"unavailable"/,
  /"code":"unknown_outcome"/,
  /"type":"renamed"/,
  /"type":"edited"/,
  /plain\d < ! some messages are lost/,
  /plain\d < ! not all messages since then can be replayed/,
];

/** The same for the client library. */
const LIBRARY_OCCASIONS: readonly RegExp[] = [
  /lib\d\/\d+ is gone/,
  /lib\d\/\d+ is closed/,
  /lib\d has lost its token/,
  /lib\d\/\d+ < .*"type":"joined".*"wanted":"Ann"/,
  /lib\d\/\d+ < .*"type":"renamed".*"name":"Ann".*"from":"Ann \(\d\)"/,
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

const rooms = new Scenario(simulate, OCCASIONS);
const library = new Scenario(simulateLibrary, LIBRARY_OCCASIONS);

Deno.test("Rooms lose nothing in simulation", () => rooms.assertNoViolations(SEEDS));

Deno.test("The client library sends everything once, whatever is lost and however long it was offline", () => {
  return library.assertNoViolations(LIBRARY_SEEDS);
});

Deno.test("A user who drops and reconnects within 10 s is not reported as left", () => {
  return new Scenario(simulateDrops).assertNoViolations(DROPS_SEEDS);
});

for (const [name, mutant] of Object.entries(EQUIVALENT_MUTANTS)) {
  Deno.test(`Rooms lose nothing with ${name}`, () => {
    return rooms.assertNoViolations(HARMLESS_SEEDS, mutant);
  });
}

testPlanted(MUTANTS, simulate);
testPlanted(DROP_MUTANTS, simulateDrops);
testPlanted(LIBRARY_MUTANTS, simulateLibrary);

Deno.test("A simulation is identical for the same seed, and different for another", async () => {
  const [one, again, other] = [await simulate(1), await simulate(1), await simulate(2)];
  assert.deepEqual(one.trace, again.trace);
  assert.notDeepEqual(one.trace, other.trace);
});

Deno.test("A simulation of the client library is identical for the same seed, except for its random ids", async () => {
  const [one, again] = [await simulateLibrary(1), await simulateLibrary(1)];
  assert.deepEqual(withoutIds(one), withoutIds(again));
});

Deno.test("Simulations reach every required event", () => rooms.assertOccasions());

Deno.test("Simulations of the client library reach every required event", () => {
  return library.assertOccasions();
});
