/**
 * Which rooms exist for a user who may not create any: those whose log has had an entry and is kept, whatever is left in it.
 * @module
 */
import assert from "node:assert/strict";
import { Hub } from "../../../lib/chat/room/hub.ts";
import type { JoinRefusal } from "../../../lib/chat/room/subscriber.ts";
import type { Bus, PresenceRegistry, RoomHistory } from "../../../lib/chat/ports/bus.ts";
import type { Retention } from "../../../lib/core/log/retention.ts";
import { textEncoder } from "../../../lib/core/protocol/text_protocol.ts";
import { counter, FakeClock, fakeSubscriber } from "../../support/fakes.ts";
import { noMembers } from "../../support/identity/members.ts";
import { attic, bob, draft, lobby, mustPublish, say } from "../fixtures.ts";

/** An opened bus. */
export interface OpenStore extends AsyncDisposable {
  readonly bus: Bus & RoomHistory & PresenceRegistry;
  /** Deletes what is too old. */
  sweep(): Promise<void>;
}

const AGE_MS = 1_800_000;
const RETENTION: Retention = { messages: 100, entries: 100, ageMs: AGE_MS };

/** @param open Opens an empty bus. */
export function roomExistenceContract(
  bus: string,
  open: (retention: Retention, clock: FakeClock) => Promise<OpenStore>,
): void {
  Deno.test(`${bus}: a room exists from its first entry on, without its messages too, until its log is deleted`, async () => {
    const clock = new FakeClock();
    await using store = await open(RETENTION, clock);
    assert.equal(await join(store, clock), "no_room");
    const { position } = await mustPublish(store.bus, say("hi"));
    assert.equal(await join(store, clock), "joined");
    await mustPublish(store.bus, draft({ kind: "deleted", of: position }));
    assert.equal(await join(store, clock), "joined");
    await clock.advance(AGE_MS + 60_000);
    await store.sweep();
    assert.deepEqual((await store.bus.page(lobby, undefined, 9)).messages, []);
    assert.equal(await join(store, clock), "joined");
    await clock.advance(AGE_MS);
    await store.sweep();
    assert.equal(await join(store, clock), "no_room");
    await mustPublish(store.bus, say("again"));
    assert.equal(await join(store, clock), "joined");
  });

  Deno.test(`${bus}: a room does not exist because others do, or because somebody was in it`, async () => {
    const clock = new FakeClock();
    await using store = await open(RETENTION, clock);
    await mustPublish(store.bus, say("hi", { room: attic }));
    assert.equal(await join(store, clock, false), "joined");
    assert.equal(await join(store, clock), "no_room");
    assert.deepEqual(await store.bus.people(lobby), []);
  });
}

/** Joins the lobby and leaves it again. */
async function join(
  { bus }: OpenStore,
  clock: FakeClock,
  mustExist = true,
): Promise<"joined" | JoinRefusal> {
  const common = { clock, bus, random: () => 0, guestName: null, newId: counter("id") };
  const { names } = noMembers(clock);
  using hub = new Hub({ ...common, node: "node", recoverLimit: 5, names });
  const answer = Promise.withResolvers<"joined" | JoinRefusal>();
  const subscriber = fakeSubscriber(bob.user, textEncoder, {
    onJoined: () => answer.resolve("joined"),
    onRefused: (why) => answer.resolve(why),
  });
  const request = { ...bob, pickName: undefined, since: undefined, limit: 0, mustExist };
  const subscription = hub.join(lobby, subscriber, request);
  const joined = await answer.promise;
  await subscription.leave(false);
  return joined;
}
