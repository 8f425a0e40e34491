/**
 * History on the chat page: loaded by scrolling, divided at the first new message, and opened by links.
 * @module
 */
import assert from "node:assert/strict";
import type { Page } from "playwright-core";
import type { Room } from "../../../../static/client.js";
import { until } from "../../../support/provision.ts";
import {
  eventually,
  message,
  pageTest,
  say,
  untilShown,
  useTool,
  whenJoined,
} from "../page_fixture.ts";

const VIEW = { viewport: { width: 1000, height: 600 } };

/** Sends many messages in order, without waiting for each. */
async function sayAll(room: Room, texts: readonly string[]): Promise<readonly string[]> {
  const sent = await Promise.all(texts.map((text) => room.say(text).sent));
  return sent.map(({ position }) => position);
}

const numbered = (count: number) => Array.from({ length: count }, (_, i) => `number ${i + 1}`);

const isAtEnd = (page: Page) =>
  until("the log to be scrolled to its end", () =>
    page.evaluate<boolean>(`{
      const log = document.getElementById("log");
      log.scrollHeight - log.scrollTop - log.clientHeight < 24;
    }`));

/**
 * Records for each animation frame which messages are visible and where. While a user scrolls up, all messages visible
 * before and after must have moved by the same distance, and never up.
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

// A busy browser may drop a wheel event. The test turns the wheel again, but only after far longer than an event takes.
const DROPPED_MS = 20_000;
const orDropped = (result: string) => `setTimeout(() => done(${result}), ${DROPPED_MS})`;

// If the log is at its top while older messages load, they move it when they arrive.
const ARM = `{
  const log = document.getElementById("log");
  window.moved = new Promise((done) => {
    log.addEventListener("scroll", done, { once: true });
    ${orDropped("")};
  });
  log.scrollTop > 0 || !log.querySelector(".top.beginning");
}`;

// The wheel's movement is animated.
const STILL = `new Promise((done) => {
  document.getElementById("log").addEventListener("scrollend", done, { once: true });
  ${orDropped("")};
})`;

/**
 * Turns the wheel, and waits for the promise of the script `watch`, which is already watching then: the browser handles a
 * wheel event without waiting for scripts that were sent before it.
 */
async function turnWheel<T>(page: Page, distance: number, watch: string): Promise<T> {
  await page.evaluate(`{
    let isWatched = true;
    window.moved = ${watch}.finally(() => isWatched = false);
    // A browser without a screen handles wheel events only when it draws, and draws only when something changes.
    const draw = () => isWatched && requestAnimationFrame(draw);
    draw();
  }`);
  await page.mouse.wheel(0, distance);
  return await page.evaluate<T>("moved");
}

pageTest(
  "Scrolling through a thousand messages shows them in order and without jumps",
  async (stage) => {
    const ben = await stage.joinRoom("Ben", "den");
    // Messages of different heights.
    const texts = numbered(1_000).map((it, i) => it + "\n + more".repeat(i % 4));
    await sayAll(ben, texts);
    const page = await stage.enter("?name=Ann#den", VIEW);
    await untilShown(page, "number 1000");
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
    assert.deepEqual(shown, texts.slice(0, shown.length), "each message once and in order");
    assert.ok(shown.length <= 300);
    await page.click("#jump");
    await message(page, "number 1000").waitFor();
    await isAtEnd(page);
  },
);

const VIEW_TOP = `const log = document.getElementById("log");
  const { top } = log.getBoundingClientRect();
  const rows = [...log.querySelectorAll("article")];`;

// How far one wheel event moves the visible messages, in pixels; 0 if it was dropped.
const TURN = `new Promise((done) => {
  ${VIEW_TOP}
  const row = rows.find((it) => it.getBoundingClientRect().bottom > top);
  const before = row.getBoundingClientRect().top;
  const look = () => {
    const moved = row.getBoundingClientRect().top - before;
    // The space above the list may be adjusted before the wheel event, to within a fraction of a pixel.
    if (Math.abs(moved) < 1) return;
    // What ended may be an adjustment while the wheel event still moves the rows: its own end follows.
    requestAnimationFrame(() => requestAnimationFrame(() => {
      if (Math.abs(row.getBoundingClientRect().top - before - moved) >= 1) return;
      log.removeEventListener("scrollend", look);
      done(moved);
    }));
  };
  log.addEventListener("scrollend", look);
  ${orDropped("0")};
})`;

