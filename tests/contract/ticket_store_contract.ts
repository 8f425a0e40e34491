/**
 * What every store of tickets promises.
 * @module
 */
import assert from "node:assert/strict";
import type { TokenUser } from "../../lib/chat/ports/authenticator.ts";
import type { TicketStore } from "../../lib/io/auth/stored_tickets.ts";
import { name } from "../support/fakes.ts";
import { user } from "./fixtures.ts";

/** A store under test and its resources. */
export interface OpenTicketStore extends AsyncDisposable {
  readonly store: TicketStore;
  /** Resolves when tickets that live for {@linkcode SHORT_MS} have expired. */
  whenExpired(): Promise<void>;
}

/** The life of a ticket that a test lets expire. */
export const SHORT_MS = 20;
const LONG_MS = 3_600_000;

/** A user of an app. */
export const tokenUser: TokenUser = {
  user: user("a_ann00000"),
  name: name("Ann 王"),
  rights: [{ match: "team-*", allow: ["read", "send"] }, { match: "news", allow: [] }],
  expiresAt: 1_800_000_000_000.5,
  issuedAt: 1_700_000_000_000,
  tokenId: "t1",
};

/** Registers the tests. @param what Name of the store. */
export function ticketStoreContract(what: string, open: () => Promise<OpenTicketStore>): void {
  const test = (promise: string, prove: (opened: OpenTicketStore) => Promise<void>) =>
    Deno.test(`${what} ${promise}`, async () => {
      await using opened = await open();
      await prove(opened);
    });

  test("returns the user of a ticket as it was stored, once", async ({ store }) => {
    const others: TokenUser[] = [
      tokenUser,
      { ...tokenUser, name: undefined, rights: null, tokenId: undefined },
      { ...tokenUser, rights: [] },
    ];
    for (const [index, one] of others.entries()) await store.put(`${index}`, one, LONG_MS);
    for (const [index, one] of others.entries()) {
      assert.deepEqual(await store.take(`${index}`), one);
      assert.equal(await store.take(`${index}`), undefined);
    }
  });

  test("knows nobody by a ticket that was never stored", async ({ store }) => {
    await store.put("one", tokenUser, LONG_MS);
    assert.equal(await store.take("other"), undefined);
    assert.equal((await store.take("one"))?.user, tokenUser.user);
  });

  test("gives a ticket to one of many who take it at the same time", async ({ store }) => {
    await store.put("one", tokenUser, LONG_MS);
    const taken = await Promise.all(Array.from({ length: 20 }, () => store.take("one")));
    assert.equal(taken.filter((it) => it !== undefined).length, 1);
  });

  test("forgets a ticket when its time is over, and no other", async ({ store, whenExpired }) => {
    await store.put("long", tokenUser, LONG_MS);
    await store.put("short", tokenUser, SHORT_MS);
    await whenExpired();
    assert.equal(await store.take("short"), undefined);
    assert.equal((await store.take("long"))?.user, tokenUser.user);
  });
}
