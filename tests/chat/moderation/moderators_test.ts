/** How clients learn who is a moderator, and whether there may be one. */
import assert from "node:assert/strict";
import { canStateModerators } from "../../../lib/core/config/config.ts";
import { name } from "../../support/fakes.ts";
import { type Frame, type JsonClient, MemberChat } from "../../support/chat/member_chat.ts";

const NO_TOKENS = {
  jwtSecret: null,
  jwtPublicKeyFile: null,
  jwksUrl: null,
  oidcRoles: [],
} as const;

function isModerated(client: JsonClient): unknown {
  return Object(client.last("hello")?.server).moderated;
}

/** The roles in a list of people, by name. */
function rolesOf(people: unknown): unknown {
  const list = people as readonly Frame[];
  return Object.fromEntries(list.map((it) => [it.name, it.role]));
}

for (const role of ["owner", "moderator", "member"] as const) {
  Deno.test(`The hello says whether there is a member who reads reports: with the first ${role}`, async () => {
    using chat = new MemberChat();
    assert.equal(isModerated(await chat.enter({ name: "Ann" })), undefined);
    const first = await chat.become("Bea", { role });
    const expected = role === "member" ? undefined : true;
    assert.equal(isModerated(first), expected);
    assert.equal(isModerated(await chat.enter({ name: "Cleo" })), expected);
  });
}

Deno.test("The hello says that an app can state who reads reports", async () => {
  using chat = new MemberChat({ appsModerate: true });
  assert.equal(isModerated(await chat.enter({ name: "Ann" })), true);
});

for (
  const [what, settings, expected] of [
    ["no tokens and no groups", {}, false],
    ["keys for tokens", { jwksUrl: "https://app.example/keys" }, true],
    ["a group of members", { oidcRoles: [{ group: "staff", role: "member" }] }, false],
    ["a group of moderators", { oidcRoles: [{ group: "admins", role: "moderator" }] }, true],
  ] as const
) {
  Deno.test(`canStateModerators() is ${expected} with ${what}`, () => {
    assert.equal(canStateModerators({ ...NO_TOKENS, ...settings }), expected);
  });
}

Deno.test("Lists of people name the roles of owners and moderators, and of nobody else", async () => {
  using chat = new MemberChat();
  const ann = await chat.enter({ name: "Ann" }, "den");
  for (const role of ["owner", "moderator", "member"] as const) {
    await chat.become(`The ${role}`, { role }, "den");
  }
  await chat.beat();
  await ann.ask();
  const expected = { "The owner": "owner", "The moderator": "moderator", "The member": undefined };
  const joined = ann.frames.flatMap((it) => it.type === "presence" ? it.joined as Frame[] : []);
  assert.deepEqual(rolesOf(joined.filter((it) => it.name !== "Ann")), expected);
  const who = await ann.answer({ type: "who", room: "den", id: "1" });
  assert.deepEqual(rolesOf(who.members), { Ann: undefined, ...expected });
  const late = await chat.enter({ name: "Late" }, "den");
  const listed = rolesOf(late.last("joined")?.members);
  assert.deepEqual(listed, { Ann: undefined, Late: undefined, ...expected });
});

Deno.test("A worker learns the roles of members who signed in elsewhere, also once the store is back", async () => {
  using chat = new MemberChat();
  chat.store.isAway = true;
  chat.names.moderators.onChanged();
  await chat.beat();
  assert.equal(chat.names.moderators.isEmpty, true);
  chat.store.isAway = false;
  const secret = await chat.invite({ role: "moderator" });
  const redeemed = await chat.directory.redeem({
    ...{ secret, attempt: undefined, label: "" },
    name: name("Bea"),
  });
  assert.ok(!("kind" in redeemed));
  await chat.beat(60_000);
  assert.equal(isModerated(await chat.enter({ name: "Ann" })), true);
});
