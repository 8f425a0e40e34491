/** The client's position in a room's log, whatever the server and the connection do. */
import assert from "node:assert/strict";
import fc from "fast-check";
import { LogCursor } from "../../../../static/client/room/log_cursor.js";
import { Dice } from "../../../simulation/world/dice.ts";

for (
  const [at, position, order] of [
    ["e:3", "e:4", "next"],
    ["e:3", "e:3", "duplicate"],
    ["e:3", "e:1", "duplicate"],
    ["e:3", "e:5", "gap"],
    ["e:3", "f:4", "next"],
    ["e:9", "e:10", "next"],
    [null, "e:7", "next"],
  ] as const
) {
  Deno.test(`LogCursor.accept() at ${at} returns ${order} for ${position}`, () => {
    const cursor = new LogCursor();
    cursor.position = at;
    assert.equal(cursor.accept(position), order);
    assert.equal(cursor.position, order === "next" ? position : at);
  });
}

Deno.test("LogCursor has caught up when the top is reached, even in another epoch", () => {
  const cursor = new LogCursor();
  assert.equal(cursor.onJoined({ position: "e:1", top: "e:1" }), false);
  assert.ok(cursor.hasCaughtUp);
  assert.equal(cursor.onJoined({ position: "e:1", top: "f:3", recovered: true }), true);
  assert.deepEqual([cursor.accept("e:2"), cursor.hasCaughtUp], ["next", false]);
  assert.deepEqual([cursor.accept("f:3"), cursor.hasCaughtUp], ["next", true]);
});

Deno.test("LogCursor gives up its position when the replay is incomplete", () => {
  const cursor = new LogCursor();
  cursor.position = "e:5";
  assert.equal(cursor.onJoined({ position: "f:2", top: "f:2", recovered: false }), false);
  assert.deepEqual([cursor.position, cursor.hasCaughtUp], ["f:2", true]);
});

Deno.test("LogCursor is never recovered without an earlier position", () => {
  const cursor = new LogCursor();
  assert.equal(cursor.onJoined({ position: "e:5", top: "e:5", recovered: true }), false);
});

Deno.test("LogCursor accepts each entry once and in order, over connections that lose and repeat entries", () => {
  fc.assert(
    fc.property(fc.integer({ min: 0 }), fc.integer({ min: 1, max: 40 }), (seed, length) => {
      const dice = new Dice(seed);
      const log = Array.from(
        { length },
        (_, index) => `${index < length / 2 ? "e" : "f"}:${index}`,
      );
      const cursor = new LogCursor();
      const accepted = [log[0]];
      cursor.onJoined({ position: log[0] ?? "", top: log[0] ?? "" });
      for (let joins = 0; cursor.position !== log.at(-1); joins++) {
        assert.ok(joins < 1_000, "no progress");
        const position = cursor.position ?? "";
        const here = log.indexOf(position);
        cursor.onJoined({ position, top: log.at(-1) ?? "", recovered: true });
        const isLossy = dice.chance(0.5);
        for (const entry of log.slice(here + 1)) {
          // Numbers cannot show a loss across two epochs: the cursor relies on the server's guarantee.
          if (isLossy && !entry.startsWith("f") && dice.chance(0.2)) continue;
          const order = cursor.accept(entry);
          if (order === "next") accepted.push(entry);
          if (order === "gap" || dice.chance(0.05)) break;
          if (dice.chance(0.2)) assert.equal(cursor.accept(entry), "duplicate");
        }
      }
      const missed = log.filter((it) => !accepted.includes(it) && it.startsWith("f"));
      assert.deepEqual(missed, []);
      assert.deepEqual(
        accepted.filter((it) => it?.startsWith("f")),
        log.filter((it) => it.startsWith("f")),
      );
      assert.deepEqual(accepted, [...new Set(accepted)]);
      assert.deepEqual(accepted, log.filter((it) => accepted.includes(it)));
    }),
  );
});
