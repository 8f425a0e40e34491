/** Backups from the command line while clients send messages. */
import assert from "node:assert/strict";
import { TestClient } from "../../support/clients/test_client.ts";
import { type Parley, runArguments, spawn, startParley } from "../../support/parley.ts";
import { programTest } from "../../support/provision.ts";
import { TemporaryFolder } from "../../support/temporary_folder.ts";

/** Runs a command to its end. */
async function run(args: readonly string[], DATA_DIR: string) {
  await using child = spawn(Deno.execPath(), runArguments(...args), { DATA_DIR });
  const { code } = await child.ended;
  return { code, output: child.output };
}

/** A `chat.v1.json` client. */
class Program implements AsyncDisposable {
  readonly #client: TestClient;

  private constructor(client: TestClient) {
    this.#client = client;
  }

  static async open({ url }: Parley): Promise<Program> {
    return new Program(await TestClient.open(`${url}/ws`, { protocols: ["chat.v1.json"] }));
  }

  /** Sends a request; resolves with the next frame of a type. */
  async ask(request: Record<string, unknown>, type: string): Promise<Record<string, unknown>> {
    this.#client.send(JSON.stringify(request));
    for (;;) {
      const message = String(await this.#client.next());
      const frames = message.split("\n").map((line) => JSON.parse(line));
      const found = frames.find((frame) => frame.type === type || frame.type === "fault");
      if (found?.type === "fault") assert.fail(JSON.stringify(found));
      if (found) return found;
    }
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.#client[Symbol.asyncDispose]();
  }
}

Deno.test("parley backup copies a store in use, and parley restore brings back its messages and authors in a new epoch", async () => {
  await using folder = new TemporaryFolder();
  const [data, other] = [`${folder.path}/data`, `${folder.path}/other`];
  const file = `${folder.path}/copy.sqlite`;
  let said = 0;
  let before = 0;
  let user, resume, since;
  {
    await using parley = await startParley({ DATA_DIR: data, MESSAGES_PER_SECOND: "0" });
    await using ann = await Program.open(parley);
    ({ you: user, resume } = await ann.ask({ type: "hello", name: "Ann" }, "hello"));
    await ann.ask({ type: "join", id: "1", room: "lobby" }, "joined");
    const say = async () => {
      const id = `m${++said}`;
      return await ann.ask({ type: "say", id, room: "lobby", text: `text ${said}` }, "ack");
    };
    for (let k = 0; k < 20; k++) await say();
    before = said;
    const copying = run(["backup", file], data);
    let isDone = false;
    copying.then(() => isDone = true);
    while (!isDone) ({ position: since } = await say());
    ({ position: since } = await say());
    const { code, output } = await copying;
    assert.match(output, /^Backed up .*: \d+ messages in 1 room\n$/);
    assert.equal(code, 0);
    const refused = await run(["restore", file], data);
    assert.equal(refused.code, 1, refused.output);
    assert.match(
      refused.output,
      /Another process has .*parley\.sqlite open: stop the service first/,
    );
  }
  const restored = await run(["restore", file], other);
  assert.equal(restored.code, 0, restored.output);
  await using parley = await startParley({ DATA_DIR: other });
  await using ann = await Program.open(parley);
  const hello = await ann.ask({ type: "hello", resume }, "hello");
  assert.deepEqual(hello.you, user);
  const joined = await ann.ask(
    { type: "join", id: "1", room: "lobby", since, limit: 200 },
    "joined",
  );
  assert.deepEqual([joined.recovered, joined.reason], [false, "rewound"]);
  const texts: string[] = [];
  for (let before: unknown, more: unknown = true; more;) {
    const request = { type: "history", id: "2", room: "lobby", limit: 200, before };
    const page = await ann.ask(request, "history");
    assert.ok(Array.isArray(page.messages));
    texts.unshift(...page.messages.map(({ text }) => text));
    [before, more] = [page.messages[0]?.position, page.more];
  }
  assert.ok(texts.length >= before && texts.length < said, `${texts.length} of ${said}`);
  assert.deepEqual(texts, texts.map((_, index) => `text ${index + 1}`));
});

for (
  const [what, args, env, why] of [
    ["nothing to copy", ["backup", "/tmp/never"], { DATA_DIR: "/nowhere" }, /There is no store/],
    ["a store in memory", ["backup", "/tmp/never"], { DATA_DIR: ":memory:" }, /stores nothing/],
    ["a store in Redis", ["backup", "/tmp/never"], { REDIS_URL: "redis://h" }, /back that up/],
    ["no file to restore", ["restore", "/nowhere/x"], { DATA_DIR: "/nowhere" }, /There is no file/],
  ] as const
) {
  Deno.test(`parley ${args[0]} reports ${what}, and exits with 1`, async () => {
    await using child = spawn(Deno.execPath(), runArguments(...args), env);
    const { code } = await child.ended;
    assert.equal(code, 1, child.output);
    assert.match(child.output, why);
  });
}

programTest(
  { names: ["sh"], install: "a POSIX shell" },
  "parley backup names the file and what to do if the disk is full, and leaves nothing behind",
  async ({ path: shell }) => {
    await using folder = new TemporaryFolder();
    const DATA_DIR = `${folder.path}/data`;
    {
      await using parley = await startParley({ DATA_DIR });
      await using ann = await TestClient.open(`${parley.url}/ws?name=Ann`);
      for (let k = 0; k < 20; k++) {
        ann.send("x".repeat(10_000));
        await ann.next();
      }
    }
    const file = `${folder.path}/backups/copy.sqlite`;
    // Without the trap the signal would end the process; with it the write fails, as on a full disk.
    const script = "trap '' XFSZ; ulimit -f 100; exec \"$@\"";
    const args = ["-c", script, "sh", Deno.execPath(), ...runArguments("backup", file)];
    await using child = spawn(shell, args, { DATA_DIR });
    assert.equal((await child.ended).code, 1, child.output);
    assert.match(child.output, /^parley: Cannot write .*copy\.sqlite \(.+\): free some space/);
    assert.deepEqual([...Deno.readDirSync(`${folder.path}/backups`)], []);
  },
);
