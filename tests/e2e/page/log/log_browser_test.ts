/**
 * The log in a real browser with a simulated room, for what needs a layout, a focus and a content security policy.
 * @module
 */
import assert from "node:assert/strict";
import type { Browser, Page } from "playwright-core";
import { packScript } from "../../../../lib/io/web/bundle.ts";
import { readPageFiles } from "../../../../lib/io/web/page_files.ts";
import { loadPages } from "../../../../lib/io/web/pages.ts";
import { packFiles } from "../../../../lib/io/web/packed_files.ts";
import {
  accessibilityViolations,
  browserTest,
  openProfile,
} from "../../../support/programs/chromium.ts";
import { until } from "../../../support/provision.ts";
import { NAMES } from "../../../static/page/base/hues.ts";

const HTML = `<!DOCTYPE html><html lang="en"><head><meta charset="utf-8"><title>Log</title>
<meta name="viewport" content="width=device-width"><link rel="icon" href="static/icon.svg">
<link rel="stylesheet" href="static/parley.css"><link rel="stylesheet" href="static/styles/log.css"><link rel="stylesheet" href="static/styles/message.css"><link rel="stylesheet" href="static/styles/message_state.css"><link rel="stylesheet" href="static/styles/toolbar.css">
<link rel="stylesheet" href="frame.css"><script type="module" src="tests/e2e/page/log/log_page.js"></script></head>
<body><main><h1>Den</h1><div id="stage"><div id="log" aria-label="Conversation"></div>
<button id="jump" type="button"></button></div><div id="live" role="status" class="unseen"></div>
<textarea id="text" aria-label="Message"></textarea></main></body></html>`;
const FRAME = `main { display: flex; flex-direction: column; height: 600px; }
#stage { position: relative; display: flex; flex: 1; min-height: 0; padding: 0; }
textarea { flex: none; height: 40px; } .tall { height: 200px; }
main.endless { height: 2000px; }
#live { position: absolute; clip-path: inset(50%); }`;
const VIEWPORT = { width: 900, height: 640 };
const TYPES = new Map([["js", "text/javascript"], ["css", "text/css"], ["svg", "image/svg+xml"]]);

interface Site extends AsyncDisposable {
  readonly url: string;
}

// The tests load the same files.
const CACHED = { "cache-control": "max-age=3600" };
const SCRIPT = "/tests/e2e/page/log/log_page.js";

/** The script of the page and all that it imports in one file, as services send theirs: the browser loads some fifty modules less. */
function packPage(): string {
  const text = Deno.readTextFileSync(new URL("log_page.js", import.meta.url));
  const files = Object.entries(readPageFiles()).map(([path, text]) => [`/static${path}`, text]);
  return packScript({ ...Object.fromEntries(files), [SCRIPT]: text }, SCRIPT);
}

function serve(): Site {
  const policy = loadPages(packFiles(), 1).get("/")?.headers["content-security-policy"] ?? "";
  const made = new Map([["/", HTML], ["/frame.css", FRAME], [SCRIPT, packPage()]]);
  const server = Deno.serve({ hostname: "127.0.0.1", port: 0, onListen() {} }, async (request) => {
    const { pathname } = new URL(request.url);
    const body = made.get(pathname) ??
      await Deno.readTextFile(new URL(`../../../../${pathname}`, import.meta.url)).catch(() =>
        null
      );
    const type = TYPES.get(pathname.split(".").pop() ?? "") ?? "text/html";
    return new Response(body, {
      status: body === null ? 404 : 200,
      headers: {
        ...CACHED,
        "content-type": `${type}; charset=utf-8`,
        "content-security-policy": policy,
      },
    });
  });
  const url = `http://127.0.0.1:${server.addr.port}/`;
  return { url, [Symbol.asyncDispose]: () => server.shutdown() };
}

let site: Site | undefined;
let opener: Page | undefined;
Deno.test.beforeAll(() => {
  site = serve();
});
Deno.test.afterAll(async () => {
  await opener?.context().close();
  await site?.[Symbol.asyncDispose]();
});

/**
 * A window for one test. A page that opens it from the same site shares its process with it, so that the scripts are loaded
 * and compiled once for all tests. They store nothing.
 */
