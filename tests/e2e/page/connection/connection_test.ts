/**
 * The chat page while the server or the network is down: nothing is lost, nothing is sent twice, and the page shows the
 * state of the connection.
 * @module
 */
import assert from "node:assert/strict";
import type { Page } from "playwright-core";
import { FaultProxy } from "../../../support/clients/fault_proxy.ts";
import {
  eventually,
  lines,
  message,
  type PageFixture,
  pageTest,
  say,
  SEED_UNCERTAIN_DELIVERY,
  SERVER_IS_DOWN,
  setVisibility,
  untilShown,
  useTool,
  whenJoined,
} from "../page_fixture.ts";

const RESTARTS = { restarts: "service" } as const;
const KILLED = { restarts: "process" } as const;

async function waiting(page: Page): Promise<void> {
  await page.locator("body[data-state=waiting]").waitFor();
}

/** Waits until the page can be opened without the server. */
async function isServed(page: Page): Promise<void> {
  await page.evaluate("navigator.serviceWorker.ready.then(() => {})");
}

function storedActions(page: Page): Promise<number> {
  return page.evaluate<number>(
    "Object.keys(localStorage).filter((it) => it.includes(' deed.')).length",
  );
}

/** The delivery states below messages. */
function deliveries(page: Page): Promise<readonly string[]> {
  return page.locator("#log p.delivery, #log .delivery span").allTextContents();
}

pageTest("A visit uses one connection, opened before the scripts have loaded", async (stage) => {
  // Otherwise the service worker serves the scripts.
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
  await whenJoined(page);
  await say(page, "hello");
  await untilShown(page, "hello");
  assert.equal(sockets.length, 1);
});

const ENDS = [
  ["SIGTERM", "The server is restarting. Messages are sent when you reconnect."],
  ["SIGKILL", "The connection was lost. Messages are sent when you reconnect."],
] as const;

