/** The ways in which the service is packed: the permissions that they give it are enough, and the binary is whole. */
import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import config from "../../deno.json" with { type: "json" };
import { TestClient } from "../client.ts";
import { PAGE_FILES } from "../../lib/io/page_files.ts";
import { isolateCount } from "../../lib/io/isolates/count.ts";
import { startInspected } from "../inspector.ts";
import { isReady, runArguments, spawn } from "../parley.ts";
import { freePort, until } from "../provision.ts";
import { startRedis } from "../redis_server.ts";
import { TemporaryFolder } from "../temporary_folder.ts";

const ROOT = new URL("../..", import.meta.url);
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
  const port = freePort();
  const [program = "", ...args] = command();
  assert.match(program, /deno$/);
  const redis = env.REDIS_URL === undefined ? "" : `,${new URL(env.REDIS_URL).host}`;
  const here = args.map((arg) =>
    arg.replace(/(--allow-net=)\S+/, `$1127.0.0.1:${port}${redis}`)
      .replace(/(--allow-write=)\S+/, `$1${env.DATA_DIR}`)
      .replace(/(?<=--allow-read=)\S+/, (paths) => readableHere(paths, env.DATA_DIR))
      .replace(/^main\.ts$/, new URL("main.ts", ROOT).pathname)
  );
  await using parley = await startInspected({ PORT: String(port), WORKERS: "1", ...env }, here);
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

Deno.test("parley that may not read its own modules serves in one isolate and says why, or refuses where it was told to serve in more", async () => {
  const usual = runArguments().map((arg) => arg.replace(/^--allow-read$/, "--allow-read=/nowhere"));
  const start = (env: Record<string, string>) => spawn(Deno.execPath(), usual, env);
  await using asked = start({ WORKERS: "2" });
  assert.equal((await asked.ended).code, 1);
  assert.match(asked.output, /^parley: Cannot start: Requires read access to "[^"]*worker\.ts"/m);
  if (isolateCount({ workers: null }) === 0) return;
  await using unasked = start({});
  const [, why = ""] = await unasked.printed(/"service\.in_one_isolate".*"why":(".*")/);
  assert.match(JSON.parse(why), /Requires read access to "[^"]*worker\.ts"/);
  const [, url = ""] = await unasked.printed(/is on (http:\/\/\S+) /);
  await chat(url, "Ann");
});

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
  for (const [path, text] of Object.entries(PAGE_FILES)) {
    assert.ok(binary.includes(text), `${path} is not embedded`);
  }
  assert.ok(binary.includes("class RedisBus"));
  // Nobody imports it: it is there because the task names it.
  assert.ok(binary.includes("A serving isolate, from the inside."));
  assert.ok(binary.includes("Enters drafts of one room in their order: deduplicates"));
  await Deno.remove(folder, { recursive: true });
});

Deno.test("deno task compile says what to do where the base binary cannot be fetched", () => {
  assert.match(config.tasks.compile.command, /\|\| \(echo '.*DENORT_BIN.*' && exit 1\)$/);
});
