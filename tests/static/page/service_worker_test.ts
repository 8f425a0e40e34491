/**
 * What the service worker caches, when it responds from the cache, and what a click on a notification opens.
 * @module
 */
import assert from "node:assert/strict";
import { HOME, INDEX, installWorker, type Network } from "./service_worker_stage.ts";

const served: Network = (url) => new Response(url === HOME ? INDEX : `now ${url}`);

Deno.test("The service worker caches every file that the page names, from the first visit on", async () => {
  const { kept } = await installWorker(served);
  const names = ["", "icon.svg", "later.css", "page/later.js", "page/main.js"];
  assert.deepEqual([...kept.keys()].sort(), names.map((name) => HOME + name));
});

Deno.test("The service worker asks the network first, and caches newer files", async () => {
  let version = 1;
  const { respond, kept } = await installWorker(() => new Response(`version ${version}`));
  version = 2;
  assert.equal(await (await respond("page/main.js"))?.text(), "version 2");
  assert.equal(await kept.get(`${HOME}page/main.js`)?.text(), "version 2");
});

for (
  const [what, broken] of [["fails", undefined], [
    "says 503",
    new Response("", { status: 503 }),
  ]] as const
) {
  Deno.test(`The service worker responds from its cache when the network ${what}`, async () => {
    let network: Network = served;
    const { respond } = await installWorker((url) => network(url));
    network = () => broken?.clone();
    assert.equal(
      await (await respond("?room=den&name=Ann"))?.text(),
      INDEX,
      "whatever the query",
    );
    assert.equal(await (await respond("icon.svg"))?.text(), `now ${HOME}icon.svg`);
  });
}

const SILENT: Network = () => new Promise<Response>(() => {});
const NETWORK_TIMEOUT_MS = 3_000;
const LATE_RESPONSE_MS = 30_000;

for (const path of ["?room=den", "icon.svg"]) {
  Deno.test(`The service worker responds from its cache after three seconds without a response (${path || "/"})`, async () => {
    let network: Network = served;
    const { respond, timers, whenIdle } = await installWorker((url) => network(url));
    network = SILENT;
    const answer = respond(path);
    await timers.whenCount(2);
    assert.deepEqual(timers.pending, [NETWORK_TIMEOUT_MS, LATE_RESPONSE_MS]);
    timers.end(NETWORK_TIMEOUT_MS);
    assert.equal(
      await (await answer)?.text(),
      await (await served(new URL(path, HOME).href.split("?")[0] ?? ""))?.text(),
    );
    // Neither the request nor the worker runs forever.
    timers.end(LATE_RESPONSE_MS);
    await whenIdle();
  });
}

Deno.test("The service worker caches a late response for the next request", async () => {
  let network: Network = served;
  const { respond, timers, kept, whenIdle } = await installWorker((url) => network(url));
  const { promise, resolve } = Promise.withResolvers<Response>();
  network = () => promise;
  const answer = respond("icon.svg");
  await timers.whenCount(2);
  timers.end(NETWORK_TIMEOUT_MS);
  assert.equal(await (await answer)?.text(), `now ${HOME}icon.svg`);
  resolve(new Response("late"));
  await whenIdle();
  assert.equal(await kept.get(`${HOME}icon.svg`)?.text(), "late");
  assert.deepEqual(timers.pending, []);
});

Deno.test("The service worker waits for the network without a limit if nothing is cached", async () => {
  let network: Network = served;
  const { respond, timers } = await installWorker((url) => network(url));
  const { promise, resolve } = Promise.withResolvers<Response>();
  network = () => promise;
  const answer = respond("echo.html");
  resolve(new Response("at last"));
  assert.equal(await (await answer)?.text(), "at last");
  assert.deepEqual(timers.pending, []);
});

