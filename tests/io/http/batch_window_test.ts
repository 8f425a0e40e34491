/** Batch windows in whole services: the setting and the engine decide whose messages may wait. */
import assert from "node:assert/strict";
import { TestClient } from "../../support/clients/test_client.ts";
import { ENGINE } from "../../support/engine.ts";
import { startParley } from "../../support/parley.ts";

const MEMBERS = 20;
/** In one burst to all members, this is twice as much as a quiet room has in a second. */
const MESSAGES = 500;
const UNLIMITED = { MESSAGES_PER_SECOND: "0", BYTES_PER_SECOND: "0", WORKERS: "0" };

const frame = (value: Readonly<Record<string, unknown>>) => JSON.stringify(value);

async function openJson(url: string, name: string): Promise<TestClient> {
  const client = await TestClient.open(`${url}/ws`, { protocols: ["chat.v1.json"] });
  client.send([frame({ type: "hello", name }), frame({ type: "join", room: "lobby" })].join("\n"));
  while (!`${await client.next()}`.includes(`"type":"joined"`));
  return client;
}

async function openText(url: string, name: string): Promise<TestClient> {
  const client = await TestClient.open(`${url}/ws?name=${name}`);
  client.send("/whoami");
  await client.next();
  return client;
}

for (
  const [protocol, maxBatchMs, waits] of [
    ["JSON", "1000", true],
    ["JSON", "0", false],
    ["plain text", "1000", ENGINE === "node"],
  ] as const
) {
  const what = waits ? "may wait" : "do not wait";
  Deno.test(`Messages of a busy room in ${protocol} ${what} with MAX_BATCH_MS=${maxBatchMs} and the ${ENGINE} engine`, async () => {
    await using parley = await startParley({ ...UNLIMITED, MAX_BATCH_MS: maxBatchMs });
    const { url, adminUrl } = parley;
    await using opened = new AsyncDisposableStack();
    const open = protocol === "JSON" ? openJson : openText;
    const members: TestClient[] = [];
    for (let index = 0; index < MEMBERS; index++) {
      members.push(opened.use(await open(url, `m${index}`)));
    }
    const ann = opened.use(await openJson(url, "Ann"));
    const say = (_: unknown, index: number) =>
      frame({ type: "say", id: `${index}`, room: "lobby", text: `text ${index}.` });
    ann.send(Array.from({ length: MESSAGES }, say).join("\n"));
    for (const member of members) {
      while (!`${await member.next()}`.includes(`text ${MESSAGES - 1}.`));
    }
    const metrics = await (await fetch(`${adminUrl}/metrics`)).text();
    const [, sum] = /^parley_batch_window_seconds_sum (\S+)$/m.exec(metrics) ?? [];
    assert.equal(Number(sum) > 0, waits, `The windows are ${sum} s`);
  });
}
