/**
 * The budgets let normal traffic pass and bound everything else.
 * @module
 */
import assert from "node:assert/strict";
import { Budget, BudgetsByKey, budgetTable, roomCost } from "../../../lib/core/limits/budgets.ts";

const DEFAULTS = { messagesPerSecond: 10, bytesPerSecond: 32_768 };
const KB = 1_024;

/** A number of messages of a size, from a time and then at an interval in milliseconds. */
interface Sending {
  readonly count: number;
  readonly bytes: number;
  readonly atMs?: number;
  readonly everyMs?: number;
  readonly people?: number;
}

/** Normal traffic: from one connection, or from many users behind one address, in one room or in many. */
const HONEST: readonly (readonly [string, {
  readonly users?: number;
  readonly people?: number;
  readonly rooms?: number;
  readonly sendings: readonly Sending[];
}])[] = [
  ["a pasted text of 60 KB", { people: 100, sendings: [{ count: 1, bytes: 60 * KB }] }],
  ["a pasted text of 60 KB that JSON escapes entirely", {
    people: 100,
    sendings: [{ count: 1, bytes: 360 * KB }],
  }],
  ["three pasted texts of 60 KB in a row", {
    people: 100,
    sendings: [{ count: 3, bytes: 60 * KB, everyMs: 3_000 }],
  }],
  // What the client library does: 20 at once, the rest at the server's rate.
  ["an outbox of 50 messages after a train ride", {
    people: 100,
    sendings: [{ count: 20, bytes: KB }, { count: 30, bytes: KB, atMs: 100, everyMs: 100 }],
  }],
  ["an outbox of 50 long messages after a train ride", {
    people: 100,
    sendings: [{ count: 20, bytes: 8 * KB }, {
      count: 30,
      bytes: 8 * KB,
      atMs: 100,
      everyMs: 100,
    }],
  }],
  ["an office of 200 behind one address, reconnecting to 25 rooms each", {
    users: 200,
    people: 200,
    rooms: 25,
    sendings: [
      { count: 20, bytes: 200 },
      { count: 6, bytes: 200, atMs: 1_000, everyMs: 100 },
    ],
  }],
  ["an office of 200 behind one address, each sending once a second in 20 rooms", {
    users: 200,
    people: 200,
    rooms: 20,
    sendings: [{ count: 60, bytes: 300, everyMs: 1_000 }],
  }],
  ["an office of 200 behind one address, ten of whom paste 60 KB at the same time", {
    users: 10,
    people: 20,
    rooms: 10,
    sendings: [{ count: 1, bytes: 60 * KB }],
  }],
  ["a lively room of 100 people, each sending once a second", {
    users: 100,
    people: 100,
    sendings: [{ count: 60, bytes: 300, everyMs: 1_000 }],
  }],
  ["a room of 1,000 people in which 50 send every two seconds", {
    users: 50,
    people: 1_000,
    sendings: [{ count: 30, bytes: 300, everyMs: 2_000 }],
  }],
];

for (const [what, { users = 1, people = 1, rooms = 1, sendings }] of HONEST) {
  Deno.test(`The default budgets let ${what} pass`, () => {
    const table = budgetTable(DEFAULTS);
    const address = new Budget(table.address);
    const inRooms = Array.from({ length: rooms }, () => new Budget(table.room));
    const senders = Array.from({ length: users }, (_, index) => ({
      budgets: [new Budget(table.connection), address, new Budget(table.user)],
      room: inRooms[index % rooms],
    }));
    const events = sendings.flatMap(({ count, bytes, atMs = 0, everyMs = 0 }) =>
      Array.from({ length: count }, (_, index) => ({ now: atMs + index * everyMs, bytes }))
    );
    for (const { now, bytes } of events) {
      for (const { budgets, room } of senders) {
        for (const budget of budgets) assert.ok(budget.take(now, 1, bytes), `at ${now}`);
        const cost = roomCost(bytes, people);
        assert.ok(room?.take(now, cost.messages, cost.bytes), `in the room at ${now}`);
      }
    }
  });
}

