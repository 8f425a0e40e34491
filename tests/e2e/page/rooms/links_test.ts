/**
 * Links that propose a name: `/?name=Ann#den`. The author of a link must not be able to rename the user who opens it.
 * @module
 */
import assert from "node:assert/strict";
import { eventually, pageTest, say, untilShown, whenJoined } from "../page_fixture.ts";

const LINK = "?name=Mallory#den";

pageTest("A link that proposes a name does not rename a user who has one", async (stage) => {
  const page = await stage.enter("?name=Ann#den");
  await page.goto(`${stage.url}/${LINK}`);
  await whenJoined(page);
  assert.equal(page.url(), `${stage.url}/#den`, "the name is removed from the address");
  await say(page, "it is me");
  await untilShown(page, "it is me");
  await eventually(() => page.locator("#log .own .author").allTextContents(), ["Ann"]);
  await page.click("#me");
  assert.equal(await page.inputValue("#name"), "Ann");
  await page.keyboard.press("Escape");
  await page.goto(`${stage.url}/?again#den`);
  await whenJoined(page);
  assert.equal(await page.innerText("#me bdi"), "Ann");
});

pageTest(
  "A name that a link proposes to a guest is used only if the guest accepts it",
  async (stage) => {
    const page = await stage.open("?again#den");
    await page.goto(`${stage.url}/${LINK}`);
    await whenJoined(page);
    assert.match(await page.innerText("#me bdi"), /^Guest/);
    const kept = "JSON.stringify({ ...localStorage }).includes('Mallory')";
    assert.equal(await page.evaluate(kept), false);
    await page.click("#guest-name");
    assert.equal(await page.inputValue("#name"), "Mallory");
    await page.press("#name", "Enter");
    await page.locator("#me bdi", { hasText: "Mallory" }).waitFor();
    await page.reload();
    await whenJoined(page);
    assert.equal(await page.innerText("#me bdi"), "Mallory");
  },
);

pageTest("A link that proposes an invalid name still opens the page", async (stage) => {
  const page = await stage.open("?again#den");
  for (const name of ["a\u0300".repeat(100), "* star", " ", "x".repeat(300)]) {
    await page.goto(`${stage.url}/?${new URLSearchParams({ name })}#den`);
    await whenJoined(page);
  }
});
