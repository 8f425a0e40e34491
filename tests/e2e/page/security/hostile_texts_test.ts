/**
 * The chat page shows malicious texts, names and addresses as text. It runs none of them and requests no other host,
 * and as in all tests any complaint by the browser fails.
 * @module
 */
import assert from "node:assert/strict";
import type { Page } from "playwright-core";
import { HOSTILE_NAMES, HOSTILE_TEXTS } from "./hostile_texts.ts";
import {
  eventually,
  message,
  pageTest,
  say,
  untilShown,
  useTool,
  whenJoined,
} from "../page_fixture.ts";

/** Texts that could confuse the detection of links and code, and what is shown if it differs. */
const TRICKY: readonly (readonly [text: string, shown?: string])[] = [
  ...HOSTILE_TEXTS.map((text) => [text] as const),
  ["JaVaScRiPt:alert(1) java\tscript:alert(1) javascript&#58;alert(1) \u0001javascript:alert(1)"],
  ["data:text/html,<script>stung=1</script> vbscript:stung(1) file:///etc/passwd blob:x"],
  ["http://javascript:alert(1) https://alert(1)// http://[::1 http:// https:// http:///x"],
  ["https://bank.example@evil.example/ http://a:b@evil.example //evil.example ftp://evil.example"],
  ["https://evil.example/\u202Emoc.knab \u2066https://evil.example/\u2069 \u200Fhttps://x.example"],
  [`https://a.example/"onmouseover="stung=1 https://a.example/'><img/src=x/onerror=stung=1>`],
  ["https://a.example/</a><script>stung=1</script>"],
  ["\u202Egnp.exe\u202C z\u200Be\u200Dr\u2060o\uFEFF \u0000 \u0007 \u001B[31m \u2028 \u2029 \u0300"
    .repeat(3)],
  ["`<img src=x onerror=stung=1>`", "<img src=x onerror=stung=1>"],
  ["```html\n<script>stung=1</script>\n```", "<script>stung=1</script>"],
  ["```<svg/onload=stung=1>``` `` ` ````"],
  ["`".repeat(2_000)],
  ["<%= stung=1 %> #{stung=1} ${stung=1} {name} {text} {count} $1 $& $` $'"],
  ["__proto__"],
  ["constructor"],
  ["W".repeat(5_000)],
  ["https://a.example/" + "w".repeat(3_000)],
  ["[](javascript:alert(1)) ![x](https://elsewhere.example/pixel.png) **<b>**"],
];

/**
 * Checks that all messages consist of text, links and code, and that every link is harmless.
 *
 * @param sizes Of the window, which has the first one afterwards; by default the one it has.
 */
async function isHarmless(
  page: Page,
  sizes: readonly { readonly width: number; readonly height: number }[] = [],
): Promise<void> {
  for (const size of [...sizes].reverse()) {
    await page.setViewportSize(size);
    await isHarmless(page);
  }
  if (sizes.length > 0) return;
  const found = await page.evaluate<unknown>(`({
    stung: typeof stung,
    elements: [...new Set([...document.querySelectorAll(
      "#log .text *, .author *, .quote > * *, .room-last *, .room-name *, bdi *, .toast > span *, h1 *, #banner-words *",
    )].map((it) => it.localName))].filter((it) => !["a", "bdi", "code", "div", "pre", "span"].includes(it)),
    links: [...document.querySelectorAll("#log a")].filter((it) =>
      !/^https?:\\/\\/[^@]*$/.test(it.href) || it.target !== "_blank" ||
      !["noopener", "noreferrer", "nofollow"].every((word) => it.relList.contains(word))
    ).map((it) => it.outerHTML),
    sideways: document.documentElement.scrollWidth > innerWidth ||
      document.getElementById("log").scrollWidth > document.getElementById("log").clientWidth,
  })`);
  assert.deepEqual(found, { stung: "undefined", elements: [], links: [], sideways: false });
}

const NARROW = { width: 360, height: 700 };
const WIDE = { width: 1300, height: 700 };

