/**
 * What every store of used session tokens promises.
 * @module
 */
import assert from "node:assert/strict";
import type { UsedTokens } from "../../lib/chat/ports/used_tokens.ts";
import { user } from "./fixtures.ts";

/** A store under test, for three guests. */
export interface TestedUsedTokens extends AsyncDisposable {
  readonly store: UsedTokens;
  /** Lets 30 days pass. */
  whenExpired(): Promise<void>;
  /** Lets the store forget what it need not know. */
  sweep(): Promise<void>;
}

/** The number of guests that the store under test knows. */
export const MAX_GUESTS = 3;

const [ann, bob] = [user("u_ann00000"), user("u_bob00000")];
const guest = (n: number) => user(`u_guest${n}`);

/** Registers the tests. @param open Opens an empty store that knows {@linkcode MAX_GUESTS}. */
export function usedTokensContract(what: string, open: () => Promise<TestedUsedTokens>): void {
  const test = (promise: string, prove: (opened: TestedUsedTokens) => Promise<void>) =>
    Deno.test(`${what} ${promise}`, async () => {
      await using opened = await open();
      await prove(opened);
    });

  test("accepts each token until a newer one of the guest is used", async ({ store }) => {
    for (const serial of [0, 0, 1, 1, 5, 5]) assert.equal(await store.use(ann, serial), true);
    for (const serial of [4, 0]) assert.equal(await store.use(ann, serial), false);
    assert.equal(await store.use(ann, 5), true);
    assert.equal(await store.use(bob, 0), true);
    assert.equal(await store.use(ann, 12), true);
    assert.equal(await store.use(ann, 9), false, "numbers are not compared as texts");
  });

  test("accepts one of two that are used at the same time if the older one is later", async ({ store }) => {
    const uses = [store.use(ann, 2), store.use(ann, 1), store.use(ann, 2)];
    assert.deepEqual(await Promise.all(uses), [true, false, true]);
  });

  test("knows the guests who have returned last", async ({ store, sweep }) => {
    for (let n = 0; n < MAX_GUESTS + 2; n++) await store.use(guest(n), 1);
    await store.use(guest(2), 2);
    await sweep();
    const answers = [2, 3, 4].map((n) => store.use(guest(n), 0));
    assert.deepEqual(await Promise.all(answers), [false, false, false]);
    assert.equal(await store.use(guest(0), 0), true);
  });

  test("forgets a guest 30 days after the last use", async ({ store, sweep, whenExpired }) => {
    await store.use(ann, 3);
    await sweep();
    assert.equal(await store.use(ann, 2), false);
    await whenExpired();
    await store.use(bob, 3);
    await sweep();
    assert.equal(await store.use(ann, 2), true);
    assert.equal(await store.use(bob, 2), false);
  });
}
