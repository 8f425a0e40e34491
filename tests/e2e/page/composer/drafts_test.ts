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
  "An edit and a reply are kept in their room while the user is in another; a reply's text outlives the message that it is to",
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

    // The message that is replied to is deleted.
    const ben = await stage.joinRoom("Ben", "attic");
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

const CHANGES = [
  ["delete", "The message you were editing was deleted."],
  ["edit", "The message you were editing was changed elsewhere."],
] as const;

pageTest(
  "An edit becomes a draft when its message is deleted or changed in another tab, and a draft survives what is sent from there",
  async (stage) => {
    const page = await stage.enter("?name=Ann#den", WIDE);
    const tab = await openTab(page);
    for (const [action, words] of CHANGES) {
      for (const where of ["den", "attic"]) {
        const [first, second, meant] = [
          `helo ${action} ${where}`,
          `new ${where}`,
          `meant ${action} ${where}`,
        ];
        await say(page, first);
        await untilShown(page, first);
        await untilShown(tab, first);
        await page.press("#text", "ArrowUp");
        await page.fill("#text", meant);
        if (where !== "den") await go(page, where);
        await useTool(await untilShown(tab, first), action === "edit" ? "Edit" : "Delete");
        if (action === "edit") {
          await say(tab, second);
          await untilShown(tab, second);
        } else {
          await tab.locator("#delete-dialog").getByRole("button", { name: "Delete" }).click();
          await message(tab, first).waitFor({ state: "detached" });
          await tab.locator("#log .deleted").last().waitFor();
        }
        if (where !== "den") await go(page, "den");
        const toast = page.locator(".toast", { hasText: words });
        await toast.waitFor();
        assert.ok(await page.isHidden("#banner"));
        await field(page, meant);
        await page.press("#text", "Enter");
        await untilShown(page, meant);
        await field(page, "");
        // The next one is another.
        await toast.getByRole("button").click();
      }
    }

    await page.fill("#text", "a long thought");
    await say(tab, "hi");
    await message(page, "hi").getByText("hi", { exact: true }).waitFor();
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
  },
);

pageTest(
  "An edit without a change is not sent, an empty one offers to delete the message, and one of a lost message becomes a draft",
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

    // Its message is not in the log any more.
    const draft = { text: "", reply: null, edit: { position: "x0:999", known: [], text: "again" } };
    await page.evaluate(
      `localStorage.setItem("parley-page / draft.attic", ${JSON.stringify(JSON.stringify(draft))})`,
    );
    await go(page, "attic");
    await field(page, "again");
    await page.press("#text", "Enter");
    await page.locator(".toast", { hasText: "The message no longer exists." }).waitFor();
    await field(page, "again");
    assert.ok(await page.isHidden("#banner"));
    await page.press("#text", "Enter");
    await untilShown(page, "again");
    assert.equal(await message(page, "again").count(), 1);
  },
);
