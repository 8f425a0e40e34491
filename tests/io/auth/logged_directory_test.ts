/** What is logged about members, and what is not. */
import assert from "node:assert/strict";
import type { Actor } from "../../../lib/chat/ports/directory.ts";
import { LoggedDirectory } from "../../../lib/io/auth/logged_directory.ts";
import {
  actorOf,
  codeOf,
  INVITE,
  MemberWorld,
  OPERATOR,
  secretOf,
  signedIn,
} from "../../chat/members/member_world.ts";
import { user } from "../../contract/fixtures.ts";
import { name } from "../../support/fakes.ts";
import { LogRecorder } from "../../support/log_recorder.ts";

const EVENTS = ["auth.joined", "auth.invited", "auth.invite_revoked", "auth.device_removed"];

/** A logged directory, and everything that is logged about members until it is disposed. */
async function start() {
  const log = await LogRecorder.start();
  const world = new MemberWorld();
  const directory = new LoggedDirectory(world.directory);
  const redeem = async (secret: string, attempt?: string) => {
    const use = { secret, attempt, name: name("Annabel"), label: "Firefox on Linux" };
    return signedIn(await directory.redeem(use));
  };
  return {
    ...{ log, world, directory, redeem },
    /** Number of events of all kinds. */
    count: () => EVENTS.reduce((sum, event) => sum + log.fields(event).length, 0),
    [Symbol.asyncDispose]: () => log[Symbol.asyncDispose](),
  };
}

Deno.test("LoggedDirectory logs the invite of an operator and who joins with it, also when it is repeated", async () => {
  await using stage = await start();
  const { log, directory, redeem } = stage;
  const answer = await directory.manage(OPERATOR, { ...INVITE, role: "moderator", uses: 5 });
  const { invite: { id: invite } } = answer.kind === "invited" ? answer : assert.fail();
  assert.deepEqual(log.fields("auth.invited"), [{ invite, role: "moderator", uses: 5 }]);
  const { user, device } = await redeem(secretOf(answer), "once");
  const joined = { user, role: "moderator", device: device.id };
  assert.deepEqual(log.fields("auth.joined"), [joined]);
  await redeem(secretOf(answer), "once");
  assert.deepEqual(log.fields("auth.joined"), [joined, joined]);
  assert.equal(stage.count(), 3);
});

Deno.test("LoggedDirectory logs what a member does, and as whom", async () => {
  await using stage = await start();
  const { log, world, directory, redeem } = stage;
  const ann = await world.become("Ann", { role: "owner" });
  const { user: by } = ann;
  const link = await directory.manage(actorOf(ann), { kind: "add device" });
  const { invite: { id: invite } } = link.kind === "invited" ? link : assert.fail();
  const made = { invite, role: "owner", uses: 1, by, member: by };
  assert.deepEqual(log.fields("auth.invited"), [made]);
  const { device: { id: device } } = await redeem(secretOf(link));
  assert.deepEqual(log.fields("auth.joined"), [{ user: by, role: "owner", device }]);
  await directory.manage(actorOf(ann), { kind: "remove device", id: device });
  assert.deepEqual(log.fields("auth.device_removed"), [{ device, user: by }]);
  const other = await directory.manage(actorOf(ann), INVITE);
  const { invite: { id } } = other.kind === "invited" ? other : assert.fail();
  await directory.manage(actorOf(ann), { kind: "revoke invite", id });
  assert.deepEqual(log.fields("auth.invite_revoked"), [{ invite: id, by }]);
  assert.equal(stage.count(), 5);
});

Deno.test("LoggedDirectory logs who revokes an invite, and nobody for an operator", async () => {
  await using stage = await start();
  const app: Actor = {
    kind: "app user",
    user: user("a_bea00000"),
    name: name("Bea"),
    role: "owner",
  };
  for (const actor of [app, OPERATOR]) {
    const answer = await stage.directory.manage(actor, INVITE);
    const { invite: { id } } = answer.kind === "invited" ? answer : assert.fail();
    await stage.directory.manage(actor, { kind: "revoke invite", id });
    const by: Readonly<Record<string, string>> = actor === app ? { by: "a_bea00000" } : {};
    assert.deepEqual(stage.log.fields("auth.invite_revoked").at(-1), { invite: id, ...by });
  }
});

Deno.test("LoggedDirectory logs nothing that was refused, nor requests that change nothing", async () => {
  await using stage = await start();
  const { world, directory } = stage;
  const ann = await world.become("Ann");
  const actor = actorOf(ann);
  const unknown = { secret: "A".repeat(22), attempt: undefined, name: name("Bea"), label: "" };
  assert.equal(codeOf(await directory.redeem(unknown)), "bad_invite");
  for (
    const [who, command] of [
      [actor, INVITE],
      [actor, { kind: "remove device", id: "none" }],
      [OPERATOR, { kind: "revoke invite", id: "none" }],
      [OPERATOR, { kind: "remove device", id: ann.device.id }],
    ] as const
  ) assert.notEqual(codeOf(await directory.manage(who, command)), undefined, command.kind);
  await directory.manage(actor, { kind: "list devices" });
  await directory.manage(OPERATOR, { kind: "list members" });
  await directory.signIn(ann.user, ann.device);
  assert.equal(stage.count(), 0);
});

Deno.test("LoggedDirectory logs no secret, no name and no label", async () => {
  await using stage = await start();
  const { log, directory, redeem } = stage;
  const answer = await directory.manage(OPERATOR, { ...INVITE, role: "owner" });
  const ann = await redeem(secretOf(answer), "attempt1");
  const link = await directory.manage(actorOf(ann), { kind: "add device" });
  const phone = await redeem(secretOf(link));
  await directory.renameMember(ann.user, name("Annabella"));
  await directory.manage(actorOf(ann), { kind: "remove device", id: phone.device.id });
  assert.equal(stage.count(), 5);
  for (const secret of [secretOf(answer), secretOf(link), "attempt1", "Annabel", "Firefox"]) {
    assert.ok(!log.text.includes(secret), secret);
  }
});
