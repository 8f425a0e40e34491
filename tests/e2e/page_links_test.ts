/**
 * Links that propose a name: `/?name=Ann#den`. The author of a link must not be able to rename the user who opens it.
 * @module
 */
import assert from "node:assert/strict";
import { becomes, joined, pageTest, say, told } from "./page_stage.ts";

const LINK = "?name=Mallory#den";

pageTest("A link that proposes a name renames nobody who has one", async (stage) => {
  const page = await stage.enter("?name=Ann#den");
  await page.goto(`${stage.url}/${LINK}`);
  await joined(page);
  assert.equal(page.url(), `${stage.url}/#den`, "the name is gone from the address");
  await say(page, "it is me");
  await told(page, "it is me");
  await becomes(() => page.locator("#log .own .author").allTextContents(), ["Ann"]);
  await page.click("#me");
  assert.equal(await page.inputValue("#name"), "Ann");
  await page.keyboard.press("Escape");
  await page.goto(`${stage.url}/?again#den`);
  await joined(page);
  assert.equal(await page.innerText("#me bdi"), "Ann");
});

pageTest("A link that proposes a name to a guest waits for the guest to take it", async (stage) => {
  const page = await stage.open("?again#den");
  await page.goto(`${stage.url}/${LINK}`);
  await joined(page);
  assert.match(await page.innerText("#me bdi"), /^网友/);
  const kept = "JSON.stringify({ ...localStorage }).includes('Mallory')";
  assert.equal(await page.evaluate(kept), false);
  await page.click("#guest-name");
  assert.equal(await page.inputValue("#name"), "Mallory");
  await page.press("#name", "Enter");
  await page.locator("#me bdi", { hasText: "Mallory" }).waitFor();
  await page.reload();
  await joined(page);
  assert.equal(await page.innerText("#me bdi"), "Mallory");
});

pageTest("A link that proposes what is no name opens the page all the same", async (stage) => {
  for (const name of ["a\u0300".repeat(100), "* star", " ", "x".repeat(300)]) {
    const page = await stage.open("?again#den");
    await page.goto(`${stage.url}/?${new URLSearchParams({ name })}#den`);
    await joined(page);
    await page.context().close();
  }
});
