/** What operators can do about webhooks, and what is refused. */
import assert from "node:assert/strict";
import type { WebhookAnswer } from "../../../lib/chat/ports/webhook_admin.ts";
import { MAX_WEBHOOKS } from "../../../lib/core/webhooks/webhook.ts";
import { attic, lobby, numbers } from "../../contract/fixtures.ts";
import { done, WebhookWorld } from "./webhook_world.ts";

const WANTED = { url: "https://example.com/hook", rooms: [lobby], events: ["said"] } as const;

function problemOf(result: WebhookAnswer): string | undefined {
  return result.kind === "refused" ? result.problem : undefined;
}

Deno.test("A webhook that was added is listed with its cursor at the end of the log", async () => {
  await using world = new WebhookWorld();
  await world.say(["1", "2"]);
  const { id, secret } = done(await world.manage({ kind: "add", ...WANTED }));
  const [report] = await world.list();
  assert.deepEqual({ ...report?.webhook }, {
    ...WANTED,
    ...{ id, secret, createdAt: world.clock.date() },
  });
  assert.equal(report?.rooms.get(lobby)?.after.seq, 2);
});

Deno.test("The number of webhooks is limited", async () => {
  await using world = new WebhookWorld();
  for (const _ of numbers(1, MAX_WEBHOOKS)) done(await world.manage({ kind: "add", ...WANTED }));
  assert.equal(problemOf(await world.manage({ kind: "add", ...WANTED })), "full");
});

Deno.test("What does not exist cannot be changed", async () => {
  await using world = new WebhookWorld();
  for (
    const result of [
      await world.manage({ kind: "remove", id: "wh_none" }),
      await world.manage({ kind: "enable", id: "wh_none" }),
      await world.manage({ kind: "redeliver", id: "wh_none" }),
    ]
  ) {
    assert.equal(problemOf(result), "missing");
  }
});

Deno.test("A webhook that is not disabled cannot be enabled", async () => {
  await using world = new WebhookWorld();
  const { id } = done(await world.manage({ kind: "add", ...WANTED }));
  assert.equal(problemOf(await world.manage({ kind: "enable", id })), "conflict");
});

Deno.test("Delivering again needs a message that has failed, or a position of a room of the webhook", async () => {
  await using world = new WebhookWorld();
  const { id } = done(await world.manage({ kind: "add", ...WANTED }));
  await world.say(["1"]);
  const { position } = (await world.bus.page(lobby, undefined, 1)).messages[0] ??
    assert.fail();
  const refused = [
    undefined,
    { room: attic, from: position },
    { room: lobby, from: { ...position, epoch: "other" } },
    { room: lobby, from: { ...position, seq: 3 } },
  ];
  for (const start of refused) {
    assert.equal(problemOf(await world.manage({ kind: "redeliver", id, start })), "conflict");
  }
  done(await world.manage({ kind: "redeliver", id, start: { room: lobby, from: position } }));
});
