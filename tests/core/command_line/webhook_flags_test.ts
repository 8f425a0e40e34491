import assert from "node:assert/strict";
import { readWebhookWords } from "../../../lib/core/command_line/webhook_flags.ts";
import { MAX_WEBHOOK_ROOMS } from "../../../lib/core/webhooks/webhook.ts";

const URL_GIVEN = "https://example.com/hook";
const TOLD = { "--rooms": "a, b", "--events": "said,left" };

for (
  const [words, given, body] of [
    [["add", URL_GIVEN], TOLD, { url: URL_GIVEN, rooms: ["a", "b"], events: ["said", "left"] }],
    [["list"], {}, undefined],
    [["remove", "wh_1"], {}, { remove: "wh_1" }],
    [["enable", "wh_1"], {}, { enable: "wh_1" }],
    [["redeliver", "wh_1"], {}, { redeliver: "wh_1" }],
    [["redeliver", "wh_1"], { "--room": "a", "--from": "e:1" }, {
      redeliver: "wh_1",
      room: "a",
      from: "e:1",
    }],
  ] as const
) {
  Deno.test(`webhooks ${words.join(" ")} ${JSON.stringify(given)} asks for ${JSON.stringify(body)}`, () => {
    assert.deepEqual(readWebhookWords(words, new Map(Object.entries(given))), {
      body,
      problems: [],
    });
  });
}

for (
  const [words, given, problem] of [
    [[], {}, /^webhooks needs one of add, list, remove, enable, redeliver$/],
    [["ad", URL_GIVEN], TOLD, /^webhooks needs one of/],
    [["add"], TOLD, /^webhooks add needs a URL after it$/],
    [["add", "example.com"], TOLD, /^webhooks add needs a URL after it$/],
    [["add", URL_GIVEN], { "--events": "said" }, /^webhooks add needs --rooms$/],
    [["add", URL_GIVEN], { "--rooms": "a" }, /^webhooks add needs --events$/],
    [["add", URL_GIVEN], { ...TOLD, "--rooms": "team*" }, /^team\* is no room: a room has/],
    [["add", URL_GIVEN], { ...TOLD, "--events": "said,sang" }, /^--events needs some of said, /],
    [["add", URL_GIVEN], { ...TOLD, "--room": "a" }, /^--room does not go with webhooks add$/],
    [
      ["add", URL_GIVEN],
      { ...TOLD, "--rooms": Array(MAX_WEBHOOK_ROOMS + 1).fill("a").join() },
      /^--rooms can have up to 50 rooms$/,
    ],
    [["list", "wh_1"], {}, /^webhooks list needs nothing after it$/],
    [["remove"], {}, /^webhooks remove needs the id of a webhook$/],
    [["remove", "wh_1"], TOLD, /^--rooms does not go with webhooks remove$/],
    [["redeliver", "wh_1"], { "--room": "a" }, /^webhooks redeliver needs --room and --from/],
    [["redeliver", "wh_1"], { "--room": "a", "--from": "1" }, /^--from needs a position/],
  ] as const
) {
  Deno.test(`webhooks ${words.join(" ")} ${JSON.stringify(given).slice(0, 60)} is refused`, () => {
    const [first = ""] = readWebhookWords(words, new Map(Object.entries(given))).problems;
    assert.match(first, problem);
  });
}
