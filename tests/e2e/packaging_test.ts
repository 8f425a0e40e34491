/** The ways in which the service is packed: the permissions that they give it are enough, and the binary is whole. */
import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import { createHash } from "node:crypto";
import config from "../../deno.json" with { type: "json" };
import { TestClient } from "../client.ts";
import { readPageFiles } from "../../lib/io/page_files.ts";
import { readScripts } from "../../lib/io/redis/script.ts";
import { isolateCount } from "../../lib/io/isolates/count.ts";
import { startInspected } from "../inspector.ts";
import { isReady, runArguments, spawn } from "../parley.ts";
import { freePort, until } from "../provision.ts";
import { startRedis } from "../redis_server.ts";
import { TemporaryFolder } from "../temporary_folder.ts";

const ROOT = new URL("../..", import.meta.url);

/** Every file under a folder, from the root. */
function filesUnder(folder: string): string[] {
  return [...Deno.readDirSync(new URL(folder, ROOT))].flatMap(({ name, isDirectory }) =>
    isDirectory ? filesUnder(`${folder}/${name}`) : [`${folder}/${name}`]
  );
}

const read = (path: string) => Deno.readTextFileSync(new URL(path, ROOT));

/** The command that a package starts the service with. */
const commands: Readonly<Record<string, () => string[]>> = {
  "Dockerfile": () =>
    JSON.parse(read("Dockerfile").match(/^CMD (\[[^\]]*\])/m)?.[1]?.replaceAll("\\\n", "") ?? "[]"),
  "deploy/parley.service": () => {
    const [, command = ""] = read("deploy/parley.service").match(/^ExecStart=((?:.*\\\n)*.*)/m) ??
      [];
    return command.replaceAll("\\\n", "").split(/\s+/);
  },
};

