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
import type { Frame, FrameOf } from "../../core/protocol/frames.ts";
import { isBacklogged } from "../../core/limits/send_pacing.ts";
import { DEFAULT_ROOM } from "../../core/names/names.ts";
import { shownName } from "../../core/names/shown_name.ts";
import { parsePosition, type Position } from "../../core/log/position.ts";
import { slowDownFault } from "../../core/protocol/json_protocol.ts";
import { parseTextCommand } from "../../core/protocol/text_commands.ts";
import {
  expiringLine,
  faultLine,
  faultText,
  leftLine,
  memberLine,
  namesText,
  noticeLine,
  roomsText,
  saidLine,
  textEncoder,
  textEncoderWithPresence,
} from "../../core/protocol/text_protocol.ts";
import { closedKind } from "../../core/rooms/closed_room.ts";
import { utf8Length } from "../../core/utf8.ts";
import type { ConnectionHandler, SignInState, Socket } from "../ports/connection_handler.ts";
import { PacedSocket } from "../paced_socket.ts";
import { type ClientOutput, READERS } from "../ports/client_output.ts";
import { Session, type SessionContext } from "../session/session.ts";
import type { HandshakeInfo } from "../sign_in/sign_in_context.ts";
import { type CommandHost, runTextCommand } from "./run_text_command.ts";

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
/** Number of newest messages to send when moving to a direct room. */
const DIRECT_HISTORY = 20;
/** Id of the first join. */
const FIRST_REQUEST_ID = "first";
/**
 * What the acknowledgement of a request says, by the part of the request's id before the first hyphen. The rest is unique: a
 * store applies each id once.
 */
const DONE: Readonly<Record<string, (room: string | undefined) => string>> = {
  invite: (room) => `added to ${room}`,
  lockdown: () => "the service is closed to guests",
  unlock: () => "the service is open to guests",
};

/** A text that is sent as soon as the direct room of the sender and a person is known. */
interface DirectText {
  /** Id of the request for that room: only its answer releases the text. */
  readonly id: string;
  /** The person's name. */
  readonly name: string;
  readonly text: string;
}

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

/** One connection that speaks plain text. */
export class TextHandler implements ConnectionHandler, ClientOutput, CommandHost {
  readonly encoder: FrameEncoder;
  readonly isResumable = false;
  readonly wantsJoinDetails = false;
  readonly #socket: PacedSocket;
  readonly session: Session;
  readonly #context: Pick<SessionContext, "clock" | "newId">;
  #room: string;
  // The room being moved to. The client stays in the current one until that is joined.
  #pendingRoom: string | undefined;
  #lastPosition: Position | undefined;
  #isWaiting = false;
  // What to say in the direct room that is being opened, and the number of those that were requested.
  #directText: DirectText | undefined;
  #directCount = 0;
  // Number of messages last requested.
  #historyLimit = 0;

