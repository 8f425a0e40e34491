/** Mutes, bans and kicks that meet a join, a request or a node that does not know everything yet. */
import assert from "node:assert/strict";
import type { RoomId } from "../../../lib/core/names/names.ts";
import { AUDIT_ROOM } from "../../../lib/core/rooms/service_rooms.ts";
import { BANNED } from "../../../lib/core/protocol/close_codes.ts";
import { type FakeChat, flushMicrotasks } from "../../support/fakes.ts";
import { type Frame, outcome } from "../../support/chat/den.ts";
import {
  ADDRESS,
  JOIN,
  ModerationScene,
  OTHER_ADDRESS,
} from "../../support/chat/moderation_scene.ts";

/** Holds up a method of the bus until it is let. @param isHeld Which calls are held up. */
function hold(
  { bus }: FakeChat,
  method: "readState" | "state" | "page",
  isHeld: (room: RoomId) => boolean = () => true,
): () => void {
  const gate = Promise.withResolvers<void>();
  const original: (room: RoomId, ...rest: never[]) => Promise<unknown> = bus[method].bind(bus);
  Object.assign(bus, {
    [method]: async (room: RoomId, ...rest: never[]) => {
      if (isHeld(room)) await gate.promise;
      return await original(room, ...rest);
    },
  });
  return gate.resolve;
}

const BANS = [
  ["from the room", (scene: ModerationScene, id: string) => scene.act("ban", id)],
  ["from the service", (scene: ModerationScene, id: string) => scene.act("ban", id, {})],
  ["by the address of another guest, from the room", banNeighbour],
  [
    "by the address of another guest, from the service",
    (scene: ModerationScene) => banNeighbour(scene, {}),
  ],
] as const;

/** Bans another guest of the same address, who is connected. */
async function banNeighbour(scene: ModerationScene, where?: string | Frame): Promise<void> {
  const neighbour = await scene.guest();
  await neighbour.client.ask(JOIN);
  await scene.act("ban", neighbour.id, typeof where === "object" ? where : { room: "den" });
  await flushMicrotasks();
}

for (const [what, ban] of BANS) {
  Deno.test(`A guest who is banned ${what} while joining is not let in, and sends nothing`, async () => {
    using scene = new ModerationScene();
    await scene.start();
    scene.follow();
    const { client, id } = await scene.guest();
    const read = hold(scene.chat, "readState");
    await client.ask(JOIN, { type: "say", id: "say", room: "den", text: "too late" });
    await ban(scene, id);
    read();
    await flushMicrotasks();
    const frames = await client.ask();
    const received = [...client.socket.sent.map(String), ...frames.map((it) => JSON.stringify(it))];
    assert.ok(!received.some((it) => it.includes('"type":"joined"')), received.join("\n"));
    assert.ok(!(await scene.authors()).includes(id));
  });

  Deno.test(`A guest who is banned ${what} has left, and cannot come back`, async () => {
    using scene = new ModerationScene();
    await scene.start();
    scene.follow();
    const { client, id } = await scene.guest();
    await client.ask(JOIN);
    await ban(scene, id);
    const frames = await client.ask();
    const left = frames.find(({ type }) => type === "left");
    const isClosed = client.socket.closeStatuses[0]?.code === BANNED.code;
    assert.ok(left?.reason === "banned" || isClosed, JSON.stringify(frames));
    const stranger = await scene.guest();
    const again = await stranger.client.ask(JOIN);
    const isRefused = stranger.client.socket.closeStatuses[0]?.code === BANNED.code ||
      outcome(again, "join") === "banned";
    assert.ok(isRefused);
    const elsewhere = await scene.guest(OTHER_ADDRESS);
    assert.equal(outcome(await elsewhere.client.ask(JOIN), "join"), "done");
  });
}

for (const [where, room] of [["a room", { room: "den" }], ["the service", {}]] as const) {
  Deno.test(`A ban from ${where} that ends before a node knows of it keeps nobody else from the address out`, async () => {
    using scene = new ModerationScene();
    await scene.start();
    scene.follow();
    const { client, id } = await scene.guest();
    await client.ask(JOIN);
    scene.chat.dropsAnnouncements = true;
    await scene.act("ban", id, room);
    await scene.act("unban", id, room);
    scene.chat.dropsAnnouncements = false;
    // Both are found in a gap.
    await scene.moderator.ask({ type: "say", room: "den", text: "hello" });
    await scene.act("unban", "u_nobody", room);
    await flushMicrotasks();
    const stranger = await scene.guest();
    assert.equal(outcome(await stranger.client.ask(JOIN), "join"), "done");
    assert.equal(stranger.client.socket.closeStatuses.length, 0);
    // Banned again, the guest is out with everybody from there.
    await scene.act("ban", id, room);
    const left = (await stranger.client.ask()).find(({ type }) => type === "left");
    const isClosed = stranger.client.socket.closeStatuses[0]?.code === BANNED.code;
    assert.ok(left?.reason === "banned" || isClosed);
  });
}