pageTest(
  "Hostile texts, names and replies are shown as text, on narrow and wide screens",
  async (stage) => {
    const page = await stage.enter("?name=Ann#den", { viewport: NARROW });
    for (const [i, name] of HOSTILE_NAMES.entries()) {
      const room = await stage.joinRoom(name, "den");
      const { position } = await room.say(HOSTILE_TEXTS[i] ?? "").sent;
      await room.say(HOSTILE_TEXTS[i + 1] ?? "", { reply: position }).sent;
      const { position: edited } = await room.say("to be edited").sent;
      await room.edit(edited, HOSTILE_TEXTS[i + 2] ?? "").sent;
      room.type();
    }
    await eventually(
      () => page.locator("#log .head:not(.unseen) .author").allTextContents(),
      HOSTILE_NAMES.flatMap((name) => [name, name]),
    );
    await eventually(
      () => page.locator("#log .quote span").allTextContents(),
      HOSTILE_TEXTS.slice(0, HOSTILE_NAMES.length).map((it) => it.slice(0, 160)),
    );
    await isHarmless(page, [NARROW, WIDE]);
    for (const name of HOSTILE_NAMES) {
      await page.locator("#members .member-name").getByText(name, { exact: true })
        .waitFor({ state: "attached" });
    }
    const eve = await stage.joinRoom("Eve", "den");
    for (const [text] of TRICKY) await eve.say(text).sent;
    await eve.say("the end").sent;
    await untilShown(page, "the end");
    const texts = await page.locator("#log .text").allTextContents();
    const own = texts.slice(-TRICKY.length - 1, -1);
    for (const [i, tricky] of TRICKY.entries()) {
      const shown = tricky.at(-1) ?? "";
      assert.equal(own[i]?.replaceAll("`", ""), shown.replaceAll("`", ""));
    }
    await isHarmless(page, [NARROW, WIDE]);
    // By the user, in the field and in what is shown beside it.
    for (const text of HOSTILE_TEXTS) await say(page, text);
    await useTool(await untilShown(page, HOSTILE_TEXTS[0] ?? ""), "Reply");
    assert.equal(await page.innerText("#banner-words"), `Replying to Ann: ${HOSTILE_TEXTS[0]}`);
    await page.fill("#text", HOSTILE_TEXTS[1] ?? "");
    await useTool(await untilShown(page, HOSTILE_TEXTS[7] ?? ""), "Delete");
    assert.equal(await page.innerText("#delete-quote"), HOSTILE_TEXTS[7]);
    await page.keyboard.press("Escape");
    await isHarmless(page, [NARROW, WIDE]);
  },
);

pageTest("A text of 60,000 bytes is sent and shown whole", async (stage) => {
  const page = await stage.enter("?name=Ann#den", { viewport: { width: 800, height: 600 } });
  const text = "<b>世界</b> `x` https://a.example/ ".repeat(1_500);
  await say(page, text);
  await untilShown(page, "世界");
  const shown = await page.locator("#log .text").textContent();
  assert.equal(shown?.replaceAll("`", ""), text.trim().replaceAll("`", ""));
  await isHarmless(page);
  await say(page, "and on");
  await untilShown(page, "and on");
});

const ODD_EMOJI = [
  `<img src=x onerror="stung=1">`,
  `<script>stung=1</script>`,
  "__proto__",
  "constructor",
  `"]'\\ onfocus=stung=1`,
  "x".repeat(30),
  "👩‍👩‍👧‍👦",
  "",
];

pageTest("Any reaction from a server is shown as text", async (stage) => {
  const page = await stage.open("?name=Ann", { viewport: { width: 360, height: 700 } });
  let emoji = "";
  await page.routeWebSocket(/\/ws/, (socket) => {
    const server = socket.connectToServer();
    // Our server would never send this.
    server.onMessage((message) =>
      socket.send(String(message).replaceAll(`"👍"`, JSON.stringify(emoji)))
    );
  });
  await page.goto(`${stage.url}/?again#den`);
  await whenJoined(page);
  const ben = await stage.joinRoom("Ben", "den");
  for (emoji of ODD_EMOJI) {
    const { position } = await ben.say(`reacted: ${emoji}`).sent;
    await ben.react(position, "👍").sent;
    const row = await untilShown(page, `reacted: ${emoji}`);
    const reaction = row.locator(".reaction:not(.add)");
    await eventually(() => reaction.locator("span:not(.count)").allTextContents(), [emoji]);
    await isHarmless(page);
  }
});

/** Leaves the chat page and stores nothing but this, as before the first visit of another user. */
async function storeOnly(page: Page, stored: Readonly<Record<string, string>>): Promise<void> {
  await page.goto(new URL("/echo.html", page.url()).href);
  await page.evaluate(`
    localStorage.clear();
    sessionStorage.clear();
    for (const it of Object.entries(${JSON.stringify(stored)})) localStorage.setItem(...it);
  `);
}

