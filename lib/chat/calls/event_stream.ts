/**
 * A stream of server-sent events: a session that only listens. It joins rooms as other connections do, so it receives each entry
 * once and in order, or the event `lost`; and it leaves when its user may no longer read. Others do not see the user come and go.
 * @module
 */
import type { CloseStatus } from "../../core/protocol/close_codes.ts";
import type { FrameEncoder } from "../../core/protocol/encoder.ts";
import {
  eventEncoder,
  idText,
  KEEP_ALIVE,
  retryText,
  roomsEventEncoder,
  serverSentEvent,
  splitRoomsEvent,
  spreadRetryText,
  streamId,
} from "../../core/protocol/event_protocol.ts";
import type { Frame, FrameOf } from "../../core/protocol/frames.ts";
import { formatPosition, type Position } from "../../core/log/position.ts";
import { parseRoom } from "../../core/names/names.ts";
import { isBacklogged } from "../../core/limits/send_pacing.ts";
import type { RequestOf } from "../../core/protocol/requests.ts";
import type { ConnectionHandler, SignInState, Socket } from "../ports/connection_handler.ts";
import { type ClientOutput, READERS } from "../ports/client_output.ts";
import { PacedSocket } from "../paced_socket.ts";
import { Session, type SessionContext } from "../session/session.ts";
import type { HandshakeInfo } from "../sign_in/sign_in_context.ts";
import { faultOfClose } from "./call.ts";

/** A room that a stream follows, and the position after which it starts. */
export interface StreamedRoom {
  /** As the client spells it. */
  readonly room: string;
  /** The last position that the client has; undefined to begin with what is new. */
  readonly since: Position | undefined;
}

/** Input of an {@linkcode EventStream}: who listens, and to which rooms. */
export interface StreamRequest {
  /** The address of the client, and the credentials and language of the HTTP request. */
  readonly origin: HandshakeInfo;
  /** Fields of the `hello` with which the session starts. */
  readonly hello: Omit<RequestOf<"hello">, "type" | "id">;
  /** At least one. */
  readonly rooms: readonly StreamedRoom[];
  /** Whether ids list the rooms, even if there is only one. */
  readonly listsRooms: boolean;
}

/** How often a comment is sent. Proxies give up after 30 seconds or more. */
const KEEP_ALIVE_MS = 15_000;
/** Time after which clients reconnect, in milliseconds, before it is spread. */
const RETRY_MS = 1_000;
const HELLO_ID = "hello";

/** Sends the events of its rooms until the connection closes, a fault ends it, or no room is left. */
export class EventStream implements ConnectionHandler, ClientOutput {
  readonly encoder: FrameEncoder;
  readonly isResumable = false;
  readonly wantsJoinDetails = false;
  readonly joinActions: typeof READERS = READERS;
  readonly isPresent = false;
  readonly #socket: PacedSocket;
  readonly #session: Session;
  readonly #life = new AbortController();
  readonly #started = Promise.withResolvers<FrameOf<"fault"> | undefined>();
  // Rooms that are not joined yet, and the positions that the client has there, by the ids of the joins.
  readonly #joining = new Map<string, StreamedRoom>();
  // By room.
  readonly #positions = new Map<string, string>();

