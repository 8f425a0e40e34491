/**
 * Several rooms on one chat page: joined, left and gone to by its address, with what is unread and what is half written in
 * each of them.
 * @module
 */
import assert from "node:assert/strict";
import type { Page } from "playwright-core";
import { becomes, joined, lines, message, pageTest, say, told } from "./page_stage.ts";

const WIDE = { viewport: { width: 1300, height: 700 } };

function row(page: Page, room: string) {
  return page.locator("#rooms a", { has: page.getByText(room, { exact: true }) });
}

function rooms(page: Page): Promise<readonly string[]> {
  return page.locator("#rooms .room-name").allTextContents();
}

async function join(page: Page, room: string): Promise<void> {
  await page.fill("#join-room", room);
  await page.press("#join-room", "Enter");
  await page.locator("#room-title", { hasText: `# ${room.replace("#", "")}` })
    .waitFor();
  await joined(page);
}

/** As if another tab were in front; the browser that tests drive never hides a page. */
async function look(page: Page, isLookedAt: boolean): Promise<void> {
  await page.evaluate(`{
    Object.defineProperty(document, "hidden", { configurable: true, value: ${!isLookedAt} });
    Object.defineProperty(document, "visibilityState",
      { configurable: true, value: ${isLookedAt} ? "visible" : "hidden" });
    document.hasFocus = () => ${isLookedAt};
    document.dispatchEvent(new Event("visibilitychange"));
  }`);
}

pageTest(
  "Rooms are joined, gone to, left and joined again, by the page and by its address",
  async (stage) => {
    const page = await stage.enter("?name=Ann", WIDE);
    assert.equal(page.url(), `${stage.url}/#lobby`, "what the address asked for once is taken");
    await join(page, "attic");
    await join(page, "#den");
    await becomes(() => rooms(page), ["lobby", "attic", "den"]);
    assert.equal(page.url(), `${stage.url}/#den`);
    await say(page, "in the den");
    await told(page, "in the den");
    await page.goBack();
    await page.locator("#room-title", { hasText: "# attic" }).waitFor();
    await becomes(() => lines(page), []);
    await page.getByText("Nothing has been said here yet. Say hello!").waitFor();
    await page.goForward();
    await becomes(() => lines(page), ["Ann: in the den"]);
    await row(page, "lobby").click();
    await page.locator("#room-title", { hasText: "# lobby" }).waitFor();
    await page.press("#text", "Alt+ArrowUp");
    await page.locator("#room-title", { hasText: "# den" }).waitFor();
    await page.press("#text", "Alt+ArrowUp");
    await page.locator("#room-title", { hasText: "# attic" }).waitFor();
    await page.press("#text", "Control+k");
    assert.equal(await page.evaluate("document.activeElement.id"), "join-room");

    for (const name of ["no such/room", "ü", "a b", "x".repeat(65), "<b>"]) {
      await page.fill("#join-room", name);
      await page.press("#join-room", "Enter");
      await page.locator("#join-error", { hasText: "A room's name has 1 to 64 letters" }).waitFor();
    }
    await page.fill("#join-room", "");

    await page.click("#leave");
    await page.locator("#room-title", { hasText: "# den" }).waitFor();
    await becomes(() => rooms(page), ["lobby", "den"]);
    await page.getByRole("button", { name: "Join again" }).click();
    await page.locator("#room-title", { hasText: "# attic" }).waitFor();
    await joined(page);
    await page.reload();
    await joined(page);
    await becomes(() => rooms(page), ["lobby", "den", "attic"]);
    await page.locator("#room-title", { hasText: "# attic" }).waitFor();
    for (const left of [["lobby", "den"], ["lobby"], []]) {
      await page.click("#leave");
      await becomes(() => rooms(page), left);
    }
    await page.getByText("You are in no room").waitFor();
    assert.ok(await page.isHidden("#composer"));
    assert.equal(page.url(), `${stage.url}/`);
    await page.click("#no-room-join");
    await page.keyboard.type("cellar");
    await page.keyboard.press("Enter");
    await joined(page);
    assert.equal(page.url(), `${stage.url}/#cellar`);
  },
);

