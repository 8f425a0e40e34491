/**
 * Two services under two paths of one nginx, with the lines of the shipped configuration for that: everything works,
 * and the browser keeps their state separate.
 * @module
 */
import assert from "node:assert/strict";
import type { BrowserContext, Page } from "playwright-core";
import { whenInstanceReady } from "../../support/parley.ts";
import {
  findProgram,
  freePort,
  onFreePort,
  type Program,
  programTest,
  Running,
  until,
} from "../../support/provision.ts";
import { startTestService, type TestService } from "../../support/service.ts";
import { TemporaryFolder } from "../../support/temporary_folder.ts";
import { CHROMIUM, launch, openProfile } from "../../support/programs/chromium.ts";
import { message, say, untilShown, whenJoined } from "../page/page_fixture.ts";
import { exists, statusOf, UPGRADE } from "./proxied.ts";

const NGINX = { names: ["nginx"], install: "the Debian package nginx" };
const SHIPPED = new URL("../../../deploy/nginx.conf", import.meta.url);
const chromium = await findProgram(CHROMIUM.names);
const MARKED = /^ *#\|.*\n/gm;

/** The shipped configuration with its lines for a path, and a copy for a second one. */
async function configuration(port: number, a: number, b: number): Promise<string> {
  const shipped = await Deno.readTextFile(SHIPPED);
  const blocks = [...shipped.matchAll(/(?:^ *#\|.*\n)+/gm)].map(([block]) => block);
  assert.equal(blocks.length, 2, "one for the instances, one for the paths");
  let text = shipped;
  for (const block of blocks) {
    const used = block.replace(/^( *)#\|/gm, "$1");
    const second = used.replaceAll("team-a", "team-b").replace("127.0.0.1:8091", `127.0.0.1:${b}`);
    text = text.replace(block, used.replace("127.0.0.1:8091", `127.0.0.1:${a}`) + second);
  }
  assert.doesNotMatch(text, MARKED);
  return text.replace("listen 8080 ", `listen 127.0.0.1:${port} `);
}

interface Site extends AsyncDisposable {
  /** The URL without a path. */
  readonly url: string;
  /** Stops the first service. */
  end(): Promise<void>;
  /** Replaces the first service by another one. @param env Settings that differ. */
  replace(env?: Readonly<Record<string, string>>): Promise<void>;
}

async function openSite(program: Program): Promise<Site> {
  await using started = new AsyncDisposableStack();
  const folder = started.use(new TemporaryFolder());
  const open = async (env: Readonly<Record<string, string>>) => {
    const usual = { TRUST_PROXY: "127.0.0.1/32", MESSAGES_PER_SECOND: "0" };
    const service = started.use(await startTestService({ ...usual, ...env }));
    await whenInstanceReady(service.url);
    return service;
  };
  const first = { PORT: String(freePort()), DATA_DIR: `${folder.path}/a` };
  const services: [TestService, TestService] = [await open(first), await open({})];
  let isUp = true;
  const end = async () => {
    if (isUp) await services[0].stop();
    isUp = false;
  };
  const port = await onFreePort(async (port) => {
    const text = await configuration(port, services[0].port, services[1].port);
    await Deno.writeTextFile(`${folder.path}/nginx.conf`, text);
    const args = ["-p", folder.path, "-e", "stderr", "-c", "nginx.conf", "-g", "daemon off;"];
    const isOpen = () => exists(`${folder.path}/nginx.pid`);
    started.use(await Running.start(program, args, folder.path, isOpen));
    return port;
  });
  const all = started.move();
  return {
    url: `http://127.0.0.1:${port}`,
    async replace(env = {}) {
      await end();
      const service = all.use(
        await startTestService({
          ...{ TRUST_PROXY: "127.0.0.1/32", MESSAGES_PER_SECOND: "0" },
          ...{ ...first, ...env },
        }),
      );
      await whenInstanceReady(service.url);
      services[0] = service;
      isUp = true;
    },
    end,
    [Symbol.asyncDispose]: () => all.disposeAsync(),
  };
}

function pathTest(
  name: string,
  play: (site: Site, context: BrowserContext, complaints: string[]) => Promise<void>,
): void {
  programTest(chromium === undefined ? CHROMIUM : NGINX, name, async (nginx) => {
    await using site = await openSite(nginx);
    await using browser = await launch({ path: chromium ?? "", env: {} });
    const context = await openProfile(browser);
    const complaints: string[] = [];
    context.on("page", (page) => {
      page.on("pageerror", (error) => complaints.push(error.message));
    });
    await play(site, context, complaints);
    assert.deepEqual(complaints, []);
  });
}

async function enter(context: BrowserContext, address: string): Promise<Page> {
  const page = await context.newPage();
  await page.goto(address);
  await whenJoined(page);
  return page;
}

/** Chooses a name in the dialog. */
async function rename(page: Page, name: string): Promise<void> {
  await page.click("#me");
  await page.fill("#name", name);
  await page.press("#name", "Enter");
  await page.locator("#me bdi", { hasText: name }).waitFor();
}

pathTest(
  "Two services under two paths of one host share nothing in a browser",
  async (site, context) => {
    assert.equal(await statusOf(`${site.url}/team-a`), 200, "redirected to the page");
    assert.equal(await statusOf(`${site.url}/team-a/ws`, UPGRADE), 101);
    assert.equal(await statusOf(`${site.url}/team-b/s`, UPGRADE), 101);

    const a = await enter(context, `${site.url}/team-a/#den`);
    const requests: string[] = [];
    context.on("request", (request) => {
      const isOfA = request.serviceWorker() !== null ||
        !request.isNavigationRequest() && request.frame() === a.mainFrame();
      if (!isOfA) requests.push(new URL(request.url()).pathname);
    });
    await rename(a, "Ann");
    await say(a, "for A alone");
    await untilShown(a, "for A alone");
    await a.fill("#text", "half written for A");
    const b = await enter(context, `${site.url}/team-b/#den`);
    assert.notEqual(await b.innerText("#me bdi"), "Ann");
    assert.equal(await b.inputValue("#text"), "");
    assert.equal(await b.locator("#log article").count(), 0);
    assert.ok(requests.every((path) => path.startsWith("/team-b/")), requests.join(" "));
    await a.reload();
    await whenJoined(a);
    assert.deepEqual(
      [await a.innerText("#me bdi"), await a.inputValue("#text")],
      ["Ann", "half written for A"],
    );
    const tokens = await a.evaluate<string[]>(
      "Object.keys(localStorage).filter((it) => it.endsWith(' resume'))",
    );
    const host = site.url.replace("http", "ws");
    assert.deepEqual(tokens.toSorted(), [
      `parley ${host}/team-a/ws resume`,
      `parley ${host}/team-b/ws resume`,
    ]);
    const manifests = await a.evaluate<string[]>(`Promise.all(["a", "b"].map(async (team) => {
    const { id, start_url } = await (await fetch("/team-" + team + "/manifest.webmanifest")).json();
    return new URL(id ?? start_url, location.origin + "/team-" + team + "/").pathname;
  }))`);
    assert.deepEqual(manifests, ["/team-a/", "/team-b/"], "two installable apps");
    const scope = `navigator.serviceWorker.ready.then((it) => new URL(it.scope).pathname)`;
    assert.deepEqual([await a.evaluate(scope), await b.evaluate(scope)], ["/team-a/", "/team-b/"]);
    const caches = () =>
      a.evaluate<string[]>(
        "caches.keys().then((it) => it.map((name) => name.replace(location.origin, '')).sort())",
      );
    await until(
      "both to have a copy for when they are offline",
      async () => (await caches()).length === 2,
    );
    assert.deepEqual(await caches(), ["parley /team-a/", "parley /team-b/"]);
  },
);

pathTest("A message queued for one service is not sent to another", async (site, context) => {
  const [a, b] = [
    await enter(context, `${site.url}/team-a/#den`),
    await enter(context, `${site.url}/team-b/#den`),
  ];
  await site.end();
  await a.locator("body[data-state=waiting]").waitFor();
  await say(a, "for A alone");
  await message(a, "for A alone").waitFor();
  await b.reload();
  await whenJoined(b);
  await say(b, "for B");
  await untilShown(b, "for B");
  assert.equal(await message(b, "for A alone").count(), 0);

  // A different service at the path of A: the user is asked.
  await site.replace({ DATA_DIR: ":memory:" });
  await a.reload();
  await whenJoined(a);
  const row = message(a, "for A alone");
  await row.locator(".delivery", { hasText: "Written for another service" }).waitFor();
  await say(a, "for the new one");
  await untilShown(a, "for the new one");
  assert.equal(await a.locator("#log article[data-position]").count(), 1);

  // The original service is back: it receives the message without a question.
  await site.replace();
  await a.reload();
  await whenJoined(a);
  await untilShown(a, "for A alone");
});
