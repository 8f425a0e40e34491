/**
 * The files of the pages by the path that each is served under, embedded in the program as text, so that a compiled binary
 * has them too. A file that is not in this list is not served.
 * @module
 */
import chatCss from "../../static/chat.css" with { type: "text" };
import clientDTs from "../../static/client.d.ts" with { type: "text" };
import clientJs from "../../static/client.js" with { type: "text" };
import composerCss from "../../static/composer.css" with { type: "text" };
import dialogsCss from "../../static/dialogs.css" with { type: "text" };
import echoHtml from "../../static/echo.html" with { type: "text" };
import echoJs from "../../static/echo.js" with { type: "text" };
import iconMaskableSvg from "../../static/icon-maskable.svg" with { type: "text" };
import iconSvg from "../../static/icon.svg" with { type: "text" };
import indexHtml from "../../static/index.html" with { type: "text" };
import logCss from "../../static/log.css" with { type: "text" };
import manifestWebmanifest from "../../static/manifest.webmanifest" with { type: "text" };
import messageCss from "../../static/message.css" with { type: "text" };
import messageToolsCss from "../../static/message_tools.css" with { type: "text" };
import pageCss from "../../static/page.css" with { type: "text" };
import panelsCss from "../../static/panels.css" with { type: "text" };
import parleyCss from "../../static/parley.css" with { type: "text" };
import swJs from "../../static/sw.js" with { type: "text" };
import headJs from "../../static/head.js" with { type: "text" };
import clientAnswersJs from "../../static/client/answers.js" with { type: "text" };
import clientChatJs from "../../static/client/chat.js" with { type: "text" };
import clientComebacksJs from "../../static/client/comebacks.js" with { type: "text" };
import clientDeedQueueJs from "../../static/client/deed_queue.js" with { type: "text" };
import clientDeliveryJs from "../../static/client/delivery.js" with { type: "text" };
import clientDoubtsJs from "../../static/client/doubts.js" with { type: "text" };
import clientErrorsJs from "../../static/client/errors.js" with { type: "text" };
import clientFramesJs from "../../static/client/frames.js" with { type: "text" };
import clientIdentityJs from "../../static/client/identity.js" with { type: "text" };
import clientIdsJs from "../../static/client/ids.js" with { type: "text" };
import clientLinkJs from "../../static/client/link.js" with { type: "text" };
import clientOutboxJs from "../../static/client/outbox.js" with { type: "text" };
import clientPaceJs from "../../static/client/pace.js" with { type: "text" };
import clientReadingJs from "../../static/client/reading.js" with { type: "text" };
import clientRoomJs from "../../static/client/room.js" with { type: "text" };
import clientRoomEventsJs from "../../static/client/room_events.js" with { type: "text" };
import clientRoomOutboxJs from "../../static/client/room_outbox.js" with { type: "text" };
import clientRosterJs from "../../static/client/roster.js" with { type: "text" };
import clientSearchJs from "../../static/client/search.js" with { type: "text" };
import clientSeatJs from "../../static/client/seat.js" with { type: "text" };
import clientSenderJs from "../../static/client/sender.js" with { type: "text" };
import clientSettledJs from "../../static/client/settled.js" with { type: "text" };
import clientShelfJs from "../../static/client/shelf.js" with { type: "text" };
import clientStayJs from "../../static/client/stay.js" with { type: "text" };
import clientSurroundingsJs from "../../static/client/surroundings.js" with { type: "text" };
import clientTimelineJs from "../../static/client/timeline.js" with { type: "text" };
import clientTimelineAmendJs from "../../static/client/timeline_amend.js" with { type: "text" };
import clientTimelineNotesJs from "../../static/client/timeline_notes.js" with { type: "text" };
import clientTypistsJs from "../../static/client/typists.js" with { type: "text" };
import clientValuesJs from "../../static/client/values.js" with { type: "text" };
import pageAddressJs from "../../static/page/address.js" with { type: "text" };
import pageAttentionJs from "../../static/page/attention.js" with { type: "text" };
import pageComposerJs from "../../static/page/composer.js" with { type: "text" };
import pageComposingJs from "../../static/page/composing.js" with { type: "text" };
import pageConversationJs from "../../static/page/conversation.js" with { type: "text" };
import pageDatesJs from "../../static/page/dates.js" with { type: "text" };
import pageDialogsJs from "../../static/page/dialogs.js" with { type: "text" };
import pageDomJs from "../../static/page/dom.js" with { type: "text" };
import pageDraftsJs from "../../static/page/drafts.js" with { type: "text" };
import pageDrawersJs from "../../static/page/drawers.js" with { type: "text" };
import pageEarlySocketJs from "../../static/page/early_socket.js" with { type: "text" };
import pageEmojiJs from "../../static/page/emoji.js" with { type: "text" };
import pageEmojiSetJs from "../../static/page/emoji_set.js" with { type: "text" };
import pageIconsJs from "../../static/page/icons.js" with { type: "text" };
import pageJoinFormJs from "../../static/page/join_form.js" with { type: "text" };
import pageLogJs from "../../static/page/log.js" with { type: "text" };
import pageLogAloudJs from "../../static/page/log_aloud.js" with { type: "text" };
import pageLogAnnouncerJs from "../../static/page/log_announcer.js" with { type: "text" };
import pageLogDeedsJs from "../../static/page/log_deeds.js" with { type: "text" };
import pageLogDividerJs from "../../static/page/log_divider.js" with { type: "text" };
import pageLogDomJs from "../../static/page/log_dom.js" with { type: "text" };
import pageLogItemsJs from "../../static/page/log_items.js" with { type: "text" };
import pageLogJumpJs from "../../static/page/log_jump.js" with { type: "text" };
import pageLogKeysJs from "../../static/page/log_keys.js" with { type: "text" };
import pageLogLinesJs from "../../static/page/log_lines.js" with { type: "text" };
import pageLogListJs from "../../static/page/log_list.js" with { type: "text" };
import pageLogMessageJs from "../../static/page/log_message.js" with { type: "text" };
import pageLogOutboxJs from "../../static/page/log_outbox.js" with { type: "text" };
import pageLogPenJs from "../../static/page/log_pen.js" with { type: "text" };
import pageLogReaderJs from "../../static/page/log_reader.js" with { type: "text" };
import pageLogScrollJs from "../../static/page/log_scroll.js" with { type: "text" };
import pageLogSearchJs from "../../static/page/log_search.js" with { type: "text" };
import pageLogStringsJs from "../../static/page/log_strings.js" with { type: "text" };
import pageLogToolbarJs from "../../static/page/log_toolbar.js" with { type: "text" };
import pageLogTurnsJs from "../../static/page/log_turns.js" with { type: "text" };
import pageLogTypesJs from "../../static/page/log_types.js" with { type: "text" };
import pageLogViewJs from "../../static/page/log_view.js" with { type: "text" };
import pageLogWindowJs from "../../static/page/log_window.js" with { type: "text" };
import pageMainJs from "../../static/page/main.js" with { type: "text" };
import pageMembersJs from "../../static/page/members.js" with { type: "text" };
import pageMyselfJs from "../../static/page/myself.js" with { type: "text" };
import pageNameDialogJs from "../../static/page/name_dialog.js" with { type: "text" };
import pageNotifyJs from "../../static/page/notify.js" with { type: "text" };
import pagePermalinkJs from "../../static/page/permalink.js" with { type: "text" };
import pageRefusalsJs from "../../static/page/refusals.js" with { type: "text" };
import pageRichTextJs from "../../static/page/rich_text.js" with { type: "text" };
import pageRoomStatusJs from "../../static/page/room_status.js" with { type: "text" };
import pageRoomsJs from "../../static/page/rooms.js" with { type: "text" };
import pageSettingsJs from "../../static/page/settings.js" with { type: "text" };
import pageSettingsDialogJs from "../../static/page/settings_dialog.js" with { type: "text" };
import pageShortcutsJs from "../../static/page/shortcuts.js" with { type: "text" };
import pageSidebarJs from "../../static/page/sidebar.js" with { type: "text" };
import pageStatusJs from "../../static/page/status.js" with { type: "text" };
import pageStorageJs from "../../static/page/storage.js" with { type: "text" };
import pageStringsJs from "../../static/page/strings.js" with { type: "text" };
import pageStringsEnJs from "../../static/page/strings_en.js" with { type: "text" };
import pageStringsZhJs from "../../static/page/strings_zh.js" with { type: "text" };
import pageToastJs from "../../static/page/toast.js" with { type: "text" };
import pageTranslateJs from "../../static/page/translate.js" with { type: "text" };
import pageTypingLineJs from "../../static/page/typing_line.js" with { type: "text" };

