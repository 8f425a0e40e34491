/** The client library's members with the real service: invited, back after a reload, on two devices, and signed out. */
import assert from "node:assert/strict";
import { type Chat, connect } from "../../../../static/client.js";
import type { ChatOptions } from "../../../../static/client/chat.js";
import { freePort } from "../../../support/provision.ts";
import { startTestService, type TestService } from "../../../support/service.ts";
import { inviteAsOperator, MEMBER_SETTINGS } from "../../../support/identity/member_links.ts";
import { codeOf, FakeStorage } from "../fake_platform.ts";
import { waitForValue } from "../quick_platform.ts";

const PAGE = "https://chat.example.org/";

/** Opens a chat and waits until the server has said who the user is. */
async function enter(service: TestService, options: ChatOptions): Promise<Chat> {
  const chat = connect(`${service.url}/ws`, options);
  await waitForValue(chat.me, (me) => me !== null);
  return chat;
}

Deno.test("A member is invited, returns, adds a device, invites others, and signs a device out", async () => {
  await using service = await startTestService(MEMBER_SETTINGS);
  const invite = await inviteAsOperator(service, { role: "owner", rooms: ["team"] });
  const storage = new FakeStorage();
  const first = await enter(service, { invite, name: "Ann", device: "Laptop", storage });
  const me = first.me.value;
  assert.deepEqual(first.invitedRooms.value, ["team"]);
  assert.deepEqual([me?.kind, me?.role, me?.name], ["member", "owner", "Ann"]);
  first.close();

  using laptop = await enter(service, { storage });
  assert.deepEqual(laptop.me.value, me);
  const { secret, link, qr } = await laptop.invite({ device: true, page: PAGE });
  assert.equal(link, `${PAGE}#device=${secret}`);
  assert.match(String(qr), /^<svg /);
  using phone = await enter(service, { invite: secret, device: "Phone" });
  assert.equal(phone.me.value?.user, me?.user);

  const devices = await laptop.devices();
  assert.deepEqual(devices.map(({ label, here }) => [label, here]), [
    ["Laptop", true],
    ["Phone", undefined],
  ]);
  await laptop.revoke({ device: devices[1]?.device ?? "" });
  const closed = await waitForValue(phone.state, ({ kind }) => kind === "closed");
  assert.equal(closed.kind === "closed" && Object(closed.error).closeCode, 4508);

  await laptop.invite({ role: "moderator", uses: 2, seconds: 3_600 });
  const [open] = await laptop.invites();
  assert.deepEqual([open?.role, open?.usesLeft, open?.by], ["moderator", 2, me?.user]);
  await laptop.revoke({ invite: open?.invite ?? "" });
  assert.deepEqual(await laptop.invites(), []);
});

Deno.test("A program that starts again with the same options is the same member, until its device is signed out", async () => {
  await using service = await startTestService(MEMBER_SETTINGS);
  const storage = new FakeStorage();
  const invite = await inviteAsOperator(service, { uses: 2 });
  const options = { invite, name: "bot", device: "A program", storage };
  const first = await enter(service, options);
  const me = first.me.value;
  first.close();
  using second = await enter(service, options);
  assert.deepEqual(second.me.value, me);
  const [device, ...others] = await second.devices();
  assert.deepEqual(others, [], "it has not used the invite again");
  // The answer may come too late.
  await second.revoke({ device: device?.device ?? "" }).catch(() => {});
  await waitForValue(second.state, ({ kind }) => kind === "closed");

  const third = connect(`${service.url}/ws`, options);
  const closed = await waitForValue(third.state, ({ kind }) => kind === "closed");
  assert.equal(closed.kind === "closed" && closed.error?.code, "name_taken", "the invite is used");
  const link = await inviteAsOperator(service, { member: me?.user });
  using fourth = await enter(service, { ...options, invite: link });
  assert.deepEqual(fourth.me.value, me);
});

