// @ts-check
/// <reference lib="dom" />
/**
 * The entry of the chat page. It opens straight into the room: the connection is opened at once in the
 * background, and everything else renders the state of the client library. The URL decides which room is shown.
 * @module
 */

import { Chat } from "../client/chat.js";
import { linkTo, parseAddress, parseInvite } from "./base/address.js";
import { Attention } from "./shell/attention.js";
import { RoomPane } from "./room_pane.js";
import { afterFrame, find, onClick } from "./base/dom.js";
import { Drafts } from "./composer/drafts.js";
import { Drawers } from "./rooms/drawers.js";
import { EarlySocket } from "./early_socket.js";
import { refuseFiles } from "./composer/refuse_files.js";
import { drawIcons } from "./base/icons.js";
import { isHidden } from "./base/user_presence.js";
import { Account } from "./shell/account.js";
import { releasedCopy } from "./log/released.js";
import { OnDemand } from "./on_demand.js";
import { isServiceRoom, Rooms } from "./rooms/rooms.js";
import { DEFAULT_ROOM, Preferences } from "./preferences.js";
import { listenToShortcuts } from "./shell/shortcuts.js";
import { isPrivateRoom } from "./base/room_kinds.js";
import { RoomNames } from "./rooms/room_names.js";
import { Sidebar } from "./rooms/sidebar.js";
import { ConnectionStatus } from "./shell/connection_status.js";
import { browserStorage, PageStorage } from "./base/storage.js";
import { loadStrings, pickLanguage, Translator } from "./i18n/strings.js";
import { Toasts } from "./shell/toasts.js";
import { translate } from "./i18n/translate.js";

const PRELOAD_DELAY_MS = 3_000;
/** Maximum time for which the page stays empty while its language loads. */
const STRINGS_TIMEOUT_MS = 5_000;

const workers = isSecureContext && "serviceWorker" in navigator ? navigator.serviceWorker : null;
const storage = browserStorage();
const pageStorage = new PageStorage(storage, location.href);
const preferences = new Preferences(pageStorage);
// Anyone who sees the address later must not be able to use the invite.
const invite = parseInvite(location.href);
if (invite) history.replaceState(null, "", linkTo(location.href, null));
const requested = parseAddress(location.href);
const language = preferences.language ?? pickLanguage(navigator.languages);
const isLoaded = await languageLoaded();
const earlySocket = new EarlySocket(Reflect.get(globalThis, "earlySocket"));
// Not with connect(), which brings what only other apps need.
const chat = new Chat(new URL("ws", location.href).href.replace("http", "ws"), {
  ...{ storage, language, platform: earlySocket.platform },
  name: preferences.name ?? undefined,
});
const rooms = new Rooms(chat, preferences, (room, event) => {
  attention.onEvent(room, event, () => goToRoom(room.name));
  const copy = releasedCopy(chat.outbox.value, room.name, event, chat.me.value?.user);
  // Not while listeners are still being notified of the message.
  if (copy) queueMicrotask(() => copy.discard());
}, (room, from) => {
  const { position } = parseAddress(location.href);
  history.replaceState(null, "", linkTo(location.href, room.name, position));
  roomPane.onRenamed(from);
});
const remembered = preferences.rooms.filter((room) => !isServiceRoom(room));
const asksForRoom = requested.room !== null && !isServiceRoom(requested.room);
const last = remembered.find((room) => room === preferences.room) ?? remembered[0];
// A user who has just been invited chooses a name first.
const first = (asksForRoom ? requested.room : last) ?? last ?? (invite ? null : DEFAULT_ROOM);
for (const room of [...remembered, first]) if (room !== null) rooms.join(room);
// Send the hello now: the answer arrives while the page is assembled.
earlySocket.replayOpen();

