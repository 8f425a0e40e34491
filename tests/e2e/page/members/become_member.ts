/**
 * Members in a browser: visitors who open the link of an invite and choose a name.
 * @module
 */
import type { Page } from "playwright-core";
import type { Chat, Room } from "../../../../static/client.js";
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

/** A member who is no browser, and has not joined any rooms yet; resolves when the service knows them. */
export async function connectMember(
  stage: PageFixture,
  name: string,
  terms: Record<string, unknown> = {},
): Promise<Chat> {
  const chat = stage.connectClient(name, { invite: await inviteAsOperator(stage, terms) });
  await new Promise<void>((resolve) => {
    chat.me.subscribe((me) => me !== null && resolve());
  });
  return chat;
}

/** The same, in the room `den` and in all private and direct rooms that they get into. */
export async function joinAsMember(
  stage: PageFixture,
  name: string,
  terms: Record<string, unknown> = {},
): Promise<Room> {
  const chat = await connectMember(stage, name, terms);
  chat.memberships.subscribe(({ room, on }) => on && chat.join(room));
  return await whenRoomJoined(chat.join("den"));
}

/** Resolves with the room when it has been joined. */
export async function whenRoomJoined(room: Room): Promise<Room> {
  await new Promise<void>((resolve) => {
    room.state.subscribe(({ kind }) => kind === "joined" && resolve());
  });
  return room;
}

/** Waits until the page shows this name as the user's, in a joined room. */
export async function whenNamed(page: Page, name: string): Promise<void> {
  await whenJoined(page);
  await page.locator("#me bdi", { hasText: name }).waitFor({ state: "attached" });
}