pageTest(
  "Fast scrolling through three thousand messages loses no wheel event",
  async (stage) => {
    const ben = await stage.joinRoom("Ben", "den");
    await sayAll(ben, numbered(3_000));
    await stage.stopService();
    // Within the default limits.
    await stage.startService({ MESSAGES_PER_SECOND: "10", BYTES_PER_SECOND: "32768" });
    const page = await stage.open("?name=Ann#den", VIEW);
    let refused = 0;
    page.on("websocket", (socket) =>
      socket.on("framereceived", ({ payload }) => {
        if (String(payload).includes("slow_down")) refused += 1;
      }));
    await page.reload();
    await untilShown(page, "number 3000");
    await isAtEnd(page);
    await page.mouse.move(500, 300);
    const moves: number[] = [];
    while (await page.locator("#log .beginning").count() === 0) {
      moves.push(await turnWheel<number>(page, -1_000, TURN));
      // Independent of the machine's speed: only the page's reaction to a wheel event counts.
      await until("enough messages above", () =>
        page.evaluate<boolean>(`{
          ${VIEW_TOP}
          log.querySelector(".beginning") !== null ||
            top - rows[0].getBoundingClientRect().top > 1_000;
        }`));
    }
    assert.ok(moves.length > 60, `${moves.length} turns`);
    // At first there are too few messages above the view to move so far.
    assert.deepEqual(moves.slice(1).filter((it) => it < 500), [], "lost wheel events");
    assert.equal(refused, 0, "requests refused");
    assert.ok(await page.locator("#log article").count() <= 300);
  },
  { restarts: "service" },
);

/** Opens the page again, and records which positions it reports as read. */
async function reportedMarkers(page: Page): Promise<readonly string[]> {
  const markers: string[] = [];
  page.on("websocket", (socket) =>
    socket.on("framesent", ({ payload }) => {
      for (const [, position = ""] of String(payload).matchAll(/"read".*?"position":"([^"]+)"/g)) {
        markers.push(position);
      }
    }));
  await page.reload();
  await whenJoined(page);
  return markers;
}

pageTest(
  "New messages do not move a reader further up, and are counted and divided",
  async (stage) => {
    const ben = await stage.joinRoom("Ben", "den");
    await sayAll(ben, numbered(60));
    const page = await stage.enter("?name=Ann#den", VIEW);
    const markers = await reportedMarkers(page);
    await untilShown(page, "number 60");
    await isAtEnd(page);
    assert.ok(await page.isHidden("#jump"));
    // Only the visible part arrives at once, and a wheel does not wait for the rest.
    await until("700 px above", () => page.evaluate<boolean>(`log.scrollTop > 700`));
    await page.mouse.move(500, 300);
    const jump = page.locator("#jump");
    await until("the reader to be above the end", async () => {
      await turnWheel(page, -700, STILL);
      return await jump.isVisible();
    });
    await jump.getByText("Jump to the latest").waitFor();
    // Older messages that load now must not replace the visible rows.
    await eventually(() => page.locator("#log article").count(), 60);
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
    await untilShown(page, "seen");
    await eventually(() => page.locator("#log .divider").count(), 0);
    // A returning user finds the old position, once the server knows the read marker.
    const newest = await (await untilShown(page, "seen")).getAttribute("data-position");
    await until(
      "the server to know the read marker",
      () => Promise.resolve(markers.some((it) => it === newest)),
    );
    await page.goto("about:blank");
    await sayAll(ben, numbered(7).map((it) => `later ${it}`));
    await page.goto(`${stage.url}/#den`);
    await eventually(() => page.locator("#log .divider").allTextContents(), ["7 new messages"]);
    assert.equal(await after.innerText(), "later number 1");
  },
);

