/** Names of members: nobody else is called like one for long, in any room, and a member gets the own name back. */
import assert from "node:assert/strict";
import { user } from "../../contract/fixtures.ts";
import type { TokenUser } from "../../../lib/chat/ports/authenticator.ts";
import { FakeAuthenticator, name, room } from "../../support/fakes.ts";
import { type JsonClient, MemberChat, typesOf } from "../../support/chat/member_chat.ts";

const ANN_OF_APP: TokenUser = {
  user: user("a_ann00000"),
  name: name("Ann"),
  rights: null,
  expiresAt: Infinity,
  issuedAt: 0,
  tokenId: undefined,
};

/** The names of the people in a room, as a client is told. */
async function peopleIn(client: JsonClient, room = "lobby"): Promise<readonly string[]> {
  const { members } = Object(await client.answer({ type: "who", room }));
  return members.map(({ name }: { readonly name: string }) => name);
}

for (const wanted of ["Ann", "ANN", "А\u006en"]) {
  Deno.test(`A guest who asks for the member's name as ${wanted} gets a guest name, at hello and later`, async () => {
    using chat = new MemberChat();
    await chat.become("Ann");
    const guest = await chat.enter({ name: wanted }, "lobby");
    assert.match(String(guest.you.name), /^guest/);
    assert.deepEqual(await peopleIn(guest), [guest.you.name]);
    assert.equal((await guest.answer({ type: "name", name: wanted, id: "n" })).code, "name_taken");
    assert.deepEqual(await peopleIn(guest), [guest.you.name]);
  });
}

Deno.test("A guest who is in no room cannot take a member's name either", async () => {
  using chat = new MemberChat();
  await chat.become("Ann");
  const guest = await chat.enter({ name: "Gus" });
  assert.equal((await guest.answer({ type: "name", name: "Ann", id: "n" })).code, "name_taken");
  const frames = await guest.ask({ type: "name", name: "Gustav", id: "n" });
  assert.deepEqual(typesOf(frames).toSorted(), ["ack", "token"]);
});

Deno.test("A guest who returns with a name that belongs to a member by now gets a guest name", async () => {
  using chat = new MemberChat();
  const guest = await chat.enter({ name: "Ann" });
  await guest.drop();
  await chat.become("Ann");
  const again = await chat.enter({ resume: guest.resume }, "lobby");
  assert.equal(again.you.user, guest.you.user);
  assert.match(String(again.you.name), /^guest/);
  assert.deepEqual(await peopleIn(again), [again.you.name]);
});

Deno.test("A guest whose name becomes a member's enters further rooms under a guest name", async () => {
  using chat = new MemberChat();
  const guest = await chat.enter({ name: "Ann" });
  await chat.become("Ann");
  assert.equal((await guest.answer({ type: "join", room: "lobby" })).code, "name_taken");
  const joined = await guest.answer({ type: "join", room: "lobby", temporaryName: true });
  assert.match(String(joined.name), /^guest/);
  assert.equal(joined.wanted, undefined);
});

Deno.test("A guest gives a name up in all rooms when it becomes a member's, and all are told", async () => {
  using chat = new MemberChat();
  const guest = await chat.enter({ name: "Ann" }, "lobby", "attic");
  const other = await chat.enter({ name: "Bob" }, "lobby");
  const member = await chat.become("Ann");
  await chat.beat();
  for (const it of ["lobby", "attic"]) {
    assert.equal((await peopleIn(guest, it)).includes("Ann"), false, it);
  }
  const renamed = other.last("renamed");
  assert.deepEqual([renamed?.user, renamed?.from], [guest.you.user, "Ann"]);
  await member.ask({ type: "join", room: "lobby" });
  assert.ok((await peopleIn(member)).includes("Ann"));
  await guest.ask({ type: "say", room: "lobby", text: "hi" });
  assert.equal(other.last("said")?.name, renamed?.name);
});

