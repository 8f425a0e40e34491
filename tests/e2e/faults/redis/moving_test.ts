/** Users move from one instance to another and then leave, as seen by a user who stays. */
import assert from "node:assert/strict";
import { TestClient } from "../../../support/clients/test_client.ts";
import { WORKER_COUNTS } from "../../../support/engine.ts";
import { startParley, whenInstanceReady } from "../../../support/parley.ts";
import { startRedis } from "../../../support/redis/server.ts";

type Frame = Readonly<Record<string, unknown>>;

/** A `chat.v1.json` client that works on frames. */
class PersistentClient implements AsyncDisposable {
  readonly #client: TestClient;
  #frames: Frame[] = [];

  private constructor(client: TestClient) {
    this.#client = client;
  }

  static async open(url: string, name: string, resume?: string): Promise<PersistentClient> {
    const client = new PersistentClient(
      await TestClient.open(`${url}/ws`, { protocols: ["chat.v1.json"] }),
    );
    client.send({ type: "hello", name, ...(resume && { resume }) });
    return client;
  }

  send(frame: Frame): void {
    this.#client.send(JSON.stringify(frame));
  }

  /** The next frame that matches; earlier ones are skipped. */
  async next(is: (frame: Frame) => boolean): Promise<Frame> {
    for (;;) {
      const frame = this.#frames.shift();
      if (frame === undefined) await this.#read();
      else if (is(frame)) return frame;
    }
  }

  async #read(): Promise<void> {
    const lines = String(await this.#client.next()).split("\n").filter((line) => line !== "");
    this.#frames.push(...lines.map((line): Frame => JSON.parse(line)));
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.#client[Symbol.asyncDispose]();
  }
}

const isType = (type: string) => (frame: Frame) => frame["type"] === type;
const hasLeft = (frame: Frame) => /"left":\[\{[^\]]*"Ann"/.test(JSON.stringify(frame));

for (const workers of WORKER_COUNTS) {
  Deno.test(`A user who moves to another instance before or after the first has stopped, and then leaves, is gone at once with WORKERS=${workers}`, async () => {
    await using redis = await startRedis();
    const env = { REDIS_URL: redis.url, WORKERS: workers };
    await using present = await startParley(env);
    await whenInstanceReady(present.url);
    for (const room of ["before", "after"]) {
      await using old = await startParley(env);
      await whenInstanceReady(old.url);
      await using watcher = await PersistentClient.open(present.url, "Watcher");
      watcher.send({ type: "join", room });
      await watcher.next(isType("joined"));
      await using ann = await PersistentClient.open(old.url, "Ann");
      const { resume } = await ann.next(isType("hello"));
      ann.send({ type: "join", room });
      await ann.next(isType("joined"));
      if (room === "after") await old.stop();
      await using moved = await PersistentClient.open(present.url, "Ann", String(resume));
      moved.send({ type: "join", room });
      await moved.next(isType("joined"));
      if (room === "before") await old.stop();
      moved.send({ type: "leave", room });
      assert.ok(await watcher.next(hasLeft));
      await using late = await PersistentClient.open(present.url, "Late");
      late.send({ type: "join", room });
      const { members } = await late.next(isType("joined"));
      assert.doesNotMatch(JSON.stringify(members), /Ann/);
    }
  });
}

Deno.test("A user with a temporary name gets the requested one when its holder leaves another instance", async () => {
  await using redis = await startRedis();
  await using here = await startParley({ REDIS_URL: redis.url });
  await using there = await startParley({ REDIS_URL: redis.url });
  await Promise.all([whenInstanceReady(here.url), whenInstanceReady(there.url)]);
  await using bearer = await PersistentClient.open(there.url, "Ann");
  bearer.send({ type: "join", room: "lobby" });
  await bearer.next(isType("joined"));
  bearer.send({ type: "say", room: "lobby", text: "hi" });
  await bearer.next(isType("said"));
  await using ann = await PersistentClient.open(here.url, "Ann");
  const { resume } = await ann.next(isType("hello"));
  ann.send({ type: "join", room: "lobby", temporaryName: true });
  const joined = await ann.next(isType("joined"));
  assert.deepEqual([joined["name"], joined["wanted"]], ["Ann (2)", "Ann"]);
  // The same user through the other instance too: only one rename is sent.
  await using again = await PersistentClient.open(there.url, "Ann", String(resume));
  again.send({ type: "join", room: "lobby", temporaryName: true });
  assert.equal((await again.next(isType("joined")))["wanted"], "Ann");
  bearer.send({ type: "leave", room: "lobby" });
  const { from, name } = await ann.next(isType("renamed"));
  assert.deepEqual([from, name], ["Ann (2)", "Ann"]);
  // Each instance learns of it on its own.
  await again.next(isType("renamed"));
  again.send({ type: "say", room: "lobby", text: "it is me" });
  const next = await ann.next((frame) => isType("renamed")(frame) || isType("said")(frame));
  assert.deepEqual([next["type"], next["name"]], ["said", "Ann"]);
});