Deno.test("Nobody joins a room before the bans of the service are known", async () => {
  using scene = new ModerationScene();
  await scene.start();
  const { id, resume } = await scene.guest();
  await scene.act("ban", id, {});
  const read = hold(scene.chat, "state", (room) => room === AUDIT_ROOM);
  scene.follow();
  const { client } = await scene.guest(ADDRESS, { resume });
  const honest = await scene.guest(OTHER_ADDRESS);
  assert.deepEqual(await client.ask(JOIN), []);
  assert.deepEqual(await honest.client.ask(JOIN), []);
  read();
  await flushMicrotasks();
  assert.equal((await honest.client.ask()).at(0)?.type, "joined");
  assert.ok(!client.socket.sent.some((it) => String(it).includes('"type":"joined"')));
  assert.equal(client.socket.closeStatuses[0]?.code, BANNED.code);
});

Deno.test("Nobody creates rooms or moderates before the bans of the service are known", async () => {
  using scene = new ModerationScene();
  await scene.start();
  const { id, resume } = await scene.guest();
  await scene.act("ban", id, {});
  const read = hold(scene.chat, "state", (room) => room === AUDIT_ROOM);
  scene.follow();
  const { client } = await scene.guest(ADDRESS, { resume });
  for (
    const request of [
      { type: "create", id: "1", kind: "listed", room: "spam", title: "BUY" },
      { type: "room", id: "1", room: "den", topic: "BUY" },
      { type: "release", id: "1", of: "epoch1:1" },
    ]
  ) assert.equal(outcome(await client.ask(request), "1"), "unavailable", request.type);
  assert.equal(await scene.act("mute", id), "unavailable");
  read();
  await flushMicrotasks();
  assert.equal(client.socket.closeStatuses[0]?.code, BANNED.code);
  assert.equal(await scene.act("mute", id), "done");
});

Deno.test("No guest joins a room before it is known whether the service is locked down", async () => {
  using scene = new ModerationScene();
  await scene.start();
  await scene.act("lockdown", undefined, {});
  const read = hold(scene.chat, "state", (room) => room === AUDIT_ROOM);
  scene.follow();
  const { client } = await scene.guest();
  assert.deepEqual(await client.ask(JOIN), []);
  read();
  await flushMicrotasks();
  assert.equal(outcome(await client.ask(), "join"), "locked_down");
});

Deno.test("Messages that were requested before a ban are not sent after it", async () => {
  using scene = new ModerationScene();
  await scene.start();
  scene.follow();
  const { client, id } = await scene.guest();
  await client.ask(JOIN);
  const read = hold(scene.chat, "page");
  await client.ask({ type: "history", id: "history", room: "den" });
  await scene.act("ban", id);
  read();
  await flushMicrotasks();
  const frames = await client.ask();
  assert.deepEqual(frames.map(({ type }) => type), ["left", "fault"]);
  assert.equal(outcome(frames, "history"), "not_allowed");
});

Deno.test("Messages are not read by a user whose ban the node has not been told of", async () => {
  using scene = new ModerationScene();
  await scene.start();
  scene.follow();
  const { client, id } = await scene.guest();
  await client.ask(JOIN);
  scene.chat.dropsAnnouncements = true;
  await scene.act("ban", id);
  await scene.moderator.ask({ type: "say", room: "den", text: "in private" });
  const frames = await client.ask({ type: "history", id: "history", room: "den" });
  assert.equal(outcome(frames, "history"), "not_allowed");
});

Deno.test("A user who joins again after a kick is let in, though the node learns of the kick only then", async () => {
  using scene = new ModerationScene();
  await scene.start();
  scene.follow();
  const { client, id, resume } = await scene.guest();
  await client.ask(JOIN);
  scene.chat.dropsAnnouncements = true;
  await scene.act("kick", id);
  const again = await scene.guest(ADDRESS, { resume });
  const frames = await again.client.ask(JOIN);
  assert.equal(outcome(frames, "join"), "done");
  const left = (await client.ask()).find(({ type }) => type === "left");
  assert.equal(left?.reason, "kicked");
});

for (const [where, room] of [["a room", { room: "den" }], ["the service", {}]] as const) {
  Deno.test(`A mute in ${where} that is asked for again is recognized, though it would end later`, async () => {
    using scene = new ModerationScene();
    await scene.start();
    scene.follow();
    const { id } = await scene.guest();
    const request = { id: "same", seconds: 60, reason: "noise", ...room };
    assert.equal(await scene.act("mute", id, request), "done");
    await scene.chat.clock.advance(5_000);
    assert.equal(await scene.act("mute", id, request), "done");
    assert.equal(await scene.act("ban", id, request), "id_reused");
  });
}

Deno.test("A kick that is asked for again is recognized, though the user's name is not known any more", async () => {
  using scene = new ModerationScene();
  await scene.start();
  const { client, id } = await scene.guest();
  await client.ask(JOIN);
  assert.equal(await scene.act("kick", id, { id: "same", room: "den" }), "done");
  assert.equal(await scene.act("kick", id, { id: "same", room: "den" }), "done");
});
