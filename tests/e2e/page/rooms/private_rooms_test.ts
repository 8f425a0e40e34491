/** New rooms in the page, private and direct ones, their members, and the ways out of them. */
import assert from "node:assert/strict";
import type { Page } from "playwright-core";
import { laterEn } from "../../../../static/page/i18n/later_en.js";
import { loadStrings, stringsOf } from "../../../../static/page/i18n/strings.js";
import { MEMBER_SETTINGS } from "../../../support/identity/member_links.ts";
import { checkAccessible } from "../accessible.ts";
import { becomeMember, openLink, whenNamed } from "../members/become_member.ts";
import {
  eventually,
  type PageFixture,
  pageTest,
  say,
  SERVER_IS_DOWN,
  untilShown,
} from "../page_fixture.ts";

await loadStrings("zh");
const en = { ...laterEn, ...stringsOf("en") };
const options = { settings: MEMBER_SETTINGS } as const;

/** Everything that people can read on the page, with what is only for screen readers. */
function texts(page: Page): Promise<string> {
  return page.evaluate(`document.title + document.body.innerText +
    [...document.querySelectorAll("[aria-label], [title], [placeholder], option")].map((it) =>
      [it.ariaLabel, it.title, it.placeholder, it.textContent].join(" ")).join(" ")`);
}

/** Creates a private room with the dialog. */
async function createPrivate(page: Page, title: string): Promise<void> {
  await page.click("#new-room");
  await page.locator("#new-room-dialog[open]").waitFor();
  await page.keyboard.type(title);
  await page.keyboard.press("Enter");
  await eventually(() => page.innerText("#room-title"), title);
  await page.locator("[aria-current][data-state=joined]").waitFor();
}

/** Adds a person to the private room that is shown. */
async function addMember(page: Page, name: string): Promise<void> {
  await page.click("#room-members");
  await page.locator("#room-members-who").selectOption({ label: name });
  await page.click("#room-members-do");
  await page.getByText(en.memberAdded.replace("{name}", name)).waitFor();
}

const names = (page: Page) => page.locator("#rooms .room-name bdi").allTextContents();

/** Ann and Bob, members who see each other in the room `den`. */
async function two(stage: PageFixture): Promise<{ ann: Page; bob: Page }> {
  const [ann, bob] = [await becomeMember(stage, "Ann"), await becomeMember(stage, "Bob")];
  await ann.locator(".member", { hasText: "Bob" }).waitFor();
  return { ann, bob };
}

pageTest(
  "A private room is created, gets members, and is in their lists by its title",
  async (stage) => {
    const { ann, bob } = await two(stage);
    await createPrivate(ann, "Summer party");
    assert.equal(await ann.innerText("#room-about"), en.markPrivate);
    await say(ann, "who brings the cake?");
    await untilShown(ann, "who brings the cake?");
    await addMember(ann, "Bob");
    await eventually(() => names(bob), ["den", "Summer party"]);
    await bob.locator("#rooms .room", { hasText: "Summer party" }).click();
    await untilShown(bob, "who brings the cake?");
    await say(bob, "I do");
    await untilShown(ann, "I do");
    for (const page of [ann, bob]) assert.doesNotMatch(await texts(page), /_private\./);
    await bob.reload();
    await eventually(() => bob.innerText("#room-title"), "Summer party");
    assert.doesNotMatch(await texts(bob), /_private\./);
  },
  options,
);

pageTest("Whoever is removed from a private room is told, and the room is gone", async (stage) => {
  const { ann, bob } = await two(stage);
  await createPrivate(ann, "Summer party");
  await addMember(ann, "Bob");
  await bob.locator("#rooms .room", { hasText: "Summer party" }).click();
  await bob.locator("[aria-current][data-state=joined]", { hasText: "Summer party" }).waitFor();
  await ann.getByRole("button", { name: `${en.removeMember}: Bob` }).click();
  await ann.getByText(en.memberRemoved.replace("{name}", "Bob")).waitFor();
  await bob.getByText(en.roomGone.replace("{room}", "Summer party")).waitFor();
  await eventually(() => names(bob), ["den"]);
  await eventually(() => bob.innerText("#room-title"), "# den");
}, options);

pageTest("A private room is left after a confirmation, and not joined again", async (stage) => {
  const { ann } = await two(stage);
  await createPrivate(ann, "Summer party");
  await ann.click("#leave");
  await ann.getByText("Leave Summer party?").waitFor();
  await ann.click("#leave-cancel");
  assert.equal(await ann.innerText("#room-title"), "Summer party");
  await ann.click("#leave");
  await ann.click("#leave-do");
  await ann.getByText(en.roomLeft.replace("{room}", "Summer party")).waitFor();
  await eventually(() => ann.innerText("#room-title"), "# den");
  await ann.keyboard.press("Control+k");
  await ann.locator("#palette-list li").first().waitFor();
  assert.doesNotMatch(await ann.innerText("#palette-list"), /Summer|_private/);
}, options);

