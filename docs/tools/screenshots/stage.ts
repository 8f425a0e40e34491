/**
 * A page for screenshots: its clock stands still, its random numbers are fixed, and what the service sends has the
 * timestamps of the story. Its connection can be cut, as by a restart of the server.
 * @module
 */
import type { Browser, BrowserContext, Page } from "playwright-core";
import { NOW, type Story } from "./story.ts";

/** The appearance of the page. */
export interface Look {
  readonly screen: "desktop" | "laptop" | "phone";
  readonly theme: "light" | "dark";
  readonly language: "en" | "zh";
}

const SCREENS = {
  desktop: { viewport: { width: 1440, height: 900 } },
  // Smaller, because its screenshots have twice the resolution.
  laptop: { viewport: { width: 1100, height: 720 } },
  phone: { viewport: { width: 360, height: 740 }, isMobile: true, hasTouch: true },
} as const;
const LOCALES = { en: "en-GB", zh: "zh-CN" } as const;
const RESTARTING = 1012;

/** A page, with the events that can happen to it. */
export class Stage implements AsyncDisposable {
  readonly page: Page;
  readonly #context: BrowserContext;
  #isDown = false;
  #cut: () => void = () => {};

  private constructor(context: BrowserContext, page: Page) {
    this.#context = context;
    this.page = page;
  }

  /** Opens a page. @param kept What the browser has stored on an earlier visit. */
  static async open(
    browser: Browser,
    url: string,
    { look: { screen, theme, language }, scale }: { readonly look: Look; readonly scale: number },
    { story, kept }: { readonly story: Story; readonly kept: Readonly<Record<string, string>> },
  ): Promise<Stage> {
    const context = await browser.newContext({
      ...SCREENS[screen],
      ...{ colorScheme: theme, locale: LOCALES[language], timezoneId: "UTC" },
      ...{ deviceScaleFactor: scale, reducedMotion: "reduce", serviceWorkers: "block" },
    });
    context.setDefaultTimeout(10_000);
    await context.addInitScript(`
      Math.random = () => 0.5;
      if (sessionStorage.getItem("begun") === null) {
        for (const [key, value] of ${JSON.stringify(Object.entries(kept))}) {
          localStorage.setItem(key, value);
        }
        sessionStorage.setItem("begun", "yes");
      }
    `);
    const page = await context.newPage();
    const stage = new Stage(context, page);
    await page.clock.setFixedTime(NOW);
    await stage.#listen(story);
    await page.goto(url);
    return stage;
  }

  async #listen(story: Story): Promise<void> {
    await this.page.routeWebSocket(/\/ws$/, (socket) => {
      if (this.#isDown) return void socket.close({ code: RESTARTING });
      const server = socket.connectToServer();
      server.onMessage((message) => socket.send(retold(String(message), story.times)));
      this.#cut = () => void socket.close({ code: RESTARTING });
    });
  }

  /** Takes a screenshot once the page has drawn everything, including what it defers. */
  async shoot(path: string): Promise<void> {
    await this.page.evaluate(
      "new Promise((done) => requestAnimationFrame(() => setTimeout(() => requestIdleCallback(done))))",
    );
    await this.page.screenshot({ path });
  }

  /** The service stops. */
  cut(): void {
    this.#isDown = true;
    this.#cut();
  }

  /** The browser loses its network too. */
  async goOffline(): Promise<void> {
    this.cut();
    await this.#context.setOffline(true);
  }

  /** The service and the network return; the page notices by itself. */
  async comeBack(): Promise<void> {
    this.#isDown = false;
    await this.#context.setOffline(false);
    await this.page.locator("body[data-state=online]").waitFor();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#context.close();
  }
}

/** What the service sends, with the timestamps of the story; other frames happen now. A message may contain several frames. */
function retold(message: string, times: ReadonlyMap<string, number>): string {
  const retell = (_: string, value: unknown) => {
    if (typeof value !== "object" || value === null || !Object.hasOwn(value, "at")) return value;
    const position = "position" in value ? String(value.position) : "";
    return { ...value, at: times.get(position) ?? NOW };
  };
  const frames = message.split("\n");
  return frames.map((frame) => JSON.stringify(JSON.parse(frame, retell))).join("\n");
}
