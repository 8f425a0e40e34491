/**
 * Two people talk on the chat page, each in a browser of their own, and with people who have nothing but a WebSocket.
 * @module
 */
import assert from "node:assert/strict";
import { TestClient } from "../client.ts";
import { until } from "../provision.ts";
import { becomes, lines, message, pageTest, say, told, useTool } from "./page_stage.ts";

pageTest(
  "Two pages and a plain client talk with each other, line breaks and all",
  async (stage) => {
    const ann = await stage.enter("?name=Ann#den");
    const ben = await stage.enter("?name=Ben#den");
    await using cem = await TestClient.open(`${stage.url}/ws?name=Cem&room=den`);
    await say(ann, "hello");
    assert.equal(await cem.next(), "Ann: hello");
    cem.send("hello from afar\nDan: and not from Dan");
    assert.equal(await cem.next(), "Cem: hello from afar\n  Dan: and not from Dan");
    await ben.fill("#text", "one");
    await ben.press("#text", "Shift+Enter");
    await ben.locator("#text").pressSequentially("Ann: two");
    await ben.click("#send");
    assert.equal(await cem.next(), "Ben: one\n  Ann: two");
    const said = [
      "Ann: hello",
      "Cem: hello from afar\nDan: and not from Dan",
      "Ben: one\nAnn: two",
    ];
    for (const [page, own] of [[ann, 0], [ben, 2]] as const) {
      await becomes(() => lines(page), said);
      await becomes(() => page.locator("#log .own .text").allTextContents(), [
        (said[own] ?? "").replace(/^\w+: /, ""),
      ]);
      assert.equal(await page.inputValue("#text"), "", "what was sent is gone from the field");
    }
    const [first, second] = await Promise.all(
      ["Ben", "Cem"].map((name) => message(ann, `${name}: `).locator(".text").boundingBox()),
    );
    assert.ok(first && second && first.height > 30 && second.height > 30, "two lines are high");
  },
);

pageTest("A message is edited and deleted by its author, and only by its author", async (stage) => {
  const ann = await stage.enter("?name=Ann#den");
  const ben = await stage.enter("?name=Ben#den");
  await say(ann, "helo");
  await told(ann, "helo");
  await ann.press("#text", "ArrowUp");
  assert.equal(await ann.inputValue("#text"), "helo");
  assert.equal(await ann.innerText("#banner-words"), "Editing your message");
  await ann.press("#text", "Escape");
  assert.equal(await ann.inputValue("#text"), "");
  await ann.press("#text", "ArrowUp");
  await say(ann, "hello\nall");
  const edited = await told(ben, "hello\nall");
  await edited.getByText("edited", { exact: true }).waitFor();
  assert.equal(await ben.locator("#log article").count(), 1);

  await edited.hover();
  for (const [name, count] of [["Reply", 1], ["Edit", 0], ["Delete", 0]] as const) {
    assert.equal(await edited.getByRole("button", { name, exact: true }).count(), count, name);
  }
  const own = await told(ann, "hello");
  await useTool(own, "Delete");
  assert.equal(await ann.innerText("#delete-quote"), "hello\nall");
  await ann.getByRole("button", { name: "Cancel" }).click();
  await useTool(own, "Delete");
  await ann.locator("#delete-dialog").getByRole("button", { name: "Delete" }).click();
  for (const page of [ann, ben]) {
    await page.locator(".deleted", { hasText: "This message was deleted." }).waitFor();
    assert.equal(await message(page, "hello").count(), 0);
    await page.locator(".room-last", { hasText: "A message was deleted" }).waitFor();
  }
});

pageTest("Reactions count who reacted, and are taken back", async (stage) => {
  const ann = await stage.enter("?name=Ann#den");
  const ben = await stage.enter("?name=Ben#den");
  await say(ann, "cake?");
  await useTool(await told(ben, "cake?"), "React");
  await ben.locator("#picker").getByRole("button", { name: "thumbs up" }).click();
  const reactions = (page: typeof ann) => page.locator(".reaction:not(.add)").allTextContents();
  for (const page of [ann, ben]) await becomes(() => reactions(page), ["👍 1"]);
  await ann.locator(".reaction:not(.add)").click();
  for (const page of [ann, ben]) await becomes(() => reactions(page), ["👍 2"]);
  assert.equal(await ann.locator(".reaction:not(.add)").getAttribute("title"), "👍: Ben, you");
  await ben.locator(".reaction:not(.add)").click();
  await ben.locator(".reaction.add").click();
  await ben.locator("#picker").getByRole("button", { name: "party popper" }).click();
  for (const page of [ann, ben]) await becomes(() => reactions(page), ["👍 1", "🎉 1"]);
  assert.equal(await ben.locator("[aria-pressed=true]").textContent(), "🎉 1");
});

