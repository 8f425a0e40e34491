/** How the rules of a room and what moderators do look in the page, in a real browser. */
import assert from "node:assert/strict";
import type { Page } from "playwright-core";
import { laterEn } from "../../../../static/page/i18n/later_en.js";
import { loadLaterStrings, stringsOf } from "../../../../static/page/i18n/strings.js";
import { MEMBER_SETTINGS } from "../../../support/identity/member_links.ts";
import { checkAccessible } from "../accessible.ts";
import { becomeMember } from "../members/become_member.ts";
import { eventually, lines, message, pageTest, say, toolsOf, untilShown } from "../page_fixture.ts";
import { Moderator } from "./moderator.ts";
import { SCREENS } from "../screens.ts";

const settings = MEMBER_SETTINGS;
await loadLaterStrings("zh");
const en = { ...laterEn, ...stringsOf("en") };

/** The events in the log, a line for each sentence. */
function events(page: Page): Promise<readonly string[]> {
  return page.locator("#log .event p").allInnerTexts();
}

/** The actual end of a mute or a ban depends on the time. */
async function eventsWithoutTime(page: Page): Promise<readonly string[]> {
  return (await events(page)).map((it) => it.replace(/until [^:]*:\d\d[^:]*/, "until TIME"));
}

const note = (page: Page) => page.innerText("#send-restriction-words");

pageTest(
  "What moderators do is a line in the log, in words, without tools; a cleared log is empty at once",
  async (stage) => {
    const ann = await stage.enter("?name=Ann#den");
    await say(ann, "before");
    await untilShown(ann, "before");
    await using mo = await Moderator.enter(stage);
    const user = await mo.idOf("Ann");
    await mo.ask("room", { title: "The kitchen", topic: "Tea & <b>cake</b>", slowSeconds: 30 });
    await mo.ask("moderate", { action: "mute", user, seconds: 3_600, reason: "<i>noise</i>" });
    await mo.ask("moderate", { action: "unmute", user });
    await mo.ask("room", { slowSeconds: 0 });
    const expected = [
      "Mo set the title: The kitchen",
      "Mo set the topic: Tea & <b>cake</b>",
      "Mo turned on slow mode: one message every 30 seconds",
      "Mo muted Ann until TIME: <i>noise</i>",
      "Mo unmuted Ann",
      "Mo turned off slow mode",
    ];
    await eventually(() => eventsWithoutTime(ann), expected);
    assert.deepEqual(await lines(ann), ["Ann: before"]);
    await ann.locator("#log .event").first().hover();
    assert.equal(await ann.locator("#log .event .toolbar").count(), 0);
    assert.equal(await ann.innerText("#room-title"), "The kitchen");
    assert.equal(await ann.innerText("#room-about"), "# den Tea & <b>cake</b>");
    assert.equal(await ann.innerText("#rooms .room-name"), "The kitchen");
    await eventually(() => ann.innerText("#rooms .room-last"), "Mo turned off slow mode");
    // From the history as well.
    await ann.reload();
    await eventually(() => eventsWithoutTime(ann), expected);
    // An event is not the user's own last message.
    await ann.focus("#text");
    await ann.keyboard.press("ArrowUp");
    assert.equal(await ann.inputValue("#text"), "before");

    // A cleared room is empty at once, also in what is kept for a visit without a connection.
    await ann.fill("#text", "");
    await say(ann, "spam");
    await untilShown(ann, "spam");
    await ann.evaluate("navigator.serviceWorker.ready.then(() => {})");
    await mo.ask("moderate", { action: "clear" });
    await eventually(() => events(ann), ["Mo removed all earlier messages"]);
    await eventually(() => lines(ann), []);
    await eventually(
      () =>
        ann.evaluate<boolean>(`localStorage["parley-page / kept den"]?.includes("spam") ?? false`),
      false,
    );
    await ann.context().setOffline(true);
    await ann.reload();
    await eventually(() => events(ann), ["Mo removed all earlier messages"]);
    assert.equal(await message(ann, "spam").count(), 0);
  },
  { settings, expected: /net::ERR_INTERNET_DISCONNECTED/ },
);

