/**
 * What every store of revocations promises.
 * @module
 */
import assert from "node:assert/strict";
import type { RevocationStore } from "../../lib/chat/ports/revocation_store.ts";
import type { Revocation } from "../../lib/core/auth/revocations.ts";

const ann: Revocation = { scope: "user", id: "a_ann", before: 1_700_000_000_123 };
const token: Revocation = { scope: "token", id: "a:b c\u{1f600}", before: 1_700_000_000_000 };
const all: Revocation = { scope: "all", id: "", before: 1_600_000_000_000 };

const sorted = async (store: RevocationStore) =>
  (await store.read()).toSorted((one, other) => other.before - one.before);

/** A store under test. */
export interface TestedRevocations extends AsyncDisposable {
  /** The store. */
  readonly store: RevocationStore;
}

/** Tests a kind of store. @param open Opens an empty one. */
export function revocationContract(kind: string, open: () => Promise<TestedRevocations>): void {
  const test = (what: string, fn: (store: RevocationStore) => Promise<void>) =>
    Deno.test(`${kind} ${what}`, async () => {
      await using opened = await open();
      await fn(opened.store);
    });

  test("returns what was added, and nothing at first", async (store) => {
    assert.deepEqual(await store.read(), []);
    for (const it of [token, all, ann]) await store.add(it);
    assert.deepEqual(await sorted(store), [ann, token, all]);
  });

  test("keeps the later of two revocations about the same", async (store) => {
    await store.add(ann);
    await store.add({ ...ann, before: ann.before - 1 });
    assert.deepEqual(await store.read(), [ann]);
    await store.add({ ...ann, before: ann.before + 1 });
    assert.deepEqual(await store.read(), [{ ...ann, before: ann.before + 1 }]);
  });

  test("removes only what is of an earlier time", async (store) => {
    for (const it of [token, all, ann]) await store.add(it);
    await store.removeBefore(token.before);
    assert.deepEqual(await sorted(store), [ann, token]);
  });

  test("stops waiting for changes when it is asked to", async (store) => {
    const life = new AbortController();
    await store.read();
    const waiting = store.whenChanged(life.signal);
    life.abort();
    await waiting;
    await store.whenChanged(life.signal);
  });
}
