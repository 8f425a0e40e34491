/**
 * Several rooms on one chat page: joined, left and opened by address, each with its unread count and its draft.
 * @module
 */
import assert from "node:assert/strict";
import type { Page } from "playwright-core";
import { connect } from "../../../../static/client.js";
import { SECRET, signToken } from "../../../support/app.ts";
import {
  eventually,
  lines,
  message,
  pageTest,
  say,
  setVisibility,
  untilShown,
  whenJoined,
} from "../page_fixture.ts";

const WIDE = { viewport: { width: 1300, height: 700 } };

function row(page: Page, room: string) {
  return page.locator("#rooms a", { has: page.getByText(room, { exact: true }) });
}

function rooms(page: Page): Promise<readonly string[]> {
  return page.locator("#rooms .room-name").allTextContents();
}

async function join(page: Page, typed: string, room = typed.replace("#", "")): Promise<void> {
  await page.click("#find-room");
  await page.locator("#palette[open]").waitFor();
  await page.fill("#palette-field", typed);
  const create = page.locator("#palette [data-kind=create]");
  if (await create.count() > 0) await create.click();
  else await page.press("#palette-field", "Enter");
  await page.getByRole("heading", { name: `# ${room}`, exact: true }).waitFor();
  await whenJoined(page);
}

pageTest(
  "Rooms can be joined, opened, left and rejoined, by the page and by its address",
  async (stage) => {
    const page = await stage.enter("?name=Ann", WIDE);
    assert.equal(
      page.url(),
      `${stage.url}/#lobby`,
      "one-time parameters are removed from the address",
    );
    await join(page, "attic");
    await join(page, "#den");
    await eventually(() => rooms(page), ["lobby", "attic", "den"]);
    assert.equal(page.url(), `${stage.url}/#den`);
    await say(page, "in the den");
    await untilShown(page, "in the den");
    await page.goBack();
    await page.locator("#room-title", { hasText: "# attic" }).waitFor();
    await eventually(() => lines(page), []);
    await page.getByText("No messages yet. Say hello!").waitFor();
    await page.goForward();
    await eventually(() => lines(page), ["Ann: in the den"]);
    await row(page, "lobby").click();
    await page.locator("#room-title", { hasText: "# lobby" }).waitFor();
    await page.press("#text", "Alt+ArrowUp");
    await page.locator("#room-title", { hasText: "# den" }).waitFor();
    await page.press("#text", "Alt+ArrowUp");
    await page.locator("#room-title", { hasText: "# attic" }).waitFor();

    await page.click("#leave");
    await page.locator("#room-title", { hasText: "# den" }).waitFor();
    await eventually(() => rooms(page), ["lobby", "den"]);
    await page.getByRole("button", { name: "Join again" }).click();
    await page.locator("#room-title", { hasText: "# attic" }).waitFor();
    await whenJoined(page);
    await page.reload();
    await whenJoined(page);
    await eventually(() => rooms(page), ["lobby", "den", "attic"]);
    await page.locator("#room-title", { hasText: "# attic" }).waitFor();
    for (const left of [["lobby", "den"], ["lobby"], []]) {
      await page.click("#leave");
      await eventually(() => rooms(page), left);
    }
    await page.getByText("You have not joined any rooms").waitFor();
    assert.ok(await page.isHidden("#composer"));
    assert.equal(page.url(), `${stage.url}/`);
    await page.click("#no-room-join");
    await page.fill("#palette-field", "cellar");
    await page.click("#palette [data-kind=create]");
    await whenJoined(page);
    assert.equal(page.url(), `${stage.url}/#cellar`);
  },
);

