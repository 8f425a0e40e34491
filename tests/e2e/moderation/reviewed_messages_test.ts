/** Messages of a whole service, reviewed by another one, which fails and comes back. */
import assert from "node:assert/strict";
import { type Frame, JsonClient } from "../../support/clients/json_client.ts";
import { TestClient } from "../../support/clients/test_client.ts";
import { readExposition } from "../../core/metrics/prometheus_reader.ts";
import { type Parley, startParley } from "../../support/parley.ts";
import { until } from "../../support/provision.ts";
import { ReviewReceiver } from "../../support/reviews.ts";

interface Figures {
  readonly outcomes: Readonly<Record<string, number>>;
  readonly breakerOpen: number | undefined;
  readonly timed: number | undefined;
}

async function figuresOf({ adminUrl }: Parley): Promise<Figures> {
  const response = await fetch(`${adminUrl}/metrics`);
  const lines = readExposition(await response.text()).flatMap(({ lines }) => lines);
  const valuesOf = (wanted: string) => lines.filter(({ name }) => name === wanted);
  const outcomes = valuesOf("parley_moderation_requests_total")
    .map(({ labels, value }) => [labels.outcome, value]);
  return {
    outcomes: Object.fromEntries(outcomes.filter(([, value]) => value !== 0)),
    breakerOpen: valuesOf("parley_moderation_breaker_open")[0]?.value,
    timed: valuesOf("parley_moderation_seconds_count")[0]?.value,
  };
}

async function readinessOf({ adminUrl }: Parley): Promise<Frame & { readonly status: number }> {
  const response = await fetch(`${adminUrl}/readyz`);
  return { ...await response.json(), status: response.status };
}

/** Opens a connection that may send to the lobby. */
async function enter(parley: Parley, name: string) {
  const client = await JsonClient.open(parley);
  client.send({ type: "hello", name }, { type: "join", room: "lobby" });
  await client.next("joined");
  let count = 0;
  const ask = async (request: Frame): Promise<Frame> => {
    client.send({ id: `${name}-${++count}`, room: "lobby", ...request });
    return await client.next("ack", "fault");
  };
  return { client, ask, say: (text: string) => ask({ type: "say", text }) };
}

for (const WORKERS of ["0", "1"]) {
  Deno.test(`A service with WORKERS=${WORKERS} does what the review says, and refuses messages without one`, async () => {
    await using receiver = new ReviewReceiver();
    const more = { WORKERS, MESSAGES_PER_SECOND: "0" };
    await using parley = await startParley({ ...receiver.settings, ...more });
    const { client, ask, say } = await enter(parley, "Ann");
    await using _ann = client;
    await using plain = await TestClient.open(`${parley.url}/ws?name=Bob`);
    const ack = await say("hello");
    assert.equal(await plain.next(), "Ann: hello");
    await say("replace this");
    assert.equal(await plain.next(), "Ann: nicer");
    const { code, reason } = await say("reject this");
    assert.deepEqual([code, reason], ["rejected", "an ad"]);
    const edit = { type: "edit", of: ack.position, text: "reject that" };
    assert.equal((await ask(edit)).code, "rejected");
    plain.send("reject me");
    while (await plain.next() !== "! the message was not accepted: an ad");
    assert.deepEqual(receiver.requests.map(({ data }) => [data.name, data.kind, data.text]), [
      ["Ann", "say", "hello"],
      ["Ann", "say", "replace this"],
      ["Ann", "say", "reject this"],
      ["Ann", "edit", "reject that"],
      ["Bob", "say", "reject me"],
    ]);
    assert.equal(receiver.forged, 0);
    assert.equal("problems" in await readinessOf(parley), false);

    receiver.isBroken = true;
    for (let count = 1; count <= 5; count++) {
      const { code, afterMs } = await say("is anybody there?");
      assert.deepEqual([code, typeof afterMs], ["unavailable", "number"]);
    }
    await parley.printed(/moderation\.paused.*"status":500/);
    assert.equal((await say("skipped")).code, "unavailable");
    assert.equal(receiver.requests.length, 10);
    const expected = { accepted: 1, replaced: 1, rejected: 3, failed: 5, skipped: 1 };
    assert.deepEqual(await figuresOf(parley), { outcomes: expected, breakerOpen: 1, timed: 10 });
    // What is known about it may be a second old.
    await until("a problem at /readyz", async () => "problems" in await readinessOf(parley));
    const { status, problems } = await readinessOf(parley);
    assert.deepEqual([status, problems], [200, [
      "messages are not reviewed: MODERATION_URL gives no valid answers",
    ]]);

    receiver.isBroken = false;
    await until("the next trial", async () => (await say("hello again")).type === "ack");
    await parley.printed(/moderation\.resumed/);
    assert.equal((await figuresOf(parley)).breakerOpen, 0);
    await until("no problem at /readyz", async () => !("problems" in await readinessOf(parley)));
    assert.doesNotMatch(parley.output, /hello|whsec_|worker\.(died|recycled)/);
    assert.equal((await parley.stop()).code, 0);
  });

  Deno.test(`With MODERATION_FAILS=open and WORKERS=${WORKERS}, messages enter without a review`, async () => {
    await using receiver = new ReviewReceiver();
    receiver.isBroken = true;
    const more = { WORKERS, MODERATION_FAILS: "open" };
    await using parley = await startParley({ ...receiver.settings, ...more });
    const { client, say } = await enter(parley, "Ann");
    await using _ann = client;
    for (let count = 1; count <= 7; count++) assert.equal((await say("reject this")).type, "ack");
    assert.equal(receiver.requests.length, 5);
    const { outcomes } = await figuresOf(parley);
    assert.deepEqual(outcomes, { failed: 5, skipped: 2 });
    assert.equal((await parley.stop()).code, 0);
  });
}
