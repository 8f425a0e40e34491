/**
 * The pages in a real browser: the system's Chromium, steered from outside. What a page shows is asked of the browser, and
 * every test also fails on whatever the browser itself complains of: an uncaught error, a breach of the content policy, a
 * request to another host, a dialog that only a script from a message could have opened.
 * @module
 */
import assert from "node:assert/strict";
import axe, { type AxeResults } from "axe-core";
import { type Browser, type BrowserContextOptions, chromium, type Page } from "playwright-core";
import { strings } from "../../static/strings.js";
import { TestClient } from "../client.ts";
import { startParley } from "../parley.ts";
import { freePort, type Program, programTest, until } from "../provision.ts";

const CHROMIUM = {
  names: ["chromium", "chromium-browser", "google-chrome"],
  install: "the Debian package chromium",
};
// No sandbox, because containers and root have none to give; and nothing that the browser would do of its own accord.
const FLAGS = [
  ...["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run"],
  ...["--disable-background-networking", "--disable-component-update", "--disable-sync"],
];
// What the browser writes about a server that is down, which some tests bring about.
const SERVER_IS_DOWN = /^console: WebSocket connection to '[^']+' failed/;

function launch({ path }: Program): Promise<Browser> {
  return chromium.launch({ executablePath: path, args: FLAGS });
}

/** A page in a browser profile of its own, and what the browser complained of. */
interface Window extends AsyncDisposable {
  readonly page: Page;
  readonly complaints: readonly string[];
}

async function openWindow(
  browser: Browser,
  address: string,
  options: BrowserContextOptions = {},
): Promise<Window> {
  const context = await browser.newContext({ locale: "en-US", ...options });
  const page = await context.newPage();
  const complaints: string[] = [];
  const { host } = new URL(address);
  page.on("console", (it) => it.type() === "error" && complaints.push(`console: ${it.text()}`));
  page.on("pageerror", (error) => complaints.push(`uncaught: ${error.message}`));
  page.on("popup", (popup) => complaints.push(`popup: ${popup.url()}`));
  page.on("dialog", (dialog) => {
    complaints.push(`dialog: ${dialog.message()}`);
    dialog.dismiss().catch(() => {});
  });
  page.on("request", (request) => {
    if (new URL(request.url()).host !== host) complaints.push(`request: ${request.url()}`);
  });
  await page.addInitScript(`
    addEventListener("securitypolicyviolation", ({ violatedDirective, blockedURI }) =>
      console.error("policy", violatedDirective, blockedURI));
  `);
  await page.goto(address);
  return { page, complaints, [Symbol.asyncDispose]: () => context.close() };
}

/** Waits until a list has so many entries, and gives their texts. */
async function texts(page: Page, entry: string, count: number): Promise<readonly string[]> {
  const entries = page.locator(entry);
  if (count > 0) await entries.nth(count - 1).waitFor({ state: "attached" });
  return await entries.allTextContents();
}

async function inState(page: Page, state: "out" | "joining" | "in" | "waiting"): Promise<void> {
  await page.locator(`body[data-state=${state}]`).waitFor();
}

async function join(page: Page, name: string): Promise<void> {
  await page.fill("#name", name);
  await page.click("#join");
  await inState(page, "in");
}

async function say(page: Page, text: string): Promise<void> {
  await page.fill("#text", text);
  await page.press("#text", "Enter");
}

async function words(page: Page): Promise<string> {
  return await page.locator("#words").innerText();
}

