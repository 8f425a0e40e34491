/** A user with connections to all workers of one or two instances reads on one of them. */
import assert from "node:assert/strict";
import { connect } from "../../../static/client.js";
import { startParley, whenInstanceReady } from "../../support/parley.ts";
import { until } from "../../support/provision.ts";
import { startRedis } from "../../support/redis/server.ts";
import { FakeStorage } from "../../static/client/fake_platform.ts";

/** Enough that every worker of every instance has a connection, except once in thousands of runs. */
const DEVICES = 12;

/** One URL for all instances, as behind a proxy: the library keeps state per URL. */
class SharedStorage extends FakeStorage {
  override getItem(key: string): string | null {
    return super.getItem(key.replace(/:\d+/, ""));
  }

  override setItem(key: string, value: string): void {
    super.setItem(key.replace(/:\d+/, ""), value);
  }
}

for (const instances of [1, 2]) {
  Deno.test(`A read marker set on one connection reaches all of the user's connections, with ${instances} instances of two workers`, async () => {
    await using stack = new AsyncDisposableStack();
    const redis = instances > 1 ? stack.use(await startRedis()) : undefined;
    const env = { WORKERS: "2", ...(redis && { REDIS_URL: redis.url }) };
    const urls: string[] = [];
    for (let i = 0; i < instances; i++) {
      const parley = stack.use(await startParley(env));
      await whenInstanceReady(parley.url);
      urls.push(`${parley.url}/ws`);
    }
    const open = (name: string, index: number, storage: FakeStorage) => {
      const chat = stack.use(connect(urls[index % instances] ?? "", { name, storage }));
      return chat.join("lobby");
    };
    const devices = new SharedStorage();
    const ann = [open("Ann", 0, devices)];
    await until("a token", () => Promise.resolve(ann[0]?.state.value.kind === "joined"));
    for (let i = 1; i < DEVICES; i++) ann.push(open("Ann", i, devices));
    const [bob, cid] = [open("Bob", 0, new FakeStorage()), open("Cid", 1, new FakeStorage())];
    const all = [...ann, bob, cid];
    const isTrue = (what: () => boolean) => () => Promise.resolve(what());
    await until(
      "all connections to join",
      isTrue(() => all.every((it) => it.state.value.kind === "joined")),
    );

    for (const text of ["one", "two", "three"]) await bob.say(text).sent;
    const counts = () => ann.map(({ unread }) => unread.value);
    await until("three unread", isTrue(() => counts().every((count) => count === 3)));
    await until("Cid's three", isTrue(() => cid.unread.value === 3));
    for (const [index, left] of [[0, 2], [DEVICES - 1, 1], [1, 0]] as const) {
      const device = ann[index] ?? assert.fail();
      const seq = 3 - left;
      device.markRead(`${device.position?.split(":")[0]}:${seq}`);
      await until(`${left} unread`, isTrue(() => counts().every((count) => count === left)));
      assert.equal(cid.unread.value, 3, "another user");
    }
  });
}