Deno.test("A guest gives a name up that looks like a member's", async () => {
  using chat = new MemberChat();
  const guest = await chat.enter({ name: "AIice" }, "lobby");
  await chat.become("Alice");
  await chat.beat();
  assert.match(String((await peopleIn(guest))[0]), /^guest/);
});

Deno.test("A guest with a temporary name for a member's gives that up too, and does not get the name", async () => {
  using chat = new MemberChat();
  const first = await chat.enter({ name: "Ann" }, "lobby");
  const second = await chat.enter({ name: "Ann" }, "lobby");
  assert.deepEqual(await peopleIn(second), ["Ann", "Ann (2)"]);
  await chat.become("Ann");
  await chat.beat();
  assert.deepEqual((await peopleIn(second)).filter((it) => it.startsWith("Ann")), []);
  await first.drop();
  await chat.beat(15_000);
  const [left, ...others] = await peopleIn(second);
  assert.deepEqual(others, []);
  assert.match(String(left), /^guest/);
});

Deno.test("A guest who has just lost the connection gives the name up before returning", async () => {
  using chat = new MemberChat();
  const guest = await chat.enter({ name: "Ann" }, "lobby");
  const other = await chat.enter({ name: "Bob" }, "lobby");
  await other.ask({ type: "say", room: "lobby", text: "hi" });
  await guest.drop();
  await chat.beat(1_000);
  const member = await chat.become("Ann");
  await chat.beat();
  assert.equal((await peopleIn(other)).includes("Ann"), false);
  const joined = await member.answer({ type: "join", room: "lobby", temporaryName: true });
  assert.deepEqual([joined.name, joined.wanted], ["Ann", undefined]);
  const again = await chat.enter({ resume: guest.resume }, "lobby");
  assert.equal((await peopleIn(again)).filter((it) => it === "Ann").length, 1);
});

Deno.test("A guest who was given a member's name by another node gives it up at the next refresh", async () => {
  using chat = new MemberChat();
  const guest = await chat.enter({ name: "Bob" });
  await guest.ask({ type: "join", room: "lobby" });
  // As if another node had claimed the name for the guest, before it learnt of the member.
  await chat.become("Ann");
  await chat.chat.bus.claim(room("lobby"), {
    user: user(String(guest.you.user)),
    name: name("Ann"),
    node: "node",
    rename: true,
  });
  await chat.beat(15_000);
  assert.match(String((await peopleIn(guest))[0]), /^guest/);
});

Deno.test("A member whose name a guest still has in a room gets it there as soon as the guest gives it up", async () => {
  using chat = new MemberChat();
  // The guest's node does not know the member yet.
  await chat.chat.bus.claim(room("lobby"), {
    user: user("u_guest000"),
    name: name("Ann"),
    node: "another",
    rename: false,
  });
  const ann = await chat.become("Ann", {}, "lobby");
  assert.deepEqual([ann.last("joined")?.name, ann.last("joined")?.wanted], ["Ann (2)", "Ann"]);
  assert.equal(ann.you.name, "Ann");
  await ann.ask({ type: "say", room: "lobby", text: "hi" });
  await chat.chat.bus.release(room("lobby"), user("u_guest000"), "another");
  await chat.beat(15_000);
  assert.deepEqual(await peopleIn(ann), ["Ann"]);
  assert.deepEqual([ann.last("renamed")?.from, ann.last("renamed")?.name], ["Ann (2)", "Ann"]);
});

Deno.test("A user of an app keeps an own name in the account, and has a temporary one beside the member", async () => {
  const authenticator = new FakeAuthenticator();
  authenticator.users.set("ann", ANN_OF_APP);
  using chat = new MemberChat({ authenticator });
  const app = await chat.enter({ token: "ann" }, "lobby");
  assert.deepEqual(await peopleIn(app), ["Ann"]);
  const member = await chat.become("Ann");
  await chat.beat();
  assert.deepEqual(await peopleIn(app), ["Ann (2)"]);
  await member.ask({ type: "join", room: "lobby" });
  assert.deepEqual((await peopleIn(member)).toSorted(), ["Ann", "Ann (2)"]);
  const again = await chat.enter({ token: "ann" }, "attic");
  assert.equal(again.you.name, "Ann");
  assert.deepEqual(await peopleIn(again, "attic"), ["Ann (2)"]);
});

