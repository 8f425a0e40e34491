/** A user's own filter: what the page shows of a person whom the user has blocked, and where blocks are made and removed. */
import assert from "node:assert/strict";
import type { Page } from "playwright-core";
import { accessibilityViolations } from "../../../support/programs/chromium.ts";
import {
  eventually,
  message,
  pageTest,
  say,
  setVisibility,
  untilShown,
  whenJoined,
} from "../page_fixture.ts";

// Without motion, since colours that are about to change have too little contrast.
const WIDE = { viewport: { width: 1300, height: 700 }, reducedMotion: "reduce" } as const;
const HIDDEN = "Message from a blocked person. Show";
/** Enables notifications and records all that are shown, since an automated browser shows none. */
const NOTES = `if (location.protocol === "http:") {
  localStorage.setItem("parley-page / notifies", "yes");
  globalThis.notes = [];
  globalThis.Notification = class extends EventTarget {
    static permission = "granted";
    constructor(title, { body }) {
      super();
      notes.push(title + ": " + body);
    }
    close() {}
  };
}`;

/** Presses a button of the member panel, such as "Block Eve". */
async function pressTool(page: Page, name: string): Promise<void> {
  const button = page.locator("#members").getByRole("button", { name, exact: true });
  await button.hover();
  await button.click();
}

/** The texts of the log's messages, as one reads them. */
function rows(page: Page): Promise<readonly string[]> {
  return page.evaluate<string[]>(`[...document.querySelectorAll("#log article")].map((it) =>
    (it.querySelector(".text") ?? it).textContent.trim())`);
}

/** The text of a room's last message in the list of rooms. */
function preview(page: Page): Promise<string> {
  return page.locator("#rooms [aria-current] .room-last").innerText();
}

pageTest(
  "Nothing of a blocked person is shown, until the user asks for it or unblocks them",
  async (stage) => {
    const page = await stage.enter("?name=Ann#den", WIDE);
    const eve = await stage.joinRoom("Eve", "den");
    const bob = await stage.joinRoom("Bob", "den");
    const { position } = await eve.say("first insult").sent;
    await bob.say("leave it", { reply: position }).sent;
    await say(page, "hello");
    const own = await untilShown(page, "hello");
    const hello = await own.getAttribute("data-position") ?? "";
    await eve.react(hello, "👎").sent;
    await eve.react(hello, "👋").sent;
    await bob.react(hello, "👋").sent;
    await own.locator(".reaction", { hasText: "👋 2" }).waitFor();
    const reply = await untilShown(page, "leave it");
    await reply.locator(".quote", { hasText: "first insult" }).waitFor();

    await pressTool(page, "Block Eve");
    await eventually(() => rows(page), [HIDDEN, "leave it", "hello"]);
    await eventually(
      () => own.locator(".reaction:not(.add)").allTextContents(),
      ["👋 1"],
      "reactions are not counted",
    );
    assert.equal(await reply.locator(".quote").innerText(), "An earlier message");
    const row = page.locator("#members .member", { hasText: "Eve" });
    assert.equal(await row.locator(".mark").innerText(), "blocked");

    eve.type();
    bob.type();
    await eventually(() => page.locator("#typing").innerText(), "Bob is typing…");
    await eve.say("second insult").sent;
    await eventually(() => rows(page), [HIDDEN, "leave it", "hello", HIDDEN]);
    await eventually(() => preview(page), "Message from a blocked person.");
    assert.deepEqual(await accessibilityViolations(page), []);
    const content = await page.evaluate<string>("document.body.innerText");
    assert.doesNotMatch(content, /insult/);

    await page.click("#find-room");
    await page.fill("#palette-field", "@Eve");
    await eventually(
      () => page.locator("#palette-note").innerText(),
      "No room or person matches.",
    );
    await page.keyboard.press("Escape");

    const hidden = page.locator("#log .concealed");
    await hidden.last().getByRole("button", { name: "Show" }).click();
    await eventually(() => rows(page), [HIDDEN, "leave it", "hello", "second insult"]);
    const shown = message(page, "second insult");
    assert.equal(await shown.locator(".author").innerText(), "Eve");
    assert.ok(await shown.evaluate((it) => it === document.activeElement), "keeps the focus");

    await page.reload();
    await whenJoined(page);
    await eventually(() => rows(page), [HIDDEN, "leave it", "hello", HIDDEN]);
    await reply.locator(".quote").click();
    await page.locator("#log .concealed.flash").waitFor();

    eve.leave();
    await row.waitFor({ state: "detached" });
    await page.click("#open-settings");
    const settings = page.locator("#settings-dialog");
    await settings.getByText("Blocked people").waitFor();
    assert.deepEqual(await accessibilityViolations(page), []);
    await settings.getByRole("button", { name: "Unblock: Eve" }).click();
    await settings.getByText("Blocked people").waitFor({ state: "hidden" });
    await page.keyboard.press("Escape");
    await eventually(() => rows(page), ["first insult", "leave it", "hello", "second insult"]);
    await own.locator(".reaction", { hasText: "👎 1" }).waitFor();
  },
);

