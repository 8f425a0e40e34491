/** Members in a real browser: invited by a link, on several devices, and signed out. */
import assert from "node:assert/strict";
import type { Page } from "playwright-core";
import { stringsOf } from "../../../../static/page/i18n/strings.js";
import { laterEn } from "../../../../static/page/i18n/later_en.js";
import { membersEn } from "../../../../static/page/i18n/members_en.js";
import { membersZh } from "../../../../static/page/i18n/members_zh.js";
import { inviteAsOperator, MEMBER_SETTINGS } from "../../../support/identity/member_links.ts";
import { checkAccessible } from "../accessible.ts";
import { becomeMember, openLink, whenNamed } from "./become_member.ts";
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
  "A link for a device signs it in with one click; signing it out closes it",
  async (stage) => {
    const ann = await becomeMember(stage, "Ann");
    const link = await deviceLink(ann);
    assert.equal(await ann.getByText(words.deviceLinkRule).isVisible(), true);
    const preview = await openLink(stage, link);
    await preview.keyboard.press("Escape");
    await whenJoined(preview);
    const phone = await openLink(stage, link);
    assert.equal(phone.url(), `${stage.url}/`);
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
    await phone.click("#forget-account");
    await phone.getByText(words.forgetRule).waitFor();
    await phone.click("#forget-account");
    await whenJoined(phone);
    assert.match(await phone.locator("#me bdi").innerText(), /^Guest\d+$/);
  },
  { settings },
);

pageTest("A device that was signed out comes back with another link", async (stage) => {
  const ann = await becomeMember(stage, "Ann");
  const phone = await openLink(stage, await deviceLink(ann));
  await phone.click("#join-submit");
  await whenNamed(phone, "Ann");
  await openDevicesAndSignOutHere(phone);
  await phone.getByText(words.signedOut).waitFor();
  await ann.click("#device-add");
  await eventually(() => ann.locator("#device-link input").count(), 1);
  await ann.keyboard.press("Escape");
  await phone.goto(await deviceLink(ann));
  await phone.locator("#join-dialog[open]").waitFor();
  await phone.click("#join-submit");
  await whenNamed(phone, "Ann");
}, { settings });

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
    const bea = await openLink(stage, `#invite=${secret}`);
    await bea.fill("#join-name", "Bea");
    await bea.press("#join-name", "Enter");
    await whenNamed(bea, "Bea");
  },
  { settings },
);

pageTest(
  "A name that a member has is refused in words, and a guest who has it gets another",
  async (stage) => {
    const guest = await stage.enter("?name=Ann#den");
    const ann = await becomeMember(stage, "Ann");
    const names = (page: Page) => page.locator("#members .member-name").allInnerTexts();
    await eventually(
      async () => (await names(ann)).filter((it) => it === "Ann").length,
      1,
      "the guest has another name",
    );
    await eventually(async () => (await names(guest)).toSorted(), (await names(ann)).toSorted());
    await eventually(() => ann.locator("#members .mark").allInnerTexts(), ["you", "guest"]);
    const late = await stage.enter("?name=Ann#den");
    assert.match(await late.locator("#me bdi").innerText(), /^Guest\d+$/);
    const secret = await inviteAsOperator(stage);
    const other = await openLink(stage, `#invite=${secret}`);
    await other.fill("#join-name", "ann");
    await other.press("#join-name", "Enter");
    await other.getByText("This name is already taken. Choose another one.").waitFor();
    assert.equal(await other.getAttribute("#join-name", "aria-invalid"), "true");
    await other.fill("#join-name", "Bea");
    await other.press("#join-name", "Enter");
    await whenNamed(other, "Bea");
  },
  { settings },
);

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

for (const link of ["#invite=short", `#device=${"x".repeat(23)}`, "#invite=", "#invite=a b"]) {
  pageTest(`A link that was not copied as a whole is bad at once: ${link}`, async (stage) => {
    const page = await openLink(stage, link);
    await page.getByText("This link was used, has expired or was revoked.").waitFor();
    assert.equal(await page.locator("#join-submit").isVisible(), false);
    assert.equal(await text(page, "join-text"), "");
    await page.click("#join-cancel");
    await whenJoined(page);
  }, { settings });
}

pageTest(
  "A guest whose name becomes a member's is told so, and asks for it no more",
  async (stage) => {
    const guest = await stage.enter("?name=Lee#den");
    await guest.evaluate("navigator.serviceWorker.ready.then(() => {})");
    await becomeMember(stage, "Lee");
    const toast = guest.locator(".toast", {
      hasText: "Lee belongs to a member now; you are Guest",
    });
    await toast.waitFor();
    await guest.locator("#guest-bar").waitFor();
    const names: string[] = [];
    // At the first visit, the server may draw another one than in the room.
    for (let visit = 0; visit < 3; visit++) {
      await guest.reload();
      await whenJoined(guest);
      names.push(await guest.locator("#me bdi").innerText());
    }
    assert.match(String(names[1]), /^Guest\d+$/);
    assert.equal(names[2], names[1]);

    const late = await stage.enter("?name=Lee#den");
    const given = await late.locator("#me bdi").innerText();
    await late.getByText(`Lee belongs to a member now; you are ${given}.`).waitFor();
    await late.reload();
    await whenJoined(late);
    assert.equal(await late.locator("#me bdi").innerText(), given);
  },
  { settings },
);

