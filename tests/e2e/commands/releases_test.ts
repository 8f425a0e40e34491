/** Every supported release line of Deno, run as on your own host and as on Deno Deploy. */
import assert from "node:assert/strict";
import { TestClient } from "../../support/clients/test_client.ts";
import { findReleases, releaseTest } from "../../support/programs/deno_releases.ts";
import { type Parley, spawn, spawnAsIs, whenInstanceReady } from "../../support/parley.ts";
import { freePort, type Program, until } from "../../support/provision.ts";
import { handshake, sendRequest } from "../../support/clients/raw_socket.ts";
import { startRedis } from "../../support/redis/server.ts";
import { commandOf } from "../../support/programs/task_commands.ts";
import { TemporaryFolder } from "../../support/temporary_folder.ts";

const MAIN = new URL("../../../main.ts", import.meta.url).pathname;

const ADMIN_TOKEN = "0123456789abcdef";

const releases = await findReleases();

type Child = Omit<Parley, "url" | "port" | "adminUrl">;

/** An instance as on Deno Deploy: no flags except permissions, nothing writable, and an external listener. */
function deployed({ path, env }: Program, redisUrl: string): Child & { readonly url: string } {
  const port = freePort();
  const child = spawnAsIs(path, ["run", "--no-prompt", "--allow-all", "--deny-write", MAIN], {
    DENO_DEPLOY: "1",
    DENO_SERVE_ADDRESS: `tcp:127.0.0.1:${port}`,
    REDIS_URL: redisUrl,
    ADMIN_TOKEN,
    MAX_MEMORY_MB: "400",
    ...env,
  });
  return Object.assign(child, { url: `http://127.0.0.1:${port}` });
}

/** Resolves when an instance answers that it is ready. */
function isUp({ url, ended }: Child & { readonly url: string }): Promise<void> {
  const asked = until(
    `${url} to be up`,
    () => whenInstanceReady(url).then(() => true, () => false),
  );
  return Promise.race([asked, ended.then(({ code }) => assert.fail(`it ended with ${code}`))]);
}

/** Reads the page and its script, compressed as for a browser. */
async function readPage(url: string): Promise<void> {
  for (const [path, part] of [["/", "<!doctype html>"], ["/page/main.js", "chat.v1.json"]]) {
    const answer = await fetch(url + path, { headers: { "accept-encoding": "gzip" } });
    assert.equal(answer.status, 200, path);
    assert.ok((await answer.text()).toLowerCase().includes(part ?? ""), path);
  }
}

/** Reads the metrics without an admin listener. */
async function readMetrics(url: string): Promise<void> {
  const authorization = `Bearer ${ADMIN_TOKEN}`;
  const answer = await fetch(`${url}/metrics`, { headers: { authorization } });
  assert.match(await answer.text(), /^parley_connections\b/m);
}

/** A subprotocol offer as some clients write it; not every release can return the choice, but none may fail. */
async function offerWithoutBlanks(url: string): Promise<void> {
  const port = Number(new URL(url).port);
  const headers = { "Sec-WebSocket-Protocol": "other,chat.v1.json" };
  assert.equal((await sendRequest(port, handshake(port, "/ws", headers))).status, 101);
}

/** A `chat.v1.json` client that has joined a room. */
async function join(url: string, name: string, room: string): Promise<TestClient> {
  const client = await TestClient.open(`${url}/ws`, { protocols: ["chat.v1.json"] });
  assert.equal(client.protocol, "chat.v1.json");
  client.send(JSON.stringify({ type: "hello", name }));
  await frame(client, "hello");
  client.send(JSON.stringify({ type: "join", room }));
  await frame(client, "joined");
  return client;
}

/** The next frame of a type; earlier ones are skipped. */
async function frame(client: TestClient, type: string): Promise<Record<string, unknown>> {
  for (;;) {
    for (const line of String(await client.next()).split("\n")) {
      const found = JSON.parse(line);
      if (found.type === type) return found;
    }
  }
}

