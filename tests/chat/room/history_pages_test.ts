import assert from "node:assert/strict";
import fc from "fast-check";
import { type PageAnchor, readAnchoredPage } from "../../../lib/chat/room/history_pages.ts";
import { EmbeddedBus } from "../../../lib/chat/bus/embedded_bus.ts";
import { MemoryStore } from "../../../lib/chat/bus/memory_store.ts";
import { AMPLE, counter, FakeClock, name, room } from "../../support/fakes.ts";
import { forgetEpochs, inNewEpoch } from "../../support/forgotten_epochs.ts";
import { user } from "../../contract/fixtures.ts";
import type { Position } from "../../../lib/core/log/position.ts";

const den = room("den");
const author = { user: user("user_no_1"), name: name("Ann") };

/** A room with these messages, one each second; after every third, a reaction takes a number. */
async function fill(
  count: number,
  retention = AMPLE,
): Promise<{ readonly bus: EmbeddedBus; readonly at: Position[] }> {
  const clock = new FakeClock();
  const bus = new EmbeddedBus(new MemoryStore(clock, retention, counter("epoch")), clock);
  const at: Position[] = [];
  for (let number = 0; number < count; number++) {
    const said = { kind: "said", text: String(number) } as const;
    const result = await bus.publish({ ...author, room: den, id: `m${number}`, action: said });
    assert.ok(result.kind === "entered");
    at.push(result.position);
    const of = result.position;
    const reacted = { kind: "reacted", of, emoji: "👍", on: true } as const;
    if (number % 3 === 2) {
      await bus.publish({ ...author, room: den, id: `r${number}`, action: reacted });
    }
    await clock.advance(1_000);
  }
  return { bus, at };
}

const STARTED = Date.UTC(2026, 0, 1);
const second = (number: number) => STARTED + number * 1_000;

Deno.test("readAnchoredPage() returns the messages around an anchor, and says what is beyond them", async (t) => {
  const { bus, at } = await fill(9);
  const epoch = at[0]?.epoch ?? "";
  const table:
    readonly (readonly [string, PageAnchor, number, string, boolean, boolean | undefined])[] = [
      ["the newest", {}, 3, "678", true, undefined],
      ["all", {}, 20, "012345678", false, undefined],
      ["before", { before: at[4] }, 2, "23", true, undefined],
      ["after", { after: at[4] }, 2, "56", true, true],
      ["after, up to the newest", { after: at[6] }, 5, "78", true, false],
      ["after the newest", { after: at[8] }, 5, "", true, false],
      ["after the beginning", { after: { epoch, seq: 0 } }, 2, "01", false, true],
      ["around", { around: at[4] }, 4, "2345", true, true],
      ["around the oldest", { around: at[0] }, 4, "01", false, true],
      ["around the newest", { around: at[8] }, 4, "678", true, false],
      ["at a time", { at: second(4) }, 4, "2345", true, true],
      ["between two", { at: second(3.5) }, 4, "2345", true, true],
      ["before all", { at: 0 }, 4, "01", false, true],
      ["after all", { at: second(99) }, 4, "78", true, false],
      ["none of the newest", {}, 0, "", true, undefined],
      ["none before", { before: at[4] }, 0, "", true, undefined],
      ["none before the oldest", { before: at[0] }, 0, "", false, undefined],
      ["none after", { after: at[4] }, 0, "", true, true],
      ["none after the newest", { after: at[8] }, 0, "", true, false],
      ["none around", { around: at[4] }, 0, "", true, true],
      ["none from the beginning", { at: 0 }, 0, "", false, true],
    ];
  for (const [what, anchor, limit, texts, more, newer] of table) {
    await t.step(what, async () => {
      const page = await readAnchoredPage(bus, den, anchor, limit, 0);
      assert.equal(page.messages.map(({ text }) => text).join(""), texts);
      assert.deepEqual([page.more, page.newer, page.reason], [more, newer, undefined]);
    });
  }
});

Deno.test("readAnchoredPage() of a position that the log does not know has the newest messages, and says why", async () => {
  const { bus, at } = await fill(9);
  const epoch = at[0]?.epoch ?? "";
  for (
    const [position, reason] of [
      [{ epoch: "other", seq: 1 }, "unknown_epoch"],
      [{ epoch: "other", seq: 5 }, "unknown_epoch"],
      [{ epoch: "other", seq: 99 }, "unknown_epoch"],
      [{ epoch, seq: 99 }, "rewound"],
    ] as const
  ) {
    for (const anchor of ["before", "after", "around"] as const) {
      const page = await readAnchoredPage(bus, den, { [anchor]: position }, 2, 0);
      assert.equal(page.messages.map(({ text }) => text).join(""), "78");
      const newer = anchor === "before" ? undefined : false;
      assert.deepEqual([page.more, page.newer, page.reason], [true, newer, reason]);
    }
  }
});

Deno.test("readAnchoredPage() knows the positions of messages whose epochs the log has forgotten", async () => {
  const { bus, at } = await fill(9);
  forgetEpochs(bus);
  const page = bus.page.bind(bus);
  bus.page = async (...args) => {
    const found = await page(...args);
    return { ...found, top: inNewEpoch(found.top) };
  };
  const known = await readAnchoredPage(bus, den, { before: at[4] }, 2, 0);
  assert.deepEqual([known.messages.map(({ text }) => text), known.reason], [["2", "3"], undefined]);
  const other = { epoch: "other", seq: at[4]?.seq ?? 0 };
  const unknown = await readAnchoredPage(bus, den, { before: other }, 2, 0);
  assert.equal(unknown.reason, "unknown_epoch");
});

Deno.test("readAnchoredPage() after a position says if what came next is no longer kept, or cannot be read", async () => {
  const { bus, at } = await fill(9, { ...AMPLE, messages: 3, entries: 3 });
  const texts = async (after: Position | undefined, readableAfter = 0) => {
    const { messages, reason } = await readAnchoredPage(bus, den, { after }, 9, readableAfter);
    return [messages.map(({ text }) => text).join(""), reason];
  };
  assert.deepEqual(await texts(at[2]), ["678", "too_old"]);
  assert.deepEqual(await texts(at[6]), ["78", undefined]);
  assert.deepEqual(await texts(at[6], at[7]?.seq), ["8", "too_old"]);
});

Deno.test("readAnchoredPage() finds any time in a log of any length", async () => {
  await fc.assert(
    fc.asyncProperty(fc.nat({ max: 20 }), fc.nat({ max: 21_000 }), async (count, ms) => {
      const { bus } = await fill(count);
      const { messages } = await readAnchoredPage(bus, den, { at: STARTED + ms }, 1, 0);
      const first = Math.ceil(ms / 1_000);
      assert.deepEqual(messages.map(({ text }) => Number(text)), first < count ? [first] : []);
    }),
    { numRuns: 100 },
  );
});

Deno.test("readAnchoredPage() returns nothing that the user cannot read", async () => {
  const { bus, at } = await fill(9);
  const after = at[4]?.seq ?? 0;
  for (
    const anchor of [
      {},
      { before: at[7] },
      { after: at[1] },
      { around: at[2] },
      { around: at[6] },
      {
        at: second(0),
      },
    ]
  ) {
    const { messages } = await readAnchoredPage(bus, den, anchor, 4, after);
    assert.deepEqual(messages.filter(({ position }) => position.seq <= after), []);
  }
});
