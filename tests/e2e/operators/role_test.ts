/** Changing roles on the command line. */
import assert from "node:assert/strict";
import { OperatedService } from "../../support/programs/operator_commands.ts";
import { enter } from "../../support/identity/revocations.ts";

Deno.test("parley users role changes the role of a member, who is told on the open connection", async () => {
  await using service = await OperatedService.start();
  const invite = await service.invite("member");
  const { client, hello } = await enter(service.parley, { invite, name: "Ann" });
  await using ann = client;
  const { user } = Object(hello.you);
  ann.send({ type: "join", room: "lobby" });
  await ann.next("joined");
  const { code, output } = await service.run("users", "role", user, "owner");
  assert.deepEqual([code, output], [0, `${user} is now an owner\n`]);
  assert.equal((await ann.next("rules")).role, "owner");
  assert.match((await service.run("users")).output, new RegExp(`^${user}\towner\t`));
  assert.match(
    (await service.run("audit")).output,
    /Z\tparley_service\tParley\tmade Ann an owner\t-\n$/,
  );
  const refused = await service.run("users", "role", user, "member");
  assert.equal(refused.code, 1);
  assert.match(
    refused.output,
    /refuses: the last owner stays: make another member an owner first$/m,
  );
});
