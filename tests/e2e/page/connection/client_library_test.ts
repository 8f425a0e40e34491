/**
 * The client library in a real browser, on a page without a chat of its own. The page keeps the chat's state, and tests
 * read it from outside.
 * @module
 */
import assert from "node:assert/strict";
import type { Browser, Page } from "playwright-core";
import { connect } from "../../../../static/client.js";
import { type Parley, startParley } from "../../../support/parley.ts";
import { freePort, until } from "../../../support/provision.ts";
import { TemporaryFolder } from "../../../support/temporary_folder.ts";
import { browserTest, openWindow } from "../../../support/programs/chromium.ts";

// What the browser logs about a server that is down, which these tests cause.
const SERVER_IS_DOWN =
  /^console: (?:WebSocket connection to '[^']+' failed|Failed to load resource: net::ERR_)/;

/** A page with a client named Ann. */
class ClientPage {
  readonly #page: Page;

  constructor(page: Page) {
    this.#page = page;
  }

  /** Loads the library and joins. */
  async connect(): Promise<void> {
    await this.#page.evaluate(`(async () => {
      const { connect } = await import("/client.js");
      const address = new URL("/ws", location.href);
      const chat = connect(address, { name: "Ann", storage: localStorage });
      const room = chat.join("lobby");
      const received = [];
      room.events.subscribe((event) => received.push(event.text ?? event.type));
      Object.assign(globalThis, { chat, room, received });
    })()`);
  }

  /** Starts, and waits until Ann has joined. */
  async join(): Promise<void> {
    await this.connect();
    await this.is("joined", "room.state.value.kind === 'joined'");
  }

  /** Waits until an expression is true in the page. */
  async is(what: string, expression: string): Promise<void> {
    await until(what, () => this.#page.evaluate<boolean>(expression));
  }

  /** Sends a message without waiting for its delivery. */
  async say(text: string): Promise<void> {
    await this.#page.evaluate(`void room.say(${JSON.stringify(text)})`);
  }

  /** Waits until all messages are delivered. */
  async isSettled(): Promise<void> {
    await this.is("an empty outbox", "chat.outbox.value.length === 0");
  }

  async received(): Promise<readonly string[]> {
    return await this.#page.evaluate<readonly string[]>("received");
  }

  /** All texts in the room's log. */
  async texts(): Promise<readonly string[]> {
    return await this.#page.evaluate<readonly string[]>(
      "room.history().then(({ messages }) => messages.map(({ text }) => text))",
    );
  }

  /** Number of actions in the page's storage. */
  async countStoredActions(): Promise<number> {
    return await this.#page.evaluate<number>(
      "Object.keys(localStorage).filter((it) => it.includes(' deed.')).length",
    );
  }
}

/** A service that can be killed and restarted with its data, and a page on it. */
interface ClientScene {
  readonly page: Page;
  readonly ann: ClientPage;
  readonly url: string;
  /** Kills the service, and waits until Ann has noticed. */
  kill(): Promise<void>;
  /** Restarts the service. */
  start(): Promise<void>;
}

async function withFixture(
  browser: Browser,
  fn: (fixture: ClientScene) => Promise<void>,
): Promise<void> {
  await using folder = new TemporaryFolder();
  const settings = { PORT: String(freePort()), DATA_DIR: folder.path };
  await using services = new AsyncDisposableStack();
  let service: Parley = services.use(await startParley(settings));
  const { url } = service;
  await using window = await openWindow(browser, `${url}/echo.html`);
  const { page, complaints } = window;
  const ann = new ClientPage(page);
  await fn({
    ...{ page, ann, url },
    async kill() {
      service.kill("SIGKILL");
      await service.ended;
      await ann.is("the loss", "['waiting', 'connecting'].includes(chat.state.value.kind)");
    },
    async start() {
      service = services.use(await startParley(settings));
    },
  });
  assert.deepEqual(complaints.filter((it) => !SERVER_IS_DOWN.test(it)), []);
}

browserTest("The client library sends and receives in a browser", async (browser) => {
  await withFixture(browser, async ({ ann, url }) => {
    await ann.join();
    using bob = connect(`${url}/ws`, { name: "Bob" });
    const room = bob.join("lobby");
    await room.say("hello, browser").sent;
    await ann.say("hello, Bob");
    await ann.isSettled();
    assert.deepEqual(await ann.received(), ["opened", "hello, browser", "hello, Bob"]);
    await until(
      "Bob to receive the message",
      () => Promise.resolve(room.last.value?.text === "hello, Bob"),
    );
    await ann.is("Bob among the members", "room.members.value.count === 2");
    room.type();
    await ann.is("Bob writing", "room.typing.value[0]?.name === 'Bob'");
    assert.equal(await ann.countStoredActions(), 0);
  });
});

browserTest(
  "The client library loses nothing in a browser when the service is killed",
  async (browser) => {
    await withFixture(browser, async ({ page, ann, kill, start }) => {
      await ann.join();
      await ann.say("one");
      await ann.isSettled();
      const user = await page.evaluate("chat.me.value.user");
      await kill();
      await ann.say("two");
      await ann.say("three");
      assert.equal(await ann.countStoredActions(), 2);
      await start();
      await ann.isSettled();
      assert.deepEqual(await ann.received(), ["opened", "one", "resumed", "two", "three"]);
      assert.deepEqual(await ann.texts(), ["one", "two", "three"]);
      assert.equal(await page.evaluate("chat.me.value.user"), user);
      assert.equal(await ann.countStoredActions(), 0);
    });
  },
);

browserTest(
  "The client library sends what an earlier page left in localStorage, once",
  async (browser) => {
    await withFixture(browser, async ({ page, ann, url, kill, start }) => {
      await ann.join();
      await ann.say("one");
      await ann.isSettled();
      await kill();
      await ann.say("two");
      await ann.say("three");
      // The page is closed, so its messages wait unsent.
      await page.goto("about:blank");
      await start();
      await page.goto(`${url}/echo.html`);
      assert.equal(await ann.countStoredActions(), 2);
      await ann.join();
      await ann.isSettled();
      assert.deepEqual(await ann.texts(), ["one", "two", "three"]);
      assert.equal(await ann.countStoredActions(), 0);
    });
  },
);

const BACK = {
  "the network is back": async (page: Page) => {
    await page.context().setOffline(true);
    await page.context().setOffline(false);
  },
  "its page is shown again": async (page: Page) => {
    for (const state of ["hidden", "visible"]) {
      await page.evaluate(`
        Object.defineProperty(document, "visibilityState", { configurable: true, value: "${state}" });
        document.dispatchEvent(new Event("visibilitychange", { bubbles: true }));
      `);
      const kind = await page.evaluate("chat.state.value.kind");
      assert.equal(kind === "waiting", state === "hidden");
    }
  },
};

for (const [what, happen] of Object.entries(BACK)) {
  browserTest(
    `The client library reconnects at once in a browser when ${what}`,
    async (browser) => {
      await withFixture(browser, async ({ page, ann, kill, start }) => {
        await ann.join();
        // A room without messages does not outlive the service.
        await ann.say("hello");
        await ann.isSettled();
        // Stop the page's clock from here on, so that no timer reconnects it.
        await page.clock.install();
        await page.clock.pauseAt(Date.now() + 60_000);
        await kill();
        await ann.is("waiting", "chat.state.value.kind === 'waiting'");
        await ann.say("still here");
        await start();
        await happen(page);
        await ann.isSettled();
        assert.deepEqual(await ann.received(), ["opened", "hello", "resumed", "still here"]);
      });
    },
  );
}
