/**
 * What the tests of the chat page share: a service as users start it, a browser, windows of independent users, and
 * clients that are not browsers. A test fails on any complaint by a browser that it has not declared as expected.
 * @module
 */
import assert from "node:assert/strict";
import { isDeepStrictEqual } from "node:util";
import type { Browser, BrowserContextOptions, Locator, Page } from "playwright-core";
import { type Chat, connect, type Room } from "../../../static/client.js";
import { type Parley, startParley } from "../../support/parley.ts";
import { freePort, until } from "../../support/provision.ts";
import { startTestService, type TestService } from "../../support/service.ts";
import { TemporaryFolder } from "../../support/temporary_folder.ts";
import { browserTest, openWindow, type Window } from "../../support/programs/chromium.ts";

/** What the browser logs about a server that is down. */
export const SERVER_IS_DOWN =
  /^console: (?:WebSocket connection to '[^']+' failed|Failed to load resource: net::ERR_|An unknown error occurred when fetching the script|WebSocket is already in CLOSING or CLOSED state)/;

/** Options for opening a window. */
export interface OpenOptions extends BrowserContextOptions {
  /** A script that runs before the page's own, at each load. */
  readonly before?: string;
  /** The port of a proxy to the service, instead of its own. */
  readonly port?: number;
}

/** A process if the test kills it; otherwise a service in the test's own process, which starts ten times as fast. */
type Service = Parley | TestService;

/** Where the service runs. */
type Start = (settings: Readonly<Record<string, string>>) => Promise<Service>;

/** A service and a browser for one test. */
export class PageFixture {
  readonly #browser: Browser;
  readonly #start: Start;
  readonly #settings: Readonly<Record<string, string>>;
  readonly #stack: AsyncDisposableStack;
  readonly #windows: Window[] = [];
  #service: Service;

  private constructor(
    browser: Browser,
    start: Start,
    settings: Readonly<Record<string, string>>,
    stack: AsyncDisposableStack,
    service: Service,
  ) {
    this.#browser = browser;
    this.#start = start;
    this.#settings = settings;
    this.#stack = stack;
    this.#service = service;
  }

  /** Starts a service with these settings. @param stack Disposes of everything that the test uses. */
  static async create(
    browser: Browser,
    start: Start,
    settings: Readonly<Record<string, string>>,
    stack: AsyncDisposableStack,
  ): Promise<PageFixture> {
    return new PageFixture(browser, start, settings, stack, stack.use(await start(settings)));
  }

  /** `http://127.0.0.1:PORT` */
  get url(): string {
    return this.#service.url;
  }

  get port(): number {
    return this.#service.port;
  }

  /** Where operators ask. */
  get adminUrl(): string {
    return this.#service.adminUrl;
  }

  /** All complaints by browsers. */
  get complaints(): readonly string[] {
    return this.#windows.flatMap(({ complaints }) => complaints);
  }