pageTest(
  "Room names are lower case in any script, including those in links",
  async (stage) => {
    const page = await stage.enter("?name=Ann#%E5%A4%A7%E5%8E%85", WIDE);
    await page.locator("#room-title", { hasText: "# 大厅" }).waitFor();
    await whenJoined(page);
    const ben = await stage.joinRoom("Ben", "大厅");
    await ben.say("你好").sent;
    await untilShown(page, "你好");
    await join(page, "CAFÉ".normalize("NFD"), "café");
    await page.fill("#text", "half written");
    await join(page, "Attic", "attic");
    await eventually(() => rooms(page), ["大厅", "café", "attic"]);
    await eventually(() => Promise.resolve(page.url()), `${stage.url}/#attic`);
    await eventually(() => page.getAttribute("#text", "placeholder"), "Message #attic");
    await eventually(() => page.title(), "#attic · Parley");
    await say(page, "up here");
    await untilShown(page, "up here");
    await page.evaluate("location.hash = '#ATTIC'");
    await eventually(() => Promise.resolve(page.url()), `${stage.url}/#attic`);
    await eventually(() => lines(page), ["Ann: up here"]);
    await eventually(() => rooms(page), ["大厅", "café", "attic"]);
    await page.reload();
    await whenJoined(page);
    await eventually(() => rooms(page), ["大厅", "café", "attic"]);
    await row(page, "café").click();
    await eventually(() => page.inputValue("#text"), "half written");
  },
);

pageTest(
  "Unread messages are counted for each room, and in the title while the page is not in view",
  async (stage) => {
    const page = await stage.enter("?name=Ann#den", WIDE);
    // A notification opens its room, even right after the page was opened.
    await page.evaluate(`navigator.serviceWorker.dispatchEvent(
      new MessageEvent("message", { data: { type: "open", url: location.origin + "/#attic" } }))`);
    await page.locator("#room-title", { hasText: "# attic" }).waitFor();
    await whenJoined(page);
    const [den, attic] = [await stage.joinRoom("Ben", "den"), await stage.joinRoom("Cem", "attic")];
    for (const text of ["one", "two", "three"]) await den.say(text).sent;
    await row(page, "den").locator(".badge", { hasText: "3" }).waitFor();
    await eventually(() => row(page, "den").locator(".room-last").innerText(), "Ben: three");
    assert.equal(await row(page, "den").locator(".unseen").textContent(), "3 unread messages");
    await attic.say("looked at").sent;
    await untilShown(page, "looked at");
    await eventually(() => row(page, "attic").locator(".badge").count(), 0);
    assert.equal(await page.title(), "#attic · Parley");

    await setVisibility(page, "elsewhere");
    await eventually(() => page.title(), "(3) Parley");
    await attic.say("not looked at").sent;
    await eventually(() => page.title(), "(4) Parley");
    await row(page, "attic").locator(".badge", { hasText: "1" }).waitFor();
    await page.locator("#log .divider", { hasText: "1 new message" }).waitFor();
    await setVisibility(page, "here");
    await eventually(() => page.title(), "#attic · Parley");
    await row(page, "attic").locator(".badge").waitFor({ state: "detached" });

    await page.reload();
    await whenJoined(page);
    await row(page, "den").locator(".badge", { hasText: "3" }).waitFor();
    assert.equal(await row(page, "attic").locator(".badge").count(), 0, "read messages stay read");
    await row(page, "den").click();
    await message(page, "three").waitFor();
    await row(page, "den").locator(".badge").waitFor({ state: "detached" });
    for (let i = 0; i < 120; i++) attic.say(`busy ${i}`);
    await row(page, "attic").locator(".badge", { hasText: "99+" }).waitFor();
    await row(page, "attic").click();
    await page.locator("#log .divider", { hasText: "120 new messages" }).waitFor();
  },
);

