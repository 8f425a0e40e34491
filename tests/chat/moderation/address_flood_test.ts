/** A guest who comes back from ever new addresses does not use up what the moderators need. */
import assert from "node:assert/strict";
import {
  KEPT_ADDRESSES,
  MAX_ADDRESSES,
  MAX_ADDRESSES_OF_GUEST,
} from "../../../lib/chat/moderation/address_sanctions.ts";
import { addressUser } from "../../../lib/core/rooms/address_user.ts";
import { FOREVER } from "../../../lib/core/log/room_event.ts";
import { MAX_STATE_FIELDS } from "../../../lib/core/log/room_state.ts";
import { AUDIT_ROOM } from "../../../lib/core/rooms/service_rooms.ts";
import { user } from "../../contract/fixtures.ts";
import { act } from "../../contract/state/room_state.ts";
import { FakeChat, flushMicrotasks, name } from "../../support/fakes.ts";

const NOBODY = { role: undefined, rights: null };

function ban(guest: string) {
  const until = FOREVER;
  return { kind: "ban", user: user(guest), name: name("G"), until, rank: "owner" } as const;
}

function network(index: number): string {
  return `20010db8${index.toString(16).padStart(8, "0")}/64`;
}

async function ready(): Promise<FakeChat> {
  const chat = new FakeChat();
  chat.followSanctions(() => {});
  await flushMicrotasks();
  return chat;
}

Deno.test("The ban of a guest is imposed on a limited number of addresses", async () => {
  for (const isAtOnce of [true, false]) {
    using chat = await ready();
    const { addressSanctions, sanctions, bus } = chat.context;
    const guest = ban("u7bob3k2");
    await bus.publish(act(guest, { room: AUDIT_ROOM }));
    await flushMicrotasks();
    const extending: Promise<void>[] = [];
    for (let index = 0; index < 3 * MAX_ADDRESSES_OF_GUEST; index++) {
      const subject = { user: guest.user, address: addressUser(network(index)), authority: NOBODY };
      extending.push(addressSanctions.extend(guest, subject, undefined));
      if (!isAtOnce) await flushMicrotasks();
    }
    await Promise.all(extending);
    await flushMicrotasks();
    assert.equal(sanctions.addressesOf(guest.user).own.size, MAX_ADDRESSES_OF_GUEST);
    assert.equal(
      (await bus.page(AUDIT_ROOM, undefined, 200)).messages.length,
      1 + MAX_ADDRESSES_OF_GUEST,
    );
  }
});

Deno.test("An address is muted again for a guest whose mute outlasts that of the guest on whose account it is muted", async () => {
  using chat = await ready();
  const { addressSanctions, sanctions, bus, clock } = chat.context;
  const address = addressUser("192.0.2.1");
  const until = clock.date() + 20_000;
  const [first, second] = [{ ...ban("user_first"), until }, ban("user_second")];
  for (const guest of [first, second]) await bus.publish(act(guest, { room: AUDIT_ROOM }));
  await flushMicrotasks();
  const subject = { user: first.user, address, authority: NOBODY };
  // As after a permanent ban that a moderator has shortened.
  await addressSanctions.extend({ ...first, until: FOREVER }, subject, undefined);
  await flushMicrotasks();
  assert.ok(address);
  assert.equal(sanctions.ofAddress("ban", address, undefined)?.until, until);
  await addressSanctions.extend(second, { ...subject, user: second.user }, undefined);
  await flushMicrotasks();
  assert.equal(sanctions.ofAddress("ban", address, undefined)?.until, FOREVER);
});

Deno.test("The addresses of all guests together leave room for what moderators impose", async () => {
  using chat = await ready();
  const { addressSanctions, sanctions, bus } = chat.context;
  for (let index = 0; index < MAX_ADDRESSES; index++) {
    const address = addressUser(network(index));
    assert.ok(address);
    await bus.publish(
      act({ ...ban(address), guest: user(`u${index}_guest`) }, { room: AUDIT_ROOM }),
    );
  }
  await flushMicrotasks();
  const guest = ban("u7bob3k2");
  const subject = { user: guest.user, address: addressUser("192.0.2.1"), authority: NOBODY };
  await addressSanctions.extend(guest, subject, undefined);
  await flushMicrotasks();
  assert.equal((await bus.state(AUDIT_ROOM)).fields.size, MAX_ADDRESSES);
  assert.equal(sanctions.ofAddress("ban", user("ip_c0000201"), undefined), undefined);
  assert.ok(MAX_ADDRESSES <= MAX_STATE_FIELDS / 2);
});

