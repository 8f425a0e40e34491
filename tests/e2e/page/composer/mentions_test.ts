/**
 * Mentions in the chat page: whom it suggests while a name is typed, how a message looks to whom it mentions, and where it
 * is counted.
 * @module
 */
import assert from "node:assert/strict";
import type { Page } from "playwright-core";
import { checkAccessible } from "../accessible.ts";
import {
  eventually,
  message,
  pageTest,
  say,
  setVisibility,
  untilShown,
  whenJoined,
} from "../page_fixture.ts";

// Without motion, since colours that are about to change have too little contrast.
const WIDE = { viewport: { width: 1300, height: 700 }, reducedMotion: "reduce" } as const;
const PHONE = { viewport: { width: 360, height: 700 }, hasTouch: true, isMobile: true } as const;

/** The suggested names; an arrow marks the selected one, to which the field refers. Empty while the list is closed. */
function suggestions(page: Page): Promise<readonly string[]> {
  return page.evaluate<string[]>(`[...document.querySelectorAll("#mentions:not([hidden]) li")]
    .map((it) => {
      const isActive = document.getElementById("text").getAttribute("aria-activedescendant") === it.id;
      const isSelected = it.getAttribute("aria-selected") === "true";
      const sign = isActive && isSelected ? "> " : isActive || isSelected ? "? " : "";
      return sign + it.querySelector("bdi").textContent;
    })`);
}

/** The texts that are set off as mentions in a message. */
function mentioned(page: Page, text: string): Promise<readonly string[]> {
  return message(page, text).locator(".mention").allTextContents();
}

async function goTo(page: Page, room: string): Promise<void> {
  await page.locator("#rooms a", { hasText: room }).click();
  await page.locator("#room-title", { hasText: `# ${room}` }).waitFor();
  await whenJoined(page);
}

const badge = (page: Page) => page.locator("#rooms a", { hasText: "den" }).locator(".badge");

pageTest(
  "A name is completed by keyboard, and whoever is mentioned finds the message until it is read",
  async (stage) => {
    const ben = await stage.enter("?name=Ben Attwater#attic", WIDE);
    await ben.evaluate(`location.hash = "den"`);
    await whenJoined(ben);
    await stage.joinRoom("Bea", "den");
    await goTo(ben, "attic");
    const ann = await stage.enter("?name=Ann#den", WIDE);
    await eventually(() => ann.locator("#members .member").count(), 3);

    await ann.keyboard.type("mail ann@b.example, or ask @be");
    await eventually(() => suggestions(ann), ["> Ben Attwater", "Bea"]);
    await ann.keyboard.press("ArrowDown");
    await eventually(() => suggestions(ann), ["Ben Attwater", "> Bea"]);
    await ann.keyboard.press("ArrowDown");
    await eventually(() => suggestions(ann), ["> Ben Attwater", "Bea"]);
    await ann.keyboard.press("Enter");
    assert.equal(await ann.inputValue("#text"), "mail ann@b.example, or ask @Ben Attwater ");
    assert.deepEqual(await suggestions(ann), []);
    assert.equal(await ann.locator("#log article").count(), 0, "nothing was sent");
    await ann.keyboard.type("about `@Ben Attwater`");
    await ann.keyboard.press("Enter");
    await untilShown(ann, "or ask");
    assert.deepEqual(await mentioned(ann, "or ask"), ["@Ben Attwater"]);
    assert.equal(await ann.locator(".mentioning").count(), 0, "it does not mention its author");
    await say(ann, "no names here");

    await badge(ben).filter({ hasText: "@ 2" }).waitFor();
    await ben.getByRole("link", { name: "2 unread messages, you are mentioned" }).waitFor();
    await ben.keyboard.press("Control+k");
    await ben.locator("#palette-list", { hasText: "2 unread messages, you are mentioned" })
      .waitFor();
    await ben.keyboard.press("Escape");
    await setVisibility(ben, "elsewhere");
    await eventually(() => ben.title(), "(@ 2) Parley");
    await setVisibility(ben, "here");

    await goTo(ben, "den");
    const row = await untilShown(ben, "or ask");
    assert.deepEqual(await mentioned(ben, "or ask"), ["@Ben Attwater"]);
    assert.deepEqual(await ben.locator(".mentioning .text").allInnerTexts(), [
      "mail ann@b.example, or ask @Ben Attwater about @Ben Attwater",
    ]);
    assert.match(await row.locator(".head").innerText(), /mentions you/);
    await checkAccessible(ben, "a message that mentions the user");
    await badge(ben).waitFor({ state: "detached" });
    await ann.keyboard.type("again, @Ben Attwater");
    await ann.keyboard.press("Escape");
    await ann.keyboard.press("Enter");
    await untilShown(ben, "again");
    await goTo(ben, "attic");
    assert.equal(await badge(ben).count(), 0, "what is seen is read");
    await ben.reload();
    await whenJoined(ben);
    assert.equal(await badge(ben).count(), 0);
  },
);

