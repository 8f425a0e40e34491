import assert from "node:assert/strict";
import fc from "fast-check";
import { type PageAnchor, readAnchoredPage } from "../../../lib/chat/room/history_pages.ts";
import { FakeBus, FakeClock, name, room } from "../../support/fakes.ts";
import { user } from "../../contract/fixtures.ts";
import type { Position } from "../../../lib/core/log/position.ts";

const den = room("den");
const author = { user: user("user_no_1"), name: name("Ann") };

/** A room with these messages, one each second; after every third, a reaction takes a number. */
async function fill(count: number): Promise<{ readonly bus: FakeBus; readonly at: Position[] }> {
  const clock = new FakeClock();
  const bus = new FakeBus(clock);
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
  const table:
    readonly (readonly [string, PageAnchor, number, string, boolean, boolean | undefined])[] = [
      ["the newest", {}, 3, "678", true, undefined],
      ["all", {}, 20, "012345678", false, undefined],
      ["before", { before: at[4] }, 2, "23", true, undefined],
      ["after", { after: at[4] }, 2, "56", true, true],
      ["after, up to the newest", { after: at[6] }, 5, "78", true, false],
      ["after the newest", { after: at[8] }, 5, "", true, false],
      ["after the beginning", { after: { epoch: "e", seq: 0 } }, 2, "01", false, true],
      ["around", { around: at[4] }, 4, "2345", true, true],
      ["around the oldest", { around: at[0] }, 4, "01", false, true],
      ["around the newest", { around: at[8] }, 4, "678", true, false],
      ["at a time", { at: second(4) }, 4, "2345", true, true],
      ["between two", { at: second(3.5) }, 4, "2345", true, true],
      ["before all", { at: 0 }, 4, "01", false, true],
      ["after all", { at: second(99) }, 4, "78", true, false],
    ];
  for (const [what, anchor, limit, texts, more, newer] of table) {
    await t.step(what, async () => {
      const page = await readAnchoredPage(bus, den, anchor, limit, 0);
      assert.equal(page.messages.map(({ text }) => text).join(""), texts);
      assert.deepEqual([page.more, page.newer], [more, newer]);
    });
  }
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
