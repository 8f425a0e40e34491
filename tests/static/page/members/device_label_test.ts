import assert from "node:assert/strict";
import { deviceLabel } from "../../../../static/page/members/device_label.js";

const WEBKIT = "AppleWebKit/537.36 (KHTML, like Gecko)";

for (
  const [agent, label] of [
    ["Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0", "Firefox on Linux"],
    [`Mozilla/5.0 (Windows NT 10.0) ${WEBKIT} Chrome/140.0.0.0 Safari/537.36`, "Chrome on Windows"],
    [
      `Mozilla/5.0 (Windows NT 10.0) ${WEBKIT} Chrome/140.0 Safari/537.36 Edg/140.0`,
      "Edge on Windows",
    ],
    [
      `Mozilla/5.0 (Linux; Android 10; K) ${WEBKIT} Chrome/140.0 Mobile Safari/537.36`,
      "Chrome on Android",
    ],
    [
      "Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) Version/18.0 Mobile/15E148 Safari/604.1",
      "Safari on iPhone",
    ],
    [
      "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) Version/18.0 Safari/605.1",
      "Safari on macOS",
    ],
    ["something else", ""],
  ] as const
) {
  Deno.test(`deviceLabel() finds ${label || "nothing"} in ${agent.slice(0, 60)}`, () => {
    assert.equal(deviceLabel(agent), label);
  });
}