programTest(CHROMIUM, "The echo page lists all that happens, word for word", async (program) => {
  await using browser = await launch(program);
  await using parley = await startParley();
  // The address that older write-ups give.
  await using window = await openWindow(browser, `${parley.url}/websocket.html`);
  const { page, complaints } = window;
  assert.equal(page.url(), `${parley.url}/echo.html`);
  const expected: string[] = [];
  const happens = async (...lines: readonly string[]) => {
    expected.push(...lines);
    assert.deepEqual(await texts(page, "#log li", expected.length), expected);
  };

  await page.click("#send");
  await happens("please connect first");
  await page.click("#disconnect");
  await happens("already disconnected");
  await page.click("#connect");
  await happens("connected");
  await page.click("#connect");
  await happens("already connected");
  await page.fill("#text", "hello");
  await page.click("#send");
  await happens("send: hello", "recv: hello");
  await page.fill("#text", "世界 👋");
  await page.press("#text", "Enter");
  await happens("send: 世界 👋", "recv: 世界 👋");
  for (const text of NASTY) {
    await page.fill("#text", text);
    await page.click("#send");
    await happens(`send: ${text}`, `recv: ${text}`);
  }
  await page.click("#disconnect");
  await happens("disconnected");
  await page.click("#disconnect");
  await happens("already disconnected");
  await page.click("#send");
  await happens("please connect first");
  await page.click("#connect");
  await happens("connected");
  assert.equal(await page.locator("#log li *").count(), 0, "nothing but text");
  assert.deepEqual(complaints, []);

  await parley.stop();
  await happens("disconnected");
  await page.click("#connect");
  await happens("error: the connection failed", "disconnected");
  assert.deepEqual(complaints.filter((it) => !SERVER_IS_DOWN.test(it)), []);
});

programTest(CHROMIUM, "The chat page talks with other pages and plain clients", async (program) => {
  await using browser = await launch(program);
  await using parley = await startParley();
  const address = `${parley.url}/?room=den`;
  await using one = await openWindow(browser, address);
  await using other = await openWindow(browser, address);
  await join(one.page, "Ann");
  await join(other.page, "Ben");
  await using cem = await TestClient.open(`${parley.url}/ws?name=Cem&room=den`);

  await say(one.page, "hello");
  assert.equal(await cem.next(), "Ann: hello");
  cem.send("hello from afar");
  assert.equal(await cem.next(), "Cem: hello from afar");
  await other.page.fill("#text", "one");
  await other.page.press("#text", "Shift+Enter");
  await other.page.locator("#text").pressSequentially("Ann: two");
  await other.page.click("#send");
  assert.equal(await cem.next(), "Ben: one\n  Ann: two");

  const said = ["Ann: hello", "Cem: hello from afar", "Ben: one\nAnn: two"];
  for (const [{ page, complaints }, name, own] of [[one, "Ann", 0], [other, "Ben", 2]] as const) {
    assert.deepEqual(await texts(page, "#log .line", 3), said);
    assert.deepEqual(await page.locator("#log .own").allTextContents(), [said[own]]);
    assert.equal(await page.inputValue("#text"), "", "what was sent is gone from the field");
    assert.match(await words(page), new RegExp(`den.*${name}`));
    assert.deepEqual(complaints, []);
  }
});

programTest(
  CHROMIUM,
  "The chat page leaves, comes back, and is told of a name taken",
  async (program) => {
    await using browser = await launch(program);
    await using parley = await startParley();
    await using ann = await openWindow(browser, parley.url);
    await using ben = await openWindow(browser, parley.url);
    await join(ann.page, "Ann");

    await ben.page.fill("#name", "Ann");
    await ben.page.click("#join");
    await ben.page.locator("#name[aria-invalid=true]").waitFor();
    await inState(ben.page, "out");
    assert.equal(await words(ben.page), strings.en.close4501.replace("{name}", "Ann"));

    await ann.page.click("#leave");
    await inState(ann.page, "out");
    assert.equal(await words(ann.page), strings.en.left.replace("{room}", "lobby"));
    await join(ben.page, "Ben");
    await join(ann.page, "Ann");
    await say(ann.page, "back again");
    await ben.page.locator(".line", { hasText: "back again" }).waitFor();

    await ann.page.click("#leave");
    await ann.page.fill("#room", "no such/room");
    await ann.page.click("#join");
    await ann.page.locator("#room[aria-invalid=true]").waitFor();
    assert.equal(await words(ann.page), strings.en.close4503);
    assert.deepEqual([...ann.complaints, ...ben.complaints], []);
  },
);

