/**
 * The chat page without a mouse: every action is possible, the focus is visible, and it is never lost.
 * @module
 */
import assert from "node:assert/strict";
import type { Page } from "playwright-core";
import { eventually, lines, message, pageTest, untilShown, whenJoined } from "../page_fixture.ts";

interface Focus {
  readonly is: string;
  readonly isSeen: boolean;
}

/** The focused element, and whether its focus is visible: in view, and with an outline or similar. */
function focus(page: Page): Promise<Focus> {
  return page.evaluate<Focus>(`{
    const it = document.activeElement;
    const name = it.id || it.dataset.do || it.getAttribute("aria-label") || it.className || it.localName;
    const box = it.getBoundingClientRect();
    const style = getComputedStyle(it);
    // A field may show it by the box around it.
    const around = it.closest("form, .switch, label") ?? it;
    const marks = [style, getComputedStyle(around)];
    const isMarked = marks.some(({ outlineStyle, outlineWidth, boxShadow }) =>
      (outlineStyle !== "none" && outlineWidth !== "0px") || boxShadow !== "none");
    const isInView = box.width > 0 && box.height > 0 && box.bottom > 0 && box.top < innerHeight &&
      box.right > 0 && box.left < innerWidth;
    ({ is: it === document.body ? "nothing" : name, isSeen: isMarked && isInView });
  }`);
}

/** Presses a key, and checks that something has a visible focus. */
async function press(page: Page, key: string): Promise<string> {
  await page.keyboard.press(key);
  let found = await focus(page);
  // What was just requested may still be loading.
  await eventually(
    async () => (found = await focus(page)).is !== "nothing" && found.isSeen,
    true,
    `after ${key}: ${JSON.stringify(await focus(page))}`,
  );
  return found.is;
}

/** Presses Tab until the element has the focus, if necessary past the page's end and on from its start. */
async function tabTo(page: Page, wanted: string, key = "Tab"): Promise<void> {
  const passed: string[] = [];
  for (let left = 40; left > 0; left--) {
    await page.keyboard.press(key);
    const { is, isSeen } = await focus(page);
    passed.push(is);
    assert.ok(isSeen || is === "nothing", `${is} has no visible focus`);
    if (is === wanted) break;
  }
  assert.equal(passed.at(-1), wanted, `not reached by ${key}: ${passed.join(", ")}`);
  assert.ok(passed.filter((it) => it === "nothing").length < 2, passed.join(", "));
}

