/**
 * The client library in a real browser, on a page of the service that has no conversation of its own. What the page's chat
 * was told is kept in the page and asked for from outside.
 * @module
 */
import assert from "node:assert/strict";
import type { Browser, Page } from "playwright-core";
import { connect } from "../../static/client.js";
import { type Parley, startParley } from "../parley.ts";
import { freePort, programTest, until } from "../provision.ts";
import { TemporaryFolder } from "../temporary_folder.ts";
import { CHROMIUM, launch, openWindow } from "./chromium.ts";

// What the browser writes about a server that is down, which these tests bring about.
const SERVER_IS_DOWN = /^console: WebSocket connection to '[^']+' failed/;

/** A page in which Ann talks. */
class AnnsPage {
  readonly #page: Page;

  constructor(page: Page) {
    this.#page = page;
  }

  /** Loads the library and joins. */
  async begin(): Promise<void> {
    await this.#page.evaluate(`(async () => {
      const { connect } = await import("/client.js");
      const address = new URL("/ws", location.href);
      const chat = connect(address, { name: "Ann", storage: localStorage });
      const room = chat.join("lobby");
      const told = [];
      room.events.subscribe((event) => told.push(event.text ?? event.type));
      Object.assign(globalThis, { chat, room, told });
    })()`);
  }

  /** Begins, and waits until she is there. */
  async join(): Promise<void> {
    await this.begin();
    await this.is("joined", "room.state.value.kind === 'joined'");
  }

  /** Waits until something is true in the page. */
  async is(what: string, expression: string): Promise<void> {
    await until(what, () => this.#page.evaluate<boolean>(expression));
  }

  /** Says something, and does not wait for what becomes of it. */
  async say(text: string): Promise<void> {
    await this.#page.evaluate(`void room.say(${JSON.stringify(text)})`);
  }

  /** Waits until all is in the log and all of it was told. */
  async isSettled(): Promise<void> {
    await this.is("an empty outbox", "chat.outbox.value.length === 0");
  }

  async told(): Promise<readonly string[]> {
    return await this.#page.evaluate<readonly string[]>("told");
  }

  /** All texts of the room's log. */
  async texts(): Promise<readonly string[]> {
    return await this.#page.evaluate<readonly string[]>(
      "room.history().then(({ messages }) => messages.map(({ text }) => text))",
    );
  }

  /** How many deeds lie in the page's storage. */
  async kept(): Promise<number> {
    return await this.#page.evaluate<number>(
      "Object.keys(localStorage).filter((it) => it.includes(' deed.')).length",
    );
  }
}

/** A service that can be killed and started again with what it has kept, and a page of it. */
interface Scene {
  readonly page: Page;
  readonly ann: AnnsPage;
  readonly url: string;
  /** Kills the service; Ann has noticed. */
  kill(): Promise<void>;
  /** Starts it again. */
  start(): Promise<void>;
}

async function play(browser: Browser, deed: (scene: Scene) => Promise<void>): Promise<void> {
  await using folder = new TemporaryFolder();
  const settings = { PORT: String(freePort()), DATA_DIR: folder.path };
  await using services = new AsyncDisposableStack();
  let service: Parley = services.use(await startParley(settings));
  const { url } = service;
  await using window = await openWindow(browser, `${url}/echo.html`);
  const { page, complaints } = window;
  const ann = new AnnsPage(page);
  await deed({
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

programTest(CHROMIUM, "The client library talks in a browser", async (program) => {
  await using browser = await launch(program);
  await play(browser, async ({ ann, url }) => {
    await ann.join();
    using bob = connect(`${url}/ws`, { name: "Bob" });
    const room = bob.join("lobby");
    await room.say("hello, browser").sent;
    await ann.say("hello, Bob");
    await ann.isSettled();
    assert.deepEqual(await ann.told(), ["opened", "hello, browser", "hello, Bob"]);
    await until("Bob to be told", () => Promise.resolve(room.last.value?.text === "hello, Bob"));
    await ann.is("Bob among the members", "room.members.value.count === 2");
    room.type();
    await ann.is("Bob writing", "room.typing.value[0]?.name === 'Bob'");
    assert.equal(await ann.kept(), 0);
  });
});

programTest(
  CHROMIUM,
  "The client library loses nothing in a browser though the service is killed",
  async (program) => {
    await using browser = await launch(program);
    await play(browser, async ({ page, ann, kill, start }) => {
      await ann.join();
      await ann.say("one");
      await ann.isSettled();
      const user = await page.evaluate("chat.me.value.user");
      await kill();
      await ann.say("two");
      await ann.say("three");
      assert.equal(await ann.kept(), 2);
      await start();
      await ann.isSettled();
      assert.deepEqual(await ann.told(), ["opened", "one", "resumed", "two", "three"]);
      assert.deepEqual(await ann.texts(), ["one", "two", "three"]);
      assert.equal(await page.evaluate("chat.me.value.user"), user);
      assert.equal(await ann.kept(), 0);
    });
  },
);

programTest(
  CHROMIUM,
  "The client library sends what an earlier page has left in localStorage, once",
  async (program) => {
    await using browser = await launch(program);
    await play(browser, async ({ page, ann, url, kill, start }) => {
      await ann.join();
      await ann.say("one");
      await ann.isSettled();
      await kill();
      await ann.say("two");
      await ann.say("three");
      // The page is gone, and nobody is there to send it.
      await page.goto("about:blank");
      await start();
      await page.goto(`${url}/echo.html`);
      assert.equal(await ann.kept(), 2);
      await ann.join();
      await ann.isSettled();
      assert.deepEqual(await ann.texts(), ["one", "two", "three"]);
      assert.equal(await ann.kept(), 0);
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
  programTest(
    CHROMIUM,
    `The client library comes back at once in a browser when ${what}`,
    async (program) => {
      await using browser = await launch(program);
      await play(browser, async ({ page, ann, kill, start }) => {
        await ann.join();
        // A room in which nothing was said does not outlive the service.
        await ann.say("hello");
        await ann.isSettled();
        // The page's clock stands still from here on, so that it cannot come back by itself.
        await page.clock.install();
        await page.clock.pauseAt(Date.now() + 60_000);
        await kill();
        await ann.is("waiting", "chat.state.value.kind === 'waiting'");
        await ann.say("still here");
        await start();
        await happen(page);
        await ann.isSettled();
        assert.deepEqual(await ann.told(), ["opened", "hello", "resumed", "still here"]);
      });
    },
  );
}
