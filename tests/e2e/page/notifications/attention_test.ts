/**
 * What the chat page does while the user is elsewhere, and what it withdraws once messages are read, in this window or
 * in another one of the same user.
 * @module
 */
import assert from "node:assert/strict";
import type { Page } from "playwright-core";
import { eventually, pageTest, setVisibility, untilShown, whenJoined } from "../page_fixture.ts";

const WIDE = { viewport: { width: 1300, height: 700 } };
/** Enables notifications and records them in `notes` by tag, since an automated browser shows none. */
const NOTES = `if (location.protocol === "http:") {
  localStorage.setItem("parley-page / notifies", "yes");
  globalThis.notes = new Map();
  globalThis.Notification = class extends EventTarget {
    static permission = "granted";
    constructor(title, { body, tag }) {
      super();
      this.tag = tag;
      notes.set(tag, title + ": " + body);
    }
    close() { notes.delete(this.tag); }
  };
}`;
const OPENING = { ...WIDE, before: NOTES, serviceWorkers: "block" } as const;

function notes(page: Page): Promise<readonly string[]> {
  return page.evaluate<string[]>("[...notes.values()]");
}

function badge(page: Page, room: string) {
  return page.locator("#rooms a", { has: page.getByText(room, { exact: true }) }).locator(".badge");
}

async function joinRoom(page: Page, room: string): Promise<void> {
  await page.evaluate(`location.hash = ${JSON.stringify(room)}`);
  await page.locator("#room-title", { hasText: `# ${room}` }).waitFor();
  await whenJoined(page);
}

pageTest(
  "A message to a window that is hidden, or visible without the focus, is unread, in the title and a notification",
  async (stage) => {
    const page = await stage.enter("?name=Ann#den", OPENING);
    const ben = await stage.joinRoom("Ben", "den");
    for (const where of ["beside", "elsewhere"] as const) {
      await ben.say(`seen ${where}`).sent;
      await untilShown(page, `seen ${where}`);
      await setVisibility(page, where);
      await ben.say(`not seen ${where}`).sent;
      await eventually(() => page.title(), "(1) Parley");
      await badge(page, "den").filter({ hasText: "1" }).waitFor();
      await eventually(() => notes(page), [`Ben · #den: not seen ${where}`]);
      if (where === "beside") {
        await page.locator("#log .divider", { hasText: "1 new message" }).waitFor();
      }

      await setVisibility(page, "here");
      await eventually(() => page.title(), "#den · Parley");
      await badge(page, "den").waitFor({ state: "detached" });
      await eventually(() => notes(page), [], "notification withdrawn");
      await page.reload();
      await whenJoined(page);
      assert.equal(await badge(page, "den").count(), 0, "visible messages are read");
    }
  },
);

pageTest(
  "Messages read in one tab or device are read in the user's other tabs and devices",
  async (stage) => {
    const page = await stage.enter("?name=Ann#den", OPENING);
    const ben = await stage.joinRoom("Ben", "den");
    for (const where of ["tab", "device"] as const) {
      await joinRoom(page, "attic");
      const other = where === "tab" ? await page.context().newPage() : await stage.open("", {
        ...OPENING,
        storageState: await page.context().storageState(),
      });
      if (where === "tab") await other.goto(page.url());
      await whenJoined(other);
      await setVisibility(other, "elsewhere");
      for (const text of ["one", "two"]) await ben.say(`${text} ${where}`).sent;
      for (const it of [page, other]) await badge(it, "den").filter({ hasText: "2" }).waitFor();
      await eventually(() => other.title(), "(2) Parley");
      await eventually(() => notes(other), [`Ben · #den: two ${where}`]);

      await page.locator("#rooms a", { hasText: "den" }).click();
      await eventually(() => other.title(), "#attic · Parley");
      await badge(other, "den").waitFor({ state: "detached" });
      await eventually(() => notes(other), [], "notification withdrawn");
      await ben.say(`three ${where}`).sent;
      await untilShown(page, `three ${where}`);
      await eventually(
        () => other.locator("#rooms .room-last").first().innerText(),
        `Ben: three ${where}`,
      );
      await badge(other, "den").waitFor({ state: "detached" });
      await other.close();
    }
  },
);

pageTest("A user who switches to another window is no longer shown as typing", async (stage) => {
  const page = await stage.enter("?name=Ann#den", WIDE);
  const ben = await stage.joinRoom("Ben", "den");
  const typing = () => Promise.resolve(ben.typing.value.map(({ name }) => name));
  await page.locator("#text").pressSequentially("so");
  await eventually(typing, ["Ann"]);
  await setVisibility(page, "beside");
  await eventually(typing, []);
});
