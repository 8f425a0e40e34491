/**
 * The npm package, packed and installed by npm without a network, and used by Node as its README says.
 * @module
 */
import assert from "node:assert/strict";
// Only so that Deno caches the package and import.meta.resolve() finds the file.
import "ws";
import config from "../../../deno.json" with { type: "json" };
import { buildPackage } from "../../../docs/tools/npm_package.ts";
import { TestClient } from "../../support/clients/test_client.ts";
import { ENGINE } from "../../support/engine.ts";
import { type Program, programTest, type RequiredProgram } from "../../support/provision.ts";
import { startTestService } from "../../support/service.ts";
import { TemporaryFolder } from "../../support/temporary_folder.ts";

const NPM: RequiredProgram = { names: ["npm"], install: "Node 20 or later with npm" };
const OFFLINE = ["--offline", "--no-audit", "--no-fund", "--no-update-notifier"];
const readme = Deno.readTextFileSync(
  new URL("../../../docs/tools/npm_readme.md", import.meta.url),
);
const [EXAMPLE = "", WITH_WS = ""] = [...readme.matchAll(/^```js\n([^]*?)^```/gm)].map(([, it]) =>
  it
);
/** Uses types that only the declarations have. */
const TYPED = `import { type Chat, connect, type RoomEvent } from "parley-client";
const chat: Chat = connect("wss://chat.example/ws", { name: "Ann" });
const texts: string[] = [];
chat.join("lobby").events.subscribe((event: RoomEvent) => {
  if (event.type === "said") texts.push(event.text);
  // @ts-expect-error: only a text that was said has one
  event.text;
});
`;

/** Runs a program; returns what it has printed, and fails unless it succeeds. */
async function run(program: string, args: readonly string[], cwd: string): Promise<string> {
  const env = { npm_config_cache: `${cwd}/npm-cache`, NO_COLOR: "1" };
  const output = await new Deno.Command(program, { args: [...args], cwd, env }).output();
  const [stdout, stderr] = [output.stdout, output.stderr].map((it) => new TextDecoder().decode(it));
  assert.ok(output.success, `${program} ${args.join(" ")}: ${stdout}${stderr}`);
  return stdout ?? "";
}

/** Where the package is built and installed, once for all tests. */
let place: TemporaryFolder | undefined;
let app: Promise<string> | undefined;
Deno.test.afterAll(() => place?.[Symbol.asyncDispose]());

/** The folder of an app with the package. */
function installed(npm: Program): Promise<string> {
  place ??= new TemporaryFolder();
  app ??= install(npm.path, place.path);
  return app;
}

/** Installs the package into an empty folder; returns the folder. */
async function install(npm: string, place: string): Promise<string> {
  await buildPackage(`${place}/built`);
  await run(npm, ["pack", "--pack-destination", place, ...OFFLINE], `${place}/built`);
  const app = `${place}/app`;
  await Deno.mkdir(app);
  await Deno.writeTextFile(`${app}/package.json`, `{"name":"app","private":true}`);
  await run(npm, ["install", `../parley-client-${config.version}.tgz`, ...OFFLINE], app);
  return app;
}

// It involves no service, so it need not run again with the second engine.
if (ENGINE === "deno") {
  programTest(
    NPM,
    "The installed npm package has the library, its types, and nothing else",
    async (npm) => {
      const app = await installed(npm);
      const library = `${app}/node_modules/parley-client`;
      const names = [...Deno.readDirSync(library)].map(({ name }) => name).sort();
      const files = ["LICENSE", "README.md", "client", "client.d.ts", "client.js", "package.json"];
      assert.deepEqual(names, files);
      const { version, dependencies } = JSON.parse(
        await Deno.readTextFile(`${library}/package.json`),
      );
      assert.deepEqual([version, dependencies], [config.version, undefined]);
      await Deno.writeTextFile(`${app}/typed.ts`, TYPED);
      await Deno.writeTextFile(`${app}/deno.json`, `{"nodeModulesDir":"manual"}`);
      await run(Deno.execPath(), ["check", "--quiet", "typed.ts"], app);
    },
  );
}

programTest(
  NPM,
  "The example of the npm package's README runs under Node, with ws as it says",
  async (npm) => {
    await using service = await startTestService();
    await using bob = await TestClient.open(`${service.url}/ws?name=Bob`);
    const app = await installed(npm);
    const [importing = "", connecting = ""] = WITH_WS.trim().split("\n\n");
    const plain = /^const chat = .*$/m.exec(EXAMPLE)?.[0] ?? "";
    assert.equal(connecting, plain.replace(" });", ", WebSocket });"));
    const program = EXAMPLE.replace(plain, `${importing}\n${connecting}`)
      .replace('"ws"', JSON.stringify(import.meta.resolve("ws")))
      .replace("127.0.0.1:8080", `127.0.0.1:${service.port}`);
    // The log has the message when its promise resolves, and the event may come later.
    const arrived = "(done) => lobby.last.subscribe((it) => it?.text === 'hello' && done())";
    const ending = `await new Promise(${arrived});\nchat.close();\n`;
    await Deno.writeTextFile(`${app}/app.mjs`, program + ending);
    assert.equal(await run("node", ["app.mjs"], app), "Ann hello\n");
    let line = String(await bob.next());
    while (line.startsWith("* ")) line = String(await bob.next());
    assert.equal(line, "Ann: hello");
  },
);
