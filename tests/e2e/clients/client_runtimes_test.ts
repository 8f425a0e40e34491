/**
 * Runs the examples of README.md and docs/reference/client.md unchanged except for the address, on the runtimes that
 * they name and against a real service.
 * @module
 */
import assert from "node:assert/strict";
import { dirname, join } from "node:path";
// Only so that Deno caches the package and import.meta.resolve() finds the file.
import "ws";
import { FAULTS } from "../../../lib/core/protocol/faults.ts";
import { TestClient } from "../../support/clients/test_client.ts";
import { ENGINE, MAY_RESET_UPGRADES } from "../../support/engine.ts";
import { type Parley, startParley } from "../../support/parley.ts";
import {
  findProgram,
  freePort,
  type Program,
  programTest,
  type RequiredProgram,
  Running,
  until,
} from "../../support/provision.ts";
import { startTestService } from "../../support/service.ts";
import { TemporaryFolder } from "../../support/temporary_folder.ts";

const ROOT = new URL("../../../", import.meta.url).pathname;
const STATIC = join(ROOT, "static");
const readme = Deno.readTextFileSync(join(ROOT, "README.md"));
const guide = Deno.readTextFileSync(join(ROOT, "docs/reference/client.md"));

const [, section = ""] = readme.split("## A bot in ten lines\n");
const BOT = /^```js\n([^]*?)^```/m.exec(section)?.[1] ?? "";
const COMMAND = /^\$ npx -y deno@[\d.]+ (.*)$/m.exec(section)?.[1]?.split(" ") ?? [];

/** What the guide imports and adds to the options for Node 20. */
const WITH_WS =
  /^```ts\n(import WebSocket .*\n)\nconst chat = .*, (WebSocket) \}\);\n```/m.exec(guide) ?? [];

const NODE: RequiredProgram = { names: ["node"], install: "Node 20 or later" };
const BUN: RequiredProgram = { names: ["bun"], install: "Bun" };

function withAddress(text: string, port: number): string {
  return text.replaceAll("127.0.0.1:8080", `127.0.0.1:${port}`);
}

/** The files under a folder of `static`, by their relative paths. */
function filesUnder(folder: string): readonly string[] {
  return [...Deno.readDirSync(join(STATIC, folder))].flatMap(({ name, isDirectory }) =>
    isDirectory ? filesUnder(`${folder}/${name}`) : [`${folder}/${name}`]
  );
}

/** A copy of the library, with the bot beside it. */
async function copyLibrary(folder: string, port: number): Promise<void> {
  for (const path of ["client.js", ...filesUnder("client")]) {
    await Deno.mkdir(dirname(join(folder, path)), { recursive: true });
    await Deno.copyFile(join(STATIC, path), join(folder, path));
  }
  const local = BOT.replace("http://127.0.0.1:8080/client.js", "./client.js");
  await Deno.writeTextFile(join(folder, "bot.js"), withAddress(local, port));
}

/** Skips the lines before the one that is expected. The bot may take longer to reconnect than one `next()` waits. */
async function receive(client: TestClient, expected: RegExp): Promise<void> {
  for (let triesLeft = 5;; triesLeft--) {
    try {
      while (!expected.test(String(await client.next())));
      return;
    } catch (error) {
      if (triesLeft === 0) throw error;
    }
  }
}

/** Starts the bot in a folder, and checks that it answers once, before and after its server is killed. */
async function answersPings(
  startBot: (folder: string, port: number) => Promise<Running>,
): Promise<void> {
  await using data = new TemporaryFolder();
  await using folder = new TemporaryFolder();
  const port = freePort();
  const settings = { PORT: String(port), DATA_DIR: data.path, WORKERS: "0" };
  const ping = async (parley: Parley, begin: (ann: TestClient) => Promise<void>) => {
    await using ann = await TestClient.open(`${parley.url}/ws?name=Ann&notices=1`);
    await begin(ann);
    ann.send("ping");
    await receive(ann, /^bot: pong, Ann$/);
    ann.send("thank you");
    // Joins are announced every quarter of a second, so this one may arrive only now.
    let line = String(await ann.next());
    while (line.startsWith("* ")) line = String(await ann.next());
    assert.equal(line, "Ann: thank you");
  };
  await using first = await startParley(settings);
  let bot: Running | undefined;
  try {
    await ping(first, async (ann) => {
      // Her own notice may have come before she was in the room, but this answer cannot.
      ann.send("/who");
      await receive(ann, /^\* 1 here: Ann$/);
      bot = await startBot(folder.path, port);
      await receive(ann, /^\* (Ann, )?bot joined$/).catch((cause) => {
        throw new Error(`The bot did not come: ${bot?.output}`, { cause });
      });
    });
    first.kill("SIGKILL");
    await first.ended;
    await using second = await startParley(settings);
    // Whether the bot has reconnected or not: it receives what it missed.
    await ping(second, () => Promise.resolve());
  } finally {
    await bot?.[Symbol.asyncDispose]();
  }
}

function run(program: Program, args: readonly string[], folder: string): Promise<Running> {
  return Running.start(program, args, folder, () => Promise.resolve(true));
}

/** Deno with its own cache, since another service may have used this port before. */
function denoWithCacheIn(folder: string): Program {
  const env = { DENO_DIR: join(folder, "cache"), NO_COLOR: "1" };
  return { path: Deno.execPath(), env };
}

Deno.test("The README's bot has at most ten lines", () => {
  assert.match(BOT, /^import \{ connect \}/);
  assert.ok(BOT.trim().split("\n").length <= 10);
});

