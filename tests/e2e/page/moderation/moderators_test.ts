/** What moderators do to people, rooms and the service, in the page. */
import assert from "node:assert/strict";
import type { Page } from "playwright-core";
import { MAX_REASON_LENGTH } from "../../../../lib/core/protocol/requests.ts";
import type { Room } from "../../../../static/client.js";
import { changeRole, MEMBER_SETTINGS } from "../../../support/identity/member_links.ts";
import { becomeMember, whenNamed } from "../members/become_member.ts";
import { Moderator } from "./moderator.ts";
import { eventually, lines, pageTest, say, toolsOf, untilShown, useTool } from "../page_fixture.ts";

const settings = MEMBER_SETTINGS;
// The people are beside the log.
const WIDE = { viewport: { width: 1300, height: 760 }, reducedMotion: "reduce" } as const;

/** What a select element offers. */
function optionsOf(page: Page, id: string): Promise<readonly string[]> {
  return page.locator(`#${id} option`).allInnerTexts();
}

/** The code with which the room refuses a message; "sent" if it does not. */
async function trySay(room: Room, text: string): Promise<string> {
  const delivery = room.say(text);
  return await new Promise((resolve) => {
    delivery.state.subscribe((state) => {
      if (state.kind === "failed") resolve(state.error.code);
      if (state.kind === "sent") resolve("sent");
    });
  });
}

/** Opens the dialog of moderators. */
async function openInbox(page: Page, tab: "Reports" | "Log" | "Tools"): Promise<void> {
  await page.click("#open-moderation");
  await page.getByRole("radio", { name: tab, exact: true }).check();
}