for (const [signal, words] of ENDS) {
  pageTest(
    `Two users lose and repeat nothing when the server ends by ${signal}`,
    async (stage) => {
      const ann = await stage.enter("?name=Ann#den");
      const ben = await stage.enter("?name=Ben#den");
      // So that he sends no read marks: the close code of a page that is sending may be lost (docs/internals/runtime.md).
      await setVisibility(ben, "elsewhere");
      let count = 0;
      // One after the other, so that their order is known.
      const both = async (isUp: boolean) => {
        for (const page of [ann, ben]) {
          const text = `line ${++count}.`;
          await say(page, text);
          if (isUp) await untilShown(page, text);
        }
      };
      await both(true);
      await say(ann, "on its way when it ends");
      await ann.fill("#text", "half a thou");
      // The first attempt to reconnect is not the last.
      await ben.evaluate(`{
        globalThis.announced = new Set();
        new MutationObserver(() => announced.add(document.getElementById("words").textContent))
          .observe(document.body, { childList: true, characterData: true, subtree: true });
      }`);
      await stage.killService(signal);
      for (const page of [ann, ben]) await waiting(page);
      await eventually(() => ben.evaluate(`announced.has(${JSON.stringify(words)})`), true, words);
      assert.equal(await ann.inputValue("#text"), "half a thou", "the draft is kept");
      await both(false);
      assert.match(await message(ann, "line 3.").innerText(), /Waiting to be sent/);
      await ann.fill("#text", "half a thou");
      await stage.startService();
      for (const page of [ann, ben]) await whenJoined(page);
      for (const page of [ann, ben]) {
        for (const text of ["line 3.", "line 4."]) await untilShown(page, text);
      }
      assert.equal(await ann.inputValue("#text"), "half a thou");
      await both(true);
      for (const page of [ann, ben]) {
        for (const text of ["line 5.", "line 6."]) await untilShown(page, text);
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
      assert.deepEqual(await lines(ann), await lines(ben), "both see the same order");
    },
    KILLED,
  );
}

pageTest("The page shows how long it waits, and reconnects on demand", async (stage) => {
  const page = await stage.enter("?name=Ann#den");
  // Stop the page's clock from here on, so that no timer reconnects it.
  await page.clock.install();
  await page.clock.pauseAt(Date.now() + 60_000);
  await stage.killService("SIGKILL");
  await waiting(page);
  assert.match(await page.innerText("#countdown"), /^Reconnecting in \d s$/);
  await page.focus("#retry");
  await page.keyboard.press("Enter");
  // The attempt has failed, and the page shows the state again.
  await eventually(() => page.evaluate("document.activeElement.id"), "text");
  await waiting(page);
  await stage.startService();
  await page.click("#retry");
  await page.locator("body[data-state=online]").waitFor();
  await page.clock.resume();
  await whenJoined(page);
  await page.locator("#status.unseen").waitFor({ state: "attached" });
  await say(page, "back");
  await untilShown(page, "back");
}, KILLED);

pageTest("Messages written without a network stay visible and are sent once", async (stage) => {
  await using proxy = new FaultProxy(stage.port);
  const page = await stage.enter("?name=Ann#den", { port: proxy.port });
  const ben = await stage.joinRoom("Ben", "den");
  const received: string[] = [];
  ben.events.subscribe((event) => event.type === "said" && received.push(event.text));
  await say(page, "before");
  await untilShown(page, "before");

  // It cannot be loaded without a network.
  await page.locator("#picker").waitFor({ state: "attached" });

  // The server receives the message, but its answer is lost: the page cannot know whether it was stored.
  proxy.dropReplies();
  await say(page, "perhaps");
  await eventually(() => Promise.resolve(received), ["before", "perhaps"]);
  await eventually(() => deliveries(page), ["Sending…"]);
  // Not awaited before the proxy ends its connections: the browser sets a service worker offline only once that has loaded.
  const offline = page.context().setOffline(true);
  proxy.disable();
  await offline;
  await waiting(page);
  const words = "You are offline. Messages are sent when you reconnect.";
  await eventually(() => page.innerText("#words"), words);
  await say(page, "later");
  await useTool(message(page, "before"), "React");
  await page.locator("#picker").getByRole("button", { name: "thumbs up" }).click();
  await page.press("#text", "ArrowUp");
  await say(page, "before, edited");
  await eventually(() => lines(page), ["Ann: before, edited", "Ann: perhaps", "Ann: later"]);
  const waits = "Waiting to be sent";
  await eventually(() => deliveries(page), ["Saving…", waits, waits]);
  proxy.enable();
  await page.context().setOffline(false);
  await untilShown(page, "later");
  await eventually(() => deliveries(page), []);
  await eventually(() => Promise.resolve(received), ["before", "perhaps", "later"]);
  const other = await stage.enter("?name=Cem#den");
  for (const it of [page, other]) {
    const texts = ["before, edited edited", "perhaps", "later"];
    await eventually(() => it.locator("#log .text").allTextContents(), texts);
    await eventually(() => it.locator(".reaction:not(.add)").allTextContents(), ["👍 1"]);
  }
}, { expected: SERVER_IS_DOWN });

for (
  const [what, lose] of [
    [
      "when the browser goes offline",
      (page: Page) => page.evaluate('dispatchEvent(new Event("offline"))'),
    ],
    ["when a message is sent without a server", (page: Page) => say(page, "one")],
  ] as const
) {
  // A silent network loss is detected only after longer than a test waits.
  pageTest(`A lost network is shown ${what}`, async (stage) => {
    await using proxy = new FaultProxy(stage.port);
    const page = await stage.enter("?name=Ann#den", { port: proxy.port });
    const ben = await stage.joinRoom("Ben", "den");
    proxy.dropReplies();
    await lose(page);
    await waiting(page);
    await say(page, "two");
    const waits = "Waiting to be sent";
    await eventually(async () => new Set(await deliveries(page)), new Set([waits]));
    proxy.cut();
    await page.evaluate('dispatchEvent(new Event("online"))');
    await untilShown(page, "two");
    await eventually(() => Promise.resolve(ben.last.value?.text), "two");
    await eventually(() => deliveries(page), []);
  }, { expected: SERVER_IS_DOWN });
}

pageTest(
  "A returning user whose name is taken joins under a temporary name and is renamed when it is free",
  async (stage) => {
    const other = await stage.joinRoom("Ann", "den");
    await other.say("I am Ann").sent;
    const page = await stage.enter("?name=Ann#den");
    const bar = page.locator("#room-status");
    await bar.getByText("Ann is taken here. You are Ann (2) until it is free.")
      .waitFor();
    await untilShown(page, "I am Ann");
    await say(page, "so am I");
    await untilShown(page, "so am I");
    assert.deepEqual(await lines(page), ["Ann: I am Ann", "Ann (2): so am I"]);
    await page.focus("#room-rename");
    other.leave();
    await bar.waitFor({ state: "hidden" });
    await eventually(() => page.evaluate("document.activeElement.id"), "text");
    await say(page, "and now I am");
    await untilShown(page, "and now I am");
    assert.equal((await lines(page)).at(-1), "Ann: and now I am");
    assert.equal(await page.locator(".toast:visible").count(), 0);
  },
);

async function writtenWithoutServer(stage: PageFixture, texts: readonly string[]): Promise<Page> {
  const page = await stage.enter("?name=Ann#den");
  await isServed(page);
  await say(page, "zero");
  await untilShown(page, "zero");
  // Its position arrives before the page removes the message from its outbox.
  await eventually(() => storedActions(page), 0);
  await stage.stopService();
  await waiting(page);
  for (const text of texts) await say(page, text);
  return page;
}

pageTest(
  "Messages written without the server survive reloads, and are sent once and in order",
  async (stage) => {
    const page = await writtenWithoutServer(stage, ["one", "two\nlines"]);
    await page.reload();
    // Whether the first one was cached depends on whether the page's second script had been loaded.
    const unsent = async () => (await lines(page)).filter((it) => it !== "Ann: zero");
    await eventually(unsent, ["Ann: one", "Ann: two\nlines"]);
    await waiting(page);
    assert.equal(await page.innerText("#room-title"), "# den");
    assert.equal(await page.innerText("#me bdi"), "Ann");
    const waits = "Waiting to be sent";
    await eventually(() => deliveries(page), [waits, waits]);
    await say(page, "three");
    await page.reload();
    await stage.startService();
    await whenJoined(page);
    await untilShown(page, "three");
    const all = ["Ann: zero", "Ann: one", "Ann: two\nlines", "Ann: three"];
    const ben = await stage.enter("?name=Ben#den");
    for (const it of [page, ben]) await eventually(() => lines(it), all);
    await page.reload();
    await whenJoined(page);
    await eventually(() => lines(page), all);
    await eventually(() => storedActions(page), 0);
  },
  RESTARTS,
);

const LONG = "long ".repeat(400).trim();
const TOO_LONG = "Not sent: the text is too long.";
const REFUSAL = "Not sent: the text contains words that are not allowed here.";
const BLOCKED_WORDS_FILE = new URL("../moderation/words.txt", import.meta.url).pathname;

pageTest(
  "A message that the server refuses is shown with the reason, and can be retried or discarded",
  async (stage) => {
    const page = await writtenWithoutServer(stage, ["one bad", "two bad", "three"]);
    await stage.startService({ BLOCKED_WORDS_FILE });
    await untilShown(page, "three");
    await eventually(() => deliveries(page), [REFUSAL, REFUSAL]);
    await message(page, "one").getByRole("button", { name: "Retry" }).click();
    await eventually(() => deliveries(page), [REFUSAL, REFUSAL]);
    await page.reload();
    await whenJoined(page);
    await eventually(() => deliveries(page), [REFUSAL, REFUSAL], "over a reload");
    await message(page, "two").getByRole("button", { name: "Discard" }).click();
    await eventually(() => deliveries(page), [REFUSAL]);
    await stage.stopService();
    await waiting(page);
    await stage.startService();
    await whenJoined(page);
    await message(page, "one").getByRole("button", { name: "Retry" }).click();
    await untilShown(page, "one");
    await eventually(() => lines(page), ["Ann: zero", "Ann: three", "Ann: one bad"]);
    await eventually(() => storedActions(page), 0);
  },
  RESTARTS,
);

pageTest(
  "A message that is too long stays in the field, or can only be discarded",
  async (stage) => {
    const page = await writtenWithoutServer(stage, [LONG]);
    await stage.startService({ MAX_MESSAGE_BYTES: "1024" });
    await eventually(() => deliveries(page), [TOO_LONG]);
    const refused = message(page, LONG);
    assert.equal(await refused.getByRole("button", { name: "Retry" }).count(), 0);
    await page.fill("#text", LONG);
    await page.locator("#text-error", { hasText: "Too long by 975 bytes." }).waitFor();
    await page.press("#text", "Enter");
    assert.equal(await page.inputValue("#text"), LONG);
    await refused.getByRole("button", { name: "Discard" }).click();
    await eventually(() => storedActions(page), 0);
  },
  RESTARTS,
);

pageTest("An edit that the server refuses is reported", async (stage) => {
  const page = await writtenWithoutServer(stage, []);
  await page.press("#text", "ArrowUp");
  await say(page, LONG);
  await stage.startService({ MAX_MESSAGE_BYTES: "1024" });
  await whenJoined(page);
  await eventually(() => deliveries(page), [TOO_LONG]);
  await message(page, TOO_LONG).getByRole("button", { name: "Discard" }).click();
  await eventually(() => lines(page), ["Ann: zero"]);
  await eventually(() => storedActions(page), 0);
}, RESTARTS);

pageTest("The page asks the user when delivery cannot be confirmed", async (stage) => {
  const ben = await stage.joinRoom("Ben", "den");
  await ben.say("hello").sent;
  const page = await stage.enter("?name=Ann#den", { before: SEED_UNCERTAIN_DELIVERY });
  const doubt = "Possibly sent. Delivery could not be confirmed.";
  await eventually(() => deliveries(page), [doubt, doubt]);
  await say(page, "surely");
  await untilShown(page, "surely");
  await page.reload();
  await eventually(() => deliveries(page), [doubt, doubt]);
  await message(page, "perhaps one").getByRole("button", { name: "Send again" }).click();
  await untilShown(page, "perhaps one");
  await message(page, "perhaps two").getByRole("button", { name: "Discard" }).click();
  await eventually(() => lines(page), ["Ben: hello", "Ann: surely", "Ann: perhaps one"]);
  await eventually(() => storedActions(page), 0);
});

pageTest(
  "A page limited by slow_down shows it, and sends all messages in order",
  async (stage) => {
    const texts = Array.from({ length: 40 }, (_, i) => `text ${i}`);
    const page = await writtenWithoutServer(stage, texts);
    await stage.startService({ MESSAGES_PER_SECOND: "4" });
    await page.locator("#room-words", { hasText: "Sending slowly" }).waitFor();
    await untilShown(page, "text 39");
    await page.locator("#room-status").waitFor({ state: "hidden" });
    const ben = await stage.enter("?name=Ben#den");
    await eventually(() => lines(ben), ["Ann: zero", ...texts.map((text) => `Ann: ${text}`)]);
  },
  RESTARTS,
);

pageTest(
  "The page shows a room's rate limit only in that room",
  async (stage) => {
    const page = await stage.enter("?name=Ann#attic");
    const go = async (room: string) => {
      await page.evaluate(`location.hash = "${room}"`);
      await page.locator("#room-title", { hasText: `# ${room}` }).waitFor();
    };
    await go("den");
    await whenJoined(page);
    for (let i = 0; i < 60; i++) await say(page, `text ${i}`);
    const words = page.locator("#room-words", { hasText: "Sending slowly" });
    await words.waitFor();
    await go("attic");
    await page.locator("#room-status").waitFor({ state: "hidden" });
    await go("den");
    await words.waitFor();
  },
  { settings: { MESSAGES_PER_SECOND: "1" } },
);