Deno.test("The README's bot answers under Deno, run as the README says, even after the server was killed", async () => {
  await answersPings(async (folder, port) => {
    await Deno.writeTextFile(join(folder, "bot.js"), withAddress(BOT, port));
    return await run(denoWithCacheIn(folder), COMMAND, folder);
  });
});

programTest(
  NODE,
  "The README's bot answers under Node, even after the server was killed",
  async (node) => {
    await answersPings(async (folder, port) => {
      await copyLibrary(folder, port);
      // Node cannot resolve Deno's package names.
      const local = join(folder, "bot.js");
      const [, importing = "", option = ""] = WITH_WS;
      const ws = importing.replace('"ws"', JSON.stringify(import.meta.resolve("ws")));
      const bot = await Deno.readTextFile(local);
      await Deno.writeTextFile(local, ws + bot.replace("storage }", `storage, ${option} }`));
      return await run(node, ["bot.js"], folder);
    });
  },
);

programTest(NODE, "connect() explains what to do on a Node without WebSocket", async (node) => {
  await using folder = new TemporaryFolder();
  await copyLibrary(folder.path, 9);
  const script = `delete globalThis.WebSocket;
    const { connect } = await import("./client.js");
    try { connect("ws://127.0.0.1:9/ws"); } catch (error) { console.log(String(error)); }`;
  const { stdout } = await new Deno.Command(node.path, {
    args: ["--input-type=module", "--eval", script],
    cwd: folder.path,
  }).output();
  const said = new TextDecoder().decode(stdout);
  assert.match(said, /^Error: Cannot connect: this runtime has no WebSocket/);
  assert.ok(said.includes(`pass its class as the option ${WITH_WS[2]}`), said);
});

// Not programTest(), which would fail without Bun: no Debian package has it.
const bun = await findProgram(BUN.names);
Deno.test({
  name: "The README's bot answers under Bun, even after the server was killed" +
    (bun ? "" : ` (ignored: bun not found; install ${BUN.install})`),
  ignore: bun === undefined,
  fn: () =>
    answersPings(async (folder, port) => {
      await copyLibrary(folder, port);
      return await run({ path: bun ?? "", env: {} }, ["bot.js"], folder);
    }),
});

Deno.test("No module of the library has a statement that Node 22 cannot read", () => {
  for (const path of ["client.js", ...filesUnder("client")]) {
    const text = Deno.readTextFileSync(join(STATIC, path));
    assert.doesNotMatch(text, /^\s*(await )?using \w/m, path);
  }
});

/** The programs of the guide: each import starts a new one. */
function programs(): readonly string[] {
  const blocks = [...guide.matchAll(/^```js\n([^]*?)^```/gm)].map(([, code = ""]) => code);
  return blocks.join("").split(/^(?=import )/m);
}

// Types are the same with either engine.
if (ENGINE === "deno") {
  Deno.test("The programs of the client's guide type-check", async () => {
    await using service = await startTestService();
    await using folder = new TemporaryFolder();
    // As TypeScript, to check the library's declarations; JavaScript callers pass untyped values.
    const names = programs().map((_, index) => `program${index + 1}.ts`);
    for (const [index, program] of programs().entries()) {
      const code = withAddress(program, service.port);
      await Deno.writeTextFile(join(folder.path, names[index] ?? ""), code);
    }
    const config = join(folder.path, "deno.json");
    await Deno.writeTextFile(config, `{"compilerOptions":{"noImplicitAny":false}}`);
    const { path, env } = denoWithCacheIn(folder.path);
    const args = ["check", "--quiet", "--allow-import", ...names];
    const { success, stderr } = await new Deno.Command(path, { args, env, cwd: folder.path })
      .output();
    assert.ok(success, new TextDecoder().decode(stderr));
  });
}

for (const [index, program] of programs().entries()) {
  const name = `Program ${index + 1} of the client's guide prints what it says`;
  Deno.test({ ...MAY_RESET_UPGRADES, name }, async () => {
    await using service = await startTestService();
    await using folder = new TemporaryFolder();
    const code = withAddress(program, service.port);
    await Deno.writeTextFile(join(folder.path, "program.js"), code);
    const flags = ["--quiet", "--no-prompt", "--allow-net", "--allow-import"];
    const args = ["run", ...flags, "program.js"];
    await using running = await run(denoWithCacheIn(folder.path), args, folder.path);
    const printed = () => running.output.split("\n").filter(Boolean);
    const expected = [...program.matchAll(/console\.log\(.*\); \/\/ (.*)$/gm)].map(([, it]) => it);
    assert.ok(expected.length > 0);
    let hasEnded = false;
    running.ended.then(() => hasEnded = true);
    const isDone = () => hasEnded || printed().length >= expected.length;
    await until("it to print", () => Promise.resolve(isDone()));
    assert.deepEqual(printed().toSorted(), expected.toSorted());
  });
}

Deno.test("The client's guide links only to existing files", () => {
  for (const [, target = ""] of guide.matchAll(/\]\(([^)#]+)[^)]*\)/g)) {
    assert.doesNotThrow(() => Deno.statSync(join(ROOT, "docs/reference", target)), target);
  }
});

Deno.test("The client's guide lists every fault, as an error to expect or as handled by the library", () => {
  const [, after = ""] = guide.split("<!-- codes");
  const [errors = ""] = after.split("\n## ");
  const codes = new Set([...errors.matchAll(/`([a-z]+(?:_[a-z]+)*)`/g)].map(([, code]) => code));
  for (const code of Object.keys(FAULTS)) assert.ok(codes.has(code), code);
});
