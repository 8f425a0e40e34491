/** Messages that wait for a moderator, in the page of their author and in that of the moderator. */
import assert from "node:assert/strict";
import type { Delivery } from "../../../../static/client.js";
import { MEMBER_SETTINGS } from "../../../support/identity/member_links.ts";
import { becomeMember } from "../members/become_member.ts";
import { eventually, lines, pageTest, say } from "../page_fixture.ts";

const BLOCKED_WORDS_FILE = new URL("words.txt", import.meta.url).pathname;
const settings = { ...MEMBER_SETTINGS, BLOCKED_WORDS_FILE };
const WIDE = { viewport: { width: 1300, height: 760 }, reducedMotion: "reduce" } as const;
/** Like a report of somebody else. */
const FORGED = "#den/k3j9f2:12\nEve (u_eve00000): a bargain\nspam";

/** The code for which a message was not sent. */
function codeOf({ state: { value } }: Delivery): string {
  return value.kind === "failed" ? value.error.code : value.kind;
}

pageTest(
  "A message waits until a moderator sends it or turns it down, and cannot pass for a report",
  async (stage) => {
    const bea = await becomeMember(stage, "Bea", { role: "moderator" }, WIDE);
    const ben = await stage.joinRoom("Ben", "den");
    const ann = await stage.enter("?name=Ann#den", WIDE);
    await say(ann, "what a bargain");
    const waiting = ann.locator("#log .pending", { hasText: "what a bargain" });
    await waiting.getByText("Waiting for a moderator to approve it.").waitFor();
    // The page must not offer to send it again: it would wait a second time.
    assert.deepEqual(await waiting.locator("button.small").allInnerTexts(), ["Hide"]);
    const refused = ben.say(FORGED);
    await assert.rejects(refused.sent, { code: "held" });
    await eventually(() => bea.locator("#moderation-unread").innerText(), "2");
    await bea.click("#open-moderation");
    const rows = bea.locator("#reports > li");
    await eventually(() => rows.count(), 2);
    const [forged, honest] = [rows.nth(0), rows.nth(1)];
    await forged.getByText("A message by Ben for #den is waiting for a decision.").waitFor();
    assert.equal(await forged.getByRole("button", { name: "Moderate Ben" }).count(), 1);
    await forged.getByRole("button", { name: "Turn it down" }).click();
    await forged.getByText("Bea decided on a message by Ben for #den.").waitFor();
    await eventually(() => Promise.resolve(codeOf(refused)), "turned_down");
    assert.equal(await honest.locator("blockquote").innerText(), "Ann: what a bargain");
    await honest.getByRole("button", { name: "Send it" }).click();
    await honest.getByText("Bea decided on a message by Ann for #den.").waitFor();
    await bea.keyboard.press("Escape");
    await eventually(async () => (await lines(bea)).at(-1), "Ann: what a bargain");
    await eventually(() => lines(ann), ["Ann: what a bargain"]);
    await waiting.waitFor({ state: "detached" });

    // The author of a message that is turned down is told, and can hide it.
    await say(ann, "another bargain");
    await eventually(() => bea.locator("#moderation-unread").innerText(), "1");
    await bea.click("#open-moderation");
    const button = bea.locator("#reports > li").first().getByRole("button", {
      name: "Turn it down",
    });
    await button.press("Enter");
    await bea.locator("#reports:focus").waitFor();
    const turnedDown = ann.locator("#log .pending", { hasText: "another bargain" });
    await turnedDown.getByText("Not sent: a moderator has turned it down.").waitFor();
    // Sending it again would ask the moderators a second time.
    assert.deepEqual(await turnedDown.locator("button.small").allInnerTexts(), ["Discard"]);
    await turnedDown.getByRole("button", { name: "Discard" }).click();
    await turnedDown.waitFor({ state: "detached" });
  },
  { settings },
);
