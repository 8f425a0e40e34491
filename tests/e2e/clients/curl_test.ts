/**
 * What many users try first: curl with handwritten upgrade headers, and the pages and refusals that it shows. The keys
 * and expected accept values were computed elsewhere; a value computed here would only prove that two programs share a
 * mistake.
 * @module
 */
import assert from "node:assert/strict";
import { shareParley } from "../../support/parley.ts";
import { DEADLINE_MS, type Program, programTest, Running } from "../../support/provision.ts";

const CURL = { names: ["curl"], install: "the Debian package curl" };
const KEYS = [
  ["lkUx3lTpjFwO5OI7xY3+1Q==", "2T9o4TGeL7V6QJ/PnOsqmx4nEBk="],
  ["lGrvj+i7B76RB3YYbScQ9g==", "nImJE2gpj1XLtrOb+5cBMJn7bNQ="],
  ["D0QLjvO4fnHcXaE0/gqn6A==", "OedKikXLqz4gzGARLjmhZzRcNjk="],
] as const;
const VERSION = "Sec-WebSocket-Version: 13";
const UPGRADE = ["Connection: Upgrade", "Upgrade: websocket", VERSION];
const GOOD_KEY = `Sec-WebSocket-Key: ${KEYS[0][0]}`;
/** Ignores the user's settings: no ~/.curlrc (only as the first argument), and no proxy for this machine. */
const PLAIN = ["-q", "--noproxy", "*", "-sS", "--http1.1"];
/** Far longer than any request takes, in seconds. */
const DEADLINE_SECONDS = String(DEADLINE_MS / 1_000);

const sharedParley = shareParley();

/** A response as curl shows it. */
interface Answer {
  readonly status: number;
  readonly headers: Headers;
  readonly body: string;
}

/** Sends a request and reads the whole response. */
async function ask(curl: Program, url: string, ...args: readonly string[]): Promise<Answer> {
  const fixed = [...PLAIN, "--include", "--max-time", DEADLINE_SECONDS];
  const command = new Deno.Command(curl.path, { args: [...fixed, ...args, url] });
  const { success, stdout, stderr } = await command.output();
  assert.ok(success, new TextDecoder().decode(stderr));
  return read(new TextDecoder().decode(stdout));
}

/** Sends an upgrade with these headers, and aborts when the response's head has arrived. */
async function askUpgrade(
  curl: Program,
  url: string,
  headers: readonly string[],
): Promise<Answer> {
  // --verbose, not --include: even with -N curl holds back a head unless stdout is a terminal.
  const args = [...PLAIN, "-N", "--verbose", ...headersOf(headers), url];
  const hasHead = ({ output }: Running) => Promise.resolve(/^< \r?\n/m.test(output));
  await using running = await Running.start(curl, args, ".", hasHead);
  const head = running.output.split(/\r?\n/).filter((line) => line.startsWith("< "));
  return read(head.map((line) => `${line.slice(2)}\r\n`).join(""));
}

function headersOf(lines: readonly string[]): readonly string[] {
  return lines.flatMap((line) => ["--header", line]);
}

function read(text: string): Answer {
  const end = text.indexOf("\r\n\r\n");
  const [first = "", ...lines] = text.slice(0, end).split("\r\n");
  const headers = new Headers();
  for (const line of lines) {
    const colon = line.indexOf(":");
    headers.append(line.slice(0, colon), line.slice(colon + 1).trim());
  }
  return { status: Number(first.split(" ")[1]), headers, body: text.slice(end + 4) };
}

for (const path of ["/s", "/s/", "/ws", "/ws/", "/"]) {
  programTest(CURL, `curl gets the known answers to its keys on ${path}`, async (curl) => {
    const parley = sharedParley();
    for (const [key, accept] of KEYS) {
      const headers = [...UPGRADE, `Sec-WebSocket-Key: ${key}`];
      const answer = await askUpgrade(curl, parley.url + path, headers);
      assert.equal(answer.status, 101);
      assert.equal(answer.headers.get("sec-websocket-accept"), accept);
      assert.equal(answer.headers.get("upgrade")?.toLowerCase(), "websocket");
      assert.equal(answer.headers.get("connection")?.toLowerCase(), "upgrade");
      // Neither was offered, so the server must not select one (RFC 6455 §4.1).
      assert.equal(answer.headers.get("sec-websocket-protocol"), null);
      assert.equal(answer.headers.get("sec-websocket-extensions"), null);
    }
  });
}

programTest(CURL, "curl's header values may be lists in any case", async (curl) => {
  const parley = sharedParley();
  const headers = ["connection: keep-alive, UPGRADE", "upgrade: WebSocket", VERSION, GOOD_KEY];
  const { status } = await askUpgrade(curl, `${parley.url}/s`, headers);
  assert.equal(status, 101);
});

programTest(CURL, "curl is accepted with the Origin of the requested page", async (curl) => {
  const parley = sharedParley();
  const headers = [...UPGRADE, GOOD_KEY, `Origin: ${parley.url}`];
  const { status } = await askUpgrade(curl, `${parley.url}/ws`, headers);
  assert.equal(status, 101);
});

