// @ts-check
/// <reference lib="dom" />
/**
 * Assembles the parts loaded on demand: the entry of the page's second script. It has no script tag: on_demand.js loads
 * it, with later.css.
 * @module
 */

import { commandRunner } from "./composer/command_runner.js";
import { DeleteDialog, LinkDialog } from "./dialogs/dialogs.js";
import { MentionSuggestions } from "./composer/mention_suggestions.js";
import { EmojiPicker } from "./composer/emoji_picker.js";
import { drawIcons } from "./base/icons.js";
import { KeptPages } from "./rooms/kept_pages.js";
import { KeptWriter } from "./rooms/kept_writer.js";
import { showBlockedList } from "./dialogs/blocked_list.js";
import { MARKUP } from "./dialogs/later_markup.js";
import { DevicesDialog } from "./members/devices_dialog.js";
import { InviteDialog } from "./members/invite_dialog.js";
import { RoleDialog } from "./members/role_dialog.js";
import { JoinDialog } from "./members/join_dialog.js";
import { LeaveRoomDialog } from "./dialogs/leave_room_dialog.js";
import { NewRoomDialog } from "./dialogs/new_room_dialog.js";
import { PRIVATE_MARKUP } from "./dialogs/private_markup.js";
import { RoomMembersDialog } from "./dialogs/room_members_dialog.js";
import { RoomDialog } from "./dialogs/room_dialog.js";
import { ROOM_MARKUP } from "./dialogs/room_markup.js";
import { watchBan } from "./shell/ban_page.js";
import { watchOtherPages } from "./members/joined_elsewhere.js";
import { MEMBERS_MARKUP } from "./members/markup.js";
import { ClearDialog } from "./moderation/clear_dialog.js";
import { Inbox } from "./moderation/inbox.js";
import { MODERATION_MARKUP } from "./moderation/markup.js";
import { ModerateDialog } from "./moderation/moderate_dialog.js";
import { ModeratorRooms } from "./moderation/moderator_rooms.js";
import { OthersTools } from "./moderation/others_tools.js";
import { roleIn } from "./moderation/ranks.js";
import { ReportDialog } from "./moderation/report_dialog.js";
import { errorText } from "./members/records.js";
import { watchOwnName } from "./members/name_lost.js";
import { laterEn } from "./i18n/later_en.js";
import { Toolbar } from "./log/view/toolbar.js";
import { NameDialog } from "./dialogs/name_dialog.js";
import { MemberTools } from "./rooms/member_tools.js";
import { OwnRooms } from "./rooms/own_rooms.js";
import { isPrivateRoom, kindOfRoom } from "./base/room_kinds.js";
import { Palette } from "./rooms/palette.js";
import { UnjoinedRooms } from "./rooms/unjoined_rooms.js";
import { reportFailedActions } from "./shell/failed_actions.js";
import { SettingsDialog } from "./dialogs/settings_dialog.js";
import { listShortcuts } from "./dialogs/shortcut_list.js";
import { notify, withdraw } from "./shell/notifications.js";
import { showSignInBar } from "./shell/sign_in.js";
import { watchSignOut } from "./shell/sign_out.js";
import { showSignedOutBar } from "./shell/signed_out.js";
import { warnOfLosses } from "./shell/storage_warnings.js";
import { browserStorage } from "./base/storage.js";
import { addStrings } from "./i18n/strings.js";
import { translate } from "./i18n/translate.js";
import { UpgradeBar } from "./shell/upgrade.js";

/**
 * What the parts need from the page.
 * @typedef {object} OnDemandContext
 * @property {import("./shell/attention.js").Attention} attention
 * @property {import("../client.js").Chat} chat
 * @property {import("./base/storage.js").PageStorage} pageStorage
 * @property {import("./preferences.js").Preferences} preferences
 * @property {import("./i18n/strings.js").Translator} translator
 * @property {import("./shell/toasts.js").Toasts} toasts
 * @property {import("../client/observable.js").Value<string>} ownName The user's name, as a sentence.
 * @property {import("./rooms/palette.js").PaletteContext} palette
 * @property {() => void} leave Leaves the room, perhaps after asking.
 * @property {(next: import("../client.js").Room | null) => void} showNext Shows the room next to one that was left.
 * @property {(toolbar: Toolbar) => void} attachToolbar Gives the log its toolbar.
 * @property {(tools: MemberTools) => void} attachMemberTools Gives the member panel its tools.
 * @property {() => void} rename Opens the name dialog.
 * @property {() => boolean} isFree Whether a reload would go unnoticed.
 * @property {(room: string, text: string) => void} putBack Puts a text into the message field of a room.
 * @property {(name: string) => void} onRenamed Called with the user's new name.
 * @property {() => void} forgetName Forgets the name that the user has chosen.
 */

