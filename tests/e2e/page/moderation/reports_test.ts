/** Reports, from the message to the moderator who reads them, in the page. */
import assert from "node:assert/strict";
import type { Page } from "playwright-core";
import { MAX_REASON_LENGTH } from "../../../../lib/core/protocol/requests.ts";
import { MEMBER_SETTINGS } from "../../../support/identity/member_links.ts";
import { becomeMember, whenNamed } from "../members/become_member.ts";
import { eventually, lines, pageTest, say, untilShown, useTool } from "../page_fixture.ts";
import { HOSTILE_TEXTS } from "../security/hostile_texts.ts";

const settings = MEMBER_SETTINGS;
const WIDE = { viewport: { width: 1300, height: 760 }, reducedMotion: "reduce" } as const;

const NARROW = { width: 360, height: 700 };

/** Reports a message of the log. */
async function report(page: Page, text: string, reason: string): Promise<void> {
  await useTool(await untilShown(page, text), "Report");
  await page.locator("#report-reason").fill(reason);
  await page.keyboard.press("Enter");
  await page.locator("#report-dialog").waitFor({ state: "hidden" });
}

function unread(page: Page): Promise<string> {
  return page.locator("#moderation-unread").innerText();
}

pageTest(
  "A user reports a message, and a moderator finds it, deletes it and mutes its author",
  async (stage) => {
    const bea = await becomeMember(stage, "Bea", { role: "moderator" }, WIDE);
    const cleo = await becomeMember(stage, "Cleo", {}, WIDE);
    const ben = await stage.joinRoom("Ben", "den");
    await ben.say("cheap watches").sent;
    await say(bea, "a word from Bea");
    await useTool(await untilShown(cleo, "cheap watches"), "Report");
    const dialog = cleo.getByRole("dialog", { name: "Report this message by Ben?" });
    await dialog.getByText("cheap watches").waitFor();
    const reason = dialog.getByRole("textbox", { name: "Reason (optional)" });
    assert.equal(await reason.getAttribute("maxlength"), String(MAX_REASON_LENGTH));
    await reason.fill(" spam ");
    await cleo.keyboard.press("Enter");
    await cleo.getByText("The message was reported to the moderators.").waitFor();
    await report(cleo, "a word from Bea", "");

    await eventually(() => unread(bea), "2");
    const button = bea.getByRole("button", { name: /^Moderation\s+Unread reports: 2$/ });
    await button.press("Enter");
    await bea.locator("#moderation-tabs input[value=reports]:checked:focus").waitFor();
    const reports = bea.locator("#reports > li");
    await eventually(() => reports.count(), 2);
    await eventually(() => bea.locator("#moderation-unread").isVisible(), false, "read");
    assert.equal(await reports.nth(0).getByRole("button", { name: /^Moderate / }).count(), 0);
    const about = reports.nth(1);
    await about.getByText("Cleo reported a message in #den.").waitFor();
    assert.equal(await about.locator("blockquote").innerText(), "Ben: cheap watches");
    assert.equal(await about.locator(".report-reason").innerText(), "spam");

    await about.getByRole("button", { name: "Moderate Ben" }).click();
    await bea.locator("#moderate-do").click();
    await bea.getByText("Ben is muted.").waitFor({ state: "attached" });
    await eventually(() => Promise.resolve(ben.muted.value !== null), true, "told");
    await about.getByRole("button", { name: "Delete" }).click();
    await bea.locator("#delete-reason").fill("no ads");
    await bea.keyboard.press("Enter");
    await eventually(async () => (await lines(cleo))[0], "Ben: Deleted by Bea: no ads");
    // Also after _audit has it, and the list is drawn again.
    await eventually(() => bea.evaluate("document.activeElement.id"), "reports");
    await bea.getByLabel("Note to the other moderators").fill("Ben is muted for now");
    await bea.keyboard.press("Enter");
    await bea.locator("#reports > li").first().getByText("Bea: Ben is muted for now").waitFor();
    await bea.reload();
    await whenNamed(bea, "Bea");
    await bea.locator("#open-moderation").waitFor();
    assert.equal(await bea.locator("#moderation-unread").isVisible(), false);
    // The rooms of the service are in no list, and are not remembered.
    assert.equal(await bea.locator("#rooms .room").count(), 1);

    // To the message of a report, in a room that is not joined.
    const ken = await stage.joinRoom("Ken", "attic");
    const kim = await stage.joinRoom("Kim", "attic");
    const { position } = await ken.say("cheap clocks").sent;
    await kim.report(position);
    await bea.click("#open-moderation");
    const newest = reports.filter({ hasText: "Kim reported a message in #attic." });
    await newest.getByRole("button", { name: "Go to message" }).click();
    const row = await untilShown(bea, "cheap clocks");
    assert.equal(await bea.locator("#room-title").innerText(), "# attic");
    assert.equal(await row.getAttribute("data-position"), position);
    assert.ok(bea.url().endsWith(`#attic/${position}`));
  },
  { settings },
);

