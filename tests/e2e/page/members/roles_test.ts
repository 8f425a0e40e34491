/** Roles in the page: owners change them in the list of people, and all see the marks change. */
import assert from "node:assert/strict";
import type { Locator, Page } from "playwright-core";
import { loadLaterStrings, stringsOf } from "../../../../static/page/i18n/strings.js";
import { MEMBER_SETTINGS } from "../../../support/identity/member_links.ts";
import { checkAccessible } from "../accessible.ts";
import { eventually, pageTest } from "../page_fixture.ts";
import { Moderator } from "../moderation/moderator.ts";
import { becomeMember, joinAsMember } from "./become_member.ts";

await loadLaterStrings("zh");
const zh = stringsOf("zh");

const settings = MEMBER_SETTINGS;
const WIDE = { viewport: { width: 1300, height: 760 }, reducedMotion: "reduce" } as const;

/** The people in the list, with their marks. */
function people(page: Page): Promise<readonly string[]> {
  return page.locator("#members li").evaluateAll((rows) =>
    rows.map((it) =>
      [...it.querySelectorAll(".member-name, .mark")].map((part) => part.textContent).join(" ")
    )
  );
}

/** Opens the dialog of a member with the pointer: for owners from the list, for others from what moderates them. */
async function openRole(page: Page, name: string, isOwner = false): Promise<void> {
  const button = toolFor(page, name, isOwner);
  await button.hover();
  await button.click();
  if (!isOwner) await page.getByRole("button", { name: "Change role…" }).click();
  await page.getByRole("dialog", { name: `Role of ${name}` }).waitFor();
}

function toolFor(page: Page, name: string, isOwner: boolean): Locator {
  const words = isOwner ? `Change the role of ${name}` : `Moderate ${name}`;
  return page.locator("#members").getByRole("button", { name: words });
}

pageTest(
  "An owner gives members other roles, is told what they allow, and everybody sees the marks; only the last owner stays, and learns why",
  async (stage) => {
    const olga = await becomeMember(stage, "Olga", { role: "owner" }, WIDE);
    const bea = await becomeMember(stage, "Bea", {}, WIDE);
    await joinAsMember(stage, "Cleo", { role: "moderator" });
    await openRole(olga, "Bea");
    const apply = olga.locator("#role-do");
    const about = olga.locator("#role-about");
    assert.equal(await olga.getByRole("radio", { name: "Member" }).isChecked(), true);
    assert.equal(await apply.isDisabled(), true);
    assert.match(await about.innerText(), /^Bea can chat, but cannot moderate/);
    await olga.getByRole("radio", { name: "Owner" }).check();
    assert.match(await about.innerText(), /invite people to any role, and change all roles\.$/);
    assert.equal(await olga.locator("#role-own").isVisible(), false);
    await olga.getByRole("radio", { name: "Moderator" }).check();
    assert.match(await about.innerText(), /^Bea can change the settings of all rooms/);
    await apply.click();
    await olga.getByText("Bea has a new role: Moderator.").waitFor();
    for (const page of [olga, bea]) {
      const rest = page === olga
        ? ["Olga you owner", "Bea moderator", "Cleo moderator"]
        : ["Bea you moderator", "Cleo moderator", "Olga owner"];
      await eventually(() => people(page), rest);
    }
    await bea.getByRole("button", { name: "Moderation" }).waitFor();

    await openRole(olga, "Cleo");
    await olga.getByRole("radio", { name: "Member" }).check();
    await apply.click();
    await eventually(() => people(bea), ["Bea you moderator", "Cleo", "Olga owner"]);
    // Only owners may.
    await toolFor(bea, "Cleo", false).hover();
    await toolFor(bea, "Cleo", false).click();
    await bea.locator("#moderate-dialog[open]").waitFor();
    assert.equal(await bea.locator("#moderate-role").isVisible(), false);
    assert.equal(await bea.getByRole("button", { name: /^Change the role of/ }).count(), 0);
    await bea.keyboard.press("Escape");

    // The last owner stays; another one can be relieved.
    await openRole(olga, "Olga", true);
    await olga.getByText("This is your own role.").waitFor();
    await olga.getByRole("radio", { name: "Member" }).check();
    await apply.click();
    await olga.getByRole("alert").getByText("There must be at least one owner.").waitFor();
    await olga.keyboard.press("Escape");
    await openRole(olga, "Bea");
    await olga.getByRole("radio", { name: "Owner" }).check();
    await apply.click();
    await openRole(bea, "Olga", true);
    await bea.getByRole("radio", { name: "Member" }).check();
    await bea.locator("#role-do").click();
    await eventually(() => people(olga), ["Olga you", "Bea owner", "Cleo"]);
    await olga.locator("#members .tools button[title^='Change']").first()
      .waitFor({ state: "detached" });
  },
  { settings },
);

pageTest("A role is changed with the keyboard alone, and the focus comes back", async (stage) => {
  const olga = await becomeMember(stage, "Olga", { role: "owner" }, WIDE);
  await joinAsMember(stage, "Bea");
  const button = toolFor(olga, "Bea", false);
  await button.waitFor();
  await toolFor(olga, "Olga", true).focus();
  await olga.keyboard.press("End");
  await button.and(olga.locator(":focus")).waitFor();
  await olga.keyboard.press("Enter");
  await olga.locator("#moderate-dialog[open]").waitFor();
  while (await olga.locator("#moderate-role:focus").count() === 0) await olga.keyboard.press("Tab");
  await olga.keyboard.press("Enter");
  await olga.locator("#role-choice [value=member]:focus").waitFor();
  await olga.keyboard.press("ArrowLeft");
  await olga.keyboard.press("Enter");
  await olga.getByText("Bea has a new role: Moderator.").waitFor();
  await eventually(() => people(olga), ["Olga you owner", "Bea moderator"]);
  await button.and(olga.locator(":focus")).waitFor();
}, { settings });

pageTest("The dialog of roles is accessible and fits, in Chinese on a phone", async (stage) => {
  const phone = {
    locale: "zh-CN",
    viewport: { width: 360, height: 700 },
    hasTouch: true,
    isMobile: true,
    reducedMotion: "reduce",
  } as const;
  const olga = await becomeMember(stage, "Olga", { role: "owner" }, phone);
  await joinAsMember(stage, "W".repeat(32));
  const overflows = () =>
    olga.evaluate<string[]>(
      `[...document.querySelectorAll("dialog[open]"), document.documentElement]
        .filter((it) => it.scrollWidth > it.clientWidth).map((it) => it.id || it.localName)`,
    );
  await using _bea = await Moderator.enter(stage, "Beatrix Longname");
  await olga.locator("#open-people").click();
  const name = olga.locator("#members .member-name", { hasText: "Beatrix Longname" });
  await name.and(olga.locator(":has(~ .tools)")).waitFor();
  const isWhole = await name.evaluate(({ scrollWidth, clientWidth }) => scrollWidth <= clientWidth);
  assert.ok(isWhole, "the whole name can be read beside a mark and three tools");
  await olga.locator("#members .tools button").last().click();
  await checkAccessible(olga, "moderate", { others: overflows });
  await olga.click("#moderate-role");
  await checkAccessible(olga, "role", { others: overflows });
  await olga.locator("#role-choice [value=owner]").check();
  await checkAccessible(olga, "owner", { others: overflows });
  assert.equal(await olga.locator("#role-do").innerText(), zh.roleChange);
}, { settings });