async function openLogWindow(browser: Browser): Promise<Page> {
  if (opener === undefined) {
    const context = await openProfile(browser, { viewport: VIEWPORT });
    opener = await context.newPage();
    // Otherwise a timer of playwright's ends in the next test.
    await opener.goto(`${site?.url}frame.css`, { waitUntil: "networkidle" });
  }
  const opened = opener.waitForEvent("popup");
  await opener.evaluate(`void open("about:blank")`);
  return await opened;
}

/** What a test needs of the page. */
interface LogPage {
  readonly page: Page;
  /** Runs a line of script in the page, where `stage` and `log` are defined. */
  readonly run: <T = unknown>(script: string) => Promise<T>;
  readonly complaints: readonly string[];
  /** Accepts the browser's complaints so far as expected. */
  readonly clearComplaints: () => void;
}

/** Of the window. */
interface LogTestOptions {
  readonly viewport?: { readonly width: number; readonly height: number };
  readonly colorScheme?: "light" | "dark" | null;
}

function logTest(
  name: string,
  play: (fixture: LogPage) => Promise<void>,
  { viewport = VIEWPORT, colorScheme = null }: LogTestOptions = {},
): void {
  browserTest(name, async (browser) => {
    await using page = await openLogWindow(browser);
    await page.setViewportSize(viewport);
    await page.emulateMedia({ colorScheme });
    const complaints: string[] = [];
    page.on("console", (it) => it.type() === "error" && complaints.push(it.text()));
    page.on("pageerror", (error) => complaints.push(error.message));
    await page.goto(site?.url ?? "");
    // The element with that id exists before the script has run.
    await until("the script", () => page.evaluate<boolean>("window.stage?.log !== undefined"));
    const run = <T>(script: string) =>
      page.evaluate<T>(`{
      const log = document.getElementById("log"); ${script} }`);
    await play({ page, run, complaints, clearComplaints: () => complaints.splice(0) });
    assert.deepEqual(complaints, []);
  });
}

const isAtEnd = (run: LogPage["run"]) =>
  until(
    "the log to be scrolled to its end",
    async () => await run<number>("log.scrollHeight - log.scrollTop - log.clientHeight") < 24,
  );
const row = (seq: number) => `article[data-position="e:${seq}"]`;
const frames = (count: number) =>
  `new Promise((done) => {
  let left = ${count};
  const next = () => left-- > 0 ? requestAnimationFrame(next) : done();
  next();
})`;

logTest(
  "The log scrolls through 10,000 messages without jumps, with few of them in the page",
  async ({ page, run, complaints }) => {
    await run(`stage.open(10_000, 50)`);
    await page.locator(row(10_000)).waitFor();
    await isAtEnd(run);
    // Each step scrolls up by 300 px: a row visible before and after must have moved down by as much.
    const jumps = await page.evaluate(`(async () => {
    const log = document.getElementById("log");
    const jumps = [];
    let most = 0;
    for (let step = 0; step < 150; step++) {
      const edge = log.getBoundingClientRect().top;
      const line = [...log.querySelectorAll("article")]
        .find((it) => it.getBoundingClientRect().top >= edge);
      const before = line.getBoundingClientRect().top;
      const by = Math.min(300, log.scrollTop);
      log.scrollTop -= by;
      await ${frames(2)};
      await new Promise((resolve) => setTimeout(resolve));
      most = Math.max(most, log.querySelectorAll("article").length);
      if (!line.isConnected) jumps.push("gone");
      else {
        const moved = line.getBoundingClientRect().top - before;
        if (Math.abs(moved - by) > 2) jumps.push(moved - by);
      }
    }
    return { jumps, most, loaded: stage.timeline.messages.length };
  })()`) as { jumps: unknown[]; most: number; loaded: number };
    assert.deepEqual(jumps.jumps, []);
    assert.ok(jumps.most <= 300, `${jumps.most} in the page`);
    assert.ok(jumps.loaded > 300, `${jumps.loaded} loaded`);
    // And back down, through rows that have been trimmed.
    const seen = await page.evaluate(`(async () => {
    const log = document.getElementById("log");
    for (let step = 0; step < 2_000; step++) {
      log.scrollTop += 2_000;
      await ${frames(1)};
      if (log.querySelector('${row(10_000)}') &&
        log.scrollHeight - log.scrollTop - log.clientHeight < 24) return "the end";
    }
    const { scrollTop, scrollHeight, clientHeight } = log;
    const rows = [...log.querySelectorAll("article")].map((it) => it.dataset.position);
    const space = log.querySelector(".list").style.getPropertyValue("--space");
    return JSON.stringify({
      scrollTop, scrollHeight, clientHeight, space,
      rows: rows.length, first: rows[0], last: rows.at(-1),
    });
  })()`);
    assert.deepEqual({ seen, complaints }, { seen: "the end", complaints: [] });
  },
);

