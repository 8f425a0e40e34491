/**
 * The tools of a message: they follow the pointer and the focus, and after each action the focus returns to the message
 * field, if the device has a keyboard.
 * @module
 */
import assert from "node:assert/strict";
import type { Locator, Page } from "playwright-core";
import {
  eventually,
  message,
  type PageFixture,
  pageTest,
  untilShown,
  useTool,
} from "../page_fixture.ts";

/** The texts of the messages that show their tools. */
function withTools(page: Page): Promise<readonly string[]> {
  return page.evaluate<string[]>(`[...document.querySelectorAll("#log article")].filter((it) =>
    it.querySelector(".toolbar")?.checkVisibility()).map((it) => it.querySelector(".text").textContent)`);
}

/** The focused element. */
function focused(page: Page): Promise<string> {
  return page.evaluate<string>(`{
    const it = document.activeElement;
    it.id || it.dataset.do || it.querySelector(".text")?.textContent || it.localName;
  }`);
}

async function threeMessages(stage: PageFixture): Promise<void> {
  const ben = await stage.joinRoom("Ben", "den");
  const zoe = await stage.joinRoom("Zoe", "den");
  await ben.say("one").sent;
  await zoe.say("two").sent;
  const { position } = await ben.say("three").sent;
  await ben.react(position, "🎉").sent;
}

const react = (page: Page) =>
  page.locator("#picker").getByRole("button", { name: "thumbs up" }).click();

/** Every action on a message by mouse: how to do it, and on which message. */
const ACTIONS: readonly [string, (page: Page, row: Locator) => Promise<void>][] = [
  ["a reaction from the picker", async (page, row) => {
    await row.hover();
    await row.locator(".toolbar").getByRole("button", { name: "React" }).click();
    await react(page);
  }],
  ["a click on a reaction", (_, row) => row.locator(".reaction:not(.add)").first().click()],
  ["Copy link", (_, row) => useTool(row, "Copy link")],
  ["Copy link without a clipboard", async (page, row) => {
    await page.evaluate(`navigator.clipboard.writeText = () => Promise.reject(new Error("no"))`);
    await useTool(row, "Copy link");
    await page.locator("#link-dialog").getByRole("button", { name: "Close" }).click();
  }],
  ["Reply", (_, row) => useTool(row, "Reply")],
  ["Delete", async (page, row) => {
    await useTool(row, "Delete");
    await page.locator("#delete-dialog .danger").click();
  }],
];

pageTest(
  "After each action by mouse the message field has the focus, and other messages show tools",
  async (stage) => {
    const page = await stage.enter("?name=Ann#den", { permissions: ["clipboard-write"] });
    await threeMessages(stage);
    await page.fill("#text", "mine");
    await page.press("#text", "Enter");
    await untilShown(page, "mine");
    for (const [what, act] of ACTIONS) {
      const row = await untilShown(page, what === "Delete" ? "mine" : "three");
      await act(page, row);
      await eventually(() => focused(page), "text", what);
      for (const other of ["two", "one"]) {
        await message(page, other).hover();
        await eventually(() => withTools(page), [other], `after ${what}`);
      }
    }
    await useTool(message(page, "two"), "React");
    await react(page);
    await message(page, "two").locator(".reaction", { hasText: "👍 1" }).waitFor();
  },
);

pageTest("Tools follow the pointer, and return to the focused message", async (stage) => {
  await threeMessages(stage);
  const page = await stage.enter("?name=Ann#den");
  await untilShown(page, "three");
  await page.mouse.move(0, 0);
  await message(page, "one").focus();
  await page.keyboard.press("Enter");
  await eventually(() => focused(page), "pick");
  await message(page, "two").hover();
  await eventually(() => withTools(page), ["two"]);
  assert.equal(await focused(page), "one", "the focus stays in its message");
  await page.keyboard.press("Enter");
  assert.equal(await focused(page), "pick");
  await eventually(() => withTools(page), ["one"]);
  await message(page, "two").hover({ position: { x: 30, y: 5 } });
  await page.locator("#text").hover();
  await eventually(() => withTools(page), ["one"], "the pointer has left the log");

  // A list that moves under a resting pointer hides no tools.
  await page.evaluate(`addEventListener("pointerover", ({ clientX: x, clientY: y }) => {
    window.rest = { clientX: x, clientY: y };
  }, true)`);
  await message(page, "two").hover({ position: { x: 40, y: 8 } });
  await message(page, "one").focus();
  await page.keyboard.press("Enter");
  await page.evaluate(`document.querySelectorAll("#log article")[1].dispatchEvent(
    new PointerEvent("pointerover", { bubbles: true, pointerType: "mouse", ...rest }))`);
  assert.equal(await focused(page), "pick");
});

pageTest(
  "A picker closed without a choice returns the focus to its message",
  async (stage) => {
    await threeMessages(stage);
    const page = await stage.enter("?name=Ann#den");
    await useTool(await untilShown(page, "one"), "React");
    await eventually(() => page.locator("#picker[open]").count(), 1);
    const box = await message(page, "three").boundingBox();
    await page.mouse.move((box?.x ?? 0) + 20, (box?.y ?? 0) + 5);
    await page.keyboard.press("Escape");
    const inMessage =
      `document.activeElement.closest("article")?.querySelector(".text").textContent`;
    await eventually(() => page.evaluate(inMessage), "one");
    await page.keyboard.press("Escape");
    await eventually(() => focused(page), "one");
    await page.keyboard.press("Enter");
    await eventually(() => focused(page), "pick");
    await eventually(() => page.evaluate(inMessage), "one");
    await page.keyboard.press("Escape");
    await useTool(message(page, "one"), "React");
    await react(page);
    await message(page, "one").locator(".reaction", { hasText: "👍 1" }).waitFor();
  },
);

pageTest("On a phone no action opens the keyboard", async (stage) => {
  await threeMessages(stage);
  const page = await stage.enter("?name=Ann#den", {
    viewport: { width: 390, height: 700 },
    hasTouch: true,
    isMobile: true,
    permissions: ["clipboard-write"],
  });
  const row = await untilShown(page, "two");
  for (const action of ["React", "Copy link"]) {
    await row.locator(".text").tap();
    await row.getByRole("button", { name: action, exact: true }).tap();
    if (action === "React") {
      await page.locator("#picker").getByRole("button", { name: "thumbs up" }).tap();
    }
    await eventually(() => focused(page), "log", action);
    await eventually(() => withTools(page), [], action);
  }
});
