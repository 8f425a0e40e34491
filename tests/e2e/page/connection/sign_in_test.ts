/** Users who sign in at a real provider with the page, in a real browser. */
import assert from "node:assert/strict";
import type { Page } from "playwright-core";
import { browserTest, openWindow } from "../../../support/programs/chromium.ts";
import { startProvider, type TestProvider } from "../../../support/identity/oidc_provider.ts";
import { freePort, until } from "../../../support/provision.ts";
import { startTestService, type TestService } from "../../../support/service.ts";
import { lines, say, untilShown, whenJoined } from "../page_fixture.ts";

interface Stage {
  readonly service: TestService;
  readonly provider: TestProvider;
  readonly page: Page;
}

/** The provider's pages have no icon, and some tests are refused on purpose. */
const EXPECTED =
  /status of (?:404|403)|WebSocket connection to .* failed|^request: http:\/\/127\.0\.0\.1:\d+\/other$/;

function signInTest(
  name: string,
  run: (stage: Stage) => Promise<void>,
  { env = {}, locale = "en-US", serviceWorkers = "allow" }: {
    env?: Readonly<Record<string, string>>;
    locale?: string;
    serviceWorkers?: "allow" | "block";
  } = {},
): void {
  browserTest(name, async (browser) => {
    const port = String(freePort());
    await using provider = await startProvider(`http://127.0.0.1:${port}`);
    const settings = { PORT: port, AUTH: "required", ...provider.settings, ...env };
    await using service = await startTestService(settings);
    await using opened = await openWindow(browser, `${service.url}/#den`, {
      locale,
      serviceWorkers,
    });
    await run({ service, provider, page: opened.page });
    const toProvider = `request: ${provider.issuer}/`;
    assert.deepEqual(
      opened.complaints.filter((it) => !it.startsWith(toProvider) && !EXPECTED.test(it)),
      [],
    );
  });
}

/** Fills in the provider's form. */
async function signInAs(page: Page, user: string): Promise<void> {
  await page.getByLabel("User").fill(user);
  await page.getByRole("button", { name: "Sign in" }).click();
}

signInTest(
  "A user signs in with the page, chats under the provider's name, and signs out",
  async ({ page, service }) => {
    await page.locator("#sign-in-bar").getByText("Sign in to chat.").waitFor();
    await page.getByRole("button", { name: "Sign in" }).click();
    await signInAs(page, "ann");
    await whenJoined(page);
    assert.equal(page.url(), `${service.url}/#den`);
    await say(page, "hello");
    await untilShown(page, "hello");
    assert.deepEqual(await lines(page), ["Ann: hello"]);
    assert.equal(await page.locator("#guest-bar").isVisible(), false);
    await page.locator("#me").click();
    await page.getByRole("button", { name: "Sign out" }).click();
    await page.getByRole("button", { name: "Sign out there too" }).click();
    await page.getByText("Sign in to chat.").waitFor();
    assert.equal(page.url().split("#")[0], `${service.url}/`);
  },
);

signInTest("The page offers to sign in, in the user's language", async ({ page }) => {
  await page.getByText("请先登录，再开始聊天。").waitFor();
  await page.getByRole("button", { name: "登录" }).click();
  await page.getByLabel("User").fill("ann");
  await page.getByRole("button", { name: "Cancel" }).click();
  await page.getByText("登录已取消").waitFor();
  await page.getByRole("link", { name: "重试" }).click();
  await signInAs(page, "ann");
  await whenJoined(page);
}, { locale: "zh-CN" });

signInTest("A guest signs in from the settings", async ({ page }) => {
  await whenJoined(page);
  await page.locator("#open-settings").click();
  await page.getByRole("dialog").getByRole("button", { name: "Sign in" }).click();
  await signInAs(page, "ann");
  await whenJoined(page);
  await page.locator("#me").getByText("Ann").waitFor();
  await page.locator("#open-settings").click();
  const dialog = page.getByRole("dialog");
  await dialog.getByRole("button", { name: "Sign out" }).waitFor();
  assert.equal(await dialog.getByRole("button", { name: "Change" }).count(), 0);
}, { env: { AUTH: "open" } });

signInTest("Signing out removes what the page has stored for the user", async ({ page }) => {
  await page.getByRole("button", { name: "Sign in" }).click();
  await signInAs(page, "ann");
  await whenJoined(page);
  await page.evaluate(`localStorage.setItem("parley-page / theme", "dark")`);
  await page.evaluate(`localStorage.setItem("other", "kept")`);
  // The page keeps the newest messages of a room when it is left.
  await page.fill("#text", "a message");
  await page.press("#text", "Enter");
  await untilShown(page, "a message");
  await page.fill("#text", "a draft");
  const keys = () => page.evaluate<string[]>("Object.keys(localStorage).sort()");
  await until("a draft is stored", async () => (await keys()).some((key) => /draft/.test(key)));
  await page.addInitScript("globalThis.atStart = Object.keys(localStorage).sort()");
  await page.locator("#me").click();
  await page.getByRole("button", { name: "Sign out" }).click();
  await page.getByRole("button", { name: "Sign out there too" }).click();
  await page.getByText("Sign in to chat.").waitFor();
  const left = await page.evaluate<string[]>("atStart");
  assert.ok(!left.some((key) => /draft|kept|deed/.test(key)), left.join("\n"));
  assert.ok(left.includes("other") && left.includes("parley-page / theme"), left.join("\n"));
});

