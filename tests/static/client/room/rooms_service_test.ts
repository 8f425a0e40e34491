/** Private and direct rooms of the client library with the real service. */
import assert from "node:assert/strict";
import { type Chat, connect } from "../../../../static/client.js";
import { inviteAsOperator, MEMBER_SETTINGS } from "../../../support/identity/member_links.ts";
import { startTestService, type TestService } from "../../../support/service.ts";
import { collect } from "../fake_platform.ts";
import { waitForValue } from "../quick_platform.ts";

/** A member who has just accepted an invite. */
async function enter(service: TestService, name: string): Promise<Chat> {
  const invite = await inviteAsOperator(service);
  const chat = connect(`${service.url}/ws`, { invite, name });
  await waitForValue(chat.me, (me) => me !== null);
  return chat;
}

Deno.test("Members create a private room, add and remove each other, and find it in their lists", async () => {
  await using service = await startTestService(MEMBER_SETTINGS);
  using ann = await enter(service, "Ann");
  using bob = await enter(service, "Bob");
  const user = bob.me.value?.user ?? "";
  const changes = collect(bob.memberships);
  const { room, kind, title } = await ann.createRoom({ kind: "private", title: "Plans" });
  assert.deepEqual([kind, title], ["private", "Plans"]);
  const plans = ann.join(room);
  await plans.addMember(user, "Bob");
  const listed = (await bob.listRooms()).rooms;
  assert.deepEqual(listed.map(({ room, title }) => [room, title]), [[room, "Plans"]]);
  const theirs = bob.join(room);
  await waitForValue(theirs.state, ({ kind }) => kind === "joined");
  assert.deepEqual((await theirs.membership()).members.map(({ name }) => name), ["Ann", "Bob"]);
  await plans.removeMember(user);
  const refused = await waitForValue(theirs.state, ({ kind }) => kind === "refused");
  assert.equal(refused.kind === "refused" && refused.error.code, "not_allowed");
  assert.deepEqual((await bob.listRooms()).rooms, []);
  assert.deepEqual(changes, [{ room, on: true }, { room, on: false }]);
});

Deno.test("A member opens the direct room with another, who finds it with the first one's name", async () => {
  await using service = await startTestService(MEMBER_SETTINGS);
  using ann = await enter(service, "Ann");
  using bob = await enter(service, "Bob");
  const opened = await ann.openDirect(bob.me.value?.user ?? "", "Bob");
  assert.deepEqual([opened.kind, opened.with?.name], ["direct", "Bob"]);
  await ann.join(opened.room).say("hello").sent;
  const [found] = (await bob.listRooms()).rooms;
  assert.deepEqual([found?.room, found?.with?.name], [opened.room, "Ann"]);
  assert.ok((found?.unread ?? 0) > 0);
  await bob.join(opened.room).removeMember();
  await assert.rejects(ann.openDirect(bob.me.value?.user ?? ""), { code: "not_allowed" });
});
