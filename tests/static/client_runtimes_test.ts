/**
 * What README.md and docs/client.md show of the client library, run as it stands there, by the runtimes that they name and
 * against a real service. Only the address is another one: whoever copies the text gets what is tested here.
 * @module
 */
import assert from "node:assert/strict";
import { join } from "node:path";
import { FAULTS } from "../../lib/core/faults.ts";
import { TestClient } from "../client.ts";
import { type Parley, startParley } from "../parley.ts";
import {
  findProgram,
  freePort,
  type Program,
  programTest,
  Running,
  until,
  type Wanted,
} from "../provision.ts";
import { startService } from "../service.ts";
import { TemporaryFolder } from "../temporary_folder.ts";

const ROOT = new URL("../../", import.meta.url).pathname;
const STATIC = join(ROOT, "static");
const readme = Deno.readTextFileSync(join(ROOT, "README.md"));
const guide = Deno.readTextFileSync(join(ROOT, "docs/client.md"));

const [, section = ""] = readme.split("## A bot in ten lines\n");
const BOT = /^```js\n([^]*?)^```/m.exec(section)?.[1] ?? "";
const COMMAND = /^\$ npx -y deno@[\d.]+ (.*)$/m.exec(section)?.[1]?.split(" ") ?? [];

const NODE: Wanted = { names: ["node"], install: "Node 22, or 20.19 and later" };
const BUN: Wanted = { names: ["bun"], install: "Bun" };

function withAddress(text: string, port: number): string {
  return text.replaceAll("127.0.0.1:8080", `127.0.0.1:${port}`);
}

/** The library as one would copy it, with the bot beside it. */
async function copyLibrary(folder: string, port: number): Promise<void> {
  await Deno.mkdir(join(folder, "client"));
  const parts = [...Deno.readDirSync(join(STATIC, "client"))].map(({ name }) => `client/${name}`);
  for (const path of ["client.js", ...parts]) {
    await Deno.copyFile(join(STATIC, path), join(folder, path));
  }
  const local = BOT.replace("http://127.0.0.1:8080/client.js", "./client.js");
  await Deno.writeTextFile(join(folder, "bot.js"), withAddress(local, port));
}

/** Passes over what comes before a line. The bot may wait for longer than one `next()` does before it comes back. */
async function hear(client: TestClient, line: string): Promise<void> {
  for (let triesLeft = 5;; triesLeft--) {
    try {
      while (await client.next() !== line);
      return;
    } catch (error) {
      if (triesLeft === 0) throw error;
    }
  }
}

/** Starts the bot in a folder, and holds that it answers once, also after its server was killed. */
async function answersPings(
  startBot: (folder: string, port: number) => Promise<Running>,
): Promise<void> {
  await using data = new TemporaryFolder();
  await using folder = new TemporaryFolder();
  const port = freePort();
  const settings = { PORT: String(port), DATA_DIR: data.path };
  const ping = async (parley: Parley, begin: (ann: TestClient) => Promise<void>) => {
    await using ann = await TestClient.open(`${parley.url}/ws?name=Ann&notices=1`);
    await begin(ann);
    ann.send("ping");
    await hear(ann, "bot: pong, Ann");
    ann.send("thank you");
    // Who comes is told each quarter of a second, and so perhaps only now.
    let line = String(await ann.next());
    while (line.startsWith("* ")) line = String(await ann.next());
    assert.equal(line, "Ann: thank you");
  };
  await using first = await startParley(settings);
  let bot: Running | undefined;
  try {
    await ping(first, async (ann) => {
      await hear(ann, "* Ann joined");
      bot = await startBot(folder.path, port);
      await hear(ann, "* bot joined").catch((cause) => {
        throw new Error(`The bot did not come: ${bot?.output}`, { cause });
      });
    });
    first.kill("SIGKILL");
    await first.ended;
    await using second = await startParley(settings);
    // Said whether the bot is back already or not: it is told what it has missed.
    await ping(second, () => Promise.resolve());
  } finally {
    await bot?.[Symbol.asyncDispose]();
  }
}

function run(program: Program, args: readonly string[], folder: string): Promise<Running> {
  return Running.start(program, args, folder, () => Promise.resolve(true));
}

/** Deno with a cache of its own, since another service may have been on this port before. */
function denoWithCacheIn(folder: string): Program {
  const env = { DENO_DIR: join(folder, "cache"), NO_COLOR: "1" };
  return { path: Deno.execPath(), env };
}

