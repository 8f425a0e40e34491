/**
 * What was said before, on the chat page: paged in by scrolling, marked where it is new, and led to by links.
 * @module
 */
import assert from "node:assert/strict";
import type { Page } from "playwright-core";
import type { Room } from "../../static/client.js";
import { until } from "../provision.ts";
import { becomes, joined, message, pageTest, say, told, useTool } from "./page_stage.ts";

const VIEW = { viewport: { width: 1000, height: 600 } };

/** Says many things in order, without waiting for each. */
async function sayAll(room: Room, texts: readonly string[]): Promise<readonly string[]> {
  const sent = await Promise.all(texts.map((text) => room.say(text).sent));
  return sent.map(({ position }) => position);
}

const numbered = (count: number) => Array.from({ length: count }, (_, i) => `number ${i + 1}`);

const isAtEnd = (page: Page) =>
  until("the log to be at its end", () =>
    page.evaluate<boolean>(`{
      const log = document.getElementById("log");
      log.scrollHeight - log.scrollTop - log.clientHeight < 24;
    }`));

/**
 * Notes for each picture that the browser draws which messages are seen and where. Scrolled by hand, all that was seen
 * before and is seen after has moved by the same way, and never up.
 */
const WATCH = `
  window.seen = new Set();
  window.jumps = [];
  const log = document.getElementById("log");
  const look = () => {
    const edge = log.getBoundingClientRect();
    const places = new Map();
    for (const row of log.querySelectorAll("article")) {
      const { top, bottom } = row.getBoundingClientRect();
      if (bottom <= edge.top || top >= edge.bottom) continue;
      places.set(row.dataset.position, top);
      seen.add(row.querySelector(".text").textContent);
    }
    return places;
  };
  let before = look();
  let isWatched = true;
  const watch = () => {
    const after = look();
    const moves = [...after].filter(([it]) => before.has(it)).map(([it, top]) => top - before.get(it));
    const [least, most] = [Math.min(...moves), Math.max(...moves)];
    if (moves.length === 0 || least < -2 || most - least > 2 || most > 420) jumps.push([moves.length, least, most]);
    before = after;
    if (isWatched) requestAnimationFrame(watch);
  };
  window.endWatch = () => isWatched = false;
  requestAnimationFrame(watch);
`;

// Where the log is scrolled as far as it goes while older messages are on their way, they move it when they come.
const ARM = `{
  const log = document.getElementById("log");
  window.moved = new Promise((done) => log.addEventListener("scroll", done, { once: true }));
  log.scrollTop > 0 || !log.querySelector(".top.beginning");
}`;

// A wheel's movement goes on for a while.
const STILL = `new Promise((done) => {
  document.getElementById("log").addEventListener("scrollend", done, { once: true });
})`;

pageTest(
  "A thousand messages are scrolled through to the beginning, in order and without a jump",
  async (stage) => {
    const ben = await stage.guest("Ben", "den");
    // Of many heights.
    const texts = numbered(1_000).map((it, i) => it + "\n + more".repeat(i % 4));
    await sayAll(ben, texts);
    const page = await stage.enter("?name=Ann#den", VIEW);
    await told(page, "number 1000");
    await isAtEnd(page);
    await page.evaluate(WATCH);
    await page.mouse.move(500, 300);
    while (await page.evaluate<boolean>(ARM)) {
      await page.mouse.wheel(0, -350);
      await page.evaluate("moved");
    }
    await page.getByText("This is the beginning of #den.").waitFor();
    await message(page, "number 1\n").or(page.getByText("number 1", { exact: true })).first()
      .waitFor();
    await page.evaluate("endWatch()");
    assert.deepEqual(await page.evaluate("jumps"), []);
    const order = (await page.evaluate<string[]>("[...seen]")).sort((one, two) =>
      Number(one.split(/\s/)[1]) - Number(two.split(/\s/)[1])
    );
    assert.deepEqual(order, texts, "each was seen");
    const shown = await page.locator("#log .text").allTextContents();
    assert.deepEqual(shown, texts.slice(0, shown.length), "each once and in order");
    assert.ok(shown.length <= 300);
    await page.click("#jump");
    await message(page, "number 1000").waitFor();
    await isAtEnd(page);
  },
);

/** Comes back to the page, and from then on notes which positions it tells the server to have been read. */
async function marksTold(page: Page): Promise<readonly string[]> {
  const marks: string[] = [];
  page.on("websocket", (socket) =>
    socket.on("framesent", ({ payload }) => {
      for (const [, position = ""] of String(payload).matchAll(/"read".*?"position":"([^"]+)"/g)) {
        marks.push(position);
      }
    }));
  await page.reload();
  await joined(page);
  return marks;
}

