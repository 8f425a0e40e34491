/**
 * The chat page while the server or the network is away: nothing is lost, nothing is said twice, and whoever looks at the
 * page is told how it stands.
 * @module
 */
import assert from "node:assert/strict";
import type { Page } from "playwright-core";
import { LooseLink } from "./loose_link.ts";
import {
  becomes,
  DOUBTFUL,
  joined,
  lines,
  message,
  pageTest,
  say,
  SERVER_IS_DOWN,
  type Stage,
  told,
  useTool,
} from "./page_stage.ts";

const RESTARTS = { restarts: true };

async function waiting(page: Page): Promise<void> {
  await page.locator("body[data-state=waiting]").waitFor();
}

/** Until the page can be opened without the server. */
async function isServed(page: Page): Promise<void> {
  await page.evaluate("navigator.serviceWorker.ready.then(() => {})");
}

function deedsKept(page: Page): Promise<number> {
  return page.evaluate<number>(
    "Object.keys(localStorage).filter((it) => it.includes(' deed.')).length",
  );
}

/** What stands below messages about their way to the room. */
function deliveries(page: Page): Promise<readonly string[]> {
  return page.locator("#log p.delivery, #log .delivery span").allTextContents();
}

pageTest("A visit takes one connection, opened while the scripts are still away", async (stage) => {
  // Otherwise the scripts come from the page's own worker.
  const page = await stage.enter("?name=Ann#den", { serviceWorkers: "block" });
  const sockets: string[] = [];
  const dialled = new Promise<void>((resolve) =>
    page.on("websocket", (socket) => {
      sockets.push(socket.url());
      resolve();
    })
  );
  await page.context().route("**/page/main.js", async (route) => {
    await dialled;
    await route.continue();
  });
  await page.reload();
  await joined(page);
  await say(page, "hello");
  await told(page, "hello");
  assert.equal(sockets.length, 1);
});

const ENDS = [
  ["SIGTERM", "The server is restarting. What you write is sent when you are back."],
  ["SIGKILL", "The connection was lost. What you write is sent when you are back."],
] as const;

for (const [signal, words] of ENDS) {
  pageTest(
    `Two people talk on through the server's ${signal}: nothing is lost, nothing is doubled`,
    async (stage) => {
      const ann = await stage.enter("?name=Ann#den");
      const ben = await stage.enter("?name=Ben#den");
      let count = 0;
      // One after the other, so that their order is known.
      const both = async (isUp: boolean) => {
        for (const page of [ann, ben]) {
          const text = `line ${++count}.`;
          await say(page, text);
          if (isUp) await told(page, text);
        }
      };
      await both(true);
      await say(ann, "on its way when it ends");
      await ann.fill("#text", "half a thou");
      await stage.endService(signal);
      for (const page of [ann, ben]) await waiting(page);
      assert.equal(await ben.innerText("#words"), words);
      assert.equal(await ann.inputValue("#text"), "half a thou", "what is half written is kept");
      await both(false);
      assert.match(await message(ann, "line 3.").innerText(), /Waiting to be sent/);
      await ann.fill("#text", "half a thou");
      await stage.startService();
      for (const page of [ann, ben]) await joined(page);
      for (const page of [ann, ben]) {
        for (const text of ["line 3.", "line 4."]) await told(page, text);
      }
      assert.equal(await ann.inputValue("#text"), "half a thou");
      await both(true);
      for (const page of [ann, ben]) {
        for (const text of ["line 5.", "line 6."]) await told(page, text);
        const found = await lines(page);
        const by = (name: string) => found.filter((it) => it.startsWith(name));
        assert.deepEqual(by("Ann"), [
          "Ann: line 1.",
          "Ann: on its way when it ends",
          "Ann: line 3.",
          "Ann: line 5.",
        ]);
        assert.deepEqual(by("Ben"), ["Ben: line 2.", "Ben: line 4.", "Ben: line 6."]);
        assert.equal(found.length, 7);
        assert.equal(await page.locator("#log .pending, #log .missing").count(), 0);
      }
      assert.deepEqual(await lines(ann), await lines(ben), "both see one order");
    },
    RESTARTS,
  );
}