  /**
   * Opens the page in a separate window.
   * @param path Appended to the service's URL, such as `?name=Ann#den`. The name counts as chosen at an earlier visit,
   * since the page takes none from its address.
   */
  async open(path = "", { before, port, ...options }: OpenOptions = {}): Promise<Page> {
    const address = new URL(path, this.url);
    if (port !== undefined) address.port = String(port);
    const name = address.searchParams.get("name");
    const script = [name === null ? "" : chooseNameScript(name), before ?? ""].join("\n");
    const window = await openWindow(this.#browser, address.href, options, script);
    this.#windows.push(window);
    this.#stack.use(window);
    return window.page;
  }

  /** As `open()`, and waits until the room has been joined. */
  async enter(path = "", opening: OpenOptions = {}): Promise<Page> {
    const page = await this.open(path, opening);
    await whenJoined(page);
    return page;
  }

  /** A client that uses the client library. */
  connectClient(name: string, options: Parameters<typeof connect>[1] = {}): Chat {
    const chat = connect(`${this.url}/ws`, { name, ...options });
    this.#stack.use(chat);
    return chat;
  }

  /** The same, in a room that it has joined. */
  async joinRoom(name: string, room: string): Promise<Room> {
    const joined = this.connectClient(name).join(room);
    await new Promise<void>((resolve) => {
      joined.state.subscribe(({ kind }) => kind === "joined" && resolve());
    });
    return joined;
  }

  /** Stops the service, in a test that restarts it. */
  async stopService(): Promise<void> {
    await this.#service.stop();
  }

  /** Ends the service with a signal, in a test that restarts its process. */
  async killService(signal: Deno.Signal): Promise<void> {
    if (!("kill" in this.#service)) throw new Error("Cannot kill the service: it is no process");
    this.#service.kill(signal);
    await this.#service.ended;
  }

  /** Starts the service again, with these settings changed. */
  async startService(settings: Readonly<Record<string, string>> = {}): Promise<void> {
    this.#service = this.#stack.use(await this.#start({ ...this.#settings, ...settings }));
  }
}

/** A script that stores a name before the first visit. */
function chooseNameScript(name: string): string {
  return `if (location.protocol === "http:" && localStorage.length === 0) {
    localStorage.setItem("parley-page / name", ${JSON.stringify(name)});
  }`;
}

/** Options of a test. */
export interface PageTestOptions {
  readonly settings?: Readonly<Record<string, string>>;
  /** What is stopped and started again, with the same port and data: a service in this process, or a process of its own. */
  readonly restarts?: "service" | "process";
  /** The complaints that are expected. */
  readonly expected?: RegExp;
}

/** Registers a test of the chat page. */
export function pageTest(
  name: string,
  run: (stage: PageFixture) => Promise<void>,
  options: PageTestOptions = {},
): void {
  browserTest(name, async (browser) => {
    await using folder = new TemporaryFolder();
    await using stack = new AsyncDisposableStack();
    const kept: Readonly<Record<string, string>> = options.restarts
      ? { PORT: String(freePort()), DATA_DIR: folder.path }
      : {};
    const settings = {
      MESSAGES_PER_SECOND: "0",
      BYTES_PER_SECOND: "0",
      ...kept,
      ...options.settings,
    };
    const start = options.restarts === "process" ? startParley : startTestService;
    const stage = await PageFixture.create(browser, start, settings, stack);
    await run(stage);
    const expected = options.expected ?? (options.restarts ? SERVER_IS_DOWN : undefined);
    assert.deepEqual(stage.complaints.filter((it) => !expected?.test(it)), []);
  });
}

/** Waits until the connection is open and no join is pending. */
export async function whenJoined(page: Page): Promise<void> {
  await page.locator("body[data-state=online]:has([aria-current][data-state=joined])").waitFor();
}

/**
 * Sets where the user looks: at the page, at another window while the page stays visible, or at another tab. Simulated,
 * since the automated browser gives every page the focus and hides none.
 */
export async function setVisibility(
  page: Page,
  where: "here" | "beside" | "elsewhere",
): Promise<void> {
  await page.evaluate(`{
    const isHidden = ${where === "elsewhere"};
    const wasHidden = document.hidden;
    Object.defineProperty(document, "hidden", { configurable: true, value: isHidden });
    Object.defineProperty(document, "visibilityState",
      { configurable: true, value: isHidden ? "hidden" : "visible" });
    document.hasFocus = () => ${where === "here"};
    if (isHidden !== wasHidden) document.dispatchEvent(new Event("visibilitychange"));
    dispatchEvent(new Event(${where === "here"} ? "focus" : "blur"));
  }`);
}

/** Sends a message with the message field. */
export async function say(page: Page, text: string): Promise<void> {
  await page.fill("#text", text);
  await page.press("#text", "Enter");
}

/** The messages with this text, confirmed or not. */
export function message(page: Page, text: string): Locator {
  return page.locator("#log article", { hasText: text });
}

/** Waits until a message is in the log and confirmed. */
export async function untilShown(page: Page, text: string): Promise<Locator> {
  const row = page.locator("#log article[data-position]", { hasText: text }).last();
  await row.waitFor();
  return row;
}

/** The tools that a message offers, by purpose. */
export async function toolsOf(row: Locator): Promise<readonly string[]> {
  await row.hover();
  await row.locator(".toolbar").waitFor();
  const tools = await row.locator(".tool:visible").all();
  return await Promise.all(tools.map(async (it) => await it.getAttribute("data-do") ?? ""));
}

/** Uses a tool in a message's toolbar. @param action By its English name. */
export async function useTool(row: Locator, action: string): Promise<void> {
  await row.hover();
  await row.getByRole("button", { name: action, exact: true }).click();
}

/** The lines of the log, such as `Ann: hello`. */
export function lines(page: Page): Promise<readonly string[]> {
  return page.evaluate<string[]>(`[...document.querySelectorAll("#log article")].map((it) =>
    it.querySelector(".author").textContent + ": " + it.querySelector(".text").textContent)`);
}

/** Repeats the call until it returns this; fails with the difference if it never does. */
export async function eventually<T>(
  read: () => Promise<T>,
  expected: T,
  why?: string,
): Promise<void> {
  let found: T | undefined;
  const isSo = async () => isDeepStrictEqual(found = await read(), expected);
  await until(why ?? "what is expected", isSo).catch((error) => {
    assert.deepEqual(found, expected, why);
    throw error;
  });
}

/**
 * A script that stores two messages whose delivery cannot be confirmed: sent longer ago than the server remembers, and
 * after a position that the log does not know.
 */
export const SEED_UNCERTAIN_DELIVERY =
  `if (location.protocol === "http:" && !sessionStorage.seeded) {
  sessionStorage.seeded = "yes";
  const at = Date.now() - 20 * 60_000;
  for (const [order, text] of ["perhaps one", "perhaps two"].entries()) {
    const record = { id: "old-" + order, room: "den", deed: { type: "say", text }, at, order,
      sentAt: at, triedAt: at, sentAs: "u8k2ann", after: "k3j9f2:127", receipt: null, fault: null };
    localStorage.setItem("parley.deed." + record.id, JSON.stringify(record));
  }
}`;
