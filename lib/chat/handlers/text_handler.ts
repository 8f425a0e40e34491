/**
 * Speaks plain text, for clients with nothing but a WebSocket: one room at a time, lines that begin with a slash are
 * commands, all other text is published, and the server's own lines begin with `* ` or `! `. It sends its session the
 * same requests as the JSON handler, and puts the responses into words.
 * @module
 */
import type { FrameEncoder } from "../../core/protocol/encoder.ts";
import {
  BAD_NAME,
  BAD_ROOM,
  BAD_TOKEN,
  BANNED,
  type CloseStatus,
  NAME_TAKEN,
  NOT_ALLOWED,
  NOT_READY,
  TOKEN_EXPIRED,
  TOKEN_REQUIRED,
  UNSUPPORTED_DATA,
} from "../../core/protocol/close_codes.ts";
import type { Author } from "../../core/log/entry.ts";
import { MAX_TOPIC } from "../../core/log/room_event.ts";
import { isTopic } from "../../core/protocol/requests.ts";
import type { Frame, FrameOf } from "../../core/protocol/frames.ts";
import { isBacklogged } from "../../core/limits/send_pacing.ts";
import { DEFAULT_ROOM } from "../../core/names/names.ts";
import { formatPosition, parsePosition, type Position } from "../../core/log/position.ts";
import { slowDownFault } from "../../core/protocol/json_protocol.ts";
import {
  COMMAND_HELP,
  faultLine,
  faultText,
  noticeLine,
  parseTextCommand,
  roomsText,
  saidLine,
  type TextCommand,
  textEncoder,
  textEncoderWithPresence,
  untilText,
} from "../../core/protocol/text_protocol.ts";
import { utf8Length } from "../../core/utf8.ts";
import type { ConnectionHandler, SignInState, Socket } from "../ports/connection_handler.ts";
import { PacedSocket } from "../paced_socket.ts";
import { type ClientOutput, READERS } from "../ports/client_output.ts";
import { Session, type SessionContext } from "../session/session.ts";
import type { HandshakeInfo } from "../sign_in/sign_in_context.ts";

/** Query parameters of the connection, such as `?name=Ann&room=lobby`; none of them validated. */
export interface TextOptions {
  /** The user's name; default: a guest name. */
  readonly name: string | undefined;
  /** The room to join; default: the lobby. */
  readonly room: string | undefined;
  /** Position of the last entry that the client has. */
  readonly since: string | undefined;
  /** Number of newest messages to send on join. */
  readonly history: string | undefined;
  /** `1` to receive join and leave notices. */
  readonly notices: string | undefined;
}

/** Id of a request to move to another room. The room's name may change while it is joined. */
const MOVE_REQUEST_ID = "move";
/** Id of the first join. */
const FIRST_REQUEST_ID = "first";
/** Id of a request for a direct room. */
const DIRECT_REQUEST_ID = "direct";
/** Id of a request that adds somebody to a private room. */
const INVITE_REQUEST_ID = "invite";
const NOBODY = "nobody here has this name: try /who";
const CLOSE_STATUSES: Record<string, CloseStatus> = {
  bad_name: BAD_NAME,
  bad_room: BAD_ROOM,
  name_taken: NAME_TAKEN,
  token_required: TOKEN_REQUIRED,
  bad_token: BAD_TOKEN,
  token_expired: TOKEN_EXPIRED,
  not_allowed: NOT_ALLOWED,
  locked_down: NOT_ALLOWED,
  banned: NOT_ALLOWED,
  // Too many tokens of the address were refused. Nothing can follow here, so the client must connect again.
  slow_down: NOT_READY,
};

const LEFT_LINES: Readonly<Record<NonNullable<FrameOf<"left">["reason"]>, string>> = {
  not_allowed: "you may not be in this room any more",
  kicked: "a moderator has removed you from this room",
  banned: "you are banned from this room",
};

const TOPIC_RULE = `a topic is one line of at most ${MAX_TOPIC} characters`;

/** One connection that speaks plain text. */
export class TextHandler implements ConnectionHandler, ClientOutput {
  readonly encoder: FrameEncoder;
  readonly isResumable = false;
  readonly wantsJoinDetails = false;
  readonly #socket: PacedSocket;
  readonly #session: Session;
  readonly #clock: SessionContext["clock"];
  #room: string;
  // The room being moved to. The client stays in the current one until that is joined.
  #pendingRoom: string | undefined;
  #lastPosition: Position | undefined;
  #isWaiting = false;
  // What to say in the direct room that is being opened.
  #directText: string | undefined;
  // Number of messages last requested.
  #historyLimit = 0;

