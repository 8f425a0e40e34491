/** Owners and moderators delete the messages of others, in a real browser. */
import assert from "node:assert/strict";
import type { Locator, Page } from "playwright-core";
import { MAX_REASON_LENGTH } from "../../../../lib/core/protocol/requests.ts";
import type { Room } from "../../../../static/client.js";
import { laterEn } from "../../../../static/page/i18n/later_en.js";
import { fillTemplate } from "../../../../static/page/i18n/log_en.js";
import { loadLaterStrings, stringsOf } from "../../../../static/page/i18n/strings.js";
import { changeRole, MEMBER_SETTINGS } from "../../../support/identity/member_links.ts";
import { HOSTILE_TEXTS } from "../security/hostile_texts.ts";
import { eventually, lines, message, pageTest, say, untilShown, useTool } from "../page_fixture.ts";
import { checkAccessible } from "../accessible.ts";
import { becomeMember, joinAsMember, whenNamed } from "./become_member.ts";

const settings = MEMBER_SETTINGS;
const PHONE = { viewport: { width: 390, height: 700 }, hasTouch: true, isMobile: true } as const;
await loadLaterStrings("zh");
const en = { ...laterEn, ...stringsOf("en") };

/** The tools that a message offers. */
async function toolsOf(row: Locator): Promise<readonly string[]> {
  await row.hover();
  await row.locator(".toolbar").waitFor();
  const tools = await row.locator(".tool:visible").all();
  return await Promise.all(tools.map(async (it) => await it.getAttribute("data-do") ?? ""));
}

const focused = (page: Page) => page.evaluate<string>("document.activeElement.id");

/** The id of a user in a room. */
function idOf(room: Room, name: string): string {
  return room.members.value.members.find((it) => it.name === name)?.user ?? assert.fail(name);
}

const ROOM = `#rooms .room[href="#den"] .room-last`;

pageTest(
  "Owners and moderators delete the messages of others, and all see why",
  async (stage) => {
    const bea = await becomeMember(stage, "Bea", { role: "moderator" });
    const cleo = await becomeMember(stage, "Cleo");
    const ben = await stage.joinRoom("Ben", "den");
    for (const [role, text] of [["moderator", "cheap watches"], ["owner", "cheap bags"]] as const) {
      await ben.say(text).sent;
      assert.deepEqual(await toolsOf(await untilShown(cleo, text)), [
        "pick",
        "reply",
        "copy",
        "report",
      ]);
      const row = await untilShown(bea, text);
      assert.deepEqual(await toolsOf(row), ["pick", "reply", "delete", "copy", "moderate"]);
      await useTool(row, "Delete");
      const dialog = bea.getByRole("dialog", { name: "Delete this message by Ben?" });
      assert.equal(await dialog.locator("#delete-quote").innerText(), text);
      const reason = dialog.getByRole("textbox", { name: en.deleteReason });
      assert.equal(await reason.getAttribute("maxlength"), String(MAX_REASON_LENGTH));
      await reason.fill("never confirmed");
      await bea.keyboard.press("Escape");
      await useTool(row, "Delete");
      assert.equal(await reason.inputValue(), "");
      await bea.keyboard.type(` no ads, says the ${role} `);
      await bea.keyboard.press("Enter");
      await eventually(() => focused(bea), "text", "after the deletion");
      const shown = `Deleted by Bea: no ads, says the ${role}`;
      for (const page of [bea, cleo]) {
        await eventually(async () => (await lines(page)).at(-1), `Ben: ${shown}`);
        await eventually(() => page.innerText(ROOM), shown);
      }
      if (role === "moderator") await changeRole(stage, idOf(ben, "Bea"), "owner");
      for (const page of [bea, cleo]) {
        await page.reload();
        await whenNamed(page, page === bea ? "Bea" : "Cleo");
        await eventually(async () => (await lines(page)).at(-1), `Ben: ${shown}`);
      }
    }

    // A reason is optional.
    await say(cleo, "from Cleo");
    await useTool(await untilShown(bea, "from Cleo"), "Delete");
    await bea.locator("#delete-reason").fill("   ");
    await bea.locator("#delete-dialog .danger").click();
    for (const page of [bea, cleo]) {
      await eventually(async () => (await lines(page)).slice(2), ["Cleo: Deleted by Bea"]);
    }

    // The author's own deletion has none.
    await say(bea, "from Bea");
    const own = await untilShown(bea, "from Bea");
    assert.deepEqual(await toolsOf(own), ["pick", "reply", "edit", "delete", "copy"]);
    await useTool(own, "Delete");
    await bea.getByRole("dialog", { name: en.deleteTitle }).waitFor();
    assert.equal(await bea.locator("#delete-reason").isVisible(), false);
    await bea.locator("#delete-dialog .danger").click();
    for (const page of [bea, cleo]) {
      await eventually(
        async () => (await lines(page)).slice(2),
        ["Cleo: Deleted by Bea", `Bea: ${en.deletedMessage}`],
      );
    }
  },
  { settings },
);

