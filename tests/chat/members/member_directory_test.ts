/** Members, their devices and their names; what they and operators may ask for. */
import assert from "node:assert/strict";
import * as fc from "fast-check";
import { BusUnavailable } from "../../../lib/chat/ports/bus.ts";
import type { Actor, MemberCommand, SignedInMember } from "../../../lib/chat/ports/directory.ts";
import { MAX_INVITES, MAX_OWN_INVITES } from "../../../lib/core/auth/invite.ts";
import { DEVICE_KEPT_MS, ROLES } from "../../../lib/core/auth/member.ts";
import { user } from "../../contract/fixtures.ts";
import { name } from "../../support/fakes.ts";
import {
  actorOf,
  codeOf,
  INVITE,
  MemberWorld,
  OPERATOR,
  secretOf,
  signedIn,
} from "./member_world.ts";

Deno.test("A device signs in with its newest token, and gets the next one each time", async () => {
  const world = new MemberWorld();
  const ann = await world.become("Ann", { role: "owner" });
  assert.deepEqual(ann.device, { id: ann.device.id, serial: 1 });
  const again = await world.directory.signIn(ann.user, ann.device);
  assert.deepEqual(again, { ...ann, device: { ...ann.device, serial: 2 } });
});

Deno.test("A token is worth nothing once a newer one was used, and until then it is, whoever has it", async () => {
  const world = new MemberWorld();
  const { user, device: first } = await world.become("Ann");
  const second = await world.signIn(user, first) ?? assert.fail();
  assert.deepEqual(await world.signIn(user, first), second);
  const third = await world.signIn(user, second) ?? assert.fail();
  assert.equal(await world.signIn(user, first), undefined);
  assert.deepEqual(await world.signIn(user, second), third);
});

Deno.test("A token whose use was stored, but not answered, can be used again", async () => {
  const world = new MemberWorld();
  const { user, device } = await world.become("Ann");
  world.store.commitFaults.push("reply lost");
  await assert.rejects(world.signIn(user, device), BusUnavailable);
  assert.deepEqual(await world.signIn(user, device), { ...device, serial: 2 });
});

Deno.test("A device that signs in within 90 days stays signed in", async () => {
  const world = new MemberWorld();
  const { user, device } = await world.become("Ann");
  await world.clock.advance(DEVICE_KEPT_MS - 1);
  const next = await world.signIn(user, device) ?? assert.fail();
  await world.clock.advance(DEVICE_KEPT_MS - 1);
  const last = await world.signIn(user, next) ?? assert.fail();
  await world.clock.advance(DEVICE_KEPT_MS);
  assert.equal(await world.signIn(user, last), undefined);
});

Deno.test("A device that is signed out is revoked, cannot return, and its links for others are useless", async () => {
  const world = new MemberWorld();
  const ann = await world.become("Ann");
  const phone = await world.addDevice(ann);
  const link = secretOf(await world.directory.manage(actorOf(phone), { kind: "add device" }));
  const remove = { kind: "remove device", id: phone.device.id } as const;
  assert.deepEqual(await world.directory.manage(actorOf(ann), remove), { kind: "done" });
  assert.deepEqual(world.revoked, [
    { scope: "device", id: phone.device.id, before: world.clock.date() },
  ]);
  assert.equal(await world.signIn(ann.user, phone.device), undefined);
  assert.equal(codeOf(await world.redeem({ secret: link })), "bad_invite");
  assert.notEqual(await world.signIn(ann.user, ann.device), undefined);
  assert.equal(codeOf(await world.directory.manage(actorOf(ann), remove)), "not_allowed");
});

Deno.test("A device that is signed out can ask for nothing, though its connection may last a little", async () => {
  const world = new MemberWorld();
  const ann = await world.become("Ann", { role: "owner" });
  const phone = await world.addDevice(ann);
  await world.directory.manage(actorOf(ann), { kind: "remove device", id: phone.device.id });
  for (const command of Object.values(commands(ann))) {
    assert.equal(codeOf(await world.directory.manage(actorOf(phone), command)), "not_allowed");
  }
  assert.equal((await world.devicesOf(ann)).length, 1);
});

