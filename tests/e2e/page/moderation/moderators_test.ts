/** What moderators do to people, rooms and the service, in the page. */
import assert from "node:assert/strict";
import type { Page } from "playwright-core";
import { MAX_REASON_LENGTH } from "../../../../lib/core/protocol/requests.ts";
import type { Room } from "../../../../static/client.js";
import { changeRole, MEMBER_SETTINGS } from "../../../support/identity/member_links.ts";
import { becomeMember, whenNamed } from "../members/become_member.ts";
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
  "A moderator mutes the author of a message for a while, with a reason, and ends that",
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
  },
  { settings },
);

pageTest(
  "A moderator bans a person everywhere from the list of people, and ends it in the tools",
  async (stage) => {
    const bea = await becomeMember(stage, "Bea", { role: "moderator" }, WIDE);
    const chat = stage.connectClient("Ben");
    chat.join("den");
    const button = bea.locator("#members").getByRole("button", { name: "Moderate Ben" });
    await button.hover();
    await button.click();
    await bea.getByRole("radio", { name: "Ban" }).check();
    assert.deepEqual(await optionsOf(bea, "moderate-time"), ["a day", "a week", "for good"]);
    await bea.selectOption("#moderate-time", { label: "for good" });
    await bea.selectOption("#moderate-where", { label: "everywhere" });
    await bea.locator("#moderate-about", { hasText: "Ben is signed out" }).waitFor();
    await bea.locator("#moderate-do").click();
    await bea.getByText("Ben is banned.").waitFor();
    await eventually(() => Promise.resolve(chat.state.value.kind), "closed");
    // Not at the button of the next person, who would be blocked with the next Enter.
    await bea.locator("#members").getByText("Ben").waitFor({ state: "detached" });
    assert.equal(await bea.evaluate(() => document.activeElement?.id), "text");

    await openInbox(bea, "Tools");
    await bea.getByText("everywhere · for good").waitFor();
    await bea.getByRole("button", { name: "Unban: Ben is banned" }).click();
    await bea.getByText("Nobody is muted or banned.").waitFor();
    await bea.getByRole("radio", { name: "Log", exact: true }).check();
    await eventually(
      () => bea.locator("#audit .record-title").allInnerTexts(),
      ["Bea ended the ban of Ben", "Bea banned Ben"],
    );
  },
  { settings },
);

pageTest("A person who is removed from a room can join it again", async (stage) => {
  const bea = await becomeMember(stage, "Bea", { role: "owner" }, WIDE);
  const chat = stage.connectClient("Ben");
  const ben = chat.join("den");
  await ben.say("hello").sent;
  await useTool(await untilShown(bea, "hello"), "Moderate");
  await bea.getByRole("radio", { name: "Remove" }).check();
  assert.equal(await bea.locator("#moderate-time").isVisible(), false);
  assert.equal(await bea.locator("#moderate-where").isVisible(), false);
  await bea.locator("#moderate-do").click();
  await bea.getByText("Ben was removed from #den.").waitFor();
  await eventually(() => Promise.resolve(ben.state.value.kind), "refused");
  await bea.locator("#members").getByText("Ben").waitFor({ state: "detached" });
  chat.join("den");
  assert.equal(await trySay(ben, "back again"), "sent");
  await untilShown(bea, "back again");
}, { settings });

pageTest(
  "Moderators are offered nothing against themselves, and against those who rank as high",
  async (stage) => {
    const pages = {
      olga: await becomeMember(stage, "Olga", { role: "owner" }, WIDE),
      bea: await becomeMember(stage, "Bea", { role: "moderator" }, WIDE),
      bill: await becomeMember(stage, "Bill", { role: "moderator" }, WIDE),
      cleo: await becomeMember(stage, "Cleo", {}, WIDE),
    };
    for (const [name, page] of Object.entries(pages)) await say(page, `from ${name}`);
    for (
      const [viewer, expected] of [
        ["olga", ["bea", "bill", "cleo"]],
        ["bea", ["cleo"]],
        ["cleo", []],
      ] as const
    ) {
      const page = pages[viewer];
      const offered: string[] = [];
      for (const author of Object.keys(pages)) {
        const tools = await toolsOf(await untilShown(page, `from ${author}`));
        if (tools.includes("moderate")) offered.push(author);
      }
      assert.deepEqual(offered, expected, viewer);
      const buttons = page.locator("#members").getByRole("button", { name: /^Moderate / });
      const names = await Promise.all((await buttons.all()).map((it) => it.getAttribute("title")));
      const inList = names.map((it) => it?.replace("Moderate ", "").toLowerCase()).sort();
      assert.deepEqual(inList, expected, viewer);
    }
  },
  { settings },
);

