/** The signature of messages, against the published examples of Standard Webhooks. */
import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import {
  messageId,
  newWebhookSecret,
  signedHeaders,
} from "../../../lib/io/webhooks/webhook_signature.ts";

Deno.test("signedHeaders() signs the published example as its specification does", () => {
  const message = {
    id: "msg_p5jXN8AQM9LWM0D4loKWxJek",
    seconds: 1_614_265_330,
    body: '{"test": 2432232314}',
  };
  assert.deepEqual(signedHeaders("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", message), {
    "webhook-id": "msg_p5jXN8AQM9LWM0D4loKWxJek",
    "webhook-timestamp": "1614265330",
    "webhook-signature": "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=",
  });
});

Deno.test("The signature covers the id, the time and every byte of the body", () => {
  const message = { id: "a", seconds: 1, body: "é" };
  const others = [
    message,
    { ...message, id: "b" },
    { ...message, seconds: 2 },
    { ...message, body: "e\u0301" },
  ].map((it) => signedHeaders("whsec_AAAA", it)["webhook-signature"]);
  assert.equal(new Set(others).size, others.length);
});

Deno.test("Secrets have 256 bits and differ", () => {
  const [one, other] = [newWebhookSecret(), newWebhookSecret()];
  assert.notEqual(one, other);
  assert.match(one, /^whsec_/);
  assert.equal(Buffer.from(one.slice("whsec_".length), "base64").length, 32);
});

Deno.test("A message has one id, and no other message of any webhook has it", () => {
  assert.equal(messageId("w", "k"), messageId("w", "k"));
  const ids = [messageId("w", "k"), messageId("v", "k"), messageId("w", "l"), messageId("wk", "")];
  assert.equal(new Set(ids).size, ids.length);
  assert.match(messageId("w", "k"), /^msg_[\w-]{27}$/);
});
