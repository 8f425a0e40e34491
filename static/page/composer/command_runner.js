// @ts-check
/**
 * Runs the commands parsed by commands.js.
 * @module
 */

import { roomName } from "../../client/room/room_name.js";
import { errorText } from "../members/records.js";

/**
 * What the commands need from the page.
 * @typedef {object} CommandContext
 * @property {import("../../client.js").Chat} chat
 * @property {import("../rooms/rooms.js").Rooms} rooms
 * @property {import("../i18n/strings.js").Translator} translator
 * @property {(room: string) => void} goToRoom Goes to a room, joining it if necessary.
 * @property {() => void} help Opens the list of shortcuts and commands.
 * @property {() => void} leave Leaves the room.
 * @property {() => void} findRoom Opens the palette.
 * @property {() => void} rename Opens the name dialog.
 * @property {(name: string) => void} onRenamed Called with the user's new name.
 */

/** @param {CommandContext} page @returns {(line: import("./commands.js").CommandLine) => Promise<string>} Resolves with an error message, or with an empty string. */
export function commandRunner({ chat, rooms, translator, ...page }) {
  /** @param {string} text */
  const join = (text) => {
    const name = roomName(text.replace(/^#/, ""));
    if (name === null) return translator.faultSentence("bad_room");
    if (!rooms.makePlace(name)) {
      return translator.text("roomsFull", { count: rooms.all.length });
    }
    page.goToRoom(name);
    return "";
  };
  /** @param {() => Promise<void>} request */
  const attempt = async (request) => {
    try {
      await request();
      return "";
    } catch (error) {
      return errorText(error, translator);
    }
  };
  return async (line) => {
    if (line.kind === "unknown") return translator.text("unknownCommand", { word: line.word });
    const { name, argument } = line;
    if (name === "lockdown" || name === "unlock") {
      // Such as `/lockdown off`, which must not close the service.
      return argument === ""
        ? await attempt(() => chat.moderate(name))
        : translator.text("unknownCommand", { word: `${name} ${argument}` });
    }
    if (name === "help") page.help();
    else if (name === "leave") page.leave();
    else if (name === "join" && argument !== "") return join(argument);
    else if (name === "join") page.findRoom();
    else if (argument === "") page.rename();
    else {
      return await attempt(async () => {
        await chat.rename(argument);
        page.onRenamed(chat.me.value?.name ?? argument);
      });
    }
    return "";
  };
}
