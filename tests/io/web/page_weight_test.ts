/**
 * The cost of a first visit to the chat page: everything that it loads before the user can chat, including headers. And that of the
 * client library.
 */
import assert from "node:assert/strict";
import { FIRST_FILES } from "../../support/first_files.ts";
import { startTestService } from "../../support/service.ts";

const MAX_BYTES = { en: 72_300, zh: 75_000 } as const;
const MAX_LIBRARY_BYTES = 20_000;

/** The bytes of a whole response. */
async function weigh(
  port: number,
  path: string,
  { isKnown, coding }: { readonly isKnown: boolean; readonly coding: string },
): Promise<number> {
  using connection = await Deno.connect({ hostname: "127.0.0.1", port });
  const host = `127.0.0.1:${port}`;
  const lines = [`GET ${path} HTTP/1.1`, `host: ${host}`, `accept-encoding: ${coding}`];
  if (isKnown) lines.push("if-none-match: *");
  const request = [...lines, "connection: close", "", ""].join("\r\n");
  await connection.write(new TextEncoder().encode(request));
  let bytes = 0;
  let head = "";
  for await (const chunk of connection.readable) {
    head ||= new TextDecoder().decode(chunk);
    bytes += chunk.length;
  }
  assert.match(head, isKnown ? /^HTTP\/1\.1 304 / : /^HTTP\/1\.1 200 /, path);
  const encoding = new RegExp(`\r\ncontent-encoding: ${coding}\r\n`, "i");
  assert.match(head, isKnown ? /^/ : encoding, path);
  return bytes;
}

for (const language of ["en", "zh"] as const) {
  const max = MAX_BYTES[language];
  Deno.test(`The chat page is at most ${max} bytes on the wire (${language})`, async () => {
    await using service = await startTestService();
    // Once for the page, and once for the tab, when the browser already has it.
    const files = [...FIRST_FILES[language], "/icon.svg"];
    const weights: number[] = [];
    for (const [i, path] of files.entries()) {
      const isKnown = files.indexOf(path) < i;
      weights.push(await weigh(service.port, path, { isKnown, coding: "gzip" }));
    }
    const sum = weights.reduce((one, other) => one + other);
    assert.ok(sum <= max, `${sum} bytes: ${files.map((it, i) => `${it} ${weights[i]}`)}`);
    assert.ok(sum > max / 2, "every response was counted");
  });
}

Deno.test(`The client library in Brotli is at most ${MAX_LIBRARY_BYTES} bytes on the wire`, async () => {
  await using service = await startTestService();
  const bytes = await weigh(service.port, "/client.js", { isKnown: false, coding: "br" });
  assert.ok(bytes <= MAX_LIBRARY_BYTES, `${bytes} bytes`);
});
