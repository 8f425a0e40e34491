/** The systemd unit: how far it confines the service, and the installation that its header describes. */
import assert from "node:assert/strict";
import { TestClient } from "../../support/clients/test_client.ts";
import { registryTest } from "../../support/programs/npm_registry.ts";
import { spawn, whenInstanceReady } from "../../support/parley.ts";
import { freePort, programTest } from "../../support/provision.ts";
import { TemporaryFolder } from "../../support/temporary_folder.ts";

const ROOT = new URL("../../..", import.meta.url).pathname;
const UNIT = `${ROOT}deploy/parley.service`;
/** Maximum exposure level reported by `systemd-analyze security`, in tenths. */
const MAX_EXPOSURE = 20;

const unit = Deno.readTextFileSync(UNIT);

programTest(
  { names: ["systemd-analyze"], install: "systemd" },
  `systemd-analyze reports an exposure level of at most ${MAX_EXPOSURE / 10} for the unit`,
  async ({ path }) => {
    const args = ["security", "--offline=true", `--threshold=${MAX_EXPOSURE}`, UNIT];
    const { success, stdout, stderr } = await new Deno.Command(path, { args }).output();
    const printed = [stdout, stderr].map((it) => new TextDecoder().decode(it)).join("");
    assert.match(printed, /Overall exposure level for parley\.service/);
    assert.ok(success, printed);
  },
);

/** The commands in the unit's first lines, which install or update the service. */
function steps(purpose: "install" | "update"): string[] {
  const [, head = ""] = unit.match(/^((?:#.*\n)+)/) ?? [];
  const [install = "", update = ""] = head.split("# To update,");
  const lines = purpose === "install" ? install : update;
  return [...lines.matchAll(/^# {3}(\S.*)$/gm)].map(([, command = ""]) => command);
}

/** Runs commands in the root of the repository. */
async function runSteps(commands: readonly string[]): Promise<void> {
  const { success, stderr } = await new Deno.Command("sh", {
    args: ["-ec", commands.join("\n")],
    cwd: ROOT,
  }).output();
  assert.ok(success, new TextDecoder().decode(stderr));
}

/** The start command, split into words. */
function startCommand(): string[] {
  const [, command = ""] = unit.match(/^ExecStart=((?:.*\\\n)*.*)/m) ?? [];
  return command.replaceAll("\\\n", "").split(/\s+/);
}

registryTest(
  "The steps in the systemd unit install and update a service that starts and chats",
  async () => {
    await using folder = new TemporaryFolder();
    const here = (text: string) =>
      text.replaceAll("/opt/parley", `${folder.path}/parley`)
        .replaceAll("/usr/local/bin", folder.path)
        .replaceAll("/etc/systemd/system", folder.path)
        .replaceAll("/var/lib/parley", `${folder.path}/data`);
    // Creating users and starting services would affect the machine.
    const scriptOf = (purpose: "install" | "update") =>
      steps(purpose).filter((step) => !/^(useradd|systemctl) /.test(step)).map(here);
    for (const purpose of ["install", "update"] as const) {
      assert.ok(scriptOf(purpose).length >= 6);
      await runSteps(scriptOf(purpose));
    }
    assert.equal(await Deno.readTextFile(`${folder.path}/parley.service`), unit);

    const [port, adminPort] = [freePort(), freePort()];
    const [program = "", ...args] = startCommand().map(here).map((it) =>
      it.replace(/(--allow-net=)\S+/, `$1127.0.0.1:${port},127.0.0.1:${adminPort}`)
        .replace(/^main\.ts$/, `${folder.path}/parley/main.ts`)
    );
    await using service = spawn(program, args, {
      PORT: `${port}`,
      ADMIN_PORT: `${adminPort}`,
      DENO_DIR: `${folder.path}/parley/.deno`,
      DATA_DIR: `${folder.path}/data`,
      WORKERS: "1",
    });
    const [, url = ""] = await service.printed(/is on (http:\/\/\S+) /);
    await whenInstanceReady(url);
    await using client = await TestClient.open(`${url.replace("http", "ws")}/ws?name=Ann`);
    client.send("hello");
    assert.equal(await client.next(), "Ann: hello");
    await service.stop();
  },
);

Deno.test("The files that the unit installs belong to root and are not writable by the service", () => {
  const writable = [...unit.matchAll(/--allow-write=(\S+)/g)].map(([, path]) => path);
  assert.deepEqual(writable, ["/var/lib/parley"]);
  const all = [...steps("install"), ...steps("update")];
  assert.ok(!all.some((step) => /\bchown\b/.test(step)));
  assert.match(unit, /^ProtectSystem=strict$/m);
});

Deno.test("The update replaces the installed modules only while the service is stopped", () => {
  const update = steps("update");
  const [stop, start] = ["systemctl stop parley", "systemctl start parley"].map((it) =>
    update.indexOf(it)
  );
  const touched = update.flatMap((step, index) =>
    /\/opt\/parley(?![.\w])/.test(step) ? [index] : []
  );
  assert.equal(touched.length, 2);
  for (const index of touched) assert.ok(index > (stop ?? -1) && index < (start ?? -1));
});