pageTest(
  "A direct message is sent from the list of people, and answered, without ids",
  async (stage) => {
    const { ann, bob } = await two(stage);
    await ann.getByRole("button", { name: en.messagePerson.replace("{name}", "Bob") }).click();
    await eventually(() => ann.innerText("#room-title"), "Bob");
    assert.equal(await ann.innerText("#room-about"), en.markDirect);
    assert.equal(await ann.getAttribute("#text", "placeholder"), "Message Bob");
    await say(ann, "a word, please");
    await untilShown(ann, "a word, please");
    await eventually(() => names(bob), ["den", "Ann"]);
    await bob.locator("#rooms .room", { hasText: "Ann" }).last().click();
    await eventually(() => bob.innerText("#room-title"), "Ann");
    await untilShown(bob, "a word, please");
    await bob.getByText("This is the beginning of your conversation with Ann.").waitFor();
    for (const page of [ann, bob]) {
      assert.doesNotMatch(await texts(page), /_direct\./);
      await page.reload();
      await page.locator("[aria-current][data-state=joined]").waitFor();
      assert.doesNotMatch(await texts(page), /_direct\./);
    }
    await bob.click("#leave");
    await bob.getByText("Leave your conversation with Ann?").waitFor();
    await bob.click("#leave-do");
    await eventually(() => names(bob), ["den"]);
    await say(ann, "are you there?");
    await ann.locator("#log .fault", { hasText: en.directLeft }).waitFor();
    await ann.click("#rooms .room");
    await ann.getByRole("button", { name: en.messagePerson.replace("{name}", "Bob") }).click();
    await ann.getByText(en.directRefused.replace("{name}", "Bob")).waitFor();
  },
  options,
);

pageTest("A link made in a private room leads into it, by its title", async (stage) => {
  const ann = await becomeMember(stage, "Ann", { role: "moderator" });
  await createPrivate(ann, "Summer party");
  await ann.click("#room-members");
  await ann.click("#room-members-invite");
  await ann.locator("#invite-rooms").getByText("Summer party").waitFor();
  await ann.click("#invite-make");
  const link = await ann.locator("#invite-link input").inputValue();
  await ann.locator("#invites").getByText("Summer party").waitFor();
  assert.doesNotMatch(await texts(ann), /_private\./);
  const bob = await openLink(stage, link);
  await bob.fill("#join-name", "Bob");
  await bob.press("#join-name", "Enter");
  await eventually(() => bob.innerText("#room-title"), "Summer party");
  await whenNamed(bob, "Bob");
  await say(bob, "here I am");
  await untilShown(ann, "here I am");
}, options);

pageTest("A private room is read offline, from the last visit", async (stage) => {
  const { ann } = await two(stage);
  await createPrivate(ann, "Summer party");
  await say(ann, "who brings the cake?");
  await untilShown(ann, "who brings the cake?");
  await ann.evaluate("navigator.serviceWorker.ready.then(() => {})");
  await ann.reload();
  await untilShown(ann, "who brings the cake?");
  await ann.routeWebSocket(/\/ws/, (socket) => void socket.close());
  await ann.reload();
  await eventually(() => ann.innerText("#room-title"), "Summer party");
  await ann.getByText("who brings the cake?").first().waitFor();
  assert.doesNotMatch(await texts(ann), /_private\./);
}, { ...options, expected: SERVER_IS_DOWN });

pageTest(
  "The settings of a private room have no id, and hide what was written earlier",
  async (stage) => {
    const { ann, bob } = await two(stage);
    await createPrivate(ann, "Summer party");
    await say(ann, "before");
    await untilShown(ann, "before");
    await ann.click("#room-settings");
    await ann.getByText(en.roomTitleRulePrivate).waitFor();
    assert.equal(await ann.isVisible("#room-listed"), false);
    assert.doesNotMatch(await texts(ann), /_private\./);
    await ann.locator("#room-field-history").check();
    await ann.click("#room-save");
    await ann.locator("#log").getByText(en.event_historyJoined.replace("{by}", "Ann")).waitFor();
    await addMember(ann, "Bob");
    await ann.keyboard.press("Escape");
    await say(ann, "after");
    await bob.locator("#rooms .room", { hasText: "Summer party" }).click();
    await untilShown(bob, "after");
    assert.equal(await bob.getByText("before", { exact: true }).count(), 0);
  },
  options,
);