const translator = new Translator(isLoaded ? language : "en", () => void onDemand.preload());
drawIcons(document);
translator.language.subscribe(translate);
const roomNames = new RoomNames(chat, preferences, translator);
const toasts = new Toasts(translator);
const drawers = new Drawers();
const attention = new Attention(translator, chat, rooms, preferences);
const sidebar = new Sidebar(translator, rooms, preferences.blocked);
const account = new Account(translator, chat, preferences, rename);
const onDemand = new OnDemand({
  ...{
    attention,
    chat,
    pageStorage,
    preferences,
    translator,
    toasts,
    leave,
    rename,
    onRenamed,
    forgetName,
    isFree,
  },
  ownName: account.ownName,
  palette: { rooms, roomNames, goToRoom, mention },
  showNext,
  attachToolbar: (toolbar) => roomPane.attachToolbar(toolbar),
  attachMemberTools: (tools) => roomPane.attachMemberTools(tools),
  putBack: (room, text) => roomPane.composer.putBack(room, text),
});
const drafts = new Drafts(pageStorage);
const roomPane = new RoomPane({
  ...{
    chat,
    rooms,
    preferences,
    translator,
    toasts,
    rename,
    leave,
    onDemand,
    forgetPosition,
    drafts,
  },
  run: (line) => new Promise((resolve) => void onDemand.use((later) => resolve(later.run(line)))),
  maxBytes: () => chat.limits.value?.maxTextBytes ?? servedLimit(),
});
new ConnectionStatus(translator, chat);
refuseFiles(() => showLater(() => translator.text("noFiles")));

/** Whether the language's strings are loaded. A Chinese page is shown once they are, or after a timeout. */
async function languageLoaded() {
  if (language === "en") return true;
  document.documentElement.hidden = true;
  const loaded = loadStrings(language).then(() => true, () => false);
  const isThere = await Promise.race([
    loaded,
    new Promise((resolve) => setTimeout(() => resolve(false), STRINGS_TIMEOUT_MS)),
  ]);
  document.documentElement.hidden = false;
  return isThere;
}

/** Switches to the language once its strings are loaded, unless another one was chosen meanwhile. */
async function applyLateLanguage() {
  try {
    await loadStrings(language);
    if ((preferences.language ?? language) === language) translator.language.set(language);
  } catch {
    // Stay in English.
  }
}

/** Whether a reload would go unnoticed: the page is hidden and nothing would be lost, such as drafts in other rooms. @returns {boolean} */
function isFree() {
  const isKept = pageStorage.isKept && chat.isKept.value;
  return isHidden() && isKept && !roomPane.composer.isUsed &&
    !document.querySelector("dialog[open]");
}

// A name from the address is only a suggestion, and only for guests.
function rename() {
  void onDemand.use((later) => later.rename(requested.name));
}

/** Shows a toast whose string is one of those of later.js. @param {() => string} text */
function showLater(text) {
  void onDemand.use(() => toasts.show(text()));
}

function showBadRoom() {
  showLater(() => translator.faultSentence("bad_room"));
}

/** The limit that the server wrote into the page, until its hello states it. */
function servedLimit() {
  return Number(document.querySelector("[name=max-message-bytes]")?.getAttribute("content"));
}

/** Keeps the room in the page's URL and removes the message. */
function forgetPosition() {
  const room = rooms.active.value?.name ?? null;
  history.replaceState(null, "", linkTo(location.href, room));
}

/** Opens a room through the page's URL, so that the browser's back button returns to the previous one. @param {string} room */
function goToRoom(room) {
  const address = linkTo(location.href, room);
  if (address !== location.href) history.pushState(null, "", address);
  goToAddress();
}

/** Opens the dialog of an invite. @param {import("./base/address.js").InviteLink} invite */
function openInvite(invite) {
  void onDemand.use(({ joinDialog }) => joinDialog.open(invite));
}

function goToAddress() {
  const invite = parseInvite(location.href);
  if (invite) {
    forgetPosition();
    return openInvite(invite);
  }
  if (!showAddress()) return;
  // First: nothing can be scrolled into view in a closed drawer.
  sidebar.reveal();
  drawers.close();
  focusComposer();
}

/** Shows the room of the URL, if the user may join it. */
function showAddress() {
  const { room, position, isBad } = parseAddress(location.href);
  if (isBad) showBadRoom();
  if (room === null) return false;
  if (isServiceRoom(room)) {
    forgetPosition();
    void onDemand.use(({ inbox }) => inbox.openRoom(room));
    return false;
  }
  if (!rooms.makePlace(room)) {
    showLater(() => translator.text("roomsFull", { count: rooms.all.length }));
    forgetPosition();
    return false;
  }
  rooms.goTo(room);
  void roomPane.goTo(position);
  return true;
}

function leave() {
  const room = rooms.active.value;
  if (!room) return;
  if (isPrivateRoom(room.name) || rooms.hasUnsent(room)) {
    return void onDemand.use(({ leaveRoomDialog }) => leaveRoomDialog.open(room));
  }
  showNext(rooms.leave(room));
  toasts.show(translator.text("roomLeft", { room: translator.roomName(room.name) }), {
    words: translator.text("undo"),
    run: () => goToRoom(room.name),
  });
}