pageTest("The page says how long it waits, and comes back when it is asked to", async (stage) => {
  const page = await stage.enter("?name=Ann#den");
  // The page's clock stands still from here on, so that it cannot come back by itself.
  await page.clock.install();
  await page.clock.pauseAt(Date.now() + 60_000);
  await stage.endService("SIGKILL");
  await waiting(page);
  assert.match(await page.innerText("#countdown"), /^Reconnecting in \d s$/);
  await page.focus("#retry");
  await page.keyboard.press("Enter");
  // It has been tried, in vain, and is told again.
  await becomes(() => page.evaluate("document.activeElement.id"), "text");
  await waiting(page);
  await stage.startService();
  await page.click("#retry");
  await page.locator("body[data-state=online]").waitFor();
  await page.clock.resume();
  await joined(page);
  await page.locator("#status.unseen").waitFor({ state: "attached" });
  await say(page, "back");
  await told(page, "back");
}, RESTARTS);

pageTest("Without a network, what is written waits in sight, and is sent once", async (stage) => {
  await using link = new LooseLink(stage.port);
  const page = await stage.enter("?name=Ann#den", { port: link.port });
  const ben = await stage.guest("Ben", "den");
  const heard: string[] = [];
  ben.events.subscribe((event) => event.type === "said" && heard.push(event.text));
  await say(page, "before");
  await told(page, "before");

  // The server hears it, and its answer is lost: nobody here knows whether it was said.
  link.deafen();
  await say(page, "perhaps");
  await becomes(() => Promise.resolve(heard), ["before", "perhaps"]);
  await becomes(() => deliveries(page), ["Sending…"]);
  await page.context().setOffline(true);
  link.cut("shut");
  await waiting(page);
  const words = "You are offline. What you write is sent when you are back.";
  assert.equal(await page.innerText("#words"), words);
  await say(page, "later");
  await useTool(message(page, "before"), "React");
  await page.locator("#picker").getByRole("button", { name: "thumbs up" }).click();
  await page.press("#text", "ArrowUp");
  await say(page, "before, edited");
  await becomes(() => lines(page), ["Ann: before, edited", "Ann: perhaps", "Ann: later"]);
  const waits = "Waiting to be sent";
  await becomes(() => deliveries(page), ["Saving…", waits, waits]);
  link.cut("open");
  await page.context().setOffline(false);
  await told(page, "later");
  await becomes(() => deliveries(page), []);
  await becomes(() => Promise.resolve(heard), ["before", "perhaps", "later"]);
  const other = await stage.enter("?name=Cem#den");
  for (const it of [page, other]) {
    const texts = ["before, edited edited", "perhaps", "later"];
    await becomes(() => it.locator("#log .text").allTextContents(), texts);
    await becomes(() => it.locator(".reaction:not(.add)").allTextContents(), ["👍 1"]);
  }
}, { expected: SERVER_IS_DOWN });

async function writtenWithoutServer(stage: Stage, texts: readonly string[]): Promise<Page> {
  const page = await stage.enter("?name=Ann#den");
  await isServed(page);
  await say(page, "zero");
  await told(page, "zero");
  await stage.endService("SIGTERM");
  await waiting(page);
  for (const text of texts) await say(page, text);
  return page;
}

pageTest(
  "What was written without the server outlives reloads, and is said once and in order",
  async (stage) => {
    const page = await writtenWithoutServer(stage, ["one", "two\nlines"]);
    await page.reload();
    await becomes(() => lines(page), ["Ann: one", "Ann: two\nlines"]);
    await waiting(page);
    assert.equal(await page.innerText("#room-title"), "# den");
    assert.equal(await page.innerText("#me bdi"), "Ann");
    const waits = "Waiting to be sent";
    await becomes(() => deliveries(page), [waits, waits]);
    await say(page, "three");
    await page.reload();
    await stage.startService();
    await joined(page);
    await told(page, "three");
    const all = ["Ann: zero", "Ann: one", "Ann: two\nlines", "Ann: three"];
    const ben = await stage.enter("?name=Ben#den");
    for (const it of [page, ben]) await becomes(() => lines(it), all);
    await page.reload();
    await joined(page);
    await becomes(() => lines(page), all);
    await becomes(() => deedsKept(page), 0);
  },
  RESTARTS,
);

