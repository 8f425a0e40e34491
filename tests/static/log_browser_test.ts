/**
 * The log in a real browser, with a room that is made up: what can only be seen where there is a layout, a focus and a
 * content policy.
 * @module
 */
import assert from "node:assert/strict";
import axe, { type AxeResults } from "axe-core";
import { type BrowserContextOptions, chromium, type Page } from "playwright-core";
import { openPages } from "../../lib/io/pages.ts";
import { programTest, until } from "../provision.ts";

const CHROMIUM = {
  names: ["chromium", "chromium-browser", "google-chrome"],
  install: "the Debian package chromium",
};
const HTML = `<!DOCTYPE html><html lang="en"><head><meta charset="utf-8"><title>Log</title>
<meta name="viewport" content="width=device-width"><link rel="icon" href="static/icon.svg">
<link rel="stylesheet" href="static/parley.css"><link rel="stylesheet" href="static/log.css"><link rel="stylesheet" href="static/message.css"><link rel="stylesheet" href="static/message_tools.css">
<link rel="stylesheet" href="frame.css"><script type="module" src="tests/static/log_page.js"></script></head>
<body><main><h1>Den</h1><div id="stage"><div id="log" aria-label="Conversation"></div>
<button id="jump" type="button"></button></div><div id="live" role="status" class="unseen"></div>
<textarea id="text" aria-label="Message"></textarea></main></body></html>`;
const FRAME = `main { display: flex; flex-direction: column; height: 600px; }
#stage { position: relative; display: flex; flex: 1; min-height: 0; padding: 0; }
textarea { flex: none; height: 40px; } .tall { height: 200px; }
main.endless { height: 2000px; }
#live { position: absolute; clip-path: inset(50%); }`;
const TYPES = new Map([["js", "text/javascript"], ["css", "text/css"], ["svg", "image/svg+xml"]]);

async function serve(): Promise<{ readonly url: string } & AsyncDisposable> {
  const policy = (await openPages(1)).get("/")?.headers["content-security-policy"] ?? "";
  const made = new Map([["/", HTML], ["/frame.css", FRAME]]);
  const server = Deno.serve({ hostname: "127.0.0.1", port: 0, onListen() {} }, async (request) => {
    const { pathname } = new URL(request.url);
    const body = made.get(pathname) ??
      await Deno.readTextFile(new URL(`../..${pathname}`, import.meta.url)).catch(() => null);
    const type = TYPES.get(pathname.split(".").pop() ?? "") ?? "text/html";
    return new Response(body, {
      status: body === null ? 404 : 200,
      headers: { "content-type": `${type}; charset=utf-8`, "content-security-policy": policy },
    });
  });
  const url = `http://127.0.0.1:${server.addr.port}/`;
  return { url, [Symbol.asyncDispose]: () => server.shutdown() };
}

/** What a test does with the page. */
interface Seat {
  readonly page: Page;
  /** Runs a line of script in the page; `stage` and `log` are there. */
  readonly run: <T = unknown>(script: string) => Promise<T>;
  readonly complaints: readonly string[];
  /** What was complained of so far was to be. */
  readonly forgive: () => void;
}

function logTest(
  name: string,
  play: (seat: Seat) => Promise<void>,
  options: BrowserContextOptions = {},
): void {
  programTest(CHROMIUM, name, async ({ path }) => {
    await using site = await serve();
    const args = ["--no-sandbox", "--disable-gpu", "--no-first-run"];
    await using browser = await chromium.launch({ executablePath: path, args });
    const context = await browser.newContext({
      locale: "en-US",
      viewport: { width: 900, height: 640 },
      ...options,
    });
    const page = await context.newPage();
    const complaints: string[] = [];
    page.on("console", (it) => it.type() === "error" && complaints.push(it.text()));
    page.on("pageerror", (error) => complaints.push(error.message));
    await page.goto(site.url);
    await page.waitForFunction("window.stage");
    const run = <T>(script: string) =>
      page.evaluate<T>(`{
      const log = document.getElementById("log"); ${script} }`);
    await play({ page, run, complaints, forgive: () => complaints.splice(0) });
    assert.deepEqual(complaints, []);
  });
}

const isAtEnd = (run: Seat["run"]) =>
  until(
    "the log to be at its end",
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
  "The log scrolls through 10,000 messages, few of them in the page, without a jump",
  async ({ page, run }) => {
    await run(`stage.open(10_000, 50)`);
    await page.locator(row(10_000)).waitFor();
    await isAtEnd(run);
    // Each step goes up by 300 px: a line that is seen before and after it must have moved down by as much.
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
    // And back down, through what has been trimmed.
    const seen = await page.evaluate(`(async () => {
    const log = document.getElementById("log");
    for (let step = 0; step < 2_000; step++) {
      log.scrollTop += 2_000;
      await ${frames(1)};
      if (log.querySelector('${row(10_000)}') &&
        log.scrollHeight - log.scrollTop - log.clientHeight < 24) return true;
    }
    return false;
  })()`);
    assert.equal(seen, true);
  },
);