Deno.test("A device that is signed out while it asks for a link gets none", async () => {
  const world = new MemberWorld();
  const ann = await world.become("Ann");
  const phone = await world.addDevice(ann);
  world.store.beforeCommit = async () => {
    world.store.beforeCommit = () => {};
    await world.directory.manage(actorOf(ann), { kind: "remove device", id: phone.device.id });
  };
  const answer = await world.directory.manage(actorOf(phone), { kind: "add device" });
  assert.equal(codeOf(answer), "not_allowed");
  // Ann's own invite; the links for devices are gone with the device.
  assert.equal((await world.store.list("invite")).size, 1);
});

Deno.test("A device of somebody else cannot be removed", async () => {
  const world = new MemberWorld();
  const [ann, bea] = [await world.become("Ann", { role: "owner" }), await world.become("Bea")];
  const remove = { kind: "remove device", id: bea.device.id } as const;
  assert.equal(codeOf(await world.directory.manage(actorOf(ann), remove)), "not_allowed");
  assert.deepEqual(world.revoked, []);
});

Deno.test("A device that could not be removed in the store is removed by another attempt", async () => {
  const world = new MemberWorld();
  const ann = await world.become("Ann");
  const phone = await world.addDevice(ann);
  const remove = { kind: "remove device", id: phone.device.id } as const;
  world.store.commitFaults.push("refused");
  await assert.rejects(world.directory.manage(actorOf(ann), remove), BusUnavailable);
  assert.equal(world.revoked.length, 1);
  await world.directory.manage(actorOf(ann), remove);
  assert.deepEqual(await world.devicesOf(ann), [ann.device.id]);
});

/** One of each. */
function commands(member: SignedInMember) {
  return {
    "invite an owner": { ...INVITE, role: "owner" },
    "invite a moderator": { ...INVITE, role: "moderator" },
    "invite a member": INVITE,
    "add a device": { kind: "add device" },
    "invite the first owner": { kind: "first owner" },
    "list invites": { kind: "list invites" },
    "list devices": { kind: "list devices" },
    "list members": { kind: "list members" },
    "revoke an invite": { kind: "revoke invite", id: "?" },
    "change a role": { kind: "change role", user: member.user, role: member.role },
    "remove the device": { kind: "remove device", id: member.device.id },
  } as const satisfies Record<string, MemberCommand>;
}

const NOT_ALLOWED: Readonly<Record<typeof ROLES[number], readonly string[]>> = {
  owner: ["invite the first owner"],
  moderator: ["invite an owner", "invite the first owner", "change a role"],
  member: [
    "invite an owner",
    "invite a moderator",
    "invite a member",
    "invite the first owner",
    "list invites",
    "list members",
    "revoke an invite",
    "change a role",
  ],
};

for (const role of ROLES) {
  Deno.test(`The role ${role} allows all commands but ${NOT_ALLOWED[role].join(", ")}`, async () => {
    const world = new MemberWorld();
    const ann = await world.become("Ann", { role });
    const refused = [];
    for (const [what, command] of Object.entries(commands(ann))) {
      const answer = await world.directory.manage(actorOf(ann), command);
      if (codeOf(answer) === "not_allowed") refused.push(what);
    }
    assert.deepEqual(refused, NOT_ALLOWED[role]);
  });
}

for (
  const [what, actor] of [
    ["an unknown member", { kind: "member", user: user("m_nobody00"), device: "d" }],
    ["a guest", { kind: "member", user: user("u_guest000"), device: "d" }],
    ["a user of an app without a role", {
      kind: "app user",
      user: user("a_ben00000"),
      name: name("Ben"),
      role: undefined,
    }],
  ] as const satisfies readonly (readonly [string, Actor])[]
) {
  Deno.test(`Nothing is allowed to ${what}`, async () => {
    const world = new MemberWorld();
    const ann = await world.become("Ann");
    for (const command of Object.values(commands(ann))) {
      assert.equal(codeOf(await world.directory.manage(actor, command)), "not_allowed");
    }
  });
}