/** Counts the notices that the last user was removed. */
const COUNTS_SIGN_OUTS = `
  globalThis.signOuts = 0;
  addEventListener("storage", ({ key, newValue }) => {
    if (key === "parley-page / last-user" && newValue === null) setTimeout(() => globalThis.signOuts++);
  });
`;

signInTest("No other tab stores again what signing out has removed", async ({ page, service }) => {
  await page.getByRole("button", { name: "Sign in" }).click();
  await signInAs(page, "ann");
  await whenJoined(page);
  const context = page.context();
  const openTab = async (room: string, isLaterLoaded: boolean) => {
    const tab = await context.newPage();
    await tab.addInitScript(COUNTS_SIGN_OUTS);
    if (!isLaterLoaded) await tab.route("**/page/later.js*", () => {});
    await tab.goto(`${service.url}/#${room}`);
    await whenJoined(tab);
    await tab.fill("#text", `a draft in ${room}`);
    if (isLaterLoaded) await tab.locator("#settings-dialog").waitFor({ state: "attached" });
    return tab;
  };
  // The page's second script makes a tab leave the page.
  const whole = await openTab("tea", true);
  const begun = await openTab("den", false);
  const keys = () => page.evaluate<string[]>("Object.keys(localStorage).sort()");
  await until(
    "the drafts are stored",
    async () => (await keys()).filter((key) => / draft\.(?:tea|den)$/.test(key)).length === 2,
  );
  await page.locator("#me").click();
  await page.getByRole("button", { name: "Sign out" }).click();
  await page.getByRole("button", { name: "Sign out there too" }).click();
  await page.getByText("Sign in to chat.").waitFor();
  await until("a tab that has not loaded all knows it", () => begun.evaluate("signOuts > 0"));
  await begun.fill("#text", "a draft in den, with more");
  await until(
    "the other tab has left",
    async () => await whole.getByText("Sign in to chat.").isVisible(),
  );
  assert.equal(await whole.inputValue("#text"), "");
  await begun.close();
  const left = await keys();
  assert.ok(!left.some((key) => /draft|kept |deed|last-user|last-name/.test(key)), left.join("\n"));
}, { serviceWorkers: "block" });

signInTest("What a user writes before signing in again stays in the field", async ({ page }) => {
  await page.getByText("Sign in to chat.").waitFor();
  await page.fill("#text", "for later");
  await page.press("#text", "Enter");
  assert.equal(await page.inputValue("#text"), "for later");
  await page.getByRole("button", { name: "Sign in" }).click();
  await signInAs(page, "ann");
  await whenJoined(page);
  assert.equal(await page.inputValue("#text"), "for later");
  await page.press("#text", "Enter");
  await untilShown(page, "for later");
});

signInTest("No script of the page can read the cookie", async ({ page }) => {
  await page.getByRole("button", { name: "Sign in" }).click();
  await signInAs(page, "ann");
  await whenJoined(page);
  const names = (await page.context().cookies()).map(({ name }) => name);
  assert.ok(names.includes("parley"), names.join());
  assert.equal(await page.evaluate("document.cookie"), "");
});

signInTest(
  "A page on another port of the host, which gets the cookie sent, cannot connect with it",
  async ({ page, service }) => {
    await page.getByRole("button", { name: "Sign in" }).click();
    await signInAs(page, "ann");
    await whenJoined(page);
    const cookies: (string | null)[] = [];
    const at = { hostname: "127.0.0.1", port: 0, onListen: () => {} };
    await using other = Deno.serve(at, ({ headers }) => {
      cookies.push(headers.get("cookie"));
      return new Response("<!DOCTYPE html>", { headers: { "content-type": "text/html" } });
    });
    await page.goto(`http://127.0.0.1:${other.addr.port}/other`);
    assert.match(cookies[0] ?? "", /parley=/);
    const outcome = await page.evaluate<string>(`new Promise((resolve) => {
    const socket = new WebSocket("ws://127.0.0.1:${service.port}/ws", "chat.v1.json");
    socket.onopen = () => resolve("open");
    socket.onclose = ({ code }) => resolve("closed with " + code);
  })`);
    assert.equal(outcome, "closed with 1006");
  },
);
