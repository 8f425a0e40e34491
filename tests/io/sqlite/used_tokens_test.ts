import assert from "node:assert/strict";
import { join } from "node:path";
import { BusUnavailable } from "../../../lib/chat/ports/bus.ts";
import { GUEST_TOKEN_MS } from "../../../lib/chat/ports/used_tokens.ts";
import { openSqliteFile } from "../../../lib/io/sqlite/file/database.ts";
import { openSqliteStore, SqliteStore } from "../../../lib/io/sqlite/store.ts";
import { SqliteUsedTokens } from "../../../lib/io/sqlite/used_tokens.ts";
import { user } from "../../contract/fixtures.ts";
import { MAX_GUESTS, usedTokensContract } from "../../contract/used_tokens_contract.ts";
import { AMPLE, counter, FakeClock } from "../../support/fakes.ts";
import { TemporaryFolder } from "../../support/temporary_folder.ts";

const ann = user("u_ann00000");
const open = (folder: string, clock = new FakeClock()) =>
  openSqliteStore(folder, clock, AMPLE, counter("epoch"));

usedTokensContract("SqliteUsedTokens", async () => {
  await using opened = new AsyncDisposableStack();
  const folder = opened.use(new TemporaryFolder());
  await open(folder.path)[Symbol.asyncDispose]();
  const file = opened.use(openSqliteFile(folder.path));
  let ranMs = 0;
  const context = {
    file: () => file,
    write: <T>(fn: () => T) => Promise.resolve(fn()),
    // No two uses are at the same time.
    ranMs: () => ++ranMs,
    onReadFailed: () => {},
  };
  const store = new SqliteUsedTokens(context, MAX_GUESTS);
  const held = opened.move();
  return {
    store,
    whenExpired: () => Promise.resolve(void (ranMs += GUEST_TOKEN_MS)),
    sweep: () => store.sweep(),
    [Symbol.asyncDispose]: () => held.disposeAsync(),
  };
});

Deno.test("A store knows used tokens when it is opened again, and its sweep forgets them after 30 days", async () => {
  await using folder = new TemporaryFolder();
  {
    await using store = open(folder.path);
    await store.usedTokens.use(ann, 2);
  }
  const clock = new FakeClock();
  await using store = open(folder.path, clock);
  await store.sweep();
  assert.equal(await store.usedTokens.use(ann, 1), false);
  await clock.advance(GUEST_TOKEN_MS + 1_000);
  await store.sweep();
  assert.equal(await store.usedTokens.use(ann, 1), true);
});

Deno.test("A store that is closed accepts no used token", async () => {
  await using folder = new TemporaryFolder();
  const store = open(join(folder.path, "data"));
  await store[Symbol.asyncDispose]();
  await assert.rejects(store.usedTokens.use(ann, 1), BusUnavailable);
});

Deno.test("A store that cannot be written refuses older tokens all the same", async () => {
  await using folder = new TemporaryFolder();
  await open(folder.path)[Symbol.asyncDispose]();
  const file = openSqliteFile(folder.path);
  await using store = new SqliteStore(file, new FakeClock(), AMPLE, counter("epoch"));
  await store.usedTokens.use(ann, 2);
  file.run("PRAGMA query_only = ON");
  await assert.rejects(store.usedTokens.use(ann, 2), BusUnavailable);
  assert.equal(await store.usedTokens.use(ann, 1), false);
});