/** Text by path. */
export const PAGE_FILES: Readonly<Record<string, string>> = {
  "/chat.css": chatCss,
  "/client.d.ts": clientDTs,
  "/client.js": clientJs,
  "/composer.css": composerCss,
  "/dialogs.css": dialogsCss,
  "/echo.html": echoHtml,
  "/echo.js": echoJs,
  "/icon-maskable.svg": iconMaskableSvg,
  "/icon.svg": iconSvg,
  "/": indexHtml,
  "/log.css": logCss,
  "/manifest.webmanifest": manifestWebmanifest,
  "/message.css": messageCss,
  "/message_tools.css": messageToolsCss,
  "/page.css": pageCss,
  "/panels.css": panelsCss,
  "/parley.css": parleyCss,
  "/sw.js": swJs,
  "/head.js": headJs,
  "/client/answers.js": clientAnswersJs,
  "/client/chat.js": clientChatJs,
  "/client/comebacks.js": clientComebacksJs,
  "/client/deed_queue.js": clientDeedQueueJs,
  "/client/delivery.js": clientDeliveryJs,
  "/client/doubts.js": clientDoubtsJs,
  "/client/errors.js": clientErrorsJs,
  "/client/frames.js": clientFramesJs,
  "/client/identity.js": clientIdentityJs,
  "/client/ids.js": clientIdsJs,
  "/client/link.js": clientLinkJs,
  "/client/outbox.js": clientOutboxJs,
  "/client/pace.js": clientPaceJs,
  "/client/reading.js": clientReadingJs,
  "/client/room.js": clientRoomJs,
  "/client/room_events.js": clientRoomEventsJs,
  "/client/room_outbox.js": clientRoomOutboxJs,
  "/client/roster.js": clientRosterJs,
  "/client/search.js": clientSearchJs,
  "/client/seat.js": clientSeatJs,
  "/client/sender.js": clientSenderJs,
  "/client/settled.js": clientSettledJs,
  "/client/shelf.js": clientShelfJs,
  "/client/stay.js": clientStayJs,
  "/client/surroundings.js": clientSurroundingsJs,
  "/client/timeline.js": clientTimelineJs,
  "/client/timeline_amend.js": clientTimelineAmendJs,
  "/client/timeline_notes.js": clientTimelineNotesJs,
  "/client/typists.js": clientTypistsJs,
  "/client/values.js": clientValuesJs,
  "/page/address.js": pageAddressJs,
  "/page/attention.js": pageAttentionJs,
  "/page/composer.js": pageComposerJs,
  "/page/composing.js": pageComposingJs,
  "/page/conversation.js": pageConversationJs,
  "/page/dates.js": pageDatesJs,
  "/page/dialogs.js": pageDialogsJs,
  "/page/dom.js": pageDomJs,
  "/page/drafts.js": pageDraftsJs,
  "/page/drawers.js": pageDrawersJs,
  "/page/early_socket.js": pageEarlySocketJs,
  "/page/emoji.js": pageEmojiJs,
  "/page/emoji_set.js": pageEmojiSetJs,
  "/page/icons.js": pageIconsJs,
  "/page/join_form.js": pageJoinFormJs,
  "/page/log.js": pageLogJs,
  "/page/log_aloud.js": pageLogAloudJs,
  "/page/log_announcer.js": pageLogAnnouncerJs,
  "/page/log_deeds.js": pageLogDeedsJs,
  "/page/log_divider.js": pageLogDividerJs,
  "/page/log_dom.js": pageLogDomJs,
  "/page/log_items.js": pageLogItemsJs,
  "/page/log_jump.js": pageLogJumpJs,
  "/page/log_keys.js": pageLogKeysJs,
  "/page/log_lines.js": pageLogLinesJs,
  "/page/log_list.js": pageLogListJs,
  "/page/log_message.js": pageLogMessageJs,
  "/page/log_outbox.js": pageLogOutboxJs,
  "/page/log_pen.js": pageLogPenJs,
  "/page/log_reader.js": pageLogReaderJs,
  "/page/log_scroll.js": pageLogScrollJs,
  "/page/log_search.js": pageLogSearchJs,
  "/page/log_strings.js": pageLogStringsJs,
  "/page/log_toolbar.js": pageLogToolbarJs,
  "/page/log_turns.js": pageLogTurnsJs,
  "/page/log_types.js": pageLogTypesJs,
  "/page/log_view.js": pageLogViewJs,
  "/page/log_window.js": pageLogWindowJs,
  "/page/main.js": pageMainJs,
  "/page/members.js": pageMembersJs,
  "/page/myself.js": pageMyselfJs,
  "/page/name_dialog.js": pageNameDialogJs,
  "/page/notify.js": pageNotifyJs,
  "/page/permalink.js": pagePermalinkJs,
  "/page/refusals.js": pageRefusalsJs,
  "/page/rich_text.js": pageRichTextJs,
  "/page/room_status.js": pageRoomStatusJs,
  "/page/rooms.js": pageRoomsJs,
  "/page/settings.js": pageSettingsJs,
  "/page/settings_dialog.js": pageSettingsDialogJs,
  "/page/shortcuts.js": pageShortcutsJs,
  "/page/sidebar.js": pageSidebarJs,
  "/page/status.js": pageStatusJs,
  "/page/storage.js": pageStorageJs,
  "/page/strings.js": pageStringsJs,
  "/page/strings_en.js": pageStringsEnJs,
  "/page/strings_zh.js": pageStringsZhJs,
  "/page/toast.js": pageToastJs,
  "/page/translate.js": pageTranslateJs,
  "/page/typing_line.js": pageTypingLineJs,
};
