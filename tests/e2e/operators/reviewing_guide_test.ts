/** The receiver of the guide works as it is written. */
import assert from "node:assert/strict";
import { systemClock } from "../../../lib/chat/ports/clock.ts";
import { requestReview } from "../../../lib/io/moderation/review_request.ts";
import { newWebhookSecret } from "../../../lib/io/webhooks/webhook_signature.ts";
import { lobby, user } from "../../contract/fixtures.ts";
import { name } from "../../support/fakes.ts";
import { spawnAsIs } from "../../support/parley.ts";
import { TemporaryFolder } from "../../support/temporary_folder.ts";

const guide = await Deno.readTextFile(
  new URL("../../../docs/guides/reviewing-messages.md", import.meta.url),
);
const MESSAGE = { room: lobby, user: user("u7bob3k2"), name: name("Bob"), id: "m-7" };

Deno.test("The guide's receiver reviews what the service signs, and nothing else", async () => {
  const [, code = ""] = /```js\n(import \{ createHmac[^]*?)```/.exec(guide) ?? [];
  assert.match(code, /\.listen\(9000\);/);
  await using folder = new TemporaryFolder();
  const file = `${folder.path}/review.mjs`;
  const listen = `.listen(0, function () { console.log("port", this.address().port); });`;
  // As in Node, where both are globals.
  const globals = 'import { Buffer } from "node:buffer"; import process from "node:process";\n';
  await Deno.writeTextFile(file, globals + code.replace(".listen(9000);", () => listen));
  const secret = newWebhookSecret();
  const args = ["run", "--allow-net", "--allow-env", file];
  await using receiver = spawnAsIs(Deno.execPath(), args, { MODERATION_SECRET: secret });
  const [, port] = await receiver.printed(/port (\d+)/);
  const review = async (text: string, secret: string) => {
    const message = { ...MESSAGE, text, about: { kind: "say" } } as const;
    const target = { url: `http://127.0.0.1:${port}/`, secret, maxTextBytes: 100 };
    // However busy the machine is, the answer has time.
    const clock = { ...systemClock, sleep: () => new Promise<void>(() => {}) };
    const result = await requestReview(message, target, clock);
    return result.kind === "answered" ? result.answer : result.failure;
  };
  assert.deepEqual(await review("hello", secret), { kind: "accepted" });
  const rejected = { kind: "rejected", reason: "no ads" };
  assert.deepEqual(await review("get FREE money", secret), rejected);
  assert.deepEqual(await review("hello", newWebhookSecret()), { why: "status", status: 401 });
});
