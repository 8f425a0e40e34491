/** A worker that hears what is posted over the bridge, and answers each post. */
import { listen } from "../lib/io/bridge.ts";

const main = new BroadcastChannel("bench:answers");
addEventListener("message", (event) => {
  if (!(event instanceof MessageEvent)) return;
  listen(event.data, (announcements) => main.postMessage(announcements.length));
  main.postMessage(0);
});
