import assert from "node:assert/strict";
import { Unstoppable } from "../../../lib/io/isolates/ward.ts";
import { settle } from "../../fakes.ts";
import { Hospital, withDead, withStuck } from "./wards.ts";

Deno.test("Supervisor starts as many isolates as there are to be, and lets those be that are well", async () => {
  using hospital = new Hospital(3);
  await hospital.start();
  hospital.supervisor.run(hospital.signal);
  assert.deepEqual(hospital.told(), ["1 is up", "2 is up", "3 is up"]);
  await hospital.rounds(1_000);
  assert.deepEqual([hospital.told(), hospital.supervisor.count], [[], 3]);
});

Deno.test("Supervisor that cannot start one tells why when all have tried, and ends them all", async () => {
  using hospital = new Hospital(3);
  hospital.misfortunes.push("it is too early", "", "");
  await assert.rejects(hospital.start(), /it is too early/);
  await hospital.supervisor.end();
  assert.deepEqual(hospital.told(), [
    "2 is up",
    "3 is up",
    "1 is ended",
    "2 is ended",
    "3 is ended",
  ]);
});

Deno.test("Supervisor replaces an isolate that has died at once, and tries again and again", async () => {
  using hospital = await Hospital.open(2);
  hospital.misfortunes.push("no", "no", "no");
  await hospital.ward(1).die();
  assert.equal(hospital.supervisor.count, 1);
  await hospital.clock.advance(0);
  assert.equal(hospital.wards.length, 3);
  // Each wait is drawn up to 0.1, 0.2 and 0.4 s.
  await hospital.clock.advance(700);
  assert.deepEqual(hospital.told(), [
    "1 is ended",
    "3 is ended",
    "4 is ended",
    "5 is ended",
    "6 is up",
  ]);
  assert.deepEqual([hospital.supervisor.count, hospital.ended], [2, ["died"]]);
});

Deno.test("Supervisor replaces an isolate that has missed five questions, which cannot say goodbye", async () => {
  using hospital = await Hospital.open(2);
  hospital.ward(1).isSilent = true;
  await hospital.rounds(4);
  assert.deepEqual(hospital.told(), []);
  await hospital.rounds(1);
  assert.deepEqual(hospital.told(), ["1 is ended", "3 is up"]);
  assert.deepEqual(hospital.ended, ["silent"]);
});

Deno.test("Supervisor lets an isolate be that answers again before the fifth question", async () => {
  using hospital = await Hospital.open(1);
  for (let time = 0; time < 3; time++) {
    hospital.ward(1).isSilent = true;
    await hospital.rounds(4);
    hospital.ward(1).isSilent = false;
    await hospital.rounds(1);
  }
  assert.deepEqual(hospital.told(), []);
});

Deno.test("Supervisor takes a machine that slept for an hour for one missed question", async () => {
  using hospital = await Hospital.open(1);
  hospital.ward(1).isSilent = true;
  for (let sleep = 0; sleep < 2; sleep++) await hospital.clock.sleepAndWake();
  hospital.ward(1).isSilent = false;
  await hospital.rounds(5);
  assert.deepEqual(hospital.told(), []);
});

Deno.test("Supervisor does not take for silence what is missed by those who only want to know", async () => {
  using hospital = await Hospital.open(1);
  hospital.ward(1).isSilent = true;
  const asking = Array.from({ length: 50 }, () => hospital.supervisor.reports());
  await hospital.clock.advance(2_000);
  await Promise.all(asking);
  hospital.ward(1).isSilent = false;
  await hospital.rounds(5);
  assert.deepEqual(hospital.told(), []);
});

for (const [what, census] of [["dead", withDead(11)], ["stuck", withStuck(11)]] as const) {
  Deno.test(`Supervisor lets another one come up before it recycles an isolate with too many ${what} sockets, which moves its clients first`, async () => {
    using hospital = await Hospital.open(1);
    hospital.ward(1).census = census;
    await hospital.rounds(1);
    assert.deepEqual(hospital.told(), ["2 is up", "1 moves its clients", "1 is ended"]);
    assert.deepEqual([hospital.supervisor.count, hospital.ended], [1, ["dead_sockets"]]);
  });
}

