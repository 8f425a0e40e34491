import assert from "node:assert/strict";
import { TestClient } from "../client.ts";
import { isReady, runArguments, spawn, startParley } from "../parley.ts";
import { programTest } from "../provision.ts";
import { TemporaryFolder } from "../temporary_folder.ts";
import { Publisher, publisher } from "./published.ts";

/** In blocks of 512 or 1024 bytes, as the shell has it. */
const LIMIT = 400;

programTest(
  { names: ["sh"], install: "a POSIX shell" },
  "SqliteStore refuses drafts when its file cannot grow, and lets everything be read that it acknowledged",
  async ({ path: shell }) => {
    await using folder = new TemporaryFolder();
    // The signal would end the process; without it the write fails, as on a disk that is full.
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

/** Starts the service on a folder in which an earlier one has left something. */
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

/** Proves that history can be read, messages are refused, and the problem is reported. */
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
  "A service that starts on a full disk lets everything be read, refuses what it cannot keep, and is not ready",
  async ({ path: shell }) => {
    await using folder = new TemporaryFolder();
    // Not one byte more can be written into any file.
    const script = `trap '' XFSZ; ulimit -f 0; exec "$@"`;
    const before = ["-c", script, "sh", Deno.execPath()];
    await using child = await startAgain(folder.path, shell, before, runArguments());
    await isReadOnly(child, /^! not sent: the (disk of the )?message store/);
  },
);

Deno.test("A service that may not write into its folder lets everything be read, and is not ready", async () => {
  await using folder = new TemporaryFolder();
  const args = runArguments().filter((arg) => arg !== "--allow-write");
  await using child = await startAgain(folder.path, Deno.execPath(), [], args);
  await child.printed(/which can only be read\)/);
  await child.printed(/"store\.read_only"/);
  await isReadOnly(child, /^! not sent: the message store cannot be written/);
});

Deno.test("A service that may not write, and has no store, does not start", async () => {
  await using folder = new TemporaryFolder();
  const args = runArguments().filter((arg) => arg !== "--allow-write");
  await using child = spawn(Deno.execPath(), args, { DATA_DIR: folder.path });
  assert.equal((await child.ended).code, 1);
  assert.match(child.output, /Cannot write .*make it writable, free some space, or choose another/);
});

Deno.test("A service that cannot write its secret says so, and what to do", async () => {
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

Deno.test("A service that could not write at its start goes on without a restart once it can", async () => {
  await using folder = new TemporaryFolder();
  {
    await using parley = await startParley({ DATA_DIR: folder.path });
    await parley.stop();
  }
  // Stands for a folder without permission, which the superuser does not have to ask for.
  const lock = `${folder.path}/parley.lock`;
  Deno.removeSync(lock);
  Deno.mkdirSync(lock);
  // With an isolate as without: permissions that it will need must not be given back.
  await using parley = await startParley({ DATA_DIR: folder.path, WORKERS: "0" });
  await using ann = await TestClient.open(`${parley.url}/ws?name=Ann`);
  ann.send("meanwhile");
  assert.match(String(await ann.next()), /^! not sent: the message store cannot be written/);
  Deno.removeSync(lock);
  await isReady(parley.url);
  ann.send("after");
  assert.equal(await ann.next(), "Ann: after");
});
