/** `ROOM_CREATION`, as configured and as clients meet it: in one thread and in a worker, with every kind of store. */
import assert from "node:assert/strict";
import { SECRET, signToken } from "../../support/app.ts";
import { JsonClient } from "../../support/clients/json_client.ts";
import { TestClient } from "../../support/clients/test_client.ts";
import { startTestService, type TestService } from "../../support/service.ts";
import { TemporaryFolder } from "../../support/temporary_folder.ts";

const NO_ROOM = "! the room does not exist, and you may not create it";
const MEMBERS = { ROOM_CREATION: "members", JWT_SECRET: SECRET } as const;

/** How a guest fares who joins the den in plain text: the first line, or the close code. */
async function visit(service: TestService): Promise<readonly [unknown, number | undefined]> {
  await using guest = await TestClient.open(`${service.url}/ws?room=den&name=Gil&history=1`);
  const line = await guest.next();
  return [line, line === NO_ROOM ? (await guest.closed).code : undefined];
}

for (
  const [kind, isKept, WORKERS] of [
    ["in memory", false, "0"],
    ["in a folder", true, "0"],
    ["in a worker", true, "1"],
  ] as const
) {
  Deno.test(`ROOM_CREATION=members lets guests join what an app's user has created, ${kind}`, async () => {
    await using folder = new TemporaryFolder();
    const DATA_DIR = isKept ? folder.path : ":memory:";
    const settings = { ...MEMBERS, DATA_DIR, WORKERS };
    {
      await using service = await startTestService(settings);
      assert.deepEqual(await visit(service), [NO_ROOM, 4507]);
      const headers = { authorization: `Bearer ${await signToken()}` };
      await using ann = await TestClient.open(`${service.url}/ws?room=den`, { headers });
      ann.send("hi");
      assert.equal(await ann.next(), "Ann: hi");
      assert.deepEqual(await visit(service), ["Ann: hi", undefined]);
    }
    if (!isKept) return;
    // After a restart.
    await using service = await startTestService(settings);
    assert.deepEqual(await visit(service), ["Ann: hi", undefined]);
  });
}

Deno.test("In JSON the fault says that the room is missing", async () => {
  await using service = await startTestService(MEMBERS);
  await using guest = await JsonClient.open(service);
  guest.send({ type: "hello" }, { type: "join", id: "1", room: "den" }, {
    type: "join",
    room: "lobby",
  });
  const { code, missing } = await guest.next("fault");
  assert.deepEqual([code, missing], ["not_allowed", true]);
  assert.equal((await guest.next("joined")).room, "lobby");
});

Deno.test("By default anybody creates rooms", async () => {
  await using service = await startTestService();
  await using guest = await TestClient.open(`${service.url}/ws?room=den&name=Gil`);
  guest.send("hi");
  assert.equal(await guest.next(), "Gil: hi");
});
