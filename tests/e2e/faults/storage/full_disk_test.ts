import assert from "node:assert/strict";
import { TestClient } from "../../../support/clients/test_client.ts";
import { runArguments, spawn, startParley, whenInstanceReady } from "../../../support/parley.ts";
import { programTest } from "../../../support/provision.ts";
import { TemporaryFolder } from "../../../support/temporary_folder.ts";
import { Publisher, publisher } from "./publisher_process.ts";

/** In blocks of 512 or 1024 bytes, depending on the shell. */
const LIMIT = 400;

programTest(
  { names: ["sh"], install: "a POSIX shell" },
  "SqliteStore refuses drafts when its file cannot grow, and still reads everything it acknowledged",
  async ({ path: shell }) => {
    await using folder = new TemporaryFolder();
    // Without the trap the signal would end the process; with it the write fails, as on a full disk.
    const script = `trap '' XFSZ; ulimit -f ${LIMIT}; exec "$@"`;
    const command = publisher(folder.path);
    await using running = new Publisher([shell, "-c", script, "sh", ...command]);
    let [acknowledged, last]: [number, string | undefined] = [0, undefined];
    for (let line; (line = await running.next()) !== undefined; last = line) {
      if (line.startsWith("ack")) acknowledged++;
    }
    assert.ok(acknowledged > 0);
    const fault = /^fault: the disk of the message store .*; (\d+) of (\d+) can be read$/;
    const [, readable, top] = fault.exec(last ?? "") ?? assert.fail(last);
    assert.deepEqual([Number(readable), Number(top)], [acknowledged, acknowledged]);
  },
);

/** Starts the service in a folder that holds the store of an earlier run. */
async function startAgain(
  DATA_DIR: string,
  program: string,
  before: readonly string[],
  args: readonly string[],
) {
  {
    await using parley = await startParley({ DATA_DIR });
    await using ann = await TestClient.open(`${parley.url}/ws?name=Ann`);
    ann.send("before");
    assert.equal(await ann.next(), "Ann: before");
    await parley.stop();
  }
  const settings = { DATA_DIR, ADMIN_PORT: "0", WORKERS: "0" };
  return spawn(program, [...before, ...args], settings);
}

/** Proves that history can be read, that messages are refused, and that the problem is reported. */
async function isReadOnly(child: ReturnType<typeof spawn>, why: RegExp): Promise<void> {
  const [, url = ""] = await child.printed(/is on (http:\/\/\S+:\d+) /);
  const ready = await fetch(`${url}/readyz`);
  assert.deepEqual([ready.status, await ready.json()], [503, { status: "not ready" }]);
  await using ann = await TestClient.open(`${url}/ws?name=Ann&history=9`);
  assert.equal(await ann.next(), "Ann: before");
  ann.send("meanwhile");
  assert.match(String(await ann.next()), why);
}

programTest(
  { names: ["sh"], install: "a POSIX shell" },
  "A service started on a full disk serves history, refuses messages, and is not ready",
  async ({ path: shell }) => {
    await using folder = new TemporaryFolder();
    // No file can grow by even one byte.
    const script = `trap '' XFSZ; ulimit -f 0; exec "$@"`;
    const before = ["-c", script, "sh", Deno.execPath()];
    await using child = await startAgain(folder.path, shell, before, runArguments());
    await isReadOnly(child, /^! not sent: the (disk of the )?message store/);
  },
);

Deno.test("A service without write access to its folder serves history, and is not ready", async () => {
  await using folder = new TemporaryFolder();
  const args = runArguments().filter((arg) => arg !== "--allow-write");
  await using child = await startAgain(folder.path, Deno.execPath(), [], args);
  await child.printed(/which can only be read\)/);
  await child.printed(/"store\.read_only"/);
  await isReadOnly(child, /^! not sent: the message store cannot be written/);
});

Deno.test("A service without write access and without a store does not start", async () => {
  await using folder = new TemporaryFolder();
  const args = runArguments().filter((arg) => arg !== "--allow-write");
  await using child = spawn(Deno.execPath(), args, { DATA_DIR: folder.path });
  assert.equal((await child.ended).code, 1);
  assert.match(child.output, /Cannot write .*make it writable, free some space, or choose another/);
});

Deno.test("A service that cannot write its secret reports the file and the remedy", async () => {
  await using folder = new TemporaryFolder();
  {
    await using parley = await startParley({
      DATA_DIR: folder.path,
      SESSION_SECRET: "x".repeat(16),
    });
    await parley.stop();
  }
  const args = runArguments().filter((arg) => arg !== "--allow-write");
  await using child = spawn(Deno.execPath(), args, { DATA_DIR: folder.path });
  assert.equal((await child.ended).code, 1);
  assert.match(
    child.output,
    /Cannot write .*session_secret .*make the folder writable, or set SESSION_SECRET/,
  );
});

Deno.test("A service without write access at startup accepts messages once it can write, without a restart", async () => {
  await using folder = new TemporaryFolder();
  {
    await using parley = await startParley({ DATA_DIR: folder.path });
    await parley.stop();
  }
  // Replaces a folder without write permission, which would not stop the superuser.
  const lock = `${folder.path}/parley.lock`;
  Deno.removeSync(lock);
  Deno.mkdirSync(lock);
  // With and without a worker: permissions that the service will need must not be dropped.
  await using parley = await startParley({ DATA_DIR: folder.path, WORKERS: "0" });
  await using ann = await TestClient.open(`${parley.url}/ws?name=Ann`);
  ann.send("meanwhile");
  assert.match(String(await ann.next()), /^! not sent: the message store cannot be written/);
  Deno.removeSync(lock);
  await whenInstanceReady(parley.url);
  ann.send("after");
  assert.equal(await ann.next(), "Ann: after");
});