pageTest(
  "A blocked person's messages cause no notification, badge or unread count",
  async (stage) => {
    const opening = { ...WIDE, before: NOTES, serviceWorkers: "block" } as const;
    const page = await stage.enter("?name=Ann#den", opening);
    const eve = await stage.joinRoom("Eve", "den");
    const bob = await stage.joinRoom("Bob", "den");
    await bob.say("seen").sent;
    await untilShown(page, "seen");
    await pressTool(page, "Block Eve");
    await page.locator("#members").getByRole("button", { name: "Unblock Eve" }).waitFor();
    await setVisibility(page, "beside");
    await page.evaluate(`{
    globalThis.titles = [];
    new MutationObserver(() => titles.push(document.title))
      .observe(document.querySelector("title"), { childList: true });
  }`);
    for (const text of ["one", "two", "three"]) await eve.say(text).sent;
    await page.locator("#log .concealed").nth(2).waitFor();
    const badges = page.locator("#rooms .badge");
    const dividers = page.locator("#log .divider");
    assert.deepEqual([await badges.count(), await dividers.count()], [0, 0]);
    assert.equal(await page.title(), "#den · Parley");

    await bob.say("not seen").sent;
    await eventually(() => page.title(), "(1) Parley");
    assert.equal(await badges.innerText(), "1");
    assert.equal(await dividers.innerText(), "1 new message");
    // Those of earlier messages would have been shown before.
    await eventually(() => page.evaluate("notes"), ["Bob · #den: not seen"]);
    assert.deepEqual(await page.evaluate("titles"), ["(1) Parley"]);
    const announced = await page.locator("#announcer").innerText();
    assert.match(announced, /^(?:Bob: not seen)?$/);

    await page.goto("about:blank");
    await eve.say("four").sent;
    await page.goto(`${stage.url}/#attic`);
    await whenJoined(page);
    const den = page.locator("#rooms a", { hasText: "den" });
    await den.locator(".badge", { hasText: "1" }).waitFor();
    // Its words are loaded when they are first shown.
    const last = den.locator(".room-last");
    await eventually(() => last.innerText(), "Message from a blocked person.");
  },
);

pageTest(
  "All tabs have the same blocks, and the keyboard reaches all people by one Tab stop",
  async (stage) => {
    const page = await stage.enter("?name=Ann#den", WIDE);
    const eve = await stage.joinRoom("Eve", "den");
    await eve.say("insult").sent;
    await untilShown(page, "insult");
    const other = await page.context().newPage();
    await other.goto(page.url());
    await whenJoined(other);
    await untilShown(other, "insult");

    await pressTool(page, "Block Eve");
    for (const it of [page, other]) await eventually(() => rows(it), [HIDDEN]);
    await pressTool(other, "Unblock Eve");
    for (const it of [page, other]) await eventually(() => rows(it), ["insult"]);
    await other.close();

    // By keyboard.
    eve.leave();
    for (const name of ["Bob", "Cleo", "Dan"]) await stage.joinRoom(name, "den");
    const focused = () =>
      page.evaluate<string | null>("document.activeElement.getAttribute('aria-label')");
    const buttons = page.locator("#members").getByRole("button", { name: /^Block / });
    await eventually(
      async () =>
        await Promise.all((await buttons.all()).map((it) => it.getAttribute("aria-label"))),
      ["Block Bob", "Block Cleo", "Block Dan"],
    );
    await page.focus("#members");
    await page.keyboard.press("Tab");
    assert.equal(await focused(), "Block Bob");
    await page.keyboard.press("ArrowDown");
    assert.equal(await focused(), "Block Cleo");
    await page.keyboard.press("Enter");
    await eventually(focused, "Unblock Cleo", "the focus stays on the person");
    // Another person's coming renders the list again.
    await stage.joinRoom("Bert", "den");
    await page.locator("#members").getByText("Bert").waitFor();
    assert.equal(await focused(), "Unblock Cleo");
    await page.keyboard.press("End");
    assert.equal(await focused(), "Block Dan");
    const stops = page.locator("#members button[tabindex='0']");
    assert.equal(await stops.count(), 1);
  },
);

/** Blocks as many people as possible. */
const FULL = `if (location.protocol === "http:") {
  localStorage.setItem("parley-page / blocked",
    Array.from({ length: 200 }, (_, n) => "u" + (1e7 + n) + " Troll " + n).join("\\n"));
}`;

pageTest("The page says that no more people can be blocked", async (stage) => {
  const page = await stage.enter("?name=Ann#den", { ...WIDE, before: FULL });
  await stage.joinRoom("Eve", "den");
  await pressTool(page, "Block Eve");
  const error = page.locator("#people").getByRole("alert");
  await eventually(
    () => error.innerText(),
    "You have blocked 200 people, the maximum. Unblock someone first.",
  );
  await page.click("#open-settings");
  await page.getByRole("button", { name: "Unblock: Troll 7", exact: true }).click();
  await page.keyboard.press("Escape");
  await error.waitFor({ state: "hidden" });
  await pressTool(page, "Block Eve");
  await page.locator("#members").getByText("blocked", { exact: true }).waitFor();
});

pageTest("On a phone, people are blocked in the drawer (zh)", async (stage) => {
  const page = await stage.enter("?name=Ann#den", {
    ...{ viewport: { width: 375, height: 667 }, hasTouch: true, isMobile: true, locale: "zh-CN" },
    ...{ colorScheme: "dark", reducedMotion: "reduce" },
  });
  const eve = await stage.joinRoom("Eve", "den");
  await eve.say("insult").sent;
  await untilShown(page, "insult");
  await page.tap("#open-people");
  await page.getByRole("button", { name: "屏蔽 Eve", exact: true }).tap();
  await page.getByRole("button", { name: "取消屏蔽 Eve" }).waitFor();
  assert.deepEqual(await accessibilityViolations(page), []);
  await page.locator("#people .drawer-close").tap();
  await page.locator("#log").getByText("已屏蔽的人发来的消息。").waitFor();
  await page.locator("#log").getByRole("button", { name: "显示" }).tap();
  await untilShown(page, "insult");
});
