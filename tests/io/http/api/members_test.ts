/** Members of whole services: invited, known by their devices, and alone with their names. */
import assert from "node:assert/strict";
import { type Frame, JsonClient } from "../../../support/clients/json_client.ts";
import { LogRecorder } from "../../../support/log_recorder.ts";
import { inviteAsOperator, MEMBER_SETTINGS } from "../../../support/identity/member_links.ts";
import { enter } from "../../../support/identity/revocations.ts";
import { WORKER_COUNTS } from "../../../support/engine.ts";
import { startTestService, type TestService } from "../../../support/service.ts";

const PAGE = "https://chat.example.org/";

async function become(service: TestService, name: string, terms: Frame = {}) {
  return await enter(service, { invite: await inviteAsOperator(service, terms), name });
}

for (const WORKERS of WORKER_COUNTS) {
  const start = (settings = {}, addresses?: readonly string[]) =>
    startTestService({ ...MEMBER_SETTINGS, WORKERS, ...settings }, addresses);

  Deno.test(`An invited user becomes a member, and returns as the same one, with WORKERS=${WORKERS}`, async () => {
    await using service = await start({ AUTH: "required" });
    const { client, hello } = await become(service, "Ann", { role: "owner", rooms: ["Team"] });
    const { user } = Object(hello.you);
    assert.match(user, /^m_/);
    assert.deepEqual(hello.you, { user, name: "Ann", kind: "member", role: "owner" });
    assert.deepEqual(hello.rooms, ["team"]);
    await client[Symbol.asyncDispose]();
    const again = await enter(service, { resume: hello.resume, name: "Bea" });
    await using _again = again.client;
    assert.deepEqual(again.hello.you, hello.you);
    assert.notEqual(again.hello.resume, hello.resume);
  });

  Deno.test(`Links of operators lead to where others reach the service, on both listeners, with WORKERS=${WORKERS}`, async () => {
    await using service = await start({ HOST: "0.0.0.0" }, ["127.0.0.1", "192.0.2.7"]);
    const page = `http://192.0.2.7:${service.port}/`;
    assert.equal(service.page, page);
    for (const origin of [service.url, service.adminUrl]) {
      const response = await fetch(`${origin}/api/v1/invites`, {
        method: "POST",
        headers: { authorization: `Bearer ${MEMBER_SETTINGS.ADMIN_TOKEN}` },
        body: "{}",
      });
      const { link, secret } = await response.json();
      assert.equal(link, `${page}#invite=${secret}`);
    }
  });

  Deno.test(`A member invites others and adds a device, with a QR code of the link, with WORKERS=${WORKERS}`, async () => {
    await using service = await start();
    await using ann = (await become(service, "Ann", { role: "owner" })).client;
    ann.send({ type: "invite", id: "i1", rooms: ["team"], page: PAGE });
    const { secret, link, qr } = await ann.next("invite");
    assert.equal(link, `${PAGE}#invite=${secret}`);
    assert.match(String(qr), /^<svg /);
    const bea = await enter(service, { invite: secret, name: "Bea" });
    await using _bea = bea.client;
    assert.equal(Object(bea.hello.you).role, "member");
    ann.send({ type: "invite", device: true });
    const phone = await enter(service, {
      invite: (await ann.next("invite")).secret,
      device: "Firefox on Android",
    });
    await using _phone = phone.client;
    assert.equal(Object(phone.hello.you).name, "Ann");
    ann.send({ type: "devices" });
    const { devices } = await ann.next("devices");
    assert.ok(Array.isArray(devices));
    assert.deepEqual(devices.map(({ label, here }) => [label, here]), [["", true], [
      "Firefox on Android",
      undefined,
    ]]);
  });

  Deno.test(`A device that is signed out is closed with 4508, and its token is worth nothing, with WORKERS=${WORKERS}`, async () => {
    await using service = await start();
    const ann = await become(service, "Ann", { role: "owner" });
    await using laptop = ann.client;
    laptop.send({ type: "invite", device: true });
    const phone = await enter(service, { invite: (await laptop.next("invite")).secret });
    laptop.send({ type: "devices" });
    const { devices } = await laptop.next("devices");
    assert.ok(Array.isArray(devices));
    laptop.send({ type: "revoke", id: "r1", device: devices[1].device });
    assert.equal((await laptop.next("ack", "fault")).type, "ack");
    const closed = { code: 4508, reason: "signed out" };
    assert.deepEqual(await phone.client.connection.closed, closed);
    await using thief = await JsonClient.open(service);
    thief.send({ type: "hello", resume: phone.hello.resume });
    assert.deepEqual(await thief.connection.closed, closed);
    laptop.send({ type: "ping" });
    await laptop.next("pong");
  });

  Deno.test(`Who invites, joins and signs a device out is logged once, with WORKERS=${WORKERS}`, async () => {
    await using log = await LogRecorder.start();
    await using service = await start();
    const { client, hello } = await become(service, "Ann", { role: "owner" });
    await using ann = client;
    ann.send({ type: "invite", id: "i1", device: true });
    const phone = await enter(service, { invite: (await ann.next("invite")).secret });
    const { user } = Object(hello.you);
    const joined = log.fields("auth.joined");
    assert.deepEqual(joined.map((it) => it["user"]), [user, user]);
    ann.send({ type: "revoke", id: "r1", device: joined[1]?.["device"] });
    await phone.client.connection.closed;
    assert.equal((await ann.next("ack", "fault")).type, "ack");
    assert.deepEqual(log.fields("auth.device_removed").map((it) => it["user"]), [user]);
    assert.deepEqual(log.fields("auth.invited").map((it) => it["by"]), [undefined, user]);
  });

  Deno.test(`A guest with the name of a new member, or one that looks like it, gets another, with WORKERS=${WORKERS}`, async () => {
    await using service = await start({ GUEST_NAME: "Guest" });
    await using guest = (await enter(service, { name: "аnn" })).client;
    guest.send({ type: "join", room: "lobby" });
    await guest.next("joined");
    const ann = await become(service, "ann", { role: "owner" });
    await using member = ann.client;
    member.send({ type: "join", room: "lobby" });
    const renamed = await guest.next("renamed");
    assert.equal(renamed.from, "аnn");
    assert.match(String(renamed.name), /^Guest\d+$/);
    guest.send({ type: "name", id: "n1", name: "Ann" });
    assert.equal((await guest.next("fault")).code, "name_taken");
    const late = await enter(service, { name: "ANN" });
    await using other = late.client;
    assert.match(String(Object(late.hello.you).name), /^Guest\d+$/);
    other.send({ type: "join", room: "lobby", temporaryName: true });
    assert.match(String((await other.next("joined")).name), /^Guest\d+$/);
    await using again = (await enter(service, { resume: ann.hello.resume })).client;
    again.send({ type: "join", room: "lobby" });
    for (let name = (await again.next("joined")).name; name !== "ann";) {
      name = (await again.next("renamed")).name;
    }
  });
}
