/** How the service is packaged: the granted permissions suffice, and the binary is complete. */
import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import { createHash } from "node:crypto";
import config from "../../../deno.json" with { type: "json" };
import { TestClient } from "../../support/clients/test_client.ts";
import { readPageFiles } from "../../../lib/io/web/page_files.ts";
import { readScripts } from "../../../lib/io/redis/scripts.ts";
import { workerCount } from "../../../lib/io/workers/worker_count.ts";
import { startInspected } from "../../support/programs/inspector.ts";
import { runArguments, spawn, whenInstanceReady } from "../../support/parley.ts";
import { freePort, until } from "../../support/provision.ts";
import { startRedis } from "../../support/redis/server.ts";
import { commandOf } from "../../support/programs/task_commands.ts";
import { TemporaryFolder } from "../../support/temporary_folder.ts";

const ROOT = new URL("../../..", import.meta.url);

/** Every file under a folder, relative to the root. */
function filesUnder(folder: string): string[] {
  return [...Deno.readDirSync(new URL(folder, ROOT))].flatMap(({ name, isDirectory }) =>
    isDirectory ? filesUnder(`${folder}/${name}`) : [`${folder}/${name}`]
  );
}

const read = (path: string) => Deno.readTextFileSync(new URL(path, ROOT));

/** The start command of a package. */
const commands: Readonly<Record<string, () => string[]>> = {
  "Dockerfile": () =>
    JSON.parse(read("Dockerfile").match(/^CMD (\[[^\]]*\])/m)?.[1]?.replaceAll("\\\n", "") ?? "[]"),
  "deploy/parley.service": () => {
    const [, command = ""] = read("deploy/parley.service").match(/^ExecStart=((?:.*\\\n)*.*)/m) ??
      [];
    return command.replaceAll("\\\n", "").split(/\s+/);
  },
};

/** The paths that a package may read: first the data folder, then the service's own. */
function readableHere(paths: string, dataDir: string | undefined): string {
  const [, ...own] = paths.split(",");
  const here = own.map((path) => path.replace(/^\/(?:app|opt\/parley)\//, ROOT.pathname));
  return [dataDir, ...here].join();
}

/**
 * Starts the service as a package does, except for addresses and folder, and chats with it, and then with a second
 * worker after the first has died.
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
  await whenInstanceReady(parley.url);
  await chat(parley.url, "Ann");
  const [worker = ""] = await parley.workers();
  await parley.evaluateIn(worker, "self.close()");
  await until("another worker", async () => !(await parley.workers()).includes(worker));
  await until("it to serve", () => whenInstanceReady(parley.url).then(() => true, () => false));
  await chat(parley.url, "Bob");
  await parley.detach();
}

async function chat(url: string, name: string): Promise<void> {
  await using client = await TestClient.open(`${url}/ws?name=${name}`);
  client.send("hello");
  let line = await client.next();
  // A busy machine may delay the join.
  while (/^(?:\*|! the room cannot be reached yet)/.test(String(line))) line = await client.next();
  assert.equal(line, `${name}: hello`);
  const { ok, body } = await fetch(url);
  await body?.cancel();
  assert.ok(ok);
}

/** Starts the service as usual, with read access to these paths only. */
function startReading(paths: readonly string[], env: Record<string, string> = {}) {
  const allowed = `--allow-read=${["/nowhere", ...paths].join()}`;
  const args = runArguments().map((arg) => arg.replace(/^--allow-read$/, allowed));
  return spawn(Deno.execPath(), args, env);
}

Deno.test("parley without read access to its modules serves in one thread and logs why, or refuses if more workers were requested", async () => {
  const pages = [`${ROOT.pathname}static`];
  await using asked = startReading(pages, { WORKERS: "2" });
  assert.equal((await asked.ended).code, 1);
  assert.match(
    asked.output,
    /^parley: Cannot start: Requires read access to "[^"]*worker_main\.ts"/m,
  );
  if (workerCount({ workers: null }) === 0) return;
  await using unasked = startReading(pages, { WORKERS: "" });
  const [, why = ""] = await unasked.printed(/"service\.workers_unavailable".*"why":(".*")/);
  assert.match(JSON.parse(why), /Requires read access to "[^"]*worker_main\.ts"/);
  const [, url = ""] = await unasked.printed(/is on (http:\/\/\S+) /);
  await chat(url, "Ann");
});

for (
  const [what, paths, env] of [
    ["pages", ["lib"], {}],
    ["scripts", ["static"], { REDIS_URL: "redis://127.0.0.1:1" }],
  ] as const
) {
  Deno.test(`parley without read access to its ${what} does not start, and names the file`, async () => {
    const allowed = paths.map((path) => ROOT.pathname + path);
    await using parley = startReading(allowed, { WORKERS: "0", ...env });
    assert.equal((await parley.ended).code, 1);
    assert.match(
      parley.output,
      /^parley: Cannot start: Requires read access to "[^"]*(?:\/static|\.lua)"/m,
    );
  });
}

