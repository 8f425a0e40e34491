/** The runner of the test suite, and the tier of each test file. */
import assert from "node:assert/strict";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { type Job, jobsOf, outcomeOf, runJobs, startDeno, summary, tiersNamed } from "../run.ts";
import { TemporaryFolder } from "../support/temporary_folder.ts";
import { ALL_TIERS, NODE_TIERS, testFiles, type Tier, TIERS, tiersOf } from "../tiers.ts";

const ROOT = new URL("../..", import.meta.url);

Deno.test("Every test file is in exactly one tier, and every tier has files", () => {
  const files = testFiles(ROOT);
  assert.ok(files.length > 200, String(files.length));
  const run = TIERS.flatMap((tier) => {
    const its = files.filter((path) => tiersOf(path)[0] === tier);
    assert.notDeepEqual(its, [], tier.name);
    return jobsOf(tier, its, () => 1).flatMap(({ args, env }) =>
      [...args, ...env?.TEST_FILES?.split(" ") ?? []].filter((it) => files.includes(it))
    );
  });
  assert.deepEqual(run.sort(), files);
});

Deno.test("Tests of sockets, proxies, foreign clients, the library and the page's connection run again with the second engine", () => {
  const again = testFiles(ROOT).filter((path) => tiersOf(path).length === 2);
  const folders = ["clients", "faults/redis", "faults/workers", "page/connection"].map((it) =>
    `e2e/${it}`
  );
  for (const folder of [...folders, "io/http", "load"]) {
    assert.ok(again.some((path) => path.startsWith(`tests/${folder}/`)), folder);
  }
  const only = /\/e2e\/(?:page\/(?!connection\/)|faults\/storage\/|instances\/)|\/entrances\//;
  assert.deepEqual(again.filter((it) => only.test(it)), []);
  assert.ok(again.includes("tests/static/client/service_test.ts"));
  for (const tier of NODE_TIERS) {
    const its = again.filter((path) => tiersOf(path)[1] === tier);
    for (const { env } of jobsOf(tier, its, () => 1)) assert.equal(env?.TEST_ENGINE, "node");
  }
});

Deno.test("Each tier has a task", () => {
  const { tasks } = JSON.parse(Deno.readTextFileSync(new URL("deno.json", ROOT)));
  for (const { name } of ALL_TIERS) {
    assert.equal(tasks[`test:${name}`]?.command, `${tasks.test.command} ${name}`);
  }
});

Deno.test("tiersNamed() returns the requested tiers, all by default, and rejects an unknown name", () => {
  assert.deepEqual(tiersNamed([]), ALL_TIERS);
  assert.deepEqual(tiersNamed(["unit"]).map(({ name }) => name), ["unit"]);
  assert.throws(
    () => tiersNamed(["unit", "units"]),
    /simulation, e2e, redis, node, unit: received units/,
  );
});

const PASSED = { passed: 1, failed: 0, ignored: 0 };

const TIER: Tier = {
  ...{ name: "unit", pattern: /^/ },
  ...{ filesPerProcess: 2, usesPrograms: false, examples: ["lib"] },
};

Deno.test("jobsOf() distributes a tier's files, largest first, and runs examples by themselves", () => {
  const jobs = jobsOf(TIER, ["a", "bbb", "cc"], ({ length }) => length);
  assert.deepEqual(jobs.map(({ what }) => what), ["bbb a", "cc", "lib"]);
  assert.ok(jobs[2]?.args.includes("--doc"));
});

Deno.test("jobsOf() names the files of a shared isolate in the environment, and only those", () => {
  const jobs = jobsOf({ ...TIER, env: { A: "1" }, sharesIsolate: true }, ["a", "b", "c"], () => 1);
  const rest = jobs.map(({ what, args, env }) => [what, args.at(-1), env]);
  assert.deepEqual(rest, [
    ["a c", "tests/together.ts", { A: "1", TEST_FILES: "a c" }],
    ["b", "tests/together.ts", { A: "1", TEST_FILES: "b" }],
    ["lib", "lib", { A: "1" }],
  ]);
});

