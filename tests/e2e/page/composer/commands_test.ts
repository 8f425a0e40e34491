/**
 * Commands in the message field of the chat page, and texts that cannot be sent.
 * @module
 */
import assert from "node:assert/strict";
import type { Page } from "playwright-core";
import { MEMBER_SETTINGS } from "../../../support/identity/member_links.ts";
import { becomeMember } from "../members/become_member.ts";
import { eventually, lines, pageTest, say, untilShown, whenJoined } from "../page_fixture.ts";

const WIDE = { viewport: { width: 1300, height: 700 } };

const field = (page: Page, text: string) => eventually(() => page.inputValue("#text"), text);
const error = (page: Page) => page.locator("#text-error");

pageTest(
  "Commands are executed and not sent; paths, and edits that look like commands, are sent as text",
  async (stage) => {
    const page = await stage.enter("?name=Ann#den", WIDE);
    const ben = await stage.joinRoom("Ben", "den");
    const received: string[] = [];
    ben.events.subscribe((event) => event.type === "said" && received.push(event.text));

    await say(page, "/name Anna");
    await eventually(() => page.innerText("#me bdi"), "Anna");
    await field(page, "");
    await say(page, "/name Ben");
    await error(page).getByText("This name is already taken.").waitFor();
    await field(page, "/name Ben");
    await say(page, "/me waves");
    await error(page).getByText("There is no command /me.").waitFor();
    await field(page, "/me waves");
    await page.press("#text", "End");
    await page.keyboard.type("!");
    await eventually(() => error(page).innerText(), "");
    await say(page, "/join <b>");
    await error(page).getByText("A room's name has 1 to 64").waitFor();

    for (const text of ["/usr/bin", "//me waves", "/"]) await say(page, text);
    await untilShown(page, "/me waves");
    await eventually(() => lines(page), ["Anna: /usr/bin", "Anna: /me waves", "Anna: /"]);

    await say(page, "/join #attic");
    await page.locator("#room-title", { hasText: "# attic" }).waitFor();
    await whenJoined(page);
    await field(page, "");
    await say(page, "/leave");
    await page.locator("#room-title", { hasText: "# den" }).waitFor();
    await field(page, "");
    await eventually(() => page.locator("#rooms .room-name").allTextContents(), ["den"]);

    await say(page, "/help");
    await eventually(() => page.evaluate("document.activeElement.id"), "help");
    await page.locator("#commands", { hasText: "/join" }).waitFor();
    await page.locator("#shortcuts", { hasText: "Previous or next room" }).waitFor();
    await page.keyboard.press("Escape");
    await field(page, "");
    await say(page, "/name");
    await page.locator("#name-dialog[open]").waitFor();
    assert.deepEqual(received, ["/usr/bin", "/me waves", "/"]);
    await page.keyboard.press("Escape");

    // An edit into a text that looks like a command.
    await say(page, "//help");
    await untilShown(page, "/help");
    await page.press("#text", "ArrowUp");
    await field(page, "/help");
    await say(page, "/help me");
    await untilShown(page, "/help me");

    // A text without a visible character is not sent.
    await page.evaluate(`location.hash = "attic"`);
    await page.locator("#room-title", { hasText: "# attic" }).waitFor();
    await whenJoined(page);
    await say(page, "\u200b \u2800");
    await field(page, "\u200b \u2800");
    await say(page, "\u200bhi");
    await untilShown(page, "hi");
    await eventually(() => lines(page), ["Anna: \u200bhi"]);
  },
);

pageTest(
  "Moderators close the service to guests with /lockdown, and open it with /unlock",
  async (stage) => {
    const bea = await becomeMember(stage, "Bea", { role: "moderator" });
    const guest = await stage.enter("?name=Ann#den", WIDE);
    await say(guest, "/lockdown");
    await error(guest).getByText("You do not have permission.").waitFor();
    await field(guest, "/lockdown");
    await say(bea, "/lockdown off");
    await error(bea).getByText("no command /lockdown off").waitFor();
    assert.ok(await bea.isHidden("#locked-bar"));
    for (let times = 0; times < 2; times++) {
      await say(bea, "/lockdown");
      await bea.locator("#locked-bar").waitFor();
      await guest.getByText("The service is closed to guests at the moment.").waitFor();
      await field(bea, "");
      await say(bea, "/unlock");
      await bea.locator("#locked-bar").waitFor({ state: "hidden" });
      await guest.locator("#text:visible").waitFor();
    }
  },
  { settings: MEMBER_SETTINGS },
);

pageTest("On a phone, /help lists commands but no keys", async (stage) => {
  const phone = { viewport: { width: 360, height: 700 }, hasTouch: true, isMobile: true };
  const page = await stage.enter("?name=Ann#den", phone);
  await say(page, "/help");
  await eventually(() => page.evaluate("document.activeElement.id"), "help");
  assert.ok(await page.isVisible("#commands"));
  assert.ok(await page.isHidden("#shortcuts"));
  assert.ok(await page.isHidden("#keys"));
});