Deno.test("A member's new name is the member's in all rooms, on all devices and while away", async () => {
  using chat = new MemberChat();
  const ann = await chat.become("Ann", {}, "lobby");
  const guest = await chat.enter({ name: "Gus" }, "lobby");
  const frames = await ann.ask({ type: "name", name: "Anna", id: "n" });
  assert.ok(typesOf(frames).includes("ack"));
  assert.deepEqual((await peopleIn(guest)).toSorted(), ["Anna", "Gus"]);
  assert.equal((await guest.answer({ type: "name", name: "Anna", id: "n" })).code, "name_taken");
  assert.equal((await guest.ask({ type: "name", name: "Ann", id: "n" })).at(-1)?.type, "ack");
  assert.equal((await chat.enter({ resume: ann.resume })).you.name, "Anna");
});

Deno.test("A member who was renamed on another device joins further rooms under the new name", async () => {
  using chat = new MemberChat();
  const laptop = await chat.become("Ann", {}, "lobby");
  const phone = await chat.enter({ resume: laptop.resume }, "lobby");
  await laptop.ask({ type: "name", name: "Anna", id: "n" });
  await phone.ask({ type: "join", room: "attic" });
  assert.deepEqual(await peopleIn(phone, "attic"), ["Anna"]);
});

Deno.test("A member cannot take another member's name, and keeps the own one", async () => {
  using chat = new MemberChat();
  await chat.become("Bea");
  const ann = await chat.become("Ann", {}, "lobby");
  assert.equal((await ann.answer({ type: "name", name: "bea", id: "n" })).code, "name_taken");
  assert.deepEqual(await peopleIn(ann), ["Ann"]);
});

Deno.test("A member takes a name that a guest in the same room has, as soon as the guest has given it up", async () => {
  using chat = new MemberChat();
  const guest = await chat.enter({ name: "Zoe" }, "lobby");
  const ann = await chat.become("Ann", {}, "lobby");
  await ann.ask({ type: "name", name: "Zoe", id: "n" });
  for (let turn = 0; turn < 5; turn++) await chat.beat(100);
  assert.equal(ann.frames.some(({ type, id }) => type === "ack" && id === "n"), true);
  const people = await peopleIn(guest);
  assert.ok(people.includes("Zoe") && people.some((it) => /^guest/.test(it)), String(people));
});

Deno.test("A rename that a room refuses is taken back in the service", async () => {
  using chat = new MemberChat();
  const ann = await chat.become("Ann", {}, "lobby");
  // On a node that does not know of members.
  const other = { user: user("u_guest000"), name: name("Zoe"), node: "another", rename: false };
  await chat.chat.bus.claim(room("lobby"), other);
  assert.equal((await ann.answer({ type: "name", name: "Zoe", id: "n" })).code, "name_taken");
  await chat.beat();
  assert.equal((await chat.enter({ resume: ann.resume })).you.name, "Ann");
  assert.equal((await chat.become("Zoe")).you.name, "Zoe");
});

Deno.test("A member is slowed down who changes the name all the time, and a guest is not", async () => {
  using chat = new MemberChat();
  for (const client of [await chat.become("Ann"), await chat.enter({ name: "Gus" })]) {
    const codes: unknown[] = [];
    for (let count = 0; count < 11; count++) {
      const frames = await client.ask({
        type: "name",
        name: `${client.you.name} ${count}`,
        id: `n${count}`,
      });
      codes.push(frames.find(({ type }) => type === "fault")?.code);
    }
    const expected = client.you.kind === "member" ? "slow_down" : undefined;
    assert.deepEqual(codes, [...Array.from({ length: 10 }), expected]);
    await client.drop();
  }
});

