/** What members can ask for over a connection: every request, and every answer. */
import assert from "node:assert/strict";
import {
  handleDirectoryRequest,
  inviteLink,
} from "../../../lib/chat/requests/directory_requests.ts";
import { BusUnavailable } from "../../../lib/chat/ports/bus.ts";
import type { MemberCommand } from "../../../lib/chat/ports/directory.ts";
import type { DirectoryRequest } from "../../../lib/core/protocol/requests.ts";
import { user } from "../../contract/fixtures.ts";
import { FakeAuthenticator, name } from "../../support/fakes.ts";
import { type Frame, MemberChat, typesOf } from "../../support/chat/member_chat.ts";

const WEEK = 7 * 24 * 3_600_000;
const ANN = { kind: "member", user: user("m_ann00000"), device: "d1" } as const;
const REQUESTS: readonly Frame[] = [
  { type: "invite" },
  { type: "invite", device: true },
  { type: "invites" },
  { type: "devices" },
  { type: "revoke", invite: "?" },
  { type: "revoke", device: "?" },
];

Deno.test("A member with many connections is slowed down who asks for something all the time", async () => {
  using chat = new MemberChat();
  const first = await chat.become("Ann");
  const clients = [first];
  while (clients.length < 2) clients.push(await chat.enter({ resume: first.resume }));
  const types: unknown[] = [];
  for (let count = 0; count < 31; count++) {
    const client = clients[count % clients.length] ?? first;
    types.push(...typesOf(await client.ask({ type: "devices", id: `d${count}` })));
  }
  assert.deepEqual(types, [...Array.from({ length: 30 }, () => "devices"), "slow_down"]);
});

for (
  const [rights, isAllowed] of [
    [null, true],
    [[{ match: "team-*", allow: ["read"] }], false],
  ] as const
) {
  Deno.test(`A user whose app states a role ${isAllowed ? "invites" : "does not invite others if the token is restricted to rooms, as they would not be"}`, async () => {
    const authenticator = new FakeAuthenticator();
    authenticator.users.set("t", {
      ...{ user: user("a_ann00000"), name: name("Ann"), rights, role: "moderator" },
      ...{ expiresAt: Infinity, issuedAt: 0, tokenId: undefined },
    });
    using chat = new MemberChat({ authenticator });
    const ann = await chat.enter({ token: "t" });
    assert.equal(ann.you.role, isAllowed ? "moderator" : undefined);
    const answer = await ann.answer({ type: "invite", id: "i1" });
    assert.equal(answer.code, isAllowed ? undefined : "not_allowed");
  });
}

for (const request of REQUESTS) {
  Deno.test(`A guest may not ask for ${JSON.stringify(request)}`, async () => {
    using chat = new MemberChat();
    const guest = await chat.enter({ name: "Gus" });
    const { type, code, id } = await guest.answer({ ...request, id: "r1" });
    assert.deepEqual([type, code, id], ["fault", "not_allowed", "r1"]);
  });
}

Deno.test("invite answers with the invite, its secret, and the link and code for a page", async () => {
  using chat = new MemberChat();
  const ann = await chat.become("Ann", { role: "owner" });
  const createdAt = chat.chat.clock.date();
  const short = await ann.answer({ type: "invite", id: "i1" });
  const { invite, secret } = Object(short);
  assert.deepEqual(short, {
    type: "invite",
    id: "i1",
    invite: {
      ...{ invite: invite.invite, role: "member", rooms: [], usesLeft: 1, createdAt },
      ...{ expiresAt: createdAt + WEEK, by: ann.you.user },
    },
    secret,
  });
  const terms = { role: "moderator", rooms: ["Team", "lobby"], uses: 3, seconds: 60 };
  const page = "https://chat.example.org/";
  const long = Object(await ann.answer({ type: "invite", ...terms, page }));
  assert.deepEqual(
    [long.invite.role, long.invite.rooms, long.invite.usesLeft, long.invite.expiresAt],
    ["moderator", ["team", "lobby"], 3, createdAt + 60_000],
  );
  assert.equal(long.link, `${page}#invite=${long.secret}`);
  assert.equal(long.qr, `code of ${long.link}`);
});

Deno.test("invite answers a link for another device with whom it is for", async () => {
  using chat = new MemberChat();
  const ann = await chat.become("Ann");
  const { invite } = Object(await ann.answer({ type: "invite", device: true, role: "owner" }));
  assert.deepEqual([invite.member, invite.by, invite.role, invite.usesLeft], [
    ann.you.user,
    ann.you.user,
    "member",
    1,
  ]);
  assert.equal(invite.expiresAt - invite.createdAt, 300_000);
});