pageTest("A reply shows what it answers, and leads there", async (stage) => {
  const ann = await stage.enter("?name=Ann#den", { viewport: { width: 1000, height: 500 } });
  const ben = await stage.enter("?name=Ben#den");
  await say(ann, "who is hungry?");
  await useTool(await told(ben, "hungry"), "Reply");
  assert.equal(await ben.innerText("#banner-words"), "Answering Ann: who is hungry?");
  await ben.click("#banner-cancel");
  assert.ok(await ben.isHidden("#banner"));
  await useTool(await told(ben, "hungry"), "Reply");
  for (let i = 0; i < 30; i++) await say(ann, `other ${i}`);
  await told(ben, "other 29");
  await say(ben, "I am");
  assert.ok(await ben.isHidden("#banner"));
  const reply = await told(ann, "I am");
  assert.equal(await reply.locator(".quote").textContent(), "Ann who is hungry?");
  await reply.locator(".quote").click();
  const target = ann.locator("#log article.flash");
  await target.waitFor();
  assert.match(await target.innerText(), /who is hungry\?/);
  await until("the answered message to be in view", async () => {
    const box = await target.boundingBox();
    return box !== null && box.y > 0 && box.y < 500;
  });
  await ann.locator("#jump").click();
  await ann.locator("#jump").waitFor({ state: "hidden" });
});

pageTest("A page shows who is there and who is writing", async (stage) => {
  const ann = await stage.enter("?name=Ann#den", { viewport: { width: 1300, height: 700 } });
  const there = (names: readonly string[]) =>
    becomes(() => ann.locator("#members .member-name").allInnerTexts(), [...names]);
  await there(["Ann"]);
  const zoe = await stage.enter("?name=Zoe#den");
  const ben = await stage.guest("Ben", "den");
  await there(["Ann", "Ben", "Zoe"]);
  assert.equal(await ann.innerText("#people-total"), "3");
  await zoe.locator("#text").pressSequentially("he");
  await ann.locator("#typing", { hasText: "Zoe is writing…" }).waitFor();
  ben.type();
  await ann.locator("#typing", { hasText: "Zoe and Ben are writing…" }).waitFor();
  await zoe.fill("#text", "");
  await ann.locator("#typing", { hasText: /^Ben is writing…$/ }).waitFor();
  ben.say("done");
  await told(ann, "done");
  await becomes(() => ann.innerText("#typing"), "");
  assert.equal(await zoe.innerText("#typing"), "");
  await zoe.click("#leave");
  await there(["Ann", "Ben"]);
  ben.leave();
  await there(["Ann"]);
});

pageTest("A name is chosen, told to all, and refused in words where it is taken", async (stage) => {
  const ann = await stage.enter("?name=Ann#den");
  const guest = await stage.enter("#den");
  await say(ann, "who are you?");
  const drawn = (await guest.innerText("#me bdi")).trim();
  assert.equal(await guest.innerText("#guest-words"), `You are ${drawn}.`);
  await guest.click("#guest-name");
  for (
    const [name, words] of [
      ["", /^A name has 1 to 32 characters/],
      ["* star", /^A name has 1 to 32 characters/],
      ["x".repeat(33), /^A name has 1 to 32 characters/],
      ["ＡＮＮ", /^Somebody else already has this name/],
      ["Ann", /^Somebody else already has this name/],
    ] as const
  ) {
    await guest.fill("#name", name);
    await guest.press("#name", "Enter");
    await guest.locator("#name-error", { hasText: words }).waitFor();
    assert.equal(await guest.getAttribute("#name", "aria-invalid"), "true");
    assert.equal(await guest.evaluate("document.activeElement.id"), "name");
  }
  await guest.fill("#name", "Ben");
  await guest.click("#name-dialog button:not([type])");
  await guest.locator("#name-dialog").waitFor({ state: "hidden" });
  assert.ok(await guest.isHidden("#guest-bar"));
  for (const page of [ann, guest]) {
    await page.locator("#log .note", { hasText: `${drawn} is now Ben` }).waitFor();
  }
  await say(guest, "Ben");
  await becomes(() => lines(ann), ["Ann: who are you?", "Ben: Ben"]);
  await guest.reload();
  await told(guest, "Ben");
  assert.equal(await guest.innerText("#me bdi"), "Ben");
  assert.equal(await guest.locator("#log .own").count(), 1, "one is the same after a reload");
});

pageTest(
  "Somebody whose name is taken in the room is told so, and takes another",
  async (stage) => {
    await using _cem = await TestClient.open(`${stage.url}/ws?name=Cem&room=den`);
    const page = await stage.open("?name=Cem#den");
    await page.locator("#room-words", { hasText: "Somebody in #den already has your name." })
      .waitFor();
    await page.click("#room-rename");
    await page.fill("#name", "Dan");
    await page.press("#name", "Enter");
    await page.locator("#room-status").waitFor({ state: "hidden" });
    await say(page, "it is me");
    await told(page, "it is me");
    await becomes(() => lines(page), ["Dan: it is me"]);
  },
);
