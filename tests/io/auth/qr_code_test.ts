import assert from "node:assert/strict";
import { qrCode, qrCodeText } from "../../../lib/io/auth/qr_code.ts";

const LINK = "https://chat.example/#invite=q7Zk0cVw2mPz5h9TqA1xYg";

Deno.test("qrCode() is an image of dark modules on white, with a margin of four modules", async () => {
  const image = await qrCode(LINK);
  const [, size = ""] =
    /^<svg xmlns="[^"]+" viewBox="0 0 (\d+) \d+"><rect fill="white"/.exec(image) ?? [];
  const [, path = ""] = /<path fill="black" d="([^"]+)"\/><\/svg>$/.exec(image) ?? [];
  const starts = [...path.matchAll(/M(\d+),(\d+)/g)].flatMap(([, x, y]) => [Number(x), Number(y)]);
  // A module is 10 units wide, and there is one in each corner but the last.
  assert.deepEqual([Math.min(...starts), Math.max(...starts)], [40, Number(size) - 50]);
});

Deno.test("qrCodeText() is a square of half blocks", async () => {
  const lines = (await qrCodeText(LINK)).split("\n");
  assert.deepEqual([...new Set(lines.map((line) => [...line].length))], [2 * lines.length - 1]);
  assert.match(lines.join(""), /^[ ▀▄█]+$/);
});
