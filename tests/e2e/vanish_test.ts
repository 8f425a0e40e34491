/** Clients that go in the midst of the handshake: no connection, no descriptor and no place may stay behind. */
import assert from "node:assert/strict";
import { startParley } from "../parley.ts";
import { until } from "../provision.ts";
import { handshake, RawPeer } from "../raw.ts";

const VANISHING = 500;

Deno.test("500 clients that vanish in the midst of the handshake leave nothing behind", async () => {
  await using parley = await startParley({ MAX_CONNECTIONS: "1000" });
  const request = new TextEncoder().encode(handshake(parley.port, "/ws"));
  const vanish = async () => {
    using peer = await RawPeer.connect(parley.port);
    await peer.write(request);
  };
  // Once before counting, since the first ones open what stays open (the log, the timers' own descriptors).
  await vanish();
  await until("the first one to be gone", () => isEmpty(parley.adminUrl));
  const before = descriptors(parley.pid);
  for (let i = 0; i < VANISHING; i++) await vanish();
  await until("the service to be empty", () => isEmpty(parley.adminUrl));
  await until(
    "descriptors to be given back",
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

Deno.test("A request that comes in slowly holds nobody else up", async () => {
  await using parley = await startParley();
  using slow = await RawPeer.connect(parley.port);
  const text = handshake(parley.port, "/s");
  await slow.write(new TextEncoder().encode(text.slice(0, 40)));
  using quick = await RawPeer.open(parley.port, "/s");
  await quick.send(1, "still here");
  assert.equal(await quick.nextText(), "still here");
  await slow.write(new TextEncoder().encode(text.slice(40)));
  assert.equal((await slow.response()).status, 101);
});