pageTest(
  "The first message in a room that was empty when joined is marked as new",
  async (stage) => {
    const page = await stage.enter("?name=Ann#den", WIDE);
    for (const room of ["cellar", "attic"]) await join(page, room);
    for (const name of ["den", "cellar"]) {
      const room = await stage.joinRoom(`Ben of ${name}`, name);
      for (const text of ["one", "two"]) await room.say(text).sent;
      await row(page, name).locator(".badge", { hasText: "2" }).waitFor();
    }
    for (const name of ["den", "cellar"]) {
      // Even after the page that joined the room is closed.
      if (name === "cellar") await page.reload();
      await whenJoined(page);
      await row(page, name).click();
      await page.locator("#log .divider + article", { hasText: "one" }).waitFor();
      assert.equal(await page.locator("#log .divider").innerText(), "2 new messages", name);
    }
    // Messages from before the join are not new.
    await (await stage.joinRoom("Cem", "garden")).say("long ago").sent;
    await page.goto(`${stage.url}/#garden`);
    await untilShown(page, "long ago");
    assert.equal(await page.locator("#log .divider").count(), 0);
  },
);

pageTest("A draft is kept for each room, even across a reload", async (stage) => {
  const page = await stage.enter("?name=Ann#den", WIDE);
  await say(page, "a question");
  const asked = await untilShown(page, "a question");
  await asked.hover();
  await asked.getByRole("button", { name: "Reply" }).click();
  await page.fill("#text", "half a\nthought");
  await join(page, "attic");
  assert.equal(await page.inputValue("#text"), "");
  assert.ok(await page.isHidden("#banner"));
  await page.fill("#text", "another one");
  for (const load of [false, true]) {
    if (load) await page.reload();
    await whenJoined(page);
    await row(page, "attic").click();
    await eventually(() => page.inputValue("#text"), "another one");
    assert.ok(await page.isHidden("#banner"));
    await row(page, "den").click();
    await eventually(() => page.inputValue("#text"), "half a\nthought");
    assert.equal(await page.innerText("#banner-words"), "Replying to Ann: a question");
  }
  await page.press("#text", "Enter");
  const answer = await untilShown(page, "half a\nthought");
  assert.match(await answer.locator(".quote").innerText(), /a question/);
  await page.press("#text", "ArrowUp");
  assert.equal(await page.inputValue("#text"), "half a\nthought");
  await page.fill("#text", "not saved");
  await page.reload();
  await whenJoined(page);
  assert.equal(await page.inputValue("#text"), "not saved");
  assert.equal(await page.innerText("#banner-words"), "Editing your message");
  await page.press("#text", "Escape");
  assert.equal(await page.inputValue("#text"), "", "a sent draft is gone");
  await row(page, "attic").click();
  await eventually(() => page.inputValue("#text"), "another one");
});

pageTest(
  "A room joined from the drawer is in view when the drawer is opened again",
  async (stage) => {
    const many = Array.from({ length: 18 }, (_, i) => `room-${i}`).join(" ");
    const before = `if (location.protocol === "http:") localStorage["parley-page.rooms"] ??= ${
      JSON.stringify(many)
    }`;
    // The drawer slides.
    const opening = {
      reducedMotion: "no-preference",
      viewport: { width: 360, height: 600 },
    } as const;
    const page = await stage.enter("?name=Ann", { before, ...opening });
    await page.click("#open-rooms");
    await join(page, "zulu");
    await page.click("#open-rooms");
    const box = await row(page, "zulu").boundingBox();
    assert.ok(box && box.y > 0 && box.y + box.height < 600, JSON.stringify(box));
  },
);

pageTest(
  "A drawer stays open while the screen becomes wider or narrower, until it is wide enough for the panel",
  async (stage) => {
    const page = await stage.enter("?name=Ann#den", { viewport: { width: 1_000, height: 600 } });
    await page.click("#open-people");
    for (const [width, isOpen] of [[600, true], [1_000, true], [1_200, false]] as const) {
      await page.setViewportSize({ width, height: 600 });
      // The page learns of the new width before it draws the second frame.
      await page.evaluate(
        "new Promise((resolve) => { requestAnimationFrame(() => requestAnimationFrame(resolve)); })",
      );
      assert.equal(await page.locator("#people.open").count(), isOpen ? 1 : 0, `${width} px`);
    }
    await page.locator("#conversation:not([inert])").waitFor();
  },
);

