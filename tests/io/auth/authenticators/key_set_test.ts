import assert from "node:assert/strict";
import { RemoteKeySet } from "../../../../lib/io/auth/authenticators/key_set.ts";
import { FakeClock } from "../../../support/fakes.ts";

const MINUTE = 60_000;

/** A URL whose response the test changes. */
class FakeUrl {
  readonly clock = new FakeClock();
  requests = 0;
  respond: () => Response | Promise<Response> = () => Response.json(keySet("one"));
  readonly keys = new RemoteKeySet("https://id.example/keys", this.clock, async (url, init) => {
    assert.equal(url, "https://id.example/keys");
    assert.equal(init?.redirect, "error");
    this.requests += 1;
    return await this.respond();
  });

  async kids(wantsNewer = false): Promise<readonly (string | undefined)[]> {
    return (await this.keys.read(wantsNewer)).keys.map(({ kid }) => kid);
  }
}

const keySet = (...kids: readonly string[]) => ({ keys: kids.map((kid) => ({ kty: "EC", kid })) });

Deno.test("RemoteKeySet reads the keys when they are first needed, and keeps them for an hour", async () => {
  const url = new FakeUrl();
  assert.equal(url.requests, 0);
  await Promise.all([url.kids(), url.kids()]);
  assert.equal(url.requests, 1);
  await url.clock.advance(59 * MINUTE);
  await url.kids();
  assert.equal(url.requests, 1);
  url.respond = () => Response.json(keySet("two"));
  await url.clock.advance(MINUTE);
  assert.deepEqual(await url.kids(), ["two"]);
});

Deno.test("RemoteKeySet reads newer keys for a token that names an unknown one, at most once a minute", async () => {
  const url = new FakeUrl();
  await url.kids();
  for (let token = 0; token < 100; token++) await url.kids(true);
  assert.equal(url.requests, 1);
  await url.clock.advance(MINUTE);
  for (let token = 0; token < 100; token++) await url.kids(true);
  assert.equal(url.requests, 2);
});

Deno.test("RemoteKeySet returns fresh keys at once while newer ones are awaited", async () => {
  const url = new FakeUrl();
  await url.kids();
  const slow = Promise.withResolvers<Response>();
  url.respond = () => slow.promise;
  await url.clock.advance(MINUTE);
  const newer = url.kids(true);
  assert.deepEqual(await url.kids(), ["one"]);
  slow.resolve(Response.json(keySet("two")));
  assert.deepEqual(await newer, ["two"]);
});

for (
  const [what, respond] of [
    ["fails", () => Promise.reject(new TypeError("away"))],
    ["answers with an error", () => new Response("no", { status: 503 })],
    ["answers with a page", () => new Response("<html>")],
    ["answers with no keys", () => Response.json({ error: "x" })],
    ["answers with far too much", () => Response.json({ keys: [], more: "x".repeat(300_000) })],
  ] as const
) {
  Deno.test(`RemoteKeySet keeps the old keys while the URL ${what}, and tries again each minute`, async () => {
    const url = new FakeUrl();
    await url.kids();
    url.respond = respond;
    await url.clock.advance(60 * MINUTE);
    for (let token = 0; token < 10; token++) assert.deepEqual(await url.kids(), ["one"]);
    assert.equal(url.requests, 2);
    await url.clock.advance(MINUTE);
    await url.kids();
    assert.equal(url.requests, 3);
  });

  Deno.test(`RemoteKeySet rejects while the URL ${what} and there are no old keys, and tries again each second`, async () => {
    const url = new FakeUrl();
    url.respond = respond;
    for (let token = 0; token < 10; token++) await assert.rejects(url.kids(), /JWKS_URL/);
    assert.equal(url.requests, 1);
    url.respond = () => Response.json(keySet("one"));
    await url.clock.advance(1_000);
    assert.deepEqual(await url.kids(), ["one"]);
  });
}
