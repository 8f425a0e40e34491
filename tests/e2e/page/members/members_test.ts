/** Members in a real browser: invited by a link, on several devices, and signed out. */
import assert from "node:assert/strict";
import type { Page } from "playwright-core";
import { stringsOf } from "../../../../static/page/i18n/strings.js";
import { laterEn } from "../../../../static/page/i18n/later_en.js";
import { membersEn } from "../../../../static/page/i18n/members_en.js";
import { membersZh } from "../../../../static/page/i18n/members_zh.js";
import { inviteAsOperator, MEMBER_SETTINGS } from "../../../support/identity/member_links.ts";
import { checkAccessible } from "../accessible.ts";
import { becomeMember, connectMember, openLink, whenNamed } from "./become_member.ts";
import { eventually, lines, pageTest, say, untilShown, whenJoined } from "../page_fixture.ts";

const settings = MEMBER_SETTINGS;
const words = { ...stringsOf("en"), ...membersEn };

async function openFromSettings(page: Page, id: "invite" | "devices"): Promise<void> {
  await page.click("#open-settings");
  await page.click(`#settings-${id}`);
  await page.locator(`#${id}-dialog[open]`).waitFor();
}

/** Makes a link for another device. */
async function deviceLink(page: Page): Promise<string> {
  await openFromSettings(page, "devices");
  await page.click("#device-add");
  return await page.locator("#device-link input").inputValue();
}

const text = (page: Page, id: string) => page.locator(`#${id}`).innerText();

pageTest("An invited visitor chooses a name and becomes a member, and stays one", async (stage) => {
  const secret = await inviteAsOperator(stage, { role: "owner", rooms: ["den", "attic"] });
  const page = await openLink(stage, `#invite=${secret}`);
  assert.equal(page.url(), `${stage.url}/`, "the secret is not shown");
  assert.deepEqual(await page.locator("#rooms .room").count(), 0, "nothing is joined yet");
  assert.equal(await text(page, "join-title"), words.joinTitle);
  await page.fill("#join-name", "Ann");
  await page.press("#join-name", "Enter");
  await whenNamed(page, "Ann");
  assert.equal(page.url(), `${stage.url}/#den`);
  await eventually(() => page.locator("#rooms .room-name").allInnerTexts(), ["den", "attic"]);
  await say(page, "hello");
  await untilShown(page, "hello");
  await page.reload();
  await whenNamed(page, "Ann");
  assert.deepEqual(await lines(page), ["Ann: hello"]);
  assert.equal(await page.locator("#guest-bar").isVisible(), false);
  await page.click("#open-settings");
  assert.equal(await text(page, "settings-role"), words.roleOwner);
}, { settings });

