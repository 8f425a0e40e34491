/**
 * Pages of another site, in a real browser, to which `localhost` and `127.0.0.1` are two sites. One imports the client
 * library, one is refused, one signs in with a ticket, and one embeds the chat in a frame.
 * @module
 */
import assert from "node:assert/strict";
import type { Browser, FrameLocator } from "playwright-core";
import { SECRET, signToken } from "../../../support/app.ts";
import { startTestService } from "../../../support/service.ts";
import { until } from "../../../support/provision.ts";
import { browserTest, openWindow } from "../../../support/programs/chromium.ts";

const STATIC = new URL("../../../../static/", import.meta.url);

/** A site with an empty page at `/` and a copy of the client library. */
class Site implements AsyncDisposable {
  readonly #server = Deno.serve({ hostname: "127.0.0.1", port: 0, onListen() {} }, (request) => {
    const { pathname } = new URL(request.url);
    if (pathname === "/") {
      return new Response("<!doctype html><title>A site</title><link rel=icon href=data:,>", {
        headers: { "content-type": "text/html" },
      });
    }
    const text = Deno.readTextFileSync(new URL(`.${pathname}`, STATIC));
    return new Response(text, { headers: { "content-type": "text/javascript" } });
  });

  get origin(): string {
    return `http://localhost:${this.#server.addr.port}`;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.#server.shutdown();
  }
}

/** Opens the site, runs a script in it, and waits until an expression is true. */
async function visit(
  browser: Browser,
  site: Site,
  script: string,
  isDone: string,
): Promise<void> {
  await using opened = await openWindow(browser, site.origin);
  const { page, complaints } = opened;
  await page.evaluate(script);
  await until(isDone, () => page.evaluate<boolean>(isDone)).catch((cause) => {
    throw new Error(complaints.join("\n"), { cause });
  });
}

/** Connects with the library from a URL, and records the state. */
function connecting(library: string, url: string): string {
  return `(async () => {
    const { connect } = await import("${library}");
    const chat = connect("${url}/ws", { name: "Ann" });
    chat.join("lobby").state.subscribe((it) => globalThis.room = it);
    chat.state.subscribe((it) => globalThis.state = it);
  })()`;
}

browserTest(
  "A page of another site that is listed imports the client library and joins",
  async (browser) => {
    await using site = new Site();
    await using service = await startTestService({ ALLOWED_ORIGINS: site.origin });
    const script = connecting(`${service.url}/client.js`, service.url);
    await visit(browser, site, script, "globalThis.room?.kind === 'joined'");
  },
);

browserTest(
  "A page of another site that is not listed learns that its origin is refused",
  async (browser) => {
    await using site = new Site();
    await using service = await startTestService();
    const script = connecting("/client.js", service.url);
    const isDone = "globalThis.state?.error?.code === 'origin_refused' && " +
      "globalThis.state.retryAt - Date.now() > 200_000";
    await visit(browser, site, script, isDone);
  },
);

browserTest(
  "The chat page reports that the server refuses its origin, as behind a proxy that changes Host",
  async (browser) => {
    await using service = await startTestService({ ALLOWED_ORIGINS: "https://chat.example" });
    for (
      const [locale, words] of [["en-US", /does not accept this page's address/], [
        "zh-CN",
        /服务器不接受来自此网址的连接/,
      ]] as const
    ) {
      await using opened = await openWindow(browser, service.url, { locale });
      await opened.page.locator("#words", { hasText: words }).waitFor();
    }
  },
);

/** Exchanges a token for a ticket, and joins in plain text with it. */
function exchanging(url: string, token: string): string {
  return `(async () => {
    const headers = { authorization: "Bearer ${token}", "content-type": "application/json" };
    const init = { method: "POST", headers, body: "{}" };
    const response = await fetch("${url}/api/v1/tickets", init).catch((error) => error);
    globalThis.outcome = response.status ?? "no answer";
    if (response.status !== 201) return;
    const { ticket } = await response.json();
    const socket = new WebSocket("${url.replace("http", "ws")}/ws?ticket=" + ticket);
    socket.onopen = () => socket.send("hi");
    socket.onmessage = ({ data }) => globalThis.outcome = data;
  })()`;
}

for (
  const [what, isListed, outcome] of [
    ["is listed exchanges a token for a ticket, and joins with it", true, "Ann: hi"],
    ["is not listed cannot exchange a token", false, "no answer"],
  ] as const
) {
  browserTest(`A page of another site that ${what}`, async (browser) => {
    await using site = new Site();
    await using service = await startTestService({
      JWT_SECRET: SECRET,
      AUTH: "required",
      ALLOWED_ORIGINS: isListed ? site.origin : "same",
    });
    const script = exchanging(service.url, await signToken());
    await visit(browser, site, script, `globalThis.outcome === ${JSON.stringify(outcome)}`);
  });
}

/** Embeds the chat in a frame of the site. @param before A script that runs before the page's own. */
async function inFrame(
  browser: Browser,
  { allowed, before = "" }: { readonly allowed: (site: Site) => string; readonly before?: string },
  look: (frame: FrameLocator, complaints: readonly string[]) => Promise<void>,
): Promise<void> {
  await using site = new Site();
  await using service = await startTestService({ ALLOWED_FRAMERS: allowed(site) });
  await using opened = await openWindow(browser, site.origin, {}, before);
  const { page, complaints } = opened;
  await page.evaluate(`{
    const frame = document.createElement("iframe");
    frame.src = "${service.url}/#lobby";
    document.body.append(frame);
  }`);
  await look(page.frameLocator("iframe"), complaints);
}

/** Sends a message in a frame and waits until it is shown. */
async function talks(frame: FrameLocator): Promise<void> {
  await frame.locator("body[data-state=online]").waitFor();
  await frame.locator("#text").fill("hello");
  await frame.locator("#text").press("Enter");
  await frame.locator("#log article[data-position]", { hasText: "hello" }).waitFor();
}

const FORBIDDEN = `if (location.hostname === "127.0.0.1") {
  Object.defineProperty(globalThis, "localStorage", {
    get() { throw new DOMException("no", "SecurityError"); },
  });
}`;

for (const [storage, before] of [["its own storage", ""], ["no storage", FORBIDDEN]] as const) {
  browserTest(
    `The chat works in a frame of a site in ALLOWED_FRAMERS, with ${storage}`,
    (browser) =>
      inFrame(browser, { allowed: ({ origin }) => origin, before }, async (frame, complaints) => {
        await talks(frame);
        assert.deepEqual(complaints.filter((it) => !it.startsWith("request:")), []);
      }),
  );
}

for (
  const [what, allowed] of [["by default", "none"], ["for others", "https://a.example"]] as const
) {
  browserTest(
    `A site that is not in ALLOWED_FRAMERS cannot embed the chat, ${what}`,
    (browser) =>
      inFrame(browser, { allowed: () => allowed }, async (_frame, complaints) => {
        const isRefused = () => complaints.some((it) => it.includes("frame-ancestors"));
        await until("the refusal", () => Promise.resolve(isRefused()));
      }),
  );
}
