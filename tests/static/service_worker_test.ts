/**
 * The service worker, run with a cache and a network of the test's own: it is a classic script, which nothing can import.
 * @module
 */
import assert from "node:assert/strict";

const SOURCE = await Deno.readTextFile(new URL("../../static/sw.js", import.meta.url));
const HOME = "https://chat.example/talk/";
const INDEX = `<link rel="icon" href="icon.svg"><script type="module" src="page/main.js"></script>
  <a href="https://elsewhere.example/x.js">no</a> <a href="#i-menu">no</a>`;

type Network = (url: string) => Response | undefined;

/** A worker that is installed, and what it keeps. */
async function install(network: Network) {
  let isFull = false;
  const kept = new Map<string, Response>();
  const listeners = new Map<string, (event: unknown) => void>();
  let waited: Promise<unknown> = Promise.resolve();
  const request = (url: string) => {
    const response = network(new URL(url, HOME).href);
    return response ? Promise.resolve(response) : Promise.reject(new TypeError("no network"));
  };
  const cache = {
    put: (key: string, response: Response) => {
      if (isFull) return Promise.reject(new DOMException("The disk is full", "QuotaExceededError"));
      kept.set(new URL(key, HOME).href, response);
      return Promise.resolve();
    },
    match: (key: string) => Promise.resolve(kept.get(key)?.clone()),
    addAll: async (names: readonly string[]) => {
      for (const name of names) await cache.put(name, await request(name));
    },
  };
  const self = {
    location: { href: `${HOME}sw.js` },
    skipWaiting() {},
    clients: { claim() {} },
    addEventListener: (type: string, listener: (event: unknown) => void) =>
      listeners.set(type, listener),
  };
  const begin = new Function("self", "caches", "fetch", SOURCE);
  begin(
    self,
    { open: () => Promise.resolve(cache), delete: () => Promise.resolve(true) },
    (it: string | Request) => request(typeof it === "string" ? it : it.url),
  );
  listeners.get("install")?.({ waitUntil: (it: Promise<unknown>) => waited = it });
  await waited;
  /** What the worker answers; undefined where it lets the browser ask. */
  const ask = async (url: string, init: RequestInit = {}) => {
    let answer: Promise<Response> | undefined;
    const respondWith = (it: Promise<Response>) => answer = it;
    listeners.get("fetch")?.({ request: new Request(new URL(url, HOME), init), respondWith });
    return await answer;
  };
  return { kept, ask, fill: () => isFull = true };
}

const served: Network = (url) => new Response(url === HOME ? INDEX : `now ${url}`);

Deno.test("The service worker keeps what the page names, from the first visit on", async () => {
  const { kept } = await install(served);
  assert.deepEqual([...kept.keys()].sort(), [HOME, `${HOME}icon.svg`, `${HOME}page/main.js`]);
});

Deno.test("The service worker asks the network first, and keeps what is newer", async () => {
  let version = 1;
  const { ask, kept } = await install(() => new Response(`version ${version}`));
  version = 2;
  assert.equal(await (await ask("page/main.js"))?.text(), "version 2");
  assert.equal(await kept.get(`${HOME}page/main.js`)?.text(), "version 2");
});

for (
  const [what, broken] of [["fails", undefined], [
    "says 503",
    new Response("", { status: 503 }),
  ]] as const
) {
  Deno.test(`The service worker answers from what it keeps where the network ${what}`, async () => {
    let network: Network = served;
    const { ask } = await install((url) => network(url));
    network = () => broken?.clone();
    assert.equal(await (await ask("?room=den&name=Ann"))?.text(), INDEX, "whatever is asked for");
    assert.equal(await (await ask("icon.svg"))?.text(), `now ${HOME}icon.svg`);
  });
}

Deno.test("The service worker passes on what it has nothing for", async () => {
  let network: Network = served;
  const { ask } = await install((url) => network(url));
  network = () => new Response("not here", { status: 404 });
  assert.equal((await ask("icon.svg"))?.status, 404, "no old file for one that is gone");
  network = () => undefined;
  await assert.rejects(ask("never.js"), TypeError);
});

Deno.test("The service worker answers also what it cannot keep", async () => {
  const { ask, fill } = await install(served);
  fill();
  assert.equal(await (await ask("icon.svg"))?.text(), `now ${HOME}icon.svg`);
});

const OTHERS = [
  "ws",
  "metrics",
  "healthz",
  "readyz",
  "status",
  "/elsewhere/page.js",
  "team-b/",
  "team-b/page/main.js",
  "team-b/sw.js",
] as const;

for (const path of [...OTHERS, "https://elsewhere.example/x.js"]) {
  Deno.test(`The service worker has nothing to do with ${path}`, async () => {
    const { ask } = await install(served);
    assert.equal(await ask(path), undefined);
  });
}

Deno.test("The service worker has nothing to do with what is not read", async () => {
  const { ask } = await install(served);
  assert.equal(await ask("", { method: "POST" }), undefined);
});