pageTest(
  "A user who cannot send sees why: after a mute, in slow mode, and in a service closed to guests",
  async (stage) => {
    const ann = await stage.enter("?name=Ann#den");
    await using mo = await Moderator.enter(stage);
    const user = await mo.idOf("Ann");
    await say(ann, "mine");
    await untilShown(ann, "mine");
    await ann.fill("#text", "half a");
    await mo.ask("moderate", { action: "mute", user, reason: "noise" });
    await eventually(() => note(ann), "You are muted. Reason: noise");
    assert.equal(await ann.isVisible("#text"), false);
    assert.equal(await ann.isVisible("#send"), false);
    assert.equal(await ann.locator("#composer.silent").count(), 1);
    assert.deepEqual(await toolsOf(message(ann, "mine")), ["delete", "copy"]);
    await ann.reload();
    await eventually(() => note(ann), "You are muted. Reason: noise");
    await mo.ask("moderate", { action: "unmute", user });
    await ann.locator("#text:visible").waitFor();
    assert.equal(await ann.inputValue("#text"), "half a");
    // A mute in the whole service leaves no event in the room.
    await mo.ask("moderate", { action: "mute", user, room: undefined });
    await eventually(() => note(ann), "You are muted.");
    await mo.ask("moderate", { action: "unmute", user, room: undefined });
    await ann.locator("#text:visible").waitFor();

    // Slow mode.
    await mo.ask("room", { slowSeconds: 600 });
    await eventually(() => note(ann), "Slow mode: one message every 10 minutes.");
    assert.equal(await ann.isVisible("#send-restriction-wait"), false);
    await say(ann, "one");
    await untilShown(ann, "one");
    await say(ann, "two");
    await ann.locator("#send-restriction-wait", {
      hasText: /^You can send the next one in \d+ minutes\.$/,
    })
      .waitFor();
    await message(ann, "two").getByText(en.waitingToSend).waitFor();
    assert.equal(await ann.isVisible("#room-status"), false);
    await mo.ask("room", { slowSeconds: 0 });
    await untilShown(ann, "two");
    assert.equal(await ann.isVisible("#send-restriction"), false);

    // The service is closed to guests.
    await using olga = await Moderator.enter(stage, "Olga", "owner");
    await olga.ask("moderate", { action: "lockdown", room: undefined });
    await eventually(() => note(ann), en.restriction_lockedDown);
    await ann.reload();
    const again = ann.getByRole("button", { name: en.tryAgain });
    await again.waitFor();
    await olga.ask("moderate", { action: "unlock", room: undefined });
    await again.click();
    await ann.locator("[aria-current][data-state=joined]").waitFor();
    await say(ann, "back");
    await untilShown(ann, "back");
  },
  { settings },
);

