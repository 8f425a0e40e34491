/**
 * What every store of members, names and invites promises.
 * @module
 */
import assert from "node:assert/strict";
import {
  type DirectoryStore,
  RECORD_KINDS,
  type RecordKey,
} from "../../lib/chat/ports/directory_store.ts";

const member: RecordKey = { kind: "member", id: "m_ann00000" };
const name: RecordKey = { kind: "name", id: "ANN :\u{1f600}" };
const invite: RecordKey = { kind: "invite", id: "a".repeat(43) };

/** A store under test. */
export interface TestedDirectory extends AsyncDisposable {
  /** The store. */
  readonly store: DirectoryStore;
}

/** Tests a kind of store. @param open Opens an empty one. */
export function directoryStoreContract(kind: string, open: () => Promise<TestedDirectory>): void {
  const test = (what: string, fn: (store: DirectoryStore) => Promise<void>) =>
    Deno.test(`${kind} ${what}`, async () => {
      await using opened = await open();
      await fn(opened.store);
    });

  test("returns what was stored, in the order in which it was asked for", async (store) => {
    assert.deepEqual(await store.read([member, name]), [undefined, undefined]);
    const stored = await store.commit([
      { ...member, from: undefined, to: '{"name":"王"}' },
      { ...name, from: undefined, to: member.id },
    ]);
    assert.equal(stored, true);
    assert.deepEqual(await store.read([name, invite, member]), [
      member.id,
      undefined,
      '{"name":"王"}',
    ]);
    assert.deepEqual(await store.read([]), []);
  });

  test("stores the key of the longest name, and a change that changes nothing", async (store) => {
    const long = { kind: "name", id: "ﷺ".normalize("NFKC").repeat(32) } as const;
    assert.equal(long.id.length, 576);
    assert.equal(await store.commit([{ ...long, from: undefined, to: member.id }]), true);
    assert.equal(await store.commit([{ ...long, from: member.id, to: member.id }]), true);
    assert.equal(await store.commit([{ ...long, from: "1", to: "1" }]), false);
    assert.deepEqual(await store.read([long]), [member.id]);
  });

  test("lists the records of one kind", async (store) => {
    await store.commit([{ ...member, from: undefined, to: "1" }]);
    await store.commit([{ kind: "member", id: "m_bea00000", from: undefined, to: "2" }]);
    await store.commit([{ ...invite, from: undefined, to: "3" }]);
    assert.deepEqual(await store.list("member"), new Map([[member.id, "1"], ["m_bea00000", "2"]]));
    assert.deepEqual(await store.list("name"), new Map());
  });

  test("keeps each kind of records apart", async (store) => {
    const changes = RECORD_KINDS.map((kind) => ({
      kind,
      id: "a_ann00000",
      from: undefined,
      to: kind,
    }));
    assert.equal(await store.commit(changes), true);
    for (const kind of RECORD_KINDS) {
      assert.deepEqual(await store.list(kind), new Map([["a_ann00000", kind]]));
    }
    const keys = RECORD_KINDS.map((kind) => ({ kind, id: "a_ann00000" }));
    assert.deepEqual(await store.read(keys), [...RECORD_KINDS]);
  });

  test("makes all changes or none", async (store) => {
    await store.commit([{ ...member, from: undefined, to: "1" }]);
    const changes = [
      { ...name, from: undefined, to: member.id },
      { ...member, from: "0", to: "2" },
    ];
    assert.equal(await store.commit(changes), false);
    assert.deepEqual(await store.read([member, name]), ["1", undefined]);
    assert.equal(await store.commit([{ ...member, from: undefined, to: "2" }]), false);
    assert.equal(await store.commit([{ ...name, from: "1", to: "2" }]), false);
    assert.deepEqual(await store.read([member, name]), ["1", undefined]);
  });

  test("changes and removes records", async (store) => {
    await store.commit([{ ...member, from: undefined, to: "" }, {
      ...invite,
      from: undefined,
      to: "1",
    }]);
    const changes = [{ ...member, from: "", to: "2" }, { ...invite, from: "1", to: undefined }];
    assert.equal(await store.commit(changes), true);
    assert.deepEqual(await store.read([member, invite]), ["2", undefined]);
    assert.equal(await store.commit([{ ...member, from: "2", to: undefined }]), true);
    assert.deepEqual(await store.list("member"), new Map());
  });

  test("lets one of many make the same change", async (store) => {
    await store.commit([{ ...invite, from: undefined, to: "1" }]);
    const attempts = Array.from(
      { length: 20 },
      (_, index) => store.commit([{ ...invite, from: "1", to: `used ${index}` }]),
    );
    assert.equal((await Promise.all(attempts)).filter(Boolean).length, 1);
  });

  test("stops waiting for changes when it is asked to", async (store) => {
    const life = new AbortController();
    await store.list("name");
    const waiting = store.whenNamesChanged(life.signal);
    life.abort();
    await waiting;
    await store.whenNamesChanged(life.signal);
  });
}
