/** Which URLs a webhook can have, and which records are webhooks. */
import assert from "node:assert/strict";
import {
  checkWebhookUrl,
  hostOf,
  MAX_URL_LENGTH,
  parseStoredWebhook,
  type Webhook,
} from "../../../lib/core/webhooks/webhook.ts";
import { room } from "../../support/fakes.ts";

for (
  const [what, url] of [
    ["plain HTTP", "http://example.com/"],
    ["another protocol", "ftp://example.com/"],
    ["a file", "file:///etc/passwd"],
    ["no URL", "example.com/hook"],
    ["a user", "https://ann@example.com/"],
    ["a password", "https://:secret@example.com/"],
    ["a fragment", "https://example.com/#there"],
    ["a loopback address", "https://127.0.0.1/"],
    ["the same in another spelling", "https://0x7f.1/"],
    ["an IPv6 loopback address", "https://[::1]/"],
    ["a mapped private address", "https://[::ffff:10.0.0.1]/"],
    ["too many characters", `https://example.com/${"a".repeat(MAX_URL_LENGTH)}`],
  ] as const
) {
  Deno.test(`checkWebhookUrl() refuses ${what}`, () => {
    assert.equal(checkWebhookUrl(url, "public").kind, "bad");
  });
}

Deno.test("checkWebhookUrl() accepts HTTPS, with a port, a path and a query", () => {
  const checked = checkWebhookUrl("https://example.com:8443/hook?key=1", "public");
  assert.ok(checked.kind === "good");
  assert.equal(checked.url.href, "https://example.com:8443/hook?key=1");
});

Deno.test("checkWebhookUrl() accepts HTTP and private addresses if any target is allowed, and nothing else", () => {
  for (const url of ["http://localhost:9000/", "http://10.0.0.1/", "https://[::1]/"]) {
    assert.equal(checkWebhookUrl(url, "any").kind, "good", url);
  }
  for (const url of ["ftp://localhost/", "http://ann:secret@localhost/", "nothing"]) {
    assert.equal(checkWebhookUrl(url, "any").kind, "bad", url);
  }
});

Deno.test("hostOf() returns an IPv6 address without brackets", () => {
  assert.equal(hostOf(new URL("https://[2606:4700::1111]/")), "2606:4700::1111");
  assert.equal(hostOf(new URL("https://Example.com/")), "example.com");
});

Deno.test("parseStoredWebhook() reads what was stored, and nothing damaged", () => {
  const webhook: Webhook = {
    id: "wh_1",
    url: "https://example.com/",
    rooms: [room("lobby")],
    events: ["said", "moderation"],
    secret: "whsec_AAAA",
    createdAt: 1,
  };
  const stored: Record<string, unknown> = JSON.parse(JSON.stringify(webhook));
  assert.deepEqual(parseStoredWebhook(stored), webhook);
  assert.deepEqual(parseStoredWebhook({ ...stored, disabled: "gone" })?.disabled, "gone");
  for (
    const damaged of [
      { ...stored, url: "nowhere" },
      { ...stored, rooms: ["not a room"] },
      { ...stored, events: ["sang"] },
      { ...stored, secret: undefined },
      "text",
    ]
  ) {
    assert.equal(parseStoredWebhook(damaged), undefined);
  }
});