pageTest(
  "A user who was removed or banned sees why, and comes back only by the button",
  async (stage) => {
    const ann = await stage.enter("?name=Ann#den");
    await using mo = await Moderator.enter(stage);
    await mo.ask("moderate", { action: "kick", user: await mo.idOf("Ann"), reason: "calm down" });
    const words = "A moderator removed you from #den. Reason: calm down";
    await eventually(() => ann.innerText("#room-words"), words);
    assert.equal(await note(ann), en.restriction_out);
    await ann.evaluate(`location.hash = "attic"`);
    await ann.locator("#room-title", { hasText: "# attic" }).waitFor();
    await ann.goBack();
    await eventually(() => ann.innerText("#room-words"), words);
    await ann.getByRole("button", { name: en.comeBack }).click();
    await ann.locator("[aria-current][data-state=joined]").waitFor();
    await say(ann, "back");
    await untilShown(ann, "back");

    // Banned from the room, for a second.
    await mo.ask("moderate", {
      action: "ban",
      user: await mo.idOf("Ann"),
      seconds: 1,
      reason: "spam",
    });
    await ann.locator("#room-words", {
      hasText: /^You are banned from #den until .*\. Reason: spam$/,
    }).waitFor();
    await ann.getByRole("button", { name: en.comeBack }).click();
    await ann.locator("[aria-current][data-state=joined]").waitFor();

    // Banned from the service: after another attempt, too, the page shows nothing else.
    const user = await mo.idOf("Ann");
    await mo.ask("moderate", { action: "ban", user, room: undefined, reason: "<b>spam</b>" });
    const ban = ann.locator("#ban:visible");
    for (const isAgain of [false, true]) {
      if (isAgain) await ann.getByRole("button", { name: en.tryAgain }).click();
      await ann.getByRole("heading", { name: en.banTitle }).waitFor();
      assert.deepEqual(await ann.locator("#ban p").allInnerTexts(), [
        "Reason: <b>spam</b>",
        en.banForever,
      ]);
      assert.equal(await ann.isVisible("#frame"), false);
      await checkAccessible(ann, "the page of a banned user");
      if (!isAgain) await shoot(ann, "ban");
    }
    await mo.ask("moderate", { action: "unban", user, room: undefined });
    // The ban of the guest's address ends a moment later.
    await eventually(async () => {
      await ann.reload();
      await ban.or(ann.locator("[aria-current][data-state=joined]")).waitFor();
      return await ban.count();
    }, 0);
  },
  { settings },
);

pageTest(
  "Moderators change and delete a room, and others see its new state, but no settings",
  async (stage) => {
    const ann = await stage.enter("?name=Ann#den");
    const bea = await becomeMember(stage, "Bea", { role: "moderator" });
    await using mo = await Moderator.enter(stage);
    assert.equal(await ann.isVisible("#room-settings"), false);
    await say(ann, "mine");
    await untilShown(ann, "mine");
    await mo.ask("room", { readOnly: true });
    await eventually(() => note(ann), en.restriction_readOnly);
    assert.equal(await ann.innerText(".room-mark"), en.markReadOnly);
    assert.deepEqual(await toolsOf(message(ann, "mine")), ["pick", "delete", "copy"]);
    await say(bea, "news");
    await untilShown(ann, "news");
    await mo.ask("room", { readOnly: false, archived: true });
    await eventually(() => note(ann), en.restriction_archived);
    assert.equal(await ann.innerText(".room-mark"), en.markArchived);
    await mo.ask("room", { archived: false });
    await ann.locator("#text:visible").waitFor();

    // Only changes are sent.
    await bea.click("#room-settings");
    const dialog = bea.getByRole("dialog", { name: en.roomSettings });
    await dialog.getByRole("textbox", { name: en.roomTitle }).fill("The kitchen");
    // Changed by another moderator while the dialog is open.
    await mo.ask("room", { topic: "Tea" });
    await dialog.getByRole("combobox", { name: en.roomSlow }).selectOption({ label: "30 seconds" });
    await dialog.getByRole("combobox", { name: en.roomKeep }).selectOption({ label: "30 days" });
    await dialog.getByRole("button", { name: en.save }).click();
    await eventually(() => bea.innerText("#room-title"), "The kitchen");
    await eventually(
      () => ann.innerText("#room-about"),
      "Slow mode: 30 seconds # den Tea",
    );
    await dialog.waitFor({ state: "hidden" });
    const row = ann.getByText("Bea set how long messages are kept: 30 days", { exact: true });
    await row.waitFor();
    await bea.click("#room-settings");
    await dialog.getByRole("textbox", { name: en.roomTitle }).fill("");
    await bea.keyboard.press("Enter");
    await eventually(() => ann.innerText("#room-title"), "# den");

    // Deleted, after confirming it by name.
    await mo.ask("room", { title: "The kitchen", topic: "Tea", listed: true });
    await bea.locator("#room-title", { hasText: "The kitchen" }).waitFor();
    await bea.click("#room-settings");
    await bea.getByRole("button", { name: en.deleteRoom }).click();
    const confirmation = bea.getByRole("dialog", { name: "Delete #den?" });
    await confirmation.getByRole("button", { name: en.cancel }).click();
    await bea.click("#room-settings");
    await bea.getByRole("button", { name: en.deleteRoom }).click();
    await confirmation.getByRole("textbox", { name: en.deleteReason }).fill("moved");
    await confirmation.getByRole("button", { name: en.delete, exact: true }).click();
    await bea.getByText("#den was deleted.").waitFor();
    await eventually(() => events(ann), ["Bea deleted the room: moved"]);
    await eventually(() => lines(ann), []);
    assert.equal(await ann.innerText("#room-title"), "# den");
    assert.equal(await note(ann), en.restriction_archived);
  },
  { settings },
);

