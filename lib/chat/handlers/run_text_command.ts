/**
 * Carries out the commands of the plain-text protocol, as requests to the session.
 * @module
 */
import type { Author } from "../../core/log/entry.ts";
import { formatPosition, type Position } from "../../core/log/position.ts";
import { MAX_TOPIC } from "../../core/log/room_event.ts";
import { DEFAULT_ROOM } from "../../core/names/names.ts";
import { shownName } from "../../core/names/shown_name.ts";
import { type Addressee, ambiguityText, findAddressees } from "../../core/protocol/addressees.ts";
import { isTopic } from "../../core/protocol/requests.ts";
import { COMMAND_HELP, type TextCommand } from "../../core/protocol/text_commands.ts";
import type { Session } from "../session/session.ts";

/** The connection, as its commands see it. */
export interface CommandHost {
  /** The room that the client is in. */
  readonly room: string;
  /** Where it is being moved, in words; undefined if it is not. */
  readonly destination: string | undefined;
  /** Of the last entry that it has; undefined before the first room is joined. */
  readonly lastPosition: Position | undefined;
  /** Carries out requests. */
  readonly session: Pick<Session, "handle" | "membership">;
  /** Joins another room, then leaves this one. */
  moveTo(room: string): void;
  /** Requests the newest messages. */
  showHistory(limit: number): void;
  /** Says something in the direct room with a person. */
  sayTo(person: Author, text: string): void;
  /** Returns an id for a request whose acknowledgement is put into words. */
  newId(kind: "invite" | "lockdown" | "unlock"): string;
  /** Tells the client something. */
  sendNotice(what: string): void;
  /** Tells the client why nothing was done. */
  refuse(why: string): void;
}

const TOPIC_RULE = `a topic is one line of at most ${MAX_TOPIC} characters`;
const NOBODY = "no one here has this name: try /who";

/** Carries out a command. */
export function runTextCommand(command: TextCommand, host: CommandHost): void {
  const { room, session } = host;
  switch (command.kind) {
    case "say":
      return session.handle({ type: "say", room, text: command.text });
    case "who":
      return session.handle({ type: "who", room });
    case "history":
      return host.showHistory(command.limit);
    case "name":
      return session.handle({ type: "name", name: command.name });
    case "join":
      return host.moveTo(command.room);
    case "help":
      return host.sendNotice(COMMAND_HELP);
    case "whoami":
      return host.sendNotice(`${shownName(session.membership(room)?.name ?? "")} in ${room}`);
    case "since":
      return host.sendNotice(
        host.lastPosition ? formatPosition(host.lastPosition) : "no messages yet",
      );
    case "rooms":
      return session.handle({ type: "rooms" });
    case "leave":
      return host.moveTo(DEFAULT_ROOM);
    case "lockdown":
    case "unlock": {
      const { kind } = command;
      return session.handle({ type: "moderate", id: host.newId(kind), action: kind });
    }
    case "topic":
      return topic(command.topic, host);
    case "msg":
      return message(command.nameAndText, host);
    case "invite":
      return invite(command, host);
    case "unknown":
      return host.refuse(command.message);
  }
}

function topic(topic: string | undefined, host: CommandHost): void {
  const { room, session } = host;
  if (topic !== undefined) {
    if (!isTopic(topic)) return host.refuse(TOPIC_RULE);
    return session.handle({ type: "room", room, topic });
  }
  const current = session.membership(room)?.room.state.settings.topic;
  host.sendNotice(current ? `the topic is ${current}` : "there is no topic");
}

/** Says something to a person of this room. */
function message(nameAndText: string, host: CommandHost): void {
  const { destination } = host;
  if (destination) return host.refuse(`not sent: still moving to ${destination}`);
  const addressee = onlyOne(findAddressees(people(host), nameAndText), host);
  if (addressee) host.sayTo(addressee.person, addressee.text);
}

/** Adds a person of this room to another one. */
function invite(
  { name, room }: TextCommand & { readonly kind: "invite" },
  host: CommandHost,
): void {
  const fitting = findAddressees(people(host), `${name} `);
  const addressee = onlyOne(fitting.filter(({ text }) => text === ""), host);
  if (addressee === undefined) return;
  const { user, name: known } = addressee.person;
  const id = host.newId("invite");
  host.session.handle({ type: "member", id, room, user, name: known, on: true });
}

function people({ room, session }: CommandHost): readonly Author[] {
  return session.membership(room)?.listPeople() ?? [];
}

/** The person whom a command names; undefined, after saying why, if it names no one or could name several. */
function onlyOne(
  [first, ...others]: readonly Addressee<Author>[],
  host: CommandHost,
): Addressee<Author> | undefined {
  if (first !== undefined && others.length === 0) return first;
  const fitting = first ? [first, ...others].map(({ person }) => person) : [];
  host.refuse(first ? ambiguityText(fitting) : NOBODY);
  return undefined;
}