  /** Joins at once, or refuses. */
  constructor(
    socket: Socket,
    context: SessionContext,
    options: TextOptions,
    origin?: HandshakeInfo,
  ) {
    this.#context = context;
    this.#socket = new PacedSocket(socket, context.clock);
    this.encoder = options.notices === "1" ? textEncoderWithPresence : textEncoder;
    this.session = new Session(this, context, origin);
    this.#room = options.room ?? DEFAULT_ROOM;
    const since = parsePosition(options.since ?? "");
    const isCount = /^\d{1,3}$/.test(options.history ?? "0");
    const limit = isCount ? Number(options.history ?? 0) : 0;
    this.#historyLimit = limit;
    this.session.handle({ type: "hello", name: options.name });
    if (this.session.hasNoUser) return;
    if (options.since && since === undefined) {
      this.refuse("since is not a position: expected epoch:seq");
    }
    if (!isCount) this.refuse("history is not a number from 0 to 999");
    this.session.handle({ type: "join", id: FIRST_REQUEST_ID, room: this.#room, since, limit });
  }

  onMessage(message: string | Uint8Array<ArrayBuffer>): void {
    if (typeof message !== "string") return this.#socket.close(UNSUPPORTED_DATA);
    const decision = this.session.checkRate(utf8Length(message));
    if (decision === "exceeded") return;
    if (decision !== "allowed") {
      return this.refuse(slowDownFault(undefined, decision.afterMs).message);
    }
    if (message !== "") runTextCommand(parseTextCommand(message), this);
  }

  // Not fields: there is one of these for each connection.
  get joinActions(): typeof READERS {
    return READERS;
  }

  get isPresent(): boolean {
    return true;
  }

  get room(): string {
    return this.#room;
  }

  get lastPosition(): Position | undefined {
    return this.#lastPosition;
  }

  get signIn(): SignInState {
    return this.session.signIn;
  }

  onClose(): void {
    this.session.end();
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
        return this.#onAcknowledged(frame);
      case "expiring":
        return this.#socket.send(expiringLine(frame));
      case "history":
        return this.#sendMessages(frame.messages, frame.more);
      case "rooms":
        return this.sendNotice(roomsText(frame));
      case "room":
        return this.#onDirectRoom(frame);
      case "member":
        return this.#onMember(frame);
      case "members":
        return this.sendNotice(`${frame.count} here: ${namesText(frame.members)}`);
    }
  }

  onJoinDelayed(): void {
    this.#isWaiting = true;
    this.refuse("the room cannot be reached yet: waiting to join");
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

  showHistory(limit: number): void {
    this.#historyLimit = limit;
    this.session.handle({ type: "history", room: this.#room, limit });
  }

  sayTo({ user, name }: Author, text: string): void {
    const id = `direct-${++this.#directCount}`;
    this.#directText = { id, name, text };
    this.session.handle({ type: "open", id, user, name });
  }

  #onDirectRoom({ id, room }: FrameOf<"room">): void {
    const direct = this.#directText;
    if (direct === undefined || id !== direct.id) return;
    this.#directText = undefined;
    // The names of direct rooms say nothing to people.
    this.sendNotice(`to ${shownName(direct.name)}, in the direct room ${room}`);
    if (room !== this.#room) this.moveTo(room);
    this.session.handle({ type: "say", room, text: direct.text });
  }

  newId(kind: string): string {
    return `${kind}-${this.#context.newId()}`;
  }

  #onAcknowledged({ id = "", room }: FrameOf<"ack">): void {
    const [kind = ""] = id.split("-");
    const text = DONE[kind]?.(room);
    if (text) this.sendNotice(text);
  }

  #onMember(frame: FrameOf<"member">): void {
    const { room } = frame;
    // The answer to `/msg` says it.
    if (this.#directText !== undefined || room === this.#room || room === this.#pendingRoom) return;
    this.#socket.send(memberLine(frame));
  }

  get destination(): string | undefined {
    return this.#directText
      ? `the direct room with ${shownName(this.#directText.name)}`
      : this.#pendingRoom;
  }

  moveTo(room: string): void {
    if (room === this.#room) return this.sendNotice(`you are in ${room}`);
    const movingTo = this.destination;
    if (movingTo) return this.refuse(`already moving to ${movingTo}`);
    this.#pendingRoom = room;
    // What the notice of a direct room is about was said before its reader moved there.
    const limit = closedKind(room) === "direct" ? DIRECT_HISTORY : 0;
    this.#historyLimit = limit;
    this.session.handle({ type: "join", id: MOVE_REQUEST_ID, room, limit });
  }

  /** Without a room, there is nothing that the connection is for. */
  #onLeft(frame: FrameOf<"left">): void {
    const line = leftLine(frame);
    if (line === undefined) return;
    this.#socket.send(line);
    if (frame.room === this.#room) this.#socket.close(NOT_ALLOWED);
  }

  #onJoined(frame: FrameOf<"joined">): void {
    const isMove = frame.id === MOVE_REQUEST_ID;
    if (isMove) {
      this.session.handle({ type: "leave", room: this.#room });
      this.#pendingRoom = undefined;
    }
    this.#room = frame.room;
    this.#lastPosition = parsePosition(frame.position);
    if (isMove || this.#isWaiting) this.sendNotice(`joined ${frame.room}`);
    this.#isWaiting = false;
    if (frame.recovered === false) {
      this.refuse(`not all messages since then can be replayed: ${frame.reason}`);
    }
    this.#sendMessages(frame.messages ?? [], frame.more ?? false);
  }

  #sendMessages(messages: FrameOf<"history">["messages"], more: boolean): void {
    const { length } = messages;
    if (more && length < this.#historyLimit) {
      this.sendNotice(`only the newest ${length}, because they are long`);
    }
    this.#socket.sendPaced(messages.flatMap((message) => saidLine(message) ?? []));
  }

  #onFault(frame: FrameOf<"fault">): void {
    const { id, code, message } = frame;
    if (id === MOVE_REQUEST_ID) this.#pendingRoom = undefined;
    const isOfDirectText = id !== undefined && id === this.#directText?.id;
    if (isOfDirectText) this.#directText = undefined;
    // Whether the direct room was opened is not certain then, but nothing was said in it.
    const isUnsent = code === "unavailable" || (isOfDirectText && code === "unknown_outcome");
    if (isUnsent) return this.refuse(`not sent: ${message}`);
    if (code === "unknown_outcome") {
      return this.refuse(`perhaps not sent: ${message}`);
    }
    this.#socket.send(faultLine(faultText(frame, this.#context.clock.date())));
    // Browsers hide why a handshake was refused, so the connection is accepted and closed with the reason.
    const isOfService = code === "banned" && id === undefined;
    const status = isOfService ? BANNED : CLOSE_STATUSES[code];
    const isNowhere = this.session.membership(this.#room) === undefined;
    if (status && isNowhere) this.#socket.close(status);
  }

  sendNotice(what: string): void {
    this.#socket.send(noticeLine(what));
  }

  refuse(why: string): void {
    this.#socket.send(faultLine(why));
  }
}
