/**
 * The service worker with the test's own cache, network, windows and timers: it is a classic script, which cannot be
 * imported.
 * @module
 */
import { until } from "../../support/provision.ts";

const SOURCE = await Deno.readTextFile(new URL("../../../static/sw.js", import.meta.url));
/** The URL of the page. */
export const HOME = "https://chat.example/talk/";
/** The parts of the page that the worker reads. */
export const INDEX =
  `<link rel="icon" href="icon.svg"><script type="module" src="page/main.js"></script>
  <meta name="later" content="page/later.js later.css"><meta name="author" content="it.js">
  <a href="https://elsewhere.example/x.js">no</a> <a href="#i-menu">no</a>`;

/** The response to a request; undefined without a network. */
export type Network = (url: string) => Response | Promise<Response> | undefined;

/** Timers that fire on demand. */
class Timers {
  readonly #due = new Map<number, { readonly ms: number; readonly end: () => void }>();
  #last = 0;
  set = (end: () => void, ms: number) => {
    this.#due.set(++this.#last, { ms, end });
    return this.#last;
  };
  clear = (timer: number) => this.#due.delete(timer);
  get pending() {
    return [...this.#due.values()].map(({ ms }) => ms).sort((a, b) => a - b);
  }
  whenCount(count: number) {
    return until("the timers", () => Promise.resolve(this.#due.size === count));
  }
  end(ms: number) {
    for (const [timer, it] of [...this.#due]) {
      if (it.ms === ms && this.#due.delete(timer)) it.end();
    }
  }
}

/** An installed worker. */
export interface InstalledWorker {
  /** The cached texts, by URL. */
  readonly kept: ReadonlyMap<string, Response>;
  /** Its response; undefined if it leaves the request to the browser. */
  readonly respond: (url: string, init?: WindowRequest) => Promise<Response | undefined>;
  /** Clicks on a notification with this data. */
  readonly click: (data: unknown) => Promise<void>;
  readonly timers: Timers;
  readonly clients: Clients;
  /** Fills the disk. */
  readonly fillDisk: () => void;
  /** Resolves when the worker may be stopped. */
  readonly whenIdle: () => Promise<void>;
}

/** Installs the worker. */
export async function installWorker(network: Network): Promise<InstalledWorker> {
  let isFull = false;
  const kept = new Map<string, Response>();
  const listeners = new Map<string, (event: unknown) => void>();
  let waited: Promise<unknown> = Promise.resolve();
  const timers = new Timers();
  const clients = new Clients();
  const request = (url: string, signal?: AbortSignal | null) => {
    const response = network(new URL(url, HOME).href);
    if (!response) return Promise.reject(new TypeError("no network"));
    const { promise, reject } = Promise.withResolvers<Response>();
    signal?.addEventListener("abort", () => reject(signal.reason));
    return Promise.race([response, promise]);
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
    clients,
    addEventListener: (type: string, listener: (event: unknown) => void) =>
      listeners.set(type, listener),
  };
  const begin = new Function("self", "caches", "fetch", "setTimeout", "clearTimeout", SOURCE);
  begin(
    self,
    { open: () => Promise.resolve(cache), delete: () => Promise.resolve(true) },
    (it: string | Request, init?: RequestInit) =>
      request(typeof it === "string" ? it : it.url, init?.signal),
    timers.set,
    timers.clear,
  );
  listeners.get("install")?.({ waitUntil: (it: Promise<unknown>) => waited = it });
  await waited;
  const respond = async (
    url: string,
    { clientId = "", resultingClientId = "", ...init }: WindowRequest = {},
  ) => {
    let answer: Promise<Response> | undefined;
    const respondWith = (it: Promise<Response>) => answer = it;
    const waitUntil = (it: Promise<unknown>) => void (waited = Promise.all([waited, it]));
    const request = new Request(new URL(url, HOME), init);
    listeners.get("fetch")?.({ request, clientId, resultingClientId, respondWith, waitUntil });
    return await answer;
  };
  const click = async (data: unknown) => {
    const notification = { data, close() {} };
    listeners.get("notificationclick")?.({
      notification,
      waitUntil: (it: Promise<unknown>) => waited = it,
    });
    await waited;
  };
  return {
    ...{ kept, respond, click, timers, clients },
    fillDisk: () => void (isFull = true),
    whenIdle: async () => void await waited,
  };
}

/** A request, and the windows that it is for. */
export interface WindowRequest extends RequestInit {
  readonly clientId?: string;
  readonly resultingClientId?: string;
}

/** Windows of the origin, and the calls on them. */
class Clients {
  readonly done: string[] = [];
  #windows: readonly (readonly [url: string, state: string])[] = [];
  claim() {}
  /** @param windows What they show, and their state: hidden, visible, or closing. */
  setWindows(
    ...windows: readonly (readonly [path: string, state: "hidden" | "visible" | "closed"])[]
  ) {
    this.#windows = windows.map(([path, state]) => [new URL(path, HOME).href, state]);
  }
  // Windows opened before the worker was installed are not controlled.
  matchAll({ includeUncontrolled = false }: { includeUncontrolled?: boolean }) {
    const windows = this.#windows.map(([url, state]) => {
      const window = {
        ...{ url, visibilityState: state },
        focus: () => {
          if (state === "closed") return Promise.reject(new TypeError("closed"));
          this.done.push(`focus ${url}`);
          return Promise.resolve(window);
        },
        postMessage: (it: unknown) => this.done.push(`tell ${url} ${JSON.stringify(it)}`),
      };
      return window;
    });
    return Promise.resolve(includeUncontrolled ? windows : []);
  }
  openWindow(url: string) {
    this.done.push(`open ${url}`);
    return Promise.resolve(null);
  }
}
