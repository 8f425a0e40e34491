/** What `/api/v1/audit` accepts, and what it answers. */
import assert from "node:assert/strict";
import { auditHandler } from "../../../lib/io/api/audit.ts";
import { eventText, FOREVER, type RoomEvent } from "../../../lib/core/log/room_event.ts";
import { AUDIT_ROOM, SERVICE_AUTHOR } from "../../../lib/core/rooms/service_rooms.ts";
import { user } from "../../contract/fixtures.ts";
import { FakeChat, name, room } from "../../support/fakes.ts";
import { askAsOperator } from "./operator_api.ts";

const BOB = { user: user("bob_12345"), name: name("Bob") };

/** A service in which something was done. */
async function withEvents(
  events: readonly (readonly [RoomEvent, seconds?: number])[],
): Promise<FakeChat> {
  const chat = new FakeChat();
  for (const [index, [event, seconds]] of events.entries()) {
    const action = { kind: "said", text: eventText(event, { seconds }), event } as const;
    const draft = { ...SERVICE_AUTHOR, room: AUDIT_ROOM, id: `e${index}`, action };
    await chat.bus.publish({ ...draft, isExempt: true });
    await chat.clock.advance(1_000);
  }
  return chat;
}

Deno.test("Entries are in words, oldest first, with the room and the reason in the event", async () => {
  const date = 1_800_000_000_000;
  using chat = await withEvents([
    [{
      ...BOB,
      kind: "mute",
      until: date,
      reason: "noise",
      rank: "owner",
      room: room("den"),
    }, 600],
    [{ ...BOB, kind: "ban", until: FOREVER, rank: "owner" }],
    [{ kind: "clear", reason: "spam (#den)", room: room("den") }],
  ]);
  const { status, body } = await askAsOperator(auditHandler(chat.bus));
  assert.equal(status, 200);
  assert.equal(body.more, false);
  const [mute, ban, clear] = body.entries;
  assert.equal(mute.what, "muted Bob for 10 minutes");
  assert.deepEqual(mute.by, SERVICE_AUTHOR);
  assert.deepEqual(mute.event, {
    ...BOB,
    kind: "mute",
    until: new Date(date).toISOString(),
    reason: "noise",
    rank: "owner",
    room: "den",
  });
  assert.ok(Date.parse(mute.at) < Date.parse(ban.at));
  assert.equal(ban.what, "banned Bob");
  assert.equal("until" in ban.event, false);
  assert.equal(clear.what, "removed all earlier messages");
  assert.equal(clear.event.reason, "spam (#den)");
});

Deno.test("The newest entries come first, and the position of the oldest leads to the earlier ones", async () => {
  using chat = await withEvents(
    Array.from({ length: 60 }, (_, index) => [{ kind: "lockdown", on: index % 2 === 0 }]),
  );
  const newest = (await askAsOperator(auditHandler(chat.bus))).body;
  assert.deepEqual([newest.entries.length, newest.more], [50, true]);
  const search = `?limit=200&before=${newest.entries[0].position}`;
  const rest = (await askAsOperator(auditHandler(chat.bus), undefined, search)).body;
  assert.deepEqual([rest.entries.length, rest.more], [10, false]);
  const all = [...rest.entries, ...newest.entries].map(({ position }) => position);
  assert.equal(new Set(all).size, 60);
});

Deno.test("GET before a position that the log does not know answers with the newest, and says why", async () => {
  using chat = await withEvents([[{ kind: "lockdown", on: true }]]);
  const { body } = await askAsOperator(auditHandler(chat.bus), undefined, "?before=other:1");
  assert.deepEqual([body.entries.length, body.more, body.reason], [1, false, "unknown_epoch"]);
});

for (const search of ["?limit=0", "?limit=201", "?limit=x", "?before=12", "?before="]) {
  Deno.test(`GET refuses ${search} with 400`, async () => {
    using chat = new FakeChat();
    const { status, body } = await askAsOperator(auditHandler(chat.bus), undefined, search);
    assert.equal(status, 400);
    assert.match(
      body.detail,
      /^(?:limit: Expected a number from 1 to 200|before: Expected a position)/,
    );
  });
}

Deno.test("POST is answered with 405", async () => {
  using chat = new FakeChat();
  assert.equal((await askAsOperator(auditHandler(chat.bus), {})).status, 405);
});
