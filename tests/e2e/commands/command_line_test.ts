/** The program as seen from a terminal or a service manager. */
import assert from "node:assert/strict";
import meta from "../../../deno.json" with { type: "json" };
import { settings } from "../../../lib/core/config/config.ts";
import { TestClient } from "../../support/clients/test_client.ts";
import { runArguments, spawn, startParley, whenInstanceReady } from "../../support/parley.ts";
import { RawSocket } from "../../support/clients/raw_socket.ts";
import { startRedis } from "../../support/redis/server.ts";
import { commandOf } from "../../support/programs/task_commands.ts";

const MAIN = new URL("../../../main.ts", import.meta.url).pathname;

/** Runs the program to its end. */
async function run(args: readonly string[], env: Record<string, string> = {}) {
  await using child = spawn(Deno.execPath(), runArguments(...args), env);
  const { code } = await child.ended;
  return { code, output: child.output };
}

Deno.test("parley --help names every setting with its flag and exits with 0", async () => {
  const { code, output } = await run(["--help"]);
  assert.equal(code, 0);
  for (const { name } of settings) assert.match(output, new RegExp(`\\b${name}, --`));
});

Deno.test("parley --version prints the version of deno.json, the engine and the runtime", async () => {
  const { code, output } = await run(["--version"]);
  assert.equal(code, 0);
  assert.equal(
    output,
    `parley ${meta.version} (WEBSOCKET_ENGINE=deno, Deno ${Deno.version.deno})\n`,
  );
});

Deno.test("parley reports all invalid settings at once, starts nothing, and exits with 2", async () => {
  const { code, output } = await run(["--max-connections", "0"], {
    PORT: "http",
    GUEST_NAME: "* ",
  });
  assert.equal(code, 2);
  assert.deepEqual(output.trimEnd().split("\n").map((line) => line.split(":")[1]?.trim()), [
    'PORT is "http"',
    'MAX_CONNECTIONS is "0"',
    'GUEST_NAME is "*"',
  ]);
  assert.match(output, /PORT is "http": allowed: 0–65535/);
});

Deno.test("parley reports an unknown flag and exits with 2", async () => {
  const { code, output } = await run(["--prot", "80"]);
  assert.equal(code, 2);
  assert.match(output, /--prot is not known; --help/);
});

Deno.test("parley reports a taken port and how to choose another, and exits with 1", async () => {
  using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const { code, output } = await run([], { PORT: String(listener.addr.port) });
  assert.equal(code, 1);
  assert.match(output, new RegExp(`Port ${listener.addr.port} .*taken.*PORT=.*--port`));
});

for (
  const [what, env, why] of [
    [
      "a HOST that cannot be resolved",
      { HOST: "nowhere.invalid" },
      /HOST is nowhere\.invalid, which cannot be resolved: set .*HOST=/,
    ],
    [
      "a HOST of another machine",
      { HOST: "203.0.113.1" },
      /HOST is 203\.0\.113\.1, which is not an address of this machine/,
    ],
    ["a HOST with a port", { HOST: "localhost:8080" }, /HOST is "localhost:8080": .*set with PORT/],
  ] as const
) {
  // A bad setting is reported before there is an engine.
  for (const WEBSOCKET_ENGINE of env.HOST === "localhost:8080" ? ["deno"] : ["deno", "node"]) {
    Deno.test(`parley reports ${what} in one line, with WEBSOCKET_ENGINE=${WEBSOCKET_ENGINE}`, async () => {
      const { code, output } = await run([], { WEBSOCKET_ENGINE, LOG_LEVEL: "warning", ...env });
      assert.ok(code > 0);
      assert.match(output, why);
      // No warning about workers, which have nothing to do with it.
      assert.equal(output.trimEnd().split("\n").length, 1, output);
    });
  }
}

Deno.test("parley with settings before the command runs the command", async () => {
  const { code, output } = await run(["--data-dir", "/nowhere", "backup", "/nowhere/b"]);
  assert.equal(code, 1);
  assert.match(output, /^parley: There is no store in \/nowhere/);
});

for (
  const [command, why] of [
    [["backup", "/nowhere/b"], /^parley: There is no store in \/nowhere/],
    [["restore", "/nowhere/b"], /^parley: There is no file \/nowhere\/b/],
    [["users"], /^parley: Set ADMIN_TOKEN to that of the service/],
  ] as const
) {
  Deno.test(`parley ${command[0]} does not check settings and files that only the service uses`, async () => {
    const { output } = await run(command, {
      DATA_DIR: "/nowhere",
      MODERATION_SECRET: `whsec_${"A".repeat(40)}`,
      REDIS_CA_FILE: "/nowhere/ca.pem",
      ADMIN_PORT: "9000",
      PORT: "9000",
    });
    assert.match(output, why);
    assert.equal(output.trimEnd().split("\n").length, 1, output);
  });
}

