/**
 * The palette of the chat page, which finds rooms and users and joins rooms.
 * @module
 */
import assert from "node:assert/strict";
import type { Page } from "playwright-core";
import { eventually, pageTest, whenJoined } from "../page_fixture.ts";

const WIDE = { viewport: { width: 1300, height: 700 } };

async function open(page: Page): Promise<void> {
  await page.keyboard.press("Control+k");
  await eventually(() => page.evaluate("document.activeElement.id"), "palette-field");
}

/** The entries; an arrow marks the selected one. */
function entries(page: Page): Promise<readonly string[]> {
  return page.locator("#palette-list li").evaluateAll((all) =>
    all.map((it) => {
      const isSelected = it.getAttribute("aria-selected") === "true";
      const face = it.querySelector(".face");
      const text = (it.textContent ?? "").slice(face?.textContent?.length ?? 0).trim();
      return (isSelected ? "> " : "") + text;
    })
  );
}

const title = (page: Page, room: string) =>
  page.getByRole("heading", { name: `# ${room}`, exact: true }).waitFor();

pageTest(
  "The palette finds rooms and users as you type",
  async (stage) => {
    await stage.joinRoom("Bennet Attwater", "lobby");
    const page = await stage.enter("?name=Ann#attic", WIDE);
    for (const hash of ["lobby", "design"]) await page.evaluate(`location.hash = "${hash}"`);
    await whenJoined(page);
    await page.locator(".member", { hasText: "Ann" }).waitFor();
    await page.fill("#text", "for ");
    await open(page);
    await eventually(() => entries(page), ["> #attic", "#lobby", "#design"]);
    await page.keyboard.press("ArrowUp");
    await eventually(() => entries(page), ["#attic", "#lobby", "> #design"]);
    await page.keyboard.press("ArrowDown");
    await page.keyboard.type("att");
    const found = ["> #attic", "Bennet Attwater in #lobby", "Join or create #att"];
    await eventually(() => entries(page), found);
    const active = await page.getAttribute("#palette-field", "aria-activedescendant");
    assert.equal(await page.getAttribute(`#${active}`, "aria-selected"), "true");
    await page.keyboard.press("Escape");
    await page.locator("#palette").waitFor({ state: "hidden" });
    await eventually(() => page.evaluate("document.activeElement.id"), "text");
    assert.equal(page.url(), `${stage.url}/#design`);

    await open(page);
    await page.keyboard.type("ATT");
    await page.keyboard.press("Enter");
    await title(page, "attic");
    await open(page);
    await page.keyboard.type("@benn");
    await eventually(() => entries(page), ["> Bennet Attwater in #lobby"]);
    await page.keyboard.press("Enter");
    await title(page, "lobby");
    await eventually(() => page.inputValue("#text"), "@Bennet Attwater ");
    assert.equal(await page.evaluate("document.activeElement.id"), "text");
  },
);

pageTest(
  "The palette inserts a name at the caret; a typo and Enter create no room",
  async (stage) => {
    await stage.joinRoom("Ben", "attic");
    const page = await stage.enter("?name=Ann#attic", WIDE);
    await page.locator(".member", { hasText: "Ben" }).waitFor();
    await page.focus("#text");
    await page.keyboard.type("thanks, ");
    await open(page);
    await page.keyboard.type("@ben");
    await page.keyboard.press("Enter");
    await eventually(() => page.inputValue("#text"), "thanks, @Ben ");

    await open(page);
    await page.keyboard.type("r-o");
    await eventually(() => entries(page), ["Join or create #r-o"]);
    assert.equal(await page.innerText("#palette-note"), "No room or person matches.");
    await page.keyboard.press("Enter");
    await eventually(() => entries(page), ["> Join or create #r-o"]);
    assert.ok(await page.isVisible("#palette"));
    await page.keyboard.press("Control+k");
    await page.locator("#palette").waitFor({ state: "hidden" });
    await eventually(() => page.locator("#rooms .room-name").allTextContents(), ["attic"]);
    for (const name of ["no such/room", "🎉", "a b", "x".repeat(65), "<b>"]) {
      await open(page);
      await page.fill("#palette-field", name);
      await page.locator("#palette-note", { hasText: "A room's name has 1 to 64 letters" })
        .waitFor();
      await page.keyboard.press("Enter");
      assert.ok(await page.isVisible("#palette"));
      await page.keyboard.press("Escape");
    }

    await open(page);
    await page.keyboard.type("新房间");
    await page.keyboard.press("Enter");
    await page.keyboard.press("Enter");
    await title(page, "新房间");
    await whenJoined(page);
    await page.click("#leave");
    await title(page, "attic");
    await open(page);
    await eventually(() => entries(page), ["> #attic", "#新房间 not joined", "#lobby not joined"]);
  },
);

pageTest("The palette finds and joins a room on a phone", async (stage) => {
  const opening = {
    ...{ hasTouch: true, isMobile: true, viewport: { width: 360, height: 640 } },
    reducedMotion: "no-preference",
  } as const;
  const page = await stage.enter("?name=Ann#attic", opening);
  await page.tap("#open-rooms");
  await page.tap("#find-room");
  await page.fill("#palette-field", "den");
  await page.tap("#palette [data-kind=create]");
  await title(page, "den");
  await whenJoined(page);
  assert.equal(await page.locator("#sidebar.open").count(), 0, "the drawer is closed");
});