for (const role of ROLES) {
  Deno.test(`The role ${role} that an app states allows the same, except for devices`, async () => {
    const world = new MemberWorld();
    const ann = await world.become("Ann", { role });
    const actor = { kind: "app user", user: user("a_ben00000"), name: name("Ben"), role } as const;
    const refused = [];
    for (const [what, command] of Object.entries(commands(ann))) {
      const answer = await world.directory.manage(actor, command);
      if (codeOf(answer) === "not_allowed") refused.push(what);
    }
    const devices = ["add a device", "list devices", "remove the device"];
    assert.deepEqual(new Set(refused), new Set([...NOT_ALLOWED[role], ...devices]));
  });
}

Deno.test("An operator may do everything but what concerns the operator's own devices", async () => {
  const world = new MemberWorld();
  const ann = await world.become("Ann");
  const refused = [];
  for (const [what, command] of Object.entries(commands(ann))) {
    const answer = await world.directory.manage(OPERATOR, command);
    if (codeOf(answer) === "not_allowed") refused.push(what);
  }
  // There is a member already, and no user was stated.
  assert.deepEqual(refused, [
    "add a device",
    "invite the first owner",
    "list devices",
    "remove the device",
  ]);
  const unknown = user("m_nobody00");
  assert.deepEqual(await world.directory.manage(OPERATOR, { kind: "add device", user: unknown }), {
    ...{ kind: "refused", code: "not_allowed" },
    why: "there is no member m_nobody00; `users` lists them",
  });
  const added = await world.directory.manage(OPERATOR, { kind: "add device", user: ann.user });
  assert.equal(signedIn(await world.redeem({ secret: secretOf(added) })).user, ann.user);
});

Deno.test("The link for the first owner works once, and makes an earlier one useless", async () => {
  const world = new MemberWorld();
  const first = secretOf(await world.directory.manage(OPERATOR, { kind: "first owner" }));
  const second = secretOf(await world.directory.manage(OPERATOR, { kind: "first owner" }));
  assert.equal(
    codeOf(await world.redeem({ secret: first, name: name("Eve") })),
    "bad_invite",
  );
  const ann = signedIn(await world.redeem({ secret: second, name: name("Ann") }));
  assert.equal(ann.role, "owner");
  assert.equal(
    codeOf(await world.directory.manage(OPERATOR, { kind: "first owner" })),
    "not_allowed",
  );
});

Deno.test("The link for the first owner is useless once there is a member, and leaves other links alone", async () => {
  const world = new MemberWorld();
  const other = secretOf(await world.directory.manage(OPERATOR, INVITE));
  const first = secretOf(await world.directory.manage(OPERATOR, { kind: "first owner" }));
  const second = secretOf(await world.directory.manage(OPERATOR, { kind: "first owner" }));
  assert.equal(codeOf(await world.redeem({ secret: first, name: name("Eve") })), "bad_invite");
  assert.equal(codeOf(await world.redeem({ secret: other, name: name("Ann") })), undefined);
  assert.equal(codeOf(await world.redeem({ secret: second, name: name("Eve") })), "bad_invite");
});

Deno.test("The link for the first owner is valid for a day", async () => {
  const world = new MemberWorld();
  const secret = secretOf(await world.directory.manage(OPERATOR, { kind: "first owner" }));
  await world.clock.advance(24 * 3_600_000);
  assert.equal(codeOf(await world.redeem({ secret, name: name("Ann") })), "bad_invite");
});

Deno.test("Lists show invites that can be used, without their secrets", async () => {
  const world = new MemberWorld();
  const ann = await world.become("Ann", { role: "owner" });
  await world.invite({ lifetimeMs: 60_000 }, actorOf(ann));
  await world.clock.advance(60_000);
  const secret = await world.invite({}, actorOf(ann));
  const answer = await world.directory.manage(actorOf(ann), { kind: "list invites" });
  assert.ok(answer.kind === "invites");
  assert.equal(answer.invites.length, 1);
  const [invite] = answer.invites;
  assert.deepEqual(
    [invite?.createdBy, invite?.usesLeft, invite?.expiresAt],
    [ann.user, 1, world.clock.date() + INVITE.lifetimeMs],
  );
  assert.equal(JSON.stringify([...await world.store.list("invite")]).includes(secret), false);
  assert.equal(JSON.stringify(answer).includes(secret), false);
});

