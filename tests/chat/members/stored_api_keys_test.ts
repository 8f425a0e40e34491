import assert from "node:assert/strict";
import { MemoryDirectoryStore } from "../../../lib/chat/members/memory_directory_store.ts";
import { StoredApiKeys } from "../../../lib/chat/members/stored_api_keys.ts";
import { memberIds } from "../../../lib/io/auth/member_ids.ts";
import type { ApiKeyTerms } from "../../../lib/chat/ports/api_keys.ts";
import type { Revocation } from "../../../lib/core/auth/revocations.ts";
import { noApiKeys } from "../../support/identity/api_keys.ts";
import { user } from "../../contract/fixtures.ts";
import { FakeClock, name } from "../../support/fakes.ts";

const TERMS: ApiKeyTerms = {
  name: name("ci"),
  rights: [{ match: "deploys", allow: ["send"] }],
  lifetimeMs: undefined,
};

Deno.test("StoredApiKeys finds a key by its secret only, and lists it without", async () => {
  const keys = noApiKeys(new FakeClock());
  const added = await keys.addApiKey(TERMS);
  assert.ok(added);
  assert.match(added.secret, /^parley_[\w-]{43}$/);
  assert.equal((await keys.useApiKey(added.secret))?.id, added.key.id);
  for (const wrong of ["", added.key.id, added.secret.toLowerCase(), `${added.secret}x`]) {
    assert.equal(await keys.useApiKey(wrong), undefined);
  }
  const listed = await keys.apiKeys();
  assert.deepEqual(listed.map(({ id }) => id), [added.key.id]);
  assert.equal(JSON.stringify(listed).includes(added.secret), false);
});

Deno.test("StoredApiKeys gives each key a user whose id no other kind of user can have", async () => {
  const keys = noApiKeys(new FakeClock());
  const users = [await keys.addApiKey(TERMS), await keys.addApiKey(TERMS)].map((it) =>
    it?.key.user ?? ""
  );
  assert.notEqual(users[0], users[1]);
  for (const user of users) assert.match(user, /^a_key_[0-9a-v]{20}$/);
});

Deno.test("StoredApiKeys accepts a key that was stored with another user", async () => {
  const store = new MemoryDirectoryStore();
  const keys = new StoredApiKeys({
    ...{ store, clock: new FakeClock(), ids: memberIds },
    revoke: () => Promise.resolve(),
  });
  const added = await keys.addApiKey(TERMS);
  assert.ok(added);
  const { key, secret } = added;
  const [[id, from] = []] = await store.list("key");
  assert.ok(id !== undefined);
  const earlier = { ...key, user: user("a_4v0t7qk3b1m2n5p6r8s9") };
  await store.commit([{ kind: "key", id, from, to: JSON.stringify(earlier) }]);
  assert.equal((await keys.useApiKey(secret))?.user, earlier.user);
});

Deno.test("StoredApiKeys remembers the last use, to the minute", async () => {
  const clock = new FakeClock();
  const keys = noApiKeys(clock);
  const added = await keys.addApiKey(TERMS);
  const usedAt = async () => (await keys.apiKeys())[0]?.usedAt;
  assert.equal(await usedAt(), null);
  const started = clock.date();
  for (const [ms, expected] of [[0, 0], [59_999, 0], [1, 60_000]] as const) {
    await clock.advance(ms);
    await keys.useApiKey(added?.secret ?? "");
    assert.equal(await usedAt(), started + expected);
  }
});

Deno.test("StoredApiKeys accepts a key until it expires", async () => {
  const clock = new FakeClock();
  const keys = noApiKeys(clock);
  const added = await keys.addApiKey({ ...TERMS, lifetimeMs: 1_000 });
  await clock.advance(999);
  assert.ok(await keys.useApiKey(added?.secret ?? ""));
  await clock.advance(1);
  assert.equal(await keys.useApiKey(added?.secret ?? ""), undefined);
});

Deno.test("StoredApiKeys ends what has signed in with a key that is removed", async () => {
  const revoked: Revocation[] = [];
  const keys = noApiKeys(new FakeClock(), (it) => revoked.push(it));
  const added = await keys.addApiKey(TERMS);
  assert.equal(await keys.removeApiKey("another"), false);
  assert.deepEqual(revoked, []);
  assert.equal(await keys.removeApiKey(added?.key.id ?? ""), true);
  assert.equal(await keys.useApiKey(added?.secret ?? ""), undefined);
  assert.deepEqual(revoked.map(({ scope, id }) => [scope, id]), [["token", added?.key.id]]);
});