for (const width of [1300, 360]) {
  pageTest(`Every action is possible by keyboard, ${width} px wide`, async (stage) => {
    const ben = await stage.joinRoom("Ben", "attic");
    await ben.say("is anybody here?").sent;
    // Without motion: a drawer that is still opening is not in view.
    const page = await stage.enter("", {
      viewport: { width, height: 700 },
      reducedMotion: "reduce",
    });
    await eventually(async () => (await focus(page)).is, "text");

    // A name, from the bar that offers it.
    await tabTo(page, "guest-name", "Shift+Tab");
    await page.keyboard.press("Enter");
    await eventually(async () => (await focus(page)).is, "name");
    await page.keyboard.type("Ann");
    await page.keyboard.press("Enter");
    await page.locator("#name-dialog").waitFor({ state: "hidden" });
    await eventually(async () => (await focus(page)).is, "text");

    // To another room.
    await press(page, "Control+k");
    await eventually(async () => (await focus(page)).is, "palette-field");
    await page.keyboard.type("attic");
    await press(page, "ArrowDown");
    await page.keyboard.press("Enter");
    await page.locator("#room-title", { hasText: "# attic" }).waitFor();
    await whenJoined(page);
    await eventually(async () => (await focus(page)).is !== "nothing", true);
    if ((await focus(page)).is !== "text") await tabTo(page, "text");
    await page.keyboard.type("I am here");
    assert.equal(await press(page, "Enter"), "text");
    await untilShown(page, "I am here");

    // From the field to the other's message, and to its tools.
    await toLog(page);
    assert.ok(await isOn(page, "I am here"), "the newest");
    await press(page, "ArrowUp");
    assert.ok(await isOn(page, "is anybody here?"));
    await page.keyboard.press("Enter");
    await page.locator(".tool[data-do=pick]:focus").waitFor();
    await press(page, "Enter");
    assert.equal((await focus(page)).is, "thumbs up");
    assert.equal(await press(page, "ArrowRight"), "red heart");
    await press(page, "ArrowLeft");
    await press(page, "Enter");
    await eventually(() => page.locator(".reaction:not(.add)").allTextContents(), ["👍 1"]);
    await eventually(async () => (await focus(page)).is, "text", "after the reaction");
    await toLog(page);
    assert.ok(await isOn(page, "is anybody here?"));
    assert.equal(await press(page, "Enter"), "pick");
    await press(page, "Enter");
    assert.equal((await focus(page)).is, "thumbs up");
    assert.equal(await press(page, "Escape"), "pick");
    await press(page, "Escape");
    assert.ok(await isOn(page, "is anybody here?"));

    await press(page, "Enter");
    assert.equal(await press(page, "ArrowRight"), "reply");
    assert.equal(await press(page, "Enter"), "text");
    await page.keyboard.type("yes");
    await press(page, "Shift+Enter");
    await page.keyboard.type("I am");
    await press(page, "Enter");
    await untilShown(page, "yes\nI am");
    assert.match(await message(page, "yes\nI am").locator(".quote").innerText(), /is anybody here/);

    await press(page, "ArrowUp");
    await page.keyboard.press("Control+a");
    await page.keyboard.type("yes!");
    assert.equal(await press(page, "Enter"), "text");
    await message(page, "yes!").getByText("edited", { exact: true }).waitFor();
    await eventually(() => lines(page), [
      "Ben: is anybody here?",
      "Ann: I am here",
      "Ann: yes! edited",
    ]);

    // Deleting, with undo.
    const askToDelete = async () => {
      assert.ok(await isOn(page, "yes!"));
      await press(page, "Enter");
      for (const tool of ["reply", "edit", "delete"]) {
        assert.equal(await press(page, "ArrowRight"), tool);
      }
      await press(page, "Enter");
    };
    await toLog(page);
    await press(page, "End");
    await askToDelete();
    assert.ok(await page.locator("#delete-dialog[open]").isVisible());
    assert.equal(await press(page, "Escape"), "said own");
    await askToDelete();
    await tabTo(page, "danger");
    await page.keyboard.press("Enter");
    await page.locator("#log .deleted").waitFor();
    await eventually(async () => (await focus(page)).is, "text", "after the deletion");

    // The field's emoji, the settings, the members.
    await tabTo(page, "emoji", "Shift+Tab");
    await press(page, "Enter");
    await press(page, "End");
    assert.equal(await press(page, "Escape"), "emoji");
    if (width === 360) {
      await tabTo(page, "open-people", "Shift+Tab");
      await press(page, "Enter");
      await staysIn(page, "#people");
      assert.equal(await press(page, "Escape"), "open-people");
      await tabTo(page, "open-rooms", "Shift+Tab");
      await press(page, "Enter");
    }
    await tabTo(page, "open-settings", "Shift+Tab");
    await press(page, "Enter");
    assert.ok(await isIn(page, "#settings-dialog"));
    await staysIn(page, "#settings-dialog");
    assert.equal(await press(page, "Escape"), "open-settings");
    if (width === 360) assert.equal(await press(page, "Escape"), "open-rooms");

    await tabTo(page, "leave");
    await page.keyboard.press("Enter");
    await page.locator("#room-title", { hasText: "# lobby" }).waitFor();
    await eventually(async () => (await focus(page)).is, "text");
    await tabTo(page, "leave", "Shift+Tab");
    await page.keyboard.press("Enter");
    await page.getByText("You have not joined any rooms").waitFor();
    await eventually(async () => (await focus(page)).is, "no-room-join");
    await press(page, "Enter");
    await eventually(async () => (await focus(page)).is, "palette-field");
  });
}

/** Returns to the one message that is a stop for Tab. */
async function toLog(page: Page): Promise<void> {
  for (let left = 8; left > 0; left--) {
    await press(page, "Shift+Tab");
    if (await isOn(page, "")) return;
  }
  assert.fail("Tab does not reach the log");
}

function isOn(page: Page, text: string): Promise<boolean> {
  return page.evaluate<boolean>(`document.activeElement.matches("article") &&
    document.activeElement.textContent.includes(${JSON.stringify(text)})`);
}

/** The end of the page leads to the browser's own controls, and nowhere else. */
async function staysIn(page: Page, selector: string): Promise<void> {
  for (let i = 0; i < 8; i++) {
    await page.keyboard.press("Tab");
    const { is, isSeen } = await focus(page);
    assert.ok(is === "nothing" || (isSeen && await isIn(page, selector)), `${is} in ${selector}`);
  }
}

function isIn(page: Page, selector: string): Promise<boolean> {
  return page.evaluate<boolean>(`document.activeElement.closest("${selector}") !== null`);
}

pageTest("The first Tab stop skips to the conversation", async (stage) => {
  const page = await stage.open("#den", { viewport: { width: 1300, height: 700 }, hasTouch: true });
  await whenJoined(page);
  await page.evaluate("document.activeElement.blur()");
  assert.equal(await press(page, "Tab"), "skip");
  assert.equal(await press(page, "Enter"), "text");
});
