/**
 * What instances on one Redis promise each other: what one has changed, the others read again at once.
 * @module
 */
import assert from "node:assert/strict";
import type { TwoInstances } from "../../support/redis/bus.ts";

const REVOCATION = { scope: "user", id: "a_ann00000", before: 5 } as const;
const NAME = { kind: "name", id: "ANN", from: undefined, to: "m_ann00000" } as const;

/** Tests a kind of Redis. */
export function noticeContract(kind: string, open: () => Promise<TwoInstances>): void {
  Deno.test(`${kind} tells other instances of revocations and of members' names`, async () => {
    await using two = await open();
    const { here, there } = two;
    const { signal } = new AbortController();
    assert.deepEqual(await here.revocations.read(), []);
    await there.revocations.add(REVOCATION);
    while ((await here.revocations.read()).length === 0) {
      await here.revocations.whenChanged(signal);
    }
    assert.equal((await here.directory.list("name")).size, 0);
    assert.equal(await there.directory.commit([NAME]), true);
    while ((await here.directory.list("name")).size === 0) {
      await here.directory.whenNamesChanged(signal);
    }
  });
}
