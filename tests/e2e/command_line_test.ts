/** The program as a person at a terminal or a service manager meets it. */
import assert from "node:assert/strict";
import meta from "../../deno.json" with { type: "json" };
import { settings } from "../../lib/core/config.ts";
import { TestClient } from "../client.ts";
import { isReady, runArguments, spawn, startParley } from "../parley.ts";
import { RawPeer } from "../raw.ts";
import { startRedis } from "../redis_server.ts";

/** Runs the program to its end. */
async function run(args: readonly string[], env: Record<string, string> = {}) {
  await using child = spawn(Deno.execPath(), runArguments(...args), env);
  const { code } = await child.ended;
  return { code, output: child.output };
}

Deno.test("parley --help names every setting with its flag and ends with 0", async () => {
  const { code, output } = await run(["--help"]);
  assert.equal(code, 0);
  for (const { name } of settings) assert.match(output, new RegExp(`\\b${name}, --`));
});

Deno.test("parley --version prints the version of deno.json", async () => {
  assert.deepEqual(await run(["--version"]), { code: 0, output: `parley ${meta.version}\n` });
});

Deno.test("parley tells every bad setting at once, starts nothing, and ends with 2", async () => {
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

Deno.test("parley tells of an unknown flag and ends with 2", async () => {
  const { code, output } = await run(["--prot", "80"]);
  assert.equal(code, 2);
  assert.match(output, /--prot is not known; --help/);
});

Deno.test("parley on a taken port says so and how to choose another, and ends with 1", async () => {
  using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const { code, output } = await run([], { PORT: String(listener.addr.port) });
  assert.equal(code, 1);
  assert.match(output, new RegExp(`Port ${listener.addr.port} .*taken.*PORT=.*--port`));
});

Deno.test("parley tells of a certificate file that is of no use beside every other problem, and ends with 2", async () => {
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

Deno.test("parley prints one line with its address, its store and the ways in, and no password", async () => {
  await using parley = await startParley({ REDIS_URL: "redis://:secret@127.0.0.1:1" });
  const line = parley.output.split("\n").find((it) => it.startsWith("Parley"));
  assert.match(
    line ?? "",
    new RegExp(`${parley.url} \\(messages in Redis at redis://127\\.0\\.0\\.1:1\\)`),
  );
  assert.match(line ?? "", new RegExp(`wscat -c ws://127.0.0.1:${parley.port}/ws$`));
  assert.doesNotMatch(parley.output, /secret/);
});

Deno.test("parley logs JSON lines where there is no terminal, and lines for people where asked to", async () => {
  await using json = await startParley();
  await json.stop();
  const logged = json.output.split("\n").filter((line) => line.startsWith("{")).map((it) =>
    JSON.parse(it)
  );
  const events = logged.map(({ message }) => message);
  assert.deepEqual(events, ["admin.listening", "service.stopping"]);
  await using text = await startParley({ LOG_FORMAT: "text" });
  await text.stop();
  assert.match(text.output, /admin\.listening url=http:\/\/127\.0\.0\.1:\d+/);
  assert.match(text.output, /service\.stopping signal=SIGTERM/);
});

Deno.test("parley never logs what is said", async () => {
  await using parley = await startParley({ LOG_LEVEL: "debug" });
  await using client = await TestClient.open(`${parley.url}/ws?name=Ann`);
  client.send("a private word");
  await client.next();
  await parley.stop();
  assert.doesNotMatch(parley.output, /private|Ann/);
});

for (const signal of ["SIGTERM", "SIGINT"] as const) {
  Deno.test(`parley says goodbye with 1012 on ${signal} and ends with 0`, async () => {
    await using parley = await startParley();
    await using chat = await TestClient.open(`${parley.url}/ws`);
    await using echo = await TestClient.open(`${parley.url}/s`);
    parley.kill(signal);
    for (const client of [chat, echo]) assert.equal((await client.closed).code, 1012);
    assert.equal((await parley.ended).code, 0);
  });
}

Deno.test("parley stops in time though many never answer, one reads nothing and Redis hangs", async () => {
  await using redis = await startRedis();
  await using parley = await startParley({
    MESSAGES_PER_SECOND: "0",
    BYTES_PER_SECOND: "0",
    REDIS_URL: redis.url,
  });
  await isReady(parley.url);
  using held = new DisposableStack();
  for (let i = 0; i < 300; i++) held.use(await RawPeer.open(parley.port, "/s"));
  held.use(await RawPeer.open(parley.port, "/ws?name=stuck"));
  await using speaker = await TestClient.open(`${parley.url}/ws?name=speaker`);
  for (let i = 0; i < 20; i++) {
    for (let j = 0; j < 10; j++) speaker.send("x".repeat(60_000));
    await speaker.take(10);
  }
  redis.pause();
  const begun = performance.now();
  const { code } = await parley.stop();
  assert.equal(code, 0);
  // The service's own limits add up to 4.5 s, which the test of drain() holds; the rest is the machine's.
  assert.ok(performance.now() - begun < 6_000);
});

for (const [workers, names] of [["0", "env write read"], ["1", "env write"]] as const) {
  Deno.test(`parley with WORKERS=${workers} gives back ${names} after the start`, async () => {
    await using parley = await startParley({ LOG_LEVEL: "debug", WORKERS: workers });
    await parley.printed(new RegExp(`permissions\\.given_back.*"${names}"`));
  });
}
