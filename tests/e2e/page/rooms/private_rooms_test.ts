/** New rooms in the page, private and direct ones, their members, and the ways out of them. */
import assert from "node:assert/strict";
import type { Page } from "playwright-core";
import { laterEn } from "../../../../static/page/i18n/later_en.js";
import { loadLaterStrings, stringsOf } from "../../../../static/page/i18n/strings.js";
import { MEMBER_SETTINGS } from "../../../support/identity/member_links.ts";
import { checkAccessible } from "../accessible.ts";
import {
  becomeMember,
  connectMember,
  joinAsMember,
  openLink,
  whenNamed,
  whenRoomJoined,
} from "../members/become_member.ts";
import {
  eventually,
  type PageFixture,
  pageTest,
  say,
  SERVER_IS_DOWN,
  untilShown,
  whenJoined,
} from "../page_fixture.ts";
import { createPrivate } from "./create_private.ts";

await loadLaterStrings("zh");
const zh = stringsOf("zh");
const en = { ...laterEn, ...stringsOf("en") };
const options = { settings: MEMBER_SETTINGS } as const;

/** Everything that people can read on the page, with what is only for screen readers. */
function texts(page: Page): Promise<string> {
  return page.evaluate(`document.title + document.body.innerText +
    [...document.querySelectorAll("[aria-label], [title], [placeholder], option")].map((it) =>
      [it.ariaLabel, it.title, it.placeholder, it.textContent].join(" ")).join(" ")`);
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
  "A private room is created, gets members, and is in their lists until they are removed",
  async (stage) => {
    const { ann, bob } = await two(stage);
    await createPrivate(ann, "Summer party");
    assert.equal(await ann.innerText("#room-about"), en.markPrivate);
    await say(ann, "who brings the cake?");
    await untilShown(ann, "who brings the cake?");
    await addMember(ann, "Bob");
    await eventually(() => names(bob), ["den", "Summer party"]);
    const row = bob.locator("#rooms .room", { hasText: "Summer party" });
    await row.click();
    await untilShown(bob, "who brings the cake?");
    await say(bob, "I do");
    await untilShown(ann, "I do");
    for (const page of [ann, bob]) assert.doesNotMatch(await texts(page), /_private\./);
    await bob.reload();
    await eventually(() => bob.innerText("#room-title"), "Summer party");
    assert.doesNotMatch(await texts(bob), /_private\./);

    await bob.locator("[aria-current][data-state=joined]", { hasText: "Summer party" }).waitFor();
    await ann.getByRole("button", { name: `${en.removeMember}: Bob` }).click();
    await ann.getByText(en.memberRemoved.replace("{name}", "Bob")).waitFor();
    await bob.getByText(en.roomGone.replace("{room}", "Summer party")).waitFor();
    await eventually(() => names(bob), ["den"]);
    await eventually(() => bob.innerText("#room-title"), "# den");
    await ann.keyboard.press("Escape");

    // Bob comes back, once its settings hide what was written earlier.
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
    await row.click();
    await untilShown(bob, "after");
    assert.equal(await bob.getByText("who brings the cake?", { exact: true }).count(), 0);
  },
  options,
);

pageTest(
  "The members of a private room have marks, and those who are away come last",
  async (stage) => {
    const ann = await becomeMember(stage, "Ann", { role: "moderator" });
    await joinAsMember(stage, "Bob");
    // Does not join the private room.
    await stage.joinRoom("Ben", "den");
    await ann.locator(".member", { hasText: "Ben" }).waitFor({ state: "attached" });
    await createPrivate(ann, "Summer party");
    for (const [language, strings] of [["en", en], ["zh", zh]] as const) {
      const { memberCreator, memberAway, markModerator, markMember, guest, thatIsYou } = strings;
      if (language === "zh") {
        await ann.keyboard.press("Escape");
        await ann.setViewportSize({ width: 1300, height: 640 });
        await ann.click("#open-settings");
        await ann.locator("#language input[value=zh]").check({ force: true });
        await ann.locator("html[lang=zh]").waitFor();
        await ann.keyboard.press("Escape");
      }
      await ann.setViewportSize({ width: 360, height: 640 });
      if (!await ann.isVisible("#room-members")) {
        await ann.locator("#open-people").focus();
        await ann.keyboard.press("Enter");
      }
      await ann.locator("#room-members:visible").focus();
      await ann.keyboard.press("Enter");
      await ann.locator("#room-members-dialog[open]").waitFor();
      for (const label of language === "en" ? ["Bob", "Ben"] : ["Ben"]) {
        await ann.locator("#room-members-who").selectOption({ label });
        await ann.click("#room-members-do");
        await ann.getByText(strings.memberAdded.replace("{name}", label)).waitFor();
      }
      const rows = ann.locator("#room-members-list li");
      await eventually(() => rows.locator("div").allInnerTexts(), [
        `Ann\n${thatIsYou} · ${markModerator} · ${memberCreator}`,
        `Bob\n${markMember}`,
        `Ben\n${guest} · ${memberAway}`,
      ]);
      const dialog = ann.locator("#room-members-dialog");
      assert.ok(await dialog.evaluate((it) => it.scrollWidth <= it.clientWidth));
      await checkAccessible(ann, `the members of a private room (${language})`);
      await rows.getByRole("button", { name: `${strings.removeMember}: Ben` }).focus();
      await ann.keyboard.press("Enter");
      await ann.getByText(strings.memberRemoved.replace("{name}", "Ben")).waitFor();
      await ann.locator("#room-members-close:focus").waitFor();
    }
  },
  options,
);

