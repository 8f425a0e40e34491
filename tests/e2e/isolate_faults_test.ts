/** What becomes of people and process when an isolate dies, hears too little, or does not answer any more. */
import assert from "node:assert/strict";
import { TestClient } from "../client.ts";
import { type InspectedParley, startInspected } from "../inspector.ts";
import type { Parley } from "../parley.ts";
import { until } from "../provision.ts";
import { TemporaryFolder } from "../temporary_folder.ts";
import { AMPLE, censusOf, gather, haveHeard, MANY } from "./gathering.ts";

/** Ends an isolate from the inside, as an error of the runtime's would, and waits until another one serves. */
async function replaced(parley: InspectedParley, isolate: string): Promise<void> {
  await parley.runIn(isolate, "self.close()");
  await until("another one to serve", async () => {
    const isolates = await parley.isolates();
    return isolates.length === 2 && !isolates.includes(isolate);
  });
}

Deno.test("An isolate that dies is replaced, and whoever was on it comes back and has lost nothing", async () => {
  await using parley = await startInspected({ ...AMPLE, WORKERS: "2" });
  await using held = new AsyncDisposableStack();
  const talkers = await gather(held, [parley], MANY);
  await talkers[0]?.say("begin");
  let isOver = false;
  const talking = (async () => {
    let rounds = 0;
    while (!isOver) {
      const round = rounds++;
      await Promise.all(talkers.map((talker, index) => talker.say(`${index}/${round}`)));
    }
    return rounds;
  })();
  // Each of the two that there are at first.
  for (const isolate of await parley.isolates()) await replaced(parley, isolate);
  isOver = true;
  const rounds = await talking;
  await haveHeard(talkers, "begin", MANY * rounds);
  assert.ok(talkers.every(({ returns }) => returns > 0));
  assert.equal(parley.output.match(/"isolate\.died"/g)?.length, 2);
  await until("the dead ones' places to be free", async () => {
    return (await censusOf(parley)).open === MANY;
  });
  await parley.leave();
});

/** Keeps an isolate busy until the file is there; resolves when it has begun. */
async function keepBusy(parley: InspectedParley, isolate: string, file: string): Promise<void> {
  const isThere = `try { Deno.statSync("${file}"); return; } catch {}`;
  await parley.runIn(isolate, `setTimeout(() => { for (;;) { ${isThere} } }, 0)`);
}

async function metric({ adminUrl }: Parley, name: string): Promise<number> {
  const text = await (await fetch(`${adminUrl}/metrics`)).text();
  return Number(text.match(new RegExp(`^${name} (\\d+)`, "m"))?.[1]);
}

Deno.test("An isolate that was too busy to hear hundreds of posts heals all of it by few readings of the log", async () => {
  await using folder = new TemporaryFolder();
  await using parley = await startInspected({ ...AMPLE, WORKERS: "2" });
  await using held = new AsyncDisposableStack();
  const talkers = await gather(held, [parley], MANY);
  await talkers[0]?.say("begin");
  const [busy = ""] = await parley.isolates();
  await keepBusy(parley, busy, `${folder.path}/enough`);
  // Whoever is answered now is on the other one.
  const first = talkers.map((talker, index) => talker.say(`${index}`).then(() => talker));
  const speaker = await Promise.race(first);
  // One post each, and there is room for 256.
  for (let count = 0; count < 600; count++) await speaker.say(`word ${count}`);
  await Deno.writeTextFile(`${folder.path}/enough`, "");
  await Promise.all(first);
  await haveHeard(talkers, "begin", MANY + 600);
  assert.ok(await metric(parley, "chat_holes_seen_total") >= 1);
  const readings = await metric(parley, "chat_replays_total");
  assert.ok(readings >= 1 && readings <= 10, `${readings} readings`);
  await parley.leave();
});

Deno.test("parley ends with 70 where an isolate neither answers nor can be ended, and says goodbye to the others first", async () => {
  await using parley = await startInspected({ WORKERS: "2" });
  await using held = new AsyncDisposableStack();
  const open = () => TestClient.open(`${parley.url}/s`);
  const clients = await Promise.all(Array.from({ length: MANY }, open));
  for (const client of clients) held.use(client);
  const [busy = ""] = await parley.isolates();
  await parley.runIn(busy, "setTimeout(() => { for (;;); }, 0)");
  await parley.leave();
  assert.equal((await parley.ended).code, 70);
  assert.match(parley.output, /"isolate\.silent"[^]*"service\.broken".*cannot be ended/);
  const codes = (await Promise.all(clients.map(({ closed }) => closed))).map(({ code }) => code);
  assert.ok(codes.includes(1012));
  assert.ok(codes.some((code) => code !== 1012), "nobody was on the one that could say nothing");
});
