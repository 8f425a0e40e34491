/** A whole service whose secrets are in files. */
import assert from "node:assert/strict";
import { runArguments, spawn, startParley } from "../../support/parley.ts";
import { TemporaryFolder } from "../../support/temporary_folder.ts";

const TOKEN = "a token for the admin paths";

/** The metrics that the main listener shows; undefined if it shows none. */
async function metricsOf(
  url: string,
  headers: Record<string, string>,
): Promise<string | undefined> {
  const response = await fetch(`${url}/metrics`, { headers });
  const text = await response.text();
  return response.ok ? text : undefined;
}

/** Runs the program to its end. */
async function run(args: readonly string[], env: Record<string, string>) {
  await using child = spawn(Deno.execPath(), runArguments(...args), env);
  const { code } = await child.ended;
  return { code, output: child.output };
}

for (const workers of ["0", "1"]) {
  Deno.test(`parley with WORKERS=${workers} reads a secret from a file once, and shows it nowhere`, async () => {
    await using folder = new TemporaryFolder();
    const path = `${folder.path}/admin_token`;
    await Deno.writeTextFile(path, `${TOKEN}\n`);
    const settings = { ADMIN_TOKEN_FILE: path, WORKERS: workers, LOG_LEVEL: "debug" };
    await using parley = await startParley(settings);
    await parley.printed(/permissions\.dropped.*"env sys write/);
    await Deno.remove(path);
    const { url, pid } = parley;
    assert.equal(await metricsOf(url, {}), undefined);
    const metrics = await metricsOf(url, { authorization: `Bearer ${TOKEN}` });
    assert.match(metrics ?? "", /parley_connections/);
    assert.ok(!metrics?.includes(TOKEN));
    if (Deno.build.os === "linux") {
      for (const file of ["cmdline", "environ"]) {
        assert.ok(!(await Deno.readTextFile(`/proc/${pid}/${file}`)).includes(TOKEN), file);
      }
    }
    await parley.stop();
    assert.ok(!parley.output.includes(TOKEN));
  });
}

Deno.test("parley reports all problems with secrets' files at once, shows no secret, and exits with 2", async () => {
  await using folder = new TemporaryFolder();
  const { path } = folder;
  await Deno.writeTextFile(`${path}/empty`, "\n");
  await Deno.writeTextFile(`${path}/short`, "hunter2\n");
  await Deno.writeTextFile(`${path}/password`, "hunter2\n");
  const first = await run(["--jwt-secret-file", `${path}/missing`, "--port", "http"], {
    AUTH: "required",
    ADMIN_TOKEN_FILE: `${path}/empty`,
    SESSION_SECRET_FILE: `${path}/short`,
    SESSION_SECRET: "hunter2 is not the secret",
    REDIS_URL_FILE: `${path}/password`,
  });
  assert.equal(first.code, 2);
  const problems = [
    /^parley: ADMIN_TOKEN_FILE is ".*empty": allowed: a file that is not empty$/,
    /^parley: SESSION_SECRET_FILE is ".*short": allowed: only without SESSION_SECRET$/,
    /^parley: JWT_SECRET_FILE is ".*missing": allowed: a file that can be read \(No such file/,
    /^parley: PORT is "http": /,
    /^parley: REDIS_URL is "…": allowed: redis:/,
  ];
  const lines = first.output.trimEnd().split("\n");
  assert.equal(lines.length, problems.length, first.output);
  for (const [at, problem] of problems.entries()) assert.match(lines[at] ?? "", problem);
  assert.doesNotMatch(first.output, /hunter2/);

  const second = await run([], { SESSION_SECRET_FILE: `${path}/short`, JWT_SECRET_FILE: path });
  assert.equal(second.code, 2);
  assert.match(
    second.output,
    /^parley: JWT_SECRET_FILE is ".*": allowed: a file that can be read \(/,
  );
  assert.match(second.output, /\nparley: SESSION_SECRET is "…": allowed: at least 16 characters/);
  assert.doesNotMatch(second.output, /hunter2/);
});

Deno.test("parley does not show a secret that is given in place of its file's path", async () => {
  const { code, output } = await run([], { JWT_SECRET_FILE: "hunter2" });
  assert.equal(code, 2);
  assert.equal(output, 'parley: JWT_SECRET_FILE is "…": allowed: a file that can be read\n');
});

Deno.test("parley reads no more than 64 KiB of a secret's file", async () => {
  await using folder = new TemporaryFolder();
  const path = `${folder.path}/large`;
  await Deno.writeTextFile(path, "");
  // It takes no space on the disk.
  await Deno.truncate(path, 2 ** 33);
  const { code, output } = await run([], { JWT_SECRET_FILE: path });
  assert.equal(code, 2);
  assert.match(output, /JWT_SECRET_FILE is ".*": allowed: a file of at most 64 KiB/);
});