pageTest("The list of people to mention closes without side effects", async (stage) => {
  for (const name of ["Ben", "Bea", "Eve"]) await stage.joinRoom(name, "den");
  const page = await stage.enter("?name=Ann#den", WIDE);
  await page.locator(".member", { hasText: "Eve" }).waitFor();
  await page.locator("#members").getByRole("button", { name: "Block Eve" }).click({ force: true });
  await say(page, "hello");
  await (await untilShown(page, "hello")).hover();
  await page.getByRole("button", { name: "Reply", exact: true }).click();

  await page.keyboard.type("@");
  await eventually(
    () => suggestions(page),
    ["> Ben", "Bea"],
    "neither blocked people nor the user",
  );
  await page.keyboard.press("Escape");
  assert.deepEqual(await suggestions(page), []);
  assert.ok(await page.isVisible("#banner"), "the reply goes on");
  await page.keyboard.type("b");
  await page.keyboard.press("Backspace");
  await eventually(() => suggestions(page), ["> Ben", "Bea"]);
  await page.keyboard.type("bea");
  await eventually(() => suggestions(page), ["> Bea"]);

  // An input method has the keys while it is composing.
  const isTaken = await page.evaluate(`["Enter", "ArrowDown", "Escape"].some((key) =>
    !document.getElementById("text").dispatchEvent(new KeyboardEvent("keydown",
      { key, isComposing: true, bubbles: true, cancelable: true })))`);
  assert.equal(isTaken, false);
  assert.deepEqual(await suggestions(page), ["> Bea"]);

  await page.keyboard.press("ArrowLeft");
  await eventually(() => suggestions(page), [], "the caret has moved");
  await page.keyboard.press("End");
  await page.keyboard.type(" is");
  await eventually(() => suggestions(page), [], "the name has ended");
  await page.fill("#text", "@be");
  await eventually(() => suggestions(page), ["> Ben", "Bea"]);
  await page.keyboard.press("Shift+Tab");
  await eventually(() => suggestions(page), [], "the field is left");
  await page.fill("#text", "@be!");
  await page.keyboard.press("ArrowLeft");
  await page.keyboard.type("a");
  await eventually(() => suggestions(page), ["> Bea"]);
  await page.keyboard.press("Tab");
  assert.equal(await page.inputValue("#text"), "@Bea !");
  assert.equal(await page.evaluate("document.activeElement.id"), "text");

  await page.keyboard.press("Control+a");
  await page.keyboard.type("@be");
  await eventually(() => suggestions(page), ["> Ben", "Bea"]);
  await page.click("#send");
  await untilShown(page, "@be");
  assert.deepEqual(await suggestions(page), []);
  await page.click("#text");
  await page.keyboard.press("ArrowUp");
  await eventually(() => page.inputValue("#text"), "@be");
  await page.keyboard.type("a");
  await page.keyboard.press("Enter");
  await message(page, "@bea").getByText("edited", { exact: true }).waitFor();
  assert.equal(await page.locator(".mention").count(), 0, "an edit mentions nobody");
});

