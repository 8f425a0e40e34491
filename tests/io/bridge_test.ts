/** The bridge from the bus to the hubs, with a BroadcastChannel and on runtimes that have none. */
import assert from "node:assert/strict";
import { setImmediate } from "node:timers/promises";
import type { Announcement } from "../../lib/chat/bus.ts";
import { parseRoom } from "../../lib/core/names.ts";
import { Bridge, listen } from "../../lib/io/bridge.ts";
import { TestClient } from "../client.ts";
import { asItIs, without } from "../older_runtime.ts";
import { startService } from "../service.ts";

const LOBBY = parseRoom("lobby") ?? assert.fail();

/** Deno 2.5. */
const withoutBroadcastChannel = () => without(globalThis, "BroadcastChannel");

function top(seq: number): Announcement {
  return { kind: "top", room: LOBBY, top: { epoch: "e", seq }, isRead: false };
}

/** A listener, and what it has heard; `next()` resolves when it hears something. */
function ear(name: string) {
  const heard: (readonly Announcement[])[] = [];
  let wake = () => {};
  const listening = listen(name, (announced) => {
    heard.push(announced);
    wake();
  });
  const next = () => new Promise<void>((resolve) => wake = resolve);
  return { heard, next, [Symbol.dispose]: () => listening[Symbol.dispose]() };
}

for (
  const [what, surroundings] of [
    ["a BroadcastChannel", asItIs],
    ["no BroadcastChannel", withoutBroadcastChannel],
  ] as const
) {
  Deno.test(`Bridge with ${what} carries copies of its posts to every listener, in order and later`, async () => {
    using _runtime = surroundings();
    using bridge = new Bridge("one");
    using first = ear("one");
    using second = ear("one");
    using other = ear("another");
    const posts = [[top(1), top(2)], [top(3)]];
    const last = [first, second].map(async ({ heard, next }) => {
      while (heard.length < posts.length) await next();
    });
    for (const post of posts) bridge.post(post);
    assert.deepEqual(first.heard, [], "nothing is heard in the turn of the post");
    await Promise.all(last);
    assert.deepEqual([first.heard, second.heard], [posts, posts]);
    assert.notEqual(first.heard[0], posts[0]);
    assert.deepEqual(other.heard, []);
  });

  Deno.test(`A listener with ${what} hears nothing more once disposed, what is under way included`, async () => {
    using _runtime = surroundings();
    using bridge = new Bridge("one");
    using witness = ear("one");
    const gone = ear("one");
    const told = witness.next();
    bridge.post([top(1)]);
    gone[Symbol.dispose]();
    await told;
    await setImmediate();
    assert.deepEqual(gone.heard, []);
  });
}

for (
  const [property, why] of [
    ["BroadcastChannel", /^Error: WORKERS needs BroadcastChannel/],
    ["Worker", /Worker is not defined/],
  ] as const
) {
  Deno.test(`A service without ${property} serves in one isolate, and refuses to start where WORKERS asks for more`, async () => {
    using _runtime = without(globalThis, property);
    await assert.rejects(startService({ WORKERS: "1" }), why);
    await using service = await startService({ WORKERS: "" });
    assert.equal(service.isolates, 0);
    await using bob = await TestClient.open(`${service.url}/ws?name=Bob`);
    // An open connection may still be on its way into the room.
    bob.send("first");
    assert.equal(await bob.next(), "Bob: first");
    await using ann = await TestClient.open(`${service.url}/ws?name=Ann`);
    ann.send("hello");
    assert.deepEqual([await ann.next(), await bob.next()], ["Ann: hello", "Ann: hello"]);
  });
}