/** What a package may read: the first is where data is kept, the others are the service's own. */
function readableHere(paths: string, dataDir: string | undefined): string {
  const [, ...own] = paths.split(",");
  const here = own.map((path) => path.replace(/^\/(?:app|opt\/parley)\//, ROOT.pathname));
  return [dataDir, ...here].join();
}

/**
 * Starts the service as a package does, but for addresses and folder, and talks to it, and to another isolate of it when
 * the first has died.
 */
async function chatAsPacked(command: () => string[], env: Readonly<Record<string, string>>) {
  const [port, adminPort] = [freePort(), freePort()];
  const [program = "", ...args] = command();
  assert.match(program, /deno$/);
  const redis = env.REDIS_URL === undefined ? "" : `,${new URL(env.REDIS_URL).host}`;
  const here = args.map((arg) =>
    arg.replace(/(--allow-net=)\S+/, `$1127.0.0.1:${port},127.0.0.1:${adminPort}${redis}`)
      .replace(/(--allow-write=)\S+/, `$1${env.DATA_DIR}`)
      .replace(/(?<=--allow-read=)\S+/, (paths) => readableHere(paths, env.DATA_DIR))
      .replace(/^main\.ts$/, new URL("main.ts", ROOT).pathname)
  );
  const ports = { PORT: String(port), ADMIN_PORT: String(adminPort) };
  await using parley = await startInspected({ ...ports, WORKERS: "1", ...env }, here);
  await isReady(parley.url);
  await chat(parley.url, "Ann");
  const [isolate = ""] = await parley.isolates();
  await parley.runIn(isolate, "self.close()");
  await until("another isolate", async () => !(await parley.isolates()).includes(isolate));
  await until("it to serve", () => isReady(parley.url).then(() => true, () => false));
  await chat(parley.url, "Bob");
  await parley.leave();
}

async function chat(url: string, name: string): Promise<void> {
  await using client = await TestClient.open(`${url}/ws?name=${name}`);
  client.send("hello");
  assert.equal(await client.next(), `${name}: hello`);
  const { ok, body } = await fetch(url);
  await body?.cancel();
  assert.ok(ok);
}

/** Starts the service as usual, but with nothing to read beside these. */
function startReading(paths: readonly string[], env: Record<string, string> = {}) {
  const allowed = `--allow-read=${["/nowhere", ...paths].join()}`;
  const args = runArguments().map((arg) => arg.replace(/^--allow-read$/, allowed));
  return spawn(Deno.execPath(), args, env);
}

Deno.test("parley that may not read its own modules serves in one isolate and says why, or refuses where it was told to serve in more", async () => {
  const pages = [`${ROOT.pathname}static`];
  await using asked = startReading(pages, { WORKERS: "2" });
  assert.equal((await asked.ended).code, 1);
  assert.match(asked.output, /^parley: Cannot start: Requires read access to "[^"]*worker\.ts"/m);
  if (isolateCount({ workers: null }) === 0) return;
  await using unasked = startReading(pages);
  const [, why = ""] = await unasked.printed(/"service\.in_one_isolate".*"why":(".*")/);
  assert.match(JSON.parse(why), /Requires read access to "[^"]*worker\.ts"/);
  const [, url = ""] = await unasked.printed(/is on (http:\/\/\S+) /);
  await chat(url, "Ann");
});

for (
  const [what, paths, env] of [
    ["pages", ["lib"], {}],
    ["scripts", ["static"], { REDIS_URL: "redis://127.0.0.1:1" }],
  ] as const
) {
  Deno.test(`parley that may not read its ${what} does not start, and names the file`, async () => {
    const allowed = paths.map((path) => ROOT.pathname + path);
    await using parley = startReading(allowed, { WORKERS: "0", ...env });
    assert.equal((await parley.ended).code, 1);
    assert.match(
      parley.output,
      /^parley: Cannot start: Requires read access to "[^"]*\.(css|lua)"/m,
    );
  });
}

for (const [path, command] of Object.entries(commands)) {
  Deno.test(`The permissions in ${path} are enough to chat over Redis`, async () => {
    await using redis = await startRedis();
    await chatAsPacked(command, { REDIS_URL: redis.url, DATA_DIR: "/nowhere" });
  });

  Deno.test(`The permissions in ${path} are enough to keep what is said in its folder`, async () => {
    await using folder = new TemporaryFolder();
    await chatAsPacked(command, { DATA_DIR: `${folder.path}/data` });
    assert.ok(Deno.statSync(`${folder.path}/data/parley.sqlite`).size > 0);
  });
}

/** The files that hold the scripts of the Redis bus. */
function scriptFiles(): (readonly [name: string, text: string])[] {
  const folder = "lib/io/redis";
  const names = [...Deno.readDirSync(new URL(folder, ROOT))].map(({ name }) => name);
  return names.filter((name) => name.endsWith(".lua"))
    .map((name) => [name, read(`${folder}/${name}`)] as const);
}

Deno.test("readPageFiles() reads every file of the static folder", () => {
  const listed = Object.keys(readPageFiles()).map((path) => path === "/" ? "/index.html" : path);
  assert.deepEqual(listed.sort(), filesUnder("static").map((path) => path.slice(6)).sort());
});

Deno.test("readScripts() reads every script file, each with the hash of its text", () => {
  const scripts = Object.values(readScripts());
  for (const [name, text] of scriptFiles()) {
    assert.ok(scripts.some((script) => script.text.includes(text)), name);
  }
  for (const { text, hash } of scripts) {
    assert.equal(hash, createHash("sha1").update(text).digest("hex"));
  }
});

Deno.test("No module is imported as text, which runtimes before Deno 2.8 refuse", () => {
  for (const path of ["main.ts", ...filesUnder("lib").filter((it) => it.endsWith(".ts"))]) {
    assert.doesNotMatch(read(path), /with \{ type: "(?!json")/, path);
  }
});

// The base binary cannot be fetched everywhere, so any program stands in for it.
Deno.test("deno task compile embeds every page and module", async () => {
  const folder = await Deno.makeTempDir();
  const [command = ""] = config.tasks.compile.command.split(" || ");
  const args = command.replace("deno ", "").replace("dist/parley", `${folder}/parley`).split(" ");
  const compiled = await new Deno.Command(Deno.execPath(), {
    args,
    cwd: ROOT,
    env: { DENORT_BIN: "/bin/sh" },
  }).output();
  assert.ok(compiled.success, new TextDecoder().decode(compiled.stderr));
  const binary = Buffer.from(await Deno.readFile(`${folder}/parley`));
  for (const [path, text] of Object.entries(readPageFiles())) {
    assert.ok(binary.includes(text), `${path} is not embedded`);
  }
  for (const [name, text] of scriptFiles()) assert.ok(binary.includes(text), `${name} is missing`);
  assert.ok(binary.includes("class RedisBus"));
  // Nobody imports it: it is there because the task names it.
  assert.ok(binary.includes("A serving isolate, from the inside."));
  await Deno.remove(folder, { recursive: true });
});

Deno.test("deno task compile says what to do where the base binary cannot be fetched", () => {
  assert.match(config.tasks.compile.command, /\|\| \(echo '.*DENORT_BIN.*' && exit 1\)$/);
});