/** The parts, in the page. */
export class OnDemandParts {
  deleteDialog;
  /** What moderators do in whole rooms and in the service. */
  inbox;
  joinDialog;
  leaveRoomDialog;
  linkDialog;
  nameDialog;
  newRoomDialog;
  palette;
  picker;
  roomDialog;
  roomMembersDialog;
  /** Runs a command; resolves with an error message, or with an empty string. */
  run;
  settingsDialog;
  /** The people to mention, for the message field. */
  suggestions;
  #context;
  #moderateDialog;
  #ownRooms;
  #reportDialog;

  /** @param {OnDemandContext} context */
  constructor(context) {
    this.#context = context;
    const { attention, chat, preferences, translator, toasts, ownName, palette } = context;
    const { rename, onRenamed, isFree, showNext } = context;
    addStrings(laterEn);
    const template = document.createElement("template");
    template.innerHTML = [MARKUP, MEMBERS_MARKUP, ROOM_MARKUP, PRIVATE_MARKUP, MODERATION_MARKUP]
      .join("");
    drawIcons(template.content);
    document.body.append(template.content);
    listShortcuts();
    translate(translator.language.value);
    const keptPages = new KeptPages(browserStorage(), location.href, chat, palette.rooms);
    new KeptWriter(keptPages, chat, preferences);
    attention.useNotifications({ notify, withdraw });
    this.deleteDialog = new DeleteDialog(translator);
    this.joinDialog = new JoinDialog({ chat, preferences, translator, goToRoom: palette.goToRoom });
    this.linkDialog = new LinkDialog();
    this.nameDialog = new NameDialog(translator, chat, onRenamed);
    this.#ownRooms = new OwnRooms({
      ...{ ...palette, chat, translator, toasts, showNext, blocked: preferences.blocked },
      repeat: (fn, ms) => void setInterval(fn, ms),
    });
    new UnjoinedRooms(translator, this.#ownRooms.unjoined, chat.rooms);
    this.leaveRoomDialog = new LeaveRoomDialog(
      translator,
      palette.rooms,
      (room) => this.#leave(room),
    );
    this.newRoomDialog = new NewRoomDialog(translator, chat, (room) => this.#enter(room));
    this.palette = new Palette(translator, palette, preferences.blocked, this.#ownRooms);
    this.picker = new EmojiPicker(translator);
    this.suggestions = new MentionSuggestions(chat, palette.rooms, preferences.blocked);
    const clearDialog = new ClearDialog(translator, toasts);
    this.roomDialog = new RoomDialog(
      translator,
      chat,
      () => toasts.show(translator.text("roomSaved")),
      (room, action) => clearDialog.open(room, action),
    );
    const { active } = palette.rooms;
    const inviteDialog = new InviteDialog(translator, chat, () => active.value?.name);
    this.roomMembersDialog = new RoomMembersDialog({
      ...{ translator, chat, rooms: palette.rooms },
      invite: () => inviteDialog.open(),
    });
    const devicesDialog = new DevicesDialog(translator, chat);
    this.settingsDialog = new SettingsDialog(translator, preferences, {
      ...{ chat, toasts, ownName, rename },
      invite: () => inviteDialog.open(),
      devices: () => devicesDialog.open(),
    });
    this.run = commandRunner({
      ...context,
      ...palette,
      help: () => this.settingsDialog.help(),
      findRoom: () => this.palette.open(),
    });
    reportFailedActions(
      chat,
      (code) => toasts.show(translator.faultSentence(code)),
      context.putBack,
    );
    const moderatorRooms = new ModeratorRooms(chat);
    const tools = new OthersTools(chat, palette.rooms);
    const roleOf = (/** @type {string} */ user) => roleIn(palette.rooms.all, user);
    const roleDialog = new RoleDialog(translator, chat, toasts, roleOf);
    /** @type {import("./moderation/moderate_dialog.js").RoleTools} */
    const roles = {
      mayChangeRole: (user) => tools.mayChangeRole(user),
      changeRole: (person, origin) => roleDialog.open(person, origin),
    };
    this.#moderateDialog = new ModerateDialog(translator, chat, toasts, moderatorRooms, roles);
    this.#reportDialog = new ReportDialog(translator, toasts);
    const { deleteDialog } = this;
    const moderateDialog = this.#moderateDialog;
    this.inbox = new Inbox({
      ...{ chat, rooms: palette.rooms, translator, toasts },
      ...{ moderatorRooms, moderateDialog, deleteDialog },
    });
    context.attachToolbar(new Toolbar((author) => tools.forMessageOf(author)));
    context.attachMemberTools(
      new MemberTools(translator, preferences, {
        mayModerate: (user) => tools.mayModerate(user),
        moderate: (person, origin) => this.#moderate(person, origin),
        ...roles,
        mayMessage: () => this.#mayMessage,
        message: (person) => void this.#message(person),
      }),
    );
    showBlockedList(translator, preferences);
    translator.refresh();
    showSignInBar(chat);
    showSignedOutBar(chat, preferences, translator);
    watchSignOut(chat, preferences);
    watchBan(chat, translator);
    warnOfLosses(chat, context.pageStorage, (key) => toasts.show(translator.text(key)));
    new UpgradeBar(translator, chat, isFree);
    const reload = () => ({ words: translator.text("reload"), run: () => location.reload() });
    watchOtherPages(chat, isFree, () => toasts.show(translator.text("joinedElsewhere"), reload()));
    watchOwnName(chat, preferences, (name, guestName) => {
      context.forgetName();
      toasts.show(translator.text("nameLost", { name, guestName }));
    });
  }

  /**
   * Opens the dialog for a tool of another user's message.
   * @param {{ readonly type: "moderate" | "report", readonly message: import("./log/types.js").Message }} action
   * @param {HTMLElement | null | undefined} row The message's element.
   * @param {import("../client.js").Room} room
   */
  onOthersMessage({ type, message }, row, room) {
    if (type === "report") this.#reportDialog.open(message, row, room);
    else this.#moderateDialog.open({ ...message, room: room.name }, () => row);
  }

  /** Leaves a room, and discards what is not sent there: it must not be sent when the user comes back. @param {import("../client.js").Room} room */
  async #leave(room) {
    if (isPrivateRoom(room.name)) await this.#ownRooms.leave(room);
    else this.#leaveOpen(room);
    for (const it of this.#context.chat.outbox.value) if (it.room === room.name) it.discard();
  }

  /** @param {import("../client.js").Room} room */
  #leaveOpen(room) {
    const { palette: { rooms, goToRoom }, translator, toasts, showNext } = this.#context;
    const isActive = rooms.active.value === room;
    const next = rooms.leave(room);
    if (isActive) showNext(next);
    toasts.show(translator.text("roomLeft", { room: translator.roomName(room.name) }), {
      words: translator.text("undo"),
      run: () => goToRoom(room.name),
    });
  }

  /** Goes to a room that was just created or opened. @param {import("../client/room_types.js").RoomSummary} room */
  #enter(room) {
    this.#ownRooms.learn(room);
    this.#context.palette.goToRoom(room.room);
  }

  /** Whether the user can open direct rooms, and is not looking at one. */
  get #mayMessage() {
    const { chat, palette } = this.#context;
    const { kind = "guest" } = chat.me.value ?? {};
    return kind !== "guest" && kindOfRoom(palette.rooms.active.value?.name ?? "") !== "direct";
  }

  /** Opens the direct room with a person. @param {{ user: string, name: string }} person */
  async #message({ user, name }) {
    const { chat, toasts, translator } = this.#context;
    try {
      this.#enter(await chat.openDirect(user, name));
    } catch (error) {
      toasts.show(errorText(error, translator, translator.text("directRefused", { name })));
    }
  }

  /** @param {{ user: string, name: string }} person @param {import("./base/dialog.js").Origin} origin */
  #moderate(person, origin) {
    const room = this.#context.palette.rooms.active.value?.name;
    if (room) this.#moderateDialog.open({ ...person, room }, origin);
  }

  /**
   * Opens the name dialog. The name of a user who is signed in is not for the page to change.
   * @param {string | null} suggested The name in the page's address, for guests who have not chosen one.
   */
  rename(suggested) {
    const { chat, preferences } = this.#context;
    if (chat.me.value?.kind === "app") this.settingsDialog.open();
    else this.nameDialog.open(preferences.name ?? suggested ?? "");
  }
}