pageTest(
  "A direct message is sent from the list of people, and answered, without ids",
  async (stage) => {
    const { ann, bob } = await two(stage);
    await ann.getByRole("button", { name: en.messagePerson.replace("{name}", "Bob") }).click();
    await eventually(() => ann.innerText("#room-title"), "Bob");
    assert.equal(await ann.innerText("#room-about"), en.markDirect);
    assert.equal(await ann.getAttribute("#text", "placeholder"), "Message Bob");
    await ann.fill("#text", "@B");
    assert.ok(await ann.isHidden("#mentions"), "there is nobody else to be meant");
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

pageTest(
  "A link made in a private room leads into it, by its title; the room is left after a confirmation",
  async (stage) => {
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

    // It is left after a confirmation, and not joined again.
    await ann.keyboard.press("Escape");
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
  },
  options,
);

pageTest("A private room is read offline, from the last visit", async (stage) => {
  const ann = await becomeMember(stage, "Ann");
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
  "Guests find listed rooms by title and topic, with their people, and create open ones only",
  async (stage) => {
    const bob = await becomeMember(stage, "Bob");
    const guest = await stage.enter("?name=Guy#den");
    await bob.click("#new-room");
    await bob.locator("#new-room-kinds input[value=listed]").check();
    await bob.fill("#new-room-name", "kitchen");
    await bob.fill("#new-room-field-title", "The cosy kitchen");
    await bob.fill("#new-room-topic", "Recipes for soup");
    await bob.keyboard.press("Enter");
    await eventually(() => bob.innerText("#room-title"), "The cosy kitchen");
    for (const typed of ["cosy", "soup"]) {
      await guest.keyboard.press("Control+k");
      await guest.locator("#palette[open]").waitFor();
      await guest.keyboard.type(typed);
      const first = guest.locator("#palette-list li[data-kind=room]").first();
      await first.waitFor();
      await eventually(
        async () => (await first.innerText()).replaceAll(/\s+/g, " "),
        "# The cosy kitchen #kitchen · Recipes for soup 1 person",
      );
      await guest.keyboard.press("Escape");
    }
    await guest.keyboard.press("Control+k");
    await guest.locator("#palette[open]").waitFor();
    await guest.keyboard.type("cosy");
    await guest.locator("#palette-list li[data-kind=room]").first().click();
    await eventually(() => guest.innerText("#room-title"), "The cosy kitchen");
    await whenJoined(guest);

    // Bob is there, to whom members could write.
    await guest.locator(".member", { hasText: "Bob" }).waitFor({ state: "attached" });
    assert.equal(await guest.getByRole("button", { name: /direct message/ }).count(), 0);
    await guest.click("#new-room");
    await guest.locator("#new-room-dialog[open]").waitFor();
    assert.equal(await guest.isVisible("#new-room-kinds"), false);
    await guest.keyboard.type("no such/room");
    await guest.keyboard.press("Enter");
    await eventually(() => guest.innerText("#new-room-error"), `A${en.fault_bad_room.slice(1)}`);
    await guest.fill("#new-room-name", "lobby");
    await guest.keyboard.press("Enter");
    await eventually(() => guest.innerText("#new-room-error"), "The room exists already.");
  },
  options,
);

pageTest(
  "Dialogs of private rooms work by keyboard and fit",
  async (stage) => {
    const viewport = { width: 1300, height: 740 };
    const ann = await becomeMember(stage, "Ann", { role: "moderator" }, { viewport });
    await joinAsMember(stage, `Bob ${"W".repeat(28)}`);
    for (const [language, words] of [["en", en], ["zh", zh]] as const) {
      const isPhone = language === "zh";
      const look = (screen: string) => check(ann, `${screen}-${language}`, isPhone ? [] : [360]);
      if (isPhone) {
        await ann.click("#open-settings");
        await ann.locator("#language input[value=zh]").check({ force: true });
        await ann.locator("html[lang=zh]").waitFor();
        await ann.keyboard.press("Escape");
        await ann.setViewportSize({ width: 360, height: 740 });
        await ann.click("#open-rooms");
      }
      await ann.focus("#new-room");
      await ann.keyboard.press("Enter");
      await ann.locator("#new-room-dialog[open]").waitFor();
      await ann.keyboard.type("The very long title of a room for some people");
      await look("new");
      await ann.locator("#new-room-kinds input[value=listed]").check();
      await look("new-listed");
      await ann.locator("#new-room-kinds input[value=private]").check();
      await ann.keyboard.press("Enter");
      await ann.locator("[aria-current][data-state=joined] .icon").waitFor({ state: "attached" });
      await look("room");
      if (isPhone) await ann.click("#open-people");
      await ann.focus("#room-members");
      await ann.keyboard.press("Enter");
      await ann.locator("#room-members-list li").waitFor();
      await look("members");
      await ann.focus("#room-members-who");
      await ann.keyboard.press("Tab");
      await ann.keyboard.press("Enter");
      await eventually(() => ann.locator("#room-members-list li").count(), 2);
      await eventually(() => ann.innerText("#room-members-note"), words.addPersonNobody);
      await look("two-members");
      await ann.keyboard.press("Escape");
      if (isPhone) await ann.locator("#people .drawer-close").click();
      await ann.focus("#leave");
      await ann.keyboard.press("Enter");
      await ann.locator("#leave-dialog[open]").waitFor();
      await eventually(() => ann.evaluate("document.activeElement.id"), "leave-cancel");
      await look("leave");
      await ann.keyboard.press("Tab");
      await ann.keyboard.press("Enter");
      await ann.locator("#leave-dialog").waitFor({ state: "hidden" });
      await eventually(() => ann.innerText("#room-title"), "# den");
    }
  },
  options,
);

/** What of the page is wider than its place. */
function overflows(page: Page): Promise<readonly string[]> {
  return page.evaluate<string[]>(
    `[...document.querySelectorAll("dialog[open], #conversation, #room-head"), document.documentElement]
    .filter((it) => it.scrollWidth > it.clientWidth).map((it) => it.id || it.localName)`,
  );
}

async function check(page: Page, screen: string, widths: readonly number[]): Promise<void> {
  const folder = Deno.env.get("SHOTS");
  if (folder) {
    for (const colorScheme of ["dark", "light"] as const) {
      await page.emulateMedia({ colorScheme });
      await page.screenshot({ path: `${folder}/${screen}-${colorScheme}.png` });
    }
  }
  await checkAccessible(page, screen, { others: overflows, widths });
}

pageTest(
  "A direct message reaches whoever is in as many rooms as possible",
  async (stage) => {
    const rooms = ["den", "attic", "cellar", "garden"];
    const ann = await becomeMember(stage, "Ann", { rooms });
    await eventually(() => names(ann), rooms);
    const bob = await connectMember(stage, "Bob");
    const den = await whenRoomJoined(bob.join("den"));
    const { user } = den.members.value.members.find(({ name }) => name === "Ann") ?? assert.fail();
    const direct = bob.join((await bob.openDirect(user, "Ann")).room);
    await direct.say("it is urgent").sent;
    await ann.reload();
    await whenJoined(ann);
    const row = ann.locator("#rooms .room", { hasText: "Bob" });
    // With the event of its creation.
    await row.locator(".badge", { hasText: "2" }).waitFor();
    await eventually(() => names(ann), ["den", "attic", "cellar", "garden", "Bob"]);
    const values = { "{room}": "Bob", "{count}": "4" };
    const told = Object.entries(values).reduce(
      (it, [key, to]) => it.replace(key, to),
      en.roomUnread,
    );
    await ann.getByText(told).waitFor();
    await ann.keyboard.press("Control+k");
    await ann.keyboard.type("Bob");
    const found = ann.locator("#palette-list li", { hasText: "Bob" }).first();
    await found.getByText(en.unreadMany.replace("{count}", "2")).waitFor();
    await ann.keyboard.press("Escape");
    await row.click();
    await ann.getByText(en.roomsFull.replace("{count}", "4")).waitFor();
    await ann.click("#leave");
    await row.click();
    await untilShown(ann, "it is urgent");
    await eventually(() => names(ann), ["attic", "cellar", "garden", "Bob"]);
  },
  { settings: { ...MEMBER_SETTINGS, MAX_ROOMS: "4" } },
);
