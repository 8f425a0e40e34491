/** Signing users out from the command line, and what it says when it cannot. */
import assert from "node:assert/strict";
import { JsonClient } from "../../support/clients/json_client.ts";
import { runArguments, spawn, startParley } from "../../support/parley.ts";
import { signToken } from "../../support/app.ts";
import { answers, enter, REVOCATION_SETTINGS } from "../../support/identity/revocations.ts";

const { ADMIN_TOKEN } = REVOCATION_SETTINGS;

/** Runs `parley revoke` to its end. */
async function revoke(args: readonly string[], env: Readonly<Record<string, string>>) {
  await using child = spawn(Deno.execPath(), runArguments("revoke", ...args), env);
  const { code } = await child.ended;
  return { code, output: child.output };
}

Deno.test("parley revoke signs a user out of the running service, one token, or everybody", async () => {
  await using parley = await startParley(REVOCATION_SETTINGS);
  const env = { ADMIN_TOKEN, ADMIN_PORT: new URL(parley.adminUrl).port };
  const token = await signToken({ sub: "42" });
  const [ann, bea] = await Promise.all([
    enter(parley, { token }),
    enter(parley, { token: await signToken({ sub: "43", jti: "t1" }) }),
  ]);
  await using guest = (await enter(parley, { name: "Guy" })).client;
  const { user } = Object(ann.hello.you);
  const one = await revoke(["--subject", "42"], env);
  assert.equal(one.code, 0, one.output);
  assert.match(one.output, new RegExp(`^Signed out user ${user}: what was issued before 2`));
  assert.equal((await ann.client.connection.closed).code, 4508);
  await answers(bea.client);
  assert.deepEqual(await revoke(["--token", "t1"], env), { code: 0, output: "Revoked token t1\n" });
  assert.equal((await bea.client.connection.closed).code, 4508);
  await answers(guest);
  await using again = await JsonClient.open(parley);
  again.send({ type: "hello", token });
  assert.equal((await again.next("fault")).code, "bad_token");
  assert.match((await revoke(["--all"], env)).output, /^Signed out all users: /);
  assert.equal((await guest.connection.closed).code, 4508);
  const refused = await revoke(["--all", "--before", "2199-01-01T00:00:00Z"], env);
  assert.equal(refused.code, 1);
  assert.match(
    refused.output,
    /^parley: http:\/\/127\.0\.0\.1:\d+ refuses: --before is in the future/,
  );
  const wrong = await revoke(["--all"], { ...env, ADMIN_TOKEN: "another token, no more" });
  assert.equal(wrong.code, 1);
  assert.match(wrong.output, /cannot prove that it is the service: .* another ADMIN_TOKEN/);
});

for (
  const [what, args, env, output] of [
    ["no ADMIN_TOKEN", ["--all"], { ADMIN_TOKEN: "" }, /^parley: Set ADMIN_TOKEN/],
    [
      "no secret beside Redis",
      ["--all"],
      { ADMIN_TOKEN: "", REDIS_URL: "redis://127.0.0.1:1" },
      /^parley: Set ADMIN_TOKEN or SESSION_SECRET to that of the service$/m,
    ],
    ["ADMIN_PORT=off", ["--all"], { ADMIN_PORT: "off" }, /ADMIN_PORT is off/],
    // Nothing listens on this port.
    ["nothing that listens", ["--all"], { ADMIN_PORT: "1" }, /Cannot reach .*: start the service/],
    ["a name instead of an id", ["--user", "Ann"], {}, /^parley: --user needs the id of a user/],
    ["no target", [], {}, /^parley: revoke needs one of --user/],
    ["a bad setting", ["--all"], { ADMIN_PORT: "x" }, /^parley: ADMIN_PORT is/],
  ] as const
) {
  Deno.test(`parley revoke reports ${what}, and exits with 2`, async () => {
    const result = await revoke(args, { ADMIN_TOKEN, ...env });
    assert.equal(result.code, 2);
    assert.match(result.output, output);
  });
}
