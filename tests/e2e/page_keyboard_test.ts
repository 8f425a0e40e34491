/**
 * The chat page without a mouse: everything can be done, what has the focus is seen, and the focus is never lost.
 * @module
 */
import assert from "node:assert/strict";
import type { Page } from "playwright-core";
import { becomes, joined, lines, message, pageTest, told } from "./page_stage.ts";

interface Focus {
  readonly is: string;
  readonly isSeen: boolean;
}

/** What has the focus, and whether one sees that: in view, and with an outline or something like it. */
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

/** Presses a key, and sees to it that the focus is somewhere and is seen. */
async function press(page: Page, key: string): Promise<string> {
  await page.keyboard.press(key);
  let found = await focus(page);
  // What has just been asked for may still be on its way.
  await becomes(
    async () => (found = await focus(page)).is !== "nothing" && found.isSeen,
    true,
    `after ${key}: ${JSON.stringify(await focus(page))}`,
  );
  return found.is;
}

/** Presses Tab until it is there, if need be past the page's end, where it begins anew. */
async function tabTo(page: Page, wanted: string, key = "Tab"): Promise<void> {
  const passed: string[] = [];
  for (let left = 40; left > 0; left--) {
    await page.keyboard.press(key);
    const { is, isSeen } = await focus(page);
    passed.push(is);
    assert.ok(isSeen || is === "nothing", `${is} is not seen with the focus`);
    if (is === wanted) break;
  }
  assert.equal(passed.at(-1), wanted, `not reached by ${key}: ${passed.join(", ")}`);
  assert.ok(passed.filter((it) => it === "nothing").length < 2, passed.join(", "));
}

for (const width of [1300, 360]) {
  pageTest(`Everything can be done by keyboard, ${width} px wide`, async (stage) => {
    const ben = await stage.guest("Ben", "attic");
    await ben.say("is anybody here?").sent;
    // Without motion: a drawer that still comes is not in view.
    const page = await stage.enter("", {
      viewport: { width, height: 700 },
      reducedMotion: "reduce",
    });
    await becomes(async () => (await focus(page)).is, "text");

    // A name, from the bar that offers it.
    await tabTo(page, "guest-name", "Shift+Tab");
    assert.equal(await press(page, "Enter"), "name");
    await page.keyboard.type("Ann");
    await page.keyboard.press("Enter");
    await page.locator("#name-dialog").waitFor({ state: "hidden" });
    await becomes(async () => (await focus(page)).is, "text");

    // To another room.
    await press(page, "Control+k");
    assert.equal((await focus(page)).is, "join-room");
    await page.keyboard.type("attic");
    await page.keyboard.press("Enter");
    await page.locator("#room-title", { hasText: "# attic" }).waitFor();
    await joined(page);
    await becomes(async () => (await focus(page)).is !== "nothing", true);
    if ((await focus(page)).is !== "text") await tabTo(page, "text");
    await page.keyboard.type("I am here");
    assert.equal(await press(page, "Enter"), "text");
    await told(page, "I am here");

    // From the field to the other's message, and to its tools.
    await toLog(page);
    assert.ok(await isOn(page, "I am here"), "the newest");
    await press(page, "ArrowUp");
    assert.ok(await isOn(page, "is anybody here?"));
    assert.equal(await press(page, "Enter"), "pick");
    await press(page, "Enter");
    assert.equal((await focus(page)).is, "thumbs up");
    assert.equal(await press(page, "ArrowRight"), "red heart");
    await press(page, "ArrowLeft");
    await press(page, "Enter");
    await becomes(() => page.locator(".reaction:not(.add)").allTextContents(), ["👍 1"]);
    assert.equal((await focus(page)).is, "pick");
    await press(page, "Enter");
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
    await told(page, "yes\nI am");
    assert.match(await message(page, "yes\nI am").locator(".quote").innerText(), /is anybody here/);

    await press(page, "ArrowUp");
    await page.keyboard.press("Control+a");
    await page.keyboard.type("yes!");
    assert.equal(await press(page, "Enter"), "text");
    await message(page, "yes!").getByText("edited", { exact: true }).waitFor();
    await becomes(() => lines(page), [
      "Ben: is anybody here?",
      "Ann: I am here",
      "Ann: yes! edited",
    ]);

    // Deleting, with a way back.
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
    await becomes(async () => (await focus(page)).is !== "nothing", true, "after the deletion");

    // The emoji of the field, the settings, the people.
    await tabTo(page, "text");
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
    await becomes(async () => (await focus(page)).is, "text");
    await tabTo(page, "leave", "Shift+Tab");
    await page.keyboard.press("Enter");
    await page.getByText("You are in no room").waitFor();
    await becomes(async () => (await focus(page)).is, "no-room-join");
    await press(page, "Enter");
    await becomes(async () => (await focus(page)).is, "join-room");
  });
}

/** Goes back to the one message that is a stop for Tab. */
async function toLog(page: Page): Promise<void> {
  for (let left = 8; left > 0; left--) {
    await press(page, "Shift+Tab");
    if (await isOn(page, "")) return;
  }
  assert.fail("the log is not reached");
}

function isOn(page: Page, text: string): Promise<boolean> {
  return page.evaluate<boolean>(`document.activeElement.matches("article") &&
    document.activeElement.textContent.includes(${JSON.stringify(text)})`);
}

/** The end of a page leads out of it, to what a browser has around it; and nowhere else. */
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

pageTest("The first key leads past all that stands before the conversation", async (stage) => {
  const page = await stage.open("#den", { viewport: { width: 1300, height: 700 }, hasTouch: true });
  await joined(page);
  await page.evaluate("document.activeElement.blur()");
  assert.equal(await press(page, "Tab"), "skip");
  assert.equal(await press(page, "Enter"), "text");
});