Deno.test("Files that share an isolate are all run, and a file that cannot be loaded fails", async () => {
  await using folder = new TemporaryFolder();
  const write = async (name: string, text: string) => {
    const path = join(folder.path, name);
    await Deno.writeTextFile(path, text);
    return pathToFileURL(path).href;
  };
  const good = await write("good.ts", "Deno.test('it works', () => {});");
  const other = await write("other.ts", "Deno.test('it works too', () => {});");
  const broken = await write("broken.ts", "throw new Error('broken');");
  const run = (...files: readonly string[]) => {
    const TEST_FILES = files.join(" ");
    const [job] = jobsOf({ ...TIER, filesPerProcess: 1, sharesIsolate: true }, ["a"], () => 1);
    return startDeno({ tier: "unit", args: job?.args ?? [], env: { TEST_FILES } });
  };
  assert.equal((await run(good, other)).passed, 2);
  assert.ok((await run(good, broken)).failed > 0);
});

for (
  const [what, output, code, counts] of [
    ["success", "ok | 3 passed | 0 failed (2s)\n", 0, [3, 0, 0]],
    ["ignored tests", "ok | 3 passed | 0 failed | 2 ignored (1m2s)\n", 0, [3, 0, 2]],
    ["steps", "ok | 3 passed (2 steps) | 0 failed (9ms)\n", 0, [3, 0, 0]],
    ["failures", "FAILED | 3 passed | 2 failed (9ms)\n\nerror: Test failed\n", 1, [3, 2, 0]],
    ["an error outside tests", "ok | 3 passed | 0 failed (9ms)\nerror\n", 1, [3, 1, 0]],
    ["a crash", "running 3 tests\n", 139, [0, 1, 0]],
    ["a process that ends without a closing line", "running 3 tests\n", 0, [0, 1, 0]],
    ["no tests", "ok | 0 passed | 0 failed (0ms)\n", 0, [0, 0, 0]],
  ] as const
) {
  Deno.test(`outcomeOf() counts ${what}`, () => {
    const { passed, failed, ignored } = outcomeOf(output, code);
    assert.deepEqual([passed, failed, ignored], counts);
  });
}

for (
  const [counts, ms, line] of [
    [{ passed: 3, failed: 0, ignored: 0 }, 61_000, "ok | 3 passed | 0 failed (1m01s)"],
    [{ passed: 3, failed: 1, ignored: 2 }, 9, "FAILED | 3 passed | 1 failed | 2 ignored (0m00s)"],
  ] as const
) {
  Deno.test(`summary() is "${line}"`, () => assert.equal(summary(counts, ms), line));
}

// A slow test: the line with its name was interrupted.
const FAILING = `second test ...'second test' has been running for over (1m0s)
 FAILED (1m5s)

 ERRORS 

second test => ./tests/some_test.ts:5:3
error: AssertionError: this was wrong

 FAILURES 

second test => ./tests/some_test.ts:5:3

FAILED | 1 passed | 1 failed (1m5s)
`;

Deno.test("runJobs() runs all jobs, at most the allowed number at a time, each in a lane of its own, and prints the output of failed ones", async () => {
  const jobs: readonly Job[] = ["one", "two", "three", "four", "five"].map((what, index) => ({
    ...{ tier: index < 2 ? "e2e" : "unit", what, args: [] },
  }));
  const printed: string[] = [];
  let running = 0;
  let most = 0;
  const lanes = new Set<number>();
  const counts = await runJobs(jobs, 2, async ({ what }, lane) => {
    assert.ok(!lanes.has(lane) && lane < 2);
    lanes.add(lane);
    most = Math.max(most, ++running);
    await Promise.resolve();
    running--;
    lanes.delete(lane);
    const isBad = what === "two";
    const output = `first test ... ok (1ms)\noutput of ${what}\n${isBad ? FAILING : ""}`;
    return { passed: 1, failed: isBad ? 1 : 0, ignored: 0, output };
  }, (text) => printed.push(text));
  assert.deepEqual(counts, { passed: 5, failed: 1, ignored: 0 });
  assert.equal(most, 2);
  const text = printed.join("\n");
  assert.match(printed.slice(-2).join("\n"), /^error: AssertionError: this was wrong$/m);
  assert.equal(printed.at(-1), "FAILED e2e: second test");
  assert.match(text, /^e2e +FAILED \| 2 passed \| 1 failed/m);
  assert.match(text, /^unit +ok \| 3 passed \| 0 failed/m);
  assert.deepEqual(text.match(/output of \w+/g), ["output of two"]);
  assert.doesNotMatch(text, /first test/);
});

