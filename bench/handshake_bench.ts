/** The check of a request to open a WebSocket. */
import { checkHandshake } from "../lib/core/http/handshake.ts";

const headers = new Headers({
  connection: "Upgrade",
  upgrade: "websocket",
  "sec-websocket-version": "13",
  "sec-websocket-key": "lkUx3lTpjFwO5OI7xY3+1Q==",
  host: "127.0.0.1:8080",
  origin: "http://127.0.0.1:8080",
});

Deno.bench("checkHandshake(): a browser's handshake", { group: "handshake" }, () => {
  checkHandshake({ method: "GET", headers }, { origins: "same", viaTrustedProxy: false });
});
