/**
 * The code in the guides works as it is written.
 * @module
 */
import assert from "node:assert/strict";
import { systemClock } from "../../lib/chat/ports/clock.ts";
import { JwtAuthenticator } from "../../lib/io/auth/authenticators/jwt_authenticator.ts";

const guide = await Deno.readTextFile(new URL("../../docs/guides/app-users.md", import.meta.url));

Deno.test("The guide's ten lines sign a token that the service accepts", async () => {
  const [, code = ""] = /```js\n(import \{ createHmac[^`]*(?:`[^`\n]*`[^`]*)*?)```/.exec(guide) ??
    [];
  const lines = code.split("\n").filter((line) => line.trim() !== "");
  assert.ok(lines.length <= 10, `${lines.length} lines`);
  const runnable = `import { Buffer } from "node:buffer";\n${code}`;
  const { chatToken } = await import(`data:text/javascript,${encodeURIComponent(runnable)}`);
  const secret = "a secret of the app that is long enough";
  const token = chatToken({ id: "42", name: "Ann", team: "red" }, secret);
  const settings = { jwtSecret: [{ kid: undefined, secret }], jwtIssuer: null, jwtAudience: null };
  const noKeys = { read: () => Promise.resolve(undefined) };
  const result = await new JwtAuthenticator(settings, noKeys, systemClock).authenticate(token);
  assert.ok(result.kind === "known");
  assert.equal(result.name, "Ann");
  assert.deepEqual(result.rights, [{ match: "team-red", allow: ["read", "send", "react"] }]);
});
