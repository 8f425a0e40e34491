/** Private and direct rooms of two instances on one Redis, with workers, which is killed and comes back. */
import assert from "node:assert/strict";
import { SECRET, signToken } from "../../support/app.ts";
import { type Frame, JsonClient } from "../../support/clients/json_client.ts";
import { startParley, whenInstanceReady } from "../../support/parley.ts";
import { until } from "../../support/provision.ts";
import { startRedis } from "../../support/redis/server.ts";

/** A client with an own id for each request. */
class Asker implements AsyncDisposable {
  readonly client: JsonClient;
  user = "";
  #count = 0;

  constructor(client: JsonClient) {
    this.client = client;
  }

  /** The answer to a request; what arrives before it is dropped. */
  async ask(request: Frame): Promise<Frame> {
    const id = `r${++this.#count}`;
    this.client.send({ ...request, id });
    for (;;) {
      const frame = await this.client.next(
        ...["ack", "fault", "hello", "joined", "history", "room", "rooms", "membership", "left"],
      );
      if (frame.id === id) return frame;
    }
  }

  async outcome(request: Frame): Promise<string> {
    const { code, type } = await this.ask(request);
    return String(code ?? type);
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.client[Symbol.asyncDispose]();
  }
}

async function enter(service: { readonly url: string }, name: string): Promise<Asker> {
  const asker = new Asker(await JsonClient.open(service));
  const token = await signToken({ sub: name.toLowerCase(), name });
  const { you } = await asker.ask({ type: "hello", token });
  asker.user = String((you as Frame).user);
  return asker;
}

Deno.test("Private and direct rooms are the same on all instances, and closed to others after Redis has come back", async () => {
  await using redis = await startRedis({
    args: ["--appendonly", "yes", "--appendfsync", "always"],
  });
  const env = { REDIS_URL: redis.url, JWT_SECRET: SECRET, WORKERS: "2" };
  await using one = await startParley(env);
  await using two = await startParley(env);
  await Promise.all([one, two].map(({ url }) => whenInstanceReady(url)));
  await using ann = await enter(one, "Ann");
  await using bob = await enter(two, "Bob");
  await using cat = await enter(two, "Cat");

  const { room } = await ann.ask({ type: "create", kind: "private", title: "Plans" });
  assert.equal(await bob.outcome({ type: "join", room }), "not_allowed");
  assert.equal(await ann.outcome({ type: "member", room, user: bob.user, name: "Bob" }), "ack");
  assert.deepEqual(await bob.client.next("member"), { type: "member", room, on: true });
  const { rooms } = await bob.ask({ type: "rooms" });
  assert.deepEqual((rooms as readonly Frame[]).map(({ title }) => title), ["Plans"]);
  for (const client of [ann, bob]) {
    assert.equal(await client.outcome({ type: "join", room }), "joined");
  }
  assert.equal(await bob.outcome({ type: "say", room, text: "hello" }), "ack");
  assert.equal((await ann.client.next("said")).text, "hello");
  assert.equal(await cat.outcome({ type: "join", room }), "not_allowed");

  const direct = await Promise.all([
    ann.ask({ type: "open", user: cat.user, name: "Cat" }),
    cat.ask({ type: "open", user: ann.user, name: "Ann" }),
  ]);
  assert.deepEqual(direct.map(({ type }) => type), ["room", "room"]);
  assert.equal(direct[0].room, direct[1].room);
  assert.equal(await bob.outcome({ type: "join", room: direct[0].room }), "not_allowed");

  await redis.kill();
  await redis.restart();
  await until("members to be read", async () => {
    return await ann.outcome({ type: "members", room }) === "membership";
  });
  assert.equal(await ann.outcome({ type: "member", room, user: bob.user, on: false }), "ack");
  const left = await bob.client.next("left");
  assert.deepEqual([left.room, left.reason], [room, "not_allowed"]);
  assert.equal(await ann.outcome({ type: "say", room, text: "without Bob" }), "ack");
  await using again = await enter(one, "Bob");
  const join = { type: "join", room, limit: 50 };
  for (const client of [bob, again, cat]) {
    assert.equal(await client.outcome(join), "not_allowed");
    assert.equal(await client.outcome({ type: "history", room }), "not_in_room");
  }
  assert.deepEqual((await again.ask({ type: "rooms" })).rooms, []);
});
