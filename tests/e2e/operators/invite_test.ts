/** Inviting people from the command line, and the link that a first start in a terminal prints. */
import assert from "node:assert/strict";
import { join } from "node:path";
import { addressesFrom, runArguments, spawn, startParley } from "../../support/parley.ts";
import { programTest } from "../../support/provision.ts";
import { enter } from "../../support/identity/revocations.ts";
import { TemporaryFolder } from "../../support/temporary_folder.ts";

const ADMIN_TOKEN = "a token of some length";

/** Runs a command to its end. */
async function run(args: readonly string[], env: Readonly<Record<string, string>>) {
  await using child = spawn(Deno.execPath(), runArguments(...args), env);
  const { code } = await child.ended;
  return { code, output: child.output };
}

function secretIn(output: string, kind = "invite"): string {
  return new RegExp(`#${kind}=([\\w-]{22})$`, "m").exec(output)?.[1] ??
    assert.fail(`no link in ${output}`);
}

Deno.test("parley invite and parley users need no token where the service stores its messages", async () => {
  await using folder = new TemporaryFolder();
  await using parley = await startParley({ DATA_DIR: folder.path });
  const env = { DATA_DIR: folder.path, ADMIN_PORT: new URL(parley.adminUrl).port };
  assert.deepEqual(await run(["users"], env), { code: 0, output: "There are no members yet\n" });
  const args = ["invite", "--role", "owner", "--rooms", "team", "--uses", "2"];
  const made = await run(args, env);
  assert.equal(made.code, 0, made.output);
  assert.ok(made.output.startsWith(`${parley.url}/#invite=`), made.output);
  assert.match(made.output, /^Only this machine can open it: start with HOST=0\.0\.0\.0 or /m);
  const [, id = ""] = /It makes a new owner, 2 times, until \S+ \(invite (\S+)\)$/m.exec(
    made.output,
  ) ?? [];
  const { client, hello } = await enter(parley, { invite: secretIn(made.output), name: "Ann" });
  await using _ann = client;
  const { user, role } = Object(hello.you);
  assert.equal(role, "owner");
  assert.match(
    (await run(["users"], env)).output,
    new RegExp(`^${user}\towner\t1 device\t2.*\tAnn\n$`),
  );
  const listed = await run(["invite", "--list"], env);
  assert.match(listed.output, new RegExp(`^${id}\towner\t1 left\tuntil \\S+\tteam\n$`));
  const link = await run(["invite", "--device", user], env);
  const phone = await enter(parley, { invite: secretIn(link.output, "device") });
  await using _phone = phone.client;
  assert.equal(Object(phone.hello.you).user, user);
  assert.deepEqual(await run(["invite", "--revoke", id], env), { code: 0, output: "Revoked\n" });
  assert.deepEqual(await run(["invite", "--list"], env), {
    code: 0,
    output: "There are no invites\n",
  });
  const refused = await run(["invite", "--revoke", id], env);
  assert.equal(refused.code, 1);
  assert.match(refused.output, /refuses: the link has been used, has expired or was revoked$/m);
});

Deno.test("A program that has taken the admin port learns nothing of use, and the command prints no link of it", async () => {
  await using folder = new TemporaryFolder();
  await using parley = await startParley({ DATA_DIR: folder.path });
  const taken: { readonly headers: Headers; readonly body: string }[] = [];
  const link = "http://127.0.0.1:8080/#invite=AAAAAAAAAAAAAAAAAAAAAA";
  const invite = { invite: "i", role: "owner", rooms: [], usesLeft: 1, expiresAt: "2030" };
  await using thief = Deno.serve({ hostname: "127.0.0.1", port: 0, onListen() {} }, async (it) => {
    taken.push({ headers: it.headers, body: await it.text() });
    return Response.json({ link, invite, secret: "AAAAAAAAAAAAAAAAAAAAAA" }, { status: 201 });
  });
  const env = { DATA_DIR: folder.path, ADMIN_PORT: String(thief.addr.port) };
  const result = await run(["invite", "--role", "owner"], env);
  assert.equal(result.code, 1);
  assert.match(result.output, /^parley: \S+ cannot prove .*: something else listens there, or/);
  assert.doesNotMatch(result.output, /#invite/);
  const [{ headers, body } = assert.fail("nothing was sent")] = taken;
  const secret = await Deno.readTextFile(join(folder.path, "session_secret"));
  assert.ok(![...headers.values(), body].some((it) => it.includes(secret.trim())));
  const authorization = headers.get("authorization") ?? "";
  assert.match(authorization, /^Parley-Signature /);
  const send = async (url: string, changed = body) => {
    const init = { method: "POST", headers: { authorization }, body: changed };
    const response = await fetch(`${url}/api/v1/invites`, init);
    return { status: response.status, text: await response.text() };
  };
  assert.equal((await send(parley.url)).status, 403);
  assert.equal((await send(parley.adminUrl, '{"uses":1000}')).status, 403);
  // The operator has asked for it, and nobody else can read the link.
  assert.match((await send(parley.adminUrl)).text, /^[\w-]+$/);
  assert.equal((await send(parley.adminUrl)).status, 401);
});

Deno.test("parley users says who can read a secret that it cannot read, and exits with 2", async () => {
  await using folder = new TemporaryFolder();
  const path = join(folder.path, "session_secret");
  await Deno.writeTextFile(path, "x".repeat(43));
  const [first = "", ...others] = runArguments("users");
  const args = [first, `--deny-read=${path}`, ...others];
  await using child = spawn(Deno.execPath(), args, { DATA_DIR: folder.path });
  assert.equal((await child.ended).code, 2);
  assert.match(child.output, /^parley: Cannot read \S+ .* as the user of the service$/m);
  assert.doesNotMatch(child.output, /\bat /);
});

for (
  const [what, args, env, output] of [
    ["no way to prove who asks", ["users"], {}, /^parley: Set ADMIN_TOKEN .* DATA_DIR$/m],
    ["nothing that listens", ["invite"], { ADMIN_TOKEN, ADMIN_PORT: "1" }, /start the service/],
    ["a wrong flag", ["invite", "--uses", "0"], { ADMIN_TOKEN }, /^parley: --uses needs/],
  ] as const
) {
  Deno.test(`parley ${args[0]} reports ${what}, and exits with 2`, async () => {
    const result = await run(args, env);
    assert.equal(result.code, 2, result.output);
    assert.match(result.output, output);
  });
}

programTest(
  { names: ["script"], install: "bsdutils" },
  "A start in a terminal prints the link of the first owner until there is one",
  async (script) => {
    await using folder = new TemporaryFolder();
    const command = [Deno.execPath(), ...runArguments()].map((it) => `'${it}'`).join(" ");
    const env = { DATA_DIR: folder.path, ADMIN_TOKEN };
    const inTerminal = () => spawn(script.path, ["-qefc", command, "/dev/null"], env);
    {
      await using parley = inTerminal();
      const { url } = await addressesFrom(parley, env);
      const [, secret] = await parley.printed(/open this link[^]*#invite=([\w-]{22})\s/);
      const { client, hello } = await enter({ url }, { invite: secret, name: "Ann" });
      await using _ann = client;
      assert.equal(Object(hello.you).role, "owner");
      await parley.stop();
    }
    await using parley = inTerminal();
    const { url } = await addressesFrom(parley, env);
    const late = await enter({ url }, { name: "Bea" });
    await late.client[Symbol.asyncDispose]();
    await parley.stop();
    assert.doesNotMatch(parley.output, /#invite=/);
  },
);