Deno.test("The service worker serves a cached page its cached files at once", async () => {
  let network: Network = served;
  const { respond, timers, whenIdle } = await installWorker((url) => network(url));
  network = SILENT;
  const page = respond("", { resultingClientId: "old" });
  await timers.whenCount(2);
  timers.end(NETWORK_TIMEOUT_MS);
  await page;
  assert.equal(
    await (await respond("page/main.js", { clientId: "old" }))?.text(),
    `now ${HOME}page/main.js`,
  );
  assert.ok(!timers.pending.includes(NETWORK_TIMEOUT_MS), "without waiting");
  timers.end(LATE_RESPONSE_MS);
  await whenIdle();
  // The server is back, with another version.
  network = (url) => new Response(`new ${url}`);
  assert.equal(
    await (await respond("page/main.js", { clientId: "old" }))?.text(),
    `now ${HOME}page/main.js`,
  );
  assert.equal(
    await (await respond("page/main.js", { clientId: "other" }))?.text(),
    `new ${HOME}page/main.js`,
  );
});

Deno.test("The service worker never serves a newer page cached files of the old one, however slow the network", async () => {
  const build = (etag: string): Network => async (url) =>
    new Response(await (await served(url))?.text(), { headers: { etag } });
  let network = build("old");
  const { respond, timers, whenIdle } = await installWorker((url) => network(url));
  network = build("new");
  assert.equal((await respond("", { resultingClientId: "newer" }))?.headers.get("etag"), "new");
  const { promise, resolve } = Promise.withResolvers<Response>();
  network = () => promise;
  const script = respond("page/main.js", { clientId: "newer" });
  await timers.whenCount(1);
  assert.deepEqual(timers.pending, [LATE_RESPONSE_MS]);
  resolve(new Response("new script"));
  assert.equal(await (await script)?.text(), "new script");
  await whenIdle();
});

for (
  const [what, windows, expected] of [
    [
      "the room's window",
      [["#lobby", "visible"], ["?x#den", "hidden"], ["#den", "hidden"]],
      "#den",
    ],
    ["a visible chat", [["#attic", "hidden"], ["?name=Ann#lobby", "visible"]], "?name=Ann#lobby"],
    ["any chat", [["echo.html", "visible"], ["/", "visible"], ["#lobby", "hidden"]], "#lobby"],
    ["a new window beside other pages", [
      ["echo.html", "visible"],
      ["team-b/#den", "visible"],
      ["/status", "hidden"],
    ], null],
    ["a new window if there is none", [], null],
    ["a new window instead of one that is closing", [["#den", "closed"]], null],
  ] as const
) {
  Deno.test(`A click on a notification shows the room in ${what}`, async () => {
    const { click, clients } = await installWorker(served);
    clients.setWindows(...windows);
    await click(`${HOME}#den`);
    const message = JSON.stringify({ type: "open", url: `${HOME}#den` });
    assert.deepEqual(
      clients.done,
      expected === null
        ? [`open ${HOME}#den`]
        : [`focus ${HOME}${expected}`, `tell ${HOME}${expected} ${message}`],
    );
  });
}

for (const data of [undefined, "https://elsewhere.example/", "https://chat.example/other/#den"]) {
  Deno.test(`A click on a notification with ${data} opens nothing but the chat`, async () => {
    const { click, clients } = await installWorker(served);
    await click(data);
    assert.deepEqual(clients.done, [`open ${HOME}`]);
  });
}

Deno.test("The service worker passes on errors from the server and the network", async () => {
  let network: Network = served;
  const { respond } = await installWorker((url) => network(url));
  network = () => new Response("not here", { status: 404 });
  assert.equal((await respond("icon.svg"))?.status, 404, "no cached file replaces a deleted one");
  network = () => undefined;
  await assert.rejects(respond("never.js"), TypeError);
});

Deno.test("The service worker responds even if it cannot cache", async () => {
  const { respond, fillDisk } = await installWorker(served);
  fillDisk();
  assert.equal(await (await respond("icon.svg"))?.text(), `now ${HOME}icon.svg`);
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
  Deno.test(`The service worker ignores ${path}`, async () => {
    const { respond } = await installWorker(served);
    assert.equal(await respond(path), undefined);
  });
}

Deno.test("The service worker ignores all requests except reads", async () => {
  const { respond } = await installWorker(served);
  assert.equal(await respond("", { method: "POST" }), undefined);
});