const LONG = "long ".repeat(400).trim();
const REFUSAL = "Not sent: the text is too long.";

pageTest(
  "What the server refuses is shown with why, and can be tried again or discarded",
  async (stage) => {
    const page = await writtenWithoutServer(stage, [`one ${LONG}`, `two ${LONG}`, "three"]);
    await stage.startService({ MAX_MESSAGE_BYTES: "1024" });
    await told(page, "three");
    await becomes(() => deliveries(page), [REFUSAL, REFUSAL]);
    await message(page, "one").getByRole("button", { name: "Retry" }).click();
    await becomes(() => deliveries(page), [REFUSAL, REFUSAL]);
    await page.fill("#text", LONG);
    await page.locator("#text-error", { hasText: "Too long by 975 bytes." }).waitFor();
    await page.press("#text", "Enter");
    assert.equal(await page.inputValue("#text"), LONG, "what is too long stays in the field");
    await page.fill("#text", "");
    await page.reload();
    await joined(page);
    await becomes(() => deliveries(page), [REFUSAL, REFUSAL], "over a reload");
    await message(page, "two").getByRole("button", { name: "Discard" }).click();
    await becomes(() => deliveries(page), [REFUSAL]);
    await stage.endService("SIGTERM");
    await waiting(page);
    await stage.startService();
    await joined(page);
    await message(page, "one").getByRole("button", { name: "Retry" }).click();
    await told(page, "one");
    await becomes(() => lines(page), ["Ann: zero", "Ann: three", `Ann: one ${LONG}`]);
    await becomes(() => deedsKept(page), 0);
  },
  RESTARTS,
);

pageTest("An edit that the server refuses is not lost without a word", async (stage) => {
  const page = await writtenWithoutServer(stage, []);
  await page.press("#text", "ArrowUp");
  await say(page, LONG);
  await stage.startService({ MAX_MESSAGE_BYTES: "1024" });
  await joined(page);
  await becomes(() => deliveries(page), [REFUSAL]);
  await message(page, REFUSAL).getByRole("button", { name: "Discard" }).click();
  await becomes(() => lines(page), ["Ann: zero"]);
  await becomes(() => deedsKept(page), 0);
}, RESTARTS);

pageTest("Where nobody can tell whether something was sent, the person is asked", async (stage) => {
  const ben = await stage.guest("Ben", "den");
  await ben.say("hello").sent;
  const page = await stage.enter("?name=Ann#den", { before: DOUBTFUL });
  const doubt = "Perhaps sent: nobody can tell.";
  await becomes(() => deliveries(page), [doubt, doubt]);
  await say(page, "surely");
  await told(page, "surely");
  await page.reload();
  await becomes(() => deliveries(page), [doubt, doubt]);
  await message(page, "perhaps one").getByRole("button", { name: "Send again" }).click();
  await told(page, "perhaps one");
  await message(page, "perhaps two").getByRole("button", { name: "Discard" }).click();
  await becomes(() => lines(page), ["Ben: hello", "Ann: surely", "Ann: perhaps one"]);
  await becomes(() => deedsKept(page), 0);
});

pageTest(
  "A page that has to send slowly says so, and sends all in order",
  async (stage) => {
    const texts = Array.from({ length: 40 }, (_, i) => `text ${i}`);
    const page = await writtenWithoutServer(stage, texts);
    await stage.startService({ MESSAGES_PER_SECOND: "10" });
    await page.locator("#room-words", { hasText: "Sending slowly" }).waitFor();
    await told(page, "text 39");
    await page.locator("#room-status").waitFor({ state: "hidden" });
    const ben = await stage.enter("?name=Ben#den");
    await becomes(() => lines(ben), ["Ann: zero", ...texts.map((text) => `Ann: ${text}`)]);
  },
  RESTARTS,
);