Deno.test("The README's bot has at most ten lines", () => {
  assert.match(BOT, /^import \{ connect \}/);
  assert.ok(BOT.trim().split("\n").length <= 10);
});

Deno.test("The README's bot answers under Deno, run as the README says, also after the server was killed", async () => {
  await answersPings(async (folder, port) => {
    await Deno.writeTextFile(join(folder, "bot.js"), withAddress(BOT, port));
    return await run(denoWithCacheIn(folder), COMMAND, folder);
  });
});

// What Node 20 has only by a flag, or not at all.
const NODE_20 = [
  "--experimental-websocket",
  "--import",
  `data:text/javascript,${
    encodeURIComponent(`Promise.withResolvers ??= function () {
      let resolve, reject;
      const promise = new this((...both) => [resolve, reject] = both);
      return { promise, resolve, reject };
    };`)
  }`,
];

programTest(
  NODE,
  "The README's bot answers under Node, also after the server was killed",
  async (node) => {
    await answersPings(async (folder, port) => {
      await copyLibrary(folder, port);
      const { stdout } = await new Deno.Command(node.path, { args: ["--version"] }).output();
      const major = Number(/^v(\d+)/.exec(new TextDecoder().decode(stdout))?.[1]);
      return await run(node, [...(major < 22 ? NODE_20 : []), "bot.js"], folder);
    });
  },
);

// Not programTest(), by which it would fail in a place that has no Bun, and no package of Debian's brings one.
const bun = await findProgram(BUN.names);
Deno.test({
  name: "The README's bot answers under Bun, also after the server was killed" +
    (bun ? "" : ` (ignored: bun not found; install ${BUN.install})`),
  ignore: bun === undefined,
  fn: () =>
    answersPings(async (folder, port) => {
      await copyLibrary(folder, port);
      return await run({ path: bun ?? "", env: {} }, ["bot.js"], folder);
    }),
});

Deno.test("No module of the library has a statement that Node 22 cannot read", () => {
  const paths = [...Deno.readDirSync(join(STATIC, "client"))].map(({ name }) => `client/${name}`);
  for (const path of ["client.js", ...paths]) {
    const text = Deno.readTextFileSync(join(STATIC, path));
    assert.doesNotMatch(text, /^\s*(await )?using \w/m, path);
  }
});

/** The programs of the guide: an import begins another one. */
function programs(): readonly string[] {
  const blocks = [...guide.matchAll(/^```js\n([^]*?)^```/gm)].map(([, code = ""]) => code);
  return blocks.join("").split(/^(?=import )/m);
}

for (const [index, program] of programs().entries()) {
  Deno.test(`Program ${index + 1} of the client's guide has sound types and prints what it says`, async () => {
    await using service = await startService();
    await using folder = new TemporaryFolder();
    // As TypeScript, so that the library's declarations are held to it as well; who writes JavaScript gives no types.
    const code = withAddress(program, service.port);
    await Deno.writeTextFile(join(folder.path, "program.ts"), code);
    const flags = ["--quiet", "--check", "--no-prompt", "--allow-net", "--allow-import"];
    const config = join(folder.path, "deno.json");
    await Deno.writeTextFile(config, `{"compilerOptions":{"noImplicitAny":false}}`);
    const args = ["run", ...flags, "program.ts"];
    await using running = await run(denoWithCacheIn(folder.path), args, folder.path);
    const printed = () => running.output.split("\n").filter(Boolean);
    const expected = [...program.matchAll(/console\.log\(.*\); \/\/ (.*)$/gm)].map(([, it]) => it);
    assert.ok(expected.length > 0);
    const isDone = () => printed().length >= expected.length;
    await Promise.race([running.ended, until("it to print", () => Promise.resolve(isDone()))]);
    assert.deepEqual(printed().toSorted(), expected.toSorted());
  });
}

Deno.test("The client's guide leads to files that are there", () => {
  for (const [, target = ""] of guide.matchAll(/\]\(([^)#]+)[^)]*\)/g)) {
    assert.doesNotThrow(() => Deno.statSync(join(ROOT, "docs", target)), target);
  }
});

Deno.test("The client's guide has every fault, as an error to expect or as the library's own business", () => {
  const [, after = ""] = guide.split("<!-- codes");
  const [errors = ""] = after.split("\n## ");
  const codes = new Set([...errors.matchAll(/`([a-z]+(?:_[a-z]+)*)`/g)].map(([, code]) => code));
  for (const code of Object.keys(FAULTS)) assert.ok(codes.has(code), code);
});
