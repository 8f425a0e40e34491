/** People who move from one instance to another and then leave, seen by somebody who stays. */
import assert from "node:assert/strict";
import { TestClient } from "../client.ts";
import { isReady, startParley } from "../parley.ts";
import { startRedis } from "../redis_server.ts";

type Frame = Readonly<Record<string, unknown>>;

/** A client of `chat.v1.json`, by its frames. */
class Person implements AsyncDisposable {
  readonly #client: TestClient;
  #frames: Frame[] = [];

  private constructor(client: TestClient) {
    this.#client = client;
  }

  static async open(url: string, name: string, resume?: string): Promise<Person> {
    const person = new Person(await TestClient.open(`${url}/ws`, { protocols: ["chat.v1.json"] }));
    person.send({ type: "hello", name, ...(resume && { resume }) });
    return person;
  }

  send(frame: Frame): void {
    this.#client.send(JSON.stringify(frame));
  }

  /** The next frame that it is, others being passed over. */
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

for (const [when, isStoppedBefore] of [["after", true], ["before", false]] as const) {
  for (const workers of ["0", "1"]) {
    Deno.test(`Who comes to another instance ${when} the first has stopped, and leaves, is gone at once with WORKERS=${workers}`, async () => {
      await using redis = await startRedis();
      const env = { REDIS_URL: redis.url, WORKERS: workers };
      await using old = await startParley(env);
      await using present = await startParley(env);
      await Promise.all([isReady(old.url), isReady(present.url)]);
      await using watcher = await Person.open(present.url, "Watcher");
      watcher.send({ type: "join", room: "lobby" });
      await watcher.next(isType("joined"));
      await using ann = await Person.open(old.url, "Ann");
      const { resume } = await ann.next(isType("hello"));
      ann.send({ type: "join", room: "lobby" });
      await ann.next(isType("joined"));
      if (isStoppedBefore) await old.stop();
      await using moved = await Person.open(present.url, "Ann", String(resume));
      moved.send({ type: "join", room: "lobby" });
      await moved.next(isType("joined"));
      if (!isStoppedBefore) await old.stop();
      moved.send({ type: "leave", room: "lobby" });
      assert.ok(await watcher.next(hasLeft));
      await using late = await Person.open(present.url, "Late");
      late.send({ type: "join", room: "lobby" });
      const { members } = await late.next(isType("joined"));
      assert.doesNotMatch(JSON.stringify(members), /Ann/);
    });
  }
}