pageTest("The palette finds listed rooms by title and topic, with their people", async (stage) => {
  const { ann, bob } = await two(stage);
  await bob.click("#new-room");
  await bob.locator("#new-room-kinds input[value=listed]").check();
  await bob.fill("#new-room-name", "kitchen");
  await bob.fill("#new-room-field-title", "The cosy kitchen");
  await bob.fill("#new-room-topic", "Recipes for soup");
  await bob.keyboard.press("Enter");
  await eventually(() => bob.innerText("#room-title"), "The cosy kitchen");
  for (const typed of ["cosy", "soup"]) {
    await ann.keyboard.press("Control+k");
    await ann.locator("#palette[open]").waitFor();
    await ann.keyboard.type(typed);
    const first = ann.locator("#palette-list li[data-kind=room]").first();
    await first.waitFor();
    await eventually(
      async () => (await first.innerText()).replaceAll(/\s+/g, " "),
      "# The cosy kitchen #kitchen · Recipes for soup 1 person",
    );
    await ann.keyboard.press("Escape");
  }
  await ann.keyboard.press("Control+k");
  await ann.locator("#palette[open]").waitFor();
  await ann.keyboard.type("cosy");
  await ann.locator("#palette-list li[data-kind=room]").first().click();
  await eventually(() => ann.innerText("#room-title"), "The cosy kitchen");
}, options);

pageTest(
  "A room that exists is not created, and guests are offered open ones only",
  async (stage) => {
    const page = await stage.enter("?name=Guy#den");
    await page.click("#new-room");
    await page.locator("#new-room-dialog[open]").waitFor();
    assert.equal(await page.isVisible("#new-room-kinds"), false);
    await page.keyboard.type("no such/room");
    await page.keyboard.press("Enter");
    await eventually(
      () => page.innerText("#new-room-error"),
      `A${en.fault_bad_room.slice(1)}`,
    );
    await page.fill("#new-room-name", "lobby");
    await page.keyboard.press("Enter");
    await eventually(() => page.innerText("#new-room-error"), "The room exists already.");
    assert.equal(await page.getByRole("button", { name: /direct message/ }).count(), 0);
  },
  options,
);

for (const [locale, language] of [["en-GB", "en"], ["zh-CN", "zh"]] as const) {
  for (const width of [360, 1300]) {
    pageTest(
      `Dialogs of private rooms work by keyboard and fit (${language}, ${width} px)`,
      async (stage) => {
        const words = language === "en" ? en : stringsOf(language);
        const opening = {
          locale,
          viewport: { width, height: 740 },
          reducedMotion: "reduce",
        } as const;
        const ann = await becomeMember(stage, "Ann", { role: "moderator" }, opening);
        await becomeMember(stage, `Bob ${"W".repeat(28)}`, {}, opening);
        const isPhone = width < 720;
        if (isPhone) await ann.click("#open-rooms");
        await ann.focus("#new-room");
        await ann.keyboard.press("Enter");
        await ann.locator("#new-room-dialog[open]").waitFor();
        await ann.keyboard.type("The very long title of a room for some people");
        await check(ann, `new-${language}-${width}`);
        await ann.locator("#new-room-kinds input[value=listed]").check();
        await check(ann, `new-listed-${language}-${width}`);
        await ann.locator("#new-room-kinds input[value=private]").check();
        await ann.keyboard.press("Enter");
        await ann.locator("[aria-current][data-state=joined] .icon").waitFor({ state: "attached" });
        await check(ann, `room-${language}-${width}`);
        if (isPhone) await ann.click("#open-people");
        await ann.focus("#room-members");
        await ann.keyboard.press("Enter");
        await ann.locator("#room-members-list li").waitFor();
        await check(ann, `members-${language}-${width}`);
        await ann.focus("#room-members-who");
        await ann.keyboard.press("Tab");
        await ann.keyboard.press("Enter");
        await eventually(() => ann.locator("#room-members-list li").count(), 2);
        await eventually(() => ann.innerText("#room-members-note"), words.addPersonNobody);
        await check(ann, `two-members-${language}-${width}`);
        await ann.keyboard.press("Escape");
        if (isPhone) await ann.locator("#people .drawer-close").click();
        await ann.focus("#leave");
        await ann.keyboard.press("Enter");
        await ann.locator("#leave-dialog[open]").waitFor();
        await eventually(() => ann.evaluate("document.activeElement.id"), "leave-cancel");
        await check(ann, `leave-${language}-${width}`);
        await ann.keyboard.press("Tab");
        await ann.keyboard.press("Enter");
        await ann.locator("#leave-dialog").waitFor({ state: "hidden" });
        await eventually(() => ann.innerText("#room-title"), "# den");
      },
      options,
    );
  }
}

/** What of the page is wider than its place. */
function overflows(page: Page): Promise<readonly string[]> {
  return page.evaluate<string[]>(
    `[...document.querySelectorAll("dialog[open], #conversation, #room-head"), document.documentElement]
    .filter((it) => it.scrollWidth > it.clientWidth).map((it) => it.id || it.localName)`,
  );
}

async function check(page: Page, screen: string): Promise<void> {
  const folder = Deno.env.get("SHOTS");
  if (folder) {
    for (const colorScheme of ["dark", "light"] as const) {
      await page.emulateMedia({ colorScheme });
      await page.screenshot({ path: `${folder}/${screen}-${colorScheme}.png` });
    }
  }
  await checkAccessible(page, screen, overflows);
}
