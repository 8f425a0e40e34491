/** Guests and programs beside the users of an app: the page marks them, and says what it can do for a guest who is not welcome. */
import assert from "node:assert/strict";
import { SignJWT } from "jose";
import { connect } from "../../../../static/client.js";
import { api } from "../../../support/api.ts";
import { eventually, pageTest } from "../page_fixture.ts";

const SECRET = "a-secret-of-this-test-that-is-long-enough";
const ADMIN = "an-admin-token-that-is-long-enough";

/** A token of an app for Ann. */
function sign(): Promise<string> {
  return new SignJWT({ name: "Ann" }).setProtectedHeader({ alg: "HS256" }).setSubject("ann")
    .setExpirationTime("1h").sign(new TextEncoder().encode(SECRET));
}

for (
  const [language, you, guest, app] of [
    ["en-US", "you", "guest", "app"],
    ["zh-CN", "你", "访客", "应用"],
  ] as const
) {
  pageTest(
    `The page marks guests while a user of an app is in the room, and programs always (${language})`,
    async (stage) => {
      const page = await stage.enter("?name=Bob#den", { locale: language });
      await stage.joinRoom("Cleo", "den");
      const marks = () =>
        page.locator("#members .member").evaluateAll((rows) =>
          rows.map((row) =>
            [...row.querySelectorAll(".member-name, .mark")].map((it) => it.textContent).join(" ")
          )
        );
      await eventually(marks, [`Bob ${you}`, "Cleo"]);
      using chat = connect(`${stage.url}/ws`, { token: sign });
      const room = chat.join("den");
      await eventually(marks, [`Bob ${you} ${guest}`, "Ann", `Cleo ${guest}`]);
      room.leave();
      await eventually(marks, [`Bob ${you}`, "Cleo"]);
      const json = { name: "ci", rooms: ["den"], allow: ["read", "send"] };
      const secret = String((await api(stage, "/keys", { token: ADMIN, json })).body.secret);
      // Under a name that the sender states, and without being in the room.
      const body = JSON.stringify({ text: "disk full", username: "Olga" });
      assert.equal(
        await (await fetch(`${stage.url}/hooks/${secret}`, { method: "POST", body })).text(),
        "ok",
      );
      const row = page.getByRole("article", { name: new RegExp(`^Olga ?, ${app} ?:`) });
      await row.waitFor();
      assert.deepEqual(await row.locator(".mark").allTextContents(), [`, ${app}`]);
      using program = connect(`${stage.url}/ws`, { token: () => secret });
      program.join("den");
      await eventually(marks, [`Bob ${you} ${guest}`, `ci ${app}`, `Cleo ${guest}`]);
    },
    { settings: { JWT_SECRET: SECRET, ADMIN_TOKEN: ADMIN } },
  );
}

for (
  const [language, words] of [
    [
      "en-US",
      "this service is not open to guests. Open the link of an invite, or the chat in your app.",
    ],
    ["zh-CN", "此服务不对访客开放，请打开邀请链接，或从你的应用中打开聊天。"],
  ] as const
) {
  pageTest(
    `The page says that the service is not open to guests (${language})`,
    async (stage) => {
      const page = await stage.open("", { locale: language });
      const line = page.locator("#words", { hasText: words });
      await line.waitFor();
      assert.ok(await line.isVisible());
    },
    { settings: { JWT_SECRET: SECRET, AUTH: "required" } },
  );
}
