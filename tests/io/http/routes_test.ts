import assert from "node:assert/strict";
import { get } from "node:http";
import { buffer } from "node:stream/consumers";
import { brotliDecompressSync, gunzipSync } from "node:zlib";
import { startTestService } from "../../support/service.ts";

const TYPES: Readonly<Record<string, string>> = {
  "/": "text/html",
  "/echo.html": "text/html",
  "/page/main.js": "text/javascript",
  "/client.js": "text/javascript",
  "/client/chat.js": "text/javascript",
  "/client.d.ts": "application/typescript",
  "/sw.js": "text/javascript",
  "/echo.js": "text/javascript",
  "/parley.css": "text/css",
  "/manifest.webmanifest": "application/manifest+json",
  "/icon.svg": "image/svg+xml",
};

for (const [path, type] of Object.entries(TYPES)) {
  Deno.test(`GET ${path} is ${type} under its own policy, and 304 for a client that has it`, async () => {
    await using service = await startTestService();
    const first = await fetch(service.url + path);
    assert.equal(first.status, 200);
    assert.ok((await first.text()).length > 0);
    assert.match(first.headers.get("content-type") ?? "", new RegExp(`^${RegExp.escape(type)}`));
    assert.match(first.headers.get("content-security-policy") ?? "", /^default-src 'none'/);
    const etag = first.headers.get("etag") ?? "";
    assert.match(etag, /^W\/"/);
    for (const tags of [etag, etag.slice("W/".length), `"other", ${etag}`]) {
      const again = await fetch(service.url + path, { headers: { "if-none-match": tags } });
      assert.equal(again.status, 304);
      assert.equal(await again.text(), "");
    }
    const other = await fetch(service.url + path, { headers: { "if-none-match": '"other"' } });
    assert.equal(other.status, 200);
    await other.body?.cancel();
  });
}

Deno.test("HEAD answers like GET, with the length but without a body", async () => {
  await using service = await startTestService();
  for (const path of ["/", "/icon.svg", "/healthz", "/readyz", "/nothing", "/s"]) {
    const headers = { "accept-encoding": "identity" };
    const [head, get] = await Promise.all(
      ["HEAD", "GET"].map((method) => fetch(service.url + path, { method, headers })),
    );
    assert.equal(await head?.text(), "");
    const length = new TextEncoder().encode(await get?.text()).length;
    if (path === "/s") continue;
    assert.equal(head?.status, get?.status, path);
    assert.equal(head?.headers.get("content-length"), String(length), path);
    assert.equal(head?.headers.get("content-type"), get?.headers.get("content-type"));
  }
});

for (
  const [asked, coding] of [
    ["gzip", "gzip"],
    ["gzip, deflate", "gzip"],
    ["gzip, deflate, br, zstd", "br"],
    ["br;q=1.0, gzip;q=0.8, *;q=0.1", "br"],
    ["br;q=0.5, gzip", "gzip"],
    ["GZIP", "gzip"],
    ["br", "br"],
    ["br;q=0", null],
    ["identity", null],
    ["gzip;q=0", null],
    ["gzip;q=0.000, br", "br"],
    ["x-gzip-like, brotli", null],
  ] as const
) {
  Deno.test(`Pages are sent ${coding ? `in ${coding}` : "uncompressed"} for Accept-Encoding ${asked}`, async () => {
    await using service = await startTestService();
    const request = { path: "/parley.css", headers: { "accept-encoding": asked } };
    const { headers, body } = await plainGet(service.url, request);
    assert.equal(headers.get("vary"), "accept-encoding");
    assert.equal(headers.get("content-encoding"), coding);
    assert.equal(headers.get("content-length"), String(body.length));
    const decoded = coding === "br" ? brotliDecompressSync(body) : coding ? gunzipSync(body) : body;
    const text = new TextDecoder().decode(decoded);
    assert.match(text, /:root/);
  });
}

/** Not with fetch(), which decompresses and then hides that it has. */
function plainGet(
  url: string,
  { path, headers }: { readonly path: string; readonly headers: Record<string, string> },
): Promise<{ readonly headers: Headers; readonly body: Uint8Array }> {
  return new Promise((resolve, reject) => {
    get(url + path, { headers, agent: false }, async (answer) => {
      const body = await buffer(answer);
      resolve({ headers: new Headers(answer.headers as Record<string, string>), body });
    }).on("error", reject);
  });
}

for (const path of ["/websocket.html", "/websockets.html"]) {
  Deno.test(`${path} redirects to the echo page`, async () => {
    await using service = await startTestService();
    const answer = await fetch(service.url + path);
    assert.deepEqual([answer.url, answer.status], [`${service.url}/echo.html`, 200]);
    await answer.body?.cancel();
  });
}

Deno.test("An unknown path is 404 in one line", async () => {
  await using service = await startTestService();
  for (const path of ["/nothing", "/../deno.json", "/%00", "//"]) {
    const answer = await fetch(service.url + path);
    assert.equal(answer.status, 404);
    assert.match(await answer.text(), /^Nothing is at [^\n]+\n$/);
  }
});

Deno.test("Writing to a read-only path is 405 with Allow", async () => {
  await using service = await startTestService();
  for (const path of ["/", "/echo.html", "/healthz", "/readyz"]) {
    const answer = await fetch(service.url + path, { method: "POST", body: "x" });
    assert.deepEqual([answer.status, answer.headers.get("allow")], [405, "GET, HEAD"]);
    await answer.body?.cancel();
  }
});

Deno.test("/healthz and /readyz report only that the service is up and ready", async () => {
  await using service = await startTestService();
  for (const [path, status] of [["/healthz", "ok"], ["/readyz", "ready"]] as const) {
    const answer = await fetch(service.url + path);
    assert.deepEqual([answer.status, await answer.json()], [200, { status }]);
  }
});

Deno.test("The chat page contains MAX_MESSAGE_BYTES", async () => {
  await using service = await startTestService({ MAX_MESSAGE_BYTES: "1000" });
  const page = await (await fetch(service.url)).text();
  assert.match(page, /name="max-message-bytes" content="1000"/);
});

Deno.test("A URL of more than 8192 characters is 414, on a page and at the chat", async () => {
  await using service = await startTestService();
  const { length } = `${service.url}/ws?`;
  for (const path of ["/", "/ws", "/s"]) {
    const answer = await fetch(`${service.url}${path}?${"&".repeat(8_193 - length + 3)}`);
    assert.equal(answer.status, 414, path);
    assert.equal(await answer.text(), "The URL has more than 8192 characters\n");
  }
});

Deno.test("A 404 repeats at most 200 characters of the path", async () => {
  await using service = await startTestService();
  const answer = await fetch(`${service.url}/${"x".repeat(5_000)}`);
  assert.equal((await answer.text()).length, "Nothing is at \n".length + 200);
});

for (
  const [asked, isZipped] of [
    ["gzip;q=0.001", true],
    [" , gzip ; Q=1 , ", true],
    ["gzip;q=", false],
    ["gzip;level=9", false],
    ["gzip;q=1;q=1", false],
    [`gzip,${"x".repeat(8_192)}`, false],
  ] as const
) {
  const spelled = asked.length < 100 ? `"${asked}"` : `a list of ${asked.length} characters`;
  Deno.test(`Pages are sent ${isZipped ? "in gzip" : "uncompressed"} for Accept-Encoding ${spelled}`, async () => {
    await using service = await startTestService();
    const request = { path: "/icon.svg", headers: { "accept-encoding": asked } };
    const { headers } = await plainGet(service.url, request);
    assert.equal(headers.get("content-encoding"), isZipped ? "gzip" : null);
  });
}