for (
  const [what, settings, unlimited] of [
    ["bytes", { messagesPerSecond: 10, bytesPerSecond: 0 }, "bytes"],
    ["messages", { messagesPerSecond: 0, bytesPerSecond: 32_768 }, "messages"],
  ] as const
) {
  Deno.test(`budgetTable() does not limit ${what} when their setting is 0`, () => {
    const table = budgetTable(settings);
    const { read, readOfUser, readOfAddress, readOfWorker, ...sending } = table;
    const { newRoomsOfAddress, reportsOfAddress, badTokensOfAddress, ...more } = sending;
    const { ticketsOfUser, directoryRequestsOfUser, renamesOfMember, ...others } = more;
    const { roomRequestsOfUser, roomListsOfUser, roomListsOfAddress, ...creating } = others;
    const { createdRoomsOfUser, createdRoomsOfAddress, ...rest } = creating;
    for (const rates of Object.values(rest)) {
      assert.equal(rates[unlimited], undefined);
      assert.notEqual(rates[unlimited === "bytes" ? "messages" : "bytes"], undefined);
    }
    for (const { messages, bytes } of [read, readOfUser, readOfAddress, readOfWorker]) {
      assert.deepEqual([messages, bytes === undefined], [undefined, unlimited === "bytes"]);
    }
    const counted = [newRoomsOfAddress, reportsOfAddress, badTokensOfAddress, ticketsOfUser];
    counted.push(directoryRequestsOfUser, renamesOfMember);
    counted.push(roomRequestsOfUser, roomListsOfUser, roomListsOfAddress);
    counted.push(createdRoomsOfUser, createdRoomsOfAddress);
    for (const { messages, bytes } of counted) {
      assert.deepEqual([messages === undefined, bytes], [unlimited === "messages", undefined]);
    }
  });
}

Deno.test("budgetTable() creates valid budgets from the smallest settings", () => {
  const table = budgetTable({ messagesPerSecond: 0.01, bytesPerSecond: 0.01 });
  for (const rates of Object.values(table)) new Budget(rates).charge(0, 1, 1);
});

Deno.test("Budget waits for the dimension that takes longer", () => {
  const rate = { perSecond: 1, burst: 10 };
  const budget = new Budget({ messages: rate, bytes: { perSecond: 10, burst: 100 } });
  budget.charge(0, 10, 100);
  assert.equal(budget.msUntil(0, 1, 5), 1_000);
  assert.equal(budget.msUntil(0, 1, 50), 5_000);
  assert.deepEqual([budget.take(4_999, 1, 50), budget.take(5_000, 1, 50)], [false, true]);
});

Deno.test("Budget spends nothing when one of the dimensions does not fit", () => {
  const rate = { perSecond: 1, burst: 10 };
  const budget = new Budget({ messages: rate, bytes: rate });
  budget.charge(0, 0, 10);
  assert.equal(budget.take(0, 10, 1), false);
  assert.equal(budget.take(1_000, 10, 1), true);
});

Deno.test("roomCost() grows with the audience, and is constant below 100 people", () => {
  assert.deepEqual(roomCost(50, 0), { messages: 1, bytes: 50 });
  assert.deepEqual(roomCost(50, 100), { messages: 1, bytes: 50 });
  assert.deepEqual(roomCost(50, 10_000), { messages: 10, bytes: 5_000 });
});

Deno.test("BudgetsByKey gives each key its own budget, and the same one each time", () => {
  const budgets = new BudgetsByKey<string>({
    messages: { perSecond: 1, burst: 1 },
    bytes: undefined,
  });
  assert.equal(budgets.of("a", 0).take(0, 1, 0), true);
  assert.equal(budgets.of("a", 0).take(0, 1, 0), false);
  assert.equal(budgets.of("b", 0).take(0, 1, 0), true);
});

Deno.test("BudgetsByKey forgets only the keys that have not spent anything recently", () => {
  const budgets = new BudgetsByKey<number>({
    messages: { perSecond: 1, burst: 10 },
    bytes: undefined,
  });
  budgets.of(-1, 0).charge(0, 20, 0);
  for (let second = 0; second < 20; second++) {
    for (let key = 0; key < 1_000; key++) {
      budgets.of(second * 1_000 + key, second * 1_000).take(second * 1_000, 1, 0);
    }
  }
  assert.ok(budgets.size < 5_000, `${budgets.size}`);
  assert.equal(budgets.of(-1, 19_000).msUntil(19_000, 10, 0), 1_000);
});