logTest(
  "The user reaches the end of the log although its space is resized before a scroll's event",
  async ({ page, run }) => {
    await run(`stage.open(800, 800)`);
    await isAtEnd(run);
    await page.locator("#log").press("Home");
    await page.locator(row(1)).waitFor();
    const reached = await run<boolean>(`(async () => {
    let resizeSpace = () => {};
    const { setTimeout } = window;
    window.setTimeout = (fn, ms, ...rest) => ms === 300
      ? (resizeSpace = fn, 0)
      : setTimeout(fn, ms, ...rest);
    const isHere = () => log.querySelector('${row(800)}') !== null;
    // Each step is as far as it can be, so that a missed one leaves nothing to scroll.
    for (let step = 0; step < 200 && !isHere(); step++) {
      log.scrollTop = log.scrollHeight;
      resizeSpace();
      await ${frames(2)};
    }
    return isHere();
  })()`);
    assert.ok(reached);
  },
);

logTest("The log stays at its end until the user scrolls up", async ({ page, run }) => {
  await run(`stage.open(60, 60)`);
  await isAtEnd(run);
  // The field grows and the log shrinks at the same moment as a row is added.
  await run(`new MutationObserver((_, observer) => {
    observer.disconnect();
    document.getElementById("text").classList.add("tall");
  }).observe(log.firstElementChild, { childList: true });
  stage.say("Ben", "one")`);
  await page.locator(row(61)).waitFor();
  await isAtEnd(run);
  await run(`for (let i = 0; i < 40; i++) stage.say("Ben", "line " + i)`);
  await page.locator(row(101)).waitFor();
  await isAtEnd(run);
  assert.ok(await page.locator("#jump").isHidden());

  await run("log.scrollTop -= 300");
  await page.locator("#jump").waitFor();
  // The position itself may change, together with the space above the list.
  const before = await page.locator(row(95)).boundingBox();
  await run(`for (let i = 0; i < 3; i++) stage.say("Ben", "more"); stage.say("Ben", "last")`);
  await page.locator("#jump", { hasText: "4 new messages" }).waitFor();
  assert.deepEqual(await page.locator(row(95)).boundingBox(), before);
  assert.equal(await page.locator(".divider").innerText(), "4 new messages");
  await page.click("#jump");
  await isAtEnd(run);
  await page.locator("#jump").waitFor({ state: "hidden" });
  await until(
    "all messages to be read",
    async () => await run("stage.readMarkers.at(-1)") === "e:105",
  );
});

const CHANGES = [
  ["a reaction that does not change any row's height", `stage.react(60, "ben", "👍")`],
  ["another language", `stage.log.setLanguage({ strings: stage.strings, language: "zh" })`],
];

for (const [change = "", script = ""] of CHANGES) {
  logTest(`The user can scroll up from the end after ${change}`, async ({ page, run }) => {
    await run(`stage.open(60, 60); stage.react(60, "cem", "👍")`);
    await page.locator(`${row(60)} button`, { hasText: "👍" }).waitFor();
    await isAtEnd(run);
    await run(`${script}; ${frames(3)}`);
    // A step at the moment when older rows are drawn may be lost; the next one is not.
    await until("the reader to be above the end", async () => {
      await run(`log.scrollTop -= 120; ${frames(3)}`);
      return await run<number>("log.scrollHeight - log.scrollTop - log.clientHeight") > 100;
    });
    await page.locator("#jump").waitFor();
  });
}