pageTest(
  "A message that was sent and deleted while a reader was away says by whom",
  async (stage) => {
    const bea = await joinAsMember(stage, "Bea", { role: "moderator" });
    const cleo = await becomeMember(stage, "Cleo");
    const ben = await stage.joinRoom("Ben", "den");
    await ben.say("before").sent;
    await untilShown(cleo, "before");
    await cleo.evaluate("navigator.serviceWorker.ready.then(() => {})");
    await cleo.context().setOffline(true);
    await cleo.locator("body[data-state=waiting]").waitFor();
    const { position } = await ben.say("meanwhile").sent;
    await bea.delete(position, { reason: "off topic" }).sent;
    await cleo.context().setOffline(false);
    await eventually(() => lines(cleo), ["Ben: before", "Ben: Deleted by Bea: off topic"]);
    assert.equal(await cleo.innerText(ROOM), "Deleted by Bea: off topic");
  },
  { settings, expected: /net::ERR_INTERNET_DISCONNECTED/ },
);

pageTest("A deletion that was confirmed offline keeps its reason over a reload", async (stage) => {
  const bea = await becomeMember(stage, "Bea", { role: "moderator" });
  const ben = await stage.joinRoom("Ben", "den");
  await ben.say("cheap watches").sent;
  const row = await untilShown(bea, "cheap watches");
  await bea.evaluate("navigator.serviceWorker.ready.then(() => {})");
  await bea.context().setOffline(true);
  await bea.locator("body[data-state=waiting]").waitFor();
  await useTool(row, "Delete");
  await bea.keyboard.type("spam");
  await bea.keyboard.press("Enter");
  await row.getByText(en.deleting).waitFor();
  await bea.context().setOffline(false);
  await bea.reload();
  await eventually(() => lines(bea), ["Ben: Deleted by Bea: spam"]);
}, { settings, expected: /net::ERR_INTERNET_DISCONNECTED/ });

pageTest("Hostile reasons are shown as text on one line, on any screen", async (stage) => {
  const [narrow, wide] = [{ width: 360, height: 700 }, { width: 1300, height: 700 }];
  const name = `<b onclick="stung=1">`;
  const bea = await becomeMember(stage, name, { role: "owner" }, { viewport: narrow });
  const ben = await stage.joinRoom("Ben", "den");
  const reasons = [
    ...HOSTILE_TEXTS.slice(0, 3),
    "a\u0301\u0301\u0301\u0301\u0301\u0301".repeat(28),
  ];
  for (const reason of [...reasons, "W".repeat(MAX_REASON_LENGTH)]) {
    await ben.say("to be deleted").sent;
    const row = await untilShown(bea, "to be deleted");
    await useTool(row, "Delete");
    await bea.fill("#delete-reason", reason);
    await bea.locator("#delete-dialog .danger").click();
    await bea.locator("#log .deleted", { hasText: `${name}: ${reason}` }).waitFor();
  }
  for (const size of [narrow, wide]) {
    await bea.setViewportSize(size);
    assert.deepEqual(
      await bea.evaluate(`({
        stung: typeof stung,
        elements: [...new Set([...document.querySelectorAll("#log .text *, .room-last *, #delete-title *")]
          .map((it) => it.localName))],
        sideways: document.documentElement.scrollWidth > innerWidth ||
          document.getElementById("log").scrollWidth > document.getElementById("log").clientWidth,
      })`),
      { stung: "undefined", elements: ["bdi"], sideways: false },
      `${size.width} px`,
    );
  }
}, { settings });