  /** Joins at once, or refuses. */
  constructor(
    socket: Socket,
    context: SessionContext,
    options: TextOptions,
    origin?: HandshakeInfo,
  ) {
    this.#clock = context.clock;
    this.#socket = new PacedSocket(socket, context.clock);
    this.encoder = options.notices === "1" ? textEncoderWithPresence : textEncoder;
    this.#session = new Session(this, context, origin);
    this.#room = options.room ?? DEFAULT_ROOM;
    const since = parsePosition(options.since ?? "");
    const isCount = /^\d{1,3}$/.test(options.history ?? "0");
    const limit = isCount ? Number(options.history ?? 0) : 0;
    this.#historyLimit = limit;
    this.#session.handle({ type: "hello", name: options.name });
    if (this.#session.hasNoUser) return;
    if (options.since && since === undefined) {
      this.#socket.send(faultLine("since is not a position: expected epoch:seq"));
    }
    if (!isCount) this.#socket.send(faultLine("history is not a number from 0 to 999"));
    this.#session.handle({ type: "join", id: FIRST_REQUEST_ID, room: this.#room, since, limit });
  }

  onMessage(message: string | Uint8Array<ArrayBuffer>): void {
    if (typeof message !== "string") return this.#socket.close(UNSUPPORTED_DATA);
    const decision = this.#session.checkRate(utf8Length(message));
    if (decision === "exceeded") return;
    if (decision !== "allowed") {
      return this.#socket.send(faultLine(slowDownFault(undefined, decision.afterMs).message));
    }
    if (message !== "") this.#runCommand(parseTextCommand(message));
  }

  // Not fields: there is one of these for each connection.
  get joinActions(): typeof READERS {
    return READERS;
  }

  get isPresent(): boolean {
    return true;
  }

  get signIn(): SignInState {
    return this.#session.signIn;
  }

  onClose(): void {
    this.#session.end();
    this.#socket.end();
  }

  sendFrame(frame: Frame): void {
    switch (frame.type) {
      case "joined":
        return this.#onJoined(frame);
      case "left":
        return this.#onLeft(frame);
      case "fault":
        return this.#onFault(frame);
      case "ack":
        return frame.id === INVITE_REQUEST_ID
          ? this.#sendNotice(`added to ${frame.room}`)
          : undefined;
      case "expiring":
        return this.#socket.send(
          faultLine(
            `your token expires in ${Math.ceil(frame.inMs / 1_000)} s: reconnect with a new one`,
          ),
        );
      case "history":
        return this.#sendMessages(frame.messages, frame.more);
      case "rooms":
        return this.#sendNotice(roomsText(frame));
      case "room":
        return this.#onDirectRoom(frame);
      case "member":
        return this.#onMember(frame);
      case "members":
        return this.#sendNotice(
          `${frame.count} here: ${frame.members.map(({ name }) => name).join(", ")}`,
        );
    }
  }

  onJoinDelayed(): void {
    this.#isWaiting = true;
    this.#socket.send(faultLine("the room cannot be reached yet: waiting to join"));
  }

  deliver(messages: readonly string[], last: Position): void {
    this.#lastPosition = last;
    this.#socket.sendAll(messages);
  }

  replay(messages: readonly string[], last: Position): void {
    this.#lastPosition = last;
    this.#socket.sendPaced(messages);
  }

  isBacklogged(): boolean {
    return isBacklogged(this.#socket.backlog());
  }

  whenDrained(): Promise<void> {
    return this.#socket.whenDrained();
  }

  close(status: CloseStatus): void {
    this.#socket.close(status);
  }

  #runCommand(command: TextCommand): void {
    const room = this.#room;
    switch (command.kind) {
      case "say":
        return this.#session.handle({ type: "say", room, text: command.text });
      case "who":
        return this.#session.handle({ type: "who", room });
      case "history":
        this.#historyLimit = command.limit;
        return this.#session.handle({ type: "history", room, limit: command.limit });
      case "name":
        return this.#session.handle({ type: "name", name: command.name });
      case "join":
        return this.#moveTo(command.room);
      case "help":
        return this.#sendNotice(COMMAND_HELP);
      case "whoami":
        return this.#sendNotice(`${this.#session.membership(room)?.name} in ${room}`);
      case "since":
        return this.#sendNotice(
          this.#lastPosition ? formatPosition(this.#lastPosition) : "no messages yet",
        );
      case "rooms":
        return this.#session.handle({ type: "rooms" });
      case "leave":
        return this.#moveTo(DEFAULT_ROOM);
      case "topic":
        return this.#runTopic(room, command.topic);
      case "msg":
        return this.#runMessage(room, command.nameAndText);
      case "invite":
        return this.#runInvite(room, command);
      case "unknown":
        return this.#socket.send(faultLine(command.message));
    }
  }

  #runTopic(room: string, topic: string | undefined): void {
    if (topic !== undefined) {
      if (!isTopic(topic)) return this.#socket.send(faultLine(TOPIC_RULE));
      return this.#session.handle({ type: "room", room, topic });
    }
    const current = this.#session.membership(room)?.room.state.settings.topic;
    this.#sendNotice(current ? `the topic is ${current}` : "there is no topic");
  }

  /** Opens the direct room with a person of this room; the text follows once it is known. */
  #runMessage(room: string, nameAndText: string): void {
    const people = this.#session.membership(room)?.listPeople() ?? [];
    const isMeant = ({ name }: Author) => nameAndText.startsWith(`${name} `);
    const [person] = people.filter(isMeant).toSorted((a, b) => b.name.length - a.name.length);
    if (person === undefined) {
      return this.#socket.send(faultLine(NOBODY));
    }
    const { user, name } = person;
    this.#directText = nameAndText.slice(name.length + 1);
    this.#session.handle({ type: "open", id: DIRECT_REQUEST_ID, user, name });
  }

  /** Adds a person of this room to another one. */
  #runInvite(room: string, { name, room: to }: TextCommand & { readonly kind: "invite" }): void {
    const people = this.#session.membership(room)?.listPeople() ?? [];
    const person = people.find((it) => it.name === name);
    if (person === undefined) return this.#socket.send(faultLine(NOBODY));
    const { user } = person;
    this.#session.handle({ type: "member", id: INVITE_REQUEST_ID, room: to, user, name, on: true });
  }

  #onDirectRoom({ room }: FrameOf<"room">): void {
    const text = this.#directText;
    this.#directText = undefined;
    if (text === undefined) return;
    if (room !== this.#room) this.#moveTo(room);
    this.#session.handle({ type: "say", room, text });
  }

  #onMember({ room, on }: FrameOf<"member">): void {
    // The answer to `/msg` says it.
    if (this.#directText !== undefined || room === this.#room || room === this.#pendingRoom) return;
    this.#sendNotice(
      on ? `you are in the room ${room} now: /join ${room}` : `you have left ${room}`,
    );
  }

  #moveTo(room: string): void {
    if (room === this.#room) return this.#sendNotice(`you are in ${room}`);
    if (this.#pendingRoom !== undefined) {
      return this.#socket.send(faultLine(`already moving to ${this.#pendingRoom}`));
    }
    this.#pendingRoom = room;
    this.#session.handle({ type: "join", id: MOVE_REQUEST_ID, room });
  }

  /** Without a room, there is nothing that the connection is for. */
  #onLeft({ room, reason, message, until }: FrameOf<"left">): void {
    if (reason === undefined) return;
    const why = message ? `: ${message}` : "";
    this.#socket.send(faultLine(LEFT_LINES[reason] + why + untilText(until)));
    if (room === this.#room) this.#socket.close(NOT_ALLOWED);
  }

  #onJoined(frame: FrameOf<"joined">): void {
    const isMove = frame.id === MOVE_REQUEST_ID;
    if (isMove) {
      this.#session.handle({ type: "leave", room: this.#room });
      this.#pendingRoom = undefined;
    }
    this.#room = frame.room;
    this.#lastPosition = parsePosition(frame.position);
    if (isMove || this.#isWaiting) this.#sendNotice(`joined ${frame.room}`);
    this.#isWaiting = false;
    if (frame.recovered === false) {
      this.#socket.send(
        faultLine(`not all messages since then can be replayed: ${frame.reason}`),
      );
    }
    this.#sendMessages(frame.messages ?? [], frame.more ?? false);
  }

  #sendMessages(messages: FrameOf<"history">["messages"], more: boolean): void {
    const { length } = messages;
    if (more && length < this.#historyLimit) {
      this.#sendNotice(`only the newest ${length}, because they are long`);
    }
    this.#socket.sendPaced(messages.flatMap((message) => saidLine(message) ?? []));
  }

  #onFault(frame: FrameOf<"fault">): void {
    const { id, code, message } = frame;
    if (code === "unavailable") return this.#socket.send(faultLine(`not sent: ${message}`));
    if (code === "unknown_outcome") {
      return this.#socket.send(faultLine(`perhaps not sent: ${message}`));
    }
    this.#socket.send(faultLine(faultText(frame, this.#clock.date())));
    if (id === MOVE_REQUEST_ID) this.#pendingRoom = undefined;
    if (id === DIRECT_REQUEST_ID) this.#directText = undefined;
    // Browsers hide why a handshake was refused, so the connection is accepted and closed with the reason.
    const isOfService = code === "banned" && id === undefined;
    const status = isOfService ? BANNED : CLOSE_STATUSES[code];
    const isNowhere = this.#session.membership(this.#room) === undefined;
    if (status && isNowhere) this.#socket.close(status);
  }

  #sendNotice(what: string): void {
    this.#socket.send(noticeLine(what));
  }
}