Deno.test("A revoked invite is worth nothing, and cannot be revoked again", async () => {
  const world = new MemberWorld();
  const made = await world.directory.manage(OPERATOR, { ...INVITE, uses: 5 });
  assert.ok(made.kind === "invited");
  const revoke = { kind: "revoke invite", id: made.invite.id } as const;
  assert.deepEqual(await world.directory.manage(OPERATOR, revoke), { kind: "done" });
  assert.equal(
    codeOf(await world.redeem({ secret: made.secret, name: name("Ann") })),
    "bad_invite",
  );
  assert.equal(codeOf(await world.directory.manage(OPERATOR, revoke)), "bad_invite");
});

/** Stores invites that an owner has made, each as another user. Making them would take seconds. */
async function storeInvites(world: MemberWorld, owner: SignedInMember, count: number) {
  const before = new Set((await world.store.list("invite")).keys());
  await world.invite({}, actorOf(owner));
  const made = [...await world.store.list("invite")].find(([id]) => !before.has(id))?.[1] ?? "";
  for (let number = 1; number < count; number++) {
    const to = JSON.stringify({ ...JSON.parse(made), createdBy: `m_other${number}` });
    await world.store.commit([{ kind: "invite", id: `copy ${number}`, from: undefined, to }]);
  }
}

Deno.test("All users together can have so many invites, and operators and devices any number besides", async () => {
  const world = new MemberWorld();
  const ann = await world.become("Ann", { role: "owner" });
  await storeInvites(world, ann, MAX_INVITES);
  const invite = async () => codeOf(await world.directory.manage(actorOf(ann), INVITE));
  assert.equal(await invite(), "too_many_invites");
  secretOf(await world.directory.manage(actorOf(ann), { kind: "add device" }));
  await world.invite();
  await world.clock.advance(INVITE.lifetimeMs - 1);
  assert.equal(await invite(), "too_many_invites");
  await world.clock.advance(1);
  assert.equal(await invite(), undefined);
});

Deno.test("One user can have so many invites, and nobody else has fewer for it", async () => {
  const world = new MemberWorld();
  const [ann, bea] = [
    await world.become("Ann", { role: "moderator" }),
    await world.become("Bea", { role: "owner" }),
  ];
  for (let count = 0; count < MAX_OWN_INVITES; count++) await world.invite({}, actorOf(ann));
  assert.equal(codeOf(await world.directory.manage(actorOf(ann), INVITE)), "too_many_invites");
  await world.invite({}, actorOf(bea));
  world.revocations.add({ scope: "user", id: ann.user, before: world.clock.date() + 1 });
  const listed = await world.directory.manage(OPERATOR, { kind: "list invites" });
  assert.deepEqual(listed.kind === "invites" && listed.invites.map(({ createdBy }) => createdBy), [
    bea.user,
  ]);
});

Deno.test("A moderator sees and revokes no invites of owners, and nobody sees links for devices", async () => {
  const world = new MemberWorld();
  const [ann, bea] = [
    await world.become("Ann", { role: "moderator" }),
    await world.become("Bea", { role: "owner" }),
  ];
  await world.invite({ role: "owner" }, actorOf(bea));
  secretOf(await world.directory.manage(actorOf(bea), { kind: "add device" }));
  const all = await world.directory.manage(OPERATOR, { kind: "list invites" });
  assert.ok(all.kind === "invites" && all.invites.length === 2);
  const seen = async (member: SignedInMember) => {
    const answer = await world.directory.manage(actorOf(member), { kind: "list invites" });
    return answer.kind === "invites" ? answer.invites.map(({ role }) => role) : [];
  };
  assert.deepEqual([await seen(ann), await seen(bea)], [[], ["owner"]]);
  for (const { id } of all.invites) {
    const answer = await world.directory.manage(actorOf(ann), { kind: "revoke invite", id });
    assert.equal(codeOf(answer), "bad_invite");
  }
});

Deno.test("A member owns both names while being renamed, and one afterwards, whatever the outcome", async () => {
  for (const isDone of [true, false]) {
    const world = new MemberWorld();
    const [ann, bea] = [await world.become("Ann"), await world.become("Bea")];
    assert.equal(await world.directory.holdName(ann.user, name("Zoe")), true);
    for (const wanted of ["Ann", "Zoe"]) {
      assert.equal(await world.directory.renameMember(bea.user, name(wanted)), false);
      assert.equal(await world.directory.holdName(bea.user, name(wanted)), false);
    }
    if (isDone) assert.equal(await world.directory.renameMember(ann.user, name("Zoe")), true);
    await world.directory.releaseName(ann.user, name("Zoe"));
    await world.checkNames();
    const [own, free] = isDone ? ["Zoe", "Ann"] : ["Ann", "Zoe"];
    assert.equal(await world.directory.renameMember(bea.user, name(own)), false);
    assert.equal(await world.directory.renameMember(bea.user, name(free)), true);
  }
});