pageTest("On a phone, deleting opens the keyboard only for a reason", async (stage) => {
  const bea = await becomeMember(stage, "Bea", { role: "moderator" }, PHONE);
  const ben = await stage.joinRoom("Ben", "den");
  await ben.say("cheap watches").sent;
  const row = await untilShown(bea, "cheap watches");
  await row.locator(".text").tap();
  await row.getByRole("button", { name: "Delete", exact: true }).tap();
  await eventually(() => focused(bea), "delete-cancel");
  await bea.locator("#delete-reason").tap();
  await bea.keyboard.type("spam");
  await bea.locator("#delete-dialog .danger").tap();
  await eventually(() => lines(bea), ["Ben: Deleted by Bea: spam"]);
  await eventually(() => focused(bea), "log");
}, { settings });

pageTest("A moderator deletes with the keyboard alone", async (stage) => {
  const bea = await becomeMember(stage, "Bea", { role: "moderator" }, {
    viewport: { width: 1300, height: 700 },
    locale: "en-GB",
  });
  const author = `Ben ${"W".repeat(28)}`;
  const ben = await stage.joinRoom(author, "den");
  const tooWide = () =>
    bea.evaluate<string[]>(`[...document.querySelectorAll("dialog[open]")]
      .filter((it) => it.scrollWidth > it.clientWidth).map((it) => it.id)`);
  for (const [language, words] of [["en", en], ["zh", stringsOf("zh")]] as const) {
    const widths = language === "en" ? [360] : [];
    if (language === "zh") {
      await bea.click("#open-settings");
      await bea.locator("#language input[value=zh]").check({ force: true });
      await bea.locator("html[lang=zh]").waitFor();
      await bea.keyboard.press("Escape");
      await bea.setViewportSize({ width: 360, height: 700 });
    }
    await ben.say("cheap watches").sent;
    await untilShown(bea, "cheap watches");
    await message(bea, "cheap watches").focus();
    await bea.keyboard.press("Enter");
    await bea.locator(".tool[data-do=pick]:focus").waitFor();
    await bea.keyboard.press("ArrowRight");
    await bea.keyboard.press("ArrowRight");
    await bea.keyboard.press("Enter");
    await bea.locator("#delete-dialog[open]").waitFor();
    assert.equal(
      await bea.innerText("#delete-title"),
      fillTemplate(words.deleteOthersTitle, { name: author }),
    );
    assert.equal(await focused(bea), "delete-reason");
    await checkAccessible(bea, `delete (${language})`, { others: tooWide, widths });
    await bea.keyboard.press("Escape");
    await bea.locator("#log article:focus").waitFor();
    await bea.keyboard.press("Enter");
    for (let i = 0; i < 2; i++) await bea.keyboard.press("ArrowRight");
    await bea.keyboard.press("Enter");
    await bea.keyboard.type("spam");
    await bea.keyboard.press("Tab");
    assert.equal(await focused(bea), "delete-cancel");
    await bea.keyboard.press("Tab");
    await bea.keyboard.press("Enter");
    const shown = fillTemplate(words.deletedByFor, { name: "Bea", reason: "spam" });
    const row = bea.getByRole("article", { name: shown });
    await row.last().waitFor();
    await eventually(() => focused(bea), "text");
    await checkAccessible(bea, `a message that a moderator deleted (${language})`, {
      others: tooWide,
      widths,
    });
  }
}, { settings });
