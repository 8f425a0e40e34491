/**
 * The commands of the plain-text protocol.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * assert.deepEqual(parseTextCommand("/join attic"), { kind: "join", room: "attic" });
 * assert.deepEqual(parseTextCommand("//join"), { kind: "say", text: "/join" });
 * ```
 * @module
 */

/** A parsed line from a client. */
export type TextCommand =
  | { readonly kind: "say"; readonly text: string }
  | { readonly kind: "help" | "who" | "whoami" | "since" | "rooms" | "leave" }
  /** Closes the service to guests, or opens it to them. */
  | { readonly kind: "lockdown" | "unlock" }
  /** A new topic; undefined to ask for the current one. */
  | { readonly kind: "topic"; readonly topic: string | undefined }
  /** A message to a user in the room: the name, perhaps in double quotes, a space and the text. Names can contain spaces. */
  | { readonly kind: "msg"; readonly nameAndText: string }
  /** Adds a user in the room to a private room. Names can contain spaces, rooms cannot. */
  | { readonly kind: "invite"; readonly name: string; readonly room: string }
  | { readonly kind: "name"; readonly name: string }
  | { readonly kind: "join"; readonly room: string }
  | { readonly kind: "history"; readonly limit: number }
  | { readonly kind: "unknown"; readonly message: string };

/** The answer to `/help`. */
export const COMMAND_HELP: string = [
  "/name NAME   change your name",
  "/join ROOM   switch to another room",
  "/rooms       list the public rooms, and your private ones",
  "/leave       go back to the lobby",
  "/msg NAME TEXT  send a private message to a user in this room",
  '/msg "NAME" TEXT  the same, for names that begin like others',
  "/invite NAME ROOM  add a user in this room to a private room of yours",
  "/topic TEXT  set the topic of the room; without a text: show it",
  "/lockdown    close the service to guests, if you are a moderator",
  "/unlock      open it to guests again",
  "/who         list who is here",
  "/history N   show the newest N messages",
  "/whoami      show your name and room",
  "/since       show the position of the last line sent to you: reconnect with ?since=",
  "//TEXT       send a text that begins with a slash",
].join("\n");

const DEFAULT_HISTORY = 20;
/** Maximum length of a command, in UTF-16 code units. */
const MAX_COMMAND_LENGTH = 512;
/** Maximum number of characters of an unknown command that the answer repeats. */
const MAX_ECHOED_COMMAND = 64;

/** Parses a line: `/` begins a command, `//` a text that begins with a slash. */
export function parseTextCommand(line: string): TextCommand {
  if (!line.startsWith("/")) return { kind: "say", text: line };
  if (line.startsWith("//")) return { kind: "say", text: line.slice(1) };
  if (line.length > MAX_COMMAND_LENGTH) {
    return unknownCommand(
      "the command is too long: begin a text that starts with a slash with //",
    );
  }
  const [command = "", ...rest] = line.slice(1).trim().split(/\s+/);
  const argument = rest.join(" ");
  switch (command) {
    case "help":
    case "who":
    case "whoami":
    case "since":
    case "rooms":
      return { kind: command };
    case "leave":
      return argument === ""
        ? { kind: "leave" }
        : unknownCommand("/leave takes you from this room to the lobby, and nothing may follow it");
    case "lockdown":
    case "unlock":
      return argument === ""
        ? { kind: command }
        : unknownCommand(`/${command} concerns the whole service, and nothing may follow it`);
    case "topic":
      return { kind: "topic", topic: argument || undefined };
    case "msg":
      return rest.length > 1
        ? { kind: "msg", nameAndText: argument }
        : unknownCommand("/msg needs the name of a user in this room, and a text");
    case "invite":
      return rest.length > 1
        ? { kind: "invite", name: rest.slice(0, -1).join(" "), room: rest.at(-1) ?? "" }
        : unknownCommand("/invite needs the name of a user in this room, and a private room");
    case "name":
      return argument ? { kind: "name", name: argument } : unknownCommand("/name needs a name");
    case "join":
      return argument ? { kind: "join", room: argument } : unknownCommand("/join needs a room");
    case "history":
      return parseHistoryCommand(argument);
    default:
      return unknownCommand(
        `there is no command /${command.slice(0, MAX_ECHOED_COMMAND)}: try /help`,
      );
  }
}

function parseHistoryCommand(argument: string): TextCommand {
  if (argument === "") return { kind: "history", limit: DEFAULT_HISTORY };
  const isCount = /^[1-9]\d{0,2}$/.test(argument);
  return isCount
    ? { kind: "history", limit: Number(argument) }
    : unknownCommand("/history needs a number from 1 to 999");
}

function unknownCommand(message: string): TextCommand {
  return { kind: "unknown", message };
}