/** Each would set `stung`, ask another host, or open a dialog, were it taken for anything but text. */
const NASTY = [
  `<img src=x onerror="stung=1">`,
  `<script>stung=1</script>`,
  `<svg/onload=stung=1>`,
  `javascript:alert(1)`,
  `<a href="javascript:alert(1)" autofocus onfocus=alert(1)>here</a>`,
  `"><iframe src="https://elsewhere.example/"></iframe>`,
  `<img src="https://elsewhere.example/pixel.png">`,
  `</li></div><style>*{display:none}</style><link rel=stylesheet href=//elsewhere.example>`,
  `<meta http-equiv=refresh content="0;url=https://elsewhere.example/">`,
  `<base href="https://elsewhere.example/"><form action=//elsewhere.example><button>go`,
  `{{constructor.constructor('stung=1')()}} \${stung=1} $& {name}`,
  `&lt;b&gt;bold&lt;/b&gt; &amp; &#60;`,
];
/** Short enough for a name. */
const NASTY_NAMES = [
  `<img src=x onerror=alert(1)>`,
  `<script>stung=1</script>`,
  `javascript:alert(1)`,
  `"><svg onload=stung=1>`,
  `__proto__`,
  `{name} $& {room} &lt;`,
];

programTest(
  CHROMIUM,
  "The chat page stays at the end of its log until the reader leaves it",
  async (program) => {
    await using browser = await launch(program);
    await using parley = await startParley({ MESSAGES_PER_SECOND: "0" });
    await using window = await openWindow(browser, parley.url, {
      viewport: { width: 1000, height: 600 },
    });
    const { page } = window;
    await join(page, "Ann");
    await using ben = await TestClient.open(`${parley.url}/ws?name=Ben`);
    let said = 0;
    const hears = async (count: number) => {
      for (let i = 0; i < count; i++) ben.send(`line ${++said}`);
      await texts(page, "#log .line", said);
    };
    const log = 'document.getElementById("log")';
    const top = async () => Number(await page.evaluate(`${log}.scrollTop`));
    const isAtEnd = () =>
      until("the log to be at its end", async () => {
        const below = `${log}.scrollHeight - ${log}.scrollTop - ${log}.clientHeight`;
        return Number(await page.evaluate(below)) < 24;
      });

    await hears(20);
    await isAtEnd();
    // The text field grows, and the log becomes lower, in the very moment a line enters it.
    await page.evaluate(`new MutationObserver((_, observer) => {
    observer.disconnect();
    const text = document.getElementById("text");
    text.value = "a\\nb\\nc\\nd";
    text.dispatchEvent(new Event("input"));
  }).observe(${log}, { childList: true })`);
    await hears(1);
    await isAtEnd();
    await hears(1);
    await isAtEnd();
    assert.ok(await page.locator("#jump").isHidden());

    await page.evaluate(`${log}.scrollTop -= 200`);
    const before = await top();
    await hears(3);
    await page.locator("#jump").waitFor();
    assert.equal(await top(), before);
    await page.click("#jump");
    await isAtEnd();
    await page.locator("#jump").waitFor({ state: "hidden" });
  },
);

programTest(CHROMIUM, "The chat page shows nasty texts and names as text", async (program) => {
  await using browser = await launch(program);
  await using parley = await startParley({ MESSAGES_PER_SECOND: "0" });
  await using window = await openWindow(browser, parley.url);
  const { page, complaints } = window;
  await join(page, "Ann");
  for (const name of NASTY_NAMES) {
    await using mallory = await TestClient.open(
      `${parley.url}/ws?name=${encodeURIComponent(name)}`,
    );
    for (const text of NASTY) mallory.send(text);
    await mallory.take(NASTY.length);
  }
  for (const text of NASTY) await say(page, text);

  const authors = [...NASTY_NAMES, "Ann"].flatMap((name) => NASTY.map(() => name));
  assert.deepEqual(await texts(page, "#log .author", authors.length), authors);
  const said = [...NASTY_NAMES, "Ann"].flatMap(() => NASTY);
  assert.deepEqual(await page.locator("#log .text").allTextContents(), said);
  assert.equal(await page.locator("#log .text *, #log .author *").count(), 0, "nothing but text");
  assert.equal(await page.evaluate("typeof stung"), "undefined");
  assert.deepEqual(complaints, []);
});

