/**
 * What the chat page shows of its rooms when opened without the server, and how the server's messages replace that.
 * @module
 */
import assert from "node:assert/strict";
import type { Page } from "playwright-core";
import {
  eventually,
  lines,
  message,
  type PageFixture,
  pageTest,
  say,
  setVisibility,
  untilShown,
  useTool,
  whenJoined,
} from "../page_fixture.ts";

const RESTARTS = { restarts: "service" } as const;
const COPY = "Saved copy.";

/** Opens the page again while the service is down. */
async function reopen(stage: PageFixture, page: Page): Promise<void> {
  await page.evaluate("navigator.serviceWorker.ready.then(() => {})");
  await stage.stopService();
  await page.reload();
  await page.locator("body[data-state=waiting]").waitFor();
}

async function restartService(stage: PageFixture, page: Page, settings = {}): Promise<void> {
  await stage.startService(settings);
  // It may reconnect by itself at any time.
  await page.evaluate("document.getElementById('retry').click()");
  await whenJoined(page);
}

async function goTo(page: Page, room: string): Promise<void> {
  await page.evaluate(`location.hash = ${JSON.stringify(room)}`);
  await page.locator("#room-title", { hasText: `# ${room}` }).waitFor();
}

/** The rooms with stored messages. */
function keptRooms(page: Page): Promise<readonly string[]> {
  return page.evaluate<string[]>(`Object.keys(localStorage)
    .flatMap((key) => key.startsWith("parley-page / kept ") ? [key.slice(19)] : []).sort()`);
}

function isStored(page: Page, text: string): Promise<boolean> {
  return page.evaluate<boolean>(
    `Object.values(localStorage).some((it) => it.includes(${JSON.stringify(text)}))`,
  );
}

pageTest(
  "The newest messages of each room are shown without the server, and replaced by the server's",
  async (stage) => {
    const page = await stage.enter("?name=Ann#den");
    const ben = await stage.joinRoom("Ben", "den");
    await ben.say("from Ben").sent;
    await say(page, "first");
    await say(page, "second");
    await useTool(await untilShown(page, "first"), "Edit");
    await page.fill("#text", "changed");
    await page.press("#text", "Enter");
    await eventually(() => lines(page), ["Ben: from Ben", "Ann: changed edited", "Ann: second"]);
    await goTo(page, "attic");
    await whenJoined(page);
    await say(page, "in the attic");
    await untilShown(page, "in the attic");

    await reopen(stage, page);
    await page.getByText(COPY).waitFor();
    await eventually(() => lines(page), ["Ann: in the attic"]);
    assert.equal(await page.locator("#log .divider").count(), 0, "no message is known to be new");
    await goTo(page, "den");
    await eventually(() => lines(page), ["Ben: from Ben", "Ann: changed edited", "Ann: second"]);
    assert.match(await message(page, "second").getAttribute("class") ?? "", /\bown\b/);
    await say(page, "written offline");
    await message(page, "written offline").waitFor();

    await restartService(stage, page);
    await untilShown(page, "written offline");
    await page.getByText(COPY).waitFor({ state: "detached" });
    const expected = [
      "Ben: from Ben",
      "Ann: changed edited",
      "Ann: second",
      "Ann: written offline",
    ];
    await eventually(() => lines(page), expected);
  },
  RESTARTS,
);

pageTest(
  "The scroll position in stored messages is kept when the server answers",
  async (stage) => {
    const page = await stage.enter("?name=Ann#den", { viewport: { width: 900, height: 500 } });
    const ben = await stage.joinRoom("Ben", "den");
    for (let i = 0; i < 60; i++) await ben.say(`message ${i}`).sent;
    await untilShown(page, "message 59");
    await reopen(stage, page);
    await message(page, "message 59").waitFor();
    const row = message(page, "message 30");
    await row.scrollIntoViewIfNeeded();
    // Measured in one step, since the connection banner above the log disappears at any time.
    const top = () =>
      row.evaluate((it) => {
        const [own, log] = [it, it.closest("#log")].map((box) => box?.getBoundingClientRect().y);
        return Math.round((own ?? NaN) - (log ?? NaN));
      });
    await page.locator("#jump").waitFor();
    const before = await top();
    await restartService(stage, page);
    await page.getByText(COPY).waitFor({ state: "detached" });
    assert.equal(await top(), before);
    const texts = await lines(page);
    assert.equal(new Set(texts).size, texts.length);
  },
  RESTARTS,
);

pageTest(
  "Deleted messages, and those of a room that was left, are no longer stored",
  async (stage) => {
    const page = await stage.enter("?name=Ann#den");
    await say(page, "a secret");
    const row = await untilShown(page, "a secret");
    await setVisibility(page, "beside");
    await eventually(() => isStored(page, "a secret"), true);
    await setVisibility(page, "here");
    await useTool(row, "Delete");
    await page.locator("#delete-dialog").getByRole("button", { name: "Delete" }).click();
    await page.locator("#log").getByText("This message was deleted.").waitFor();
    await eventually(() => isStored(page, "a secret"), false);
    await goTo(page, "attic");
    await whenJoined(page);
    await setVisibility(page, "beside");
    await eventually(() => keptRooms(page), ["den"], "the attic has no messages");
    await goTo(page, "den");
    await page.click("#leave");
    await eventually(() => keptRooms(page), []);
  },
);

pageTest("Messages stored from another service at this address are never shown", async (stage) => {
  const page = await stage.enter("?name=Ann#den");
  await say(page, "of the first service");
  await untilShown(page, "of the first service");
  await reopen(stage, page);
  await message(page, "of the first service").waitFor();
  await restartService(stage, page, { DATA_DIR: ":memory:" });
  await eventually(() => lines(page), []);
  await eventually(() => isStored(page, "of the first service"), false);
}, RESTARTS);

pageTest(
  "A page whose storage is full starts without stored messages, and works",
  async (stage) => {
    const before = `const { setItem } = Storage.prototype;
    Storage.prototype.setItem = function (key, text) {
      if (key.includes(" kept ")) throw new DOMException("full", "QuotaExceededError");
      return setItem.call(this, key, text);
    };`;
    const page = await stage.enter("?name=Ann#den", { before });
    await say(page, "hello");
    await untilShown(page, "hello");
    await reopen(stage, page);
    assert.deepEqual(await lines(page), []);
    await restartService(stage, page);
    await eventually(() => lines(page), ["Ann: hello"]);
  },
  RESTARTS,
);
