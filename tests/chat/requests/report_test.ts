/** Reports of messages: who can make them, who can read them, and what they say. */
import assert from "node:assert/strict";
import { REPORTS_ROOM } from "../../../lib/core/rooms/service_rooms.ts";
import type { Rights } from "../../../lib/core/auth/rights.ts";
import { Client, Den, outcome, type Who } from "../../support/chat/den.ts";

const MODERATOR: Who = { role: "moderator", rights: null };

/** A guest in the den. */
async function guestIn(den: Den): Promise<Client> {
  await den.fill();
  const guest = new Client(den.chat);
  await guest.ask({ type: "hello", name: "Guy" }, { type: "join", room: "den" });
  return guest;
}

Deno.test("A report reaches the moderators, from somebody who cannot read it", async () => {
  using den = new Den(MODERATOR);
  const guest = await guestIn(den);
  const moderator = new Client(den.chat);
  await moderator.ask({ type: "hello", token: "token" }, { type: "join", room: REPORTS_ROOM });
  const { of } = den;
  const answers = await guest.ask({ type: "report", id: "r", room: "den", of, reason: " spam " });
  assert.deepEqual(answers, [{ type: "ack", id: "r", room: "den" }]);
  const [entry] = await moderator.ask();
  assert.deepEqual([entry?.type, entry?.room, entry?.name], ["said", REPORTS_ROOM, "Guy"]);
  const [, author] = /\((\w+)\)/.exec(String(entry?.text)) ?? [];
  assert.equal(entry?.text, `#den/${of}\nBob (${author}): hi\nspam`);
});

Deno.test("A report has neither the mentions nor the metadata of the message", async () => {
  using den = new Den(MODERATOR);
  const guest = await guestIn(den);
  const moderator = new Client(den.chat);
  await moderator.ask({ type: "hello", token: "token" }, { type: "join", room: REPORTS_ROOM });
  const say = { type: "say", room: "den", text: "hi", mentions: ["secret_user"] };
  const frames = await guest.ask({ ...say, metadata: { a: "secret" } });
  const of = frames.find(({ type }) => type === "said")?.position;
  await guest.ask({ type: "report", id: "r", room: "den", of });
  const [entry] = await moderator.ask();
  assert.equal(entry?.room, REPORTS_ROOM);
  assert.doesNotMatch(JSON.stringify(entry), /secret/);
});

Deno.test("A report that is sent again is one report", async () => {
  using den = new Den(MODERATOR);
  const guest = await guestIn(den);
  const report = { type: "report", id: "r", room: "den", of: den.of };
  for (let time = 0; time < 2; time++) assert.equal(outcome(await guest.ask(report), "r"), "done");
  const moderator = new Client(den.chat);
  const [, joined] = await moderator.ask({ type: "hello", token: "token" }, {
    type: "join",
    room: REPORTS_ROOM,
    limit: 10,
  });
  assert.equal(Object(joined).messages.length, 1);
});

for (
  const [who, standing, isLet] of [
    ["an owner", { role: "owner", rights: null }, true],
    ["a moderator", MODERATOR, true],
    ["a member", { role: "member", rights: null }, false],
    ["a guest", { role: undefined, rights: null }, false],
    ["a token for all rooms", { role: "owner", rights: grant("read", "send", "react") }, false],
    ["a token that moderates all rooms", { role: undefined, rights: grant("moderate") }, true],
  ] as const satisfies readonly (readonly [string, Who, boolean])[]
) {
  Deno.test(`The reports are ${isLet ? "" : "not "}for ${who}`, async () => {
    for (const room of [REPORTS_ROOM, "_Reports"]) {
      using den = new Den(standing);
      const client = new Client(den.chat);
      const answers = await client.ask({ type: "hello", token: "token" }, {
        type: "join",
        id: "join",
        room,
      });
      assert.equal(outcome(answers, "join"), isLet ? "done" : "not_allowed", room);
      const said = await client.ask({ type: "say", id: "say", room: REPORTS_ROOM, text: "noted" });
      assert.equal(outcome(said, "say"), isLet ? "done" : "not_in_room");
    }
  });
}

function grant(...allow: NonNullable<Rights>[number]["allow"]): Rights {
  return [{ match: "*", allow }];
}

Deno.test("What does not exist cannot be reported, nor a message in a room that one is not in", async () => {
  using den = new Den(MODERATOR);
  const guest = await guestIn(den);
  const [epoch] = den.of.split(":");
  for (const missing of [`${epoch}:0`, `${epoch}:99`, "other:1"]) {
    const report = { type: "report", id: missing, room: "den", of: missing };
    assert.equal(outcome(await guest.ask(report), missing), "gone");
  }
  const moderator = new Client(den.chat);
  await moderator.ask({ type: "hello", token: "token" }, { type: "join", room: "den" });
  await moderator.ask({ type: "delete", room: "den", of: den.of });
  const report = { type: "report", id: "r", room: "den", of: den.of };
  assert.equal(outcome(await guest.ask(report), "r"), "gone", "it was deleted");
  const outsider = new Client(den.chat);
  await outsider.ask({ type: "hello", name: "Eve" });
  assert.equal(outcome(await outsider.ask(report), "r"), "not_in_room");
});

Deno.test("A report that is too long with its quote has none", async () => {
  using den = new Den(MODERATOR);
  const guest = await guestIn(den);
  // The longest text has 100 bytes.
  const text = "x".repeat(95);
  const frames = await guest.ask({ type: "say", id: "s", room: "den", text });
  const of = frames.find(({ type }) => type === "said")?.position;
  assert.equal(outcome(await guest.ask({ type: "report", id: "r", room: "den", of }), "r"), "done");
  const reason = "y".repeat(100);
  const long = { type: "report", id: "l", room: "den", of, reason };
  assert.equal(outcome(await guest.ask(long), "l"), "too_long");
  const moderator = new Client(den.chat);
  const [, joined] = await moderator.ask({ type: "hello", token: "token" }, {
    type: "join",
    room: REPORTS_ROOM,
    limit: 10,
  });
  const [report] = Object(joined).messages;
  assert.match(report.text, /^#den\/\S+\nGuy \(\w+\): $/);
});

Deno.test("One address fills the room of the reports only slowly, with however many users", async () => {
  using den = new Den(MODERATOR);
  await den.fill();
  const from = async (address: string, id: string) => {
    const guest = new Client(den.chat, { address });
    await guest.ask({ type: "hello" }, { type: "join", room: "den" });
    return outcome(await guest.ask({ type: "report", id, room: "den", of: den.of }), id);
  };
  for (let time = 0; time < 20; time++) assert.equal(await from("1.2.3.4", `${time}`), "done");
  assert.equal(await from("1.2.3.4", "more"), "slow_down");
  assert.equal(await from("1.2.3.5", "other"), "done");
  await den.chat.clock.advance(5_000);
  assert.equal(await from("1.2.3.4", "later"), "done");
  assert.equal(await from("1.2.3.4", "again"), "slow_down");
});
