/** A room reads a long log from its beginning, although the log has forgotten the epochs of its entries. */
import assert from "node:assert/strict";
import { lobby, numbers, sayAll } from "../../contract/fixtures.ts";
import { FakeChat } from "../../support/fakes.ts";
import { forgetEpochs, inNewEpoch } from "../../support/forgotten_epochs.ts";

/** As many as the fake store keeps: two reads of a room. */
const ENTRIES = 1_000;
/** More than it needs. */
const MAX_READS = 6;

Deno.test("A room catches up with a long log that has forgotten the epochs of its entries", async () => {
  using chat = new FakeChat();
  const { bus, hub, clock } = chat;
  const followed = hub.follow(lobby, () => {});
  await clock.advance(0);
  chat.dropsAnnouncements = true;
  const top = (await sayAll(bus, numbers(1, ENTRIES).map(String))).at(-1) ?? assert.fail();
  forgetEpochs(bus);
  void followed.onTop(inNewEpoch(top), true);
  for (let read = 0; followed.last?.epoch !== inNewEpoch(top).epoch; read++) {
    assert.ok(read < MAX_READS, `still at ${followed.last?.seq} after ${read} reads`);
    await clock.advance(10);
  }
  assert.deepEqual(followed.last, inNewEpoch(top));
});