const [CONNECTION, UPGRADE_HEADER] = ["Connection: Upgrade", "Upgrade: websocket"];
const REFUSALS = [
  ["no upgrade", [], 426, { upgrade: "websocket" }],
  ["no Connection", [UPGRADE_HEADER, VERSION, GOOD_KEY], 426, { upgrade: "websocket" }],
  ["no version", [CONNECTION, UPGRADE_HEADER, GOOD_KEY], 426, { "sec-websocket-version": "13" }],
  [
    "version 8",
    [CONNECTION, UPGRADE_HEADER, "Sec-WebSocket-Version: 8", GOOD_KEY],
    426,
    { "sec-websocket-version": "13" },
  ],
  ["a foreign Origin", [...UPGRADE, GOOD_KEY, "Origin: https://elsewhere.example"], 403, {}],
  ["the Origin null", [...UPGRADE, GOOD_KEY, "Origin: null"], 403, {}],
  ["no key", UPGRADE, 400, {}],
  ["a key that is not base64", [...UPGRADE, "Sec-WebSocket-Key: not-a-key"], 400, {}],
  ["a key of 15 bytes", [...UPGRADE, "Sec-WebSocket-Key: AAECAwQFBgcICQoLDA0O"], 400, {}],
  ["a Host with a space", [...UPGRADE, GOOD_KEY, "Host: a b"], 400, {}],
] as const;

for (const [name, lines, status, headers] of REFUSALS) {
  programTest(CURL, `curl is refused with ${status} for ${name}`, async (curl) => {
    const parley = sharedParley();
    for (const path of ["/s", "/ws"]) {
      const answer = await ask(curl, parley.url + path, ...headersOf(lines));
      assert.equal(answer.status, status);
      assert.match(answer.headers.get("content-type") ?? "", /^text\/plain/);
      assert.match(answer.body, /^[^\n]+\n$/, "the body is one line with the reason");
      for (const [header, value] of Object.entries(headers)) {
        assert.equal(answer.headers.get(header), value);
      }
    }
  });
}

const METHODS = [
  ["/s", "POST", "GET"],
  ["/ws", "PUT", "GET"],
  ["/ws", "HEAD", "GET"],
  ["/", "POST", "GET, HEAD"],
  ["/echo.html", "DELETE", "GET, HEAD"],
  ["/healthz", "POST", "GET, HEAD"],
  ["/websocket.html", "POST", "GET, HEAD"],
] as const;

for (const [path, method, allow] of METHODS) {
  programTest(CURL, `curl is refused with 405 for ${method} ${path}`, async (curl) => {
    const parley = sharedParley();
    const how = method === "HEAD" ? ["--head"] : ["--request", method];
    const answer = await ask(curl, parley.url + path, ...how);
    assert.equal(answer.status, 405);
    assert.equal(answer.headers.get("allow"), allow);
  });
}

programTest(CURL, "curl receives 404 for an unknown path", async (curl) => {
  const parley = sharedParley();
  for (
    const path of ["/nowhere", "/S", "/s/more", "/echo.html/", "/%2e%2e/main.ts", "/../main.ts"]
  ) {
    const answer = await ask(curl, parley.url + path, "--path-as-is");
    assert.equal(answer.status, 404, path);
  }
});

const PAGES = [
  ["/", "text/html"],
  ["/echo.html", "text/html"],
  ["/client.js", "text/javascript"],
  ["/page/main.js", "text/javascript"],
  ["/parley.css", "text/css"],
  ["/icon.svg", "image/svg+xml"],
] as const;

for (const [path, type] of PAGES) {
  programTest(CURL, `curl gets ${path} once, and 304 with its ETag`, async (curl) => {
    const parley = sharedParley();
    const first = await ask(curl, parley.url + path);
    assert.equal(first.status, 200);
    assert.ok(first.headers.get("content-type")?.startsWith(type));
    assert.match(first.headers.get("content-security-policy") ?? "", /default-src 'none'/);
    assert.ok(first.body.length > 0);
    const tag = first.headers.get("etag");
    assert.ok(tag);

    const again = await ask(curl, parley.url + path, "--header", `If-None-Match: "x", ${tag}`);
    assert.equal(again.status, 304);
    assert.equal(again.headers.get("etag"), tag);
    assert.equal(again.body, "");

    const stale = await ask(curl, parley.url + path, "--header", 'If-None-Match: "x"');
    assert.equal(stale.status, 200);
    assert.equal(stale.body, first.body);

    const head = await ask(curl, parley.url + path, "--head");
    assert.equal(head.status, 200);
    assert.equal(head.headers.get("etag"), tag);
    assert.equal(head.body, "");
  });
}

for (const path of ["/websocket.html", "/websockets.html"]) {
  programTest(CURL, `curl is redirected from ${path} to the echo page`, async (curl) => {
    const parley = sharedParley();
    const moved = await ask(curl, parley.url + path);
    assert.equal(moved.status, 301);
    // Relative, so that a proxy's path prefix is kept.
    assert.equal(moved.headers.get("location"), "echo.html");
    const page = await ask(curl, `${parley.url}/echo.html`);
    const args = [...PLAIN, "--location", "--max-time", DEADLINE_SECONDS, parley.url + path];
    const { stdout } = await new Deno.Command(curl.path, { args }).output();
    assert.equal(new TextDecoder().decode(stdout), page.body);
  });
}

programTest(CURL, "curl reads the health of the service", async (curl) => {
  const parley = sharedParley();
  const health = await ask(curl, `${parley.adminUrl}/healthz`);
  assert.equal(health.status, 200);
  assert.match(health.headers.get("content-type") ?? "", /^application\/json/);
  const { status, connections } = JSON.parse(health.body);
  assert.equal(status, "ok");
  assert.equal(typeof connections, "object");
  const ready = await ask(curl, `${parley.url}/readyz`);
  assert.equal(ready.status, 200);
  assert.deepEqual(JSON.parse(ready.body), { status: "ready" });
});
