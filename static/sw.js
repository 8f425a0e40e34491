// @ts-check
/// <reference lib="webworker" />
/**
 * Lets an installed page open without the server, so that one can read what waits to be sent. The network is always asked
 * first: what is kept here is only for when it fails, or the server says 5xx. Only the page's own files are kept, never an
 * answer of the service such as /metrics; WebSockets do not pass here at all. Pages of other services
 * below this path have their own workers and caches.
 */
const worker = /** @type {ServiceWorkerGlobalScope} */ (/** @type {unknown} */ (self));
const HOME = new URL("./", worker.location.href).href;
const CACHE = `parley ${HOME}`;
const OWN = /^(?:page\/|client\/)?[\w.-]+\.(?:html|js|css|svg|webmanifest)$/;

/** What a request is kept under, without its query; undefined for what is none of the page's own files. @param {Request} request */
function keyOf(request) {
  const { origin, pathname } = new URL(request.url);
  const key = origin + pathname;
  const isOwn = key === HOME || (key.startsWith(HOME) && OWN.test(key.slice(HOME.length)));
  return request.method === "GET" && isOwn ? key : undefined;
}

/** @param {Request} request @param {string} key */
async function answer(request, key) {
  const cache = await caches.open(CACHE);
  try {
    const response = await fetch(request);
    // What cannot be kept, because the disk is full, is answered all the same.
    if (response.ok && !response.redirected) await cache.put(key, response.clone()).catch(() => {});
    return response.status < 500 ? response : await cache.match(key) ?? response;
  } catch (error) {
    const kept = await cache.match(key);
    if (kept) return kept;
    throw error;
  }
}

// The first visit loads everything before this is here to see it, so it is fetched once more. The page itself says of what
// it is made: what it names in an href or a src.
async function fill() {
  const cache = await caches.open(CACHE);
  const response = await fetch(HOME);
  const text = await response.clone().text();
  const names = [...text.matchAll(/ (?:href|src)="([\w./-]+)"/g)].map(([, name]) => name ?? "");
  await cache.addAll([...new Set(names)].filter((name) => OWN.test(name)));
  await cache.put(HOME, response);
}

/** Brings the page to the front, at a room. @param {string} url */
async function show(url) {
  const windows = await worker.clients.matchAll({ type: "window" });
  const window = windows.find((it) => it.url.split(/[?#]/)[0] === HOME);
  if (!window) return worker.clients.openWindow(url);
  window.postMessage({ type: "open", url });
  return window.focus();
}

worker.addEventListener("install", (event) => {
  worker.skipWaiting();
  event.waitUntil(fill());
});
worker.addEventListener("activate", (event) => {
  // Earlier versions shared one cache per origin.
  event.waitUntil(Promise.all([caches.delete("parley"), worker.clients.claim()]));
});
worker.addEventListener("fetch", (event) => {
  const key = keyOf(event.request);
  if (key) event.respondWith(answer(event.request, key));
});
worker.addEventListener("notificationclick", (event) => {
  event.notification.close();
  event.waitUntil(show(event.notification.data ?? HOME));
});
