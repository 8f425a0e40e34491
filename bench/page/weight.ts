/**
 * What a first visit loads: each file, what it weighs on the wire with its headers, and what it is without compression. The
 * service worker, which comes when all else is there, asks for the same files again and is told that they have not changed.
 * @module
 */
import type { Request } from "playwright-core";
import { until } from "../../tests/provision.ts";
import { launch } from "./chromium.ts";

/** One answer of the server. */
export interface Loaded {
  readonly path: string;
  /** Headers and all, as the browser counts them. */
  readonly wireBytes: number;
  /** The body unpacked; undefined where the browser does not say. */
  readonly rawBytes: number | undefined;
  /** Whether the service worker has asked for it. */
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
  return [...answers.values(), ...await Promise.all(later)];
}

async function laterOne(request: Request): Promise<Loaded> {
  const { responseBodySize, responseHeadersSize } = await request.sizes();
  const path = new URL(request.url()).pathname;
  const wireBytes = responseBodySize + responseHeadersSize;
  return { path, wireBytes, rawBytes: undefined, isLater: true };
}
