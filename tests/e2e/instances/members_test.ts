/** Members of two instances on one Redis, which is killed and comes back. */
import assert from "node:assert/strict";
import { type Frame, JsonClient } from "../../support/clients/json_client.ts";
import { startParley, whenInstanceReady } from "../../support/parley.ts";
import { inviteAsOperator, MEMBER_SETTINGS } from "../../support/identity/member_links.ts";
import { until } from "../../support/provision.ts";
import { startRedis } from "../../support/redis/server.ts";
import { enter } from "../../support/identity/revocations.ts";

/** The devices, once Redis is back. */
async function devicesOf(client: JsonClient): Promise<unknown> {
  let answer: Frame = {};
  await until("the directory to be back", async () => {
    client.send({ type: "devices", id: "d2" });
    answer = await client.next("devices", "fault");
    return answer.type === "devices";
  });
  return answer.devices;
}

Deno.test("A member of one instance is the same on another, keeps the name there, and can sign a device out there", async () => {
  await using redis = await startRedis({
    args: ["--appendonly", "yes", "--appendfsync", "always"],
  });
  const env = { REDIS_URL: redis.url, ...MEMBER_SETTINGS, GUEST_NAME: "Guest" };
  await using one = await startParley(env);
  await using two = await startParley(env);
  await Promise.all([one, two].map(({ url }) => whenInstanceReady(url)));
  await using guest = (await enter(two, { name: "Ann" })).client;
  guest.send({ type: "join", room: "lobby" });
  await guest.next("joined");
  const secret = await inviteAsOperator(one, { role: "owner" });
  const { client, hello } = await enter(one, { invite: secret, name: "Ann" });
  await using laptop = client;
  assert.match(String((await guest.next("renamed")).name), /^Guest\d+$/);
  await using late = await JsonClient.open(two);
  late.send({ type: "hello", invite: secret, name: "Bea" });
  assert.equal((await late.next("fault")).code, "bad_invite");
  laptop.send({ type: "invite", device: true });
  const phone = await enter(two, { invite: (await laptop.next("invite")).secret });
  assert.deepEqual(phone.hello.you, hello.you);

  await redis.kill();
  laptop.send({ type: "devices", id: "d1" });
  assert.equal((await laptop.next("fault")).code, "unavailable");
  await redis.restart();
  const devices = await devicesOf(laptop);
  assert.ok(Array.isArray(devices));
  laptop.send({ type: "revoke", id: "r1", device: devices[1].device });
  await laptop.next("ack");
  assert.equal((await phone.client.connection.closed).code, 4508);
  const again = await enter(two, { resume: hello.resume });
  await using _again = again.client;
  assert.deepEqual(again.hello.you, hello.you);
});