pageTest("New messages do not move who reads above, and are counted and divided", async (stage) => {
  const ben = await stage.guest("Ben", "den");
  await sayAll(ben, numbered(60));
  const page = await stage.enter("?name=Ann#den", VIEW);
  const marks = await marksTold(page);
  await told(page, "number 60");
  await isAtEnd(page);
  assert.ok(await page.isHidden("#jump"));
  // Only what is seen comes at once, and a wheel does not wait for the rest.
  await until("700 px above", () => page.evaluate<boolean>(`log.scrollTop > 700`));
  await page.mouse.move(500, 300);
  const still = page.evaluate(STILL);
  await page.mouse.wheel(0, -700);
  await still;
  const jump = page.locator("#jump");
  await jump.getByText("Jump to the latest").waitFor();
  // So that no row is another one because older ones have come.
  await becomes(() => page.locator("#log article").count(), 60);
  const place = await page.locator("#log article").nth(30).getAttribute("data-position");
  const same = page.locator(`#log article[data-position="${place}"]`);
  const before = await same.boundingBox();
  await sayAll(ben, numbered(12).map((it) => `new ${it}`));
  await jump.getByText("12 new messages").waitFor();
  assert.deepEqual(await same.boundingBox(), before);
  await jump.click();
  await isAtEnd(page);
  await jump.waitFor({ state: "hidden" });
  assert.equal(await page.locator("#log .divider").innerText(), "12 new messages");
  const after = page.locator("#log .divider + article .text");
  assert.equal(await after.innerText(), "new number 1");
  await say(page, "seen");
  await told(page, "seen");
  await becomes(() => page.locator("#log .divider").count(), 0);
  // Who comes back finds where it was, once the server knows how far that is.
  const newest = await (await told(page, "seen")).getAttribute("data-position");
  await until(
    "the server to know what was read",
    () => Promise.resolve(marks.some((it) => it === newest)),
  );
  await page.goto("about:blank");
  await sayAll(ben, numbered(7).map((it) => `later ${it}`));
  await page.goto(`${stage.url}/#den`);
  await becomes(() => page.locator("#log .divider").allTextContents(), ["7 new messages"]);
  assert.equal(await after.innerText(), "later number 1");
});

pageTest(
  "A link to an old message opens it, marked and in view; one to a lost message says so",
  async (stage) => {
    const ben = await stage.guest("Ben", "den");
    const [first = ""] = await sayAll(ben, numbered(400));
    const page = await stage.enter("?name=Ann#den", {
      ...VIEW,
      permissions: ["clipboard-write"],
    });
    await page.mouse.move(500, 300);
    await useTool(await told(page, "number 371"), "Copy link");
    await page.locator(".toast", { hasText: "Link copied." }).waitFor();
    // The page itself may not read the clipboard.
    await page.focus("#text");
    await page.keyboard.press("Control+V");
    const link = await page.inputValue("#text");
    assert.match(link, new RegExp(`^${stage.url}/#den/\\w+:371$`));

    let visitors = 3;
    const opens = async (hash: string, text: string) => {
      const other = await stage.enter(`?name=${++visitors}th${hash}`, VIEW);
      const target = message(other, text).and(other.locator(".flash"));
      await target.waitFor();
      const box = await target.boundingBox();
      assert.ok(box && box.y > 0 && box.y + box.height < 600, `${text} in view`);
      await target.and(other.locator(":focus")).waitFor();
      await other.context().close();
    };
    await opens(new URL(link).hash, "number 371");
    await opens(`#den/${first}`, "number 1");
    const [epoch = ""] = first.split(":");
    for (const hash of [`#den/${epoch}:999`, "#den/gone:5"]) {
      const other = await stage.enter(`?name=${++visitors}th${hash}`, VIEW);
      await other.locator(".toast", { hasText: "This message is not there any more." }).waitFor();
      assert.equal(await other.locator("#log .flash").count(), 0);
      await other.context().close();
    }
    // In a page that is open, and without a clipboard.
    await page.evaluate(`location.hash = "#den/${first}"`);
    await message(page, "number 1").and(page.locator(".flash")).waitFor();
    await page.goto(`${stage.url}/#attic`);
    await joined(page);
    assert.equal(await page.innerText("#room-title"), "# attic");
    const plain = await stage.enter("?name=Eve#den", {
      ...VIEW,
      before: "delete Navigator.prototype.clipboard",
    });
    await useTool(await told(plain, "number 400"), "Copy link");
    await plain.locator("#link-dialog[open]").waitFor();
    assert.match(await plain.inputValue("#link"), /#den\/\w+:400$/);
  },
);

pageTest("What was read stays read, also where the page is left at once", async (stage) => {
  const ben = await stage.guest("Ben", "den");
  await sayAll(ben, numbered(3));
  const page = await stage.enter("?name=Ann#den", VIEW);
  await told(page, "number 3");
  for (const text of ["later 1", "later 2"]) {
    await ben.say(text).sent;
    await told(page, text);
    await becomes(() => page.locator("#rooms .badge").count(), 0);
  }
  await page.reload();
  await told(page, "later 2");
  await joined(page);
  assert.equal(await page.locator("#log .divider").count(), 0);
});