Deno.test("What a device has made ends with the device", async () => {
  const world = new MemberWorld();
  const ann = await world.become("Ann", { role: "owner" });
  const phone = await world.addDevice(ann);
  const [lost, kept] = [
    await world.invite({}, actorOf(phone)),
    await world.invite({}, actorOf(ann)),
  ];
  await world.directory.manage(actorOf(ann), { kind: "remove device", id: phone.device.id });
  assert.equal(codeOf(await world.redeem({ secret: lost, name: name("Eve") })), "bad_invite");
  signedIn(await world.redeem({ secret: kept, name: name("Bea") }));
});

Deno.test("A member has one link for another device at a time, so nobody can use up the invites of all", async () => {
  const world = new MemberWorld();
  const [ann, bea] = [await world.become("Ann"), await world.become("Bea")];
  const add = { kind: "add device" } as const;
  const other = secretOf(await world.directory.manage(actorOf(bea), add));
  const first = secretOf(await world.directory.manage(actorOf(ann), add));
  const second = secretOf(await world.directory.manage(actorOf(ann), add));
  assert.equal(codeOf(await world.redeem({ secret: first })), "bad_invite");
  signedIn(await world.redeem({ secret: second }));
  signedIn(await world.redeem({ secret: other }));
});

Deno.test("A member takes another name if no other has it or one that looks like it", async () => {
  const world = new MemberWorld();
  const ann = await world.become("Ann");
  await world.become("Alice");
  assert.equal(await world.directory.renameMember(ann.user, name("AIice")), false);
  assert.equal(await world.directory.renameMember(ann.user, name("ANN")), true);
  assert.equal(await world.directory.renameMember(ann.user, name("Anna")), true);
  assert.equal(await world.directory.renameMember(ann.user, name("Anna")), true);
  assert.equal((await world.directory.signIn(ann.user, ann.device))?.name, "Anna");
  await world.become("Ann");
  assert.equal(await world.directory.renameMember(user("m_nobody00"), name("Bea")), false);
  await world.checkNames();
});

Deno.test("A member who gives up a name does not free it for somebody who has it by now", async () => {
  const world = new MemberWorld();
  const ann = await world.become("Ann");
  const key = { kind: "name", id: "ANN" } as const;
  await world.store.commit([{ ...key, from: ann.user, to: "m_bea00000" }]);
  assert.equal(await world.directory.renameMember(ann.user, name("Anna")), true);
  assert.deepEqual(await world.store.read([key]), ["m_bea00000"]);
});

Deno.test("Of two members who race for a name, one gets it", async () => {
  const world = new MemberWorld();
  const members = [await world.become("Ann"), await world.become("Bea")];
  const renamed = await Promise.all(
    members.map(({ user }) => world.node().renameMember(user, name("Zoe"))),
  );
  assert.deepEqual(renamed.toSorted(), [false, true]);
  await world.checkNames();
});

Deno.test("Twenty sign-ins and twenty renames of a member at the same time all succeed", async () => {
  const world = new MemberWorld();
  const ann = await world.become("Ann");
  const signIns = Array.from({ length: 20 }, () => world.signIn(ann.user, ann.device));
  const renames = Array.from(
    { length: 20 },
    (_, index) => world.node().renameMember(ann.user, name(`Ann ${index}`)),
  );
  for (const token of await Promise.all(signIns)) assert.equal(token?.serial, 2);
  assert.deepEqual(new Set(await Promise.all(renames)), new Set([true]));
  await world.checkNames();
});