Deno.test("Supervisor recycles one at a time, and gives each 13.7 s for its clients", async () => {
  using hospital = await Hospital.open(2);
  for (const number of [1, 2]) {
    // So many that it cannot wait.
    hospital.ward(number).census = withDead(31);
    hospital.ward(number).isDrained = false;
  }
  await hospital.clock.advance(2_000);
  assert.deepEqual(hospital.told(), ["3 is up", "1 moves its clients"]);
  await hospital.clock.advance(13_600);
  assert.deepEqual(hospital.told(), []);
  await hospital.clock.advance(200);
  assert.deepEqual(hospital.told(), ["1 is ended"]);
  await hospital.clock.advance(2_000);
  assert.deepEqual(hospital.told(), ["4 is up", "2 moves its clients"]);
});

Deno.test("Supervisor does not recycle again and again where sockets are leaked on purpose", async () => {
  using hospital = await Hospital.open(1);
  const times: number[] = [];
  for (let second = 0; second < 2_400; second += 60) {
    for (const ward of hospital.wards) ward.census = withDead(11);
    const before = hospital.ended.length;
    await hospital.clock.advance(60_000);
    if (hospital.ended.length > before) times.push(Math.floor(second / 600));
  }
  // In tens of minutes: at once, after ten, after twenty more.
  assert.deepEqual(times, [0, 1, 3]);
});

Deno.test("Supervisor that stops says goodbye to those too who are being moved", async () => {
  using hospital = await Hospital.open(1);
  hospital.ward(1).census = withDead(11);
  hospital.ward(1).isDrained = false;
  await hospital.clock.advance(2_000);
  hospital.told();
  const draining = hospital.supervisor.drain();
  await hospital.clock.advance(4_500);
  await draining;
  assert.deepEqual(hospital.told(), ["2 says goodbye", "1 says goodbye"]);
});

Deno.test("Supervisor recycles nobody where no other one comes up", async () => {
  using hospital = await Hospital.open(1);
  hospital.ward(1).census = withDead(11);
  hospital.misfortunes.push("no descriptors");
  await hospital.clock.advance(2_000);
  assert.deepEqual(hospital.told(), ["2 is ended"]);
  assert.deepEqual([hospital.supervisor.count, hospital.ended], [1, []]);
  await hospital.clock.advance(2_000);
  assert.deepEqual(hospital.told(), ["3 is up", "1 moves its clients", "1 is ended"]);
});

Deno.test("Supervisor leaves it to nature where an isolate dies while it is to be recycled", async () => {
  using hospital = await Hospital.open(1);
  hospital.ward(1).census = withDead(11);
  hospital.opening = Promise.withResolvers();
  await hospital.clock.advance(2_000);
  await hospital.ward(1).die();
  hospital.opening.resolve();
  await settle();
  assert.deepEqual(hospital.told(), ["1 is ended", "2 is up", "3 is up"]);
  assert.deepEqual(hospital.ended, ["died"]);
});

Deno.test("Supervisor recycles an isolate that has outgrown its share", async () => {
  using hospital = await Hospital.open(2);
  hospital.ward(2).bytes = 1_001;
  await hospital.rounds(1);
  assert.deepEqual(hospital.told(), ["3 is up", "2 moves its clients", "2 is ended"]);
  assert.deepEqual(hospital.ended, ["grown"]);
});

Deno.test("Supervisor recycles the biggest where the process takes too much for six seconds, then with growing rests", async () => {
  using hospital = await Hospital.open(3);
  hospital.ward(2).bytes = 900;
  hospital.ward(3).bytes = 800;
  hospital.processBytes = 5_001;
  await hospital.clock.advance(7_000);
  assert.deepEqual(hospital.told(), []);
  await hospital.clock.advance(1_000);
  assert.deepEqual(hospital.told(), ["4 is up", "2 moves its clients", "2 is ended"]);
  await hospital.clock.advance(590_000);
  assert.deepEqual(hospital.told(), []);
  await hospital.clock.advance(12_000);
  assert.deepEqual(hospital.told(), ["5 is up", "3 moves its clients", "3 is ended"]);
});

