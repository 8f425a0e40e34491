/** A worker that receives what is broadcast, and answers each post. */
import { onBroadcast } from "../lib/io/serving/broadcast.ts";

const main = new BroadcastChannel("bench:answers");
addEventListener("message", (event) => {
  if (!(event instanceof MessageEvent)) return;
  onBroadcast(event.data, (announcements) => main.postMessage(announcements.length));
  main.postMessage(0);
});
