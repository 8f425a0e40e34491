import assert from "node:assert/strict";
import { join } from "node:path";
import { BusUnavailable } from "../../../lib/chat/ports/bus.ts";
import { openSqliteFile } from "../../../lib/io/sqlite/file/database.ts";
import { openSqliteStore } from "../../../lib/io/sqlite/store.ts";
import { revocationContract } from "../../contract/revocation_contract.ts";
import { AMPLE, counter, FakeClock } from "../../support/fakes.ts";
import { TemporaryFolder } from "../../support/temporary_folder.ts";

const open = (folder: string) => openSqliteStore(folder, new FakeClock(), AMPLE, counter("epoch"));
const ANN = { scope: "user", id: "a_ann00000", before: 5 } as const;

revocationContract("SqliteRevocations", async () => {
  await using opened = new AsyncDisposableStack();
  const folder = opened.use(new TemporaryFolder());
  const { revocations: store } = opened.use(open(folder.path));
  const held = opened.move();
  return { store, [Symbol.asyncDispose]: () => held.disposeAsync() };
});

Deno.test("Revocations are still there when the store is opened again", async () => {
  await using folder = new TemporaryFolder();
  {
    await using store = open(folder.path);
    await store.revocations.add(ANN);
  }
  await using store = open(folder.path);
  assert.deepEqual(await store.revocations.read(), [ANN]);
});

Deno.test("A damaged revocation is skipped and reported", async () => {
  await using folder = new TemporaryFolder();
  {
    await using store = open(folder.path);
    await store.revocations.add(ANN);
  }
  {
    using file = openSqliteFile(folder.path);
    file.run("INSERT INTO revocations VALUES ('room', 'den', 'yesterday')");
  }
  await using store = open(folder.path);
  assert.deepEqual(await store.revocations.read(), [ANN]);
  assert.match(store.problems().join(), /damaged rows/);
});

Deno.test("A store that is closed neither returns revocations nor accepts any", async () => {
  await using folder = new TemporaryFolder();
  const store = open(join(folder.path, "data"));
  await store[Symbol.asyncDispose]();
  await assert.rejects(store.revocations.add(ANN), BusUnavailable);
  await assert.rejects(store.revocations.read(), BusUnavailable);
  await assert.rejects(store.revocations.removeBefore(1), BusUnavailable);
});
