/** Dialogs of the page whose request is answered late: when the dialog was opened again, for another room or person. */
import assert from "node:assert/strict";
import type { Page } from "playwright-core";
import { laterEn } from "../../../static/page/i18n/later_en.js";
import { stringsOf } from "../../../static/page/i18n/strings.js";
import { MEMBER_SETTINGS } from "../../support/identity/member_links.ts";
import { becomeMember, joinAsMember } from "./members/become_member.ts";
import { eventually, pageTest, whenJoined } from "./page_fixture.ts";
import { createPrivate } from "./rooms/create_private.ts";

const en = { ...laterEn, ...stringsOf("en") };
const settings = MEMBER_SETTINGS;
const WIDE = { viewport: { width: 1300, height: 760 }, reducedMotion: "reduce" } as const;

/** Delays requests of the type `held`, and counts answers to those that were delayed. */
const HOLDS_REQUESTS = `
  const { send } = WebSocket.prototype;
  const { parse } = JSON;
  const delayed = new Map();
  globalThis.held = "";
  globalThis.answered = 0;
  WebSocket.prototype.send = function (data) {
    const { type, id } = parse(data);
    const go = () => send.call(this, data);
    if (type === globalThis.held) delayed.set(id, go);
    else go();
  };
  JSON.parse = (...args) => {
    const value = parse(...args);
    if (["ack", "fault"].includes(value?.type) && delayed.has(value.id)) setTimeout(() => globalThis.answered++);
    return value;
  };
  globalThis.release = () => {
    globalThis.held = "";
    globalThis.answered = 0;
    for (const go of delayed.values()) go();
    return delayed.size;
  };
`;

const OPTIONS = { ...WIDE, before: HOLDS_REQUESTS };

/** Delays requests from now on. */
function hold(page: Page, type: string): Promise<void> {
  return page.evaluate(`void (globalThis.held = "${type}")`);
}

/** Sends what was delayed, and waits until the page has the answers. */
async function release(page: Page): Promise<void> {
  assert.equal(await page.evaluate("release()"), 1, "one request was delayed");
  await eventually(() => page.evaluate("answered"), 1);
}

/** Closes the dialog whose request is pending, with Esc. */
async function closeDialog(page: Page): Promise<void> {
  await page.keyboard.press("Escape");
  await page.locator("dialog[open]").waitFor({ state: "detached" });
}

/** Goes to a room of the sidebar. @param title Of the room, above its messages. */
async function goTo(page: Page, room: string, title = room): Promise<void> {
  await page.locator("#rooms a", { hasText: room }).click();
  await eventually(() => page.innerText("#room-title"), title);
  await whenJoined(page);
}

pageTest("The late answer of a removal leaves the dialog of another room open", async (stage) => {
  const bea = await becomeMember(stage, "Bea", { role: "moderator" }, OPTIONS);
  await bea.evaluate(`location.hash = "tea"`);
  await eventually(() => bea.innerText("#room-title"), "# tea");
  await whenJoined(bea);
  const open = async (room: string) => {
    await goTo(bea, room, `# ${room}`);
    await bea.click("#room-settings");
    await bea.click("#room-clear");
    await bea.getByRole("dialog", { name: `Remove all messages of #${room}?` }).waitFor();
  };
  await open("den");
  await hold(bea, "moderate");
  await bea.click("#clear-do");
  await bea.locator("#clear-do:disabled").waitFor();
  await closeDialog(bea);
  await open("tea");
  assert.equal(await bea.isEnabled("#clear-do"), true);
  await release(bea);
  await bea.getByText(en.clearDone.replace("{room}", "#den")).waitFor();
  assert.equal(await bea.isVisible("#clear-dialog"), true);
  await bea.click("#clear-do");
  await bea.getByText(en.clearDone.replace("{room}", "#tea")).waitFor();
}, { settings });

pageTest(
  "The late answers of the dialogs of a private room leave those of another one as they are",
  async (stage) => {
    const ann = await becomeMember(stage, "Ann", {}, OPTIONS);
    await joinAsMember(stage, "Bob");
    await ann.locator("#members .member", { hasText: "Bob" }).waitFor();
    for (const title of ["Summer party", "Winter party"]) await createPrivate(ann, title);
    await goTo(ann, "Summer party");
    const openMembers = async () => {
      await ann.click("#room-members");
      await ann.locator("#room-members-who").selectOption({ label: "Bob" });
    };
    await openMembers();
    await hold(ann, "member");
    await ann.click("#room-members-do");
    await ann.locator("#room-members-do:disabled").waitFor();
    await closeDialog(ann);
    await goTo(ann, "Winter party");
    await openMembers();
    assert.equal(await ann.isEnabled("#room-members-do"), true);
    await release(ann);
    assert.equal(await ann.innerText("#room-members-status"), "");
    await ann.click("#room-members-do");
    await ann.getByText(en.memberAdded.replace("{name}", "Bob")).waitFor();
    await closeDialog(ann);

    // Leaving them.
    await ann.reload();
    await goTo(ann, "Summer party");
    await ann.click("#leave");
    await hold(ann, "member");
    await ann.click("#leave-do");
    await ann.locator("#leave-do:disabled").waitFor();
    await closeDialog(ann);
    await goTo(ann, "Winter party");
    await ann.click("#leave");
    await ann.getByRole("dialog", { name: "Winter party" }).waitFor();
    await release(ann);
    await ann.locator("#rooms a", { hasText: "Summer party" }).waitFor({ state: "detached" });
    assert.equal(await ann.isVisible("#leave-dialog"), true);
    await ann.click("#leave-do");
    await ann.locator("#rooms a", { hasText: "Winter party" }).waitFor({ state: "detached" });
  },
  { settings },
);

pageTest(
  "The late answer of a new role leaves the dialog of another person open",
  async (stage) => {
    const olga = await becomeMember(stage, "Olga", { role: "owner" }, OPTIONS);
    for (const name of ["Bea", "Dan"]) await joinAsMember(stage, name);
    const openRole = async (name: string) => {
      const button = olga.locator("#members").getByRole("button", { name: `Moderate ${name}` });
      await button.hover();
      await button.click();
      await olga.getByRole("button", { name: "Change role…" }).click();
      await olga.getByRole("dialog", { name: `Role of ${name}` }).waitFor();
    };
    await openRole("Bea");
    await olga.getByRole("radio", { name: "Moderator" }).check();
    await hold(olga, "role");
    await olga.click("#role-do");
    await closeDialog(olga);
    await openRole("Dan");
    await release(olga);
    await olga.getByText(en.roleDone.replace("{name}", "Bea").replace("{role}", en.roleModerator))
      .waitFor();
    assert.equal(await olga.isVisible("#role-dialog"), true);
    assert.equal(await olga.isEnabled("#role-do"), false, "Dan has the role that is chosen");
  },
  { settings },
);
