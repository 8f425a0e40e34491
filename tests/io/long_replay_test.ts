/** Whoever has missed more than may wait for a reader gets it nevertheless, as long as it reads. */
import assert from "node:assert/strict";
import { TestClient } from "../client.ts";
import { startService } from "../service.ts";

const TEXTS = 400;
const TEXT = "x".repeat(6_000);

interface Frame {
  readonly type: string;
  readonly id?: string;
  readonly position?: string;
  readonly top?: string;
}

/** The next frames, of one message or more, up to one of a type. */
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

Deno.test("A reader who comes back to more than MAX_BUFFERED_BYTES gets all of it, in order, and stays", async () => {
  await using service = await startService({ MESSAGES_PER_SECOND: "0", BYTES_PER_SECOND: "0" });
  const at = service.url.replace("http", "ws") + "/ws";
  await using speaker = await TestClient.open(at, { protocols: ["chat.v1.json"] });
  speaker.send('{"type":"hello"}\n{"type":"join","room":"r","id":"j"}');
  const [joined] = (await framesUntil(speaker, ({ type }) => type === "joined"))
    .filter(({ type }) => type === "joined");
  for (let i = 0; i < TEXTS; i++) {
    speaker.send(`{"type":"say","room":"r","id":"s${i}","text":"${TEXT}"}`);
  }
  await framesUntil(speaker, ({ type, id }) => type === "ack" && id === `s${TEXTS - 1}`);
  await using reader = await TestClient.open(at, { protocols: ["chat.v1.json"] });
  const since = joined?.position;
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
