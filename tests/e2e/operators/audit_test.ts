/** What moderators have done, on the command line. */
import assert from "node:assert/strict";
import { OperatedService } from "../../support/programs/operator_commands.ts";
import { enter } from "../../support/identity/revocations.ts";

Deno.test("parley audit lists what moderators have done, oldest first, and how to see more", async () => {
  await using service = await OperatedService.start();
  assert.deepEqual(await service.run("audit"), { code: 0, output: "There are no entries\n" });
  const invite = await service.invite("moderator");
  await using ann = (await enter(service.parley, { invite, name: "Ann" })).client;
  const muted = { action: "mute", room: "den", user: "bob_12345", name: "Bob", seconds: 60 };
  ann.send({ type: "moderate", id: "m1", ...muted, reason: "noise" });
  assert.equal((await ann.next("ack", "fault")).type, "ack");
  ann.send({ type: "moderate", id: "m2", action: "lockdown" });
  assert.equal((await ann.next("ack", "fault")).type, "ack");
  const { code, output } = await service.run("audit");
  assert.equal(code, 0, output);
  const [first = "", second = ""] = output.split("\n");
  assert.match(first, /^20\S+Z\tm_\w+\tAnn\tmuted Bob for 1 minute\t#den\tnoise$/);
  assert.match(second, /^20\S+Z\tm_\w+\tAnn\tlocked the service to guests\t-$/);
  const newest = (await service.run("audit", "--limit", "1")).output;
  const [, before = ""] = /^For older entries, add --before (\S+)$/m.exec(newest) ?? [];
  assert.ok(newest.startsWith(second), newest);
  assert.equal((await service.run("audit", "--before", before)).output, `${first}\n`);
  const { entries } = JSON.parse((await service.run("audit", "--json")).output);
  assert.equal(entries[0].event.user, "bob_12345");
});