Deno.test("A change that others keep preventing is given up, and has not happened", async () => {
  const world = new MemberWorld();
  const ann = await world.become("Ann");
  const key = { kind: "member", id: ann.user } as const;
  let spaces = "";
  world.store.beforeCommit = async () => {
    const { beforeCommit } = world.store;
    world.store.beforeCommit = () => {};
    const [from] = await world.store.read([key]);
    await world.store.commit([{ ...key, from, to: `${from?.trim()}${spaces += " "}` }]);
    world.store.beforeCommit = beforeCommit;
  };
  await assert.rejects(
    world.directory.renameMember(ann.user, name("Bea")),
    (error) => error instanceof BusUnavailable && !error.mayHaveApplied,
  );
  world.store.beforeCommit = () => {};
  await world.checkNames();
});

const NAMES = ["Ann", "ANN", "Anna", "Alice", "AIice", "userlO", "user10", "Bob"];
const Step = fc.record({
  kind: fc.constantFrom("redeem", "rename", "add device", "remove device", "sign in"),
  who: fc.nat(3),
  name: fc.constantFrom(...NAMES),
  fault: fc.option(fc.constantFrom("refused", "reply lost"), { nil: undefined, freq: 5 }),
  isAlone: fc.boolean(),
});

type StepOf = typeof Step extends fc.Arbitrary<infer T> ? T : never;

/** Carries out one step. A store that fails makes it fail. */
async function run(world: MemberWorld, members: SignedInMember[], step: StepOf): Promise<void> {
  const member = members[step.who % Math.max(1, members.length)];
  const directory = world.node();
  if (step.kind === "redeem") {
    const secret = secretOf(await directory.manage(OPERATOR, INVITE));
    if (step.fault) world.store.commitFaults.push(step.fault);
    const use = { secret, attempt: "A".repeat(22), name: name(step.name), label: "" };
    const result = await directory.redeem(use);
    if (!("kind" in result)) members.push(result);
  } else if (member === undefined) return;
  else {
    if (step.fault) world.store.commitFaults.push(step.fault);
    const { user, device } = member;
    if (step.kind === "rename") await directory.renameMember(user, name(step.name));
    else if (step.kind === "sign in") await directory.signIn(user, device);
    else if (step.kind === "add device") {
      await directory.manage(actorOf(member), { kind: "add device" });
    } else await directory.manage(actorOf(member), { kind: "remove device", id: device.id });
  }
}

Deno.test("Whatever members do, each name has the one owner who has it", async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(Step, { maxLength: 25 }), async (steps) => {
      const world = new MemberWorld();
      const members: SignedInMember[] = [];
      let together: Promise<void>[] = [];
      for (const step of steps) {
        together.push(
          run(world, members, step).catch((error) => {
            if (!(error instanceof BusUnavailable)) throw error;
          }),
        );
        if (!step.isAlone) continue;
        await Promise.all(together);
        together = [];
        await world.checkNames();
      }
      await Promise.all(together);
      await world.checkNames();
    }),
    { numRuns: 150 },
  );
});

Deno.test("No member can take the name of the service, and whoever has it keeps it until a rename", async () => {
  const world = new MemberWorld();
  const bea = await world.become("Bea");
  for (const wanted of ["Parley", "ParIey", "Parley (2)"]) {
    const use = { secret: await world.invite(), name: name(wanted) };
    assert.equal(codeOf(await world.redeem(use)), "name_taken");
    assert.equal(await world.directory.holdName(bea.user, name(wanted)), false);
    assert.equal(await world.directory.renameMember(bea.user, name(wanted)), false);
  }
  // As it was before the name was reserved.
  const { user } = bea;
  const [from = ""] = await world.store.read([{ kind: "member", id: user }]);
  const to = JSON.stringify({ ...JSON.parse(from), name: "Parley" });
  await world.store.commit([
    { kind: "member", id: user, from, to },
    { kind: "name", id: "BEA", from: user, to: undefined },
    { kind: "name", id: "PARLEY", from: undefined, to: user },
  ]);
  assert.equal((await world.directory.signIn(user, bea.device))?.name, "Parley");
  assert.equal(await world.directory.holdName(user, name("PARLEY")), true);
  assert.equal(await world.directory.renameMember(user, name("PARLEY")), true);
  await world.checkNames();
  assert.equal(await world.directory.renameMember(user, name("Bea")), true);
  assert.equal(await world.directory.renameMember(user, name("Parley")), false);
  await world.checkNames();
});