pageTest(
  "A member invites somebody with a link and a QR code, and revokes an invite",
  async (stage) => {
    const ann = await becomeMember(stage, "Ann", { role: "moderator" });
    await openFromSettings(ann, "invite");
    assert.deepEqual(await ann.locator("#invite-role option").allInnerTexts(), [
      words.roleMember,
      words.roleModerator,
    ]);
    await ann.fill("#invite-uses", "0");
    await ann.click("#invite-make");
    assert.equal(await text(ann, "invite-error"), words.inviteUsesRule);
    await ann.fill("#invite-uses", "2");
    await ann.click("#invite-make");
    const link = await ann.locator("#invite-link input").inputValue();
    assert.match(link, /#invite=[\w-]{22}$/);
    await ann.getByRole("img", { name: words.qrCode }).waitFor();
    const rows = ann.locator("#invites .record");
    assert.match(await rows.innerText(), /Member\s+For 2 more people, until .*\. #den/);

    const bea = await openLink(stage, link);
    await bea.fill("#join-name", "Bea");
    await bea.click("#join-submit");
    await whenNamed(bea, "Bea");
    await bea.click("#open-settings");
    assert.equal(await bea.locator("#settings-invite").isVisible(), false);
    assert.equal(await text(bea, "settings-role"), words.roleMember);

    await ann.getByRole("button", { name: "Revoke: Member" }).click();
    await ann.locator("#invites-none").waitFor();
    const late = await openLink(stage, link);
    await late.fill("#join-name", "Cleo");
    await late.click("#join-submit");
    await late.getByText("This link was used, has expired or was revoked.").waitFor();
    assert.equal(await late.locator("#join-submit").isVisible(), false);
    await late.click("#join-cancel");
    await whenJoined(late);
    assert.equal(late.url(), `${stage.url}/#lobby`, "the visitor is a guest, as without a link");
  },
  { settings },
);

pageTest(
  "A link for a device signs it in with one click; signed out, it comes back with another link",
  async (stage) => {
    const ann = await becomeMember(stage, "Ann");
    const link = await deviceLink(ann);
    assert.equal(await ann.getByText(words.deviceLinkRule).isVisible(), true);
    const phone = await openLink(stage, link);
    assert.equal(phone.url(), `${stage.url}/`);
    // Nothing is used by opening the link.
    await phone.keyboard.press("Escape");
    await whenJoined(phone);
    await phone.goto(link.replace("/#", "/?again#"));
    await phone.locator("#join-dialog[open]").waitFor();
    assert.equal(await text(phone, "join-title"), words.joinDeviceTitle);
    assert.equal(await phone.locator("#join-name").isVisible(), false);
    await phone.click("#join-submit");
    await whenNamed(phone, "Ann");

    await ann.keyboard.press("Escape");
    await openFromSettings(ann, "devices");
    const rows = ann.locator("#devices .record");
    await eventually(() => rows.count(), 2);
    assert.match(await rows.first().innerText(), /this device/);
    await rows.last().getByRole("button").click();
    await eventually(() => rows.count(), 1);
    await phone.getByText(words.signedOut).waitFor();
    assert.equal(await phone.locator("#status").isVisible(), false);
    await phone.reload();
    await phone.getByText(words.signedOut).waitFor();

    await ann.click("#device-add");
    await eventually(() => ann.locator("#device-link input").count(), 1);
    await ann.keyboard.press("Escape");
    await phone.goto(await deviceLink(ann));
    await phone.locator("#join-dialog[open]").waitFor();
    await phone.click("#join-submit");
    await whenNamed(phone, "Ann");

    await openDevicesAndSignOutHere(phone);
    await phone.getByText(words.signedOut).waitFor();
    await phone.click("#forget-account");
    await phone.getByText(words.forgetRule).waitFor();
    await phone.click("#forget-account");
    await whenJoined(phone);
    assert.match(await phone.locator("#me bdi").innerText(), /^Guest\d+$/);
  },
  { settings },
);

/** Signing out the device that one uses takes two clicks. */
async function openDevicesAndSignOutHere(page: Page): Promise<void> {
  await openFromSettings(page, "devices");
  const button = page.locator("#devices .record", { hasText: words.thisDevice }).getByRole(
    "button",
  );
  await button.click();
  assert.equal(await button.innerText(), words.signOutHere);
  await button.click();
}

pageTest(
  "A link that comes after its dialog was closed is not shown in the next one",
  async (stage) => {
    const ann = await becomeMember(stage, "Ann");
    await openFromSettings(ann, "devices");
    await ann.evaluate(
      `document.getElementById("device-add").click();
       document.getElementById("devices-dialog").close();`,
    );
    await ann.locator("#device-add:disabled").waitFor({ state: "detached" });
    assert.equal(await ann.locator("#device-link input").count(), 0);
  },
  { settings },
);

pageTest(
  "The link of an invite does nothing for a member, also if the page is open already",
  async (stage) => {
    const ann = await becomeMember(stage, "Ann");
    const secret = await inviteAsOperator(stage);
    await ann.goto(`${stage.url}/#invite=${secret}`);
    await ann.locator("#join-dialog[open]").waitFor();
    assert.equal(ann.url(), `${stage.url}/#den`);
    assert.equal(await text(ann, "join-title"), words.joinKnownTitle);
    assert.match(await text(ann, "join-text"), /^You are Ann in this browser/);
    assert.equal(await ann.locator("#join-submit").isVisible(), false);
    await ann.keyboard.press("Escape");
    await ann.goto(`${stage.url}/?again#invite=${secret}`);
    await ann.locator("#join-dialog[open]").waitFor();
    // It can still be used.
    const bea = stage.connectClient("Bea", { invite: secret });
    await eventually(() => Promise.resolve(bea.me.value?.name), "Bea");
  },
  { settings },
);

pageTest(
  "A guest whose name becomes a member's is told so, and asks for it no more",
  async (stage) => {
    const guest = await stage.enter("?name=Lee#den");
    await guest.evaluate("navigator.serviceWorker.ready.then(() => {})");
    const lee = await becomeMember(stage, "Lee");
    const names = (page: Page) => page.locator("#members .member-name").allInnerTexts();
    await eventually(
      async () => (await names(lee)).filter((it) => it === "Lee").length,
      1,
      "the guest has another name",
    );
    await eventually(async () => (await names(guest)).toSorted(), (await names(lee)).toSorted());
    await eventually(() => lee.locator("#members .mark").allInnerTexts(), [
      "you",
      "member",
      "guest",
    ]);
    const toast = guest.locator(".toast", {
      hasText: "Lee belongs to a member now; you are Guest",
    });
    await toast.waitFor();
    await guest.locator("#guest-bar").waitFor();
    const given: string[] = [];
    // At the first visit, the server may draw another one than in the room.
    for (let visit = 0; visit < 3; visit++) {
      await guest.reload();
      await whenJoined(guest);
      given.push(await guest.locator("#me bdi").innerText());
    }
    assert.match(String(given[1]), /^Guest\d+$/);
    assert.equal(given[2], given[1]);
  },
  { settings },
);

pageTest("A name that a member has is refused in words, and no guest gets it", async (stage) => {
  await connectMember(stage, "Lee");
  const page = await stage.enter("?name=Lee#den");
  const given = await page.locator("#me bdi").innerText();
  assert.match(given, /^Guest\d+$/);
  await page.getByText(`Lee belongs to a member now; you are ${given}.`).waitFor();
  await page.reload();
  await whenJoined(page);
  assert.equal(await page.locator("#me bdi").innerText(), given);

  await page.goto(`${stage.url}/#invite=${await inviteAsOperator(stage)}`);
  await page.locator("#join-dialog[open]").waitFor();
  await page.fill("#join-name", "lee");
  await page.press("#join-name", "Enter");
  await page.getByText("This name is already taken. Choose another one.").waitFor();
  assert.equal(await page.getAttribute("#join-name", "aria-invalid"), "true");
  await page.fill("#join-name", "Bea");
  await page.press("#join-name", "Enter");
  await whenNamed(page, "Bea");
}, { settings });

pageTest(
  "A guest's page offers to reload when another page of the browser has joined",
  async (stage) => {
    const guest = await stage.enter("#den");
    await guest.evaluate("navigator.serviceWorker.ready.then(() => {})");
    const secret = await inviteAsOperator(stage, { rooms: ["den"] });
    const page = await guest.context().newPage();
    await page.goto(`${stage.url}/#invite=${secret}`);
    await page.locator("#join-dialog[open]").waitFor();
    await page.fill("#join-name", "Ann");
    await page.press("#join-name", "Enter");
    await whenNamed(page, "Ann");
    await guest.locator(".toast", { hasText: words.joinedElsewhere }).getByRole("button", {
      name: "Reload",
    }).click();
    await whenNamed(guest, "Ann");
  },
  { settings },
);

pageTest("A service without guests lets an invited visitor in", async (stage) => {
  const secret = await inviteAsOperator(stage, { rooms: ["den"] });
  const page = await openLink(stage, `#invite=${secret}`);
  const status = page.locator("#status");
  await page.locator("body[data-state=closed]").waitFor();
  assert.equal(await status.isVisible(), false, "that guests are refused is no news here");
  await page.click("#join-cancel");
  await status.waitFor();
  await page.goto(`${stage.url}/#invite=${secret}`);
  await page.locator("#join-dialog[open]").waitFor();
  await page.fill("#join-name", "Ann");
  await page.press("#join-name", "Enter");
  await whenNamed(page, "Ann");
  await say(page, "hello");
  await untilShown(page, "hello");
}, { settings: { ...settings, AUTH: "required" } });

pageTest("A link that was not copied as a whole is bad at once", async (stage) => {
  const links = ["#invite=short", `#device=${"x".repeat(23)}`, "#invite=", "#invite=a b"];
  const page = await stage.open();
  for (const [visit, link] of links.entries()) {
    // Another address before the #, so that the page is loaded.
    await page.goto(`${stage.url}/?${visit}${link}`);
    await page.locator("#join-dialog[open]").waitFor();
    await page.getByText("This link was used, has expired or was revoked.").waitFor();
    assert.equal(await page.locator("#join-submit").isVisible(), false, link);
    assert.equal(await text(page, "join-text"), "", link);
    await page.click("#join-cancel");
    await whenJoined(page);
  }
}, { settings });

pageTest("A link is copied without the clipboard of secure contexts, or by hand", async (stage) => {
  const before = `Object.defineProperty(Navigator.prototype, "clipboard", { value: undefined });`;
  const page = await becomeMember(stage, "Ann", {}, { before });
  for (const copies of [true, false]) {
    if (!copies) await page.evaluate("void (document.execCommand = () => false)");
    const link = await deviceLink(page);
    await page.getByRole("button", { name: words.copy, exact: true }).click();
    const said = page.locator("#device-link [role=status]");
    await eventually(() => said.innerText(), copies ? laterEn.linkCopied : words.copyByHand);
    assert.equal(await page.evaluate("getSelection().toString()"), link, "it is selected");
    await page.keyboard.press("Escape");
    if (!copies) continue;
    await page.focus("#text");
    await page.keyboard.press("Control+V");
    assert.equal(await page.inputValue("#text"), link);
  }
}, { settings });

pageTest("The settings show the role of an app's user who has rights", async (stage) => {
  const before = `const { parse } = JSON;
    const role = location.search === "?member" ? "member" : "moderator";
    JSON.parse = (text) => {
      const frame = parse(text);
      const you = { user: "a_ann", name: "Ann", role };
      return frame?.type === "hello" ? { ...frame, you } : frame;
    };`;
  const page = await stage.enter("?member#den", { before });
  await page.click("#open-settings");
  assert.equal(await text(page, "settings-role"), "");
  await page.goto(`${stage.url}/?moderator#den`);
  await whenJoined(page);
  await page.click("#open-settings");
  assert.equal(await text(page, "settings-role"), membersEn.roleModerator);
}, { settings });

pageTest("A browser that stores nothing says so before it uses a link", async (stage) => {
  const secret = await inviteAsOperator(stage);
  const before =
    `Object.defineProperty(window, "localStorage", { get() { throw new Error("no"); } });`;
  const page = await openLink(stage, `#invite=${secret}`, { before });
  await page.fill("#join-name", "Ann");
  await page.press("#join-name", "Enter");
  await page.getByText(words.joinNotKept).waitFor();
}, { settings });

pageTest("A drawing that is not only a QR code is shown without all else", async (stage) => {
  const page = await becomeMember(stage, "Ann");
  await page.routeWebSocket(/\/ws/, (socket) => {
    const server = socket.connectToServer();
    const rest = `<script>globalThis.bad = 1</script><image href="https://evil.example/"/>` +
      `<foreignObject><b xmlns="http://www.w3.org/1999/xhtml">b</b></foreignObject>`;
    server.onMessage((message) => {
      const frames = String(message).split("\n").map((it) => JSON.parse(it));
      const changed = frames.map((it) =>
        it.qr ? { ...it, qr: it.qr.replace("<path", `${rest}<path transform="scale(9)"`) } : it
      );
      socket.send(changed.map((it) => JSON.stringify(it)).join("\n"));
    });
  });
  await page.reload();
  await whenNamed(page, "Ann");
  await deviceLink(page);
  const parts = await page.locator(".qr > *").evaluateAll((all) =>
    all.map((it) => [it.localName, it.getAttributeNames().toSorted().join()])
  );
  assert.deepEqual(parts, [["rect", "fill,height,width"], ["path", "d,fill"]]);
}, { settings });

/** The dialogs, and parts of them, that need horizontal scrolling. */
function tooWide(page: Page): Promise<readonly string[]> {
  return page.evaluate<string[]>(`[...document.querySelectorAll("dialog[open], dialog[open] *")]
    .filter((it) => it.getBoundingClientRect().right > innerWidth + 1)
    .map((it) => it.outerHTML.slice(0, 120))`);
}

pageTest(
  "The dialogs of members are accessible, also by keyboard, and fit",
  async (stage) => {
    const options = { viewport: { width: 360, height: 740 }, locale: "en-GB" } as const;
    const page = await stage.open("", options);
    for (const [language, strings] of [["en", membersEn], ["zh", membersZh]] as const) {
      const isWide = language === "en";
      const check = (screen: string) =>
        checkAccessible(page, `${screen} (${language})`, {
          others: tooWide,
          widths: isWide ? [360] : [],
        });
      const openSettings = async () => {
        if (page.viewportSize()?.width === 360) await page.click("#open-rooms");
        await page.click("#open-settings");
        await page.locator("#settings-dialog[open]").waitFor();
      };
      await whenJoined(page);
      if (language === "zh") {
        await openSettings();
        await page.locator("#language input[value=zh]").check({ force: true });
        await page.locator("html[lang=zh]").waitFor();
        await page.keyboard.press("Escape");
      }
      await page.setViewportSize({ width: isWide ? 1300 : 360, height: 740 });
      const secret = await inviteAsOperator(stage, { role: "owner", rooms: ["den"] });
      await page.goto(`${stage.url}/#invite=${secret}`);
      await page.locator("#join-dialog[open]").waitFor();
      assert.equal(await text(page, "join-title"), strings.joinTitle);
      await check("invited");
      await page.keyboard.press("Enter");
      await page.locator("#join-name[aria-invalid=true]").waitFor();
      await check("no name");
      await page.keyboard.type(`Ann ${language}`);
      await page.keyboard.press("Enter");
      await whenNamed(page, `Ann ${language}`);
      await openSettings();
      await check("settings of a member");
      await page.focus("#settings-invite");
      await page.keyboard.press("Enter");
      await page.locator("#invites-none").waitFor();
      await check("invite");
      await page.focus("#invite-uses");
      await page.keyboard.press("Enter");
      await page.locator("#invite-link .qr").waitFor();
      assert.equal(
        await page.evaluate("document.activeElement.parentElement.className"),
        "link-row",
      );
      await check("a new invite");
      await page.keyboard.press("Escape");
      await page.click("#open-settings");
      await page.focus("#settings-devices");
      await page.keyboard.press("Enter");
      await page.locator("#devices .record").waitFor();
      await page.focus("#device-add");
      await page.keyboard.press("Enter");
      await page.locator("#device-link .qr").waitFor();
      await check("devices");
      await page.focus("#devices .record button");
      await page.keyboard.press("Enter");
      await check("signing out here");
      await page.keyboard.press("Enter");
      await page.getByText(strings.signedOut).waitFor();
      if (!isWide) await page.keyboard.press("Escape");
      await check("signed out");
      await page.focus("#forget-account");
      await page.keyboard.press("Enter");
      await page.getByText(strings.forgetRule).waitFor();
      await check("forgetting the account");
      await page.click("#forget-account");
      await whenJoined(page);
      await page.goto(`${stage.url}/#device=${secret}`);
      await page.locator("#join-dialog[open]").waitFor();
      assert.equal(await text(page, "join-title"), strings.joinDeviceTitle);
      await check("a link for a device");
      await page.click("#join-submit");
      await page.getByText(strings.fault_bad_invite.slice(1)).waitFor();
      await check("a used link");
      await page.click("#join-cancel");
      await page.goto(`${stage.url}/#invite=short`);
      await page.locator("#join-dialog[open]").waitFor();
      await check("a cut link");
      await page.click("#join-cancel");
    }
  },
  { settings },
);