pageTest("Lists of people and the log mark owners, moderators and guests", async (stage) => {
  const olga = await becomeMember(stage, "Olga", { role: "owner" }, WIDE);
  const bea = await becomeMember(stage, "Bea", { role: "moderator" }, WIDE);
  const cleo = await becomeMember(stage, "Cleo", {}, WIDE);
  const ben = await stage.joinRoom("Ben", "den");
  for (const [page, text] of [[olga, "one"], [bea, "two"], [cleo, "three"]] as const) {
    await say(page, text);
  }
  await ben.say("four").sent;
  for (const [text, mark] of [["one", ", owner"], ["two", ", moderator"], ["four", ", guest"]]) {
    const row = await untilShown(cleo, text ?? "");
    await eventually(() => row.locator(".mark").allTextContents(), [mark ?? ""]);
  }
  assert.equal(await (await untilShown(cleo, "three")).locator(".mark").count(), 0);
  await eventually(
    () =>
      cleo.locator("#members li").evaluateAll((rows) =>
        rows.map((it) =>
          [...it.querySelectorAll(".member-name, .mark")].map((part) => part.textContent).join(" ")
        )
      ),
    ["Cleo you", "Bea moderator", "Ben guest", "Olga owner"],
  );
}, { settings });

pageTest(
  "A moderator closes the service to guests, and all moderators see that until it is open again",
  async (stage) => {
    const bea = await becomeMember(stage, "Bea", { role: "moderator" }, WIDE);
    const olga = await becomeMember(stage, "Olga", { role: "owner" }, WIDE);
    const cleo = await becomeMember(stage, "Cleo", {}, WIDE);
    const ben = await stage.joinRoom("Ben", "den");
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
  },
  { settings },
);

pageTest(
  "A moderator removes all messages of a room, after being told what happens",
  async (stage) => {
    const bea = await becomeMember(stage, "Bea", { role: "moderator" }, WIDE);
    const cleo = await becomeMember(stage, "Cleo", {}, WIDE);
    await say(cleo, "from Cleo");
    await untilShown(bea, "from Cleo");
    const open = async () => {
      await bea.getByRole("button", { name: "Room settings" }).click();
      await bea.getByRole("button", { name: "Remove all messages…" }).click();
    };
    await open();
    const dialog = bea.getByRole("dialog", { name: "Remove all messages of #den?" });
    await dialog.getByText("This cannot be undone.").waitFor();
    await bea.keyboard.press("Escape");
    await bea.locator("#room-settings:focus").waitFor();
    assert.equal((await lines(cleo)).length, 1);
    await open();
    await dialog.getByLabel("Reason (optional)").fill("spam");
    await dialog.getByRole("button", { name: "Remove all", exact: true }).click();
    for (const page of [bea, cleo]) {
      await page.locator("#log").getByText("from Cleo").waitFor({ state: "detached" });
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
    await becomeMember(stage, "Olga", { role: "owner" }, WIDE);
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

pageTest("Moderating works with the keyboard alone", async (stage) => {
  const bea = await becomeMember(stage, "Bea", { role: "moderator" }, WIDE);
  const ben = await stage.joinRoom("Ben", "den");
  await ben.say("cheap watches").sent;
  await (await untilShown(bea, "cheap watches")).focus();
  await bea.keyboard.press("Enter");
  await bea.locator(".tool[data-do=pick]:focus").waitFor();
  await bea.keyboard.press("ArrowLeft");
  await bea.locator(".tool[data-do=moderate]:focus").waitFor();
  await bea.keyboard.press("Enter");
  await bea.locator("#moderate-dialog[open]").waitFor();
  await bea.keyboard.press("ArrowRight");
  await bea.locator("#moderate-about", { hasText: "cannot come back" }).waitFor();
  await bea.keyboard.press("Enter");
  await bea.getByText("Ben is banned.").waitFor();
  await bea.locator("#log article:focus").waitFor();
  await eventually(() => Promise.resolve(ben.state.value.kind), "refused");
}, { settings });
