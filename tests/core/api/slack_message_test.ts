import assert from "node:assert/strict";
import fc from "fast-check";
import { readSlackMessage } from "../../../lib/core/api/slack_message.ts";

for (
  const [what, body, expected] of [
    ["a text", { text: "hi" }, "hi"],
    ["escapes", { text: "1 &lt; 2 &amp;&amp; 3 &gt; 2 &amp;lt;" }, "1 < 2 && 3 > 2 &lt;"],
    [
      "a bare link",
      { text: "see <https://a.example/x?a=1&amp;b=2>" },
      "see https://a.example/x?a=1&b=2",
    ],
    ["a link with a label", { text: "<https://a.example|here>" }, "here (https://a.example)"],
    ["an address", { text: "<mailto:a@b.example|a@b.example>" }, "a@b.example"],
    ["mentions", { text: "<!here> <@U123|ann> <#C1|general>" }, "@here @ann @general"],
    ["blocks instead of the text", {
      text: "fallback",
      blocks: [
        { type: "header", text: { type: "plain_text", text: "Build 7" } },
        { type: "divider" },
        { type: "section", text: { type: "mrkdwn", text: "passed" }, fields: [{ text: "main" }] },
        { type: "context", elements: [{ type: "mrkdwn", text: "by Ann" }] },
        { type: "actions", elements: [{ type: "button", text: { text: "Open" }, value: "7" }] },
        { type: "image", image_url: "https://a.example/x.png", alt_text: "a chart" },
      ],
    }, "Build 7\npassed\nmain\nby Ann"],
    ["rich text", {
      blocks: [{
        type: "rich_text",
        elements: [{
          type: "rich_text_section",
          elements: [
            { type: "text", text: "see " },
            { type: "link", url: "https://a.example", text: "this" },
            { type: "emoji", name: "tada" },
          ],
        }],
      }],
    }, "see this (https://a.example):tada:"],
    ["an alert of Grafana", {
      username: "Grafana",
      attachments: [{
        title: "[FIRING:1] Disk full",
        title_link: "https://grafana.example/alerting",
        text: "*Value:* 97",
        fallback: "[FIRING:1] Disk full",
        fields: [{ title: "host", value: "db1", short: true }],
        color: "#D63232",
      }],
    }, "[FIRING:1] Disk full (https://grafana.example/alerting)\n*Value:* 97\nhost: db1"],
    [
      "an attachment with nothing but its fallback",
      { attachments: [{ fallback: "down" }] },
      "down",
    ],
    ["nothing", {}, undefined],
    ["an empty text", { text: " " }, undefined],
    ["no object", "hi", undefined],
    ["a text that is none", { text: {} }, undefined],
    ["a number", { text: 5 }, "5"],
    ["a text with lists that are null", { text: "a", attachments: null, blocks: null }, "a"],
    ["a text with lists that are none", { text: "a", attachments: {}, blocks: "b" }, "a"],
    ["numbers in fields", {
      text: "hello",
      attachments: [{ color: "x", ts: 5, fields: [{ title: "t", value: 5, short: true }, null] }],
    }, "hello\nt: 5"],
    ["what is readable", {
      blocks: [null, { type: "section", text: null, fields: [{ text: "a" }, 7] }, {
        elements: [{ type: "text", text: "b", url: null }, 5],
      }],
      attachments: [null, "x", { text: "c", title: null, blocks: null }],
    }, "a\nb\nc"],
  ] as const
) {
  Deno.test(`readSlackMessage() reads ${what}`, () => {
    assert.equal(readSlackMessage(body)?.text, expected);
  });
}

Deno.test("readSlackMessage() states the sender's name", () => {
  assert.equal(readSlackMessage({ text: "hi", username: "CI" })?.name, "CI");
  assert.equal(readSlackMessage({ text: "hi" })?.name, undefined);
});

Deno.test("readSlackMessage() never throws, whatever it is sent", () => {
  fc.assert(fc.property(fc.anything(), (body) => void readSlackMessage(body)));
  fc.assert(
    fc.property(
      fc.array(fc.anything()),
      (elements) => void readSlackMessage({ blocks: [{ type: "rich_text", elements }] }),
    ),
  );
});

Deno.test("readSlackMessage() takes no longer than the length of what it is sent", () => {
  const deep = { type: "rich_text_list", elements: [] as unknown[] };
  let inner = deep;
  for (let depth = 0; depth < 1_000; depth++) {
    const next = { type: "rich_text_list", elements: [] as unknown[] };
    inner.elements.push(next);
    inner = next;
  }
  assert.equal(readSlackMessage({ blocks: [{ type: "rich_text", elements: [deep] }] }), undefined);
  for (const text of ["<".repeat(100_000), "<https:".repeat(20_000), "<@a|".repeat(30_000)]) {
    assert.ok(readSlackMessage({ text }));
  }
});
