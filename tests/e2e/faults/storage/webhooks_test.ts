/** Webhooks of a service with the embedded store that is killed. */
import assert from "node:assert/strict";
import { numbers } from "../../../contract/fixtures.ts";
import { startParley } from "../../../support/parley.ts";
import { TemporaryFolder } from "../../../support/temporary_folder.ts";
import {
  addWebhook,
  sendTexts,
  WEBHOOK_SETTINGS,
  WebhookReceiver,
} from "../../../support/webhooks.ts";

Deno.test("A service that is killed again and again delivers every entry to its webhook, in order", async () => {
  await using folder = new TemporaryFolder();
  await using receiver = new WebhookReceiver();
  const env = { ...WEBHOOK_SETTINGS, DATA_DIR: folder.path };
  const texts = numbers(1, 60).map((number) => `text ${number}`);
  for (let from = 0; from < texts.length; from += 20) {
    await using parley = await startParley(env);
    if (from === 0) await addWebhook(parley, receiver);
    await sendTexts(parley, texts.slice(from, from + 20));
    await receiver.whenReceived(from + 5);
    // Some were delivered without a record of it, and some not at all.
    parley.kill("SIGKILL");
    await parley.ended;
  }
  await using _parley = await startParley(env);
  await receiver.whenReceived(texts.length);
  assert.deepEqual(receiver.texts, texts);
  assert.equal(receiver.forged, 0);
});