Deno.test("Mutes of addresses that have ended do not count", async () => {
  using chat = await ready();
  const { addressSanctions, sanctions, bus, clock } = chat.context;
  for (let index = 0; index < MAX_ADDRESSES; index++) {
    const address = addressUser("192.0.2.1");
    assert.ok(address);
    const event = { ...ban(address), until: clock.date() + 1_000, guest: user(`u${index}_guest`) };
    await bus.publish(act(event, { room: AUDIT_ROOM }));
  }
  await chat.clock.advance(1_000);
  await flushMicrotasks();
  const guest = ban("u7bob3k2");
  await bus.publish(act(guest, { room: AUDIT_ROOM }));
  await flushMicrotasks();
  const subject = { user: guest.user, address: addressUser("192.0.2.1"), authority: NOBODY };
  await addressSanctions.extend(guest, subject, undefined);
  await flushMicrotasks();
  assert.equal(sanctions.ofAddress("ban", user("ip_c0000201"), undefined)?.until, FOREVER);
});

Deno.test("The ban of an address is asked for again and again while it is on its way, and imposed once", async () => {
  using chat = await ready();
  const { addressSanctions, bus } = chat.context;
  const guest = ban("u7bob3k2");
  const subject = { user: guest.user, address: addressUser("192.0.2.1"), authority: NOBODY };
  chat.dropsAnnouncements = true;
  for (let times = 0; times < 3; times++) {
    await addressSanctions.extend(guest, subject, undefined);
  }
  assert.equal((await bus.page(AUDIT_ROOM, undefined, 9)).messages.length, 1);
  // Announcements were lost.
  addressSanctions.onEvent(undefined, () => undefined);
  await addressSanctions.extend(guest, subject, undefined);
  assert.equal((await bus.page(AUDIT_ROOM, undefined, 9)).messages.length, 2);
});

Deno.test("A raid of many guests from one address costs little for each of them", async () => {
  using chat = await ready();
  const { sanctions, bus } = chat.context;
  const address = addressUser("192.0.2.1");
  assert.ok(address);
  const COUNT = 250;
  for (let index = 0; index < COUNT; index++) {
    const guest = ban(`u${index}_guest`);
    await bus.publish(act(guest, { room: AUDIT_ROOM }));
    await bus.publish(act({ ...guest, user: address, guest: guest.user }, { room: AUDIT_ROOM }));
  }
  await flushMicrotasks();
  const parse = JSON.parse;
  let parsed = 0;
  JSON.parse = (...given) => {
    parsed += 1;
    return parse(...given);
  };
  try {
    for (let times = 0; times < 100; times++) {
      assert.equal(sanctions.ofAddress("ban", address, undefined)?.until, FOREVER);
      assert.ok(sanctions.isOnAccountOf(user("u7_guest"), address, undefined));
    }
  } finally {
    JSON.parse = parse;
  }
  // Each field at most once.
  assert.ok(parsed <= 2 * COUNT, `${parsed}`);
});

Deno.test("The addresses of the latest guests are remembered, and no more", async () => {
  using chat = await ready();
  const { addressSanctions, sanctions, bus } = chat.context;
  const address = addressUser(network(1));
  const [first, last] = [user("user_first"), user("user_last")];
  addressSanctions.remember({ user: first, address });
  for (let index = 1; index < 2 * KEPT_ADDRESSES; index++) {
    addressSanctions.remember({ user: user(`user_${index + 1_000}`), address });
  }
  addressSanctions.remember({ user: last, address });
  for (const [guest, count] of [[first, 0], [last, 1]] as const) {
    await bus.publish(act({ ...ban("user_any"), user: guest }, { room: AUDIT_ROOM }));
    await flushMicrotasks();
    assert.equal(sanctions.addressesOf(guest).own.size, count, guest);
  }
});
