/** The receiver of the guide works as it is written. */
import assert from "node:assert/strict";
import type { WebhookMessage } from "../../../lib/core/webhooks/webhook_message.ts";
import { HttpWebhookSender } from "../../../lib/io/webhooks/webhook_sender.ts";
import { newWebhookSecret } from "../../../lib/io/webhooks/webhook_signature.ts";
import { spawnAsIs } from "../../support/parley.ts";
import { TemporaryFolder } from "../../support/temporary_folder.ts";

const guide = await Deno.readTextFile(new URL("../../../docs/guides/webhooks.md", import.meta.url));
const MESSAGE: WebhookMessage = {
  type: "lost",
  at: 0,
  data: { type: "lost", room: "tea", after: "e:1", until: "e:2", reason: "too_old" },
  key: "k",
};

Deno.test("The guide's receiver accepts what the service signs, and nothing else", async () => {
  const [, code = ""] = /```js\n(import \{ createHmac[^]*?)```/.exec(guide) ?? [];
  assert.match(code, /\.listen\(9000\);/);
  await using folder = new TemporaryFolder();
  const file = `${folder.path}/receiver.mjs`;
  const listen = `.listen(0, function () { console.log("port", this.address().port); });`;
  // As in Node, where both are globals.
  const globals = 'import { Buffer } from "node:buffer"; import process from "node:process";\n';
  await Deno.writeTextFile(file, globals + code.replace(".listen(9000);", () => listen));
  const secret = newWebhookSecret();
  const args = ["run", "--allow-net", "--allow-env", file];
  await using receiver = spawnAsIs(Deno.execPath(), args, { WEBHOOK_SECRET: secret });
  const [, port] = await receiver.printed(/port (\d+)/);
  const sender = new HttpWebhookSender({ allowed: "any" });
  const statusOf = async (secret: string) => {
    const webhook = { id: "wh_1", url: `http://127.0.0.1:${port}/`, secret };
    const outcome = await sender.send(webhook, MESSAGE, new AbortController().signal);
    return outcome.kind === "answered" ? outcome.status : outcome.why;
  };
  assert.equal(await statusOf(secret), 204);
  await receiver.printed(/msg_[\w-]+ \{/);
  assert.equal(await statusOf(newWebhookSecret()), 401);
});