Deno.test("parley reports an unusable certificate file together with all other problems, and exits with 2", async () => {
  const folder = await Deno.makeTempDir();
  await Deno.writeTextFile(`${folder}/garbage.pem`, "no certificate");
  for (
    const [path, why] of [
      ["/nowhere/ca.pem", /allowed: a PEM file that can be read \(/],
      [`${folder}/garbage.pem`, /allowed: a PEM file with a certificate in it/],
    ] as const
  ) {
    const env = { REDIS_URL: "rediss://127.0.0.1:1", REDIS_CA_FILE: path, PING_SECONDS: "0" };
    const { code, output } = await run(["--nonsense=hunter2"], env);
    assert.equal(code, 2);
    const [unknown, ping, ca, ...more] = output.trimEnd().split("\n");
    assert.match(unknown ?? "", /--nonsense is not known/);
    assert.match(ping ?? "", /PING_SECONDS is "0"/);
    assert.match(ca ?? "", why);
    assert.ok(ca?.includes(path));
    assert.deepEqual(more, []);
    assert.doesNotMatch(output, /hunter2/);
  }
  await Deno.remove(folder, { recursive: true });
});

Deno.test("parley prints one line with its address, its store and how to connect, and no password", async () => {
  await using parley = await startParley({ REDIS_URL: "redis://:secret@127.0.0.1:1" });
  const line = parley.output.split("\n").find((it) => it.startsWith("Parley"));
  assert.match(
    line ?? "",
    new RegExp(`${parley.url} \\(messages in Redis at redis://127\\.0\\.0\\.1:1\\)`),
  );
  assert.match(line ?? "", new RegExp(`wscat -c ws://127.0.0.1:${parley.port}/ws$`));
  assert.doesNotMatch(parley.output, /secret/);
});

/** The events of a log in JSON. */
function eventsIn(output: string): readonly unknown[] {
  const lines = output.split("\n").filter((line) => line.startsWith("{"));
  return lines.map((line) => JSON.parse(line).message);
}

for (
  const [signal, format, env, check] of [
    ["SIGTERM", "JSON lines without a terminal", {}, (output: string) => {
      assert.deepEqual(eventsIn(output), ["admin.listening", "service.stopping"]);
    }],
    ["SIGINT", "readable lines when asked to", { LOG_FORMAT: "text" }, (output: string) => {
      assert.match(output, /admin\.listening url=http:\/\/127\.0\.0\.1:\d+/);
      assert.match(output, /service\.stopping signal=SIGINT/);
    }],
  ] as const
) {
  Deno.test(`parley logs ${format}, closes connections with 1012 on ${signal} and exits with 0`, async () => {
    await using parley = await startParley(env);
    await using chat = await TestClient.open(`${parley.url}/ws`);
    await using echo = await TestClient.open(`${parley.url}/s`);
    parley.kill(signal);
    for (const client of [chat, echo]) assert.equal((await client.closed).code, 1012);
    assert.equal((await parley.ended).code, 0);
    check(parley.output);
  });
}

Deno.test("parley stops in time even if many clients never answer, one reads nothing and Redis hangs", async () => {
  await using redis = await startRedis();
  await using parley = await startParley({
    MESSAGES_PER_SECOND: "0",
    BYTES_PER_SECOND: "0",
    REDIS_URL: redis.url,
  });
  await whenInstanceReady(parley.url);
  using held = new DisposableStack();
  for (let i = 0; i < 300; i++) held.use(await RawSocket.open(parley.port, "/s"));
  held.use(await RawSocket.open(parley.port, "/ws?name=stuck"));
  await using speaker = await TestClient.open(`${parley.url}/ws?name=speaker`);
  for (let i = 0; i < 20; i++) {
    for (let j = 0; j < 10; j++) speaker.send("x".repeat(60_000));
    await speaker.take(10);
  }
  redis.pause();
  // It ends in spite of them all. The tests of drain() bound the time.
  const { code } = await parley.stop();
  assert.equal(code, 0);
});

Deno.test("deno task start --host 0.0.0.0 prints what others can open, and drops the permission to list addresses", async () => {
  const [, ...args] = commandOf("start").replace("main.ts", MAIN).split(" ");
  const settings = { WORKERS: "0", LOG_LEVEL: "debug" };
  await using parley = spawn(Deno.execPath(), [...args, "--host", "0.0.0.0"], settings);
  const [, port] = await parley.printed(/is on http:\/\/127\.0\.0\.1:(\d+) /);
  // A machine without a network has no address to show.
  await parley.printed(new RegExp(`Others can open (?:http://[\\d.]+:${port}|port ${port} at)`));
  assert.match(parley.output, /permissions\.dropped.* sys /);
});

for (const [workers, names] of [["0", "env sys write read"], ["1", "env sys write"]] as const) {
  Deno.test(`parley with WORKERS=${workers} drops ${names} after the start, and never logs a message's text`, async () => {
    await using parley = await startParley({ LOG_LEVEL: "debug", WORKERS: workers });
    await parley.printed(new RegExp(`permissions\\.dropped.*"${names}"`));
    await using client = await TestClient.open(`${parley.url}/ws?name=Ann`);
    client.send("a private word");
    await client.next();
    await parley.stop();
    assert.doesNotMatch(parley.output, /private|Ann/);
  });
}
