/**
 * What moderators do to guests whose calls are over.
 * @module
 */
import assert from "node:assert/strict";
import { api, type ApiAnswer } from "../../../support/api.ts";
import { SECRET, signToken } from "../../../support/app.ts";
import { until } from "../../../support/provision.ts";
import { WORKER_COUNTS } from "../../../support/engine.ts";
import { startTestService, type TestService } from "../../../support/service.ts";

const MESSAGES = "/rooms/den/messages";

/** A guest of some address says something. */
function say(service: TestService, address: string): Promise<ApiAnswer> {
  return api(service, MESSAGES, { text: "hi", headers: { "x-forwarded-for": address } });
}

for (const workers of WORKER_COUNTS) {
  for (
    const [action, path] of [["mute", "/rooms/den/moderation"], ["ban", "/moderation"]] as const
  ) {
    Deno.test(`A ${action} at ${path} counts for the address of a guest who has gone, with WORKERS=${workers}`, async () => {
      await using service = await startTestService({
        JWT_SECRET: SECRET,
        TRUST_PROXY: "127.0.0.1",
        WORKERS: workers,
      });
      const token = await signToken({ parley: { role: "moderator" } });
      const { position } = (await say(service, "203.0.113.7")).body;
      const { messages } = (await api(service, `${MESSAGES}?around=${position}`)).body;
      const [{ user }] = messages as readonly [{ readonly user: string }];
      const imposed = await api(service, path, { token, json: { action, user, seconds: 600 } });
      assert.equal(imposed.status, 200);
      await until("the end of the flood", async () => {
        const { status } = await say(service, "203.0.113.7");
        return status === 403;
      });
      assert.equal((await say(service, "203.0.113.8")).status, 201);
      const undone = await api(service, path, { token, json: { action: `un${action}`, user } });
      assert.equal(undone.status, 200);
      await until("the end of the sanction", async () => {
        return (await say(service, "203.0.113.7")).status === 201;
      });
    });
  }
}