pageTest(
  "A link to an old message opens it, marked and in view; one to a lost message reports that",
  async (stage) => {
    const ben = await stage.joinRoom("Ben", "den");
    const [first = ""] = await sayAll(ben, numbered(400));
    const page = await stage.enter("?name=Ann#den", {
      ...VIEW,
      permissions: ["clipboard-write"],
    });
    await page.mouse.move(500, 300);
    await useTool(await untilShown(page, "number 371"), "Copy link");
    await page.locator(".toast", { hasText: "Link copied." }).waitFor();
    // The page itself has no permission to read the clipboard.
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
      await other.locator(".toast", { hasText: "This message no longer exists." }).waitFor();
      assert.equal(await other.locator("#log .flash").count(), 0);
      await other.context().close();
    }
    // In an open page, and without a clipboard.
    await page.evaluate(`location.hash = "#den/${first}"`);
    await message(page, "number 1").and(page.locator(".flash")).waitFor();
    await page.goto(`${stage.url}/#attic`);
    await whenJoined(page);
    assert.equal(await page.innerText("#room-title"), "# attic");
    const plain = await stage.enter("?name=Eve#den", {
      ...VIEW,
      before: "delete Navigator.prototype.clipboard",
    });
    await useTool(await untilShown(plain, "number 400"), "Copy link");
    await plain.locator("#link-dialog[open]").waitFor();
    assert.match(await plain.inputValue("#link"), /#den\/\w+:400$/);
  },
);

pageTest(
  "The address drops its message when the user goes to the latest one, and a reload stays there",
  async (stage) => {
    const ben = await stage.joinRoom("Ben", "den");
    const [first = ""] = await sayAll(ben, numbered(120));
    const page = await stage.enter("?name=Ann#den", VIEW);
    const visit = async () => {
      // The highlight of the previous visit.
      await page.evaluate(`document.querySelector(".flash")?.classList.remove("flash")`);
      await page.evaluate(`location.hash = "#den/${first}"`);
      await message(page, "number 1").and(page.locator(".flash")).first().waitFor();
      assert.equal(page.url(), `${stage.url}/#den/${first}`);
    };
    const ways: readonly (readonly [string, () => Promise<unknown>])[] = [
      ["the button", () => page.click("#jump")],
      ["the End key", () => page.press("#log article:focus", "End")],
      ["a message of the user's own", () => say(page, "mine")],
      ["scrolling", () =>
        until("the end", async () => {
          await page.evaluate("log.scrollTop = log.scrollHeight");
          return await page.isHidden("#jump");
        })],
    ];
    for (const [way, go] of ways) {
      await visit();
      await go();
      await eventually(() => Promise.resolve(page.url()), `${stage.url}/#den`, way);
      await isAtEnd(page);
    }
    await page.reload();
    await whenJoined(page);
    await untilShown(page, "mine");
    await isAtEnd(page);
    assert.equal(await page.locator("#log .flash").count(), 0);
  },
);

pageTest("No button covers the last message of a room that fits into the view", async (stage) => {
  const ben = await stage.joinRoom("Ben", "den");
  const [first = "", , last = ""] = await sayAll(ben, numbered(3));
  const page = await stage.enter(`?name=Ann#den/${last}`, VIEW);
  await message(page, "number 3").and(page.locator(".flash")).waitFor();
  assert.ok(await page.isHidden("#jump"), "at the last one");
  assert.equal(
    page.url(),
    `${stage.url}/#den/${last}`,
    "opening a link is no navigation yet",
  );
  await page.keyboard.press("Home");
  await page.locator(`#log article[data-position="${first}"]:focus`).waitFor();
  assert.ok(await page.isHidden("#jump"), "at the first one");
  // The whole log is visible, so new messages are read too.
  await ben.say("number 4").sent;
  await untilShown(page, "number 4");
  assert.ok(await page.isHidden("#jump"));
  assert.equal(await page.locator("#log .divider").count(), 0);
});

pageTest("Read messages stay read, even if the page is left at once", async (stage) => {
  const ben = await stage.joinRoom("Ben", "den");
  await sayAll(ben, numbered(3));
  const page = await stage.enter("?name=Ann#den", VIEW);
  await untilShown(page, "number 3");
  for (const text of ["later 1", "later 2"]) {
    await ben.say(text).sent;
    await untilShown(page, text);
    await eventually(() => page.locator("#rooms .badge").count(), 0);
  }
  await page.reload();
  await untilShown(page, "later 2");
  await whenJoined(page);
  assert.equal(await page.locator("#log .divider").count(), 0);
});
