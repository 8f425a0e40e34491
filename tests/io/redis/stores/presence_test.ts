/**
 * What happens to the leases in Redis when a node, or Redis itself, is lost. The contract covers the rest.
 * @module
 */
import assert from "node:assert/strict";
import { BusUnavailable } from "../../../../lib/chat/ports/bus.ts";
import { GRACE_MS } from "../../../../lib/core/presence/lease_table.ts";
import { ann, attic, bob, lobby } from "../../../contract/fixtures.ts";
import { openRestartable } from "../../../support/redis/bus.ts";

Deno.test("RedisBus shows no users of a node whose lease has expired, and frees their names", async () => {
  await using opened = await openRestartable();
  const { redis, bus } = opened;
  const claim = { ...ann, node: "dead", rename: false };
  await bus.claim(lobby, claim);
  await bus.claim(lobby, { ...bob, node: "dead", rename: false });
  await bus.claim(lobby, { ...bob, node: "alive", rename: false });
  const lease = String(await redis.command("HGET", "test:{lobby}:nodes", "dead"));
  await redis.command("HSET", "test:{lobby}:nodes", "dead", lease.replace(/^\d+/, "1"));
  assert.deepEqual(await bus.countPeople([lobby, attic]), new Map([[lobby, 1], [attic, 0]]));
  assert.deepEqual(await bus.people(lobby), [{ ...bob, nodes: ["alive"] }]);
  assert.deepEqual((await bus.refresh(lobby, "dead")).people, [{ ...bob, nodes: ["alive"] }]);
  assert.equal(
    (await bus.claim(lobby, { ...claim, ...bob, name: ann.name, rename: true })).kind,
    "granted",
  );
});

Deno.test("RedisBus leaves nothing of the leases when no node renews them", async () => {
  await using opened = await openRestartable();
  const { redis, bus } = opened;
  await bus.claim(lobby, { ...ann, node: "n1", rename: false });
  for (const part of ["people", "names", "nodes"]) {
    const ms = Number(await redis.command("PTTL", `test:{lobby}:${part}`));
    assert.ok(ms > 0 && ms <= 45_000);
  }
});

Deno.test("RedisBus extends a lease each time that it is renewed, also while nobody comes or leaves", async () => {
  await using opened = await openRestartable();
  const { redis, bus } = opened;
  await bus.claim(lobby, { ...ann, node: "n1", rename: false });
  const known = { room: lobby, version: (await bus.refresh(lobby, "n1")).version };
  const soon = async (until: string) => {
    await redis.command("HSET", "test:{lobby}:nodes", "n1", until);
    await redis.command("PEXPIRE", "test:{lobby}:people", "10000");
  };
  const lease = () => redis.command("HGET", "test:{lobby}:nodes", "n1");
  const [seconds] = [await redis.command("TIME")].flat().map(Number);
  const until = `${Number(seconds) + 10}000 +`;
  await soon(until);
  await bus.refresh(lobby, undefined);
  assert.equal(await lease(), until);
  assert.deepEqual(await bus.renew("n1", [known]), []);
  assert.ok(Number.parseInt(String(await lease())) > Number.parseInt(until));
  assert.ok(Number(await redis.command("PTTL", "test:{lobby}:people")) > 10_000);
});

Deno.test("RedisBus.renew() has all rooms refreshed of which one cannot be read, and renews the others' leases", async () => {
  await using opened = await openRestartable();
  const { redis, bus } = opened;
  const known = [];
  for (const id of [lobby, attic]) {
    await bus.claim(id, { ...ann, node: "n1", rename: false });
    known.push({ room: id, version: (await bus.refresh(id, "n1")).version });
  }
  await redis.command("DEL", "test:{attic}:people");
  await redis.command("SET", "test:{attic}:people", "not a hash");
  assert.deepEqual(await bus.renew("n1", known), [lobby, attic]);
  assert.deepEqual(await bus.countPeople([lobby]), new Map([[lobby, 1]]));
  assert.deepEqual(await bus.countPeople([attic]), new Map());
  assert.equal((await bus.refresh(lobby, "n1")).people.length, 1);
  await assert.rejects(bus.refresh(attic, "n1"), BusUnavailable);
  assert.deepEqual(await bus.renew("n1", known.slice(0, 1)), []);
});

Deno.test("RedisBus.withdraw() ends a node's lease after the grace period, by the clock of Redis", async () => {
  await using opened = await openRestartable();
  const { redis, bus } = opened;
  await bus.claim(lobby, { ...ann, node: "n1", rename: false });
  await bus.withdraw(lobby, "n1");
  const [seconds, micros] = [await redis.command("TIME")].flat().map(Number);
  const now = Number(seconds) * 1_000 + Number(micros) / 1_000;
  const lease = String(await redis.command("HGET", "test:{lobby}:nodes", "n1"));
  const left = Number.parseInt(lease) - now;
  assert.ok(left <= GRACE_MS && left > 0, String(left));
  // Nothing that the node does extends it.
  await bus.claim(lobby, { ...ann, node: "n1", rename: false });
  await bus.refresh(lobby, "n1");
  await bus.withdraw(lobby, "n1");
  assert.equal(await redis.command("HGET", "test:{lobby}:nodes", "n1"), lease);
  await redis.command("HSET", "test:{lobby}:nodes", "n1", "1 -");
  assert.deepEqual(await bus.people(lobby), []);
});