Deno.test("A guest reports a message, and a moderator reads the report", async () => {
  await using service = await startTestService(MEMBER_SETTINGS);
  const invite = await inviteAsOperator(service, { role: "moderator" });
  using moderator = await enter(service, { invite, name: "Ann" });
  const reports = moderator.join("_reports");
  await waitForValue(reports.state, ({ kind }) => kind === "joined");
  using guest = await enter(service, { name: "Guy" });
  const den = guest.join("den");
  const said = await den.say("hello").sent;
  await den.report(said.position, { reason: "a test" });
  const report = await waitForValue(reports.last, (it) => it !== null);
  assert.equal(report?.name, "Guy");
  assert.match(report?.text ?? "", /^#den\/\S+\nGuy \(\w+\): hello\na test$/);
  assert.equal(await codeOf(den.report("none:1")), "gone");
  const refused = await waitForValue(
    guest.join("_reports").state,
    ({ kind }) => kind === "refused",
  );
  assert.equal(refused.kind === "refused" && refused.error.code, "not_allowed");
  guest.close();
  assert.equal(await codeOf(den.report(said.position)), "closed");
});

for (const kind of ["member", "guest"] as const) {
  Deno.test(`A ${kind} renamed on one page, after another one has come back twice, keeps the user and the name`, async () => {
    await using service = await startTestService(MEMBER_SETTINGS);
    const storage = new FakeStorage();
    const invite = kind === "member" ? { invite: await inviteAsOperator(service) } : {};
    using page = await enter(service, { ...invite, name: "Ann", storage });
    const user = page.me.value?.user;
    for (let visit = 0; visit < 2; visit++) (await enter(service, { storage })).close();
    await page.rename("Anna");
    for (let visit = 0; visit < 2; visit++) {
      using again = await enter(service, { storage });
      assert.deepEqual([again.me.value?.user, again.me.value?.name], [user, "Anna"]);
    }
  });
}

Deno.test("A program whose service has lost its members joins again with its invite", async () => {
  const storage = new FakeStorage();
  const port = String(freePort());
  const options = { name: "bot", storage };
  {
    await using service = await startTestService({ ...MEMBER_SETTINGS, PORT: port });
    const invite = await inviteAsOperator(service);
    (await enter(service, { ...options, invite })).close();
  }
  await using service = await startTestService({ ...MEMBER_SETTINGS, PORT: port });
  const invite = await inviteAsOperator(service);
  using chat = await enter(service, { ...options, invite });
  assert.equal(chat.me.value?.kind, "member");
  assert.equal((await chat.devices()).length, 1);
});

for (
  const [what, ask, code] of [
    ["invite() to a role above one's own", (it) => it.invite({ role: "owner" }), "not_allowed"],
    ["invite() for no room", (it) => it.invite({ rooms: ["a b"] }), "bad_room"],
    ["invite() for nobody", (it) => it.invite({ uses: 0 }), "bad_frame"],
    ["revoke() of an unknown invite", (it) => it.revoke({ invite: "unknown" }), "bad_invite"],
    ["revoke() of another's device", (it) => it.revoke({ device: "unknown" }), "not_allowed"],
  ] as const satisfies readonly [string, (chat: Chat) => Promise<unknown>, string][]
) {
  Deno.test(`Chat.${what} is refused with ${code}`, async () => {
    await using service = await startTestService(MEMBER_SETTINGS);
    const invite = await inviteAsOperator(service, { role: "moderator" });
    using chat = await enter(service, { invite, name: "Ann" });
    assert.equal(await codeOf(ask(chat)), code);
  });
}

Deno.test("A chat with a used invite or a member's name is closed, and a guest may not invite", async () => {
  await using service = await startTestService(MEMBER_SETTINGS);
  const secret = await inviteAsOperator(service);
  using _ann = await enter(service, { invite: secret, name: "Ann" });
  const other = await inviteAsOperator(service);
  for (const [invite, code] of [[secret, "bad_invite"], [other, "name_taken"]] as const) {
    const chat = connect(`${service.url}/ws`, { invite, name: "Ann" });
    const closed = await waitForValue(chat.state, ({ kind }) => kind === "closed");
    assert.equal(closed.kind === "closed" && closed.error?.code, code);
  }
  using guest = await enter(service, { name: "Ann" });
  assert.equal(guest.me.value?.kind, "guest");
  assert.notEqual(guest.me.value?.name, "Ann");
  assert.equal(await codeOf(guest.invite()), "not_allowed");
});
