/**
 * What a first visit loads: each file with its size on the wire, including headers, and uncompressed. Parts that load
 * on demand follow after three seconds. The service worker comes last; it requests the same files again, and the server
 * answers that they have not changed.
 * @module
 */
import type { Request } from "playwright-core";
import { until } from "../../tests/support/provision.ts";
import { launch } from "./chromium.ts";

/** One response. */
export interface Loaded {
  readonly path: string;
  /** Size including headers, as the browser counts it. */
  readonly wireBytes: number;
  /** Size of the uncompressed body; undefined if the browser does not report it. */
  readonly rawBytes: number | undefined;
  /** Whether it loads after the first conversation: on demand, or for the service worker. */
  readonly isLater: boolean;
}

/** Visits the page for the first time. */
export async function weigh(url: string): Promise<readonly Loaded[]> {
  await using browser = await launch();
  const context = await browser.newContext();
  const page = await context.newPage();
  const session = await context.newCDPSession(page);
  await session.send("Network.enable");
  const answers = new Map<string, Loaded>();
  const change = (id: string, how: (loaded: Loaded) => Partial<Loaded>) => {
    const loaded = answers.get(id);
    if (loaded) answers.set(id, { ...loaded, ...how(loaded) });
  };
  session.on("Network.responseReceived", ({ requestId, response: { url } }) => {
    const path = new URL(url).pathname;
    answers.set(requestId, { path, wireBytes: 0, rawBytes: 0, isLater: false });
  });
  session.on("Network.dataReceived", ({ requestId, dataLength }) => {
    change(requestId, ({ rawBytes }) => ({ rawBytes: (rawBytes ?? 0) + dataLength }));
  });
  session.on("Network.loadingFinished", ({ requestId, encodedDataLength }) => {
    change(requestId, () => ({ wireBytes: encodedDataLength }));
  });
  const later: Promise<Loaded>[] = [];
  context.on("requestfinished", (request) => {
    if (request.serviceWorker()) later.push(laterOne(request));
  });
  await page.goto(url);
  await page.locator("body[data-state=online]").waitFor();
  const isServed = "navigator.serviceWorker.controller?.state === 'activated'";
  await until("the service worker to be there", () => page.evaluate<boolean>(isServed));
  const names = await page.getAttribute("meta[name=later]", "content") ?? "";
  const isOnDemand = (path: string) => names.split(" ").includes(path.slice(1));
  const loaded = [...answers.values()].map((it) => ({ ...it, isLater: isOnDemand(it.path) }));
  return [...loaded, ...await Promise.all(later)];
}

async function laterOne(request: Request): Promise<Loaded> {
  const { responseBodySize, responseHeadersSize } = await request.sizes();
  const path = new URL(request.url()).pathname;
  const wireBytes = responseBodySize + responseHeadersSize;
  return { path, wireBytes, rawBytes: undefined, isLater: true };
}
