/**
 * Members in a browser: visitors who open the link of an invite and choose a name.
 * @module
 */
import type { Page } from "playwright-core";
import type { Chat, Room } from "../../../../static/client.js";
import { inviteAsOperator } from "../../../support/identity/member_links.ts";
import { FakeStorage } from "../../../static/client/fake_platform.ts";
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

/**
 * A page whose user has become a member at an earlier visit, in the room `den`. The test "An invited visitor chooses a name and
 * becomes a member" shows that the page itself stores this; here, it is loaded once instead of twice.
 *
 * @param terms Of the invite, as in the HTTP API.
 */
export async function becomeMember(
  stage: PageFixture,
  name: string,
  terms: Record<string, unknown> = {},
  { before = "", ...options }: OpenOptions = {},
): Promise<Page> {
  const storage = new FakeStorage();
  const invited = { storage, device: "Chrome on Linux" };
  const chat = await connectMember(stage, name, { rooms: ["den"], ...terms }, invited);
  const { me: { value: me }, invitedRooms: { value: rooms } } = chat;
  chat.close();
  const choices = { name, "last-name": name, "last-user": me?.user ?? "", rooms: rooms.join(" ") };
  for (const [key, value] of Object.entries(choices)) {
    storage.setItem(`parley-page / ${key}`, value);
  }
  const stored = storage.keys.map((key) => [key, storage.getItem(key)]);
  const script = `if (location.protocol === "http:" && localStorage.length === 0 &&
    !sessionStorage.wasMember) {
    for (const entry of ${JSON.stringify(stored)}) localStorage.setItem(...entry);
    sessionStorage.wasMember = "yes";
  }
  ${before}`;
  const page = await stage.open(`#${rooms[0]}`, { ...options, before: script });
  await whenNamed(page, name);
  return page;
}

/** A member who is no browser, and has not joined any rooms yet; resolves when the service knows them. */
export async function connectMember(
  stage: PageFixture,
  name: string,
  terms: Record<string, unknown> = {},
  options: Parameters<PageFixture["connectClient"]>[1] = {},
): Promise<Chat> {
  const invite = await inviteAsOperator(stage, terms);
  const chat = stage.connectClient(name, { ...options, invite });
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