programTest(
  CHROMIUM,
  "The chat page takes nasty names and rooms from its address",
  async (program) => {
    await using browser = await launch(program);
    await using parley = await startParley();
    for (const name of NASTY_NAMES) {
      const address = `${parley.url}/?${new URLSearchParams({ name })}`;
      await using window = await openWindow(browser, address);
      const { page, complaints } = window;
      assert.equal(await page.inputValue("#name"), name);
      await page.click("#join");
      await inState(page, "in");
      assert.ok((await words(page)).includes(name));
      await say(page, "it is me");
      assert.deepEqual(await texts(page, "#log .own .author", 1), [name]);

      await page.click("#leave");
      await page.fill("#room", `<img src=x onerror=alert(1)>`);
      await page.click("#join");
      await page.locator("#room[aria-invalid=true]").waitFor();
      assert.equal(await page.evaluate("typeof stung"), "undefined");
      assert.deepEqual(complaints, [], name);
    }
  },
);

const LANGUAGES = [["zh-CN", "zh"], ["en-GB", "en"], ["fr-FR", "en"]] as const;

for (const [locale, language] of LANGUAGES) {
  programTest(
    CHROMIUM,
    `The chat page speaks ${language} to a browser in ${locale}`,
    async (program) => {
      await using browser = await launch(program);
      await using parley = await startParley();
      await using window = await openWindow(browser, parley.url, { locale });
      const { page, complaints } = window;
      const t: Readonly<Record<string, string>> = strings[language];
      assert.equal(await page.locator("html").getAttribute("lang"), language);
      assert.equal(await page.innerText("#join"), language === "zh" ? "加入" : "Join");
      assert.equal(await words(page), t["idle"]);
      for (const element of await page.locator("[data-text]").all()) {
        const key = await element.getAttribute("data-text") ?? "";
        assert.equal((await element.textContent())?.trim(), t[key], key);
      }
      await join(page, "安");
      assert.equal(await page.getAttribute("#text", "placeholder"), t["message"]);
      assert.match(await words(page), language === "zh" ? /^你在.*安/ : /^You are in.*安/);
      assert.deepEqual(complaints, []);
    },
  );
}

const ENDS = [["SIGKILL", strings.en.close1006], ["SIGTERM", strings.en.close1012]] as const;

for (const [signal, told] of ENDS) {
  programTest(CHROMIUM, `The chat page comes back by itself after ${signal}`, async (program) => {
    await using browser = await launch(program);
    const settings = { PORT: String(freePort()) };
    await using before = await startParley(settings);
    await using window = await openWindow(browser, before.url);
    const { page, complaints } = window;
    await join(page, "Ann");
    await say(page, "before");
    await texts(page, "#log .own", 1);
    await page.fill("#text", "half a thou");
    before.kill(signal);
    await inState(page, "waiting");
    assert.ok(await page.isDisabled("#send"));
    await before.ended;

    await using after = await startParley(settings);
    await inState(page, "in");
    await using ben = await TestClient.open(`${after.url}/ws?name=Ben`);
    ben.send("welcome back");
    const lines = ["Ann: before", strings.en.back, "Ben: welcome back"];
    assert.deepEqual(await texts(page, "#log .line", 3), lines);
    assert.equal(await page.inputValue("#text"), "half a thou", "what was being written is kept");
    await page.press("#text", "Enter");
    assert.deepEqual(await ben.take(2), ["Ben: welcome back", "Ann: half a thou"]);
    assert.deepEqual(complaints.filter((it) => !SERVER_IS_DOWN.test(it)), []);
  });

  programTest(
    CHROMIUM,
    `The chat page says what ${signal} did, and comes back when asked to`,
    async (program) => {
      await using browser = await launch(program);
      const settings = { PORT: String(freePort()) };
      await using before = await startParley(settings);
      await using window = await openWindow(browser, before.url);
      const { page, complaints } = window;
      await join(page, "Ann");
      // The page's clock stands still from here on, so that it cannot come back by itself.
      await page.clock.install();
      await page.clock.pauseAt(Date.now() + 60_000);
      before.kill(signal);
      await inState(page, "waiting");
      assert.equal(await words(page), told);
      await before.ended;
      await page.click("#retry");
      await page.locator("#words", { hasText: strings.en.unreachable }).waitFor();
      await using _after = await startParley(settings);
      await page.click("#retry");
      // It waits a moment whether its name is still taken.
      await page.clock.resume();
      await inState(page, "in");
      assert.deepEqual(complaints.filter((it) => !SERVER_IS_DOWN.test(it)), []);
    },
  );
}

