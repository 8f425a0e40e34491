/** What operators do about users and rooms, on the command line. */
import assert from "node:assert/strict";
import { OperatedService } from "../../support/programs/operator_commands.ts";
import { enter } from "../../support/identity/revocations.ts";

Deno.test("parley moderate bans even an owner, lists who is banned, and lets the owner back in", async () => {
  await using service = await OperatedService.start();
  const { parley } = service;
  const invite = await service.invite("owner");
  const { client, hello } = await enter(parley, { invite, name: "Ann" });
  await using ann = client;
  const { user } = Object(hello.you);
  const args = ["--name", "Ann", "--days", "2", "--reason", "spam"];
  assert.deepEqual(await service.run("moderate", "ban", ...args), {
    code: 0,
    output: "Parley banned Ann for 2 days: spam\n",
  });
  assert.equal((await ann.connection.closed).code, 4509);
  const listed = (await service.run("moderate", "list")).output;
  assert.match(listed, new RegExp(`^ban\t${user}\tuntil 20\\S+Z\tAnn\tspam\n$`));
  assert.match(
    (await service.run("audit")).output,
    /\tparley_service\tParley\tbanned Ann for 2 days\t-\tspam\n$/,
  );
  assert.equal((await service.run("moderate", "unban", "--user", user)).code, 0);
  assert.equal((await service.run("moderate", "list")).output, "Nobody is muted or banned\n");
  const again = await enter(parley, { resume: hello.resume });
  await using _again = again.client;
  assert.equal(Object(again.hello.you).user, user);
  const refused = await service.run("moderate", "clear", "--room", "nowhere");
  assert.equal(refused.code, 1);
  assert.match(refused.output, /refuses: there is no room nowhere$/m);
  assert.equal((await service.run("moderate", "silence")).code, 2);
});

Deno.test("parley moderate finds a member by name who is not in the room that it is about", async () => {
  await using service = await OperatedService.start();
  const invite = await service.invite("member");
  const { client } = await enter(service.parley, { invite, name: "Ann" });
  await using _ann = client;
  const ban = (name: string) => service.run("moderate", "ban", "--name", name, "--room", "lobby");
  assert.deepEqual(await ban("Ann"), { code: 0, output: "Parley banned Ann (#lobby)\n" });
  const refused = await ban("Bob");
  assert.equal(refused.code, 1);
  assert.match(refused.output, /nobody called Bob is in the room, a member, muted or banned/);
});
