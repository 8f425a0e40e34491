/**
 * A conversation in plain text, for people with nothing but a WebSocket: one room at a time, every text is said, a line
 * that begins with a slash asks for something, and the server's own lines begin with `* ` or `! `. It asks its session for
 * the same as a conversation in JSON does, and puts the answers into words.
 * @module
 */
import type { Dialect } from "../core/dialect.ts";
import { BAD_NAME, BAD_ROOM, type Farewell, NAME_TAKEN, UNSUPPORTED } from "../core/farewells.ts";
import type { Frame, FrameOf } from "../core/frames.ts";
import { isBehind } from "../core/pacing.ts";
import { formatPosition, parsePosition, type Position } from "../core/positions.ts";
import { slowDown } from "../core/protocol.ts";
import {
  fault,
  HELP,
  type Line,
  notice,
  noticingDialect,
  readLine,
  said,
  textDialect,
} from "../core/text_mode.ts";
import { utf8Length } from "../core/utf8.ts";
import type { Conversation, Socket } from "./conversation.ts";
import { PacedSocket } from "./paced_socket.ts";
import { Session, type SessionContext, type Voice } from "./session.ts";

/** What was asked for in the address: `?name=Ann&room=lobby`; all of it unchecked. */
export interface Wish {
  /** Without one, a guest's name is drawn. */
  readonly name: string | undefined;
  /** Without one, it is the lobby. */
  readonly room: string | undefined;
  /** The position of what was seen last. */
  readonly since: string | undefined;
  /** How many of the newest messages are wanted. */
  readonly history: string | undefined;
  /** `1` to be told who comes and goes. */
  readonly notices: string | undefined;
}

/** The room of those who ask for none. */
const LOBBY = "lobby";
const FAREWELLS: Record<string, Farewell> = {
  bad_name: BAD_NAME,
  bad_room: BAD_ROOM,
  name_taken: NAME_TAKEN,
};

/** One connection that speaks plain text. */
export class TextConversation implements Conversation, Voice {
  readonly dialect: Dialect;
  readonly isResumable = false;
  readonly tellsArrivals = false;
  readonly #socket: PacedSocket;
  readonly #session: Session;
  #room: string;
  // Where it goes, as long as it has not arrived there: it stays where it is until then.
  #goal: string | undefined;
  #last: Position | undefined;
  #isWaiting = false;
  // How many messages were last asked for.
  #asked = 0;

  /** Joins at once, or turns away. @param address See `Begin`. */
  constructor(socket: Socket, context: SessionContext, wish: Wish, address?: string) {
    this.#socket = new PacedSocket(socket, context.clock);
    this.dialect = wish.notices === "1" ? noticingDialect : textDialect;
    this.#session = new Session(this, context, address);
    this.#room = wish.room ?? LOBBY;
    const since = parsePosition(wish.since ?? "");
    const isCount = /^\d{1,3}$/.test(wish.history ?? "0");
    const limit = isCount ? Number(wish.history ?? 0) : 0;
    this.#asked = limit;
    this.#session.handle({ type: "hello", name: wish.name });
    if (this.#session.me === undefined) return;
    if (wish.since && since === undefined) {
      this.#socket.send(fault("since is no position: epoch:seq"));
    }
    if (!isCount) this.#socket.send(fault("history is no number from 0 to 999"));
    this.#session.handle({ type: "join", room: this.#room, since, limit });
  }

  receive(message: string | Uint8Array<ArrayBuffer>): void {
    if (typeof message !== "string") return this.#socket.close(UNSUPPORTED);
    const leave = this.#session.ask(utf8Length(message));
    if (leave === "forfeited") return;
    if (leave !== "granted") return this.tell(slowDown(undefined, leave.afterMs));
    if (message !== "") this.#obey(readLine(message));
  }

  leave(): void {
    this.#session.leave();
    this.#socket.end();
  }

  tell(frame: Frame): void {
    switch (frame.type) {
      case "joined":
        return this.#greet(frame);
      case "fault":
        return this.#complain(frame);
      case "history":
        return this.#showPage(frame.messages, frame.more);
      case "members":
        return this.#say(
          `${frame.count} here: ${frame.members.map(({ name }) => name).join(", ")}`,
        );
    }
  }

  waits(): void {
    this.#isWaiting = true;
    this.#socket.send(fault("the room cannot be reached yet: waiting to join"));
  }

  deliver(messages: readonly string[], last: Position): void {
    this.#last = last;
    for (const message of messages) this.#socket.send(message);
  }

  replay(messages: readonly string[], last: Position): void {
    this.#last = last;
    this.#socket.sendPaced(messages);
  }

  isBehind(): boolean {
    return isBehind(this.#socket.backlog());
  }

  drained(): Promise<void> {
    return this.#socket.drained();
  }

  close(farewell: Farewell): void {
    this.#socket.close(farewell);
  }

  #obey(line: Line): void {
    const room = this.#room;
    switch (line.kind) {
      case "say":
        return this.#session.handle({ type: "say", room, text: line.text });
      case "who":
        return this.#session.handle({ type: "who", room });
      case "history":
        this.#asked = line.limit;
        return this.#session.handle({ type: "history", room, limit: line.limit });
      case "name":
        return this.#session.handle({ type: "name", name: line.name });
      case "join":
        return this.#move(line.room);
      case "help":
        return this.#say(HELP);
      case "whoami":
        return this.#say(`${this.#session.place(room)?.name} in ${room}`);
      case "since":
        return this.#say(this.#last ? formatPosition(this.#last) : "nothing was said yet");
      case "unknown":
        return this.#socket.send(fault(line.why));
    }
  }

  #move(room: string): void {
    if (room === this.#room) return this.#say(`you are in ${room}`);
    if (this.#goal !== undefined) return this.#socket.send(fault(`on the way to ${this.#goal}`));
    this.#goal = room;
    this.#session.handle({ type: "join", room });
  }

  #greet(frame: FrameOf<"joined">): void {
    const isMove = frame.room === this.#goal;
    if (isMove) this.#session.handle({ type: "leave", room: this.#room });
    this.#room = frame.room;
    this.#goal = undefined;
    this.#last = parsePosition(frame.position);
    if (isMove || this.#isWaiting) this.#say(`joined ${frame.room}`);
    this.#isWaiting = false;
    if (frame.recovered === false) {
      this.#socket.send(fault(`not all that was said since then can be given: ${frame.reason}`));
    }
    this.#showPage(frame.messages ?? [], frame.more ?? false);
  }

  #showPage(messages: FrameOf<"history">["messages"], more: boolean): void {
    const { length } = messages;
    if (more && length < this.#asked) this.#say(`the newest ${length} only, since they are long`);
    const kept = messages.filter(({ deleted }) => !deleted);
    this.#socket.sendPaced(kept.map(({ name, text }) => said(name, text)));
  }

  #complain({ code, message }: FrameOf<"fault">): void {
    if (code === "unavailable") return this.#socket.send(fault(`not sent: ${message}`));
    if (code === "unknown_outcome") return this.#socket.send(fault(`perhaps not sent: ${message}`));
    this.#socket.send(fault(message));
    if (this.#session.place(this.#goal ?? "") === undefined) this.#goal = undefined;
    // A browser cannot see why a handshake was refused, so the door is opened, and the reason given inside.
    const farewell = FAREWELLS[code];
    const isNowhere = this.#session.place(this.#room) === undefined;
    if (farewell && isNowhere) this.#socket.close(farewell);
  }

  #say(what: string): void {
    this.#socket.send(notice(what));
  }
}