logTest("The log stays at its end until the reader leaves it", async ({ page, run }) => {
  await run(`stage.open(60, 60)`);
  await isAtEnd(run);
  // The field grows, and the log becomes lower, in the very moment a line enters it.
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
  const top = await run<number>("log.scrollTop");
  await run(`for (let i = 0; i < 3; i++) stage.say("Ben", "more"); stage.say("Ben", "last")`);
  await page.locator("#jump", { hasText: "4 new messages" }).waitFor();
  assert.equal(await run("log.scrollTop"), top);
  assert.equal(await page.locator(".divider").innerText(), "4 new messages");
  await page.click("#jump");
  await isAtEnd(run);
  await page.locator("#jump").waitFor({ state: "hidden" });
  await until("all to be read", async () => await run("stage.marks.at(-1)") === "e:105");
});

const CHANGES = [
  ["a reaction that makes no line higher", `stage.react(60, "ben", "👍")`],
  ["another language", `stage.log.speak({ strings: stage.strings, language: "zh" })`],
];

for (const [change = "", deed = ""] of CHANGES) {
  logTest(`The reader leaves the end also after ${change}`, async ({ page, run }) => {
    await run(`stage.open(60, 60); stage.react(60, "cem", "👍")`);
    await page.locator(`${row(60)} button`, { hasText: "👍" }).waitFor();
    await isAtEnd(run);
    await run(`${deed}; ${frames(3)}`);
    await run(`log.scrollTop -= 120; ${frames(3)}`);
    assert.ok(await run<number>("log.scrollHeight - log.scrollTop - log.clientHeight") > 100);
    assert.ok(await page.isVisible("#jump"));
  });
}

logTest("The reader leaves the end of a busy room also by small steps", async ({ page, run }) => {
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
  // And comes back to it by going down.
  await run("log.scrollTop += 10_000");
  await page.locator("#jump").waitFor({ state: "hidden" });
  await run(`stage.say("Ben", "last")`);
  await page.locator(row(81)).waitFor();
  await isAtEnd(run);
});

// In a window that more fit into than come first.
logTest("The first picture of a room is full", async ({ run }) => {
  const isFull = await run<boolean>(`(async () => {
    document.querySelector("main").classList.add("endless");
    stage.open(100, 100);
    await ${frames(2)};
    return log.scrollHeight > log.clientHeight && log.clientHeight > 1_500;
  })()`);
  assert.ok(isFull);
});

logTest("The End key leads to the end, also from the last message", async ({ page, run }) => {
  await run(`stage.open(60, 60)`);
  await page.locator(row(60)).focus();
  await run(`log.scrollTop -= 500`);
  await page.locator("#jump").waitFor();
  await page.keyboard.press("End");
  await isAtEnd(run);
  await page.locator("#jump").waitFor({ state: "hidden" });
});

logTest("The log opens at the first message that was not read", async ({ page, run }) => {
  await run(`stage.open(400, 200, "e:350")`);
  const line = await page.locator(".divider").boundingBox();
  assert.ok(line && line.y > 0 && line.y < 600, "in view");
  assert.equal(await page.locator("#jump").innerText(), "37 new messages");
  assert.equal(await run("stage.marks.length"), 0);
});