for (
  const [what, before, copies] of [
    ["without the clipboard of secure contexts", "", true],
    ["by hand, if the browser refuses", "document.execCommand = () => false;", false],
  ] as const
) {
  pageTest(`A link is copied ${what}`, async (stage) => {
    const script =
      `Object.defineProperty(Navigator.prototype, "clipboard", { value: undefined });${before}`;
    const page = await becomeMember(stage, "Ann", {}, { before: script });
    const link = await deviceLink(page);
    await page.getByRole("button", { name: words.copy, exact: true }).click();
    const said = page.locator("#device-link [role=status]");
    const { linkCopied } = laterEn;
    await eventually(() => said.innerText(), copies ? linkCopied : words.copyByHand);
    assert.equal(await page.evaluate("getSelection().toString()"), link, "it is selected");
    if (!copies) return;
    await page.keyboard.press("Escape");
    await page.focus("#text");
    await page.keyboard.press("Control+V");
    assert.equal(await page.inputValue("#text"), link);
  }, { settings });
}

for (const role of ["member", "moderator"] as const) {
  const words = role === "member" ? "" : membersEn.roleModerator;
  pageTest(`The settings show the role ${role} of an app's user as "${words}"`, async (stage) => {
    const before = `const { parse } = JSON;
      JSON.parse = (text) => {
        const frame = parse(text);
        const you = { user: "a_ann", name: "Ann", role: "${role}" };
        return frame?.type === "hello" ? { ...frame, you } : frame;
      };`;
    const page = await stage.enter("#den", { before });
    await page.click("#open-settings");
    assert.equal(await text(page, "settings-role"), words);
  }, { settings });
}

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

const check = (page: Page, screen: string) => checkAccessible(page, screen, tooWide);

for (const [locale, strings] of [["en-GB", membersEn], ["zh-CN", membersZh]] as const) {
  for (const width of [360, 1440]) {
    pageTest(
      `The dialogs of members are accessible, also by keyboard (${locale}, ${width} px)`,
      async (stage) => {
        const options = {
          locale,
          viewport: { width, height: 740 },
          reducedMotion: "reduce",
        } as const;
        const secret = await inviteAsOperator(stage, { role: "owner", rooms: ["den"] });
        const page = await openLink(stage, `#invite=${secret}`, options);
        assert.equal(await text(page, "join-title"), strings.joinTitle);
        await check(page, "invited");
        await page.keyboard.press("Enter");
        await page.locator("#join-name[aria-invalid=true]").waitFor();
        await check(page, "no name");
        await page.keyboard.type("Ann");
        await page.keyboard.press("Enter");
        await whenNamed(page, "Ann");
        const settingsButton = width === 360 ? "#open-rooms" : "#open-settings";
        await page.click(settingsButton);
        if (width === 360) await page.click("#open-settings");
        await page.locator("#settings-dialog[open]").waitFor();
        await check(page, "settings of a member");
        await page.focus("#settings-invite");
        await page.keyboard.press("Enter");
        await page.locator("#invites-none").waitFor();
        await check(page, "invite");
        await page.focus("#invite-uses");
        await page.keyboard.press("Enter");
        await page.locator("#invite-link .qr").waitFor();
        assert.equal(
          await page.evaluate("document.activeElement.parentElement.className"),
          "link-row",
        );
        await check(page, "a new invite");
        await page.keyboard.press("Escape");
        await page.click("#open-settings");
        await page.focus("#settings-devices");
        await page.keyboard.press("Enter");
        await page.locator("#devices .record").waitFor();
        await page.focus("#device-add");
        await page.keyboard.press("Enter");
        await page.locator("#device-link .qr").waitFor();
        await check(page, "devices");
        await page.focus("#devices .record button");
        await page.keyboard.press("Enter");
        await check(page, "signing out here");
        await page.keyboard.press("Enter");
        await page.getByText(strings.signedOut).waitFor();
        if (width === 360) await page.keyboard.press("Escape");
        await check(page, "signed out");
        await page.focus("#forget-account");
        await page.keyboard.press("Enter");
        await page.getByText(strings.forgetRule).waitFor();
        await check(page, "forgetting the account");
        const late = await openLink(stage, `#device=${secret}`, options);
        assert.equal(await text(late, "join-title"), strings.joinDeviceTitle);
        await check(late, "a link for a device");
        await late.click("#join-submit");
        await late.getByText(strings.fault_bad_invite.slice(1)).waitFor();
        await check(late, "a used link");
        const cut = await openLink(stage, "#invite=short", options);
        await check(cut, "a cut link");
      },
      { settings },
    );
  }
}
