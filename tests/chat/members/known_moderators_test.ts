import assert from "node:assert/strict";
import { KnownModerators } from "../../../lib/chat/members/known_moderators.ts";
import type { Role } from "../../../lib/core/auth/member.ts";
import type { UserId } from "../../../lib/core/log/entry.ts";
import { user } from "../../contract/fixtures.ts";
import { FakeClock, flushMicrotasks, name } from "../../support/fakes.ts";

const BEA = user("m_bea00000");

/** The roles of a worker, whose directory has one member. */
class Known implements Disposable {
  readonly moderators = new KnownModerators();
  readonly #life = new AbortController();
  role: Role = "moderator";
  readonly reported: (readonly UserId[])[] = [];

  constructor() {
    const member = () => ({ user: BEA, name: name("Bea"), role: this.role });
    const rest = { joinedAt: 0, invitedBy: null, devices: [] };
    const manage = () =>
      Promise.resolve({ kind: "members", members: [{ ...member(), ...rest }] } as const);
    const retry = { clock: new FakeClock(), random: () => 0 };
    this.moderators.follow(
      { manage },
      (users) => this.reported.push(users),
      retry,
      this.#life.signal,
    );
  }

  async change(role: Role): Promise<void> {
    this.role = role;
    this.moderators.onChanged();
    await flushMicrotasks();
  }

  [Symbol.dispose](): void {
    this.#life.abort();
  }
}

Deno.test("A member's role is that of the list if it was read since the sign-in began", async () => {
  using known = new Known();
  const { moderators } = known;
  const { version } = moderators;
  await known.change("member");
  assert.equal(moderators.learn(BEA, "moderator", version), "member");
  assert.equal(moderators.isEmpty, true);
  assert.equal(moderators.learn(BEA, "owner", moderators.version), "owner");
  assert.equal(moderators.roleOf(BEA), "owner");
});

Deno.test("A list is a change only if a member has another role", async () => {
  using known = new Known();
  await known.change("member");
  await known.change("member");
  assert.deepEqual(known.reported, []);
  await known.change("owner");
  assert.deepEqual([known.reported, known.moderators.isEmpty], [[[BEA]], false]);
  await known.change("owner");
  await known.change("member");
  assert.deepEqual([known.reported, known.moderators.isEmpty], [[[BEA], [BEA]], true]);
});

Deno.test("A moderator who was not known is reported: lists of people may have no role yet", async () => {
  using known = new Known();
  await known.change("moderator");
  assert.deepEqual(known.reported, [[BEA]]);
});

Deno.test("A role that a sign-in has told is reported with the next list", async () => {
  using known = new Known();
  const { moderators } = known;
  await known.change("member");
  moderators.learn(BEA, "moderator", moderators.version);
  await known.change("moderator");
  assert.deepEqual(known.reported, [[BEA]]);
});