/** The next plain-text line that is a message. */
async function line(client: TestClient): Promise<string> {
  for (;;) {
    const text = String(await client.next());
    // A busy machine may delay the join.
    if (!/^(?:\*|! the room cannot be reached yet)/.test(text)) return text;
  }
}

/**
 * Ends an instance as Deno Deploy does: all clients are closed, and the process ends. The tests of drain() bound the
 * time.
 */
async function stop(child: Child, clients: readonly TestClient[]): Promise<void> {
  child.kill("SIGINT");
  const endings = await Promise.all(clients.map(({ closed }) => closed));
  assert.deepEqual(endings.map(({ code }) => code), clients.map(() => 1012), child.output);
  assert.equal((await child.ended).code, 0, child.output);
  assert.doesNotMatch(child.output, /"level":"ERROR"/);
}

releaseTest(
  releases,
  (version) => `Deno ${version} runs two instances as Deno Deploy does`,
  async (deno) => {
    await using redis = await startRedis();
    await using one = deployed(deno, redis.url);
    await using other = deployed(deno, redis.url);
    await Promise.all([isUp(one), isUp(other)]);
    await readPage(one.url);
    await readMetrics(one.url);
    await offerWithoutBlanks(one.url);
    await using ann = await TestClient.open(`${one.url}/ws?name=Ann&room=den`);
    await using bob = await join(other.url, "Bob", "den");
    await using cid = await join(one.url, "Cid", "den");
    ann.send("hello");
    for (const client of [bob, cid]) {
      const { text, name } = await frame(client, "said");
      assert.deepEqual([text, name], ["hello", "Ann"]);
    }
    bob.send(JSON.stringify({ type: "say", id: "1", room: "den", text: "hi" }));
    assert.equal(await line(ann), "Ann: hello");
    assert.equal(await line(ann), "Bob: hi");
    await stop(one, [ann, cid]);
    await using dan = await TestClient.open(`${other.url}/ws?name=Dan&room=den&history=2`);
    assert.deepEqual([await line(dan), await line(dan)], ["Ann: hello", "Bob: hi"]);
    await stop(other, [bob, dan]);
  },
);

releaseTest(
  // With this one, `data_dir_start_test.ts` does it.
  releases.filter(({ version }) => version !== Deno.version.deno),
  (version) => `Deno ${version} keeps messages across a restart`,
  async ({ path, env }) => {
    await using folder = new TemporaryFolder();
    const start = () =>
      spawn(path, ["run", "--no-prompt", "--allow-all", MAIN], {
        DATA_DIR: folder.path,
        // The default: not every release can run workers.
        WORKERS: "",
        ...env,
      });
    const said: string[] = [];
    for (const text of ["one", "two"]) {
      await using parley = start();
      const [, url = ""] = await parley.printed(/is on (http:\/\/\S+) \(messages in \//);
      await readPage(url);
      await using ann = await TestClient.open(`${url}/ws?name=Ann&history=9`);
      await using bob = await join(url, "Bob", "lobby");
      for (const before of said) assert.equal(await line(ann), before);
      // Read again: a release that reads it once might fail the second time.
      await using cid = await TestClient.open(`${url}/ws?name=Cid&history=9`);
      for (const before of said) assert.equal(await line(cid), before);
      ann.send(text);
      assert.equal((await frame(bob, "said"))["text"], text);
      said.push(await line(ann));
      await stop(parley, [ann, bob, cid]);
    }
    assert.deepEqual(said, ["Ann: one", "Ann: two"]);
  },
);

Deno.test("deno task start serves with its own permissions", async () => {
  await using folder = new TemporaryFolder();
  const [program = "", ...args] = commandOf("start").replace("main.ts", MAIN).split(" ");
  assert.equal(program, "deno");
  await using parley = spawn(Deno.execPath(), args, { DATA_DIR: folder.path });
  const [, url = ""] = await parley.printed(/is on (http:\/\/\S+) \(messages in \//);
  await readPage(url);
  await using ann = await TestClient.open(`${url}/ws?name=Ann`);
  ann.send("hello");
  assert.equal(await line(ann), "Ann: hello");
  await stop(parley, [ann]);
});
