/** The message that is printed at startup. */
import assert from "node:assert/strict";
import { startupMessage } from "../../../lib/core/config/startup_message.ts";

const KEPT = { auth: "open", storage: "messages in ./data" } as const;
const MACHINE = ["127.0.0.1", "192.168.1.20", "169.254.3.4", "::1", "fe80::1", "fd00::20"];

for (
  const [host, publicUrl, addresses, here, others] of [
    ["127.0.0.1", null, MACHINE, "127.0.0.1:8080", undefined],
    ["192.168.1.20", null, MACHINE, "192.168.1.20:8080", undefined],
    ["::1", null, MACHINE, "[::1]:8080", undefined],
    ["0.0.0.0", null, MACHINE, "127.0.0.1:8080", "http://192.168.1.20:8080"],
    ["::", null, MACHINE, "127.0.0.1:8080", "http://192.168.1.20:8080 or http://[fd00::20]:8080"],
    ["0.0.0.0", null, undefined, "127.0.0.1:8080", "port 8080 at the address of this machine"],
    ["0.0.0.0", null, ["127.0.0.1"], "127.0.0.1:8080", "port 8080 at the address of this machine"],
    ["0.0.0.0", "https://chat.example", MACHINE, "127.0.0.1:8080", "https://chat.example"],
    ["127.0.0.1", "https://chat.example", MACHINE, "127.0.0.1:8080", "https://chat.example"],
    ["127.0.0.1", "http://localhost:8080", MACHINE, "localhost:8080", undefined],
    ["127.0.0.1", "http://[::1]:81/team", MACHINE, "[::1]:81/team", undefined],
    ["0.0.0.0", "http://localhost:8080", MACHINE, "localhost:8080", "http://192.168.1.20:8080"],
  ] as const
) {
  Deno.test(`startupMessage() on ${host}, PUBLIC_URL ${publicUrl}, directs others to ${others}`, () => {
    const text = startupMessage(
      { host, port: 8080, publicUrl, ...KEPT, tlsCertFile: null },
      addresses,
    );
    const [first, second, ...rest] = text.split("\n");
    assert.equal(
      first,
      `Parley is on http://${here} (messages in ./data): open it in a browser, or: npx wscat -c ws://${here}/ws`,
    );
    assert.equal(second, others === undefined ? "" : `Others can open ${others}`);
    assert.deepEqual(rest, others === undefined ? [] : [""]);
  });
}

Deno.test("startupMessage() of a service with a certificate has https:// and wss:// URLs", () => {
  const at = { host: "0.0.0.0", port: 8443, publicUrl: null, tlsCertFile: "/cert.pem" };
  const text = startupMessage({ ...at, ...KEPT }, MACHINE);
  assert.equal(
    text,
    "Parley is on https://127.0.0.1:8443 (messages in ./data): open it in a browser, or: npx wscat -c wss://127.0.0.1:8443/ws\n" +
      "Others can open https://192.168.1.20:8443\n",
  );
});

Deno.test("startupMessage() of a service without guests offers no client that it would refuse", () => {
  const at = { host: "127.0.0.1", port: 8080, publicUrl: null, tlsCertFile: null };
  assert.equal(
    startupMessage({ ...at, ...KEPT, auth: "required" }, MACHINE),
    "Parley is on http://127.0.0.1:8080 (messages in ./data): open it in a browser\n",
  );
});
