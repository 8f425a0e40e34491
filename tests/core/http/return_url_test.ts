import assert from "node:assert/strict";
import fc from "fast-check";
import { returnUrl } from "../../../lib/core/http/return_url.ts";

const ROOT = "https://chat.example";
const BELOW = "https://host.example/team";

for (
  const [publicUrl, path, url] of [
    [ROOT, null, "https://chat.example/"],
    [ROOT, "/", "https://chat.example/"],
    [ROOT, "/#den", "https://chat.example/#den"],
    [ROOT, "/?at=1#den", "https://chat.example/?at=1#den"],
    [BELOW, "/#den", "https://host.example/team/#den"],
    [ROOT, "//evil.example", "https://chat.example//evil.example"],
    [ROOT, "/\\evil.example", "https://chat.example//evil.example"],
    [ROOT, "https://evil.example", "https://chat.example/"],
    [ROOT, ".evil.example", "https://chat.example/"],
    [ROOT, "@evil.example", "https://chat.example/"],
    [ROOT, ":81/", "https://chat.example/"],
    [ROOT, "javascript:alert(1)", "https://chat.example/"],
    [BELOW, "/../admin", "https://host.example/team/"],
    [BELOW, "/%2e%2E/admin", "https://host.example/team/"],
    [BELOW, "/..\\admin", "https://host.example/team/"],
    [BELOW, "mates", "https://host.example/team/"],
    [ROOT, `/#${"x".repeat(1_022)}`, `https://chat.example/#${"x".repeat(1_022)}`],
    [ROOT, `/#${"x".repeat(1_023)}`, "https://chat.example/"],
    [ROOT, `/#${"大".repeat(400)}`, "https://chat.example/"],
  ] as const
) {
  const shown = path && path.length > 50 ? `a path of ${path.length}` : path;
  const result = url.length > 100 ? `a URL of ${url.length}` : url;
  Deno.test(`returnUrl() of ${shown} at ${publicUrl} is ${result}`, () => {
    assert.equal(returnUrl(publicUrl, path), url);
  });
}

Deno.test("returnUrl() is below the service's own URL, whatever the path is", () => {
  const part = fc.oneof(
    fc.string(),
    fc.constantFrom("/", "\\", "..", "%2e", "@", ":", "\t", "?", "#"),
  );
  fc.assert(fc.property(fc.array(part), (parts) => {
    for (const path of [parts.join(""), `/${parts.join("")}`]) {
      const url = returnUrl(BELOW, path);
      assert.ok(url.startsWith(`${BELOW}/`) && new URL(url).href === url, url);
      assert.equal(new URL(url).origin, "https://host.example");
    }
  }));
});
