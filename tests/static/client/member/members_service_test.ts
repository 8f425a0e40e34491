/** The client library's members with the real service: invited, back after a reload, on two devices, and signed out. */
import assert from "node:assert/strict";
import { type Chat, connect } from "../../../../static/client.js";
import type { ChatOptions } from "../../../../static/client/chat.js";
import { startTestService, type TestService } from "../../../support/service.ts";
import { inviteAsOperator, MEMBER_SETTINGS } from "../../../support/member_links.ts";
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
