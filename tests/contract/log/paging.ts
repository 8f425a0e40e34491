/**
 * Paging through the history.
 * @module
 */
import assert from "node:assert/strict";
import { MAX_READ_BYTES } from "../../../lib/core/log/reading/read_size.ts";
import { attic, lobby, mustPublish, numbers, react, say, sayAll, type Test } from "../fixtures.ts";

export function pagePromises(test: Test): void {
  test("pages backwards through all messages, and reports when there are no more", async (bus) => {
    const first = await mustPublish(bus, say("1"));
    // Entries that are not messages take numbers between them.
    await mustPublish(bus, react(first.position, "👍"));
    await sayAll(bus, numbers(2, 8).map(String));
    const pages: [string[], boolean][] = [];
    for (let before: number | undefined, more = true; more;) {
      const page = await bus.page(lobby, before, 3);
      pages.push([page.messages.map(({ text }) => text), page.more]);
      assert.equal(page.top.seq, 9);
      [before, more] = [page.messages[0]?.position.seq, page.more];
    }
    assert.deepEqual(pages, [[["6", "7", "8"], true], [["3", "4", "5"], true], [
      ["1", "2"],
      false,
    ]]);
  });

  test("reports that there are no more when a page ends with the oldest", async (bus) => {
    await sayAll(bus, ["1", "2", "3"]);
    assert.equal((await bus.page(lobby, undefined, 3)).more, false);
    assert.equal((await bus.page(lobby, undefined, 2)).more, true);
    assert.deepEqual((await bus.page(lobby, 1, 2)).messages, []);
    assert.equal((await bus.page(lobby, 99, 3)).messages.length, 3);
  });

  test("returns only the top of the log when no messages are requested", async (bus) => {
    const top = (await sayAll(bus, ["1", "2"])).at(-1);
    const page = await bus.page(lobby, undefined, 0);
    assert.deepEqual([page.top, page.messages], [top, []]);
  });

  test("keeps the messages of each room separate", async (bus) => {
    await mustPublish(bus, say("here"));
    await mustPublish(bus, say("there", { room: attic }));
    const { messages } = await bus.page(attic, undefined, 10);
    assert.deepEqual(messages.map(({ text }) => text), ["there"]);
  });

  test("limits pages by size, and leads through all messages", async (bus) => {
    const texts = numbers(1, 20).map((n) => String(n).padEnd(50_000, "x"));
    for (const text of texts) await mustPublish(bus, say(text));
    const pages: string[][] = [];
    for (let before: number | undefined, more = true; more;) {
      const page = await bus.page(lobby, before, 100);
      const found = page.messages.map(({ text }) => text);
      assert.ok(found.length > 0 && found.join("").length <= MAX_READ_BYTES + 50_000);
      pages.unshift(found);
      [before, more] = [page.messages[0]?.position.seq, page.more];
    }
    assert.deepEqual(pages.flat(), texts);
    assert.ok(pages.length >= 4);
  });

  test("returns at least one message, however long it is", async (bus) => {
    const long = "x".repeat(MAX_READ_BYTES);
    await sayAll(bus, ["short", long]);
    const { messages, more } = await bus.page(lobby, undefined, 2);
    assert.deepEqual([messages.map(({ text }) => text.length), more], [[long.length], true]);
  });

  test("pages forwards through all messages, oldest first", async (bus) => {
    const first = await mustPublish(bus, say("1"));
    await mustPublish(bus, react(first.position, "👍"));
    await sayAll(bus, numbers(2, 8).map(String));
    const pages: [string[], boolean][] = [];
    for (let after = 0, more = true; more;) {
      const page = await bus.pageAfter(lobby, after, 3);
      pages.push([page.messages.map(({ text }) => text), page.more]);
      assert.equal(page.top.seq, 9);
      [after, more] = [page.messages.at(-1)?.position.seq ?? 0, page.more];
    }
    assert.deepEqual(pages, [[["1", "2", "3"], true], [["4", "5", "6"], true], [
      ["7", "8"],
      false,
    ]]);
  });

  test("returns no messages after the newest one, or in a room without any", async (bus) => {
    await sayAll(bus, ["1", "2"]);
    const nothing = { messages: [], more: false };
    for (const [room, after] of [[lobby, 2], [lobby, 99], [attic, 0]] as const) {
      const { messages, more } = await bus.pageAfter(room, after, 3);
      assert.deepEqual({ messages, more }, nothing);
    }
  });

  test("limits pages forwards by size, and leads through all messages", async (bus) => {
    const texts = numbers(1, 12).map((n) => String(n).padEnd(50_000, "x"));
    for (const text of texts) await mustPublish(bus, say(text));
    const found: string[] = [];
    for (let after = 0, more = true; more;) {
      const page = await bus.pageAfter(lobby, after, 100);
      const lengths = page.messages.map(({ text }) => text.length);
      assert.ok(lengths.reduce((sum, length) => sum + length, 0) <= MAX_READ_BYTES + 50_000);
      found.push(...page.messages.map(({ text }) => text));
      [after, more] = [page.messages.at(-1)?.position.seq ?? 0, page.more];
    }
    assert.deepEqual(found, texts);
  });
}
