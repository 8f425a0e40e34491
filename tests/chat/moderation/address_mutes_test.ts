/** What the mute or the ban of a guest means for others from the same address, and what moderators can do about it. */
import assert from "node:assert/strict";
import { MAX_ADDRESSES_OF_GUEST } from "../../../lib/chat/moderation/address_sanctions.ts";
import { FOREVER, type RoomEvent } from "../../../lib/core/log/room_event.ts";
import { RoomState } from "../../../lib/core/log/room_state.ts";
import { addressUser } from "../../../lib/core/rooms/address_user.ts";
import { AUDIT_ROOM, SERVICE_AUTHOR } from "../../../lib/core/rooms/service_rooms.ts";
import { user } from "../../contract/fixtures.ts";
import { act } from "../../contract/state/room_state.ts";
import { type Client, outcome } from "../../support/chat/den.ts";
import { FakeChat, flushMicrotasks, name, room as roomId } from "../../support/fakes.ts";
import {
  ADDRESS,
  ADDRESS_USER,
  JOIN,
  ModerationScene,
  OTHER_ADDRESS,
} from "../../support/chat/moderation_scene.ts";

/** The outcome of a message in the room. */
async function say(client: Client, id: string, text = "hello"): Promise<string> {
  return outcome(await client.ask({ type: "say", id, room: "den", text }), id);
}

/** A guest who has joined the room. */
async function joined(scene: ModerationScene, ...from: Parameters<ModerationScene["guest"]>) {
  const guest = await scene.guest(...from);
  await guest.client.ask(JOIN);
  return guest;
}

async function started(): Promise<ModerationScene> {
  const scene = new ModerationScene();
  await scene.start();
  scene.follow();
  await flushMicrotasks();
  return scene;
}

Deno.test("A guest is told when the address is muted in a room, on account of another guest, and when that ends", async () => {
  using scene = new ModerationScene();
  await scene.start();
  scene.follow();
  const [one, other] = [await scene.guest(), await scene.guest()];
  for (const { client } of [one, other]) await client.ask(JOIN);
  await scene.act("mute", one.id, { room: "den", seconds: 60 });
  const muted = (await other.client.ask()).findLast(({ type }) => type === "rules");
  assert.equal(typeof Object(muted?.muted).until, "number");
  await scene.act("unmute", one.id);
  const open = (await other.client.ask()).findLast(({ type }) => type === "rules");
  assert.deepEqual([open?.room, open?.muted], ["den", undefined]);
});

for (const [where, room] of [["a room", { room: "den" }], ["the service", {}]] as const) {
  Deno.test(`A guest who is muted in ${where}, and says nothing, cannot speak as another guest of the same address`, async () => {
    using scene = new ModerationScene();
    await scene.start();
    scene.follow();
    const { client, id } = await scene.guest();
    await client.ask(JOIN);
    await scene.act("mute", id, room);
    const stranger = await scene.guest();
    await stranger.client.ask(JOIN);
    const say = { type: "say", id: "say", room: "den", text: "it was not me" };
    assert.equal(outcome(await stranger.client.ask(say), "say"), "muted");
  });
}

for (const [where, room] of [["a room", { room: "den" }], ["the service", {}]] as const) {
  Deno.test(`An address is muted in ${where} for as long as one of its guests is, whoever was muted or unmuted in between`, async () => {
    using scene = new ModerationScene();
    await scene.start();
    scene.follow();
    const [one, other] = [await scene.guest(), await scene.guest()];
    for (const { client } of [one, other]) await client.ask(JOIN);
    const act = async (...given: Parameters<typeof scene.act>) => {
      assert.equal(await scene.act(...given), "done");
      await flushMicrotasks();
    };
    await act("mute", one.id, { ...room, seconds: 20 });
    await act("mute", other.id, { ...room, seconds: 60 });
    await act("mute", one.id, { ...room, seconds: 30 });
    await act("unmute", other.id, room);
    const stranger = await scene.guest();
    await stranger.client.ask(JOIN);
    const say = async (id: string) =>
      outcome(
        await stranger.client.ask({ type: "say", id, room: "den", text: "it was not me" }),
        id,
      );
    assert.equal(await say("1"), "muted");
    await act("unmute", one.id, room);
    assert.equal(await say("2"), "done");
  });
}