Deno.test("Supervisor recycles in haste where memory runs out, whatever was recycled five seconds ago", async () => {
  using hospital = await Hospital.open(1);
  await hospital.clock.advance(100);
  hospital.processBytes = 6_001;
  await hospital.clock.advance(250);
  assert.deepEqual(hospital.told(), ["2 is up", "1 says goodbye in haste", "1 is ended"]);
  await hospital.clock.advance(4_500);
  assert.deepEqual(hospital.told(), []);
  await hospital.clock.advance(750);
  assert.deepEqual(hospital.told(), ["3 is up", "2 says goodbye in haste", "2 is ended"]);
});

Deno.test("Supervisor stops taking its time where memory runs out while clients are moved", async () => {
  using hospital = await Hospital.open(1);
  hospital.ward(1).census = withDead(11);
  hospital.ward(1).isDrained = false;
  await hospital.clock.advance(4_000);
  assert.deepEqual(hospital.told(), ["2 is up", "1 moves its clients"]);
  hospital.processBytes = 6_001;
  await hospital.clock.advance(1_700);
  assert.deepEqual(hospital.told(), ["1 says goodbye in haste", "1 is ended"]);
});

Deno.test("Supervisor knows that clients are on their way back for a while", async () => {
  using hospital = await Hospital.open(1);
  assert.equal(hospital.supervisor.moving, "no");
  hospital.ward(1).census = withDead(11);
  hospital.ward(1).isDrained = false;
  await hospital.clock.advance(2_000);
  assert.equal(hospital.supervisor.moving, "under way");
  await hospital.clock.advance(13_699);
  assert.equal(hospital.supervisor.moving, "under way");
  await hospital.clock.advance(15_000);
  assert.equal(hospital.supervisor.moving, "returning");
  await hospital.clock.advance(1);
  assert.equal(hospital.supervisor.moving, "no");
});

Deno.test("Supervisor has all isolates park who is furthest behind", async () => {
  using hospital = await Hospital.open(2);
  hospital.supervisor.relieve();
  await settle();
  assert.deepEqual(hospital.told(), ["1 parks", "2 parks"]);
});

for (const how of ["silent", "dead"] as const) {
  Deno.test(`Supervisor is broken for good where an isolate that is ${how} cannot be ended`, async () => {
    using hospital = await Hospital.open(1);
    const [ward] = hospital.wards;
    assert.ok(ward);
    ward.canEnd = false;
    if (how === "silent") ward.isSilent = true;
    else ward.census = withDead(11);
    await hospital.rounds(5);
    const why = await hospital.supervisor.broken;
    assert.ok(why instanceof Unstoppable);
    assert.match(why.message, /Isolate 1 .*cannot be ended/);
  });
}

Deno.test("Supervisor that is told to stop replaces nobody, and ends those that it is still waiting for", async () => {
  using hospital = await Hospital.open(2);
  hospital.opening = Promise.withResolvers();
  await hospital.ward(1).die();
  hospital[Symbol.dispose]();
  await hospital.ward(2).die();
  await hospital.supervisor.end();
  hospital.opening.resolve();
  await settle();
  assert.deepEqual(hospital.told(), ["1 is ended", "2 is ended", "3 is up", "3 is ended"]);
});

Deno.test("Supervisor says goodbye for all of them together, and waits for nobody longer than 4.5 s", async () => {
  using hospital = await Hospital.open(3);
  hospital.ward(2).isDrained = false;
  let isDone = false;
  const draining = hospital.supervisor.drain().then(() => isDone = true);
  await hospital.clock.advance(4_499);
  assert.deepEqual(hospital.told(), ["1 says goodbye", "2 says goodbye", "3 says goodbye"]);
  assert.equal(isDone, false);
  await hospital.clock.advance(1);
  await draining;
});

Deno.test("Supervisor tells what each isolate told last where it does not answer now", async () => {
  using hospital = await Hospital.open(2);
  hospital.ward(1).census = withDead(3);
  await hospital.supervisor.reports();
  hospital.ward(1).isSilent = true;
  const asking = hospital.supervisor.reports();
  await hospital.clock.advance(2_000);
  assert.deepEqual((await asking).map(({ census }) => census.dead), [3, 0]);
});
