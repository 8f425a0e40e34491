/**
 * What the tests of the chat page have in common: a service as a user would start it, a browser, windows of people who do
 * not know of each other, and people who are no browser at all. A test fails on whatever a browser complained of, unless
 * it said beforehand that it would bring that about.
 * @module
 */
import assert from "node:assert/strict";
import { isDeepStrictEqual } from "node:util";
import type { Browser, BrowserContextOptions, Locator, Page } from "playwright-core";
import { type Chat, connect, type Room } from "../../static/client.js";
import { type Parley, startParley } from "../parley.ts";
import { freePort, programTest, until } from "../provision.ts";
import { TemporaryFolder } from "../temporary_folder.ts";
import { CHROMIUM, launch, openWindow, type Window } from "./chromium.ts";

/** What the browser writes about a server that is down. */
export const SERVER_IS_DOWN =
  /^console: (?:WebSocket connection to '[^']+' failed|Failed to load resource: net::ERR_|An unknown error occurred when fetching the script)/;

/** How a window is opened. */
export interface Opening extends BrowserContextOptions {
  /** A script that runs before the page's own, at each load. */
  readonly before?: string;
  /** Of a link to the service, instead of its own. */
  readonly port?: number;
}

/** A service and a browser, for one test. */
export class Stage {
  readonly #browser: Browser;
  readonly #settings: Readonly<Record<string, string>>;
  readonly #stack: AsyncDisposableStack;
  readonly #windows: Window[] = [];
  #parley: Parley;

  constructor(
    browser: Browser,
    parley: Parley,
    settings: Readonly<Record<string, string>>,
    stack: AsyncDisposableStack,
  ) {
    this.#browser = browser;
    this.#parley = parley;
    this.#settings = settings;
    this.#stack = stack;
  }

  /** `http://127.0.0.1:PORT` */
  get url(): string {
    return this.#parley.url;
  }

  get port(): number {
    return this.#parley.port;
  }

  /** All that browsers have complained of. */
  get complaints(): readonly string[] {
    return this.#windows.flatMap(({ complaints }) => complaints);
  }

