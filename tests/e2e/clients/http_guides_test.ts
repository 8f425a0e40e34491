/**
 * The commands of the guides to the HTTP API, run as they are written. Only the URL, the keys and a position come from here.
 * @module
 */
import assert from "node:assert/strict";
import { api } from "../../support/api.ts";
import { programTest, Running, until } from "../../support/provision.ts";
import { TemporaryFolder } from "../../support/temporary_folder.ts";
import { startTestService, type TestService } from "../../support/service.ts";

const CURL = { names: ["curl"], install: "the Debian package curl" };
const PYTHON = { names: ["python3"], install: "the Debian package python3" };
const SHELL = { path: "/bin/sh", env: {} };
const ADMIN = "an admin token that is long enough";

function blocksOf(guide: string, language: string): readonly string[] {
  const url = new URL(`../../../docs/guides/${guide}.md`, import.meta.url);
  const text = Deno.readTextFileSync(url);
  return [...text.matchAll(new RegExp("```" + language + "\\n([^]*?)```", "g"))]
    .map(([, code = ""]) => code);
}

async function addKey(
  service: TestService,
  name: string,
  room: string,
  allow = ["send"],
): Promise<string> {
  const json = { name, rooms: [room], allow };
  return String((await api(service, "/keys", { token: ADMIN, json })).body.secret);
}

async function textsIn(service: TestService, room: string): Promise<readonly unknown[]> {
  const token = await addKey(service, "reader", room, ["read"]);
  const { messages } = (await api(service, `/rooms/${room}/messages`, { token })).body;
  assert.ok(Array.isArray(messages));
  return messages.map(({ name, text }) => [name, text]);
}

async function run(
  program: string,
  args: readonly string[],
  env: Readonly<Record<string, string>>,
): Promise<string> {
  const command = new Deno.Command(program, {
    args: [...args],
    env: { ...env, NO_PROXY: "*", LC_ALL: "C" },
  });
  const { success, stdout, stderr } = await command.output();
  const text = new TextDecoder().decode(stdout);
  assert.ok(success, `${text}${new TextDecoder().decode(stderr)}`);
  return text;
}

programTest(CURL, "The commands of the guide to posting from a script post", async () => {
  await using service = await startTestService({ AUTH: "required", ADMIN_TOKEN: ADMIN });
  const env = {
    PARLEY_URL: service.url,
    PARLEY_KEY: await addKey(service, "ci", "deploys"),
    HOOK_KEY: await addKey(service, "Alerts", "alerts"),
  };
  const blocks = blocksOf("post-from-a-script", "sh");
  const answers: string[] = [];
  // Twice: only the message that has a key of its own is sent once.
  for (const block of [...blocks, ...blocks]) answers.push(await run("sh", ["-c", block], env));
  assert.equal(answers.filter((it) => it === "ok").length, 2);
  const texts = await textsIn(service, "deploys");
  assert.equal(texts.length, 7);
  // The second one is the date.
  assert.deepEqual([texts[0], ...texts.slice(2, 4)], [
    ["ci", "v1.2 is out"],
    ["ci", "v1.2 is out: https://ci.example/builds/42"],
    ["ci", "Build 42 has passed"],
  ]);
  const alert = ["Grafana", "CPU is above 90 % on db-1 (https://db.example)"];
  assert.deepEqual(await textsIn(service, "alerts"), [alert, alert]);
});

programTest(PYTHON, "The guide's program in Python posts", async ({ path }) => {
  await using service = await startTestService({ AUTH: "required", ADMIN_TOKEN: ADMIN });
  const [program = ""] = blocksOf("post-from-a-script", "python");
  const key = await addKey(service, "ci", "deploys");
  const env = { PARLEY_URL: service.url, PARLEY_KEY: key };
  const position = await run(path, ["-c", program], env);
  assert.match(position, /^\w+:1\n$/);
  assert.deepEqual(await textsIn(service, "deploys"), [["ci", "v1.2 is out"]]);
});

programTest(CURL, "The commands of the guide to following a room print what is said", async () => {
  await using service = await startTestService({ ADMIN_TOKEN: ADMIN });
  const path = "/rooms/lobby/messages";
  const { position } = (await api(service, path, { text: "before" })).body;
  const env = {
    PARLEY_URL: service.url,
    PARLEY_KEY: await addKey(service, "reader", "lobby", ["read"]),
    LAST_ID: String(position),
  };
  const blocks = blocksOf("follow-a-room-without-websockets", "sh");
  assert.equal(blocks.length, 4);
  for (const block of blocks) {
    // The shell is replaced, so that the end of the test ends curl.
    const args = ["-c", `exec ${block.replace("curl", "curl -q --noproxy '*'")}`];
    const hasBegun = ({ output }: Running) => Promise.resolve(/^id: /m.test(output));
    await using running = await Running.start({ ...SHELL, env }, args, ".", hasBegun);
    await api(service, path, { text: "hello" });
    const isSaid = () => Promise.resolve(/"text":"hello"/.test(running.output));
    await until("the message", isSaid);
  }
});

Deno.test("The guide's EventSource shows what is said", async () => {
  await using service = await startTestService();
  const [program = ""] = blocksOf("follow-a-room-without-websockets", "js");
  await using folder = new TemporaryFolder();
  const path = `${folder.path}/follow.js`;
  const begun = 'events.onopen = () => console.log("begun");\n';
  await Deno.writeTextFile(path, program.replace("http://127.0.0.1:8080", service.url) + begun);
  const deno = { path: Deno.execPath(), env: {} };
  const hasBegun = ({ output }: Running) => Promise.resolve(/^begun$/m.test(output));
  const args = ["run", "--no-config", "--allow-net", path];
  await using running = await Running.start(deno, args, folder.path, hasBegun);
  await api(service, "/rooms/lobby/messages?name=Ann", { text: "hello" });
  await until("the message", () => Promise.resolve(/^Ann: hello$/m.test(running.output)));
});
