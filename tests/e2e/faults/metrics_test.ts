/** `/metrics` covers all workers. */
import assert from "node:assert/strict";
import { PROMETHEUS_CONTENT_TYPE } from "../../../lib/core/metrics/prometheus.ts";
import { TestClient } from "../../support/clients/test_client.ts";
import { readExposition } from "../../core/metrics/prometheus_reader.ts";
import { type Parley, startParley, whenInstanceReady } from "../../support/parley.ts";
import { until } from "../../support/provision.ts";
import { startRedis } from "../../support/redis/server.ts";

const CLIENT_COUNT = 12;

/** The value of each line by its name and labels: `parley_connections{state=open}`. */
async function scrape({ adminUrl }: Parley): Promise<ReadonlyMap<string, number>> {
  const answer = await fetch(`${adminUrl}/metrics`);
  assert.equal(answer.headers.get("content-type"), PROMETHEUS_CONTENT_TYPE);
  const lines = readExposition(await answer.text()).flatMap((family) => family.lines);
  return new Map(lines.map(({ name, labels, value }) => {
    const written = Object.entries(labels).map(([label, of]) => `${label}=${of}`).join();
    return [written ? `${name}{${written}}` : name, value];
  }));
}

for (const workers of ["0", "3"]) {
  Deno.test(`/metrics with WORKERS=${workers} covers all workers and the Redis connection`, async () => {
    await using redis = await startRedis();
    await using parley = await startParley({ WORKERS: workers, REDIS_URL: redis.url });
    await whenInstanceReady(parley.url);
    await using held = new AsyncDisposableStack();
    const clients: TestClient[] = [];
    for (let index = 0; index < CLIENT_COUNT; index++) {
      const client = held.use(await TestClient.open(`${parley.url}/ws?name=p${index}`));
      client.send(`here is p${index}`);
      while (await client.next() !== `p${index}: here is p${index}`);
      clients.push(client);
    }
    clients[0]?.send("goodbye");
    for (const client of clients) while (await client.next() !== "p0: goodbye");
    const deliveries = CLIENT_COUNT * (CLIENT_COUNT + 1) / 2 + CLIENT_COUNT;
    const isCounted = async () => {
      const values = await scrape(parley);
      return values.get("parley_deliveries_total") === deliveries;
    };
    await until("all deliveries to be counted", isCounted);
    for (let ask = 0; ask < 6; ask++) {
      const values = await scrape(parley);
      assert.equal(values.get("parley_connections{state=open}"), CLIENT_COUNT);
      assert.equal(values.get("parley_messages_received_total"), CLIENT_COUNT + 1);
      assert.equal(values.get("parley_messages_sent_total"), deliveries);
      assert.equal(values.get("parley_deliveries_total"), deliveries);
      assert.equal(values.get("parley_entries_published_total"), CLIENT_COUNT + 1);
      assert.equal(values.get("parley_gaps_detected_total"), 0);
      assert.equal(values.get("parley_workers") ?? 0, Number(workers));
      assert.ok((values.get("parley_redis_round_trip_seconds_count") ?? 0) >= CLIENT_COUNT + 1);
      assert.ok((values.get("parley_delivery_seconds_count") ?? 0) >= CLIENT_COUNT + 1);
      assert.ok((values.get("parley_resident_memory_bytes") ?? 0) > 10_000_000);
    }
  });
}