for (
  const [what, request, code] of [
    ["a room that cannot be one", { type: "invite", rooms: ["a", " "] }, "bad_room"],
    ["a role above the own one", { type: "invite", role: "owner" }, "not_allowed"],
    ["an unknown role", { type: "invite", role: "king" }, "bad_frame"],
    ["no use", { type: "invite", uses: 0 }, "bad_frame"],
    ["too many uses", { type: "invite", uses: 1_001 }, "bad_frame"],
    ["less than a minute", { type: "invite", seconds: 59 }, "bad_frame"],
    ["more than a year", { type: "invite", seconds: 365 * 24 * 3_600 + 1 }, "bad_frame"],
    ["too many rooms", { type: "invite", rooms: Array(21).fill("a") }, "bad_frame"],
    ["a page with a fragment", { type: "invite", page: "https://a.example/#b" }, "bad_frame"],
    ["a page that is a script", { type: "invite", page: "javascript:alert(1)" }, "bad_frame"],
    ["revoking nothing", { type: "revoke" }, "bad_frame"],
    ["an unknown invite", { type: "revoke", invite: "?" }, "bad_invite"],
    ["an unknown device", { type: "revoke", device: "?" }, "not_allowed"],
  ] as const
) {
  Deno.test(`A moderator's request with ${what} is refused with ${code}`, async () => {
    using chat = new MemberChat();
    const ann = await chat.become("Ann", { role: "moderator" });
    assert.equal((await ann.answer(request)).code, code);
    assert.equal(ann.closeCode, undefined);
  });
}

Deno.test("invites lists what can be used, and revoke makes it useless", async () => {
  using chat = new MemberChat();
  const ann = await chat.become("Ann", { role: "moderator" });
  const { invite, secret } = Object(await ann.answer({ type: "invite" }));
  const listed = await ann.answer({ type: "invites", id: "l1" });
  assert.deepEqual(listed, { type: "invites", id: "l1", invites: [invite] });
  const revoked = await ann.answer({ type: "revoke", invite: invite.invite, id: "r1" });
  assert.deepEqual(revoked, { type: "ack", id: "r1" });
  assert.deepEqual((await ann.answer({ type: "invites" })).invites, []);
  const bea = chat.connect();
  const answers = await bea.ask({ type: "hello", invite: secret, name: "Bea" });
  assert.deepEqual(typesOf(answers), ["bad_invite"]);
});

Deno.test("devices lists the member's devices, and says which one asks", async () => {
  using chat = new MemberChat();
  const invite = await chat.invite();
  const ann = await chat.enter({ invite, name: "Ann", device: "Firefox on Linux" });
  await chat.chat.clock.advance(1_000);
  const { secret } = await ann.answer({ type: "invite", device: true });
  const phone = await chat.enter({ invite: secret, device: "phone" });
  const { devices } = Object(await phone.answer({ type: "devices" }));
  const now = chat.chat.clock.date();
  assert.deepEqual(devices.map(({ device: _, ...others }: Frame) => others), [
    { label: "Firefox on Linux", addedAt: now - 1_000, usedAt: now - 1_000 },
    { label: "phone", addedAt: now, usedAt: now, here: true },
  ]);
});

for (
  const [fault, code] of [["refused", "unavailable"], ["reply lost", "unknown_outcome"]] as const
) {
  Deno.test(`A request whose change of the store was ${fault} is answered with ${code}`, async () => {
    using chat = new MemberChat();
    const ann = await chat.become("Ann", { role: "owner" });
    chat.store.commitFaults.push(fault);
    assert.equal((await ann.answer({ type: "invite" })).code, code);
    assert.equal((await ann.answer({ type: "invite" })).type, "invite");
  });
}

Deno.test("A list whose reply was lost is unavailable, and a change has an unknown outcome", async () => {
  const lost = new BusUnavailable("the reply was lost", { mayHaveApplied: true });
  const context = {
    directory: { manage: () => Promise.reject(lost) },
    qrCode: () => Promise.resolve(""),
  };
  const requests = [
    { type: "invites" },
    { type: "devices" },
    { type: "invite" },
    { type: "revoke", device: "d1" },
  ] as const;
  const answers = await Promise.all(
    requests.map((request) => handleDirectoryRequest(request, ANN, context)),
  );
  assert.deepEqual(answers.map((it) => it && "code" in it ? it.code : it?.type), [
    "unavailable",
    "unavailable",
    "unknown_outcome",
    "unknown_outcome",
  ]);
});

/** The command that a request leads to. */
async function commandOf(request: DirectoryRequest): Promise<MemberCommand | undefined> {
  let asked: MemberCommand | undefined;
  await handleDirectoryRequest(request, ANN, {
    directory: {
      manage: (_actor, command) => {
        asked = command;
        return Promise.resolve({ kind: "done" });
      },
    },
    qrCode: () => Promise.resolve(""),
  });
  return asked;
}

Deno.test("revoke signs a device out if it names both a device and an invite", async () => {
  assert.deepEqual(
    await commandOf({ type: "revoke", device: "d2", invite: "i1" }),
    { kind: "remove device", id: "d2" },
  );
});

Deno.test("inviteLink() has the secret in the fragment, which browsers send to no server", () => {
  const link = new URL(inviteLink("https://chat.example.org/a?b=c", "S".repeat(22)));
  assert.deepEqual([link.pathname, link.search, link.hash], [
    "/a",
    "?b=c",
    `#invite=${"S".repeat(22)}`,
  ]);
});
