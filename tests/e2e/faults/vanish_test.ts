/** Clients that disappear during the handshake leave no connection, descriptor or quota slot behind. */
import assert from "node:assert/strict";
import { startParley } from "../../support/parley.ts";
import { until } from "../../support/provision.ts";
import { handshake, RawSocket } from "../../support/clients/raw_socket.ts";

const VANISHING = 500;

Deno.test("500 clients that disappear during the handshake leave nothing behind", async () => {
  await using parley = await startParley({ MAX_CONNECTIONS: "1000" });
  const request = new TextEncoder().encode(handshake(parley.port, "/ws"));
  const vanish = async () => {
    using peer = await RawSocket.connect(parley.port);
    await peer.write(request);
  };
  // Once before counting, since the first clients open descriptors that stay open (the log, the timers).
  await vanish();
  await until("the first client to be gone", () => isEmpty(parley.adminUrl));
  const before = descriptors(parley.pid);
  for (let i = 0; i < VANISHING; i++) await vanish();
  await until("the service to be empty", () => isEmpty(parley.adminUrl));
  await until(
    "descriptors to be released",
    () => Promise.resolve(descriptors(parley.pid) <= before + 5),
  );
});

async function isEmpty(adminUrl: string): Promise<boolean> {
  const { connections } = await (await fetch(`${adminUrl}/healthz`)).json();
  return Object.values(connections).every((count) => count === 0);
}

function descriptors(pid: number): number {
  return [...Deno.readDirSync(`/proc/${pid}/fd`)].length;
}

Deno.test("A slowly sent request delays no other client", async () => {
  await using parley = await startParley();
  using slow = await RawSocket.connect(parley.port);
  const text = handshake(parley.port, "/s");
  await slow.write(new TextEncoder().encode(text.slice(0, 40)));
  using quick = await RawSocket.open(parley.port, "/s");
  await quick.send(1, "still here");
  assert.equal(await quick.nextText(), "still here");
  await slow.write(new TextEncoder().encode(text.slice(40)));
  assert.equal((await slow.response()).status, 101);
});