  /**
   * Opens the page in a window of its own.
   * @param path Behind the service's address, such as `?name=Ann#den`. The name is one that was chosen at an earlier visit,
   * since the page takes none from its address.
   */
  async open(path = "", { before, port, ...options }: Opening = {}): Promise<Page> {
    const address = new URL(path, this.url);
    if (port !== undefined) address.port = String(port);
    const name = address.searchParams.get("name");
    const script = [name === null ? "" : withName(name), before ?? ""].join("\n");
    const window = await openWindow(this.#browser, address.href, options, script);
    this.#windows.push(window);
    this.#stack.use(window);
    return window.page;
  }

  /** The same, and waits until the room has been joined. */
  async enter(path = "", opening: Opening = {}): Promise<Page> {
    const page = await this.open(path, opening);
    await joined(page);
    return page;
  }

  /** Somebody who speaks by the client library. */
  person(name: string): Chat {
    const chat = connect(`${this.url}/ws`, { name });
    this.#stack.use(chat);
    return chat;
  }

  /** The same, in a room already. */
  async guest(name: string, room: string): Promise<Room> {
    const guest = this.person(name).join(room);
    await new Promise<void>((resolve) => {
      guest.state.subscribe(({ kind }) => kind === "joined" && resolve());
    });
    return guest;
  }

  /** Ends the service. */
  async endService(signal: Deno.Signal): Promise<void> {
    this.#parley.kill(signal);
    await this.#parley.ended;
  }

  /** Starts it again, as it was but for these settings. */
  async startService(settings: Readonly<Record<string, string>> = {}): Promise<void> {
    this.#parley = this.#stack.use(await startParley({ ...this.#settings, ...settings }));
  }
}

/** A script that has a name chosen before the first visit. */
function withName(name: string): string {
  return `if (location.protocol === "http:" && localStorage.length === 0) {
    localStorage.setItem("parley-page / name", ${JSON.stringify(name)});
  }`;
}

/** What a test needs besides. */
export interface Needs {
  readonly settings?: Readonly<Record<string, string>>;
  /** Whether the service is ended and started again: then it keeps its port and what was said. */
  readonly restarts?: boolean;
  /** What the browser may complain of. */
  readonly expected?: RegExp;
}

/** Registers a test of the chat page. */
export function pageTest(
  name: string,
  play: (stage: Stage) => Promise<void>,
  needs: Needs = {},
): void {
  programTest(CHROMIUM, name, async (program) => {
    await using folder = new TemporaryFolder();
    await using stack = new AsyncDisposableStack();
    const kept: Readonly<Record<string, string>> = needs.restarts
      ? { PORT: String(freePort()), DATA_DIR: folder.path }
      : {};
    const settings = {
      MESSAGES_PER_SECOND: "0",
      BYTES_PER_SECOND: "0",
      ...kept,
      ...needs.settings,
    };
    const browser = stack.use(await launch(program));
    const parley = stack.use(await startParley(settings));
    const stage = new Stage(browser, parley, settings, stack);
    await play(stage);
    const expected = needs.expected ?? (needs.restarts ? SERVER_IS_DOWN : undefined);
    assert.deepEqual(stage.complaints.filter((it) => !expected?.test(it)), []);
  });
}

/** Waits until the connection is up and no room is on its way. */
export async function joined(page: Page): Promise<void> {
  await page.locator("body[data-state=online]:has([aria-current][data-state=joined])").waitFor();
}

/** Says something by the field. */
export async function say(page: Page, text: string): Promise<void> {
  await page.fill("#text", text);
  await page.press("#text", "Enter");
}

/** The messages that hold this text, on their way or not. */
export function message(page: Page, text: string): Locator {
  return page.locator("#log article", { hasText: text });
}

/** Waits until a message stands in the log and is no longer on its way. */
export async function told(page: Page, text: string): Promise<Locator> {
  const row = page.locator("#log article[data-position]", { hasText: text }).last();
  await row.waitFor();
  return row;
}

/** Does something with a message by its toolbar. @param deed By its English name. */
export async function useTool(row: Locator, deed: string): Promise<void> {
  await row.hover();
  await row.getByRole("button", { name: deed, exact: true }).click();
}

/** What stands in the log, as `Ann: hello`. */
export function lines(page: Page): Promise<readonly string[]> {
  return page.evaluate<string[]>(`[...document.querySelectorAll("#log article")].map((it) =>
    it.querySelector(".author").textContent + ": " + it.querySelector(".text").textContent)`);
}

/** Asks until the answer is this one; fails with the difference where it never is. */
export async function becomes<T>(ask: () => Promise<T>, expected: T, why?: string): Promise<void> {
  let found: T | undefined;
  const isSo = async () => isDeepStrictEqual(found = await ask(), expected);
  await until(why ?? "what is expected", isSo).catch((error) => {
    assert.deepEqual(found, expected, why);
    throw error;
  });
}

/**
 * A script that leaves two messages in the page's storage of which nobody can tell whether they were sent: longer ago than
 * the server remembers, and at a position of which the log knows nothing.
 */
export const DOUBTFUL = `if (location.protocol === "http:" && !sessionStorage.seeded) {
  sessionStorage.seeded = "yes";
  const at = Date.now() - 20 * 60_000;
  for (const [order, text] of ["perhaps one", "perhaps two"].entries()) {
    const record = { id: "old-" + order, room: "den", deed: { type: "say", text }, at, order,
      sentAt: at, triedAt: at, sentAs: "u8k2ann", after: "k3j9f2:127", receipt: null, fault: null };
    localStorage.setItem("parley.deed." + record.id, JSON.stringify(record));
  }
}`;
