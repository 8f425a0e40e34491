/** Uses of invites: once each, also when replies are lost and people race. */
import assert from "node:assert/strict";
import { BusUnavailable } from "../../../lib/chat/ports/bus.ts";
import { MAX_DEVICES } from "../../../lib/core/auth/member.ts";
import { name, room } from "../../support/fakes.ts";
import { actorOf, codeOf, MemberWorld, OPERATOR, secretOf, signedIn } from "./member_world.ts";

const ATTEMPT = "A".repeat(22);
const OTHER_ATTEMPT = "B".repeat(22);

Deno.test("An invite makes a member with its role and rooms, and is used up", async () => {
  const world = new MemberWorld();
  const secret = await world.invite({ role: "moderator", rooms: [room("team")] });
  const ann = signedIn(await world.redeem({ secret, name: name("Ann"), label: "Firefox" }));
  assert.match(ann.user, /^m_/);
  assert.deepEqual([ann.name, ann.role, ann.rooms], ["Ann", "moderator", ["team"]]);
  assert.equal(ann.since, world.clock.date());
  assert.equal(codeOf(await world.redeem({ secret, name: name("Bea") })), "bad_invite");
  await world.checkNames();
});

Deno.test("An invite can be used as often as it says", async () => {
  const world = new MemberWorld();
  const secret = await world.invite({ uses: 3 });
  const names = ["Ann", "Bea", "Cid"];
  const users = [];
  for (const it of names) users.push(signedIn(await world.redeem({ secret, name: name(it) })).user);
  assert.equal(new Set(users).size, 3);
  assert.equal(codeOf(await world.redeem({ secret, name: name("Dan") })), "bad_invite");
});

Deno.test("A repeated attempt gets the same device, and uses nothing up", async () => {
  const world = new MemberWorld();
  const secret = await world.invite({ uses: 2 });
  const use = { secret, attempt: ATTEMPT, name: name("Ann") };
  const first = signedIn(await world.redeem(use));
  assert.deepEqual(await world.redeem(use), first);
  const bea = { secret, attempt: OTHER_ATTEMPT, name: name("Bea") };
  assert.notEqual(signedIn(await world.redeem(bea)).user, first.user);
  assert.deepEqual(await world.redeem({ ...use, name: undefined }), first);
});

Deno.test("Uses without an attempt are not taken for one another", async () => {
  const world = new MemberWorld();
  const secret = await world.invite({ uses: 2 });
  const ann = signedIn(await world.redeem({ secret, name: name("Ann") }));
  assert.notEqual(signedIn(await world.redeem({ secret, name: name("Bea") })).user, ann.user);
});

Deno.test("A use whose reply was lost can be repeated with its attempt, also when the invite has expired since", async () => {
  const world = new MemberWorld();
  const secret = await world.invite({ lifetimeMs: 60_000 });
  const use = { secret, attempt: ATTEMPT, name: name("Ann") };
  world.store.commitFaults.push("reply lost");
  await assert.rejects(
    world.redeem(use),
    (error) => error instanceof BusUnavailable && error.mayHaveApplied,
  );
  await world.clock.advance(60_000);
  // Others are made meanwhile, which removes what is useless.
  await world.invite();
  const ann = signedIn(await world.redeem(use));
  assert.notEqual(await world.signIn(ann.user, ann.device), undefined);
  assert.equal((await world.devicesOf(ann)).length, 1);
  await world.checkNames();
});

Deno.test("A use that was refused by the store has no effect, and can be repeated", async () => {
  const world = new MemberWorld();
  const secret = await world.invite();
  const use = { secret, attempt: ATTEMPT, name: name("Ann") };
  world.store.commitFaults.push("refused");
  await assert.rejects(world.redeem(use), BusUnavailable);
  await world.checkNames();
  signedIn(await world.redeem(use));
});

Deno.test("A use succeeds although the names cannot be read after it", async () => {
  const world = new MemberWorld();
  const secret = await world.invite();
  world.store.beforeCommit = () => void (world.store.isAway = true);
  const ann = signedIn(await world.redeem({ secret, name: name("Ann") }));
  assert.equal(ann.name, "Ann");
});

Deno.test("One of two who race for the last use gets it", async () => {
  const world = new MemberWorld();
  const secret = await world.invite();
  const results = await Promise.all(
    ["Ann", "Bea"].map((it) => world.redeem({ secret, name: name(it) })),
  );
  assert.deepEqual(results.map(codeOf).toSorted(), ["bad_invite", undefined]);
  assert.equal((await world.store.list("member")).size, 1);
  await world.checkNames();
});

for (const [one, other] of [["Ann", "Ann"], ["Ann", "ANN"], ["Alice", "AIice"]] as const) {
  Deno.test(`One of two who race for ${one} and ${other} gets the name, and the other keeps the invite`, async () => {
    const world = new MemberWorld();
    const secret = await world.invite({ uses: 2 });
    const results = await Promise.all(
      [one, other].map((it) => world.redeem({ secret, name: name(it) })),
    );
    assert.deepEqual(results.map(codeOf).toSorted(), ["name_taken", undefined]);
    signedIn(await world.redeem({ secret, name: name("Zoe") }));
    await world.checkNames();
  });
}

Deno.test("One attempt that is sent twice at the same time makes one member", async () => {
  const world = new MemberWorld();
  const secret = await world.invite({ uses: 5 });
  const use = { secret, attempt: ATTEMPT, name: name("Ann") };
  const [one, other] = await Promise.all([world.redeem(use), world.redeem(use)]);
  assert.deepEqual(one, other);
  assert.equal((await world.store.list("member")).size, 1);
});

