/** The store's quotas, as configured and as clients meet them. */
import assert from "node:assert/strict";
import { TestClient } from "../../support/clients/test_client.ts";
import { startTestService } from "../../support/service.ts";
import { TemporaryFolder } from "../../support/temporary_folder.ts";

for (const kind of ["memory", "a folder"] as const) {
  Deno.test(`MAX_ROOMS_TOTAL refuses the first message of a room over the limit, in ${kind}`, async () => {
    await using folder = new TemporaryFolder();
    const DATA_DIR = kind === "memory" ? ":memory:" : folder.path;
    await using service = await startTestService({ DATA_DIR, MAX_ROOMS_TOTAL: "1" });
    await using ann = await TestClient.open(`${service.url}/ws?name=Ann&room=one`);
    ann.send("first");
    assert.equal(await ann.next(), "Ann: first");
    await using bob = await TestClient.open(`${service.url}/ws?name=Bob&room=two`);
    bob.send("first");
    assert.match(String(await bob.next()), /no more rooms can be created/);
    ann.send("second");
    assert.equal(await ann.next(), "Ann: second");
  });

  Deno.test(`Metrics and problems show that MAX_ROOMS_TOTAL is reached, in ${kind}`, async () => {
    await using folder = new TemporaryFolder();
    const DATA_DIR = kind === "memory" ? ":memory:" : folder.path;
    await using service = await startTestService({ DATA_DIR, MAX_ROOMS_TOTAL: "1" });
    await using ann = await TestClient.open(`${service.url}/ws?name=Ann&room=one`);
    ann.send("first");
    await ann.next();
    await using bob = await TestClient.open(`${service.url}/ws?name=Bob&room=two`);
    bob.send("first");
    await bob.next();
    const text = await (await fetch(`${service.adminUrl}/metrics`)).text();
    for (
      const line of [
        /^parley_stored_rooms 1$/m,
        /^parley_stored_rooms_limit 1$/m,
        /^parley_store_bytes [1-9]\d*$/m,
        /^parley_store_limit_bytes 10737418240$/m,
        /^parley_entries_refused_total\{reason="rooms_full"\} 1$/m,
        /^parley_ready 1$/m,
      ]
    ) assert.match(text, line);
    const answer = await fetch(`${service.adminUrl}/readyz`);
    assert.deepEqual([answer.status, await answer.json()], [200, {
      status: "ready",
      problems: ["MAX_ROOMS_TOTAL is reached: messages in new rooms are refused with rooms_full"],
    }]);
  });

  Deno.test(`MAX_STORE_MB refuses messages when the store is full, in ${kind}`, async () => {
    await using folder = new TemporaryFolder();
    const DATA_DIR = kind === "memory" ? ":memory:" : folder.path;
    const limits = { MAX_STORE_MB: "1", MESSAGES_PER_SECOND: "0", BYTES_PER_SECOND: "0" };
    await using service = await startTestService({ DATA_DIR, ...limits });
    await using ann = await TestClient.open(`${service.url}/ws?name=Ann`);
    const text = "x".repeat(50_000);
    let [said, answer] = [0, ""];
    while (said < 40 && !answer.startsWith("!")) {
      ann.send(text);
      answer = String(await ann.next());
      said++;
    }
    assert.match(answer, /^! .*the message store has reached its size limit/);
    assert.ok(said > 15, `refused after ${said}`);
    ann.send("/history 1");
    assert.equal(await ann.next(), `Ann: ${text}`);
  });
}
