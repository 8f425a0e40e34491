/** Roles of members, and what becomes of the last owner and of invites. */
import assert from "node:assert/strict";
import { BusUnavailable } from "../../../lib/chat/ports/bus.ts";
import type { Actor, SignedInMember } from "../../../lib/chat/ports/directory.ts";
import type { Role } from "../../../lib/core/auth/member.ts";
import { SERVICE_AUTHOR } from "../../../lib/core/rooms/service_rooms.ts";
import { user } from "../../contract/fixtures.ts";
import { actorOf, codeOf, INVITE, MemberWorld, OPERATOR, secretOf } from "./member_world.ts";
import { name } from "../../support/fakes.ts";

/** Asks for another role; resolves with the code of a refusal, or undefined. */
async function change(
  world: MemberWorld,
  actor: Actor,
  { user }: Pick<SignedInMember, "user">,
  role: Role,
): Promise<string | undefined> {
  return codeOf(await world.directory.manage(actor, { kind: "change role", user, role }));
}

async function roleOf(world: MemberWorld, { user }: SignedInMember): Promise<Role | undefined> {
  const answer = await world.directory.manage(OPERATOR, { kind: "list members" });
  const members = answer.kind === "members" ? answer.members : assert.fail();
  return members.find((it) => it.user === user)?.role;
}

Deno.test("An owner and an operator give members other roles, and both are announced", async () => {
  const world = new MemberWorld();
  const ann = await world.become("Ann", { role: "owner" });
  const bea = await world.become("Bea");
  assert.equal(await change(world, actorOf(ann), bea, "moderator"), undefined);
  assert.equal(await roleOf(world, bea), "moderator");
  assert.equal(await change(world, OPERATOR, bea, "owner"), undefined);
  const target = { kind: "role", user: bea.user, name: "Bea" };
  assert.deepEqual(world.announced, [
    [{ ...target, role: "moderator" }, { user: ann.user, name: "Ann" }],
    [{ ...target, role: "owner" }, SERVICE_AUTHOR],
  ]);
  assert.equal((await world.directory.signIn(bea.user, bea.device))?.role, "owner");
});

Deno.test("Nobody has a role that is no member's", async () => {
  const world = new MemberWorld();
  const nobody = { user: user("m_nobody00") };
  assert.equal(await change(world, OPERATOR, nobody, "owner"), "not_allowed");
  assert.deepEqual(world.announced, []);
});

Deno.test("The last owner stays one, whoever asks, and owners who cannot sign in do not count", async () => {
  const world = new MemberWorld();
  const ann = await world.become("Ann", { role: "owner" });
  const app: Actor = {
    kind: "app user",
    user: user("a_ben00000"),
    name: name("Ben"),
    role: "owner",
  };
  for (const actor of [actorOf(ann), app, OPERATOR]) {
    assert.equal(await change(world, actor, ann, "member"), "not_allowed");
  }
  const bea = await world.become("Bea", { role: "owner" });
  const remove = { kind: "remove device", id: bea.device.id } as const;
  await world.directory.manage(actorOf(bea), remove);
  assert.equal(await change(world, OPERATOR, ann, "member"), "not_allowed");
  await world.become("Cleo", { role: "owner" });
  assert.equal(await change(world, actorOf(ann), ann, "member"), undefined);
  assert.equal(await change(world, actorOf(ann), bea, "member"), "not_allowed");
});

for (
  const [what, actors] of [
    ["each other", (ann: Actor, bea: Actor) => [bea, ann]],
    ["themselves", (ann: Actor, bea: Actor) => [ann, bea]],
    ["nobody, but an operator both", () => [OPERATOR, OPERATOR]],
  ] as const
) {
  Deno.test(`Of two owners who demote ${what} at the same time on two nodes, one stays`, async () => {
    const world = new MemberWorld();
    const [ann, bea] = [
      await world.become("Ann", { role: "owner" }),
      await world.become("Bea", { role: "owner" }),
    ];
    const [ofAnn, ofBea] = actors(actorOf(ann), actorOf(bea));
    assert.ok(ofAnn && ofBea);
    world.store.beforeCommit = async () => {
      world.store.beforeCommit = () => {};
      const demote = { kind: "change role", user: bea.user, role: "member" } as const;
      assert.equal(codeOf(await world.node().manage(ofBea, demote)), undefined);
    };
    assert.equal(await change(world, ofAnn, ann, "member"), "not_allowed");
    assert.deepEqual([await roleOf(world, ann), await roleOf(world, bea)], ["owner", "member"]);
  });
}

Deno.test("Invites end that the new role of their maker does not allow, and no others", async () => {
  const world = new MemberWorld();
  await world.become("Ann", { role: "owner" });
  const bea = await world.become("Bea", { role: "owner" });
  const [forOwner, forModerator] = [
    await world.invite({ role: "owner" }, actorOf(bea)),
    await world.invite({ role: "moderator" }, actorOf(bea)),
  ];
  await change(world, OPERATOR, bea, "moderator");
  assert.equal(
    codeOf(await world.redeem({ secret: forOwner, name: name("Dan") })),
    "bad_invite",
  );
  assert.equal(codeOf(await world.redeem({ secret: forModerator, name: name("Eva") })), undefined);
});

Deno.test("A member who is demoted while making an invite gets none", async () => {
  const world = new MemberWorld();
  await world.become("Ann", { role: "owner" });
  const bea = await world.become("Bea", { role: "owner" });
  world.store.beforeCommit = async () => {
    world.store.beforeCommit = () => {};
    await change(world, OPERATOR, bea, "moderator");
  };
  const answer = await world.directory.manage(actorOf(bea), { ...INVITE, role: "owner" });
  assert.equal(codeOf(answer), "not_allowed");
  assert.throws(() => secretOf(answer));
});

Deno.test("A change that could not be announced is announced by another attempt", async () => {
  const world = new MemberWorld();
  const bea = await world.become("Bea");
  world.isMute = true;
  await assert.rejects(change(world, OPERATOR, bea, "moderator"), BusUnavailable);
  world.isMute = false;
  assert.equal(await change(world, OPERATOR, bea, "moderator"), undefined);
  assert.equal(world.announced.length, 1);
});
