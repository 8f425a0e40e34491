/** `parley bench` on the command line, against a service in the test's own process. */
import assert from "node:assert/strict";
import { runArguments, spawn } from "../../support/parley.ts";
import { startTestService } from "../../support/service.ts";
import { TemporaryFolder } from "../../support/temporary_folder.ts";

/** Runs `parley bench` to its end. */
async function bench(...args: readonly string[]) {
  await using child = spawn(Deno.execPath(), runArguments("bench", ...args), {});
  const { code } = await child.ended;
  return { code, output: child.output };
}

const FEW = ["--members", "20", "--publishers", "2", "--seconds", "0.5"];

Deno.test("parley bench finds no losses, prints the result, draws the latencies and writes a report", async () => {
  await using folder = new TemporaryFolder();
  await using service = await startTestService({ MESSAGES_PER_SECOND: "0", BYTES_PER_SECOND: "0" });
  const path = `${folder.path}/report.json`;
  const { code, output } = await bench(
    ...[`ws://127.0.0.1:${service.port}/ws`, ...FEW, "--closed", "1", "--json", path],
  );
  assert.equal(code, 0, output);
  assert.match(output, /20 members in bench-[0-9a-f]{8} at 127\.0\.0\.1:\d+, 2 of them speaking/);
  assert.match(output, /^ {2}lost +nothing$/m);
  assert.match(output, /^ +[\d.]+ [mµ]?s [█▏▎▍▌▋▊▉]+ +\d+, [\d.]+ %$/m);
  const report = JSON.parse(await Deno.readTextFile(path));
  assert.equal(report.speaks, "chat.v1.json");
  assert.ok(report.said > 0);
  assert.equal(report.deliveries, report.said * 20);
  assert.deepEqual([report.lost, report.doubled, report.outOfOrder], [0, 0, 0]);
  const counted = report.histogram.reduce(
    (sum: number, { count }: { count: number }) => sum + count,
    0,
  );
  assert.equal(counted, report.deliveries);
});

Deno.test("parley bench reads the server's rate limit, reports it, and is never slowed down", async () => {
  await using service = await startTestService({ MESSAGES_PER_SECOND: "10" });
  const { code, output } = await bench(
    ...[`ws://127.0.0.1:${service.port}`, ...FEW, "--closed", "5"],
  );
  assert.equal(code, 0, output);
  assert.match(output, /allows 10 messages a second .* so it is 20 texts a second in all/);
});

Deno.test("parley bench --plain --json - prints only the report on standard output", async () => {
  await using service = await startTestService({ MESSAGES_PER_SECOND: "0", BYTES_PER_SECOND: "0" });
  const child = new Deno.Command(Deno.execPath(), {
    args: runArguments(
      ...["bench", `ws://127.0.0.1:${service.port}/ws`, ...FEW, "--plain", "--json", "-"],
    ),
  });
  const { code, stdout, stderr } = await child.output();
  assert.equal(code, 0);
  const report = JSON.parse(new TextDecoder().decode(stdout));
  assert.equal(report.speaks, "plain text");
  assert.equal(report.lost, 0);
  assert.match(new TextDecoder().decode(stderr), /^ {2}lost +nothing$/m);
});

Deno.test("parley bench exits on Ctrl-C with the results so far", async () => {
  await using service = await startTestService({ MESSAGES_PER_SECOND: "0", BYTES_PER_SECOND: "0" });
  const args = [`ws://127.0.0.1:${service.port}/ws`, ...FEW, "--seconds", "3600"];
  await using child = spawn(Deno.execPath(), runArguments("bench", ...args), {});
  await child.printed(/measuring: .* texts said/);
  child.kill("SIGINT");
  assert.equal((await child.ended).code, 0, child.output);
  assert.match(child.output, /^ {2}lost +nothing$/m);
});

for (
  const [what, args, code, expected] of [
    ["no address", [], 2, /needs one address, such as ws:/],
    ["an unknown flag", ["ws://127.0.0.1:1/", "--fast"], 2, /--fast is not known; --help/],
    [
      "somebody else's address",
      ["ws://203.0.113.9/ws"],
      2,
      /203\.0\.113\.9 is not on this machine.* add --i-may-load-this-host=203\.0\.113\.9 --really/,
    ],
    ["an unused port", ["ws://127.0.0.1:1/ws"], 1, /Nothing listens on 127\.0\.0\.1:1/],
  ] as const
) {
  Deno.test(`parley bench with ${what} reports it and exits with ${code}`, async () => {
    const result = await bench(...args);
    assert.equal(result.code, code, result.output);
    assert.match(result.output, expected);
  });
}

Deno.test("parley bench reports the server's reason for a refusal, and exits with 1", async () => {
  await using service = await startTestService({ MAX_CONNECTIONS: "5" });
  const clients = await bench(`ws://127.0.0.1:${service.port}/ws`, ...FEW);
  assert.equal(clients.code, 1);
  assert.match(clients.output, /refused: 503 Too many connections \(MAX_CONNECTIONS\)/);
  const long = await bench(`ws://127.0.0.1:${service.port}/ws`, "--text-bytes", "70000");
  assert.equal(long.code, 2);
  assert.match(long.output, /--text-bytes is 70000: allowed: at most 65535/);
});

Deno.test("parley bench --help prints the help with every flag", async () => {
  const { code, output } = await bench("--help");
  assert.equal(code, 0);
  assert.match(output, /^ {2}--members N$/m);
});
