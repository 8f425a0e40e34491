/** What `/api/v1/webhooks` accepts and returns. */
import assert from "node:assert/strict";
import { webhooksHandler } from "../../../lib/io/api/webhooks.ts";
import { loggedWebhooks } from "../../../lib/io/webhooks/webhook_log.ts";
import { MAX_WEBHOOK_ROOMS } from "../../../lib/core/webhooks/webhook.ts";
import { WebhookWorld } from "../../chat/webhooks/webhook_world.ts";
import { lobby } from "../../contract/fixtures.ts";
import { LogRecorder } from "../../support/log_recorder.ts";
import { askAsOperator } from "./operator_api.ts";

const ADD = { url: "https://example.com/hook?key=1", rooms: ["Lobby", "lobby"], events: ["said"] };

function start(allowed: "public" | "any" = "public") {
  const world = new WebhookWorld();
  const handler = webhooksHandler(loggedWebhooks(world.registry), allowed);
  return { world, ask: (body?: unknown) => askAsOperator(handler, body) };
}

Deno.test("The secret of a webhook is returned once, when it is added", async () => {
  const { world, ask } = start();
  await using _world = world;
  const { status, body } = await ask(ADD);
  assert.equal(status, 200);
  assert.match(body.secret, /^whsec_/);
  const { webhook: { webhook, rooms, url } } = body;
  assert.deepEqual([rooms, url], [["lobby"], ADD.url]);
  const listed = (await ask()).body;
  assert.deepEqual(listed.webhooks.map((it: { webhook: string }) => it.webhook), [webhook]);
  assert.match(listed.webhooks[0].deliveries[0].delivered, /:0$/);
  assert.doesNotMatch(JSON.stringify(listed), /whsec_/);
  const removed = await ask({ remove: webhook });
  assert.equal(removed.status, 200);
  assert.doesNotMatch(JSON.stringify(removed.body), /whsec_/);
  assert.deepEqual((await ask()).body, { webhooks: [] });
});

Deno.test("A webhook takes as many rooms as it may have, with the longest names", async () => {
  const { world, ask } = start();
  await using _world = world;
  const longest = (index: number) => `${"𠮷".repeat(62)}${index + 10}`;
  const rooms = Array.from({ length: MAX_WEBHOOK_ROOMS }, (_, index) => longest(index));
  const { status, body } = await ask({ ...ADD, rooms });
  assert.equal(status, 200, JSON.stringify(body).slice(0, 200));
  assert.equal(body.webhook.rooms.length, MAX_WEBHOOK_ROOMS);
});

for (
  const [what, body, detail] of [
    ["plain HTTP", { ...ADD, url: "http://example.com/" }, /^The URL does not begin with https/],
    ["a private address", { ...ADD, url: "https://10.0.0.1/" }, /^The URL leads to an address/],
    ["a pattern", { ...ADD, rooms: ["team*"] }, /^rooms\.0: a room has 1 to 64/],
    ["no room", { ...ADD, rooms: [] }, /^rooms: Invalid length: Expected >=1/],
    ["an unknown event", { ...ADD, events: ["sang"] }, /^events\.0: .* but received "sang"$/],
    ["a secret of its own", { ...ADD, secret: "whsec_AAAA" }, /^secret: there is no such field/],
    [
      "a position without a room",
      { redeliver: "wh_1", from: "e:1" },
      /^room: the field is missing$/,
    ],
    ["a wrong position", { redeliver: "wh_1", room: "a", from: "1" }, /^from: Expected a position/],
    ["two actions", { remove: "wh_1", enable: "wh_1" }, /^enable: there is no such field/],
    ["no field of it", { on: true }, /^The body must be JSON/],
  ] as const
) {
  Deno.test(`A request with ${what} is refused with 400`, async () => {
    const { world, ask } = start();
    await using _world = world;
    const answer = await ask(body);
    assert.equal(answer.status, 400);
    assert.match(answer.body.detail, detail);
  });
}

Deno.test("With WEBHOOK_ALLOW_PRIVATE, plain HTTP and private addresses are accepted", async () => {
  const { world, ask } = start("any");
  await using _world = world;
  assert.equal((await ask({ ...ADD, url: "http://10.0.0.1:8000/" })).status, 200);
});

Deno.test("What is missing is answered with 404, and what cannot be done with 409", async () => {
  const { world, ask } = start();
  await using _world = world;
  assert.equal((await ask({ remove: "wh_none" })).status, 404);
  const { body: { webhook: { webhook } } } = await ask(ADD);
  assert.equal((await ask({ enable: webhook })).status, 409);
  assert.equal((await ask({ redeliver: webhook })).status, 409);
});

Deno.test("The log names what operators do, without the path of the URL and without the secret", async () => {
  await using log = await LogRecorder.start();
  const { world, ask } = start();
  await using _world = world;
  const { body: { webhook: { webhook } } } = await ask(ADD);
  await world.say(["1"]);
  const { position: { epoch } } = (await world.bus.page(lobby, undefined, 1)).messages[0] ??
    assert.fail();
  await ask({ redeliver: webhook, room: "lobby", from: `${epoch}:1` });
  await ask({ remove: webhook });
  assert.deepEqual(log.fields("webhook.added"), [{ webhook, host: "example.com", rooms: 1 }]);
  assert.deepEqual(log.fields("webhook.redelivering"), [{ webhook, room: "lobby" }]);
  assert.deepEqual(log.fields("webhook.removed"), [{ webhook }]);
  assert.doesNotMatch(log.text, /whsec_|hook\?key/);
});
