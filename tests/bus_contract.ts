/**
 * What every bus promises, proved on each of them by the same tests.
 * @module
 */
import assert from "node:assert/strict";
import type { Announcement, Bus, Draft } from "../lib/chat/bus.ts";
import { name, room } from "./fakes.ts";

/** A bus under test, and whatever it needs; disposed of when the test is over. */
export interface OpenBus extends AsyncDisposable {
  readonly bus: Bus;
}

const lobby = room("lobby");
const say = (text: string, where = lobby): Draft => ({ room: where, author: name("Ann"), text });

/** Takes announcements one by one, as the bridge takes them batch by batch. */
class Ear implements Disposable {
  readonly #life = new AbortController();
  readonly #batches: AsyncIterator<readonly Announcement[]>;
  #heard: Announcement[] = [];

  constructor(bus: Bus) {
    this.#batches = bus.announcements(this.#life.signal)[Symbol.asyncIterator]();
  }

  async take(count: number): Promise<Announcement[]> {
    while (this.#heard.length < count) {
      const { value, done } = await this.#batches.next();
      if (done) throw new Error(`Ended after ${this.#heard.length} of ${count} announcements`);
      this.#heard.push(...value);
    }
    const taken = this.#heard.slice(0, count);
    this.#heard = this.#heard.slice(count);
    return taken;
  }

  [Symbol.dispose](): void {
    this.#life.abort();
  }
}

/** Registers the contract's tests for one kind of bus. */
export function busContract(kind: string, open: () => Promise<OpenBus>): void {
  const test = (promise: string, prove: (bus: Bus, ear: Ear) => Promise<void>) =>
    Deno.test(`${kind} ${promise}`, async () => {
      await using opened = await open();
      using ear = new Ear(opened.bus);
      await prove(opened.bus, ear);
    });

  test("announces what is said in a followed room", async (bus, ear) => {
    await bus.follow(lobby);
    await bus.publish(say("hello"));
    assert.deepEqual(await ear.take(1), [say("hello")]);
  });

  test(
    "announces drafts in the order published, without waiting between them",
    async (bus, ear) => {
      await bus.follow(lobby);
      const drafts = Array.from({ length: 1_000 }, (_, i) => say(String(i)));
      await Promise.all(drafts.map((draft) => bus.publish(draft)));
      assert.deepEqual(await ear.take(1_000), drafts);
    },
  );

  test("announces nothing of a room that nobody follows", async (bus, ear) => {
    await bus.follow(lobby);
    await bus.publish(say("unheard", room("attic")));
    await bus.publish(say("heard"));
    assert.deepEqual(await ear.take(1), [say("heard")]);
  });

  test("goes on announcing a room that was left and followed again", async (bus, ear) => {
    await bus.follow(lobby);
    bus.unfollow(lobby);
    await bus.follow(lobby);
    await bus.publish(say("still here"));
    assert.deepEqual(await ear.take(1), [say("still here")]);
  });

  test("goes on announcing as long as one of two followers stays", async (bus, ear) => {
    await Promise.all([bus.follow(lobby), bus.follow(lobby)]);
    bus.unfollow(lobby);
    await bus.publish(say("still here"));
    assert.deepEqual(await ear.take(1), [say("still here")]);
  });

  test("carries every text as it is", async (bus, ear) => {
    await bus.follow(lobby);
    const texts = ["", " ", "网友 😀", "a\r\n\tb\0", '"\\{}', "\u2028", "x".repeat(65_535)];
    for (const text of texts) await bus.publish(say(text));
    assert.deepEqual((await ear.take(texts.length)).map(({ text }) => text), texts);
  });

  test("answers a probe", async (bus) => {
    await assert.doesNotReject(bus.probe());
  });

  test("ends its announcements when the signal aborts", async (bus, ear) => {
    ear[Symbol.dispose]();
    await assert.rejects(ear.take(1), /Ended after 0/);
    assert.ok(bus);
  });
}
