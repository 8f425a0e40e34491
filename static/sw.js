// @ts-check
/// <reference lib="webworker" />
/**
 * Opens an installed page without the server, so that unsent messages can be read. The network is always asked
 * first: the cache is used only if it fails, does not answer within three seconds, or the server answers 5xx. Only the
 * page's own files are cached, never an answer of the service such as /metrics; WebSockets bypass service workers. Pages of other
 * services below this path have their own workers and caches. The server appends the build of the page to this file, so
 * all files are cached again after an upgrade.
 */
const worker = /** @type {ServiceWorkerGlobalScope} */ (/** @type {unknown} */ (self));
const HOME = new URL("./", worker.location.href).href;
const CACHE = `parley ${HOME}`;
/** How long to wait for the network if there is a cached copy. */
const NETWORK_TIMEOUT_MS = 3_000;
/** How long to wait for a late answer, to cache it for the next time. */
const LATE_RESPONSE_MS = 30_000;
/** The windows opened from the cache. Their files come from there too: they match and load without waiting. */
const keptWindows = new Set();
/** The windows opened by a newer page than the cached one. The cached files do not match them. */
const newerWindows = new Set();
const OWN = /^(?:(?:page|client)\/(?:\w+\/)?)?[\w.-]+\.(?:html|js|css|svg|webmanifest)$/;

/** The cache key of a request, without its query; undefined if it is not a file of the page. @param {Request} request */
function cacheKeyOf(request) {
  const { origin, pathname } = new URL(request.url);
  const key = origin + pathname;
  const isOwn = key === HOME || (key.startsWith(HOME) && OWN.test(key.slice(HOME.length)));
  return request.method === "GET" && isOwn ? key : undefined;
}

/** @param {FetchEvent} event @param {string} key */
async function respond(event, key) {
  const { request, clientId, resultingClientId } = event;
  const cache = await caches.open(CACHE);
  const kept = await cache.match(key);
  if (!kept) return fetchAndCache(request, key, cache);
  const limit = new AbortController();
  const fetching = fetchAndCache(request, key, cache, { signal: limit.signal }).catch(() => null);
  const late = setTimeout(() => limit.abort(), LATE_RESPONSE_MS);
  event.waitUntil(fetching.then(() => clearTimeout(late)));
  const fetched = keptWindows.has(clientId)
    ? null
    : await (newerWindows.has(clientId) ? fetching : withinTimeout(fetching));
  if (fetched && fetched.status < 500) {
    const isSame = fetched.headers.get("etag") === kept.headers.get("etag");
    if (resultingClientId && !isSame) newerWindows.add(resultingClientId);
    return fetched;
  }
  if (resultingClientId) keptWindows.add(resultingClientId);
  return kept;
}

/** Fetches from the network and caches the answer before returning it. @param {Request} request @param {string} key @param {Cache} cache @param {RequestInit} [init] */
async function fetchAndCache(request, key, cache, init) {
  const response = await fetch(request, init);
  // An answer that cannot be cached, because the disk is full, is returned all the same.
  if (response.ok && !response.redirected) await cache.put(key, response.clone()).catch(() => {});
  return response;
}

/** @param {Promise<Response | null>} fetching @returns {Promise<Response | null>} Null after the time. */
function withinTimeout(fetching) {
  return new Promise((resolve) => {
    const timer = setTimeout(() => resolve(null), NETWORK_TIMEOUT_MS);
    fetching.then((response) => {
      clearTimeout(timer);
      resolve(response);
    });
  });
}

// On the first visit the page loads before this worker is installed, so its files are fetched again. The page's markup lists
// them: in `href` and `src` attributes, and in `<meta name="later">`, separated by spaces.
async function precache() {
  const cache = await caches.open(CACHE);
  const response = await fetch(HOME);
  const text = await response.clone().text();
  const names = [...text.matchAll(/ (?:href|src|name="later" content)="([\w./ -]+)"/g)]
    .flatMap(([, list = ""]) => list.split(" "));
  await cache.addAll([...new Set(names)].filter((name) => OWN.test(name)));
  await cache.put(HOME, response);
}

/** Brings the chat page to the front at a room, in a window that shows it already if there is one. @param {string} url */
async function openRoom(url) {
  const windows = await worker.clients.matchAll({ type: "window", includeUncontrolled: true });
  // Never another page, such as the echo page or that of another service on this host.
  const chats = windows.filter((it) => it.url.split(/[?#]/)[0] === HOME);
  const chat = chats.find((it) => it.url === url) ??
    chats.find((it) => it.visibilityState === "visible") ?? chats[0];
  // It may be closed by now.
  const shown = await chat?.focus().catch(() => undefined);
  if (!shown) return worker.clients.openWindow(url);
  shown.postMessage({ type: "open", url });
}

worker.addEventListener("install", (event) => {
  worker.skipWaiting();
  event.waitUntil(precache());
});
worker.addEventListener("activate", (event) => {
  // Earlier versions shared one cache per origin.
  event.waitUntil(Promise.all([caches.delete("parley"), worker.clients.claim()]));
});
worker.addEventListener("fetch", (event) => {
  const key = cacheKeyOf(event.request);
  if (key) event.respondWith(respond(event, key));
});
worker.addEventListener("notificationclick", (event) => {
  event.notification.close();
  const url = String(event.notification.data);
  event.waitUntil(openRoom(url.startsWith(HOME) ? url : HOME));
});
