import assert from "node:assert/strict";
import { Admissions } from "../../../lib/core/admissions.ts";
import { Desk } from "../../../lib/io/isolates/desk.ts";
import { ann, attic, lobby } from "../../contract/given.ts";
import { FakeBus, FakeClock } from "../../fakes.ts";

/** A desk, and what stands behind it. */
function openDesk(bus = new FakeBus(new FakeClock())) {
  const limits = { maxConnections: 3, connectionsPerAddress: 2, handshakesPerSecond: 0 };
  const quota = new Admissions(limits);
  const charged: string[] = [];
  const desk = new Desk({
    bus,
    quota: {
      take: (key) => quota.take(key, 0),
      charge: (key, what) => charged.push(`${key} for ${what}`),
    },
    secret: Promise.resolve("a secret"),
    census: () => Promise.reject(new Error("not asked for")),
    readiness: () => Promise.resolve({ ready: true }),
    metrics: () => Promise.resolve("# metrics"),
  });
  return { bus, quota, charged, desk, answers: desk.answers };
}

Deno.test("Desk takes back every room that is followed, as often as it is followed", async () => {
  const { bus, desk, answers } = openDesk();
  for (const room of [lobby, lobby, attic]) await answers.follow(room);
  answers.unfollow(lobby);
  assert.deepEqual(bus.unfollowed, [lobby]);
  desk[Symbol.dispose]();
  assert.deepEqual(bus.unfollowed, [lobby, lobby, attic]);
  assert.deepEqual([bus.isFollowed(lobby), bus.isFollowed(attic)], [false, false]);
});

Deno.test("Desk withdraws the isolate from every room that it was in, however it ended", async () => {
  const { bus, desk, answers } = openDesk();
  for (const room of [lobby, attic]) await answers.follow(room);
  await answers.claim(lobby, { ...ann, node: "n1", rename: false });
  desk[Symbol.dispose]();
  await bus.claim(lobby, { ...ann, node: "n2", rename: false });
  await bus.release(lobby, ann.user, "n2");
  assert.deepEqual(await bus.people(lobby), []);
});

Deno.test("Desk takes back a room of another isolate never", async () => {
  const { bus, answers } = openDesk();
  await bus.follow(lobby);
  answers.unfollow(lobby);
  assert.deepEqual(bus.unfollowed, []);
});

Deno.test("Desk takes back a room though the bus does not follow it yet", async () => {
  const bus = new FakeBus(new FakeClock(), "when let");
  const { desk, answers } = openDesk(bus);
  const following = answers.follow(lobby);
  desk[Symbol.dispose]();
  assert.deepEqual(bus.unfollowed, [lobby]);
  bus.letJoin();
  await following;
});

Deno.test("Desk tells which limit stands against somebody, and takes back every place", async () => {
  const { quota, desk, answers } = openDesk();
  assert.deepEqual(
    [await answers.enter("a"), await answers.enter("a"), await answers.enter("a")],
    [null, null, "all of this key taken"],
  );
  assert.deepEqual([await answers.enter("b"), await answers.enter("c")], [null, "all taken"]);
  answers.exit("a");
  answers.exit("nobody");
  assert.equal(quota.taken, 2);
  desk[Symbol.dispose]();
  assert.equal(quota.taken, 0);
  answers.exit("a");
  assert.equal(quota.taken, 0);
});

Deno.test("Desk gives nothing to an isolate that is gone, however late its wishes come", async () => {
  const { bus, quota, desk, answers } = openDesk();
  const entering = answers.enter("a");
  desk[Symbol.dispose]();
  await entering;
  await answers.enter("b");
  await answers.follow(lobby);
  assert.equal(quota.taken, 0);
  assert.equal(bus.isFollowed(lobby), false);
});

Deno.test("Desk charges an address for a connection that has died", () => {
  const { charged, answers } = openDesk();
  answers.charge("a", "dead");
  assert.deepEqual(charged, ["a for dead"]);
});

Deno.test("Desk hands over the secret and the readiness of the process", async () => {
  const { answers } = openDesk();
  assert.equal(await answers.secret(), "a secret");
  assert.deepEqual(await answers.readiness(), { ready: true });
});
