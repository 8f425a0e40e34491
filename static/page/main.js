// @ts-check
/// <reference lib="dom" />
/**
 * The chat page, put together. It opens straight into the conversation: the connection is made at once and in the
 * background, and everything else shows what the client library tells. The address decides which room is looked at.
 * @module
 */

import { connect } from "../client.js";
import { addressOf, readAddress } from "./address.js";
import { Attention } from "./attention.js";
import { Conversation } from "./conversation.js";
import { afterPicture, find, onClick } from "./dom.js";
import { Drafts } from "./drafts.js";
import { Drawers } from "./drawers.js";
import { EarlySocket } from "./early_socket.js";
import { EmojiPicker } from "./emoji.js";
import { drawIcons } from "./icons.js";
import { JoinForm } from "./join_form.js";
import { Myself } from "./myself.js";
import { NameDialog } from "./name_dialog.js";
import { tellRefusals } from "./refusals.js";
import { Rooms } from "./rooms.js";
import { DEFAULT_ROOM, Settings } from "./settings.js";
import { SettingsDialog } from "./settings_dialog.js";
import { listenToKeys, listShortcuts } from "./shortcuts.js";
import { Sidebar } from "./sidebar.js";
import { Status } from "./status.js";
import { browserStorage, Memory } from "./storage.js";
import { pickLanguage, Words } from "./strings.js";
import { Toasts } from "./toast.js";
import { translate } from "./translate.js";

const SETTLED_MS = 3_000;

const workers = isSecureContext && "serviceWorker" in navigator ? navigator.serviceWorker : null;
const storage = browserStorage();
const memory = new Memory(storage, location.href);
const settings = new Settings(memory);
const asked = readAddress(location.href);
const early = new EarlySocket(Reflect.get(globalThis, "earlySocket"));
const chat = connect(new URL("ws", location.href), {
  ...{ storage, surroundings: early.surroundings },
  name: settings.name ?? undefined,
});
const rooms = new Rooms(chat, settings, (room, event) => {
  attention.heard(room, event, () => go(room.name));
});
const remembered = settings.rooms;
const last = remembered.find((room) => room === settings.room) ?? remembered[0];
const first = asked.room ?? last ?? DEFAULT_ROOM;
for (const room of [...remembered, first]) rooms.join(room);
// The hello goes out now, and is answered while the page is put together.
early.catchUp();

const words = new Words(settings.language ?? pickLanguage(navigator.languages));
drawIcons();
listShortcuts();
words.language.subscribe(translate);
const toasts = new Toasts(words);
const drawers = new Drawers();
const attention = new Attention(chat, rooms, settings);
const sidebar = new Sidebar(words);
const nameDialog = new NameDialog(words, chat, (chosen) => {
  settings.name = chosen;
  myself.draw();
  toasts.tell(words.say("nameSaved", { name: chosen }));
});
// A name from the address is only a suggestion, and only for guests.
const rename = () => nameDialog.open(settings.name ?? asked.name ?? "");
const settingsDialog = new SettingsDialog(words, settings, rename);
const myself = new Myself(words, chat, settings, settingsDialog, rename);
const conversation = new Conversation({
  ...{ chat, rooms, settings, words, toasts, rename },
  drafts: new Drafts(memory),
  picker: new EmojiPicker(words),
  maxBytes: () => chat.limits.value?.maxTextBytes ?? servedLimit(),
});
const joinForm = new JoinForm(words, rooms, go);
new Status(words, chat);
tellRefusals(chat, (code) => toasts.tell(words.fault(code)));

/** The limit that the server wrote into the page, for as long as it has not told it itself. */
function servedLimit() {
  return Number(document.querySelector("[name=max-message-bytes]")?.getAttribute("content"));
}

/** Goes to a room by the page's address, so that the browser's way back leads to the one before. @param {string} room */
function go(room) {
  const address = addressOf(location.href, room);
  if (address !== location.href) history.pushState(null, "", address);
  visit();
}

function visit() {
  if (!follow()) return;
  // First, since nothing can be brought into view in a drawer that is closed.
  sidebar.reveal();
  drawers.close();
  focusField();
}

/** Shows what the address asks for, where that is a room that one may be in. */
function follow() {
  const { room, position, isBad } = readAddress(location.href);
  if (isBad) toasts.tell(words.fault("bad_room"));
  const isThere = rooms.all.some((it) => it.name === room);
  if (room === null) return false;
  if (!isThere && rooms.isFull) {
    toasts.tell(words.say("roomsFull", { count: rooms.all.length }));
    return false;
  }
  rooms.goTo(room);
  if (position !== null) void conversation.goTo(position);
  return true;
}

function leave() {
  const room = rooms.active.value;
  if (!room) return;
  const next = rooms.leave(room);
  history.replaceState(null, "", addressOf(location.href, next?.name ?? null));
  if (next) visit();
  else find("no-room-join", HTMLElement).focus();
  toasts.tell(words.say("roomLeft", { room: room.name }), {
    words: words.say("undo"),
    deed: () => go(room.name),
  });
}

// On a phone the keyboard would jump up by itself.
function focusField() {
  if (matchMedia("(pointer: fine)").matches) conversation.composer.focus();
}

function findRoom() {
  drawers.openRooms();
  joinForm.focus();
}

function listen() {
  onClick(find("skip", HTMLElement), () => conversation.composer.focus());
  onClick(find("leave", HTMLElement), leave);
  onClick(find("no-room-join", HTMLElement), findRoom);
  // Also where the address does not change, because one is there already.
  onClick(find("rooms", HTMLElement), () => drawers.close());
  addEventListener("hashchange", visit);
  // From a notification.
  workers?.addEventListener("message", ({ data }) => {
    const { room } = readAddress(String(data?.url));
    if (room) go(room);
  });
  addEventListener("beforeunload", (event) => {
    if (!chat.isKept.value && chat.outbox.value.length > 0) event.preventDefault();
  });
  listenToKeys({
    step: (by) => {
      const room = rooms.beside(by);
      if (room) go(room.name);
    },
    find: findRoom,
  });
}

function begin() {
  chat.rooms.subscribe((all) => sidebar.show(all));
  rooms.active.subscribe((room) => {
    conversation.show(room);
    sidebar.mark(room);
  });
  words.language.subscribe(() => conversation.speak());
  chat.isKept.subscribe((isKept) => !isKept && storage && toasts.tell(words.say("notKept")));
  // A name that the server does not take would close the door each time.
  chat.state.subscribe((state) => {
    if (state.kind === "closed" && state.error?.code === "bad_name") settings.name = null;
  });
  if (asked.isBad) toasts.tell(words.fault("bad_room"));
  history.replaceState(null, "", addressOf(location.href, first, asked.position));
  follow();
  afterPicture(() => {
    sidebar.reveal();
    if (document.activeElement === document.body) focusField();
  });
}

listen();
begin();
// Not before one can talk: it loads all of the page once more. Where it is refused, only the page without the server is missing.
setTimeout(() => workers?.register("sw.js").catch(() => {}), SETTLED_MS);