Deno.test("Fifty people can use one invite at the same time", async () => {
  const world = new MemberWorld();
  const secret = await world.invite({ uses: 50 });
  const people = Array.from(
    { length: 50 },
    (_, index) => world.redeem({ secret, name: name(`Person ${index}`) }),
  );
  for (const result of await Promise.all(people)) signedIn(result);
  await world.checkNames();
});

Deno.test("An invite expires to the millisecond", async () => {
  const world = new MemberWorld();
  const secret = await world.invite({ lifetimeMs: 60_000, uses: 2 });
  await world.clock.advance(59_999);
  signedIn(await world.redeem({ secret, name: name("Ann") }));
  await world.clock.advance(1);
  assert.equal(codeOf(await world.redeem({ secret, name: name("Bea") })), "bad_invite");
});

for (const secret of ["", "A".repeat(22), "A".repeat(21), "../".repeat(8)]) {
  Deno.test(`The secret "${secret}" is no invite`, async () => {
    const world = new MemberWorld();
    await world.invite();
    assert.equal(codeOf(await world.redeem({ secret, name: name("Ann") })), "bad_invite");
  });
}

Deno.test("A refused name leaves the invite usable", async () => {
  const world = new MemberWorld();
  await world.become("Ann");
  const secret = await world.invite();
  assert.equal(codeOf(await world.redeem({ secret })), "bad_name");
  assert.equal(codeOf(await world.redeem({ secret, name: name("ann") })), "name_taken");
  signedIn(await world.redeem({ secret, name: name("Bea") }));
});

Deno.test("A device link adds a device, once and within five minutes, and asks for no name", async () => {
  const world = new MemberWorld();
  const ann = await world.become("Ann", { role: "owner", rooms: [room("team")] });
  const phone = await world.addDevice(ann, "phone");
  assert.deepEqual([phone.user, phone.name, phone.role], [ann.user, "Ann", "owner"]);
  assert.notEqual(phone.device.id, ann.device.id);
  const link = await world.directory.manage(actorOf(ann), { kind: "add device" });
  await world.clock.advance(300_000);
  assert.equal(codeOf(await world.redeem({ secret: secretOf(link) })), "bad_invite");
});

Deno.test("A device that gives way to another is signed out, also where it is connected", async () => {
  const world = new MemberWorld();
  const ann = await world.become("Ann");
  const others = [];
  for (let index = 1; index < MAX_DEVICES; index++) {
    await world.clock.advance(1);
    others.push(await world.addDevice(ann));
  }
  assert.deepEqual(world.revoked, []);
  await world.clock.advance(60_000);
  await world.signIn(ann.user, ann.device);
  const newest = await world.addDevice(ann);
  const oldest = others[0]?.device ?? assert.fail();
  assert.deepEqual(world.revoked.map(({ scope, id }) => [scope, id]), [["device", oldest.id]]);
  assert.equal(await world.signIn(ann.user, oldest), undefined);
  assert.equal((await world.devicesOf(newest)).length, MAX_DEVICES);
});

Deno.test("A device link of a member whose record is damaged is worth nothing", async () => {
  const world = new MemberWorld();
  const ann = await world.become("Ann");
  const secret = secretOf(await world.directory.manage(actorOf(ann), { kind: "add device" }));
  const key = { kind: "member", id: ann.user } as const;
  const [from] = await world.store.read([key]);
  await world.store.commit([{ ...key, from, to: "{" }]);
  assert.equal(codeOf(await world.redeem({ secret })), "bad_invite");
  assert.equal(await world.signIn(ann.user, ann.device), undefined);
  assert.deepEqual(
    await world.directory.manage(OPERATOR, { kind: "list members" }),
    { kind: "members", members: [] },
  );
});

Deno.test("A repeated attempt is worth nothing ten minutes later", async () => {
  const world = new MemberWorld();
  const use = { secret: await world.invite(), attempt: ATTEMPT, name: name("Ann") };
  const ann = signedIn(await world.redeem(use));
  await world.clock.advance(599_999);
  assert.deepEqual(await world.redeem(use), ann);
  await world.clock.advance(1);
  assert.equal(codeOf(await world.redeem(use)), "bad_invite");
});

Deno.test("A repeated attempt is worth nothing once the device has used the token that it got", async () => {
  const world = new MemberWorld();
  const use = { secret: await world.invite(), attempt: ATTEMPT, name: name("Ann") };
  const ann = signedIn(await world.redeem(use));
  await world.signIn(ann.user, ann.device);
  assert.equal(codeOf(await world.redeem(use)), "bad_invite");
});

for (const kind of ["invite", "device link"] as const) {
  Deno.test(`Whoever is signed out everywhere does not come back with an earlier ${kind}`, async () => {
    const world = new MemberWorld();
    const ann = await world.become("Ann", { role: "moderator" });
    const secret = kind === "invite"
      ? await world.invite({}, actorOf(ann))
      : secretOf(await world.directory.manage(actorOf(ann), { kind: "add device" }));
    world.revocations.add({ scope: "user", id: ann.user, before: world.clock.date() + 1 });
    assert.equal(codeOf(await world.redeem({ secret, name: name("Bea") })), "bad_invite");
  });
}

Deno.test("A device that an operator adds after a revocation of its user is not concerned", async () => {
  const world = new MemberWorld();
  const ann = await world.become("Ann");
  await world.clock.advance(1_000);
  world.revocations.add({ scope: "user", id: ann.user, before: world.clock.date() });
  const { user } = ann;
  const isRevoked = (issuedAt: number) =>
    world.revocations.isRevoked({ user, tokenId: undefined, issuedAt });
  assert.equal(isRevoked(ann.since), true);
  const link = await world.directory.manage(OPERATOR, { kind: "add device", user });
  const added = signedIn(await world.redeem({ secret: secretOf(link) }));
  assert.equal(isRevoked(added.since), false);
});
