/**
 * Drafts on the chat page, while the user visits other rooms and uses other tabs.
 * @module
 */
import assert from "node:assert/strict";
import type { Page } from "playwright-core";
import {
  eventually,
  message,
  pageTest,
  say,
  untilShown,
  useTool,
  whenJoined,
} from "../page_fixture.ts";

const WIDE = { viewport: { width: 1300, height: 700 } };

const field = (page: Page, text: string) => eventually(() => page.inputValue("#text"), text);

async function go(page: Page, room: string): Promise<void> {
  await page.evaluate(`location.hash = "${room}"`);
  await page.locator("#room-title", { hasText: `# ${room}` }).waitFor();
  await whenJoined(page);
}

/** Another tab of the same browser. */
async function openTab(page: Page): Promise<Page> {
  const tab = await page.context().newPage();
  await tab.goto(page.url());
  await whenJoined(tab);
  return tab;
}

pageTest(
  "An edit and a reply are kept in their room while the user is in another",
  async (stage) => {
    const page = await stage.enter("?name=Ann#den", WIDE);
    await say(page, "helo");
    await untilShown(page, "helo");
    await page.fill("#text", "half a thought");
    await useTool(await untilShown(page, "helo"), "Edit");
    await page.fill("#text", "hello");
    await go(page, "attic");
    await field(page, "");
    await page.locator("#banner").waitFor({ state: "hidden" });
    await say(page, "in the attic");
    await useTool(await untilShown(page, "in the attic"), "Reply");
    await go(page, "den");
    await field(page, "hello");
    assert.equal(await page.innerText("#banner-words"), "Editing your message");
    await page.press("#text", "Enter");
    await untilShown(page, "hello");
    await field(page, "half a thought");
    assert.ok(await page.isHidden("#banner"));
    await go(page, "attic");
    assert.equal(await page.innerText("#banner-words"), "Replying to Ann: in the attic");
  },
);

for (
  const [what, action, words] of [
    ["deleted", "delete", "The message you were editing was deleted."],
    ["changed", "edit", "The message you were editing was changed elsewhere."],
  ] as const
) {
  for (const where of ["in the room", "in another room"]) {
    pageTest(`An edit becomes a draft when its message is ${what}, ${where}`, async (stage) => {
      const page = await stage.enter("?name=Ann#den", WIDE);
      await say(page, "helo");
      await untilShown(page, "helo");
      const tab = await openTab(page);
      await untilShown(tab, "helo");
      await page.press("#text", "ArrowUp");
      await page.fill("#text", "what I meant");
      if (where !== "in the room") await go(page, "attic");
      if (action === "edit") {
        await useTool(await untilShown(tab, "helo"), "Edit");
        await say(tab, "changed");
        await untilShown(tab, "changed");
      } else {
        await useTool(await untilShown(tab, "helo"), "Delete");
        await tab.locator("#delete-dialog").getByRole("button", { name: "Delete" }).click();
        await tab.locator("#log .deleted").waitFor();
      }
      if (where !== "in the room") await go(page, "den");
      await page.locator(".toast", { hasText: words }).waitFor();
      assert.ok(await page.isHidden("#banner"));
      await field(page, "what I meant");
      await page.press("#text", "Enter");
      await untilShown(page, "what I meant");
      await field(page, "");
    });
  }
}

pageTest(
  "The page reports that the message being replied to was deleted, and keeps the reply's text",
  async (stage) => {
    const page = await stage.enter("?name=Ann#den", WIDE);
    const ben = await stage.joinRoom("Ben", "den");
    const { position } = await ben.say("who is hungry?").sent;
    await useTool(await untilShown(page, "hungry"), "Reply");
    await page.fill("#text", "I am");
    ben.delete(position);
    await page.locator(".toast", { hasText: "The message you were replying to was deleted." })
      .waitFor();
    assert.ok(await page.isHidden("#banner"));
    await field(page, "I am");
  },
);

pageTest("A draft survives a message sent from another tab", async (stage) => {
  const page = await stage.enter("?name=Ann#den", WIDE);
  const tab = await openTab(page);
  await page.fill("#text", "a long thought");
  await say(tab, "hi");
  await untilShown(page, "hi");
  await field(page, "a long thought");
  await go(page, "attic");
  await go(page, "den");
  await field(page, "a long thought");
  await eventually(
    () => page.evaluate<boolean>(`Object.values(localStorage).join().includes("a long thought")`),
    true,
  );
  await page.reload();
  await field(page, "a long thought");
  await field(tab, "");
});

pageTest("The text of an edit becomes a draft if its message no longer exists", async (stage) => {
  const page = await stage.enter("?name=Ann#den", WIDE);
  await say(page, "helo");
  await untilShown(page, "helo");
  const draft = { text: "", reply: null, edit: { position: "x0:999", known: [], text: "hello" } };
  await page.evaluate(
    `localStorage.setItem("parley-page / draft.attic", ${JSON.stringify(JSON.stringify(draft))})`,
  );
  await go(page, "attic");
  await field(page, "hello");
  await page.press("#text", "Enter");
  await page.locator(".toast", { hasText: "The message no longer exists." }).waitFor();
  await field(page, "hello");
  assert.ok(await page.isHidden("#banner"));
  await page.press("#text", "Enter");
  await untilShown(page, "hello");
  assert.equal(await message(page, "hello").count(), 1);
});

pageTest(
  "An edit without a change is not sent, and an empty one offers to delete the message",
  async (stage) => {
    const page = await stage.enter("?name=Ann#den", WIDE);
    await say(page, "hello");
    const row = await untilShown(page, "hello");
    await page.press("#text", "ArrowUp");
    await field(page, "hello");
    await page.press("#text", "Enter");
    await field(page, "");
    assert.ok(await page.isHidden("#banner"));
    await say(page, "next");
    await untilShown(page, "next");
    assert.equal(await row.locator(".text .mark").count(), 0, "it does not count as edited");

    await useTool(row, "Edit");
    await page.fill("#text", "");
    await page.press("#text", "Enter");
    await page.locator("#delete-dialog[open]").waitFor();
    assert.equal(await page.innerText("#delete-quote"), "hello");
    await page.click("#delete-cancel");
    await page.locator("#banner").waitFor();
    await page.press("#text", "Enter");
    await page.locator("#delete-dialog[open]").waitFor();
    await page.locator("#delete-dialog button.danger").click();
    await page.locator("#log .deleted").waitFor();
    await page.locator("#banner").waitFor({ state: "hidden" });
    assert.equal(await page.locator("#toasts .toast").count(), 0);
  },
);
