/**
 * The files of the pages: which ones are served, and their texts. They are read from the `static` folder beside this
 * program, which a compiled binary carries inside; text imports would do the same but need Deno 2.8. A file that is not
 * listed here is not served.
 * @module
 */

const FOLDER = new URL("../../static/", import.meta.url);

/** Paths from the folder; `index.html` is served under `/`. */
const FILES = [
  "chat.css",
  "client.d.ts",
  "client.js",
  "composer.css",
  "dialogs.css",
  "echo.html",
  "echo.js",
  "head.js",
  "icon-maskable.svg",
  "icon.svg",
  "index.html",
  "log.css",
  "manifest.webmanifest",
  "message.css",
  "message_tools.css",
  "page.css",
  "panels.css",
  "parley.css",
  "sw.js",
  "client/answers.js",
  "client/chat.js",
  "client/comebacks.js",
  "client/deed_queue.js",
  "client/delivery.js",
  "client/doubts.js",
  "client/errors.js",
  "client/frames.js",
  "client/identity.js",
  "client/ids.js",
  "client/link.js",
  "client/outbox.js",
  "client/pace.js",
  "client/reading.js",
  "client/room.js",
  "client/room_events.js",
  "client/room_outbox.js",
  "client/roster.js",
  "client/search.js",
  "client/seat.js",
  "client/sender.js",
  "client/settled.js",
  "client/shelf.js",
  "client/stay.js",
  "client/surroundings.js",
  "client/timeline.js",
  "client/timeline_amend.js",
  "client/timeline_notes.js",
  "client/typists.js",
  "client/values.js",
  "page/address.js",
  "page/attention.js",
  "page/composer.js",
  "page/composing.js",
  "page/conversation.js",
  "page/dates.js",
  "page/dialogs.js",
  "page/dom.js",
  "page/drafts.js",
  "page/drawers.js",
  "page/early_socket.js",
  "page/emoji.js",
  "page/emoji_set.js",
  "page/icons.js",
  "page/join_form.js",
  "page/log.js",
  "page/log_aloud.js",
  "page/log_announcer.js",
  "page/log_deeds.js",
  "page/log_divider.js",
  "page/log_dom.js",
  "page/log_items.js",
  "page/log_jump.js",
  "page/log_keys.js",
  "page/log_lines.js",
  "page/log_list.js",
  "page/log_message.js",
  "page/log_outbox.js",
  "page/log_pen.js",
  "page/log_reader.js",
  "page/log_scroll.js",
  "page/log_search.js",
  "page/log_strings.js",
  "page/log_toolbar.js",
  "page/log_turns.js",
  "page/log_types.js",
  "page/log_view.js",
  "page/log_window.js",
  "page/main.js",
  "page/members.js",
  "page/myself.js",
  "page/name_dialog.js",
  "page/notify.js",
  "page/permalink.js",
  "page/refusals.js",
  "page/rich_text.js",
  "page/room_status.js",
  "page/rooms.js",
  "page/settings.js",
  "page/settings_dialog.js",
  "page/shortcuts.js",
  "page/sidebar.js",
  "page/status.js",
  "page/storage.js",
  "page/strings.js",
  "page/strings_en.js",
  "page/strings_zh.js",
  "page/toast.js",
  "page/translate.js",
  "page/typing_line.js",
];

/** Texts of files by the path that each is served under. */
export type PageFiles = Readonly<Record<string, string>>;

/**
 * Reads every file. Needs permission to read the folder, so call it before permissions are given back. Throws the runtime's
 * error if a file cannot be read.
 */
export function readPageFiles(): PageFiles {
  const entries = FILES.map((file) => {
    const path = file === "index.html" ? "/" : `/${file}`;
    // One after the other takes 1 ms for all of them; asked for at once, they take 3 to 7 ms (Deno 2.9.6).
    return [path, Deno.readTextFileSync(new URL(file, FOLDER))] as const;
  });
  return Object.fromEntries(entries);
}
