/** Webhooks on the command line, and a receiver that verifies what it gets. */
import assert from "node:assert/strict";
import { TestClient } from "../../support/clients/test_client.ts";
import { OperatedService } from "../../support/programs/operator_commands.ts";
import { until } from "../../support/provision.ts";
import { WebhookReceiver } from "../../support/webhooks.ts";

const PRIVATE = { WEBHOOK_ALLOW_PRIVATE: "yes" };

/** Adds a webhook for the lobby; resolves with its id. */
async function add(service: OperatedService, receiver: WebhookReceiver): Promise<string> {
  const args = ["--rooms", "lobby", "--events", "said,joined"];
  const { code, output } = await service.run("webhooks", "add", receiver.url, ...args);
  assert.equal(code, 0, output);
  const [, id = "", secret = ""] = /^Added (wh_\w+)\..*\n(whsec_\S+)\n$/.exec(output) ?? [];
  receiver.secret = secret;
  return id;
}

// With workers, sessions are elsewhere than deliveries.
for (const workers of ["0", "1"]) {
  Deno.test(`With WORKERS=${workers}, a webhook is told what happens, signed, until it is removed`, async () => {
    await using receiver = new WebhookReceiver();
    await using service = await OperatedService.start({ ...PRIVATE, WORKERS: workers });
    const id = await add(service, receiver);
    await using ann = await TestClient.open(`${service.parley.url}/ws?name=Ann`);
    ann.send("one");
    ann.send("two");
    await receiver.whenReceived(2);
    assert.deepEqual(receiver.texts, ["one", "two"]);
    const said = receiver.messages.find(({ type }) => type === "message.said");
    assert.deepEqual([said?.data.room, said?.data.name], ["lobby", "Ann"]);
    const hasJoined = () => receiver.messages.some(({ type }) => type === "presence.changed");
    await until("the joining to be told", () => Promise.resolve(hasJoined()));
    assert.equal(receiver.forged, 0);
    const listed = (await service.run("webhooks", "list")).output;
    assert.match(
      listed,
      new RegExp(`^${id}\tenabled\tsaid,joined\t${RegExp.escape(receiver.url)}\n`),
    );
    assert.doesNotMatch(listed, /whsec_/);
    assert.doesNotMatch(service.parley.output, /whsec_|key=secret/);
    assert.equal((await service.run("webhooks", "remove", id)).code, 0);
    assert.equal((await service.run("webhooks", "list")).output, "There are no webhooks\n");
    const again = await service.run("webhooks", "remove", id);
    assert.equal(again.code, 1);
    assert.match(again.output, /refuses: there is no webhook with this id$/m);
  });
}

Deno.test("parley webhooks redeliver sends again from a position", async () => {
  await using receiver = new WebhookReceiver();
  await using service = await OperatedService.start(PRIVATE);
  const id = await add(service, receiver);
  await using ann = await TestClient.open(`${service.parley.url}/ws?name=Ann`);
  ann.send("one");
  await receiver.whenReceived(1);
  const [first] = receiver.messages.filter(({ type }) => type === "message.said");
  const position = String(first?.data.position);
  const args = ["--room", "lobby", "--from", position];
  assert.equal((await service.run("webhooks", "redeliver", id, ...args)).code, 0);
  const copies = () => receiver.messages.filter((it) => it.id === first?.id).length;
  await until("it to arrive again", () => Promise.resolve(copies() === 2));
});

Deno.test("Without WEBHOOK_ALLOW_PRIVATE, a webhook cannot lead to this machine", async () => {
  await using receiver = new WebhookReceiver();
  await using service = await OperatedService.start();
  const args = ["--rooms", "lobby", "--events", "said"];
  const plain = await service.run("webhooks", "add", receiver.url, ...args);
  assert.equal(plain.code, 1);
  assert.match(plain.output, /refuses: The URL does not begin with https:\/\/$/m);
  const named = receiver.url.replace("http://127.0.0.1", "https://localhost");
  const { code } = await service.run("webhooks", "add", named, ...args);
  assert.equal(code, 0);
  await using ann = await TestClient.open(`${service.parley.url}/ws?name=Ann`);
  ann.send("one");
  await service.parley.printed(/webhook\.failing.*address/);
  assert.equal((await service.run("webhooks", "add")).code, 2);
});