Deno.test("A moderator ends the mute of an address, and its guests stay muted", async () => {
  using scene = new ModerationScene();
  await scene.start();
  scene.follow();
  const [one, other] = [await scene.guest(), await scene.guest()];
  const say = async (client: Client, id: string) =>
    outcome(await client.ask({ type: "say", id, room: "den", text: "hello" }), id);
  for (const { client, id } of [one, other]) {
    await client.ask(JOIN);
    await scene.act("mute", id);
  }
  await scene.act("unmute", ADDRESS_USER);
  const stranger = await scene.guest();
  await stranger.client.ask(JOIN);
  assert.equal(await say(one.client, "1"), "muted");
  assert.equal(await say(stranger.client, "1"), "done");
  const entries = (await scene.chat.bus.page(AUDIT_ROOM, undefined, 99)).messages;
  assert.match(String(entries.at(-1)?.text), /^unmuted the address of .* \(#den\)$/);
  assert.equal(entries.filter(({ text }) => text?.startsWith("unmuted")).length, 1);

  // It counts again with the next mute of a guest.
  await scene.act("unmute", one.id);
  assert.equal(await say(one.client, "2"), "done");
  await scene.act("mute", one.id);
  await flushMicrotasks();
  assert.equal(await say(stranger.client, "2"), "muted");
});

Deno.test("A mute that is shortened is shortened for the address, too", async () => {
  using scene = new ModerationScene();
  await scene.start();
  scene.follow();
  const { client, id } = await scene.guest();
  await client.ask(JOIN);
  await scene.act("mute", id);
  await scene.act("mute", id, { room: "den", seconds: 5 });
  await flushMicrotasks();
  const { bus, clock } = scene.chat.context;
  const state = new RoomState((await bus.state(AUDIT_ROOM)).fields);
  assert.deepEqual(state.sanctions(0).map(({ until }) => until <= clock.date() + 5_000), [true]);
});

Deno.test("A moderator ends the mutes of an address with one event, however many of its guests are muted", async () => {
  using scene = await started();
  const { bus } = scene.chat;
  for (let index = 0; index < 100; index++) {
    const guest = user(`u_${index}_guest`);
    const mute = {
      kind: "mute",
      user: guest,
      name: name("G"),
      until: FOREVER,
      rank: "moderator",
    } as const;
    for (const it of [mute, { ...mute, user: user(ADDRESS_USER), guest }]) {
      await bus.publish(act(it, { ...SERVICE_AUTHOR, room: AUDIT_ROOM }));
    }
  }
  await flushMicrotasks();
  const { client } = await joined(scene);
  assert.equal(await say(client, "1"), "muted");
  const before = (await bus.state(AUDIT_ROOM)).top.seq;
  assert.equal(await scene.act("unmute", ADDRESS_USER, {}), "done");
  assert.equal((await bus.state(AUDIT_ROOM)).top.seq, before + 1);
  assert.equal(await say(client, "2"), "done");
});

for (const [where, room] of [["a room", { room: "den" }], ["the service", {}]] as const) {
  Deno.test(`After a moderator has ended the mute of an address in ${where}, only new mutes of guests count for it`, async () => {
    using scene = await started();
    const one = await joined(scene);
    await scene.act("mute", one.id, room);
    await flushMicrotasks();
    assert.equal(await scene.act("unmute", ADDRESS_USER, room), "done");
    const stranger = await joined(scene);
    // The guest comes back, and tries.
    const again = await scene.guest(ADDRESS, { resume: one.resume });
    await again.client.ask(JOIN);
    assert.equal(await say(again.client, "1"), "muted");
    await flushMicrotasks();
    assert.equal(await say(stranger.client, "1"), "done");
    // For ever, like the first one.
    await scene.act("mute", one.id, room);
    await flushMicrotasks();
    assert.equal(await say(stranger.client, "2"), "muted");
  });

  Deno.test(`A guest who joined muted in ${where} is told when the mute of the other guest ends`, async () => {
    using scene = await started();
    const one = await joined(scene);
    await scene.act("mute", one.id, room);
    await flushMicrotasks();
    const other = await scene.guest();
    const answer = (await other.client.ask(JOIN)).find(({ type }) => type === "joined");
    assert.ok(answer?.muted);
    await scene.act("unmute", one.id, room);
    const rules = (await other.client.ask()).findLast(({ type }) => type === "rules");
    assert.deepEqual([rules?.room, rules?.muted], ["den", undefined]);
  });
}

for (const [what, more] of [["ended once more", undefined], ["muted for a second", 1]] as const) {
  Deno.test(`An exempt address that is ${what} stays exempt`, async () => {
    using scene = await started();
    const one = await joined(scene);
    await scene.act("mute", one.id);
    await flushMicrotasks();
    await scene.act("unmute", ADDRESS_USER);
    const again = more === undefined ? "unmute" : "mute";
    assert.equal(await scene.act(again, ADDRESS_USER, { room: "den", seconds: more }), "done");
    await scene.chat.clock.advance(2_000);
    assert.equal(await say(one.client, "1"), "muted");
    await flushMicrotasks();
    assert.equal(await say((await joined(scene)).client, "1"), "done");
  });
}

Deno.test("A moderator cannot exempt an address from what an owner imposes", async () => {
  using scene = await started();
  const { bus } = scene.chat;
  const bad = await joined(scene, OTHER_ADDRESS);
  const sock = await joined(scene);
  await scene.act("mute", sock.id, {});
  await flushMicrotasks();
  assert.equal(await scene.act("unmute", ADDRESS_USER, {}), "done");
  const mute = { kind: "mute", user: user(bad.id), name: name("Bad"), until: FOREVER } as const;
  await bus.publish(act({ ...mute, rank: "owner" }, { ...SERVICE_AUTHOR, room: AUDIT_ROOM }));
  await flushMicrotasks();
  const back = await joined(scene, ADDRESS, { resume: bad.resume });
  assert.equal(await say(back.client, "1"), "muted");
  await flushMicrotasks();
  assert.equal(await say((await joined(scene)).client, "1"), "muted");
});

for (const first of ["den", AUDIT_ROOM]) {
  Deno.test(`A guest is told that the address is muted and that this ends, if ${first} is delivered first`, async () => {
    using scene = await started();
    const { bus } = scene.chat;
    const [one, other] = [await joined(scene), await joined(scene)];
    const about = { user: user(one.id), name: name("G1") };
    const told = async (event: RoomEvent) => {
      const den = roomId("den");
      const inRoom = act(event, { ...SERVICE_AUTHOR, room: den });
      const inAudit = act({ ...event, room: den }, { ...SERVICE_AUTHOR, room: AUDIT_ROOM });
      other.client.fresh();
      for (const it of first === "den" ? [inRoom, inAudit] : [inAudit, inRoom]) {
        await bus.publish(it);
        await flushMicrotasks();
      }
      return other.client.fresh().findLast(({ type }) => type === "rules");
    };
    const mute = { kind: "mute", ...about, until: FOREVER, rank: "moderator" } as const;
    assert.ok((await told(mute))?.muted);
    const end = await told({ kind: "unmute", ...about });
    assert.deepEqual([end?.room, end?.muted], ["den", undefined]);
  });
}

Deno.test("Of two mutes in a room that is not open on the worker, the address has the second", async () => {
  using chat = new FakeChat();
  chat.followSanctions(() => {});
  await flushMicrotasks();
  const { addressSanctions, bus, clock } = chat.context;
  const address = addressUser(ADDRESS);
  assert.ok(address);
  const [guest, den] = [user("u_guest000"), roomId("den")];
  // Of a call of the HTTP API, for example.
  addressSanctions.remember({ user: guest, address });
  const mute = { kind: "mute", user: guest, name: name("G"), rank: "moderator" } as const;
  const mutes = [clock.date() + 1_000, FOREVER].map((until) => ({ ...mute, until, room: den }));
  await Promise.all(mutes.map((it) => bus.publish(act(it, { room: AUDIT_ROOM }))));
  await flushMicrotasks();
  const state = new RoomState((await bus.state(AUDIT_ROOM)).fields);
  assert.equal(state.addressSanctions("mute", address, den)[0]?.until, FOREVER);
});

Deno.test("Of two mutes of a guest in quick succession, the address has the second", async () => {
  for (const ends of [[1_000, FOREVER], [FOREVER, 1_000]] as const) {
    using chat = new FakeChat();
    chat.followSanctions(() => {});
    await flushMicrotasks();
    const { addressSanctions, sanctions, bus, clock } = chat.context;
    const address = addressUser(ADDRESS);
    assert.ok(address);
    const guest = user("u_guest000");
    addressSanctions.remember({ user: guest, address });
    const mutes = ends.map((ms) => ({
      ...{ kind: "mute", user: guest, name: name("G"), rank: "moderator" } as const,
      until: ms === FOREVER ? FOREVER : clock.date() + ms,
    }));
    await Promise.all(mutes.map((it) => bus.publish(act(it, { room: AUDIT_ROOM }))));
    await flushMicrotasks();
    const state = new RoomState((await bus.state(AUDIT_ROOM)).fields);
    const [imposed] = state.addressSanctions("mute", address, undefined);
    assert.equal(imposed?.until, mutes[1]?.until);
    assert.equal(sanctions.ofAddress("mute", address, undefined)?.until, mutes[1]?.until);
  }
});

Deno.test("A guest with as many muted addresses as may be is banned on all of these, and on no others", async () => {
  using chat = new FakeChat();
  chat.followSanctions(() => {});
  await flushMicrotasks();
  const { addressSanctions, sanctions, bus } = chat.context;
  const guest = {
    user: user("u_guest000"),
    name: name("G"),
    until: FOREVER,
    rank: "owner",
  } as const;
  const authority = { role: undefined, rights: null };
  const den = { id: roomId("den"), state: new RoomState() };
  for (const [kind, where] of [["mute", undefined], ["ban", undefined], ["ban", den]] as const) {
    await bus.publish(act({ kind, ...guest }, { room: where?.id ?? AUDIT_ROOM }));
    for (let index = 0; index <= MAX_ADDRESSES_OF_GUEST; index++) {
      const address = addressUser(`192.0.2.${index + 1}`);
      assert.ok(address);
      await addressSanctions.extend(
        { kind, ...guest },
        { user: guest.user, address, authority },
        where,
      );
      await flushMicrotasks();
      const imposed = sanctions.onAccountOf(guest.user, kind, address, where?.id);
      assert.equal(imposed !== undefined, index < MAX_ADDRESSES_OF_GUEST, `${kind} ${index}`);
    }
  }
});

Deno.test("The mute of an address has the rank of the guest's, also of one that has replaced it", async () => {
  using chat = new FakeChat();
  chat.followSanctions(() => {});
  await flushMicrotasks();
  const { sanctions, bus } = chat.context;
  const address = addressUser(ADDRESS);
  assert.ok(address);
  const mute = {
    ...{ kind: "mute", user: user("u_guest000"), name: name("G"), until: FOREVER } as const,
    rank: "moderator",
  } as const;
  await bus.publish(act(mute, { room: AUDIT_ROOM }));
  await bus.publish(act({ ...mute, user: address, guest: mute.user }, { room: AUDIT_ROOM }));
  await bus.publish(act({ ...mute, rank: "owner" }, { room: AUDIT_ROOM }));
  await flushMicrotasks();
  assert.equal(sanctions.ofAddress("mute", address, undefined)?.rank, "owner");
  assert.equal(sanctions.imposed("mute", address, undefined)?.rank, "owner");
});

for (const [what, isRefused] of [["refused", true], ["repeated", false]] as const) {
  Deno.test(`A message that is ${what} in slow mode does not free new guests of the address from waiting`, async () => {
    using scene = await started();
    const slow = { type: "room", id: "slow", room: "den", slowSeconds: 30 };
    assert.equal(outcome(await scene.moderator.ask(slow), "slow"), "done");
    const { clock } = scene.chat;
    const one = await joined(scene);
    await clock.advance(1_000);
    assert.equal(await say(one.client, "1"), "done");
    await clock.advance(1_000);
    const fresh = await joined(scene);
    await clock.advance(1_000);
    assert.equal(await say(one.client, isRefused ? "2" : "1"), isRefused ? "slow_down" : "done");
    assert.equal(await say(fresh.client, "1"), "slow_down");
  });
}

/** The number of ten guests, one newer than the other, who can send something in slow mode. */
async function countInSlowMode(scene: ModerationScene): Promise<number> {
  for (let count = 0; count < 10; count++) {
    const { client } = await joined(scene);
    await say(client, "1");
    await scene.chat.clock.advance(15);
  }
  return (await scene.authors()).length;
}

Deno.test("In slow mode, one of many new guests of an address sends something while the store has not answered", async () => {
  using scene = await started();
  await scene.moderator.ask({ type: "room", room: "den", slowSeconds: 30 });
  const { bus } = scene.chat;
  const publish = bus.publish.bind(bus);
  const gate = Promise.withResolvers<void>();
  bus.publish = async (draft) => {
    await gate.promise;
    return await publish(draft);
  };
  await countInSlowMode(scene);
  gate.resolve();
  await flushMicrotasks();
  assert.equal((await scene.authors()).length, 1);
});

Deno.test("In slow mode, one of many new guests of an address sends something though the log's clock is ahead", async () => {
  using scene = await started();
  await scene.moderator.ask({ type: "room", room: "den", slowSeconds: 30 });
  const { bus } = scene.chat;
  const publish = bus.publish.bind(bus);
  bus.publish = async (draft) => {
    const result = await publish(draft);
    return result.kind === "entered" ? { ...result, at: result.at + 200 } : result;
  };
  assert.equal(await countInSlowMode(scene), 1);
});