Deno.test("runJobs() names the five slowest processes, slowest first, by their first files", async () => {
  const whats = ["tests/a_test.ts tests/b_test.ts", "c_test.ts", "d", "e", "f", "g", "h"];
  const jobs = whats.map((what) => ({ tier: "unit", what, args: [] }));
  const printed: string[] = [];
  const ended: (() => void)[] = [];
  const run = runJobs(
    jobs,
    jobs.length,
    () => new Promise((resolve) => ended.push(() => resolve({ ...PASSED, output: "" }))),
    (text) => printed.push(text),
  );
  // The later a job ends, the longer it took: each turn of the loop is measurable.
  for (const end of ended.toReversed()) {
    end();
    const from = performance.now();
    await Promise.resolve();
    while (performance.now() === from);
  }
  await run;
  const names = printed.at(-1)?.replaceAll(/\dm\d\ds unit /g, "");
  assert.equal(names, "slowest    a_test.ts +1, c_test.ts, d, e, f");
});

/** The last lines of a run of one process that runs these files. */
async function failedLines(files: Readonly<Record<string, string>>): Promise<readonly string[]> {
  await using folder = new TemporaryFolder();
  const paths: string[] = [];
  for (const [name, text] of Object.entries(files)) {
    paths.push(join(folder.path, name));
    await Deno.writeTextFile(join(folder.path, name), text);
  }
  const job = { tier: "unit", what: "its files", args: ["test", "-A", "--no-check", ...paths] };
  const printed: string[] = [];
  await runJobs([job], 1, (it) => startDeno(it), (text) => printed.push(text));
  const lines = printed.flatMap((it) => /^FAILED unit: .*$/gm.exec(it) ?? []);
  return lines.map((it) => it.replace("FAILED unit: ", "").replace(/\S*\//, ""));
}

const THROW = `throw new Error("this is no name => x:1:2\\n FAILURES \\n\\nnor is this")`;

Deno.test("runJobs() names the failed tests, whatever their errors say, and the files that failed outside of tests", async () => {
  const files = {
    "some_test.ts": `
      Deno.test("good", () => console.log("bad ... FAILED ("));
      Deno.test("plain", () => { ${THROW}; });
      Deno.test("a => b", (it) => it.step("in it", () => { ${THROW}; }));`,
    "outside_test.ts": `${THROW};`,
  };
  const lines = await failedLines(files);
  assert.deepEqual(lines.toSorted(), [
    "a => b ... in it",
    "outside_test.ts (uncaught error)",
    "plain",
  ]);
});

Deno.test("runJobs() names the tests that failed before a process was killed, and the one in which it was", async () => {
  const text = `
    Deno.test("failed", () => { ${THROW}; });
    Deno.test("good", () => console.log("good ..."));
    Deno.test("killed", () => { console.log("on"); Deno.kill(Deno.pid, "SIGKILL"); });`;
  assert.deepEqual(await failedLines({ "killed_test.ts": text }), ["failed", "killed"]);
  assert.deepEqual(await failedLines({ "killed_test.ts": "Deno.kill(Deno.pid, 'SIGKILL');" }), [
    "its files",
  ]);
});

Deno.test("startDeno() kills a process that prints nothing for too long, and shows its earlier output", async () => {
  const script = "console.log('before'); setInterval(() => {}, 1_000);";
  let started = 0;
  // The first timer starts with the process, the second one with its first output: only that one expires.
  const startTimer = (onSilence: () => void) => {
    started += 1;
    if (started === 2) queueMicrotask(onSilence);
    return () => {};
  };
  const { failed, output } = await startDeno({ tier: "unit", args: ["eval", script] }, startTimer);
  assert.equal(failed, 1);
  assert.match(output, /^before\n\nKilled: it printed nothing for 15 minutes\n[^]*SIGKILL\n$/);
});

Deno.test("startDeno() does not take the report that a test is still running for progress", async () => {
  const script = "console.log(`'a test' has been running for over (1m0s)`)";
  let started = 0;
  const startTimer = () => {
    started += 1;
    return () => {};
  };
  await startDeno({ tier: "unit", args: ["eval", script] }, startTimer);
  assert.equal(started, 1);
});