pageTest(
  "The list of people to mention closes with each text that it was opened for",
  async (stage) => {
    for (const name of ["Ben", "Bea"]) await stage.joinRoom(name, "den");
    const page = await stage.enter("?name=Ann#attic", WIDE);
    await page.evaluate(`location.hash = "den"`);
    await page.locator("#people-count", { hasText: "3" }).waitFor({ state: "attached" });
    await whenJoined(page);
    await page.focus("#text");
    const open = async (text: string) => {
      await page.keyboard.type(text);
      await eventually(() => suggestions(page), ["> Ben", "Bea"]);
    };
    const closed = async (when: string) => {
      assert.deepEqual(await suggestions(page), [], when);
      assert.equal(await page.getAttribute("#text", "aria-activedescendant"), null, when);
    };

    await open("hello @be");
    await page.keyboard.press("Control+Enter");
    await eventually(() => page.inputValue("#text"), "");
    await closed("the message was sent");
    await untilShown(page, "hello @be");

    await open("/unknown @be");
    await page.keyboard.press("Control+Enter");
    await page.locator("#text-error", { hasText: /./ }).waitFor();
    await closed("the command was run");
    await page.fill("#text", "");

    // By keyboard, so that the field keeps the focus.
    await open("to @be");
    await page.keyboard.press("Alt+ArrowUp");
    await page.locator("#room-title", { hasText: "# attic" }).waitFor();
    await closed("another room is shown");
    await page.keyboard.type("@be");
    await closed("nobody is in that room");
    await page.keyboard.press("Enter");
    await untilShown(page, "@be");
    await page.keyboard.press("Alt+ArrowDown");
    await eventually(() => page.inputValue("#text"), "to @be");
    await closed("the draft was not typed just now");

    // A list that was dismissed is one of the text that is gone.
    await page.fill("#text", "@be");
    await eventually(() => suggestions(page), ["> Ben", "Bea"]);
    await page.keyboard.press("Escape");
    await page.keyboard.press("Enter");
    await eventually(() => page.inputValue("#text"), "");
    await page.keyboard.insertText("@be");
    await eventually(() => suggestions(page), ["> Ben", "Bea"]);
  },
);

pageTest("On a phone, a tap completes a name", async (stage) => {
  await stage.joinRoom("张伟", "den");
  const page = await stage.enter("?name=Ann#den", PHONE);
  await page.locator("#people-count", { hasText: "2" }).waitFor();
  await page.tap("#text");
  await page.keyboard.type("请@张");
  await eventually(() => suggestions(page), ["> 张伟"]);
  await page.tap("#mentions li");
  assert.equal(await page.inputValue("#text"), "请@张伟 ");
  assert.equal(await page.evaluate("document.activeElement.id"), "text");
  await page.keyboard.type("看");
  await page.tap("#send");
  await untilShown(page, "请@张伟 看");
  assert.deepEqual(await mentioned(page, "看"), ["@张伟"]);
});

pageTest("Typing @ loads the list, and keeps what is typed meanwhile", async (stage) => {
  await stage.joinRoom("Ben", "den");
  const page = await stage.open("?name=Ann#den", { ...WIDE, serviceWorkers: "block" });
  const { promise, resolve } = Promise.withResolvers<void>();
  await page.context().route("**/page/later.js", async (route) => {
    await promise;
    await route.continue();
  });
  await whenJoined(page);
  await page.focus("#text");
  const request = page.waitForRequest("**/page/later.js");
  await page.keyboard.type("hello @");
  await request;
  await page.keyboard.type("be");
  assert.equal(await page.locator("#mentions").count(), 0);
  resolve();
  await eventually(() => suggestions(page), ["> Ben"]);
  assert.equal(await page.inputValue("#text"), "hello @be");
  await page.keyboard.press("Enter");
  assert.equal(await page.inputValue("#text"), "hello @Ben ");
});

pageTest(
  "A pending message sets off whom it mentions, and still does so once it is sent",
  async (stage) => {
    await stage.joinRoom("Ben", "den");
    const page = await stage.enter("?name=Ann#den", WIDE);
    await page.locator(".member", { hasText: "Ben" }).waitFor();
    await stage.stopService();
    await page.locator("body[data-state=waiting]").waitFor();
    await say(page, "are you there, @ben?");
    await page.locator(".pending .mention", { hasText: "@ben" }).waitFor();
    await stage.startService();
    await untilShown(page, "are you there");
    assert.deepEqual(await mentioned(page, "are you there"), ["@ben"]);
  },
  { restarts: "service" },
);
