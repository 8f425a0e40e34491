/** Who joins and leaves, as webhooks are told. */
import assert from "node:assert/strict";
import type { FrameOf } from "../../../lib/core/protocol/frames.ts";
import { ann, bob, lobby } from "../../contract/fixtures.ts";
import { name } from "../../support/fakes.ts";
import { ERROR, OK, WebhookWorld } from "./webhook_world.ts";

const HOOK = "https://example.com/hook";

/** What the webhook was told, in order. */
function changes(world: WebhookWorld): readonly FrameOf<"presence">[] {
  return world.attempts.flatMap(({ message: { data } }) => data.type === "presence" ? [data] : []);
}

async function join(world: WebhookWorld, author = ann, node = "n"): Promise<void> {
  await world.bus.claim(lobby, { ...author, node, rename: false });
  world.bus.signal(lobby, { kind: "here", node, ...author });
  await world.settle();
}

async function leave(world: WebhookWorld, { user } = ann, node = "n"): Promise<void> {
  await world.bus.release(lobby, user, node);
  world.bus.signal(lobby, { kind: "gone", node, user });
  await world.settle();
}

async function start() {
  const world = new WebhookWorld();
  await join(world, bob);
  const process = world.start();
  await world.add(HOOK, { events: ["joined", "left"] });
  return {
    world,
    async [Symbol.asyncDispose]() {
      await process[Symbol.asyncDispose]();
      await world[Symbol.asyncDispose]();
    },
  };
}

Deno.test("A webhook is told who joins and leaves, but not who is there already", async () => {
  await using stage = await start();
  const { world } = stage;
  await join(world);
  await leave(world);
  const frame = { type: "presence", room: lobby, joined: [], left: [] };
  assert.deepEqual(changes(world), [
    { ...frame, count: 2, joined: [ann] },
    { ...frame, count: 1, left: [ann] },
  ]);
});

Deno.test("A second connection, or another name, is no joining", async () => {
  await using stage = await start();
  const { world } = stage;
  await join(world);
  await join(world, ann, "other");
  await world.bus.claim(lobby, { user: ann.user, name: name("Anna"), node: "n", rename: true });
  world.bus.signal(lobby, { kind: "here", node: "n", user: ann.user, name: name("Anna") });
  await world.settle();
  await leave(world, ann, "other");
  assert.equal(changes(world).length, 1);
});

Deno.test("Lost updates are found out within 15 seconds", async () => {
  await using stage = await start();
  const { world } = stage;
  await world.bus.claim(lobby, { ...ann, node: "n", rename: false });
  await world.clock.advance(15_000);
  assert.deepEqual(changes(world).map(({ joined }) => joined), [[ann]]);
});

Deno.test("Presence is told once, and what happens during an attempt is told together", async () => {
  await using stage = await start();
  const { world } = stage;
  const answered = Promise.withResolvers<void>();
  world.answer = async () => {
    await answered.promise;
    return ERROR;
  };
  await join(world);
  await leave(world);
  await leave(world, bob);
  world.answer = () => OK;
  answered.resolve();
  await world.settle();
  assert.deepEqual(changes(world).map(({ joined, left }) => [joined.length, left.length]), [
    [1, 0],
    [0, 2],
  ]);
});