pageTest(
  "Reports and their addresses are for moderators, and the button for others while there are moderators",
  async (stage) => {
    const ann = await stage.enter("?name=Ann#den", WIDE);
    const ben = await stage.joinRoom("Ben", "den");
    await ben.say("hello").sent;
    const offers = async (page: Page) => {
      const row = await untilShown(page, "hello");
      await row.hover();
      await row.locator(".tool[data-do=copy]:visible").waitFor();
      return await row.locator(".tool[data-do=report]:visible").count();
    };
    assert.equal(await offers(ann), 0);
    const bea = await becomeMember(stage, "Bea", { role: "moderator" }, WIDE);
    assert.equal(await offers(bea), 0);
    await ann.reload();
    assert.equal(await offers(ann), 1);
    assert.equal(await ann.locator("#open-moderation").isVisible(), false);

    // The addresses of the service's rooms.
    await bea.evaluate("location.hash = '#_reports'");
    await bea.getByText("There are no reports.").waitFor();
    await bea.keyboard.press("Escape");
    await bea.goto("about:blank");
    await bea.goto(`${stage.url}/#_audit`);
    await bea.locator("#audit").waitFor({ state: "attached" });
    await bea.getByRole("radio", { name: "Log", exact: true, checked: true }).waitFor();
    assert.equal(await bea.locator("#room-title").innerText(), "# den");
    await ann.evaluate("location.hash = '#_reports'");
    await ann.getByText("You do not have permission.").waitFor();
    assert.equal(await ann.locator("#room-title").innerText(), "# den");
  },
  { settings },
);

pageTest(
  "Whoever is in too many rooms to read reports is told so, and sees them after leaving one",
  async (stage) => {
    const bea = await becomeMember(stage, "Bea", { role: "moderator" }, WIDE);
    const cleo = await stage.joinRoom("Cleo", "den");
    const { position } = await cleo.say("hello").sent;
    await cleo.report(position);
    await bea.evaluate(`localStorage.setItem("parley-page / rooms", "den attic cellar")`);
    await bea.reload();
    await whenNamed(bea, "Bea");
    await bea.click("#open-moderation");
    const error = bea.locator("#moderation-error");
    await eventually(
      () => error.innerText(),
      "You have reached the room limit. Leave a room first.",
    );
    await bea.keyboard.press("Escape");
    await bea.click("#leave");
    await bea.click("#open-moderation");
    await bea.getByText("Cleo reported a message in #den.").waitFor();
    assert.equal(await error.innerText(), "");
  },
  { settings: { ...settings, MAX_ROOMS: "3" } },
);

pageTest(
  "Hostile reports are shown as text, on narrow and wide screens",
  async (stage) => {
    const bea = await becomeMember(stage, "Bea", { role: "owner" }, { viewport: NARROW });
    const name = `<b onclick="stung=1">`;
    const ben = await stage.joinRoom(name, "den");
    const texts = [...HOSTILE_TEXTS.slice(0, 3), "W".repeat(MAX_REASON_LENGTH)];
    for (const text of texts) {
      const { position } = await ben.say(text).sent;
      await ben.report(position, { reason: text.replace(/\p{Cc}/gu, " ").slice(0, 200) });
    }
    await bea.click("#open-rooms");
    await bea.click("#open-moderation");
    await eventually(() => bea.locator("#reports > li").count(), texts.length);
    await bea.locator("#reports .report-tools button:nth-of-type(3)").first().click();
    await bea.locator("#moderate-dialog[open]").waitFor();
    for (const viewport of [NARROW, WIDE.viewport]) {
      await bea.setViewportSize(viewport);
      const isWide = (id: string) =>
        `document.getElementById("${id}").scrollWidth > document.getElementById("${id}").clientWidth`;
      assert.deepEqual(
        await bea.evaluate(`({
      stung: typeof stung,
      elements: [...new Set([...document.querySelectorAll(
        "#reports blockquote *, #reports .report-reason *, #moderate-title *, #moderate-about *")]
        .map((it) => it.localName))].sort(),
      sideways: [${isWide("moderate-dialog")}, ${isWide("moderation-dialog")}],
    })`),
        { stung: "undefined", elements: ["b", "bdi"], sideways: [false, false] },
      );
    }
  },
  { settings },
);
