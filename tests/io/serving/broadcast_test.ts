/** The way from the bus to the hubs, with a BroadcastChannel and on runtimes without one. */
import assert from "node:assert/strict";
import { setImmediate } from "node:timers/promises";
import type { Announcement } from "../../../lib/chat/ports/bus.ts";
import { parseRoom } from "../../../lib/core/names/names.ts";
import { Broadcaster, onBroadcast } from "../../../lib/io/serving/broadcast.ts";
import { TestClient } from "../../support/clients/test_client.ts";
import { unchanged, withoutProperty } from "../../support/programs/older_runtime.ts";
import { startTestService } from "../../support/service.ts";

const LOBBY = parseRoom("lobby") ?? assert.fail();

/** Deno 2.5. */
const withoutBroadcastChannel = () => withoutProperty(globalThis, "BroadcastChannel");

function top(seq: number): Announcement {
  return { kind: "top", room: LOBBY, top: { epoch: "e", seq }, isRead: false };
}

/** A listener and the posts that it has received; `next()` resolves when one arrives. */
function recordBroadcasts(name: string) {
  const received: (readonly Announcement[])[] = [];
  let wake = () => {};
  const listening = onBroadcast(name, (announced) => {
    received.push(announced);
    wake();
  });
  const next = () => new Promise<void>((resolve) => wake = resolve);
  return { received, next, [Symbol.dispose]: () => listening[Symbol.dispose]() };
}

for (
  const [what, surroundings] of [
    ["a BroadcastChannel", unchanged],
    ["no BroadcastChannel", withoutBroadcastChannel],
  ] as const
) {
  Deno.test(`Broadcaster with ${what} delivers copies of its posts to every listener, in order and asynchronously`, async () => {
    using _runtime = surroundings();
    using broadcaster = new Broadcaster("one");
    using first = recordBroadcasts("one");
    using second = recordBroadcasts("one");
    using other = recordBroadcasts("another");
    const posts = [[top(1), top(2)], [top(3)]];
    const last = [first, second].map(async ({ received, next }) => {
      while (received.length < posts.length) await next();
    });
    for (const post of posts) broadcaster.post(post);
    assert.deepEqual(first.received, [], "nothing is received in the turn of the post");
    await Promise.all(last);
    assert.deepEqual([first.received, second.received], [posts, posts]);
    assert.notEqual(first.received[0], posts[0]);
    assert.deepEqual(other.received, []);
  });

  Deno.test(`A listener with ${what} receives nothing once disposed, not even posts in flight`, async () => {
    using _runtime = surroundings();
    using broadcaster = new Broadcaster("one");
    using witness = recordBroadcasts("one");
    const gone = recordBroadcasts("one");
    const received = witness.next();
    broadcaster.post([top(1)]);
    gone[Symbol.dispose]();
    await received;
    await setImmediate();
    assert.deepEqual(gone.received, []);
  });
}

for (
  const [property, why] of [
    ["BroadcastChannel", /^Error: WORKERS needs BroadcastChannel/],
    ["Worker", /Worker is not defined/],
  ] as const
) {
  Deno.test(`A service without ${property} serves in one worker, and refuses to start when WORKERS requests more`, async () => {
    using _runtime = withoutProperty(globalThis, property);
    await assert.rejects(startTestService({ WORKERS: "1" }), why);
    await using service = await startTestService({ WORKERS: "" });
    assert.equal(service.workers, 0);
    await using bob = await TestClient.open(`${service.url}/ws?name=Bob`);
    // An open connection may still be joining the room.
    bob.send("first");
    assert.equal(await bob.next(), "Bob: first");
    await using ann = await TestClient.open(`${service.url}/ws?name=Ann`);
    ann.send("hello");
    assert.deepEqual([await ann.next(), await bob.next()], ["Ann: hello", "Ann: hello"]);
  });
}
