import assert from "node:assert/strict";
import { textAfterLink } from "../../../lib/io/commands/link_text.ts";

for (const origin of ["http://127.0.0.1:8080", "http://[::1]:8080", "https://localhost"]) {
  Deno.test(`A link to ${origin} is for this machine only, and has no QR code`, async () => {
    for (const isTerminal of [true, false]) {
      const text = await textAfterLink(`${origin}/#invite=abc`, isTerminal);
      assert.match(
        text,
        /^Only this machine can open it: start with HOST=0\.0\.0\.0 or with PUBLIC_URL/,
      );
      assert.doesNotMatch(text, /█/);
    }
  });
}

Deno.test("A link that others can open has its QR code on a terminal, and nothing elsewhere", async () => {
  const link = "https://chat.example/#invite=abc";
  assert.match(await textAfterLink(link, true), /█/);
  assert.equal(await textAfterLink(link, false), "");
});