/** What axe-core finds that keeps people out, each with its element. */
async function barriers(page: Page): Promise<readonly string[]> {
  // Evaluated and not added as a script, which the content policy would refuse.
  await page.evaluate(axe.source);
  const { violations } = await page.evaluate<AxeResults>("axe.run()");
  return violations.flatMap(({ id, impact, nodes }) =>
    nodes.map(({ html }) => `${impact}: ${id}: ${html}`)
  );
}

/** Names that the page gives one colour, for each of its eight colours. */
const PAIRS_BY_HUE = [
  ["Sue", "Zoe"],
  ["Cem", "Hal"],
  ["Val", "Wim"],
  ["Ben", "Ida"],
  ["Fay", "Kit"],
  ["Lea", "Xia"],
  ["Dee", "Eve"],
  ["Gus", "Jim"],
] as const;
const LOOKS = [["light", "en-US"], ["dark", "en-US"], ["light", "zh-CN"], [
  "dark",
  "zh-CN",
]] as const;

for (const [colorScheme, locale] of LOOKS) {
  // Without motion: halfway through its arrival a line is still too faint for the measure of contrast.
  const look = { colorScheme, locale, reducedMotion: "reduce" } as const;

  programTest(
    CHROMIUM,
    `The echo page keeps nobody out (${colorScheme}, ${locale})`,
    async (program) => {
      await using browser = await launch(program);
      await using parley = await startParley();
      await using window = await openWindow(browser, `${parley.url}/echo.html`, look);
      const { page } = window;
      assert.deepEqual(await barriers(page), [], "fresh");
      await page.click("#send");
      await texts(page, "#log li", 1);
      assert.deepEqual(await barriers(page), [], "with an entry");
    },
  );

  programTest(
    CHROMIUM,
    `The chat page keeps nobody out (${colorScheme}, ${locale})`,
    async (program) => {
      await using browser = await launch(program);
      await using parley = await startParley();
      await using window = await openWindow(browser, parley.url, look);
      const { page } = window;
      assert.deepEqual(await barriers(page), [], "not connected");
      await join(page, "Ann");
      assert.deepEqual(await barriers(page), [], "in a room where nothing was said");
      for (const [own, other] of PAIRS_BY_HUE) {
        await page.click("#leave");
        await join(page, own);
        await say(page, "mine");
        await using client = await TestClient.open(`${parley.url}/ws?name=${other}`);
        client.send("not mine");
        await page.locator(".line", { hasText: `${other}: not mine` }).waitFor();
      }
      for (const bubble of [".own", ".said:not(.own)"]) {
        const looks =
          `[...document.querySelectorAll("${bubble} .author")].map((it) => it.className)`;
        assert.equal(await page.evaluate(`new Set(${looks}).size`), 8, `${bubble} in all hues`);
      }
      assert.deepEqual(await barriers(page), [], "with lines");
      parley.kill("SIGKILL");
      await inState(page, "waiting");
      assert.deepEqual(await barriers(page), [], "lost");
    },
  );
}
