import assert from "node:assert/strict";
import { describeChange, describeWebhooks } from "../../../lib/io/commands/webhooks_command.ts";

const HOOK = { webhook: "wh_1", url: "https://example.com/", events: ["said", "left"] };
const SINCE = "2026-03-01T12:00:00.000Z";

Deno.test("A webhook that was added is shown with its secret, and others without", () => {
  const added = describeChange({ webhook: HOOK, secret: "whsec_AAAA" }) ?? "";
  assert.equal(added, "Added wh_1. Its secret, which is not shown again:\nwhsec_AAAA\n");
  assert.equal(describeChange({ webhook: HOOK }), "Done: wh_1 (https://example.com/)\n");
  assert.equal(describeChange({}), undefined);
});

for (
  const [what, response, text] of [
    ["nothing", { webhooks: [] }, "There are no webhooks\n"],
    [
      "how far each room has come",
      {
        webhooks: [{
          ...HOOK,
          deliveries: [
            { room: "lobby", delivered: "e:9" },
            {
              room: "attic",
              delivered: "e:1",
              failing: { since: SINCE, attempts: 3 },
              gaveUp: 2,
            },
          ],
        }],
      },
      "wh_1\tenabled\tsaid,left\thttps://example.com/\n\tlobby\tup to e:9\n" +
      `\tattic\tup to e:1\tfailing since ${SINCE} (3 attempts)\tgave up 2\n`,
    ],
    [
      "what is disabled",
      { webhooks: [{ ...HOOK, disabled: "gone", deliveries: [] }] },
      "wh_1\tdisabled: the receiver answered 410\tsaid,left\thttps://example.com/\n",
    ],
    ["nothing of another response", {}, undefined],
  ] as const
) {
  Deno.test(`The list of webhooks shows ${what}`, () => {
    assert.equal(describeWebhooks(response), text);
  });
}
