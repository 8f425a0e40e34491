/** Who may end what is imposed on an address on account of its guests. */
import assert from "node:assert/strict";
import { user } from "../../contract/fixtures.ts";
import { Client, Den, type Frame, outcome } from "../../support/chat/den.ts";
import { flushMicrotasks, name } from "../../support/fakes.ts";

for (const [what, where] of [["in a room", { room: "den" }], ["everywhere", {}]] as const) {
  Deno.test(`A moderator cannot end the mute of an address that an owner's mute of a guest has brought, ${what}`, async () => {
    using den = new Den({ role: "moderator", rights: null });
    const issuedAt = den.chat.clock.date();
    den.authenticator.users.set("owner", {
      ...{ role: "owner", rights: null, user: user("a_olga0000"), name: name("Olga") },
      ...{ issuedAt, tokenId: undefined, expiresAt: Infinity },
    });
    const clients: Client[] = [];
    den.chat.followSanctions((event) => {
      for (const { handler } of clients) handler.signIn?.recheckUser?.(event);
    });
    const enter = async (hello: Frame, address?: string) => {
      const client = new Client(den.chat, address ? { address } : {});
      clients.push(client);
      const [frame] = await client.ask({ type: "hello", ...hello });
      await client.ask({ type: "join", id: "j", room: "den" });
      return { client, id: String(Object(Object(frame).you).user) };
    };
    const moderate = async ({ client }: { client: Client }, action: string, target: string) => {
      const request = { type: "moderate", id: action, action, user: target, ...where };
      return outcome(await client.ask(request), action);
    };
    const owner = await enter({ token: "owner" });
    const moderator = await enter({ token: "token" });
    const guest = await enter({ name: "Troll" }, "192.0.2.1");
    assert.equal(await moderate(owner, "mute", guest.id), "done");
    await flushMicrotasks();
    assert.equal(await moderate(moderator, "unmute", guest.id), "not_allowed");
    assert.equal(await moderate(moderator, "unmute", "ip_c0000201"), "not_allowed");
    const other = await enter({ name: "Sock" }, "192.0.2.1");
    const said = await other.client.ask({ type: "say", id: "s", room: "den", text: "x" });
    assert.equal(outcome(said, "s"), "muted");
  });
}