for (const [path, command] of Object.entries(commands)) {
  const [, WEBSOCKET_ENGINE = "unset"] = read(path).match(/\bWEBSOCKET_ENGINE=(\w+)/) ?? [];

  Deno.test(`${path} sets the engine that is safe on the open internet`, () => {
    assert.equal(WEBSOCKET_ENGINE, "node");
  });

  Deno.test(`The permissions in ${path} are enough to chat over Redis`, async () => {
    await using redis = await startRedis();
    await chatAsPacked(command, {
      WEBSOCKET_ENGINE,
      REDIS_URL: redis.url,
      DATA_DIR: "/nowhere",
    });
  });

  Deno.test(`The permissions in ${path} are enough to store messages in its folder`, async () => {
    await using folder = new TemporaryFolder();
    await chatAsPacked(command, { WEBSOCKET_ENGINE, DATA_DIR: `${folder.path}/data` });
    assert.ok(Deno.statSync(`${folder.path}/data/parley.sqlite`).size > 0);
  });
}

/** The files with the scripts of the Redis bus. */
function scriptFiles(): (readonly [name: string, text: string])[] {
  const folder = "lib/io/redis/lua";
  const names = [...Deno.readDirSync(new URL(folder, ROOT))].map(({ name }) => name);
  return names.filter((name) => name.endsWith(".lua"))
    .map((name) => [name, read(`${folder}/${name}`)] as const);
}

Deno.test("readPageFiles() reads every file of the static folder", () => {
  const fileOf = (path: string) => {
    if (path === "/") return "/index.html";
    return path.startsWith("/docs/") ? `${path}.html` : path;
  };
  const listed = Object.keys(readPageFiles()).map(fileOf);
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

Deno.test("No module is imported as text, which Deno before 2.8 rejects", () => {
  for (const path of ["main.ts", ...filesUnder("lib").filter((it) => it.endsWith(".ts"))]) {
    assert.doesNotMatch(read(path), /with \{ type: "(?!json")/, path);
  }
});

// The base binary cannot be downloaded everywhere, so any program replaces it.
Deno.test("deno task compile embeds every page and module", async () => {
  const folder = await Deno.makeTempDir();
  const [command = ""] = commandOf("compile").split(" || ");
  // Types are checked by the task for that, not here.
  const args = command.replace("deno compile", "compile --no-check")
    .replace("dist/parley", `${folder}/parley`).split(" ");
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
  // No module imports it: it is embedded because the task names it.
  assert.ok(binary.includes("Entry point of a worker."));
  // Not its shorter name, which other packages mention.
  assert.ok(!binary.includes("playwright-core"), "a package that only tests need is embedded");
  assert.ok(binary.includes("buildAuthorizationUrl"), "a package for some settings is missing");
  await Deno.remove(folder, { recursive: true });
});

Deno.test("deno task compile explains what to do if the base binary cannot be downloaded", () => {
  assert.match(config.tasks.compile.command, /\|\| \(echo '.*DENORT_BIN.*' && exit 1\)$/);
});

for (const WEBSOCKET_ENGINE of ["deno", "node"]) {
  Deno.test(`parley without permission to listen ends and says why, with WEBSOCKET_ENGINE=${WEBSOCKET_ENGINE}`, async () => {
    const args = runArguments().map((arg) =>
      arg.replace(/^--allow-net$/, "--allow-net=127.0.0.1:1")
    );
    const env = { WEBSOCKET_ENGINE, PORT: String(freePort()), ADMIN_PORT: "off", WORKERS: "0" };
    await using parley = spawn(Deno.execPath(), args, env);
    assert.equal((await parley.ended).code, 1);
    assert.match(parley.output, /^parley: (?:Not allowed to listen|Cannot start).*--allow-net/m);
  });
}