  /** Joins at once. */
  constructor(
    socket: Socket,
    context: SessionContext,
    { origin, hello, rooms, listsRooms }: StreamRequest,
  ) {
    const { clock, random } = context;
    this.#socket = new PacedSocket(socket, clock);
    this.encoder = listsRooms ? roomsEventEncoder : eventEncoder;
    this.#session = new Session(this, context, origin);
    this.#socket.send(spreadRetryText(RETRY_MS, random()));
    this.#session.handle({ type: "hello", id: HELLO_ID, ...hello });
    rooms.forEach((it, index) => this.#joining.set(`join${index}`, it));
    // A stream that ends before all rooms are joined must not lose what the client has in the others.
    for (const { room, since } of rooms) {
      if (since) this.#positions.set(parseRoom(room) ?? room, formatPosition(since));
    }
    for (const [id, { room, since }] of [...this.#joining]) {
      this.#session.handle({ type: "join", id, room, since, limit: 0 });
    }
    this.#keepAlive(context);
  }

  /**
   * Resolves when the rooms have been joined, or the joins are delayed, and the stream goes on until they succeed: to undefined,
   * or to the fault for which there can be no stream.
   */
  get started(): Promise<FrameOf<"fault"> | undefined> {
    return this.#started.promise;
  }

  /** Clients of a stream send nothing. */
  onMessage(): void {}

  get signIn(): SignInState {
    return this.#session.signIn;
  }

  onClose(): void {
    this.#life.abort();
    this.#session.end();
    this.#socket.end();
    this.#started.resolve(undefined);
  }

  sendRetryAfter(afterMs: number): void {
    this.#socket.send(retryText(afterMs));
  }

  sendFrame(frame: Frame): void {
    if (frame.type === "joined") this.#onJoined(frame);
    else if (frame.type === "left") this.#onLeft(frame);
    else if (frame.type === "fault") this.#onFault(frame);
  }

  onJoinDelayed(): void {
    this.#started.resolve(undefined);
  }

  deliver(messages: readonly string[]): void {
    this.#socket.sendAll(this.#withStreamIds(messages));
  }

  replay(messages: readonly string[]): void {
    this.#socket.sendPaced(this.#withStreamIds(messages));
  }

  isBacklogged(): boolean {
    return isBacklogged(this.#socket.backlog());
  }

  whenDrained(): Promise<void> {
    return this.#socket.whenDrained();
  }

  close(status: CloseStatus): void {
    this.#started.resolve(faultOfClose(status));
    this.#socket.close(status);
  }

  #onJoined({ id = "", room, position, recovered, reason }: FrameOf<"joined">): void {
    const { room: requested = room, since } = this.#joining.get(id) ?? {};
    this.#joining.delete(id);
    // A room from before names were lower case.
    if (parseRoom(requested) !== room) this.#positions.delete(parseRoom(requested) ?? "");
    this.#positions.set(room, position);
    if (since && recovered === false) {
      const after = formatPosition(since);
      const lost = { type: "lost", room, after, until: position, reason };
      this.#socket.send(serverSentEvent("lost", lost, this.#idOf(position)));
    } else this.#socket.send(idText(this.#idOf(position)));
    if (this.#joining.size === 0) this.#started.resolve(undefined);
  }

  #onLeft(frame: FrameOf<"left">): void {
    this.#positions.delete(frame.room);
    this.#socket.send(serverSentEvent("left", frame));
    if (this.#positions.size + this.#joining.size === 0) this.#end();
  }

  /** There is no stream without all of its rooms: a client could not tell which of them are missing. */
  #onFault(fault: FrameOf<"fault">): void {
    // The client names a room twice, in two spellings. Only the join shows that it is the same room.
    if (fault.code === "in_room") return this.#onJoinedAlready(fault);
    this.#started.resolve(fault);
    this.#socket.send(serverSentEvent("fault", fault));
    this.#end();
  }

  #onJoinedAlready({ id = "" }: FrameOf<"fault">): void {
    this.#joining.delete(id);
    if (this.#joining.size === 0) this.#started.resolve(undefined);
  }

  #end(): void {
    this.#socket.close(STREAM_ENDED);
  }

  #idOf(position: string): string {
    return this.encoder === roomsEventEncoder ? streamId(this.#positions) : position;
  }

  /** The client can resume from each event, so each states the positions in all rooms. */
  #withStreamIds(messages: readonly string[]): readonly string[] {
    if (this.encoder !== roomsEventEncoder) return messages;
    return messages.map((message) => {
      const event = splitRoomsEvent(message);
      if (event === undefined) return message;
      this.#positions.set(event.room, event.position);
      return `${idText(streamId(this.#positions)).trimEnd()}\n${event.rest}`;
    });
  }

  async #keepAlive({ clock }: Pick<SessionContext, "clock">): Promise<void> {
    const { signal } = this.#life;
    while (!signal.aborted) {
      await clock.sleep(KEEP_ALIVE_MS, signal);
      if (!signal.aborted) this.#socket.send(KEEP_ALIVE);
    }
  }
}

/** Closes a stream whose last event has stated the reason. */
const STREAM_ENDED: CloseStatus = { code: 1000, reason: "" };