pageTest(
  "A room that refuses the user lists no members",
  async (stage) => {
    const page = await stage.open("?name=Ann#den", { viewport: { width: 360, height: 600 } });
    await whenJoined(page);
    await page.goto(`${stage.url}/#attic`);
    await whenJoined(page);
    await stage.stopService();
    // The page remembers two rooms, but may join only one.
    await stage.startService({ MAX_ROOMS: "1" });
    await page.reload();
    await page.locator("#room-status.wrong").waitFor();
    await page.locator("#open-people").waitFor({ state: "hidden" });
  },
  { restarts: "service" },
);

pageTest(
  "A room that does not exist is refused in words to a guest, who can leave it, or join it once it exists",
  async (stage) => {
    using app = connect(`${stage.url}/ws`, { token: () => signToken() });
    const page = await stage.enter("?name=Gil#lobby", WIDE);
    for (
      const [locale, words, leave] of [
        ["en", "it does not exist, and you may not create it.", "Leave this room"],
        ["zh-CN", "房间不存在，而你没有新建的权限。", "离开房间"],
      ] as const
    ) {
      const room = `den-${locale.toLowerCase()}`;
      if (locale !== "en") {
        await page.click("#leave");
        await page.locator("#room-title", { hasText: "# lobby" }).waitFor();
        await page.click("#open-settings");
        await page.locator("#language input[value=zh]").check({ force: true });
        await page.locator("html[lang=zh]").waitFor();
        await page.keyboard.press("Escape");
      }
      await page.goto(`${stage.url}/#${room}`);
      const bar = page.locator("#room-status.wrong");
      await bar.getByText(words).waitFor();
      await page.getByRole("button", { name: leave, exact: true }).and(bar.locator("button"))
        .click();
      await page.getByRole("heading", { name: "# lobby", exact: true }).waitFor();
      assert.deepEqual(await rooms(page), ["lobby"]);
      await bar.waitFor({ state: "hidden" });
      // Whoever comes back once it exists is let in.
      await page.goto(`${stage.url}/#${room}`);
      await bar.getByText(words).waitFor();
      await page.goto(`${stage.url}/#lobby`);
      await whenJoined(page);
      await app.join(room).say("welcome").sent;
      await page.goto(`${stage.url}/#${room}`);
      await untilShown(page, "welcome");
      await bar.waitFor({ state: "hidden" });
    }
  },
  { settings: { ROOM_CREATION: "members", JWT_SECRET: SECRET } },
);

pageTest(
  "A room with an unsent message is left after a confirmation, and the message is not sent later",
  async (stage) => {
    const page = await stage.enter("?name=Ann#den", WIDE);
    await page.locator("#leave-dialog").waitFor({ state: "attached" });
    await stage.stopService();
    await page.locator("body:not([data-state=online])").waitFor();
    await say(page, "never mind");
    await message(page, "never mind").waitFor();
    await page.click("#leave");
    await page.getByText("Leave #den?").waitFor();
    await page.getByText("Something that you wrote here is not sent.").waitFor();
    await page.click("#leave-cancel");
    await message(page, "never mind").waitFor();
    await page.click("#leave");
    await page.click("#leave-do");
    await page.getByText("You have not joined any rooms").waitFor();
    await stage.startService();
    await page.getByRole("button", { name: "Join again" }).click();
    await whenJoined(page);
    await say(page, "back again");
    await untilShown(page, "back again");
    assert.deepEqual(await lines(page), ["Ann: back again"]);
    // With nothing to be sent, nothing is asked.
    await page.click("#leave");
    await page.getByText("You have not joined any rooms").waitFor();
  },
  { restarts: "service" },
);
