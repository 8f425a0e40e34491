import assert from "node:assert/strict";
import { parseKeptPage } from "../../../../static/page/rooms/kept_pages.js";
import { formatKeptPage } from "../../../../static/page/rooms/kept_writer.js";

const message = (seq: number, more: Record<string, unknown> = {}) => ({
  position: `e:${seq}`,
  ...{ at: seq, user: "u1", name: "Ann", id: `i${seq}`, text: `text ${seq}` },
  ...more,
});

Deno.test("parseKeptPage() returns what formatKeptPage() was given", () => {
  const messages = [
    message(1, { text: "two\nlines", reply: "d:9", edited: 5, mentions: ["u2"] }),
    message(2, { text: "", deleted: true }),
    message(3, { text: "", deleted: true, deletedBy: { user: "u2", name: "Ben" } }),
    message(4, { text: "", deleted: true, deletedBy: { user: "u2", name: "Ben", reason: "x" } }),
    message(9, { reactions: { "👍": ["u1", "u2"], "❤️": ["u1"] } }),
  ];
  assert.deepEqual(parseKeptPage(formatKeptPage(messages)), messages);
  assert.deepEqual(parseKeptPage(formatKeptPage([])), []);
});

Deno.test("formatKeptPage() omits the oldest messages, up to the last that is too long", () => {
  const half = "x".repeat(20_000);
  const long = [message(1, { text: half }), message(2, { text: half }), message(3)];
  assert.deepEqual(parseKeptPage(formatKeptPage(long)), long.slice(1), "as many as fit");
  const tooLong = message(3, { text: "x".repeat(40_000) });
  const cut = [message(1), message(2), tooLong, message(4), message(5)];
  assert.deepEqual(parseKeptPage(formatKeptPage(cut)), cut.slice(3));
  assert.equal(formatKeptPage([message(1), tooLong]), "", "a page with a gap would look complete");
});

for (
  const [what, text] of [
    ["nothing", null],
    ["an empty text", ""],
    ["no JSON", "{"],
    ["no object", "null"],
    ["an invalid position", formatKeptPage([message(1, { position: "e1" })])],
    ["a number as a text", formatKeptPage([message(1, { text: 1 })])],
    ["an invalid time", JSON.stringify(message(1, { at: "now" }))],
    ["a reply that is not a string", formatKeptPage([message(1, { reply: {} })])],
    ["mentions that are a string", formatKeptPage([message(1, { mentions: "u1" })])],
    ["mentions of null", formatKeptPage([message(1, { mentions: null })])],
    ["a mention of an object", formatKeptPage([message(1, { mentions: [{}] })])],
    ["reactions of null", formatKeptPage([message(1, { reactions: null })])],
    ["reactions of nobody", formatKeptPage([message(1, { reactions: { "👍": "u1" } })])],
    ["a deleter of null", formatKeptPage([message(1, { deleted: true, deletedBy: null })])],
    ["a deleter that is a string", formatKeptPage([message(1, { deletedBy: "Ben" })])],
    ["a deleter without a name", formatKeptPage([message(1, { deletedBy: { user: "u2" } })])],
    ["a deleter without a user", formatKeptPage([message(1, { deletedBy: { name: "Ben" } })])],
    [
      "a reason that is not a string",
      formatKeptPage([message(1, { deletedBy: { user: "u2", name: "Ben", reason: [] } })]),
    ],
    ["deleted that is not true", formatKeptPage([message(1, { deleted: "yes" })])],
    ["an event of null", formatKeptPage([message(1, { event: null })])],
    ["an event without a kind", formatKeptPage([message(1, { event: {} })])],
    [
      "an event with members without names",
      formatKeptPage([
        message(1, { event: { kind: "room", members: [{ user: "u2" }] } }),
      ]),
    ],
    ["an event of objects", formatKeptPage([message(1, { event: { kind: "kick", name: {} } })])],
    ["an invalid order", formatKeptPage([message(2), message(1)])],
    ["the same twice", formatKeptPage([message(1), message(1)])],
    ["too many", formatKeptPage(Array.from({ length: 51 }, (_, i) => message(i)))],
    ["too much", `${formatKeptPage([message(1)])}${" ".repeat(33_000)}`],
  ] as const
) {
  Deno.test(`parseKeptPage() reads ${what} as no messages`, () => {
    assert.deepEqual(parseKeptPage(text), []);
  });
}

Deno.test("parseKeptPage() reads back how a private room began", () => {
  const members = [{ user: "m_ann00000", name: "Ann" }];
  const event = { kind: "room", created: true, access: "private", members } as const;
  const [read] = parseKeptPage(formatKeptPage([message(1, { event })]));
  assert.deepEqual(read?.event, event);
});

Deno.test("parseKeptPage() reads events back", () => {
  const event = { kind: "ban", user: "u2", name: "Ben", until: 9, on: true };
  const [read] = parseKeptPage(formatKeptPage([message(1, { event })]));
  assert.deepEqual(read?.event, event);
});
