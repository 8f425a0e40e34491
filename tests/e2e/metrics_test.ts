/** What `/metrics` tells is what has happened in all isolates. */
import assert from "node:assert/strict";
import { EXPOSITION_TYPE } from "../../lib/core/exposition.ts";
import { TestClient } from "../client.ts";
import { readExposition } from "../core/exposition_reader.ts";
import { isReady, type Parley, startParley } from "../parley.ts";
import { until } from "../provision.ts";
import { startRedis } from "../redis_server.ts";

const PEOPLE = 12;

/** Every line's value, by its name and labels: `chat_connections{state=open}`. */
async function scrape({ adminUrl }: Parley): Promise<ReadonlyMap<string, number>> {
  const answer = await fetch(`${adminUrl}/metrics`);
  assert.equal(answer.headers.get("content-type"), EXPOSITION_TYPE);
  const lines = readExposition(await answer.text()).flatMap((family) => family.lines);
  return new Map(lines.map(({ name, labels, value }) => {
    const written = Object.entries(labels).map(([label, of]) => `${label}=${of}`).join();
    return [written ? `${name}{${written}}` : name, value];
  }));
}

for (const workers of ["0", "3"]) {
  Deno.test(`/metrics with WORKERS=${workers} tells what has happened in all isolates, and Redis' part of it`, async () => {
    await using redis = await startRedis();
    await using parley = await startParley({ WORKERS: workers, REDIS_URL: redis.url });
    await isReady(parley.url);
    await using held = new AsyncDisposableStack();
    const people: TestClient[] = [];
    for (let index = 0; index < PEOPLE; index++) {
      const person = held.use(await TestClient.open(`${parley.url}/ws?name=p${index}`));
      person.send(`here is p${index}`);
      while (await person.next() !== `p${index}: here is p${index}`);
      people.push(person);
    }
    people[0]?.send("goodbye");
    for (const person of people) while (await person.next() !== "p0: goodbye");
    const heard = PEOPLE * (PEOPLE + 1) / 2 + PEOPLE;
    const told = async () => {
      const values = await scrape(parley);
      return values.get("chat_deliveries_total") === heard;
    };
    await until("all deliveries to be counted", told);
    for (let ask = 0; ask < 6; ask++) {
      const values = await scrape(parley);
      assert.equal(values.get("chat_connections{state=open}"), PEOPLE);
      assert.equal(values.get("chat_messages_in_total"), PEOPLE + 1);
      assert.equal(values.get("chat_messages_out_total"), heard);
      assert.equal(values.get("chat_deliveries_total"), heard);
      assert.equal(values.get("chat_published_total"), PEOPLE + 1);
      assert.equal(values.get("chat_holes_seen_total"), 0);
      assert.equal(values.get("chat_isolates") ?? 0, Number(workers));
      assert.ok((values.get("chat_redis_round_trip_seconds_count") ?? 0) >= PEOPLE + 1);
      assert.ok((values.get("chat_delivery_seconds_count") ?? 0) >= PEOPLE + 1);
      assert.ok((values.get("chat_resident_memory_bytes") ?? 0) > 10_000_000);
    }
  });
}
