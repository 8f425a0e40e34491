/**
 * A worker that holds a lifeline and ends as told, or, in an endless loop, never.
 * @module
 */
/// <reference no-default-lib="true" />
/// <reference lib="deno.worker" />

let lifeline: MessagePort | undefined;

self.onmessage = ({ data, ports }: MessageEvent<"wait" | "close" | "throw" | "spin">) => {
  [lifeline] = ports;
  if (lifeline) lifeline.onmessage = () => {};
  if (data === "close") self.close();
  if (data === "throw") throw new Error("of its own making");
  self.postMessage("here");
  if (data !== "spin") return;
  for (;;);
};