Deno.test("A rename whose reply was lost is repeated until the outcome is known", async () => {
  using chat = new MemberChat();
  const ann = await chat.become("Ann", {}, "lobby");
  chat.store.commitFaults.push("reply lost");
  await ann.ask({ type: "name", name: "Anna", id: "n" });
  await chat.beat(1_000);
  assert.ok(ann.frames.some(({ type, id }) => type === "ack" && id === "n"));
  assert.deepEqual(await peopleIn(ann), ["Anna"]);
});

Deno.test("A rename that the store refuses changes nothing", async () => {
  using chat = new MemberChat();
  const ann = await chat.become("Ann", {}, "lobby");
  chat.store.commitFaults.push("refused");
  assert.equal((await ann.answer({ type: "name", name: "Anna", id: "n" })).code, "unavailable");
  assert.deepEqual(await peopleIn(ann), ["Ann"]);
  assert.equal((await chat.enter({ name: "Anna" })).you.name, "Anna");
});

Deno.test("A user of an app who chooses the name cannot choose one that is like a member's", async () => {
  const authenticator = new FakeAuthenticator();
  authenticator.users.set("t", { ...ANN_OF_APP, name: undefined });
  using chat = new MemberChat({ authenticator });
  await chat.become("Ann");
  for (const wanted of ["Ann", "Ann (2)", "Ann ⑵"]) {
    const app = await chat.enter({ token: "t", name: wanted });
    assert.match(String(app.you.name), /^guest/);
    const answer = await app.answer({ type: "name", name: wanted, id: "n1" });
    assert.equal(answer.code, "name_taken");
  }
});

Deno.test("A member cannot be called like another one with a number", async () => {
  using chat = new MemberChat();
  await chat.become("Ann");
  const bea = await chat.become("Bea");
  assert.equal((await bea.answer({ type: "name", name: "Ann (2)", id: "n1" })).code, "name_taken");
  const invite = await chat.invite();
  const eve = await chat.connect().answer({ type: "hello", invite, name: "Ann ⑵", id: "h1" });
  assert.equal(eve.code, "name_taken");
});

for (const wanted of ["Parley", "ParIey", "Раrlеy", "Parley (2)"]) {
  Deno.test(`Nobody who chooses a name can be called ${wanted}, as operators are`, async () => {
    const authenticator = new FakeAuthenticator();
    authenticator.users.set("t", { ...ANN_OF_APP, name: undefined });
    using chat = new MemberChat({ authenticator });
    for (const hello of [{ name: wanted }, { name: wanted, token: "t" }]) {
      const client = await chat.enter(hello, "lobby");
      assert.match(String(client.you.name), /^guest/);
      const answer = await client.answer({ type: "name", name: wanted, id: "n1" });
      assert.equal(answer.code, "name_taken");
    }
    const invite = await chat.invite();
    const eve = await chat.connect().answer({ type: "hello", invite, name: wanted, id: "h1" });
    assert.equal(eve.code, "name_taken");
    const bea = await chat.become("Bea");
    assert.equal((await bea.answer({ type: "name", name: wanted, id: "n1" })).code, "name_taken");
  });
}

Deno.test("A moderator whom an app calls as operators are called has a temporary name, also for what is done", async () => {
  const authenticator = new FakeAuthenticator();
  authenticator.users.set("t", { ...ANN_OF_APP, name: name("Parley"), role: "moderator" });
  using chat = new MemberChat({ authenticator });
  const moderator = await chat.enter({ token: "t" }, "lobby");
  assert.equal(moderator.you.name, "Parley (2)");
  assert.deepEqual(await peopleIn(moderator), ["Parley (2)"]);
  const guest = await chat.enter({ name: "Guy" }, "lobby");
  const { user } = guest.you;
  await moderator.ask({ type: "moderate", action: "mute", room: "lobby", user });
  await guest.ask();
  const { name: by, text } = guest.last("said") ?? {};
  assert.deepEqual([by, text], ["Parley (2)", "muted Guy"]);
});
