/**
 * Members in a browser: visitors who open the link of an invite and choose a name.
 * @module
 */
import type { Page } from "playwright-core";
import { inviteAsOperator } from "../../../support/identity/member_links.ts";
import { type OpenOptions, type PageFixture, whenJoined } from "../page_fixture.ts";

/** Opens the link of an invite in a separate window; the dialog is open. */
export async function openLink(
  stage: PageFixture,
  link: string,
  options: OpenOptions = {},
): Promise<Page> {
  const page = await stage.open(link.replace(`${stage.url}/`, ""), options);
  await page.locator("#join-dialog[open]").waitFor();
  return page;
}

/** A page whose user has just become a member, in the room `den`. @param terms Of the invite, as in the HTTP API. */
export async function becomeMember(
  stage: PageFixture,
  name: string,
  terms: Record<string, unknown> = {},
  options: OpenOptions = {},
): Promise<Page> {
  const secret = await inviteAsOperator(stage, { rooms: ["den"], ...terms });
  const page = await openLink(stage, `#invite=${secret}`, options);
  await page.fill("#join-name", name);
  await page.press("#join-name", "Enter");
  await whenNamed(page, name);
  return page;
}

/** Waits until the page shows this name as the user's, in a joined room. */
export async function whenNamed(page: Page, name: string): Promise<void> {
  await whenJoined(page);
  await page.locator("#me bdi", { hasText: name }).waitFor({ state: "attached" });
}