pageTest(
  "A moderator mutes and bans people, from a message, the list of people and by keyboard alone",
  async (stage) => {
    const bea = await becomeMember(stage, "Bea", { role: "moderator" }, WIDE);
    const ben = await stage.joinRoom("Ben", "den");
    await ben.say("cheap watches").sent;
    const row = await untilShown(bea, "cheap watches");
    await useTool(row, "Moderate");
    const dialog = bea.getByRole("dialog", { name: "Moderate Ben" });
    await dialog.getByText("cheap watches").waitFor();
    assert.deepEqual(await optionsOf(bea, "moderate-time"), [
      "10 minutes",
      "an hour",
      "a day",
      "for good",
    ]);
    assert.deepEqual(await optionsOf(bea, "moderate-where"), ["in #den", "everywhere"]);
    const reason = dialog.getByRole("textbox", { name: "Reason (optional)" });
    assert.equal(await reason.getAttribute("maxlength"), String(MAX_REASON_LENGTH));
    await reason.fill(" no ads ");
    await bea.keyboard.press("Enter");
    await bea.getByText("Ben is muted.").waitFor();
    await bea.locator("#log article:focus", { hasText: "cheap watches" }).waitFor();
    assert.equal(await trySay(ben, "but"), "muted");
    assert.equal(ben.muted.value?.reason, "no ads");
    const minutes = ((ben.muted.value?.until ?? 0) - Date.now()) / 60_000;
    assert.ok(minutes > 5 && minutes <= 10, `${minutes}`);

    await useTool(row, "Moderate");
    await dialog.getByText("Ben is muted").waitFor();
    await dialog.getByText(/^in #den · until .*20\d\d/).waitFor();
    await dialog.getByRole("button", { name: "Unmute: Ben is muted" }).click();
    await dialog.getByText("Ben is muted").waitFor({ state: "detached" });
    await eventually(() => Promise.resolve(ben.muted.value), null);
    await bea.keyboard.press("Escape");
    await dialog.waitFor({ state: "hidden" });

    // Banned from the list of people, and unbanned in the tools.
    const dan = stage.connectClient("Dan");
    dan.join("den");
    const button = bea.locator("#members").getByRole("button", { name: "Moderate Dan" });
    await button.hover();
    await button.click();
    await bea.getByRole("radio", { name: "Ban" }).check();
    assert.deepEqual(await optionsOf(bea, "moderate-time"), ["a day", "a week", "for good"]);
    await bea.selectOption("#moderate-time", { label: "for good" });
    await bea.selectOption("#moderate-where", { label: "everywhere" });
    await bea.locator("#moderate-about", { hasText: "Dan is signed out" }).waitFor();
    await bea.locator("#moderate-do").click();
    await bea.getByText("Dan is banned.").waitFor();
    await eventually(() => Promise.resolve(dan.state.value.kind), "closed");
    // Not at the button of the next person, who would be blocked with the next Enter.
    await bea.locator("#members").getByText("Dan").waitFor({ state: "detached" });
    assert.equal(await bea.evaluate(() => document.activeElement?.id), "text");

    await openInbox(bea, "Tools");
    await bea.getByText("everywhere · for good").waitFor();
    await bea.getByRole("button", { name: "Unban: Dan is banned" }).click();
    await bea.getByText("Nobody is muted or banned.").waitFor();
    await bea.getByRole("radio", { name: "Log", exact: true }).check();
    await eventually(
      async () => (await bea.locator("#audit .record-title").allInnerTexts()).slice(0, 2),
      ["Bea ended the ban of Dan", "Bea banned Dan"],
    );

    // By keyboard alone.
    await bea.keyboard.press("Escape");
    const eve = await stage.joinRoom("Eve", "den");
    await eve.say("cheap clocks").sent;
    await (await untilShown(bea, "cheap clocks")).focus();
    await bea.keyboard.press("Enter");
    await bea.locator(".tool[data-do=pick]:focus").waitFor();
    await bea.keyboard.press("ArrowLeft");
    await bea.locator(".tool[data-do=moderate]:focus").waitFor();
    await bea.keyboard.press("Enter");
    await bea.locator("#moderate-dialog[open]").waitFor();
    await bea.keyboard.press("ArrowRight");
    await bea.locator("#moderate-about", { hasText: "cannot come back" }).waitFor();
    await bea.keyboard.press("Enter");
    await bea.getByText("Eve is banned.").waitFor();
    await bea.locator("#log article:focus").waitFor();
    await eventually(() => Promise.resolve(eve.state.value.kind), "refused");
  },
  { settings },
);

pageTest(
  "Moderators are offered nothing against those who rank as high, and see that the service is closed to guests; everybody sees roles and that a room is cleared",
  async (stage) => {
    const pages = {
      olga: await becomeMember(stage, "Olga", { role: "owner" }, WIDE),
      bea: await becomeMember(stage, "Bea", { role: "moderator" }, WIDE),
      cleo: await becomeMember(stage, "Cleo", {}, WIDE),
    };
    await using bill = await Moderator.enter(stage, "Bill");
    for (const [name, page] of Object.entries(pages)) await say(page, `from ${name}`);
    await bill.say("from bill");
    for (
      const [viewer, expected] of [
        ["olga", ["bea", "bill", "cleo"]],
        ["bea", ["cleo"]],
        ["cleo", []],
      ] as const
    ) {
      const page = pages[viewer];
      const offered: string[] = [];
      for (const author of ["olga", "bea", "bill", "cleo"]) {
        const tools = await toolsOf(await untilShown(page, `from ${author}`));
        if (tools.includes("moderate")) offered.push(author);
      }
      assert.deepEqual(offered, expected, viewer);
      const buttons = page.locator("#members").getByRole("button", { name: /^Moderate / });
      const names = await Promise.all((await buttons.all()).map((it) => it.getAttribute("title")));
      const inList = names.map((it) => it?.replace("Moderate ", "").toLowerCase()).sort();
      assert.deepEqual(inList, expected, viewer);
    }

    // The marks of their roles.
    const { olga, bea, cleo } = pages;
    const ben = await stage.joinRoom("Ben", "den");
    for (const [page, text] of [[olga, "one"], [bea, "two"], [cleo, "three"]] as const) {
      await say(page, text);
    }
    await ben.say("four").sent;
    const marks = { one: "owner", two: "moderator", three: "member", four: "guest" };
    for (const [text, mark] of Object.entries(marks)) {
      const row = await untilShown(cleo, text);
      await eventually(() => row.locator(".mark").allTextContents(), [`, ${mark}`]);
    }
    await eventually(
      () =>
        cleo.locator("#members li").evaluateAll((rows) =>
          rows.map((it) =>
            [...it.querySelectorAll(".member-name, .mark")].map((part) => part.textContent).join(
              " ",
            )
          )
        ),
      ["Cleo you member", "Bea moderator", "Ben guest", "Bill moderator", "Olga owner"],
    );

    // A person who is removed from the room can join it again.
    const chat = stage.connectClient("Eve");
    const eve = chat.join("den");
    await eve.say("hello").sent;
    await useTool(await untilShown(olga, "hello"), "Moderate");
    await olga.getByRole("radio", { name: "Remove" }).check();
    assert.equal(await olga.locator("#moderate-time").isVisible(), false);
    assert.equal(await olga.locator("#moderate-where").isVisible(), false);
    await olga.locator("#moderate-do").click();
    await olga.getByText("Eve was removed from #den.").waitFor();
    await eventually(() => Promise.resolve(eve.state.value.kind), "refused");
    await olga.locator("#members").getByText("Eve").waitFor({ state: "detached" });
    chat.join("den");
    assert.equal(await trySay(eve, "back again"), "sent");
    await untilShown(olga, "back again");

    // The service is closed to guests.
    await openInbox(bea, "Tools");
    await bea.getByRole("switch", { name: "Close the service to guests" }).check();
    const bar = (page: Page) => page.locator("#locked-bar");
    for (const page of [bea, olga]) await bar(page).waitFor();
    assert.equal(await trySay(ben, "let me in"), "locked_down");
    assert.equal(await bar(cleo).isVisible(), false);
    await olga.reload();
    await whenNamed(olga, "Olga");
    await bar(olga).waitFor();
    await bar(olga).getByRole("button", { name: "Open to guests" }).click();
    for (const page of [bea, olga]) await bar(page).waitFor({ state: "hidden" });
    assert.equal(
      await bea.getByRole("switch", { name: "Close the service to guests" }).isChecked(),
      false,
    );
    assert.equal(await trySay(ben, "thank you"), "sent");

    // All messages of a room are removed, after the moderator is told what happens.
    await bea.keyboard.press("Escape");
    await say(cleo, "nothing but ads");
    await untilShown(bea, "nothing but ads");
    const open = async () => {
      await bea.getByRole("button", { name: "Room settings" }).click();
      await bea.getByRole("button", { name: "Remove all messages…" }).click();
    };
    await open();
    const dialog = bea.getByRole("dialog", { name: "Remove all messages of #den?" });
    await dialog.getByText("This cannot be undone.").waitFor();
    await bea.keyboard.press("Escape");
    await bea.locator("#room-settings:focus").waitFor();
    assert.deepEqual((await lines(cleo)).slice(-2), ["Ben: thank you", "Cleo: nothing but ads"]);
    await open();
    await dialog.getByLabel("Reason (optional)").fill("spam");
    await dialog.getByRole("button", { name: "Remove all", exact: true }).click();
    for (const page of [bea, cleo]) {
      await page.locator("#log").getByText("nothing but ads").waitFor({ state: "detached" });
    }
    await bea.getByText("All earlier messages of #den were removed.").waitFor();
    await openInbox(bea, "Log");
    const done = bea.locator("#audit .record-title").first();
    await eventually(() => done.innerText(), "Bea removed all earlier messages: spam (#den)");
  },
  { settings },
);

pageTest(
  "Whoever becomes a moderator has the tools at once, and loses them again",
  async (stage) => {
    await using _olga = await Moderator.enter(stage, "Olga", "owner");
    const bea = await becomeMember(stage, "Bea", {}, WIDE);
    const ben = await stage.joinRoom("Ben", "den");
    await ben.say("hello").sent;
    const row = await untilShown(bea, "hello");
    assert.deepEqual(await toolsOf(row), ["pick", "reply", "copy", "report"]);
    const button = bea.locator("#open-moderation");
    const user = await bea.evaluate<string>(`localStorage.getItem("parley-page / last-user")`);
    for (const role of ["moderator", "member"]) {
      await changeRole(stage, user, role);
      await button.waitFor({ state: role === "moderator" ? "visible" : "hidden" });
      await bea.locator("#room-title").hover();
      const tools = role === "moderator" ? ["delete", "copy", "moderate"] : ["copy", "report"];
      assert.deepEqual(await toolsOf(row), ["pick", "reply", ...tools]);
    }
  },
  { settings },
);