logTest("The user can leave the end of a busy room in small steps", async ({ page, run }) => {
  await run(`stage.open(60, 60)`);
  await page.locator(row(60)).waitFor();
  await isAtEnd(run);
  await run(`(async () => {
    for (let step = 0; step < 20; step++) {
      stage.say("Ben", "busy");
      await ${frames(2)};
      log.scrollTop -= 4;
      await ${frames(2)};
    }
  })()`);
  await page.locator("#jump").waitFor();
  assert.ok(await run<number>("log.scrollHeight - log.scrollTop - log.clientHeight") > 24);
  // And returns to it by scrolling down.
  await run("log.scrollTop += 10_000");
  await page.locator("#jump").waitFor({ state: "hidden" });
  await run(`stage.say("Ben", "last")`);
  await page.locator(row(81)).waitFor();
  await isAtEnd(run);
});

// The window has room for more messages than the first page of history.
logTest("The first view of a room is filled", async ({ run }) => {
  const isFull = await run<boolean>(`(async () => {
    document.querySelector("main").classList.add("endless");
    stage.open(100, 100);
    await ${frames(2)};
    return log.scrollHeight > log.clientHeight && log.clientHeight > 1_500;
  })()`);
  assert.ok(isFull);
});

logTest(
  "An author who was renamed appears under the new name as soon as it is known",
  async (fixture) => {
    const { page, run } = fixture;
    await run(`stage.open(40, 40)`);
    // Ben said 4 to 6, and Cem 7 to 9.
    await page.locator(row(4)).waitFor();
    assert.equal(await page.locator(".now").count(), 0);
    await run(`stage.room.members.set({ members: [{ user: "ben", name: "Bea" }] })`);
    await page.locator(`${row(4)} .now`, { hasText: "now Bea" }).waitFor();
    assert.match(await page.locator(row(4)).ariaSnapshot(), /article "Ben ?now Bea/);
    assert.equal(await page.locator(`${row(7)} .now`).count(), 0);
    // A user who has left is named as in their last message.
    await run(`stage.say("Cora", "it is me", { user: "cem" })`);
    await page.locator(`${row(7)} .now`, { hasText: "now Cora" }).waitFor();
    assert.equal(await page.locator(`${row(41)} .now`).count(), 0);
    await run(`stage.room.members.set({ members: [{ user: "ben", name: "Ben" }] })`);
    await page.locator(`${row(4)} .now`).waitFor({ state: "detached" });
  },
);

logTest("The End key scrolls to the end, even from the last message", async ({ page, run }) => {
  await run(`stage.open(60, 60)`);
  await page.locator(row(60)).focus();
  await run(`log.scrollTop -= 500`);
  await page.locator("#jump").waitFor();
  await page.keyboard.press("End");
  await isAtEnd(run);
  await page.locator("#jump").waitFor({ state: "hidden" });
});

logTest(
  "A reader's step up counts even if the list changes before the browser reports it",
  async ({ page, run }) => {
    await run(`stage.open(60, 60)`);
    await isAtEnd(run);
    const left = await run<number>(`
      import("/static/page/log/view/scroll_anchor.js").then(async ({ ScrollAnchor }) => {
        const list = log.cloneNode(true).firstElementChild;
        const scroller = log.cloneNode();
        scroller.append(list);
        log.replaceWith(scroller);
        const anchor = new ScrollAnchor(scroller, list, () => {});
        anchor.toEnd();
        await ${frames(2)};
        anchor.keepPosition(() => list.append(list.lastElementChild.cloneNode(true)));
        scroller.scrollTop -= 500;
        anchor.keepPosition(() => list.append(list.lastElementChild.cloneNode(true)));
        await ${frames(2)};
        return scroller.scrollHeight - scroller.clientHeight - scroller.scrollTop;
      })`);
    assert.ok(left >= 500, `${left} px from the end`);
    assert.equal(await page.locator("#log").count(), 1);
  },
);

logTest("The Home key scrolls to the first message in the room", async ({ page, run }) => {
  await run(`stage.open(1_500, 50)`);
  await page.locator(row(1_500)).focus();
  await page.keyboard.press("Home");
  await page.locator(`${row(1)}:focus`).waitFor();
  assert.ok(await page.locator(".top.beginning").isVisible());
  assert.ok(await page.locator("#log article").count() <= 300);
  await page.keyboard.press("End");
  await page.locator(`${row(1_500)}:focus`).waitFor();
  await isAtEnd(run);
});

logTest(
  "Loading up to the first message ends when the user scrolls elsewhere",
  async ({ page, run }) => {
    await run(`stage.open(1_500, 50)`);
    await page.locator(row(1_500)).focus();
    await run(`for (const key of ["Home", "End"]) {
    document.activeElement.dispatchEvent(new KeyboardEvent("keydown", { key, bubbles: true }));
  }`);
    await until("a page of history", async () => await run("stage.timeline.messages.length > 50"));
    await page.locator(`${row(1_500)}:focus`).waitFor();
    await run(frames(5));
    await isAtEnd(run);
    assert.equal(await page.locator(row(1)).count(), 0);
  },
);

logTest("The log opens at the first unread message", async ({ page, run }) => {
  await run(`stage.open(400, 200, "e:350")`);
  const line = await page.locator(".divider").boundingBox();
  assert.ok(line && line.y > 0 && line.y < 600, "in view");
  assert.equal(await page.locator("#jump").innerText(), "37 new messages");
  assert.equal(await run("stage.readMarkers.length"), 0);
});

logTest(
  "A sent message is shown at once, and its entry replaces it",
  async ({ page, run }) => {
    await run(`stage.open(5, 5); stage.send("hello")`);
    const pending = page.locator(".pending", { hasText: "hello" });
    await pending.waitFor();
    assert.match(await pending.innerText(), /Sending/);
    await run(`window.element = log.querySelector(".pending"); window.most = 0;
    new MutationObserver(() => most = Math.max(most, [...log.querySelectorAll("article")]
      .filter((it) => it.textContent.includes("hello")).length))
      .observe(log, { subtree: true, childList: true });
    stage.say("Ann", "hello", { id: "d-hello" })`);
    await page.locator(row(6)).waitFor();
    await run("stage.outbox.set([])");
    await page.waitForFunction(frames(3));
    assert.equal(await page.locator("article", { hasText: "hello" }).count(), 1);
    assert.equal(await run(`element === log.querySelector('${row(6)}')`), true);
    assert.equal(await run("most"), 1);
  },
);

logTest("An unsent message can be retried or discarded", async ({ page, run }) => {
  await run(`stage.open(5, 5); stage.send("one", "failed"); stage.send("two", "unsure")`);
  await page.locator(".failed", { hasText: "Not sent: that was too fast." }).waitFor();
  await page.locator(".failed").getByText("Retry").click();
  await page.locator(".unsure").getByText("Send again").click();
  await page.locator(".unsure").getByText("Discard").click();
  const done = await run("stage.actions.map(({ type, delivery }) => [type, delivery.id])");
  assert.deepEqual(done, [["retry", "d-one"], ["retry", "d-two"], ["discard", "d-two"]]);
});

logTest("A message that would be refused again has no Retry", async ({ page, run }) => {
  await run(`stage.open(5, 5);
    for (const code of ["empty", "too_long", "turned_down"]) {
      stage.send(code, "failed", { type: "say", text: code }, code);
    }
    stage.send("one", "failed")`);
  const rows = page.locator(".failed");
  await rows.last().getByText("Retry").waitFor();
  const buttons = await rows.evaluateAll((them) =>
    them.map((it) => [...it.querySelectorAll("button.small")].map((button) => button.textContent))
  );
  const only = ["Discard"];
  assert.deepEqual(buttons, [only, only, only, ["Retry", "Discard"]]);
});

logTest(
  "The log is one Tab stop, and a message's tools are the next",
  async ({ page, run }) => {
    await run(`stage.open(30, 30); stage.say("Ann", "see https://a.example/ or not")`);
    await page.locator(row(31)).waitFor();
    await page.focus("#text");
    const focused = () =>
      run<string>(`const it = document.activeElement;
    it.dataset.position ?? it.dataset.do ?? it.localName`);
    for (
      const [key, expected] of [
        ["Shift+Tab", "a"],
        ["Shift+Tab", "e:31"],
        ["ArrowUp", "e:30"],
        ["ArrowUp", "e:29"],
        ["Home", "e:1"],
        ["End", "e:31"],
        ["Tab", "a"],
        ["Tab", "pick"],
        ["ArrowRight", "reply"],
        ["ArrowRight", "edit"],
        ["ArrowLeft", "reply"],
        ["Escape", "e:31"],
        ["Enter", "pick"],
        ["ArrowLeft", "copy"],
        ["Enter", "copy"],
        ["Tab", "textarea"],
      ] as const
    ) {
      await page.keyboard.press(key);
      assert.equal(await focused(), expected, key);
    }
    const [{ type, link }] = await run<[{ type: string; link: string }]>("stage.actions");
    assert.equal(type, "copy");
    assert.match(link, /^http:.*\/#den\/e:31$/);
  },
);

logTest("The focus stays in the log when its message is trimmed", async ({ page, run }) => {
  await run(`stage.open(100, 100)`);
  await page.locator(row(100)).focus();
  await run(`for (let i = 0; i < 400; i++) stage.say("Ben", "line " + i)`);
  await page.locator(row(500)).waitFor();
  assert.equal(await page.locator(row(100)).count(), 0);
  assert.equal(await run("document.activeElement.id"), "log");
  await page.keyboard.press("ArrowUp");
  assert.equal(await run("document.activeElement.localName"), "article");
});

logTest(
  "A reaction is a toggle that responds at once and keeps the focus",
  async ({ page, run }) => {
    await run(`stage.open(3, 3); stage.say("Ben", "hi"); stage.react(4, "ben", "👍")`);
    const toggle = page.locator(`${row(4)} [data-emoji="👍"]`);
    assert.equal(await toggle.getAttribute("title"), "👍: Ben");
    await toggle.click();
    assert.deepEqual(await run("stage.actions.map(({ type, emoji, on }) => [type, emoji, on])"), [
      ["react", "👍", true],
    ]);
    await run(`stage.send("r", "sending", { type: "react", of: "e:4", emoji: "👍", on: true })`);
    await page.locator(`${row(4)} [aria-pressed=true]`).waitFor();
    assert.equal(await toggle.textContent(), "👍 2");
    assert.equal(await toggle.getAttribute("title"), "👍: Ben, you");
    assert.equal(await run("document.activeElement.dataset.emoji"), "👍");
  },
);

logTest(
  "A reply leads to its original, even if that must be loaded",
  async ({ page, run }) => {
    await run(`stage.open(500, 50); stage.say("Ben", "yes", { reply: "e:20" })`);
    await page.locator(`${row(501)} .quote`).click();
    await page.locator(`${row(20)}.flash`).waitFor();
    const box = await page.locator(row(20)).boundingBox();
    assert.ok(box && box.y > 0 && box.y < 600, "in view");
    await page.click("#jump");
    await page.locator(`${row(501)} .quote`, { hasText: "message 19" }).waitFor();
    await run(`stage.say("Ben", "no", { reply: "e:900" })`);
    await page.locator(`${row(502)} .quote`).click();
    await until("the toast", async () => await run("stage.actions.at(-1)?.type") === "toast");
    assert.equal(await run("stage.actions.at(-1).words"), "This message no longer exists.");
  },
);

logTest(
  "Older messages that failed to load are requested again on demand",
  async ({ page, run }) => {
    await run(`stage.isAway = true; stage.open(80, 10)`);
    await page.locator(".top.failed").waitFor();
    await run("stage.isAway = false");
    await page.locator(".top").getByText("Retry").click();
    const beginning = page.locator(".top.beginning", { hasText: "This is the beginning of #den" });
    await until("the beginning to be visible", async () => {
      await run("log.scrollTop = 0");
      return await beginning.isVisible();
    });
    assert.equal(await run("stage.timeline.messages.length"), 80);
  },
);

logTest(
  "Messages by others are announced, but neither own nor past ones",
  async ({ page, run }) => {
    await run(`stage.open(5, 5); stage.say("Ann", "mine"); stage.say("Ben", "hello")`);
    await page.locator("#live", { hasText: "Ben: hello" }).waitFor({ state: "attached" });
    await run(`for (const text of ["a", "b", "c"]) stage.say("Ben", text)`);
    await page.locator("#live", { hasText: "3 new messages" }).waitFor({ state: "attached" });
  },
);

const NASTY = [
  `<img src=x onerror="stung=1">`,
  `<script>stung=1</script>`,
  `https://a.example/"onmouseover="stung=1`,
  "`<b>x</b>` ```<i>y</i>```",
  `javascript:alert(1)`,
];

logTest("The log treats no message as markup", async ({ page, run }) => {
  await run("stage.open(1, 1)");
  for (const text of NASTY) {
    await run(`stage.say(${JSON.stringify(text)}, ${JSON.stringify(text)})`);
  }
  await page.locator(row(NASTY.length + 1)).waitFor();
  assert.equal(await page.locator("#log :is(img, script, i, .text b)").count(), 0);
  assert.deepEqual(
    await page.locator("#log .text a").evaluateAll((links) =>
      links.map((it) => it.attributes.length)
    ),
    [4],
  );
  assert.equal(await run("typeof stung"), "undefined");
});

for (const width of [360, 1280]) {
  const viewport = { width, height: 640 };
  logTest(
    `The log is accessible in the light and the dark theme (${width} px)`,
    async ({ page, run }) => {
      await run(`stage.open(40, 40, "e:38");
      const names = ${JSON.stringify(NAMES)};
      for (const name of names) {
        stage.say(name, "hello \`x\` https://a.example/", { reply: "e:3" });
        for (const user of ["ben", "ann"]) stage.react(41, user, "👍");
        stage.react(47, "cem", "🎉");
      }
      stage.emit({ type: "edited", of: "e:47", text: "other", at: 0 });
      stage.emit({ type: "deleted", position: "e:99", of: "e:48", at: 0, user: "max", id: "x" });
      stage.emit({ type: "lost", after: "e:99", until: "e:99", reason: "too_old" });
      for (const kind of ["waiting", "sending", "failed", "unsure"]) stage.send(kind, kind)`);
      await page.locator(".unsure").waitFor();
      await page.locator(row(47)).focus();
      assert.deepEqual(await accessibilityViolations(page), []);
      assert.ok(await run("log.scrollWidth <= log.clientWidth"), "no horizontal scrolling");
      await page.emulateMedia({ colorScheme: "dark" });
      assert.deepEqual(await accessibilityViolations(page, "only"), [], "dark");
    },
    { colorScheme: "light", viewport },
  );
}

logTest("Only a message that cannot be drawn is shown as plain text", async (fixture) => {
  const { page, run, complaints } = fixture;
  await run(`stage.open(2, 2)`);
  await run(`for (const at of [Infinity, NaN]) stage.say("Eve", "at no time", { at })`);
  await run(`stage.say("Ben", "after it")`);
  await page.locator(row(5)).waitFor();
  await page.locator("#log article", { hasText: "Eve: at no time" }).first().waitFor();
  assert.equal(await page.locator("#log article").count(), 5);
  assert.equal(complaints.length, 1, String(complaints));
  assert.match(complaints[0] ?? "", /^A row of the log could not be drawn .*Invalid time/);
  fixture.clearComplaints();
});

logTest("Texts designed to be slow do not block the room", async ({ page, run }) => {
  await run(`stage.open(2, 2)`);
  // With exponential backtracking, the first one alone would take longer than a lifetime.
  await run(`for (let i = 0; i < 10; i++) {
    stage.say("Eve", "👍🏽".repeat(29) + "a");
    stage.say("Eve", "#\\ufe0f\\u20e3🏽".repeat(19) + "a");
    stage.say("Eve", "\`a\`".repeat(20_000));
    stage.say("Eve", "http://" + "世".repeat(20_000));
    stage.say("Eve", "http://a ".repeat(7_000));
    stage.say("Eve", "a" + "\\u0300".repeat(30_000));
  }
  stage.say("Ben", "the end")`);
  await page.locator("#log article", { hasText: "the end" }).waitFor();
  await isAtEnd(run);
  const most = await run<number>(`Math.max(0, ...[...log.querySelectorAll("article")].map((it) =>
    it.querySelectorAll("*").length))`);
  assert.ok(most < 1_100, `${most} elements in a row`);
});

const LONG = `Array.from({ length: 400 }, (_, i) => "line " + i + " of a log").join("\\n")`;

logTest("A long message is folded, and unfolds in place", async ({ page, run }) => {
  await run(
    `stage.open(30, 30); stage.say("Ben", ${LONG} + "\\nhttps://a.example/"); stage.say("Ann", "after it")`,
  );
  await page.locator(row(32)).waitFor();
  await isAtEnd(run);
  const long = page.locator(row(31));
  const button = long.locator(".fold");
  const place = async (it: typeof long) => {
    const { y = 0, height = 0 } = await it.boundingBox() ?? {};
    return { y, height };
  };
  const folded = await place(long);
  assert.ok(folded.height < 600, `${folded.height} px`);
  assert.match(
    await long.locator(".text").innerText(),
    /line 0 of[^]*line 399 of/,
    "the whole text is in the page",
  );

  await button.scrollIntoViewIfNeeded();
  await run(frames(2));
  const before = await place(long);
  await button.click();
  await becomesOpen(true);
  const open = await place(long);
  assert.ok(open.height > 9_000, `${open.height} px`);
  assert.ok(Math.abs(open.y - before.y) < 2, "nothing has jumped");
  await run(`stage.react(31, "ben", "👍")`);
  await long.locator(".reaction", { hasText: "👍" }).waitFor();
  await becomesOpen(true);
  await page.locator("#jump").waitFor();

  await button.scrollIntoViewIfNeeded();
  await run(frames(2));
  const wide = await place(button);
  await page.keyboard.press("Enter");
  await becomesOpen(false);
  assert.ok(Math.abs((await place(button)).y - wide.y) < 2, "the button has not moved");
  assert.equal((await place(long)).height < 700, true);
  assert.equal(await run("document.activeElement.dataset.do"), "fold", "the focus stays");

  // As the browser does for a search result, or when Tab reaches a link.
  await long.locator("a").focus();
  await becomesOpen(true);
  const link = await place(long.locator("a"));
  assert.ok(link.y > 0 && link.y < 600, `in view: ${link.y}`);

  function becomesOpen(isOpen: boolean): Promise<void> {
    return until(
      `the message to be ${isOpen ? "unfolded" : "folded"}`,
      async () =>
        await button.getAttribute("aria-expanded") === String(isOpen) &&
        await button.innerText() === (isOpen ? "Show less" : "Show more") &&
        await long.locator(".folded").count() === (isOpen ? 0 : 1),
    );
  }
});

logTest("Stacked combining marks do not overlap other messages", async ({ page, run }) => {
  await run(`stage.open(2, 2);
    stage.say("Eve", [..."Zalgo"].map((it) => it + "\\u0351\\u0352\\u0353\\u0354\\u0316".repeat(8)).join(""));
    stage.say("Ben", "Zalgo")`);
  await page.locator(row(4)).waitFor();
  const [piled, plain] = await run<{ overflow: string; rows: number }[]>(`[3, 4].map((seq) => {
    const text = log.querySelector('[data-position="e:' + seq + '"] .text');
    const { overflow, lineHeight, fontSize } = getComputedStyle(text);
    return { overflow, rows: parseFloat(lineHeight) / parseFloat(fontSize) };
  })`);
  assert.deepEqual([piled?.overflow, plain?.overflow], ["clip", "visible"]);
  assert.ok((piled?.rows ?? 0) > 1.5 * (plain?.rows ?? Infinity), JSON.stringify([piled, plain]));
});

logTest("The log goes to the message requested last", async ({ page, run }) => {
  await run(`stage.open(3_000, 50)`);
  await page.locator(row(3_000)).waitFor();
  // The first request needs ten pages of history, the second one page.
  assert.deepEqual(
    await page.evaluate(`Promise.all(["e:1000", "e:2900"].map((it) => stage.log.goToMessage(it)))`),
    ["stopped", "found"],
  );
  await page.locator(`${row(2_900)}.flash`).waitFor();
  // The user's own message leads to the end, and cancels the way to the linked message.
  await page.evaluate(`{
    const search = stage.log.goToMessage("e:100");
    stage.send("hello");
    search.then((it) => document.body.dataset.outcome = it);
  }`);
  await page.locator("body[data-outcome=stopped]").waitFor();
  await isAtEnd(run);
  assert.deepEqual(await run(`stage.actions`), [{ type: "latest" }]);
});
