/**
 * The guide about embedding the chat in an app, word for word except for the ports: its server under Node, its page in a
 * browser, and the settings of its first command.
 * @module
 */
import assert from "node:assert/strict";
import { api } from "../../../support/api.ts";
import { SECRET } from "../../../support/app.ts";
import { browserTest, openWindow } from "../../../support/programs/chromium.ts";
import { findProgram, freePort, Running } from "../../../support/provision.ts";
import { startTestService } from "../../../support/service.ts";
import { TemporaryFolder } from "../../../support/temporary_folder.ts";

const GUIDE = Deno.readTextFileSync(
  new URL("../../../../docs/guides/embed-chat-in-your-app.md", import.meta.url),
);

/** The first block of code in a language. */
function block(language: string): string {
  const code = new RegExp(`^\`\`\`${language}\n([^]*?)^\`\`\``, "m").exec(GUIDE)?.[1];
  assert.ok(code !== undefined, language);
  return code;
}

/** The settings before a command in the guide. */
function settingsBefore(command: string): Record<string, string> {
  const line = block("console").split("\n").find((it) => it.endsWith(command)) ?? "";
  return Object.fromEntries(
    [...line.matchAll(/([A-Z_]+)=(\S+)/g)].map(([, name = "", value = ""]) => [name, value]),
  );
}

browserTest("The app of the embedding guide shows a room to its user", async (browser) => {
  const path = await findProgram(["node"]);
  assert.ok(path !== undefined, "install Node 20 or later");
  await using folder = new TemporaryFolder();
  const appPort = freePort();
  const { ALLOWED_ORIGINS = "", ...settings } = settingsBefore("task start");
  await using service = await startTestService({
    ...settings,
    ALLOWED_ORIGINS: ALLOWED_ORIGINS.replace("3000", String(appPort)),
    JWT_SECRET: SECRET,
  });
  const withPorts = (text: string) =>
    text.replaceAll("127.0.0.1:8080", `127.0.0.1:${service.port}`)
      .replace("listen(3000", `listen(${appPort}`);
  await Deno.writeTextFile(`${folder.path}/app.mjs`, withPorts(block("js")));
  await Deno.writeTextFile(`${folder.path}/index.html`, withPorts(block("html")));
  const url = `http://127.0.0.1:${appPort}`;
  await using _app = await Running.start(
    { path, env: { JWT_SECRET: SECRET } },
    ["app.mjs"],
    folder.path,
    () => fetch(url).then(async (it) => (await it.text()).length > 0, () => false),
  );
  await using window = await openWindow(browser, url);
  const { page } = window;
  await page.locator("input").fill("hello");
  await page.locator("input").press("Enter");
  await page.locator("li", { hasText: /^Ann: hello$/ }).waitFor();
  const token = await (await fetch(`${url}/chat-token`)).text();
  assert.equal((await api(service, "/rooms/team-blue/messages", { token })).status, 403);
});