pageTest(
  "The settings of a room are changed by keyboard, in both languages, on wide and narrow screens",
  async (stage) => {
    const [first] = SCREENS;
    const bea = await becomeMember(stage, "Bea", { role: "moderator" }, { locale: first.locale });
    await using mo = await Moderator.enter(stage);
    for (const { language, width } of SCREENS) {
      const words = language === "en" ? en : stringsOf(language);
      if (await bea.getAttribute("html", "lang") !== language) {
        await bea.click("#open-settings");
        await bea.locator(`#language input[value=${language}]`).check({ force: true });
        await eventually(() => bea.getAttribute("html", "lang"), language);
        await bea.keyboard.press("Escape");
      }
      await bea.setViewportSize({ width, height: 740 });
      // The colors are the same at each width.
      const check = (screen: string) =>
        checkAccessible(bea, screen, { hasNewColors: width === first.width });
      await bea.focus("#room-settings");
      await bea.keyboard.press("Enter");
      await bea.locator("#room-dialog[open]").waitFor();
      assert.equal(await bea.innerText("#room-dialog-title"), words.roomSettings);
      await bea.keyboard.type("W".repeat(90));
      await bea.keyboard.press("Tab");
      await bea.keyboard.type(`topic ${"long ".repeat(60)}`);
      await tabTo(bea, "room-field-read-only");
      await bea.keyboard.press("Space");
      await check("the dialog of a room's settings");
      await shoot(bea, `dialog-${language}-${width}`);
      assert.equal(await isSideways(bea, "room-dialog"), false);
      await bea.keyboard.press("Enter");
      await bea.locator("#room-dialog").waitFor({ state: "hidden" });
      await bea.locator(".room-mark", { hasText: words.markReadOnly }).waitFor();
      await check("a room with a title, a topic and a mark");
      await shoot(bea, `room-${language}-${width}`);
      assert.equal(await isSideways(bea, "conversation"), false);
      await eventually(() => bea.evaluate("document.activeElement.id"), "room-settings");
      await mo.ask("room", { title: "", topic: "", readOnly: false });
      await bea.locator(".room-mark").waitFor({ state: "detached" });
    }
  },
  { settings },
);

/** Presses Tab until an element of the dialog has the focus. */
async function tabTo(page: Page, id: string): Promise<void> {
  const fields = await page.locator("#room-dialog :is(input, select, button)").count();
  for (let i = 0; i < fields; i++) {
    await page.keyboard.press("Tab");
    if (await page.evaluate<string>("document.activeElement.id") === id) return;
  }
  assert.fail(`Tab does not lead to ${id}`);
}

function isSideways(page: Page, id: string): Promise<boolean> {
  return page.evaluate<boolean>(`document.getElementById("${id}").scrollWidth >
    document.getElementById("${id}").clientWidth`);
}

async function shoot(page: Page, name: string): Promise<void> {
  const folder = Deno.env.get("SHOTS");
  if (folder) await page.screenshot({ path: `${folder}/${name}.png` });
}