logTest(
  "What one says stands there at once, and its entry takes its place",
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

logTest("What was not sent can be tried again or discarded", async ({ page, run }) => {
  await run(`stage.open(5, 5); stage.send("one", "failed"); stage.send("two", "unsure")`);
  await page.locator(".failed", { hasText: "Not sent: that was too fast." }).waitFor();
  await page.locator(".failed").getByText("Retry").click();
  await page.locator(".unsure").getByText("Send again").click();
  await page.locator(".unsure").getByText("Discard").click();
  const done = await run("stage.deeds.map(({ type, delivery }) => [type, delivery.id])");
  assert.deepEqual(done, [["retry", "d-one"], ["retry", "d-two"], ["discard", "d-two"]]);
});

logTest(
  "The log is one stop for Tab, and a message's tools are the next",
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
    const [{ type, link }] = await run<[{ type: string; link: string }]>("stage.deeds");
    assert.equal(type, "copy");
    assert.match(link, /^http:.*\/#den\/e:31$/);
  },
);

logTest("Focus is in the log still when its message has left the page", async ({ page, run }) => {
  await run(`stage.open(100, 100)`);
  await page.locator(row(100)).focus();
  await run(`for (let i = 0; i < 400; i++) stage.say("Ben", "line " + i)`);
  await page.locator(row(500)).waitFor();
  assert.equal(await page.locator(row(100)).count(), 0);
  assert.equal(await run("document.activeElement.id"), "log");
  await page.keyboard.press("ArrowUp");
  assert.equal(await run("document.activeElement.localName"), "article");
});

logTest("A reaction is a toggle, pressed at once, and keeps its focus", async ({ page, run }) => {
  await run(`stage.open(3, 3); stage.say("Ben", "hi"); stage.react(4, "ben", "👍")`);
  const toggle = page.locator(`${row(4)} [data-emoji="👍"]`);
  assert.equal(await toggle.getAttribute("title"), "👍: Ben");
  await toggle.click();
  assert.deepEqual(await run("stage.deeds.map(({ type, emoji, on }) => [type, emoji, on])"), [
    ["react", "👍", true],
  ]);
  await run(`stage.send("r", "sending", { type: "react", of: "e:4", emoji: "👍", on: true })`);
  await page.locator(`${row(4)} [aria-pressed=true]`).waitFor();
  assert.equal(await toggle.textContent(), "👍 2");
  assert.equal(await toggle.getAttribute("title"), "👍: Ben, you");
  assert.equal(await run("document.activeElement.dataset.emoji"), "👍");
});

logTest(
  "An answer leads to what it answers, also where that must be loaded",
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
    await until("words", async () => await run("stage.deeds.length") === 1);
    assert.equal(await run("stage.deeds[0].words"), "This message is not there any more.");
  },
);

logTest(
  "Older messages that could not be had are asked for again on demand",
  async ({ page, run }) => {
    await run(`stage.isAway = true; stage.open(80, 10)`);
    await page.locator(".top.failed").waitFor();
    await run("stage.isAway = false");
    await page.locator(".top").getByText("Retry").click();
    const beginning = page.locator(".top.beginning", { hasText: "This is the beginning of #den" });
    await until("the beginning to be seen", async () => {
      await run("log.scrollTop = 0");
      return await beginning.isVisible();
    });
    assert.equal(await run("stage.timeline.messages.length"), 80);
  },
);

logTest(
  "What others say is read aloud, and neither one's own words nor what is past",
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

logTest("The log takes nothing that was said for markup", async ({ page, run }) => {
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

for (const colorScheme of ["light", "dark"] as const) {
  for (const width of [360, 1280]) {
    const viewport = { width, height: 640 };
    logTest(`The log keeps nobody out (${colorScheme}, ${width} px)`, async ({ page, run }) => {
      await run(`stage.open(40, 40, "e:38");
        const names = ["Sue", "Cem", "Val", "Ben", "Fay", "Lea", "Dee", "Gus"];
        for (const name of names) {
          stage.say(name, "hello \`x\` https://a.example/", { reply: "e:3" });
          for (const user of ["ben", "ann"]) stage.react(41, user, "👍");
          stage.react(47, "cem", "🎉");
        }
        stage.tell({ type: "edited", of: "e:47", text: "other", at: 0 });
        stage.tell({ type: "deleted", position: "e:99", of: "e:48", at: 0, user: "gus", id: "x" });
        stage.tell({ type: "lost", after: "e:99", until: "e:99", reason: "too_old" });
        for (const kind of ["waiting", "sending", "failed", "unsure"]) stage.send(kind, kind)`);
      await page.locator(".unsure").waitFor();
      await page.locator(row(47)).focus();
      await page.evaluate(axe.source);
      const { violations } = await page.evaluate<AxeResults>("axe.run()");
      const found = violations.flatMap(({ id, nodes }) =>
        nodes.map(({ html }) => `${id}: ${html}`)
      );
      assert.deepEqual(found, []);
      assert.ok(await run("log.scrollWidth <= log.clientWidth"), "no sideways scrolling");
    }, { colorScheme, viewport, reducedMotion: "reduce" });
  }
}

logTest("A message that cannot be drawn is shown as plain text, alone", async (seat) => {
  const { page, run, complaints } = seat;
  await run(`stage.open(2, 2)`);
  await run(`stage.say("Eve", "at no time", { at: Infinity })`);
  await run(`stage.say("Ben", "after it")`);
  await page.locator(row(4)).waitFor();
  await page.locator("#log article", { hasText: "Eve: at no time" }).waitFor();
  assert.equal(await page.locator("#log article").count(), 4);
  assert.ok(complaints.length > 0 && complaints.every((it) => /Invalid time/.test(it)));
  seat.forgive();
});

logTest("Texts made to be slow do not hold up the room that shows them", async ({ page, run }) => {
  await run(`stage.open(2, 2)`);
  // Read in every possible way, the first one alone would take longer than anybody lives.
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
