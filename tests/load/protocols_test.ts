/** How members of the load generator learn that they have joined. */
import assert from "node:assert/strict";
import { jsonClientProtocol, textChatProtocol } from "../../lib/load/mod.ts";
import { TestClient } from "../support/clients/test_client.ts";
import { startTestService } from "../support/service.ts";

for (
  const [what, path, protocols, protocol] of [
    ["plain text", "/ws?room=attic", [], textChatProtocol()],
    ["chat.v1.json", "/ws", ["chat.v1.json"], jsonClientProtocol("attic")],
  ] as const
) {
  Deno.test(`A member in ${what} is ready when the service says that it has joined, and not before`, async () => {
    await using service = await startTestService();
    await using client = await TestClient.open(service.url + path, { protocols: [...protocols] });
    for (const message of protocol.openingMessages(0)) client.send(message);
    let answer = String(await client.next());
    while (!protocol.isReady?.(answer, 0)) answer = String(await client.next());
    assert.match(answer, /here|joined/);
    assert.equal(protocol.isReady?.("Ann: hello", 1), false);
  });
}

Deno.test("A member in plain text whose question was refused asks again when it has joined, and not before", () => {
  const { reply } = textChatProtocol();
  assert.equal(reply?.("! the room cannot be reached yet: waiting to join", 0), undefined);
  assert.equal(reply?.("! not sent: not joined yet", 0), undefined);
  assert.equal(reply?.("* joined attic", 0), "/who");
  assert.equal(reply?.("! slow down", 0), undefined);
});