pageTest(
  "Hostile names and rooms in the address are shown as text or refused with a message",
  async (stage) => {
    const page = await stage.enter("?name=Ann");
    for (const [i, name] of HOSTILE_NAMES.entries()) {
      await storeOnly(page, { "parley-page / name": name });
      await page.goto(`${stage.url}/#den-${i}`);
      await whenJoined(page);
      assert.equal(await page.innerText("#me bdi"), name);
      await say(page, "it is me");
      await untilShown(page, "it is me");
      await eventually(() => page.locator("#log .own .author").allTextContents(), [name]);
      await page.click("#me");
      assert.equal(await page.inputValue("#name"), name);
      await isHarmless(page);
    }
    await storeOnly(page, { "parley-page / name": "Ann" });
    for (
      const hash of [
        "<img src=x onerror=alert(1)>",
        "%3Cscript%3Estung=1%3C/script%3E",
        "javascript:alert(1)",
        "a b",
        "%",
        "%00",
        "x".repeat(65),
      ]
    ) {
      await page.goto(`${stage.url}/#${hash}`);
      await page.locator(".toast", { hasText: "A room's name has 1 to 64 letters" }).last()
        .waitFor();
      assert.equal(await page.innerText("#room-title"), "# lobby");
      await page.reload();
      await whenJoined(page);
      assert.equal(await page.innerText("#room-title"), "# lobby");
      await isHarmless(page);
    }
    for (
      const room of ["__proto__", "constructor", "..a", "den/<script>stung=1</script>", "den/e:1"]
    ) {
      await page.goto(`${stage.url}/#${room}`);
      await page.locator("#room-title", { hasText: `# ${room.split("/")[0]}` }).waitFor();
      await whenJoined(page);
      await isHarmless(page);
    }
    await page.reload();
    await whenJoined(page);
    await eventually(
      () => page.locator("#rooms .room-name").allTextContents(),
      ["lobby", "__proto__", "constructor", "..a", "den"],
    );
  },
);

pageTest(
  "An invalid name is refused with a reason, and another name can be chosen",
  async (stage) => {
    const page = await stage.open(`?${new URLSearchParams({ name: "* star" })}#den`);
    await page.locator("#words", { hasText: /^The server closed the connection: a name has/ })
      .waitFor();
    await page.click("#reload");
    await whenJoined(page);
    assert.equal(await page.innerText("#room-title"), "# den");
    await say(page, "hello");
    await untilShown(page, "hello");
  },
);

const KEPT: readonly Readonly<Record<string, string>>[] = [
  {
    "parley-page.draft.den": JSON.stringify({
      text: HOSTILE_TEXTS[0],
      reply: { position: HOSTILE_TEXTS[1], name: HOSTILE_TEXTS[2], text: HOSTILE_TEXTS[4] },
    }),
    "parley-page.name": HOSTILE_NAMES[0] ?? "",
    "parley-page.last-name": HOSTILE_NAMES[1] ?? "",
    "parley-page.rooms": `den <img> ../x __proto__ ${"y".repeat(65)} den`,
    "parley-page.room": HOSTILE_TEXTS[1] ?? "",
    "parley-page.theme": `"><script>stung=1</script>`,
    "parley-page.language": "__proto__",
    "parley-page.notifies": "perhaps",
  },
  {
    "parley-page.draft.den": "{",
    "parley-page.rooms": "\u0000",
    "parley-page.name": "Ann",
    "parley.resume": "not.a.token",
    "parley.mark": "",
    "parley.deed.one": "{",
    "parley.deed.two": "null",
    "parley.deed.three": JSON.stringify({ id: "three", room: "<img>", deed: { type: "dance" } }),
    "parley.deed.four": JSON.stringify({ id: 4, room: {}, deed: null, at: "x", order: [] }),
  },
  {
    "parley-page.draft.den": JSON.stringify({ text: { toString: "x" }, reply: [] }),
    "parley-page.name": "Ann",
    "parley.deed.one": JSON.stringify({
      ...{ id: "one", room: "den", at: 1, order: 0, sentAt: null, triedAt: null, sentAs: null },
      ...{
        deed: { type: "say", text: HOSTILE_TEXTS[1], reply: HOSTILE_TEXTS[0] },
        after: null,
        receipt: null,
      },
      fault: { code: "__proto__", message: HOSTILE_TEXTS[0] },
    }),
  },
];

pageTest("The page works with any content in the browser's storage", async (stage) => {
  const page = await stage.enter("#den");
  for (const [i, kept] of KEPT.entries()) {
    await storeOnly(page, kept);
    await page.goto(`${stage.url}/#den`);
    await whenJoined(page);
    await isHarmless(page);
    if (i === 0) {
      assert.equal(await page.inputValue("#text"), HOSTILE_TEXTS[0]);
      assert.equal(
        await page.innerText("#banner-words"),
        `Replying to ${HOSTILE_TEXTS[2]}: ${HOSTILE_TEXTS[4]}`,
      );
      await page.click("#banner-cancel");
    }
    if (i === 2) await message(page, HOSTILE_TEXTS[1] ?? "").locator(".delivery").waitFor();
    await say(page, `hello ${i}`);
    await untilShown(page, `hello ${i}`);
    await isHarmless(page);
    await page.reload();
    await whenJoined(page);
    await untilShown(page, `hello ${i}`);
  }
});
