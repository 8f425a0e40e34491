/**
 * Where key presses go: text typed outside a field enters the message field, and Enter in a code block inserts a new
 * line.
 * @module
 */
import assert from "node:assert/strict";
import type { Page } from "playwright-core";
import { eventually, lines, message, pageTest, say, untilShown } from "../page_fixture.ts";

const field = (page: Page) => page.inputValue("#text");
const hint = (page: Page) => page.innerText("#hint");

pageTest("Text typed with the focus in the log enters the message field", async (stage) => {
  const page = await stage.enter("?name=Ann#den");
  await say(page, "one https://a.example/");
  await untilShown(page, "one");
  const row = message(page, "one");
  const places: readonly [string, () => Promise<unknown>][] = [
    ["a message", () => row.focus()],
    ["a link", () => row.locator("a").focus()],
    ["the page", () => page.evaluate("document.activeElement.blur()")],
  ];
  for (const [where, go] of places) {
    await go();
    await page.keyboard.type("hé?");
    assert.equal(await field(page), "hé?", where);
    assert.equal(await page.evaluate("document.activeElement.id"), "text", where);
    await page.fill("#text", "");
  }
  await row.focus();
  for (const key of ["ArrowUp", "Control+a", "Alt+x", " ", "Shift", "Escape", "F9"]) {
    await page.keyboard.press(key);
    assert.equal(await field(page), "", key);
    assert.equal(await page.evaluate("document.activeElement.localName"), "article", key);
  }
  await page.keyboard.press("Enter");
  await page.locator(".tool[data-do=pick]:focus").waitFor();
  await page.keyboard.press("x");
  assert.equal(await field(page), "x");
  // A field and a dialog keep what is typed in them.
  await page.click("#find-room");
  await page.locator("#palette[open]").waitFor();
  await page.keyboard.type("attic");
  assert.equal(await page.inputValue("#palette-field"), "attic");
  await page.keyboard.press("Escape");
  await page.click("#open-settings");
  await page.locator("#settings-dialog[open]").waitFor();
  await page.keyboard.type("y");
  assert.equal(await field(page), "x");
});

pageTest("Enter in a code block inserts a new line, and a hint explains it", async (stage) => {
  const page = await stage.enter("?name=Ann#den", { viewport: { width: 1280, height: 700 } });
  await page.focus("#text");
  const usual = await hint(page);
  await page.keyboard.type("see:");
  await page.keyboard.press("Shift+Enter");
  await page.keyboard.type("```js");
  await eventually(() => hint(page), "In code, press Enter for a new line, Ctrl+Enter to send.");
  await page.keyboard.press("Enter");
  await page.keyboard.type("let x;");
  await page.keyboard.press("Enter");
  assert.equal(await field(page), "see:\n```js\nlet x;\n");
  await page.keyboard.type("```");
  await eventually(() => hint(page), usual);
  await page.keyboard.press("Enter");
  await eventually(() => lines(page), ["Ann: see:\nlet x;"]);

  await page.keyboard.type("```never closed");
  await page.keyboard.press("Control+Enter");
  await eventually(() => lines(page), ["Ann: see:\nlet x;", "Ann: ```never closed"]);
  await eventually(() => hint(page), usual);

  // The cursor's position decides, and another language does not change that.
  await page.keyboard.type("```a```");
  for (let i = 0; i < 4; i++) await page.keyboard.press("ArrowLeft");
  await eventually(() => hint(page), "In code, press Enter for a new line, Ctrl+Enter to send.");
  await page.keyboard.press("Enter");
  assert.equal(await field(page), "```\na```");
});

pageTest("Esc that cancels a composition does not cancel the reply", async (stage) => {
  const page = await stage.enter("?name=Ann#den", { viewport: { width: 1280, height: 700 } });
  await say(page, "one");
  await (await untilShown(page, "one")).hover();
  await page.getByRole("button", { name: "Reply", exact: true }).click();
  await page.locator("#banner").waitFor();
  // An automated browser has no input method.
  await page.evaluate(`document.getElementById("text").dispatchEvent(new KeyboardEvent("keydown",
    { key: "Escape", isComposing: true, bubbles: true }))`);
  assert.ok(await page.isVisible("#banner"));
  await page.keyboard.press("Escape");
  await page.locator("#banner").waitFor({ state: "hidden" });
});