pageTest(
  "What is unread is counted for each room, and told in the title of a page that is not looked at",
  async (stage) => {
    const page = await stage.enter("?name=Ann#den", WIDE);
    await join(page, "attic");
    const [den, attic] = [await stage.guest("Ben", "den"), await stage.guest("Cem", "attic")];
    for (const text of ["one", "two", "three"]) await den.say(text).sent;
    await row(page, "den").locator(".badge", { hasText: "3" }).waitFor();
    assert.equal(await row(page, "den").locator(".room-last").innerText(), "Ben: three");
    assert.equal(await row(page, "den").locator(".unseen").textContent(), "3 unread messages");
    await attic.say("looked at").sent;
    await told(page, "looked at");
    assert.equal(await row(page, "attic").locator(".badge").count(), 0);
    assert.equal(await page.title(), "#attic · Parley");

    await look(page, false);
    await becomes(() => page.title(), "(3) Parley");
    await attic.say("not looked at").sent;
    await becomes(() => page.title(), "(4) Parley");
    await row(page, "attic").locator(".badge", { hasText: "1" }).waitFor();
    await page.locator("#log .divider", { hasText: "1 new message" }).waitFor();
    await look(page, true);
    await becomes(() => page.title(), "#attic · Parley");
    await row(page, "attic").locator(".badge").waitFor({ state: "detached" });

    await page.reload();
    await joined(page);
    await row(page, "den").locator(".badge", { hasText: "3" }).waitFor();
    assert.equal(await row(page, "attic").locator(".badge").count(), 0, "what was read stays read");
    await row(page, "den").click();
    await message(page, "three").waitFor();
    await row(page, "den").locator(".badge").waitFor({ state: "detached" });
    for (let i = 0; i < 120; i++) attic.say(`busy ${i}`);
    await row(page, "attic").locator(".badge", { hasText: "99+" }).waitFor();
    await row(page, "attic").click();
    await page.locator("#log .divider", { hasText: "120 new messages" }).waitFor();
  },
);

pageTest("What is half written is kept for each room, also over a reload", async (stage) => {
  const page = await stage.enter("?name=Ann#den", WIDE);
  await say(page, "a question");
  const asked = await told(page, "a question");
  await asked.hover();
  await asked.getByRole("button", { name: "Reply" }).click();
  await page.fill("#text", "half a\nthought");
  await join(page, "attic");
  assert.equal(await page.inputValue("#text"), "");
  assert.ok(await page.isHidden("#banner"));
  await page.fill("#text", "another one");
  for (const load of [false, true]) {
    if (load) await page.reload();
    await joined(page);
    await row(page, "attic").click();
    await becomes(() => page.inputValue("#text"), "another one");
    assert.ok(await page.isHidden("#banner"));
    await row(page, "den").click();
    await becomes(() => page.inputValue("#text"), "half a\nthought");
    assert.equal(await page.innerText("#banner-words"), "Answering Ann: a question");
  }
  await page.press("#text", "Enter");
  const answer = await told(page, "half a\nthought");
  assert.match(await answer.locator(".quote").innerText(), /a question/);
  await page.press("#text", "ArrowUp");
  assert.equal(await page.inputValue("#text"), "half a\nthought");
  await page.fill("#text", "not saved");
  await page.reload();
  await joined(page);
  assert.equal(await page.inputValue("#text"), "", "what was sent is no draft any more");
  await row(page, "attic").click();
  await becomes(() => page.inputValue("#text"), "another one");
});

pageTest(
  "A room joined from the drawer is in view when the drawer is opened again",
  async (stage) => {
    const many = Array.from({ length: 18 }, (_, i) => `room-${i}`).join(" ");
    const before = `if (location.protocol === "http:") localStorage["parley-page.rooms"] ??= ${
      JSON.stringify(many)
    }`;
    const page = await stage.enter("?name=Ann", { before, viewport: { width: 360, height: 600 } });
    await page.click("#open-rooms");
    await join(page, "zulu");
    await page.click("#open-rooms");
    const box = await row(page, "zulu").boundingBox();
    assert.ok(box && box.y > 0 && box.y + box.height < 600, JSON.stringify(box));
  },
);

pageTest(
  "A notification leads to its room, however soon after the page was opened",
  async (stage) => {
    const page = await stage.enter("?name=Ann#den", WIDE);
    await page.evaluate(`navigator.serviceWorker.dispatchEvent(
    new MessageEvent("message", { data: { type: "open", url: location.origin + "/#attic" } }))`);
    await page.locator("#room-title", { hasText: "# attic" }).waitFor();
    await joined(page);
  },
);

pageTest("A room that refuses one shows nobody, and offers nobody to be shown", async (stage) => {
  await stage.guest("Ann", "den");
  const page = await stage.open("?name=Ann#den", { viewport: { width: 360, height: 600 } });
  await page.locator("#room-status.wrong").waitFor();
  await page.locator("#open-people").waitFor({ state: "hidden" });
});