/** Shows the room next to one that was left. @param {import("../client.js").Room | null} next */
function showNext(next) {
  history.replaceState(null, "", linkTo(location.href, next?.name ?? null));
  if (next) goToAddress();
  else find("no-room-join", HTMLElement).focus();
}

/** @param {string} name The user's new name. */
function onRenamed(name) {
  preferences.name = name;
  account.draw();
  toasts.show(translator.text("nameSaved", { name }));
}

function forgetName() {
  preferences.name = null;
  account.draw();
}

// On a phone, focusing the field would open the keyboard.
function focusComposer() {
  if (matchMedia("(pointer: fine)").matches) roomPane.composer.focus();
}

function findRoom() {
  void onDemand.use(({ palette }) => palette.open());
}

/** Mentions a user in the message field of a room. @param {string} name @param {string} room */
function mention(name, room) {
  if (rooms.active.value?.name !== room) goToRoom(room);
  drawers.close();
  roomPane.composer.insert(`@${name} `);
}

function addListeners() {
  onClick(find("skip", HTMLElement), () => roomPane.composer.focus());
  onClick(find("leave", HTMLElement), leave);
  onClick(find("open-settings", HTMLElement), () => {
    void onDemand.use(({ settingsDialog }) => settingsDialog.open());
  });
  onClick(find("find-room", HTMLElement), findRoom);
  onClick(find("no-room-join", HTMLElement), findRoom);
  onClick(find("new-room", HTMLElement), () => {
    void onDemand.use(({ newRoomDialog }) => newRoomDialog.open());
  });
  // Needed even if the URL stays the same.
  onClick(find("rooms", HTMLElement), () => drawers.close());
  addEventListener("hashchange", goToAddress);
  // From a notification.
  workers?.addEventListener("message", ({ data }) => {
    const { room } = parseAddress(String(data?.url));
    if (room) goToRoom(room);
  });
  addEventListener("storage", ({ key, newValue }) => {
    if (key?.endsWith(" blocked") ?? true) preferences.readBlocked();
    // Without a key, the user has removed everything.
    if (key !== null && newValue === null) drafts.restore();
  });
  addEventListener("beforeunload", (event) => {
    if (!chat.isKept.value && chat.outbox.value.length > 0) event.preventDefault();
  });
  listenToShortcuts({
    step: (by) => {
      const room = rooms.neighbor(by);
      if (room) goToRoom(room.name);
    },
    find: findRoom,
    type: () => roomPane.composer.focus(),
  });
}

function start() {
  chat.rooms.subscribe(() => sidebar.show(rooms.all));
  rooms.active.subscribe((room) => {
    roomPane.show(room);
    sidebar.setActive(room);
  });
  for (const it of [translator.language, translator.roomNames]) {
    it.subscribe(() => roomPane.setLanguage());
  }
  // The parts loaded on demand show the cached messages, or offer to sign in.
  chat.state.subscribe(({ kind }) =>
    (kind === "waiting" || kind === "closed") && void onDemand.preload()
  );
  // Owners and moderators see at once what there is to do.
  chat.me.subscribe((me) => (me?.role ?? "member") !== "member" && void onDemand.preload());
  if (!isLoaded) void applyLateLanguage();
  // A refused name must not block every later visit.
  chat.state.subscribe((state) => {
    if (state.kind === "closed" && state.error?.code === "bad_name") preferences.name = null;
  });
  if (requested.isBad) showBadRoom();
  history.replaceState(null, "", linkTo(location.href, first, requested.position));
  showAddress();
  if (!asksForRoom && requested.room !== null) {
    void onDemand.use(({ inbox }) => inbox.openRoom(String(requested.room)));
  }
  if (invite) openInvite(invite);
  afterFrame(() => {
    sidebar.reveal();
    if (document.activeElement === document.body) focusComposer();
  });
}

addListeners();
start();
// later.css has the replacements for the page's own colours.
if (matchMedia("(forced-colors: active)").matches) void onDemand.preload();
// Wait until the chat works. The service worker loads the whole page again; without it, only the page without a server
// is missing.
setTimeout(async () => {
  await onDemand.preload();
  workers?.register("sw.js").catch(() => {});
}, PRELOAD_DELAY_MS);
