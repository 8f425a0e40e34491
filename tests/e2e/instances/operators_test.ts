/** What operators do at one instance, as users of another one on the same Redis see it. */
import assert from "node:assert/strict";
import { startParley, whenInstanceReady } from "../../support/parley.ts";
import { inviteAsOperator, MEMBER_SETTINGS } from "../../support/identity/member_links.ts";
import { startRedis } from "../../support/redis/server.ts";
import { enter } from "../../support/identity/revocations.ts";

async function ask(url: string, body?: Readonly<Record<string, unknown>>) {
  const response = await fetch(url, {
    method: body === undefined ? "GET" : "POST",
    headers: { authorization: `Bearer ${MEMBER_SETTINGS.ADMIN_TOKEN}` },
    ...(body && { body: JSON.stringify(body) }),
  });
  assert.equal(response.status, 200);
  return await response.json();
}

Deno.test("A role, a mute and a ban that an operator gives at one instance count on the others", async () => {
  await using redis = await startRedis();
  const env = { REDIS_URL: redis.url, ...MEMBER_SETTINGS };
  await using one = await startParley(env);
  // With workers, the paths on the public port are served by them.
  await using two = await startParley({ ...env, WORKERS: "1" });
  await Promise.all([one, two].map(({ url }) => whenInstanceReady(url)));
  const { client, hello } = await enter(two, {
    invite: await inviteAsOperator(one),
    name: "Ann",
  });
  await using ann = client;
  const { user } = Object(hello.you);
  ann.send({ type: "join", room: "lobby" });
  await ann.next("joined");
  await ask(`${one.adminUrl}/api/v1/users`, { user, role: "moderator" });
  const promoted = await ann.next("rules");
  assert.equal(promoted.role, "moderator");
  assert.ok(Array.isArray(promoted.may) && promoted.may.includes("moderate"));
  const muted = { action: "mute", name: "Ann", seconds: 600 };
  await ask(`${one.url}/api/v1/moderation`, muted);
  assert.ok((await ann.next("rules")).muted);
  const { sanctions } = await ask(`${two.url}/api/v1/sanctions`);
  assert.deepEqual(sanctions.map((it: { user: string }) => it.user), [user]);
  await ask(`${two.url}/api/v1/moderation`, { action: "ban", user });
  assert.equal((await ann.connection.closed).code, 4509);
  const { entries } = await ask(`${one.adminUrl}/api/v1/audit`);
  assert.deepEqual(entries.map((it: { what: string }) => it.what), [
    "made Ann a moderator",
    "muted Ann for 10 minutes",
    "banned Ann",
  ]);
});
