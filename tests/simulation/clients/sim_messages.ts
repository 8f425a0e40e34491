/**
 * The messages of one JSON client: sent in order, and resent with the same id until answered or received, as the
 * protocol requires.
 * @module
 */
import type { RoomId } from "../../../lib/core/names/names.ts";
import type { EntryFrame } from "./room_record.ts";

/** One message. */
export interface SimMessage {
  readonly id: string;
  readonly room: RoomId;
  readonly text: string;
  state: "waiting" | "sent" | "refused" | "acknowledged" | "seen" | "given up";
  /** The connection that it was last sent over. */
  connection: number;
}

/** All messages of one client. */
export class SimMessages {
  readonly all: SimMessage[] = [];
  readonly #author: string;

  constructor(author: string) {
    this.#author = author;
  }

  /** Creates a message. */
  compose(room: RoomId): SimMessage {
    const id = `${this.#author}.${this.all.length}`;
    const say: SimMessage = { id, room, text: `text ${id}`, state: "waiting", connection: 0 };
    this.all.push(say);
    return say;
  }

  /** What must be sent before any new message: all not received back, since even an acknowledged one may be lost. */
  pending(room: RoomId, connection: number): readonly SimMessage[] {
    return this.all.filter((say) => {
      if (say.room !== room || /^(seen|refused|given up)$/.test(say.state)) return false;
      return say.state === "waiting" || say.connection !== connection;
    });
  }

  /** Handles an entry; the client's own needs no more attention. */
  onEcho({ type, id }: EntryFrame): void {
    const say = type === "said" ? this.#find(id) : undefined;
    if (say) say.state = "seen";
  }

  /** Handles an acknowledgement, if it is for a message. */
  onAck(id: string): void {
    const say = this.#find(id);
    if (say && say.state !== "seen") say.state = "acknowledged";
  }

  /** Handles a fault; returns the refused message, unless it was already received back. */
  onFault(id: string | undefined): SimMessage | undefined {
    const say = this.#find(id);
    if (say === undefined || say.state === "seen") return undefined;
    say.state = "refused";
    return say;
  }

  /** After a long time: messages sent but not received back must not be resent. */
  giveUpUnconfirmed(): void {
    for (const say of this.all) {
      if (say.connection > 0 && say.state !== "seen") say.state = "given up";
    }
  }

  #find(id: string | undefined): SimMessage | undefined {
    return this.all.find((say) => say.id === id);
  }
}
