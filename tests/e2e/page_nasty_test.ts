/**
 * What people with bad intentions say, call themselves, and put into addresses: the chat page shows it as text. Nothing of it
 * is run, nothing is asked of another host, and what the browser complains of fails the test as everywhere.
 * @module
 */
import assert from "node:assert/strict";
import type { Page } from "playwright-core";
import { NASTY, NASTY_NAMES } from "./nasty.ts";
import { becomes, joined, message, pageTest, say, told, useTool } from "./page_stage.ts";

/** Texts that a page which makes links and code of texts could trip over, and what is shown where it is not the same. */
const TRICKY: readonly (readonly [text: string, shown?: string])[] = [
  ...NASTY.map((text) => [text] as const),
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

/** That all messages are nothing but text, links and code, and every link is a harmless one. */
async function isHarmless(page: Page): Promise<void> {
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

for (const width of [360, 1300]) {
  pageTest(`Nasty texts, names and replies are shown as text, ${width} px wide`, async (stage) => {
    const page = await stage.enter("?name=Ann#den", { viewport: { width, height: 700 } });
    for (const [i, name] of NASTY_NAMES.entries()) {
      const room = await stage.guest(name, "den");
      const { position } = await room.say(NASTY[i] ?? "").sent;
      await room.say(NASTY[i + 1] ?? "", { reply: position }).sent;
      const { position: edited } = await room.say("to be edited").sent;
      await room.edit(edited, NASTY[i + 2] ?? "").sent;
      room.type();
    }
    await becomes(
      () => page.locator("#log .head:not(.unseen) .author").allTextContents(),
      NASTY_NAMES.flatMap((name) => [name, name]),
    );
    await becomes(
      () => page.locator("#log .quote span").allTextContents(),
      NASTY.slice(0, NASTY_NAMES.length).map((it) => it.slice(0, 160)),
    );
    await isHarmless(page);
    for (const name of NASTY_NAMES) {
      await page.locator("#members .member-name").getByText(name, { exact: true })
        .waitFor({ state: "attached" });
    }
    const eve = await stage.guest("Eve", "den");
    for (const [text] of TRICKY) await eve.say(text).sent;
    await eve.say("the end").sent;
    await told(page, "the end");
    const texts = await page.locator("#log .text").allTextContents();
    const own = texts.slice(-TRICKY.length - 1, -1);
    for (const [i, tricky] of TRICKY.entries()) {
      const shown = tricky.at(-1) ?? "";
      assert.equal(own[i]?.replaceAll("`", ""), shown.replaceAll("`", ""));
    }
    await isHarmless(page);
    // By oneself, in the field, and in what stands beside it.
    for (const text of NASTY) await say(page, text);
    await useTool(await told(page, NASTY[0] ?? ""), "Reply");
    assert.equal(await page.innerText("#banner-words"), `Answering Ann: ${NASTY[0]}`);
    await page.fill("#text", NASTY[1] ?? "");
    await useTool(await told(page, NASTY[7] ?? ""), "Delete");
    assert.equal(await page.innerText("#delete-quote"), NASTY[7]);
    await page.keyboard.press("Escape");
    await isHarmless(page);
  });
}

pageTest("A text of 60,000 bytes is said and shown whole", async (stage) => {
  const page = await stage.enter("?name=Ann#den", { viewport: { width: 800, height: 600 } });
  const text = "<b>世界</b> `x` https://a.example/ ".repeat(1_500);
  await say(page, text);
  await told(page, "世界");
  const shown = await page.locator("#log .text").textContent();
  assert.equal(shown?.replaceAll("`", ""), text.trim().replaceAll("`", ""));
  await isHarmless(page);
  await say(page, "and on");
  await told(page, "and on");
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

pageTest("Whatever a server gives out as a reaction is shown as text", async (stage) => {
  const page = await stage.open("?name=Ann", { viewport: { width: 360, height: 700 } });
  let emoji = "";
  await page.routeWebSocket(/\/ws/, (socket) => {
    const server = socket.connectToServer();
    // What an honest server would never let through.
    server.onMessage((told) => socket.send(String(told).replaceAll(`"👍"`, JSON.stringify(emoji))));
  });
  await page.goto(`${stage.url}/?again#den`);
  await joined(page);
  const ben = await stage.guest("Ben", "den");
  for (emoji of ODD_EMOJI) {
    const { position } = await ben.say(`reacted: ${emoji}`).sent;
    await ben.react(position, "👍").sent;
    const row = await told(page, `reacted: ${emoji}`);
    const reaction = row.locator(".reaction:not(.add)");
    await becomes(() => reaction.locator("span:not(.count)").allTextContents(), [emoji]);
    await isHarmless(page);
  }
});

pageTest(
  "Nasty names and rooms in the address are text, or are refused in words",
  async (stage) => {
    for (const name of NASTY_NAMES) {
      const page = await stage.enter(`?${new URLSearchParams({ name })}#den`);
      assert.equal(await page.innerText("#me bdi"), name);
      await say(page, "it is me");
      await told(page, "it is me");
      await becomes(() => page.locator("#log .own .author").allTextContents(), [name]);
      await page.click("#me");
      assert.equal(await page.inputValue("#name"), name);
      await isHarmless(page);
      await page.context().close();
    }
    const page = await stage.enter("?name=Ann");
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
      await joined(page);
      assert.equal(await page.innerText("#room-title"), "# lobby");
      await isHarmless(page);
    }
    for (
      const room of ["__proto__", "constructor", "...", "den/<script>stung=1</script>", "den/e:1"]
    ) {
      await page.goto(`${stage.url}/#${room}`);
      await page.locator("#room-title", { hasText: `# ${room.split("/")[0]}` }).waitFor();
      await joined(page);
      await isHarmless(page);
    }
    await page.reload();
    await joined(page);
    await becomes(
      () => page.locator("#rooms .room-name").allTextContents(),
      ["lobby", "__proto__", "constructor", "...", "den"],
    );
  },
);

pageTest(
  "A name that cannot be one closes the door with words, and not for ever",
  async (stage) => {
    const page = await stage.open(`?${new URLSearchParams({ name: "* star" })}#den`);
    await page.locator("#words", { hasText: /^The server closed the conversation: a name has/ })
      .waitFor();
    await page.click("#reload");
    await joined(page);
    assert.equal(await page.innerText("#room-title"), "# den");
    await say(page, "hello");
    await told(page, "hello");
  },
);

const KEPT: readonly Readonly<Record<string, string>>[] = [
  {
    "parley-page.draft.den": JSON.stringify({
      text: NASTY[0],
      reply: { position: NASTY[1], name: NASTY[2], text: NASTY[4] },
    }),
    "parley-page.name": NASTY_NAMES[0] ?? "",
    "parley-page.last-name": NASTY_NAMES[1] ?? "",
    "parley-page.rooms": `den <img> ../x __proto__ ${"y".repeat(65)} den`,
    "parley-page.room": NASTY[1] ?? "",
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
      ...{ deed: { type: "say", text: NASTY[1], reply: NASTY[0] }, after: null, receipt: null },
      fault: { code: "__proto__", message: NASTY[0] },
    }),
  },
];

for (const [i, kept] of KEPT.entries()) {
  pageTest(
    `Whatever lies in the browser's storage, the page opens and talks (${i + 1})`,
    async (stage) => {
      const before = `if (location.protocol === "http:" && !sessionStorage.seeded) {
      sessionStorage.seeded = "yes";
      for (const [key, value] of Object.entries(${JSON.stringify(kept)})) {
        localStorage.setItem(key, value);
      }
    }`;
      const page = await stage.enter("#den", { before });
      await isHarmless(page);
      if (i === 0) {
        assert.equal(await page.inputValue("#text"), NASTY[0]);
        assert.equal(await page.innerText("#banner-words"), `Answering ${NASTY[2]}: ${NASTY[4]}`);
        await page.click("#banner-cancel");
      }
      if (i === 2) await message(page, NASTY[1] ?? "").locator(".delivery").waitFor();
      await say(page, "hello");
      await told(page, "hello");
      await isHarmless(page);
      await page.reload();
      await joined(page);
      await told(page, "hello");
    },
  );
}
