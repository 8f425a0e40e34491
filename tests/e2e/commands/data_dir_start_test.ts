/** The service and its data folder across starts, stops and kills. */
import assert from "node:assert/strict";
import { DatabaseSync } from "node:sqlite";
import { TestClient } from "../../support/clients/test_client.ts";
import { runArguments, spawn, startParley } from "../../support/parley.ts";
import { TemporaryFolder } from "../../support/temporary_folder.ts";

/** Where the number of workers makes no difference: they never open the folder. */
const IN_ONE_THREAD = { WORKERS: "0" };

/** Starts a service that must refuse to start. */
async function refused(dataDir: string): Promise<string> {
  await using child = spawn(Deno.execPath(), runArguments(), {
    ...IN_ONE_THREAD,
    DATA_DIR: dataDir,
  });
  const { code } = await child.ended;
  assert.equal(code, 1, child.output);
  return child.output;
}

Deno.test("Messages and identities survive a stop and a kill", async () => {
  await using folder = new TemporaryFolder();
  const DATA_DIR = `${folder.path}/made/by/itself`;
  const said: string[] = [];
  let resume: string | undefined;
  let user: string | undefined;
  for (const end of ["SIGTERM", "SIGKILL", "SIGTERM"] as const) {
    await using parley = await startParley({ DATA_DIR });
    assert.match(parley.output, new RegExp(`\\(messages in ${DATA_DIR}\\)`));
    await using ann = await TestClient.open(`${parley.url}/ws?name=Ann&history=9`);
    assert.deepEqual(await ann.take(said.length), said);
    ann.send(end);
    said.push(String(await ann.next()));
    await using program = await TestClient.open(`${parley.url}/ws`, {
      protocols: ["chat.v1.json"],
    });
    program.send(JSON.stringify({ type: "hello", resume }));
    const hello = JSON.parse(String(await program.next()));
    assert.equal(hello.you.user, user ?? hello.you.user);
    ({ resume, you: { user } } = hello);
    parley.kill(end);
    await parley.ended;
  }
  assert.deepEqual(said, ["Ann: SIGTERM", "Ann: SIGKILL", "Ann: SIGTERM"]);
});

Deno.test("A folder that another process uses is refused with a remedy", async () => {
  await using folder = new TemporaryFolder();
  await using first = await startParley({ ...IN_ONE_THREAD, DATA_DIR: folder.path });
  const output = await refused(folder.path);
  assert.match(output, /Another process has .*parley\.sqlite open.*DATA_DIR.*REDIS_URL/);
  await using ann = await TestClient.open(`${first.url}/ws?name=Ann`);
  ann.send("still here");
  assert.equal(await ann.next(), "Ann: still here");
});

Deno.test("A foreign file is refused and left unchanged", async () => {
  await using folder = new TemporaryFolder();
  const path = `${folder.path}/parley.sqlite`;
  await Deno.writeTextFile(path, "my diary");
  assert.match(await refused(folder.path), /parley\.sqlite is damaged.*not an SQLite file/);
  assert.equal(await Deno.readTextFile(path), "my diary");
});

Deno.test("The service does not start if it cannot create its folder, and reports the remedy", async () => {
  const output = await refused("/dev/null/data");
  assert.match(output, /^parley: Cannot write \/dev\/null\/data.*make it writable.*DATA_DIR/);
});

Deno.test("A clock behind the last run's is logged, and deletes nothing", async () => {
  await using folder = new TemporaryFolder();
  const env = { ...IN_ONE_THREAD, DATA_DIR: folder.path, HISTORY_HOURS: "1" };
  {
    await using parley = await startParley(env);
    await using ann = await TestClient.open(`${parley.url}/ws?name=Ann`);
    ann.send("hello");
    assert.equal(await ann.next(), "Ann: hello");
    await parley.stop();
  }
  const file = new DatabaseSync(`${folder.path}/parley.sqlite`);
  file.exec("UPDATE store SET date = date + 97 * 3600000");
  file.close();
  await using parley = await startParley(env);
  await parley.printed(/"clock\.jumped".*"byMs":-34919/);
  await using ann = await TestClient.open(`${parley.url}/ws?name=Ann&history=9`);
  assert.equal(await ann.next(), "Ann: hello");
});
