/** What `/api/v1/invites` accepts, and what it answers. */
import assert from "node:assert/strict";
import { forOperators } from "../../../lib/io/api/operator.ts";
import { invitesHandler } from "../../../lib/io/api/members.ts";
import { MemberWorld } from "../../chat/members/member_world.ts";

const TOKEN = "a token of some length";
const PAGE = "https://chat.example/";

class Api {
  readonly world = new MemberWorld();
  readonly #handler = forOperators(
    { adminToken: TOKEN },
    invitesHandler(this.world.directory, () => PAGE),
  );

  async post(body: unknown) {
    const response = await this.#handler(
      new Request("http://localhost/api/v1/invites", {
        method: "POST",
        headers: { authorization: `Bearer ${TOKEN}` },
        body: JSON.stringify(body),
      }),
    );
    return { status: response.status, body: await response.json() };
  }
}

Deno.test("POST makes an invite with the terms that requests of members have", async () => {
  const { status, body } = await new Api().post({});
  assert.equal(status, 201);
  const { role, rooms, usesLeft, createdAt, expiresAt } = body.invite;
  assert.deepEqual([role, rooms, usesLeft], ["member", [], 1]);
  assert.equal(Date.parse(expiresAt) - Date.parse(createdAt), 7 * 24 * 3_600_000);
  assert.equal(body.link, `${PAGE}#invite=${body.secret}`);
});

Deno.test("POST with a member makes a link for a device, which names the member as frames do", async () => {
  const api = new Api();
  const { user } = await api.world.become("Ann");
  const { status, body } = await api.post({ member: user });
  assert.equal(status, 201);
  assert.equal(body.invite.member, user);
  assert.equal("user" in body.invite, false);
  assert.equal(body.link, `${PAGE}#device=${body.secret}`);
});

for (
  const [what, body, status, detail] of [
    ["no room", { rooms: ["team", "a b"] }, 400, /^rooms\.1: a room has/],
    ["too short a time", { seconds: 59 }, 400, /^seconds: Invalid value: Expected >=60/],
    ["too many uses", { uses: 1_001 }, 400, /^uses: Invalid value: Expected <=1000/],
    [
      "too many rooms",
      { rooms: Array.from({ length: 21 }, () => "a") },
      400,
      /^rooms: Invalid len/,
    ],
    ["an id that no member has", { member: "u1" }, 400, /^member: a user id has 8 to 40/],
    ["an unknown member", { member: "m_nobody00" }, 404, /^there is no member m_nobody00/],
  ] as const
) {
  Deno.test(`POST refuses ${what} with ${status}`, async () => {
    const answer = await new Api().post(body);
    assert.equal(answer.status, status);
    assert.match(answer.body.detail, detail);
  });
}
