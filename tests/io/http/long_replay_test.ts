/** A client that has missed more than its backlog may hold still receives it, as long as it reads. */
import assert from "node:assert/strict";
import { TestClient } from "../../support/clients/test_client.ts";
import { startTestService } from "../../support/service.ts";

const TEXTS = 400;

interface Frame {
  readonly type: string;
  readonly id?: string;
  readonly position?: string;
  readonly top?: string;
}

/** Sends a large amount to a room; returns the position where it began. */
async function fillRoom(at: string, length: number): Promise<string> {
  await using speaker = await TestClient.open(at, { protocols: ["chat.v1.json"] });
  speaker.send('{"type":"hello"}\n{"type":"join","room":"r","id":"j"}');
  const frames = await framesUntil(speaker, ({ type }) => type === "joined");
  const said = "x".repeat(length);
  for (let i = 0; i < TEXTS; i++) {
    speaker.send(`{"type":"say","room":"r","id":"s${i}","text":"${i} ${said}"}`);
    // The sender receives its own messages, and must not fall behind.
    if (i % 4 === 3) await framesUntil(speaker, ({ type, id }) => type === "ack" && id === `s${i}`);
  }
  return frames.find(({ type }) => type === "joined")?.position ?? "";
}

/** The next frames, from one message or more, up to one of a type. */
async function framesUntil(
  client: TestClient,
  isLast: (frame: Frame) => boolean,
): Promise<Frame[]> {
  const frames: Frame[] = [];
  while (!frames.some(isLast)) {
    const lines = String(await client.next()).split("\n");
    frames.push(...lines.map((line): Frame => JSON.parse(line)));
  }
  return frames;
}

Deno.test("A client that resumes after more than MAX_BUFFERED_BYTES receives everything in order and stays connected", async () => {
  await using service = await startTestService({ MESSAGES_PER_SECOND: "0", BYTES_PER_SECOND: "0" });
  const at = service.url.replace("http", "ws") + "/ws";
  const since = await fillRoom(at, 6_000);
  await using reader = await TestClient.open(at, { protocols: ["chat.v1.json"] });
  reader.send(`{"type":"hello"}\n{"type":"join","room":"r","id":"j","since":"${since}"}`);
  const frames = await framesUntil(reader, ({ id }) => id === `s${TEXTS - 1}`);
  const said = frames.filter(({ type }) => type === "said").map(({ id }) => id);
  assert.deepEqual(said, Array.from({ length: TEXTS }, (_, i) => `s${i}`));
  const arrival = frames.findIndex(({ type }) => type === "joined");
  assert.ok(arrival < frames.findIndex(({ type }) => type === "said"));
  assert.equal(frames[arrival]?.top, frames.at(-1)?.position);
  reader.send('{"type":"ping","id":"still-here"}');
  await framesUntil(reader, ({ type, id }) => type === "pong" && id === "still-here");
});

const SMALL = { MAX_BUFFERED_BYTES: "65536", MESSAGES_PER_SECOND: "0", BYTES_PER_SECOND: "0" };

for (const query of ["since", "history"] as const) {
  const how = query === "since" ? "comes back to" : "asks for";
  Deno.test(`A client in plain text that ${how} far more than MAX_BUFFERED_BYTES receives everything and stays connected`, async () => {
    await using service = await startTestService(SMALL);
    const at = service.url.replace("http", "ws") + "/ws";
    const since = await fillRoom(at, query === "since" ? 4_000 : 100);
    const value = query === "since" ? since : TEXTS;
    await using reader = await TestClient.open(`${at}?room=r&${query}=${value}`);
    for (let i = 0; i < TEXTS; i++) {
      assert.match(String(await reader.next()), new RegExp(`: ${i} x`));
    }
    reader.send("/whoami");
    assert.match(String(await reader.next()), / in r$/);
  });
}
